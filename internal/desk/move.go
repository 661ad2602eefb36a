package desk

import (
	"context"
	"fmt"
	"slices"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// MoveForm says where a message goes.
type MoveForm struct {
	Into ids.ID // a case of the brand; zero: a new one, of whoever wrote the message
	Seen int64  // version of the case it leaves; 0 skips the check
}

// Move takes a message to another case, with its files, deliveries and the
// envelope it came in, and returns that case. A line in its place says where it
// went; moved back, it stands there again. The actor must be allowed to see both
// cases. Field errors: into. A message whose words are public, or wait to be, is
// errs.Conflict.
func (d *Desk) Move(ctx context.Context, a access.Actor, message ids.ID, form MoveForm) (Case, error) {
	if err := a.Require(access.WorkCases); err != nil {
		return Case{}, err
	}
	var at Case
	err := d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		m, err := d.loadMove(ctx, tx, a, message, form)
		if err != nil {
			return err
		}
		if err := m.check(); err != nil {
			return err
		}
		at, err = m.run()
		return err
	})
	return at, err
}

// move is one message on its way from source to target.
type move struct {
	ctx            context.Context
	tx             *db.Tx
	desk           *Desk
	actor          access.Actor
	now            clock.Stamp
	row            messageRow
	message        Message
	source, target Case
	fresh          bool // the target is opened for it
}

// loadMove reads and locks all that takes part, and checks that the actor may see
// both cases.
func (d *Desk) loadMove(ctx context.Context, tx *db.Tx, a access.Actor, message ids.ID, form MoveForm) (*move, error) {
	m := &move{ctx: ctx, tx: tx, desk: d, actor: a, now: clock.Now(d.clock), fresh: form.Into.IsZero()}
	err := db.Classify(tx.NewSelect().Model(&m.row).Where("id = ? AND brand_id = ?", message, a.BrandID).Scan(ctx))
	if err != nil {
		return nil, fmt.Errorf("reading a message: %w", err)
	}
	which := []ids.ID{m.row.CaseID}
	if !m.fresh {
		which = append(which, form.Into)
	}
	found, err := d.lockCases(ctx, tx, which)
	if err != nil {
		return nil, err
	}
	for _, c := range found {
		if err := d.admit(ctx, a, c); err != nil && c.ID != m.row.CaseID && errs.Is(err, errs.NotFound) {
			return nil, errs.Field("into", "case.not_found")
		} else if err != nil {
			return nil, err
		}
		if c.ID == m.row.CaseID {
			m.source = c
		}
		if c.ID == form.Into {
			m.target = c
		}
	}
	switch {
	case m.source.ID.IsZero():
		return nil, errs.New(errs.Conflict, "case.changed") // moved since its case was read
	case !m.fresh && m.target.ID.IsZero():
		return nil, errs.Field("into", "case.not_found")
	case form.Seen != 0 && form.Seen != m.source.Version:
		return nil, errs.New(errs.Conflict, "case.changed")
	}
	m.message = d.messageFromRow(m.source.CustomerID, m.row)
	return m, nil
}

func (m *move) check() error {
	if m.source.ID == m.target.ID {
		return errs.Field("into", "case.move_same")
	}
	for _, c := range []Case{m.source, m.target} {
		if !c.MergedInto.IsZero() {
			return errs.New(errs.Conflict, "case.merged")
		}
		if !c.TrashedAt.IsZero() {
			return errs.New(errs.Conflict, "case.trashed")
		}
	}
	if !m.message.CanMove() {
		return errs.New(errs.Conflict, "case.move_kind")
	}
	if m.message.Seq == 1 && (m.source.Public == PublicWaiting || m.source.Public == PublicShown) {
		return errs.New(errs.Conflict, "case.move_public")
	}
	return nil
}

// CanMove reports whether a message is of a kind that can be moved: what people
// wrote, not what the program noted.
func (m Message) CanMove() bool { return m.Kind == Inbound || m.Kind == Reply || m.Kind == Note }

func (m *move) run() (Case, error) {
	if m.fresh {
		if err := m.open(); err != nil {
			return Case{}, err
		}
	}
	left := m.message
	if err := m.land(); err != nil {
		return Case{}, err
	}
	if err := m.mark(left); err != nil {
		return Case{}, err
	}
	if err := m.files(); err != nil {
		return Case{}, err
	}
	if err := m.states(); err != nil {
		return Case{}, err
	}
	return m.target, m.finish()
}

