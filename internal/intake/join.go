package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/uptrace/bun"

	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
)

func newBytes(b []byte) io.Reader { return bytes.NewReader(b) }

// joiner finds the case of each letter of a batch. It asks the database a fixed
// number of questions for the whole batch and remembers what the batch itself
// adds, so that a question and its answer in one batch meet in one case.
type joiner struct {
	in       *Intake
	account  catalog.Account
	past     bool                       // of an import: nothing left the desk, nobody passes on
	stored   map[string]desk.Place      // by identity
	external map[string]desk.Place      // by the channel's id of a message
	awaiting map[string][]desk.Awaiting // by the channel's id of a message that was not there
	numbers  map[string]desk.Place      // by case number
	members  map[desk.Member]bool       // who takes part where
	open     map[ids.ID][]desk.Place    // open cases by customer
	customer []ids.ID                   // by letter; zero for what a machine reports
	blocked  []bool                     // by letter
	spoken   map[*letter]Sent           // the delivery a letter speaks of
	apart    map[*letter]Sent           // the delivery of no case a letter speaks of
	returned map[*letter]Sent           // the delivery to whose return path somebody wrote
	handed   map[*letter]colleague      // who of us passed a letter on
	asides   map[*letter]aside          // the side conversation a letter is of
	fresh    map[string]*desk.Receipt   // opened or joined by this batch, by external id
	receipts []desk.Receipt             // to hand to the desk
	places   map[*letter]int            // index into receipts
	copies   map[*letter]desk.Place     // duplicates
	copyOf   map[*letter]int            // duplicates of a receipt of this batch
	batchIDs map[string]int             // identity to index into receipts
	bridges  []bridge                   // cases that turned out to be one
	own      []catalog.Account          // all mailboxes of the desk
}

// bridge are two cases of one customer that a message showed to be one.
type bridge struct{ from, into ids.ID }

func (in *Intake) newJoiner(account catalog.Account) *joiner {
	return &joiner{in: in, account: account, spoken: map[*letter]Sent{}, apart: map[*letter]Sent{}, returned: map[*letter]Sent{}, handed: map[*letter]colleague{}, fresh: map[string]*desk.Receipt{},
		places: map[*letter]int{}, copies: map[*letter]desk.Place{}, copyOf: map[*letter]int{}, batchIDs: map[string]int{}}
}

// join brings letters to their cases and settles their envelopes.
func (in *Intake) join(ctx context.Context, tx *db.Tx, account catalog.Account, letters []*letter, outcome map[State]int) error {
	if err := in.stillWaiting(ctx, tx, letters); err != nil {
		return err
	}
	j := in.newJoiner(account)
	var good []*letter
	for _, l := range letters {
		if l.bad == nil {
			good = append(good, l)
		}
	}
	good = parentsFirst(good)
	if err := j.ask(ctx, tx, good); err != nil {
		return err
	}
	for i, l := range good {
		j.place(i, l)
	}
	var received []desk.Received
	if len(j.receipts) > 0 {
		var err error
		if received, err = in.Desk.ReceiveTx(ctx, tx, j.receipts); err != nil {
			return err
		}
	}
	if err := j.unite(ctx, tx); err != nil {
		return err
	}
	if err := j.report(ctx, tx, received); err != nil {
		return err
	}
	if err := j.answers(ctx, tx); err != nil {
		return err
	}
	return in.close(ctx, tx, letters, j, received, outcome)
}

// unite merges cases that turned out to be one.
func (j *joiner) unite(ctx context.Context, tx *db.Tx) error {
	for _, b := range j.bridges {
		if _, err := j.in.Desk.UniteTx(ctx, tx, b.from, b.into); err != nil {
			return fmt.Errorf("merging what is one: %w", err)
		}
	}
	return nil
}

// parentsFirst puts letters that others of the batch answer before these, and
// leaves all else in the order it came.
func parentsFirst(letters []*letter) []*letter {
	byID := map[string]*letter{}
	for _, l := range letters {
		if id := l.incoming.ExternalID; id != "" && byID[id] == nil {
			byID[id] = l
		}
	}
	sorted := make([]*letter, 0, len(letters))
	seen := map[*letter]bool{}
	var put func(l *letter)
	put = func(l *letter) {
		if seen[l] {
			return
		}
		seen[l] = true // a circle of references ends here
		for _, ref := range l.incoming.References {
			if parent := byID[ref]; parent != nil {
				put(parent)
			}
		}
		sorted = append(sorted, l)
	}
	for _, l := range letters {
		put(l)
	}
	return sorted
}

