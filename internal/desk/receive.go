package desk

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// Receipt is one message that came in, read and identified: the intake has
// decided which case it belongs to.
type Receipt struct {
	BrandID     ids.ID
	AccountID   ids.ID
	TeamID      ids.ID // of the account, for a new case
	CaseID      ids.ID // made by the intake if New
	New         bool   // opens the case, unless an earlier receipt of the batch has
	Joined      Joined
	CustomerID  ids.ID
	AuthorName  string // as shown: name, else address
	Address     string // where an automatic answer would go
	Channel     string
	Language    string
	Subject     string
	Text        string
	HTML        markup.SafeHTML
	ExternalID  string
	Identity    []byte
	EnvelopeID  ids.ID
	Automation  uint8          // as intake.Automation; 0 is a person
	Quiet       bool           // does not call for an answer, such as a vacation notice
	Trash       bool           // opens the case in the trash, without an acknowledgement
	Spam        int64          // points of the spam score
	Class       Classification // of a new case; what can't be chosen is left out
	ClaimedAt   time.Time
	Folds       []markup.Fold
	Found       Findings
	Attachments []Attachment
	Addressed   []Addressee // who wrote it and whom they named, without addresses of our own
	Suggestions []Suggestion
	// Awaited are the channel's ids of messages it answers that are not there: if
	// they come, they belong to its case (AwaitingTx).
	Awaited []string
	// Answers are the channel's ids of messages it answers, the nearest first.
	Answers []string
	// Report says that it speaks of what became of another message: it changes
	// nothing about where its case stands, and its sender takes no part in it.
	Report bool
	Aside  *Aside // written by a colleague along with it; nil if nothing
	// SideID is the side conversation of the case that it comes into: it is internal
	// then, and its writer takes no part in the case.
	SideID ids.ID
	// Past is when the message was written, for one that is brought in from
	// elsewhere: nothing is promised, acknowledged or opened again for it. Zero: it
	// arrives now.
	Past      clock.Stamp
	PastState State // of the case that a message of the past opens; zero is Fresh
	Sent      bool  // of the past: the desk wrote it, to CustomerID
}

// Aside is what a colleague wrote when they passed a message on: an internal note
// behind it.
type Aside struct {
	StaffID ids.ID
	Name    string
	Text    string // plain
}

// Received says where a receipt went.
type Received struct {
	CaseID    ids.ID
	MessageID ids.ID
	Number    string
	DueAt     clock.Stamp // when the next answer is announced
}

// ReceiveTx adds a batch of incoming messages in order, with one statement per
// table. A message joins its case or opens it; a case that was answered, solved
// or closed is open again when its customer writes. The batch succeeds or fails
// as a whole: errs.Conflict means that some message exists already.
func (d *Desk) ReceiveTx(ctx context.Context, tx *db.Tx, receipts []Receipt) ([]Received, error) {
	b := &batch{desk: d, tx: tx, now: clock.Now(d.clock), cases: map[ids.ID]*Case{}, isNew: map[ids.ID]bool{}}
	if err := b.load(ctx, receipts); err != nil {
		return nil, err
	}
	for i := range receipts {
		if err := b.add(ctx, &receipts[i]); err != nil {
			return nil, err
		}
	}
	if err := b.acknowledge(ctx); err != nil {
		return nil, err
	}
	if err := b.store(ctx); err != nil {
		return nil, err
	}
	return b.received, d.finish(ctx, tx, b.finalChanges())
}

// batch is the work of one ReceiveTx.
type batch struct {
	desk         *Desk
	tx           *db.Tx
	now          clock.Stamp
	cases        map[ids.ID]*Case
	isNew        map[ids.ID]bool
	order        []ids.ID // of cases, as first touched
	openings     []Receipt
	messages     []messageRow
	attachments  []attachmentRow
	participants []participantRow
	suggestions  []suggestionRow
	references   []referenceRow
	changes      []Change
	received     []Received
	numbers      []string // for the cases the batch opens
}

// load reads and locks the cases that exist, and draws numbers for the others.
func (b *batch) load(ctx context.Context, receipts []Receipt) (err error) {
	var existing []ids.ID
	opened := map[ids.ID]bool{}
	for _, r := range receipts {
		if r.New {
			opened[r.CaseID] = true
		} else {
			existing = append(existing, r.CaseID)
		}
	}
	if b.numbers, err = b.desk.freeNumbers(ctx, b.tx, len(opened)); err != nil || len(existing) == 0 {
		return err
	}
	cases, err := b.desk.lockCases(ctx, b.tx, existing)
	if err != nil {
		return err
	}
	for i := range cases {
		b.cases[cases[i].ID] = &cases[i]
	}
	return nil
}

