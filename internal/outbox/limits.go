package outbox

import (
	"context"
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// What is written automatically can be abused to send mail to a third person, and
// two programs that answer each other never end: whoever forges a sender, or asks
// for a link, makes us write to somebody. So there are limits, whatever the mail
// says and whoever asked for it.
//
// Links have a limit of their own: who wrote a lot must still get into their file, who
// asked for links must still hear that their letter arrived, and no program asks for
// them.
const (
	maxPerHour = 2  // acknowledgements that one address gets within an hour
	maxPerDay  = 5  // the same within a day
	maxLinks   = 5  // links one address gets within a day
	maxPerCase = 10 // automatic mails of one case within a day

	limitWindow = 24 * time.Hour
	// complaintWindow is how long somebody who called a mail of ours spam gets no
	// automatic one.
	complaintWindow = 365 * 24 * time.Hour
	// echoWindow is how long a new letter that names the number of a case is taken for
	// an answer to what we automatically wrote in it.
	echoWindow = 7 * 24 * time.Hour
)

// automatic reports whether a delivery was written without a person of the desk and
// goes to a correspondent. Mails to colleagues have limits where they are asked for.
// Queries say the same as "kind IN (2, 4, 5)".
func automatic(k Kind) bool { return k == AckKind || k == CaseLinkKind || k == FileLinkKind }

// unasked is an automatic mail that is about to be written.
type unasked struct {
	kind    Kind
	address string
	caseID  ids.ID // zero if it belongs to none
}

// allowTx says for each of some automatic mails whether it may be written. Those
// that may count against the ones behind them. On PostgreSQL others who want to write
// to the same addresses wait for the end of the transaction.
func (o *Outbox) allowTx(ctx context.Context, tx *db.Tx, all []unasked) ([]bool, error) {
	allowed := make([]bool, len(all))
	var lookups [][]byte
	var cases []ids.ID
	for _, m := range all {
		lookups = append(lookups, o.lookup(m.address))
		if !m.caseID.IsZero() && m.kind != AckKind { // a case that is just opened has had none
			cases = append(cases, m.caseID)
		}
	}
	if len(all) == 0 {
		return allowed, nil
	}
	if err := lockAddresses(ctx, tx, lookups); err != nil {
		return nil, err
	}
	had, err := o.hadOf(ctx, tx, lookups, cases)
	if err != nil {
		return nil, err
	}
	for i, m := range all {
		key := string(lookups[i])
		own, err := o.isOwn(ctx, m.address)
		if err != nil {
			return nil, err
		}
		if own || !had.leaves(key, m) {
			continue
		}
		allowed[i] = true
		had.add(key, m)
	}
	return allowed, nil
}

// had is what was written automatically before.
type had struct {
	hour, day, links map[string]int // by address: acknowledgements, and links within a day
	ofCase           map[ids.ID]int // within a day
}

// leaves reports whether what there was leaves room for one more mail.
func (h had) leaves(key string, m unasked) bool {
	if h.ofCase[m.caseID] >= maxPerCase {
		return false
	}
	if m.kind == AckKind {
		return h.hour[key] < maxPerHour && h.day[key] < maxPerDay
	}
	return h.links[key] < maxLinks
}

func (h had) add(key string, m unasked) {
	if m.kind == AckKind {
		h.hour[key]++
		h.day[key]++
	} else {
		h.links[key]++
	}
	if !m.caseID.IsZero() {
		h.ofCase[m.caseID]++
	}
}

// hadOf counts. Whoever called a mail of ours spam has had as many as anybody may.
func (o *Outbox) hadOf(ctx context.Context, tx *db.Tx, lookups [][]byte, cases []ids.ID) (had, error) {
	h := had{hour: map[string]int{}, day: map[string]int{}, links: map[string]int{}, ofCase: map[ids.ID]int{}}
	now := clock.Now(o.Clock)
	var rows []deliveryRow
	err := tx.NewRaw(`SELECT kind, address_lookup, created_at, reported FROM deliveries WHERE kind IN (2, 4, 5) AND address_lookup IN (?) AND created_at > ?
		UNION ALL SELECT kind, address_lookup, created_at, reported FROM deliveries WHERE reported = 4 AND address_lookup IN (?) AND created_at > ?`,
		bun.List(lookups), now.Add(-limitWindow), bun.List(lookups), now.Add(-complaintWindow)).Scan(ctx, &rows)
	if err != nil {
		return h, fmt.Errorf("counting automatic mails to an address: %w", err)
	}
	for _, r := range rows {
		key := string(r.AddressLookup)
		switch {
		case r.Kind != AckKind:
			h.links[key]++
		case r.CreatedAt > now.Add(-time.Hour):
			h.hour[key]++
			h.day[key]++
		default:
			h.day[key]++
		}
		if r.Reported == intake.Complaint {
			h.day[key], h.links[key] = maxPerDay, maxLinks
		}
	}
	if len(cases) == 0 {
		return h, nil
	}
	var perCase []struct {
		CaseID ids.ID
		N      int
	}
	err = tx.NewRaw("SELECT case_id, count(*) AS n FROM deliveries WHERE case_id IN (?) AND kind IN (2, 4, 5) AND created_at > ? GROUP BY case_id",
		bun.List(cases), now.Add(-limitWindow)).Scan(ctx, &perCase)
	if err != nil {
		return h, fmt.Errorf("counting automatic mails of a case: %w", err)
	}
	for _, r := range perCase {
		h.ofCase[r.CaseID] = r.N
	}
	return h, nil
}

// lockAddresses lets nobody else count the same addresses until the transaction
// ends, so that a hundred requests at one moment are not each the first. On SQLite
// there is one writer anyway.
func lockAddresses(ctx context.Context, tx *db.Tx, lookups [][]byte) error {
	if !tx.Postgres() {
		return nil
	}
	keys := make([]int64, len(lookups))
	for i, l := range lookups {
		keys[i] = int64(binary.BigEndian.Uint64(l[:8]))
	}
	slices.Sort(keys) // always in the same order
	for _, key := range slices.Compact(keys) {
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(?)", key); err != nil {
			return fmt.Errorf("locking an address: %w", err)
		}
	}
	return nil
}