// stillWaiting makes sure that the envelopes were not settled since they were
// read, by a holder of the lease before us.
func (in *Intake) stillWaiting(ctx context.Context, tx *db.Tx, letters []*letter) error {
	seqs := make([]int64, len(letters))
	for i, l := range letters {
		seqs[i] = l.row.Seq
	}
	n, err := tx.NewSelect().Model((*envelopeRow)(nil)).Where("seq IN (?) AND state = 1", bun.List(seqs)).Count(ctx)
	if err != nil {
		return fmt.Errorf("checking envelopes: %w", err)
	}
	if int(n) != len(letters) {
		return errNotLeased
	}
	return nil
}

// ask puts all questions of the batch to the database.
func (j *joiner) ask(ctx context.Context, tx *db.Tx, letters []*letter) (err error) {
	in, brand := j.in, j.account.BrandID
	var identities [][]byte
	var references, wanted, numbers []string
	for _, l := range letters {
		identities = append(identities, j.identity(l))
		references = append(references, l.incoming.References...)
		wanted = append(wanted, l.incoming.References...)
		if l.incoming.ExternalID != "" {
			wanted = append(wanted, l.incoming.ExternalID)
		}
		if r := l.incoming.Report; r != nil && r.MessageID != "" {
			references = append(references, r.MessageID)
		}
		numbers = append(numbers, j.numbersOf(l)...)
	}
	if j.own, err = in.Accounts.Accounts(ctx, "email"); err != nil {
		return err
	}
	if j.stored, err = in.Desk.StoredTx(ctx, tx, identities); err != nil {
		return err
	}
	if j.external, err = in.Desk.ByExternalTx(ctx, tx, brand, unique(references)); err != nil {
		return err
	}
	if j.awaiting, err = in.Desk.AwaitingTx(ctx, tx, brand, unique(wanted)); err != nil {
		return err
	}
	if j.numbers, err = in.Desk.ByNumberTx(ctx, tx, brand, unique(numbers)); err != nil {
		return err
	}
	if err := j.askSends(ctx, tx, letters); err != nil {
		return err
	}
	if err := j.askSides(ctx, tx, letters); err != nil {
		return err
	}
	if err := j.askPeople(ctx, tx, letters); err != nil {
		return err
	}
	if j.open, err = in.Desk.OpenOfTx(ctx, tx, brand, uniqueIDs(j.customer)); err != nil {
		return err
	}
	var cases []ids.ID
	for _, a := range j.asides {
		cases = append(cases, a.side.CaseID)
	}
	for _, p := range j.external {
		cases = append(cases, p.CaseID)
	}
	for _, all := range j.awaiting {
		for _, w := range all {
			cases = append(cases, w.CaseID)
		}
	}
	j.members, err = in.Desk.MembersTx(ctx, tx, uniqueIDs(cases))
	return err
}

// askPeople finds or makes the customers. What a mail server reports is from
// nobody; what a colleague passes on is from its first sender.
func (j *joiner) askPeople(ctx context.Context, tx *db.Tx, letters []*letter) error {
	j.customer, j.blocked = make([]ids.ID, len(letters)), make([]bool, len(letters))
	var contacts []people.Contact
	var at []int
	for i, l := range letters {
		if _, spoken := j.spoken[l]; spoken && l.incoming.Report.Kind != Absent {
			continue
		}
		if _, ok := j.asides[l]; ok {
			continue
		}
		from, err := j.sender(ctx, l)
		if err != nil {
			return err
		}
		contacts = append(contacts, people.Contact{Kind: from.Kind, Value: from.Value, Name: from.Name, Language: j.language(l)})
		at = append(at, i)
	}
	customers, err := j.in.People.ResolveTx(ctx, tx, j.account.BrandID, contacts)
	if err != nil {
		return err
	}
	blocked, err := j.in.People.BlockedTx(ctx, tx, j.account.BrandID, contacts)
	if err != nil {
		return err
	}
	for n, i := range at {
		j.customer[i], j.blocked[i] = customers[n], blocked[n]
	}
	return j.askStrangers(ctx, tx, letters)
}

// place decides about one letter.
func (j *joiner) place(i int, l *letter) {
	identity := j.identity(l)
	if p, ok := j.stored[string(identity)]; ok {
		j.copies[l] = p
		return
	}
	if at, ok := j.batchIDs[string(identity)]; ok {
		j.copyOf[l] = at
		return
	}
	r := j.receipt(i, l, identity)
	if j.blocked[i] { // what is blocked disturbs no case
		r.CaseID, r.New, r.Trash = ids.New(), true, true
	} else {
		j.decide(l, &r)
	}
	j.places[l] = len(j.receipts)
	j.batchIDs[string(identity)] = len(j.receipts)
	j.receipts = append(j.receipts, r)
	if r.Trash || r.Report {
		return
	}
	if r.SideID.IsZero() {
		j.members[desk.Member{CaseID: r.CaseID, CustomerID: r.CustomerID}] = true
	}
	if r.ExternalID == "" {
		return
	}
	if _, taken := j.fresh[r.ExternalID]; !taken {
		j.fresh[r.ExternalID] = &r
	}
}