// lockCases reads cases for change, in order of id so that two writers on
// PostgreSQL never wait for each other in a circle.
func (d *Desk) lockCases(ctx context.Context, tx *db.Tx, which []ids.ID) ([]Case, error) {
	var rows []caseRow
	q := tx.NewSelect().Model(&rows).Where("id IN (?)", bun.List(which)).Order("id")
	if tx.Postgres() {
		q = q.For("UPDATE")
	}
	if err := q.Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading cases for change: %w", err)
	}
	cases := make([]Case, len(rows))
	for i, r := range rows {
		cases[i] = d.caseFromRow(r)
	}
	return cases, nil
}

func (b *batch) add(ctx context.Context, r *Receipt) error {
	c, err := b.caseFor(ctx, r)
	if err != nil {
		return err
	}
	if !b.isNew[c.ID] {
		if err := b.reopen(ctx, c, r); err != nil {
			return err
		}
	}
	m := b.addMessage(c, r.message(), r.Identity)
	if r.Sent && c.AnsweredAt.IsZero() {
		c.AnsweredAt = r.Past
	}
	c.ChangedAt = max(c.ChangedAt, r.Past)
	for i, a := range r.Attachments {
		a.ID, a.BrandID, a.CaseID, a.MessageID, a.Position = ids.New(), c.BrandID, c.ID, m.ID, int64(i)
		b.attachments = append(b.attachments, b.desk.attachmentToRow(c.CustomerID, a))
	}
	if !r.Report && r.SideID.IsZero() && !r.CustomerID.IsZero() {
		b.participants = append(b.participants, participantRow{CaseID: c.ID, CustomerID: r.CustomerID})
	}
	for i, id := range r.Awaited {
		b.references = append(b.references, referenceRow{MessageID: m.ID, Position: int64(i), BrandID: c.BrandID,
			Lookup: b.desk.externalLookup(c.BrandID, id), Value: b.desk.seal.Seal(c.CustomerID, id)})
	}
	for _, s := range r.Suggestions {
		b.suggestions = append(b.suggestions, suggestionRow{CaseID: c.ID, TargetID: s.TargetID, Reason: s.Reason, CreatedAt: b.now})
	}
	if !r.SideID.IsZero() {
		b.changes = append(b.changes, r.sideReceived(c, m))
	} else {
		b.changes = append(b.changes, Change{
			Kind: MessageReceived, Actor: r.actor(c), Case: *c, Message: m, Awaits: r.awaits(c), Moved: !r.Report, Past: r.Past,
			Params: r.params(map[string]any{"message": m.ID, "joined": r.Joined}),
		})
	}
	if r.Aside != nil {
		b.addAside(c, r)
	}
	b.received = append(b.received, Received{CaseID: c.ID, MessageID: m.ID, Number: c.Number, DueAt: c.DueAt})
	return nil
}

// actor is who did what the receipt brings: a customer, or nobody in particular.
func (r *Receipt) actor(c *Case) access.Actor {
	if r.CustomerID.IsZero() {
		return access.Lotse(c.BrandID)
	}
	return access.Actor{Kind: access.Customer, ID: r.CustomerID, BrandID: c.BrandID}
}

// addAside adds what a colleague wrote along with a message.
func (b *batch) addAside(c *Case, r *Receipt) {
	by := access.Actor{Kind: access.Staff, ID: r.Aside.StaffID, BrandID: c.BrandID, Name: r.Aside.Name}
	m := b.addMessage(c, Message{
		Kind: Note, Visibility: Internal, AuthorKind: by.Kind, AuthorID: by.ID, AuthorName: by.Name, Channel: r.Channel,
		Body: r.Aside.Text, HTML: markup.HTMLFromText(r.Aside.Text), Joined: ByStaff, CreatedAt: r.Past,
	}, nil)
	b.changes = append(b.changes, Change{Kind: Noted, Actor: by, Case: *c, Message: m, Awaits: r.awaits(c), Past: r.Past,
		Params: r.params(map[string]any{"message": m.ID})})
}