var numberPattern = regexp.MustCompile(`(?i)\bL-[0-9A-Z]{4}-[0-9A-Z]{2}\b`)

// maxEcho bounds how much of a letter is searched for our own words, in bytes, and
// maxNumbers how many case numbers of it are asked for.
const (
	maxEcho    = 64 << 10
	maxNumbers = 5
)

// echoes says which openings are by letters that answer what was written to them
// automatically: they refer to such a mail, or repeat the number of the case it was
// about. A program that answers everything does that even if it declares nothing.
func (o *Outbox) echoes(ctx context.Context, tx *db.Tx, openings []desk.Opening) ([]bool, error) {
	echo := make([]bool, len(openings))
	var answered, named []string
	for _, opening := range openings { // who fills in a page is no program, and answers no mail
		if opening.Case.Channel == sendBy(opening.Case) {
			answered = append(answered, opening.Receipt.Answers...)
			named = append(named, numbersIn(opening)...)
		}
	}
	if len(answered) == 0 && len(named) == 0 {
		return echo, nil
	}
	brand := openings[0].Case.BrandID
	known, err := o.Desk.ByExternalTx(ctx, tx, brand, answered)
	if err != nil {
		return nil, err
	}
	places, err := o.Desk.ByNumberTx(ctx, tx, brand, named)
	if err != nil {
		return nil, err
	}
	var which, cases []ids.ID // messages and links that were answered, cases that were named
	for _, id := range answered {
		which = append(which, known[id].MessageID, ownID(id))
	}
	for _, p := range places {
		cases = append(cases, p.CaseID)
	}
	wrote, err := o.wroteTx(ctx, tx, which, cases)
	if err != nil {
		return nil, err
	}
	for i, opening := range openings {
		for _, id := range opening.Receipt.Answers {
			echo[i] = echo[i] || wrote[written{id: known[id].MessageID}] || wrote[written{id: ownID(id)}]
		}
		to := string(o.lookup(opening.Receipt.Address))
		if answerPattern.MatchString(opening.Receipt.Subject) {
			to = anybody
		}
		for _, n := range numbersIn(opening) { // somebody else who names the number just so answers no mail
			echo[i] = echo[i] || wrote[written{places[n].CaseID, to}]
		}
	}
	return echo, nil
}

// written is what an automatic mail is found by: a message or delivery, or a case
// together with the address it went to.
type written struct {
	id ids.ID
	to string // lookup of the address, or anybody; "" for a message or delivery
}

const anybody = "*"

// answerPattern matches the subject of an answer that names a case: in every language
// a word and a colon stand before what is answered.
var answerPattern = regexp.MustCompile(`(?i)^\s*\pL[\pL .\-]{0,30}(?:\[\d+\])?\s?:.*\bL-[0-9A-Z]{4}-[0-9A-Z]{2}\b`)

// wroteTx finds what was written automatically: which of some ids are of such a
// message or delivery, and of a case that such a mail was lately about.
func (o *Outbox) wroteTx(ctx context.Context, tx *db.Tx, which, cases []ids.ID) (map[written]bool, error) {
	var rows []deliveryRow
	err := tx.NewRaw(`SELECT id, message_id, case_id, address_lookup FROM deliveries WHERE case_id IN (?) AND kind IN (2, 4, 5) AND created_at > ?
		UNION ALL SELECT id, message_id, NULL, address_lookup FROM deliveries WHERE message_id IN (?) AND kind IN (2, 4, 5)
		UNION ALL SELECT id, message_id, NULL, address_lookup FROM deliveries WHERE id IN (?) AND kind IN (2, 4, 5)`,
		bun.List(some(cases)), clock.Now(o.Clock).Add(-echoWindow), bun.List(some(which)), bun.List(some(which))).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("finding what was written automatically: %w", err)
	}
	wrote := map[written]bool{}
	for _, r := range rows {
		wrote[written{id: r.ID}] = true
		if !r.MessageID.IsZero() {
			wrote[written{id: r.MessageID}] = true
		}
		if !r.CaseID.IsZero() {
			wrote[written{r.CaseID, string(r.AddressLookup)}], wrote[written{r.CaseID, anybody}] = true, true
		}
	}
	return wrote, nil
}

// some is a list that is never empty: a query needs one.
func some(all []ids.ID) []ids.ID { return append(all, ids.New()) }

// numbersIn returns the first case numbers a letter names.
func numbersIn(opening desk.Opening) []string {
	text := opening.Receipt.Text
	found := numberPattern.FindAllString(opening.Receipt.Subject+"\n"+text[:min(len(text), maxEcho)], maxNumbers)
	for i := range found {
		found[i] = strings.ToUpper(found[i])
	}
	return found
}

// ownID is the id in a Message-ID of ours, see externalID; zero in any other.
func ownID(external string) ids.ID {
	local, _, _ := strings.Cut(external, "@")
	id, _ := ids.Parse(local)
	return id
}