// open makes the case a message gets for itself.
func (m *move) open() error {
	numbers, err := m.desk.freeNumbers(m.ctx, m.tx, 1)
	if err != nil {
		return err
	}
	s := m.source
	customer, subject := s.CustomerID, s.Subject
	if m.message.Kind == Inbound && !m.message.AuthorID.IsZero() {
		customer = m.message.AuthorID
	}
	if m.message.Subject != "" {
		subject = m.message.Subject
	}
	m.target = Case{
		ID: ids.New(), BrandID: s.BrandID, Number: numbers[0], Subject: subject, State: Fresh, TeamID: s.TeamID, CustomerID: customer,
		AccountID: s.AccountID, Channel: s.Channel, Language: s.Language, CreatedAt: m.now,
	}
	row := m.desk.caseToRow(m.target) // its version is raised when it is saved
	return insert(m.ctx, m.tx, []caseRow{row}, "cases", "")
}

// land gives the message its place in the target: the one it had there, else the
// last.
func (m *move) land() error {
	place, err := m.oldPlace()
	if err != nil {
		return err
	}
	if place == 0 {
		m.target.Messages++
		place = m.target.Messages
	}
	m.remember()
	x := &m.message
	x.CaseID, x.Seq = m.target.ID, place
	row := m.desk.messageToRow(m.target.CustomerID, *x, m.row.Identity)
	res, err := m.tx.NewUpdate().Model(&row).
		Column("case_id", "seq", "joined", "author_name", "subject", "body", "html", "external_id", "findings", "addressed").
		Where("id = ? AND case_id = ?", x.ID, m.source.ID).Returning("NULL").Exec(m.ctx)
	if err != nil {
		return fmt.Errorf("moving a message: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errs.Wrap(errs.Conflict, err, "moving a message that was moved")
	}
	rows := []participantRow{{CaseID: m.target.ID, CustomerID: m.target.CustomerID}}
	if x.Kind == Inbound && !x.AuthorID.IsZero() && len(x.Found.Report) == 0 && x.AuthorID != m.target.CustomerID {
		rows = append(rows, participantRow{CaseID: m.target.ID, CustomerID: x.AuthorID})
	}
	return insert(m.ctx, m.tx, rows, "participants", "CONFLICT DO NOTHING")
}

// remember notes where the message comes from; back in a case it was taken out
// of, it is there for the reason it was there before.
func (m *move) remember() {
	x := &m.message
	for i, before := range x.Found.Moved {
		if before.From == m.target.ID {
			x.Joined, x.Found.Key, x.Found.Moved = before.Joined, before.Key, slices.Clone(x.Found.Moved[:i])
			return
		}
	}
	x.Found.Moved = append(slices.Clone(x.Found.Moved), Move{From: m.source.ID, Number: m.source.Number, Place: x.Seq, Joined: x.Joined, Key: x.Found.Key,
		By: m.actor.Kind, Staff: m.actor.ID, Name: m.actor.Name, At: m.now})
	x.Joined = m.reason()
}

// reason is why the message is in the target. What was said to, or by, somebody
// else stays marked as such: the customer of the target must not read it.
func (m *move) reason() Joined {
	own := m.message.Kind == Inbound && m.message.AuthorID == m.target.CustomerID
	if own || m.source.CustomerID == m.target.CustomerID {
		return ByHand
	}
	return ByMerge
}

// oldPlace returns the message's place in the target, and clears it, if it was
// there before; else 0.
func (m *move) oldPlace() (int64, error) {
	var marks []messageRow
	err := m.tx.NewSelect().Model(&marks).Where("case_id = ? AND kind = ?", m.target.ID, MovedAway).Order("seq").Scan(m.ctx)
	if err != nil {
		return 0, fmt.Errorf("reading places of moved messages: %w", err)
	}
	for _, mark := range marks {
		if m.desk.messageFromRow(m.target.CustomerID, mark).Found.Message != m.message.ID {
			continue
		}
		if _, err := m.tx.NewDelete().Model((*messageRow)(nil)).Where("id = ?", mark.ID).Exec(m.ctx); err != nil {
			return 0, fmt.Errorf("clearing the place of a message: %w", err)
		}
		return mark.Seq, nil
	}
	return 0, nil
}

// mark keeps the place the message left.
func (m *move) mark(left Message) error {
	mark := Message{
		ID: ids.New(), BrandID: m.source.BrandID, CaseID: m.source.ID, Seq: left.Seq, Kind: MovedAway, Visibility: Internal, AuthorKind: m.actor.Kind,
		AuthorID: m.actor.ID, AuthorName: m.actor.Name, Channel: "desk", Joined: ByStaff, CreatedAt: m.now,
		Found: Findings{Message: left.ID, To: m.target.Number},
	}
	return insert(m.ctx, m.tx, []messageRow{m.desk.messageToRow(m.source.CustomerID, mark, nil)}, "messages", "")
}

// files takes along the files, and what the message awaits. They belong to the
// customer of the target now.
func (m *move) files() error {
	var files []attachmentRow
	if err := m.tx.NewSelect().Model(&files).Where("message_id = ?", m.message.ID).Scan(m.ctx); err != nil {
		return fmt.Errorf("reading attachments: %w", err)
	}
	for _, f := range files {
		a := m.desk.attachmentFromRow(m.source.CustomerID, f)
		a.CaseID = m.target.ID
		row := m.desk.attachmentToRow(m.target.CustomerID, a)
		if _, err := m.tx.NewUpdate().Model(&row).Column("case_id", "name", "content_id").WherePK().Returning("NULL").Exec(m.ctx); err != nil {
			return fmt.Errorf("moving an attachment: %w", err)
		}
	}
	if m.source.CustomerID == m.target.CustomerID {
		return nil
	}
	return m.desk.resealReferences(m.ctx, m.tx, m.source.CustomerID, m.target.CustomerID, m.message.ID)
}

// resealReferences gives what a message awaits to another customer.
func (d *Desk) resealReferences(ctx context.Context, tx *db.Tx, from, to, message ids.ID) error {
	var rows []referenceRow
	if err := tx.NewSelect().Model(&rows).Where("message_id = ?", message).Scan(ctx); err != nil {
		return fmt.Errorf("reading references: %w", err)
	}
	for _, r := range rows {
		r.Value = d.seal.Seal(to, d.seal.Open(from, r.Value))
		if _, err := tx.NewUpdate().Model(&r).Column("value").WherePK().Returning("NULL").Exec(ctx); err != nil {
			return fmt.Errorf("moving references: %w", err)
		}
	}
	return nil
}

// states says where both cases stand now: what came in calls for an answer where
// it is; a case that nothing is left of is closed.
func (m *move) states() error {
	calls := m.message.Kind == Inbound && len(m.message.Found.Report) == 0
	if calls {
		if m.target.State != Fresh {
			m.target.State, m.target.ClosedAt = Open, 0
		}
		if m.target.DueAt.IsZero() {
			m.target.DueAt = m.source.DueAt // what was announced is kept
		}
		if m.target.DueAt.IsZero() {
			due, err := m.desk.teams.AnswerBy(m.ctx, m.target.TeamID, m.now.Time())
			if err != nil {
				return fmt.Errorf("computing the answer time: %w", err)
			}
			m.target.DueAt = clock.At(due)
		}
	}
	left, err := m.tx.NewSelect().Model((*messageRow)(nil)).Where("case_id = ? AND kind IN (?, ?)", m.source.ID, Inbound, Reply).Count(m.ctx)
	if err != nil {
		return fmt.Errorf("counting what is left: %w", err)
	}
	if left == 0 && m.source.State.IsOpen() {
		m.source.State, m.source.ClosedAt, m.source.DueAt = Closed, m.now, 0
	}
	return nil
}

func (m *move) finish() error {
	for _, c := range []*Case{&m.source, &m.target} {
		c.Version++
		c.ChangedAt = m.now
		if err := m.desk.saveCase(m.ctx, m.tx, *c); err != nil {
			return err
		}
	}
	last, err := m.last()
	if err != nil {
		return err
	}
	params := map[string]any{"message": m.message.ID, "from": m.source.ID, "to": m.target.ID}
	changes := []Change{{Kind: MessageMoved, Actor: m.actor, Case: m.source, Last: last, Awaits: !m.source.DueAt.IsZero(), Params: params}}
	if m.fresh {
		changes = append(changes, Change{Kind: CaseOpened, Actor: m.actor, Case: m.target, CustomerName: m.customerName(), Awaits: !m.target.DueAt.IsZero(), Moved: true})
	}
	changes = append(changes, Change{Kind: MessageMoved, Actor: m.actor, Case: m.target, Message: &m.message, From: m.source.CustomerID, Awaits: !m.target.DueAt.IsZero(), Moved: true, Params: params})
	return m.desk.finish(m.ctx, m.tx, changes)
}

// last is what came in last of what is left in the source.
func (m *move) last() (*Message, error) {
	var rows []messageRow
	err := m.tx.NewSelect().Model(&rows).Where("case_id = ? AND kind = ?", m.source.ID, Inbound).Order("seq DESC").Limit(1).Scan(m.ctx)
	if err != nil {
		return nil, fmt.Errorf("reading what is left: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	left := m.desk.messageFromRow(m.source.CustomerID, rows[0])
	return &left, nil
}

// customerName is what lists show of a new case.
func (m *move) customerName() string {
	if m.message.Kind == Inbound {
		return m.message.AuthorName
	}
	return ""
}