// identity is what copies of one message share within a brand.
func (j *joiner) identity(l *letter) []byte {
	h := sha256.New()
	h.Write(j.account.BrandID[:])
	h.Write(l.incoming.Identity[:])
	return h.Sum(nil)[:20]
}

func (j *joiner) language(l *letter) string {
	if l.incoming.Language != "" {
		return l.incoming.Language
	}
	return j.account.Language
}

func (j *joiner) numbersOf(l *letter) []string {
	numbers := subjectNumbers(l.incoming.Subject)
	for _, token := range l.incoming.Tokens {
		if n, ok := j.in.Token(j.account.BrandID, token); ok {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// outcomeRow is what joining changes on an envelope.
type outcomeRow struct {
	bun.BaseModel `bun:"table:envelopes,alias:e"`
	Seq           int64 `bun:",pk"`
	State         State
	Reason        string
	CaseID        ids.ID `bun:"type:uuid,nullzero"`
	MessageID     ids.ID `bun:"type:uuid,nullzero"`
	ProcessedAt   clock.Stamp
}

// close settles the envelopes of a batch with one statement.
func (in *Intake) close(ctx context.Context, tx *db.Tx, letters []*letter, j *joiner, received []desk.Received, outcome map[State]int) error {
	now := clock.Now(in.Clock)
	rows := make([]outcomeRow, len(letters))
	look := false
	for i, l := range letters {
		row := outcomeRow{Seq: l.row.Seq, State: Done, ProcessedAt: now}
		if l.bad != nil {
			row.State, row.Reason, look = Look, l.bad.Reason, true
		} else if p, ok := j.copies[l]; ok {
			row.State, row.CaseID, row.MessageID = Duplicate, p.CaseID, p.MessageID
		} else if at, ok := j.copyOf[l]; ok {
			row.State, row.CaseID, row.MessageID = Duplicate, received[at].CaseID, received[at].MessageID
		} else {
			at := received[j.places[l]]
			row.CaseID, row.MessageID = at.CaseID, at.MessageID
		}
		rows[i] = row
		outcome[row.State]++
	}
	if look {
		tx.AfterCommit(func() { in.Hub.Send(live.Signal{Topic: "look", Brand: j.account.BrandID}) })
	}
	_, err := tx.NewUpdate().Model(&rows).Bulk().Exec(ctx)
	if err != nil {
		return fmt.Errorf("settling envelopes: %w", err)
	}
	return nil
}

var numberPattern = regexp.MustCompile(`(?i)\bL-[0-9A-Z]{4}-[0-9A-Z]{2}\b`)

// subjectNumbers returns the case numbers that stand in a subject, at most three.
func subjectNumbers(subject string) []string {
	if len(subject) < 9 {
		return nil
	}
	found := numberPattern.FindAllString(subject, 3)
	for i := range found {
		found[i] = strings.ToUpper(found[i])
	}
	return found
}

var secretLink = regexp.MustCompile(`/([lfd])/[A-Za-z0-9_-]{43}`)

// hideLinks takes the secret out of links to cases and files, which stand in every mail of
// ours and so in what customers quote: who works on a case, or reads what of it
// becomes public, must not be able to open it in the customer's name.
func hideLinks(s string) string { return secretLink.ReplaceAllString(s, "/$1/…") }

var replyPrefix = regexp.MustCompile(`(?i)^\s*(re|aw|antw|sv|fwd?|wg|tr|rif|res|odp)\s*(\[\d+\])?\s*:\s*`)

// plainSubject returns a subject without the marks of answering and forwarding.
func plainSubject(s string) string {
	for {
		t := replyPrefix.ReplaceAllString(s, "")
		if t == s {
			return strings.ToLower(strings.TrimSpace(s))
		}
		s = t
	}
}

func unique(all []string) []string {
	seen := make(map[string]bool, len(all))
	var kept []string
	for _, s := range all {
		if !seen[s] {
			seen[s] = true
			kept = append(kept, s)
		}
	}
	return kept
}

func uniqueIDs(all []ids.ID) []ids.ID {
	seen := make(map[ids.ID]bool, len(all))
	var kept []ids.ID
	for _, id := range all {
		if !seen[id] {
			seen[id] = true
			kept = append(kept, id)
		}
	}
	return kept
}