// message is what the receipt adds to its case.
func (r *Receipt) message() Message {
	m := Message{
		Kind: Inbound, Visibility: Private, AuthorKind: access.Customer, AuthorID: r.CustomerID, AuthorName: r.AuthorName,
		Channel: r.Channel, Subject: r.Subject, Body: r.Text, HTML: r.HTML, ExternalID: r.ExternalID,
		EnvelopeID: r.EnvelopeID, Joined: r.Joined, Automation: r.Automation, ClaimedAt: clock.At(r.ClaimedAt), CreatedAt: r.Past,
		Folds: markup.SoundFolds(r.Text, r.Folds), Found: r.Found, Addressed: r.Addressed,
	}
	if r.CustomerID.IsZero() {
		m.AuthorKind = access.Nobody
	}
	if !r.SideID.IsZero() {
		m.Kind, m.Visibility, m.SideID = SideIn, Internal, r.SideID
	}
	if r.Sent {
		m.Kind, m.AuthorKind, m.AuthorID = Reply, access.Staff, ids.ID{}
	}
	return m
}

// awaits reports whether the customer waits for an answer. Nobody waits for one
// to what was closed elsewhere; what calls for none leaves owed what was owed.
func (r *Receipt) awaits(c *Case) bool {
	if r.Past.IsZero() {
		return !r.Quiet || (!r.New && !c.DueAt.IsZero())
	}
	return !r.Quiet && !r.Sent && c.State.IsOpen()
}

// params marks an event of the past, which was recorded when it was brought in.
func (r *Receipt) params(p map[string]any) map[string]any {
	if r.Past.IsZero() {
		return p
	}
	if p == nil {
		p = map[string]any{}
	}
	p["past"] = true
	return p
}

func (b *batch) caseFor(ctx context.Context, r *Receipt) (*Case, error) {
	if c, ok := b.cases[r.CaseID]; ok {
		return c, nil
	}
	if !r.New {
		return nil, errs.Wrap(errs.NotFound, fmt.Errorf("case %s", r.CaseID), "joining a message to its case")
	}
	number := b.numbers[0]
	b.numbers = b.numbers[1:]
	due, err := b.desk.teams.AnswerBy(ctx, r.TeamID, b.now.Time())
	if err != nil {
		return nil, fmt.Errorf("computing the answer time: %w", err)
	}
	c := &Case{
		ID: r.CaseID, BrandID: r.BrandID, Number: number, Subject: r.Subject, State: Fresh, TeamID: r.TeamID,
		CustomerID: r.CustomerID, AccountID: r.AccountID, Channel: r.Channel, Language: r.Language, Version: 1,
		CreatedAt: b.now, ChangedAt: b.now, DueAt: clock.At(due), Spam: r.Spam,
	}
	if r.Quiet {
		c.DueAt = 0 // nobody waits for an answer
	}
	if c.Class, err = b.desk.choosable(ctx, r.BrandID, r.Class); err != nil {
		return nil, err
	}
	if !r.Past.IsZero() {
		c.bePast(r)
	}
	b.cases[c.ID], b.isNew[c.ID] = c, true
	b.order = append(b.order, c.ID)
	if r.Trash {
		c.TrashedAt = b.now
	} else if r.Past.IsZero() {
		b.openings = append(b.openings, *r)
	}
	b.changes = append(b.changes, Change{
		Kind: CaseOpened, Actor: access.Actor{Kind: access.Customer, ID: r.CustomerID, BrandID: c.BrandID},
		Case: *c, CustomerName: r.customerName(), Awaits: r.awaits(c), Moved: true, Past: r.Past, Params: r.params(nil),
	})
	if r.Trash {
		b.changes = append(b.changes, Change{Kind: Trashed, Actor: access.Lotse(c.BrandID), Case: *c, Awaits: true})
	}
	return c, nil
}

// bePast makes c a case that was opened elsewhere.
func (c *Case) bePast(r *Receipt) {
	c.CreatedAt, c.ChangedAt, c.DueAt = r.Past, r.Past, 0
	if r.PastState != 0 {
		c.State = r.PastState
	}
	if !c.State.IsOpen() {
		c.ClosedAt = r.Past
	}
}

// customerName is what lists show: of a message the desk sent, its receiver.
func (r *Receipt) customerName() string {
	if r.Sent {
		return r.Address
	}
	return r.AuthorName
}

// reopen notes on an existing case that its customer wrote again.
func (b *batch) reopen(ctx context.Context, c *Case, r *Receipt) error {
	if !touched(b.order, c.ID) {
		b.order = append(b.order, c.ID)
		c.Version++
		if r.Past.IsZero() {
			c.ChangedAt = b.now
		}
	}
	if !r.SideID.IsZero() {
		return b.answerAside(ctx, c, r)
	}
	if r.Quiet || !r.Past.IsZero() {
		return nil
	}
	if c.State != Fresh {
		c.State = Open
		c.ClosedAt = 0
	}
	if !c.DueAt.IsZero() {
		return nil // the announced time stands: writing again does not push it back
	}
	due, err := b.desk.teams.AnswerBy(ctx, c.TeamID, b.now.Time())
	if err != nil {
		return fmt.Errorf("computing the answer time: %w", err)
	}
	c.DueAt = clock.At(due)
	return nil
}

func touched(order []ids.ID, id ids.ID) bool {
	for _, o := range order {
		if o == id {
			return true
		}
	}
	return false
}

// addMessage numbers m, puts it into the batch and returns it.
func (b *batch) addMessage(c *Case, m Message, identity []byte) *Message {
	c.Messages++
	m.ID, m.BrandID, m.CaseID, m.Seq = ids.New(), c.BrandID, c.ID, c.Messages
	if m.CreatedAt.IsZero() {
		m.CreatedAt = b.now
	}
	b.messages = append(b.messages, b.desk.messageToRow(c.CustomerID, m, identity))
	return &m
}

// acknowledge adds the automatic answers to the cases this batch opened.
func (b *batch) acknowledge(ctx context.Context) error {
	if b.desk.acknowledge == nil || len(b.openings) == 0 {
		return nil
	}
	openings := make([]Opening, len(b.openings))
	for i, r := range b.openings {
		openings[i] = Opening{Case: *b.cases[r.CaseID], Receipt: r}
	}
	drafts, err := b.desk.acknowledge(ctx, b.tx, openings)
	if err != nil {
		return fmt.Errorf("writing acknowledgements: %w", err)
	}
	for i, draft := range drafts {
		if draft == nil {
			continue
		}
		c := b.cases[openings[i].Case.ID]
		m := b.addMessage(c, Message{
			Kind: Ack, Visibility: Private, AuthorKind: access.System, Channel: c.Channel, Subject: draft.Subject,
			Body: draft.Body, HTML: draft.HTML, ExternalID: draft.ExternalID, Joined: ByStaff,
		}, nil)
		b.changes = append(b.changes, Change{
			Kind: Acknowledged, Actor: access.Lotse(c.BrandID), Case: *c, Message: m, Awaits: true, To: openings[i].Receipt.Address,
			Params: map[string]any{"message": m.ID},
		})
	}
	return nil
}

func (b *batch) store(ctx context.Context) error {
	var fresh []caseRow
	for _, id := range b.order {
		c := b.cases[id]
		if b.isNew[id] {
			fresh = append(fresh, b.desk.caseToRow(*c))
			continue
		}
		if err := b.desk.saveCase(ctx, b.tx, *c); err != nil {
			return err
		}
	}
	if err := insert(ctx, b.tx, fresh, "cases", ""); err != nil {
		return err
	}
	if err := insert(ctx, b.tx, b.messages, "messages", ""); err != nil {
		return err
	}
	if err := insert(ctx, b.tx, b.attachments, "attachments", ""); err != nil {
		return err
	}
	if err := insert(ctx, b.tx, b.references, "references", ""); err != nil {
		return err
	}
	if err := insert(ctx, b.tx, b.participants, "participants", "CONFLICT DO NOTHING"); err != nil {
		return err
	}
	return insert(ctx, b.tx, b.suggestions, "suggestions", "CONFLICT DO NOTHING")
}

// insert writes all rows with one statement; no rows, no statement.
func insert[T any](ctx context.Context, tx *db.Tx, rows []T, what, on string) error {
	if len(rows) == 0 {
		return nil
	}
	q := tx.NewInsert().Model(&rows).Returning("NULL")
	if on != "" {
		q = q.On(on)
	}
	if _, err := q.Exec(ctx); err != nil {
		return db.Classify(fmt.Errorf("adding %s: %w", what, err))
	}
	return nil
}

// saveCase writes a case whose version was raised by one. If somebody else was
// first, it is errs.Conflict.
func (d *Desk) saveCase(ctx context.Context, tx *db.Tx, c Case) error {
	row := d.caseToRow(c)
	res, err := tx.NewUpdate().Model(&row).
		Column("subject", "customer_id", "state", "team_id", "owner_id", "language", "version", "messages", "merged_into", "changed_at", "due_at", "answered_at", "closed_at", "trashed_at", "erasure_at",
			"topic_id", "product_id", "region_id").
		Where("id = ? AND version = ?", c.ID, c.Version-1).Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("saving a case: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return errs.New(errs.Conflict, "case.changed")
}

// finalChanges shows in every change its case as the batch left it.
func (b *batch) finalChanges() []Change {
	for i := range b.changes {
		b.changes[i].Case = *b.cases[b.changes[i].Case.ID]
	}
	return b.changes
}
