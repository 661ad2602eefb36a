package desk

import (
	"context"
	"encoding/json"
	"fmt"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// maxShown bounds the timeline of one page; the newest are shown.
const maxShown = 200

// File is a case with its timeline, as one actor may see it.
type File struct {
	Case        Case
	Restricted  bool // only number, team and state are filled
	Messages    []Message
	More        bool // older messages exist than are shown
	Suggestions []Suggestion
	Sides       []Side  // side conversations, oldest first
	Filings     []Event // its Classified, CustomerChanged, SideClosed and SideReopened events, oldest first
	MergedInto  string  // number of the case this one was merged into
}

// File returns the case with a number. For a case of a restricted team that is
// not the actor's, the file holds number, team and state only.
func (d *Desk) File(ctx context.Context, a access.Actor, number string) (File, error) {
	c, err := d.byNumber(ctx, a, number)
	if err != nil {
		return File{}, err
	}
	ok, err := d.visible(ctx, a, c)
	if err != nil {
		return File{}, err
	}
	if !ok {
		return File{Restricted: true, Case: Case{ID: c.ID, BrandID: c.BrandID, Number: c.Number, TeamID: c.TeamID, State: c.State, Version: c.Version}}, nil
	}
	f := File{Case: c}
	if !c.MergedInto.IsZero() {
		f.MergedInto, err = d.numberOf(ctx, c.MergedInto)
		return f, err
	}
	if f.Messages, f.More, err = d.timeline(ctx, c); err != nil {
		return File{}, err
	}
	if err := d.margin(ctx, &f); err != nil {
		return File{}, err
	}
	return f, nil
}

func (d *Desk) byNumber(ctx context.Context, a access.Actor, number string) (Case, error) {
	if err := a.Require(access.ReadCases); err != nil {
		return Case{}, err
	}
	var row caseRow
	err := d.db.Read().NewSelect().Model(&row).Where("number = ? AND brand_id = ?", number, a.BrandID).Scan(ctx)
	if err = db.Classify(err); errs.Is(err, errs.NotFound) {
		return Case{}, errs.New(errs.NotFound, "case.not_found")
	}
	if err != nil {
		return Case{}, fmt.Errorf("reading a case: %w", err)
	}
	return d.caseFromRow(row), nil
}

// Find returns the case with a number, for an action on it. The actor must be
// allowed to see it whole.
func (d *Desk) Find(ctx context.Context, a access.Actor, number string) (Case, error) {
	c, err := d.byNumber(ctx, a, number)
	if err != nil {
		return Case{}, err
	}
	return c, d.admit(ctx, a, c)
}

func (d *Desk) numberOf(ctx context.Context, id ids.ID) (string, error) {
	var number string
	err := d.db.Read().NewSelect().Model((*caseRow)(nil)).Column("number").Where("id = ?", id).Scan(ctx, &number)
	return number, db.Classify(err)
}

func (d *Desk) timeline(ctx context.Context, c Case) (shown []Message, more bool, err error) {
	rows, more, err := d.newest(ctx, c)
	if err != nil {
		return nil, false, err
	}
	files, err := d.attachments(ctx, c)
	if err != nil {
		return nil, false, err
	}
	shown = make([]Message, len(rows))
	for i, r := range rows {
		m := d.messageFromRow(c.CustomerID, r)
		m.Attachments = files[m.ID]
		shown[len(rows)-1-i] = m
	}
	return shown, more, nil
}

// newest reads the last messages of the case, the newest first.
func (d *Desk) newest(ctx context.Context, c Case) (rows []messageRow, more bool, err error) {
	err = d.db.Read().NewSelect().Model(&rows).Where("case_id = ?", c.ID).Order("seq DESC").Limit(maxShown + 1).Scan(ctx)
	if err != nil {
		return nil, false, db.Classify(fmt.Errorf("reading the timeline: %w", err))
	}
	if len(rows) > maxShown {
		rows, more = rows[:maxShown], true
	}
	return rows, more, nil
}

func (d *Desk) attachments(ctx context.Context, c Case) (map[ids.ID][]Attachment, error) {
	var rows []attachmentRow
	err := d.db.Read().NewSelect().Model(&rows).Where("case_id = ?", c.ID).Order("message_id", "position").Limit(5000).Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading attachments: %w", err))
	}
	files := map[ids.ID][]Attachment{}
	for _, r := range rows {
		files[r.MessageID] = append(files[r.MessageID], d.attachmentFromRow(c.CustomerID, r))
	}
	return files, nil
}

// readMargin asks for suggestions, side conversations and what stands between the
// messages at once: the page of a case has no statement to spare.
const readMargin = "SELECT s.target_id, s.reason, c.number, 0 AS seq, '' AS kind, 0 AS actor_kind, NULL AS actor_id, NULL AS params, 0 AS created_at, 0 AS closed_at " +
	"FROM suggestions AS s JOIN cases AS c ON c.id = s.target_id WHERE s.case_id = ? AND s.settled_at IS NULL " +
	"UNION ALL SELECT NULL, 0, '', e.seq, e.kind, e.actor_kind, e.actor_id, e.params, e.created_at, 0 " +
	"FROM events AS e WHERE e.case_id = ? AND e.kind IN (?, ?, ?, ?) " +
	"UNION ALL SELECT sc.id, 0, sc.code, -1, '', 0, sc.opened_by, sc.head, sc.created_at, coalesce(sc.closed_at, 0) " +
	"FROM side_conversations AS sc WHERE sc.case_id = ? ORDER BY seq, reason, created_at"

// Rows of readMargin that are no events, by their seq.
const (
	aSide       = -1
	aSuggestion = 0
)

// margin fills in what stands beside the timeline.
func (d *Desk) margin(ctx context.Context, f *File) error {
	var rows []struct {
		eventRow `bun:",extend"`
		TargetID ids.ID
		Reason   SuggestReason
		Number   string
		ClosedAt clock.Stamp
	}
	err := d.db.Read().NewRaw(readMargin, f.Case.ID, f.Case.ID, Classified, CustomerChanged, SideClosed, SideReopened, f.Case.ID).Scan(ctx, &rows)
	if err != nil {
		return db.Classify(fmt.Errorf("reading suggestions and classifications: %w", err))
	}
	for _, r := range rows {
		switch r.Seq {
		case aSuggestion:
			f.Suggestions = append(f.Suggestions, Suggestion{CaseID: f.Case.ID, TargetID: r.TargetID, Number: r.Number, Reason: r.Reason})
			continue
		case aSide:
			side, err := d.sideFromRow(sideRow{ID: r.TargetID, BrandID: f.Case.BrandID, CaseID: f.Case.ID, Code: r.Number, Head: r.Params,
				OpenedBy: r.ActorID, CreatedAt: r.CreatedAt, ClosedAt: r.ClosedAt})
			if err != nil {
				return fmt.Errorf("reading the head of a side conversation: %w", err)
			}
			f.Sides = append(f.Sides, side)
			continue
		}
		event, err := r.event()
		if err != nil {
			return err
		}
		f.Filings = append(f.Filings, event)
	}
	return nil
}

// Attachment returns a file's description, if the actor may see its case. The
// bytes are in the blob store.
func (d *Desk) Attachment(ctx context.Context, a access.Actor, id ids.ID) (Attachment, error) {
	if err := a.Require(access.ReadCases); err != nil {
		return Attachment{}, err
	}
	var row attachmentRow
	if err := d.db.Read().NewSelect().Model(&row).Where("id = ? AND brand_id = ?", id, a.BrandID).Scan(ctx); err != nil {
		return Attachment{}, db.Classify(fmt.Errorf("reading an attachment: %w", err))
	}
	c, err := d.byID(ctx, row.CaseID)
	if err != nil {
		return Attachment{}, err
	}
	if err := d.admit(ctx, a, c); err != nil {
		return Attachment{}, err
	}
	return d.attachmentFromRow(c.CustomerID, row), nil
}

// FilesOf returns the files of a message in their order, if the actor may see its
// case.
func (d *Desk) FilesOf(ctx context.Context, a access.Actor, message ids.ID) ([]Attachment, error) {
	if err := a.Require(access.ReadCases); err != nil {
		return nil, err
	}
	m, err := d.Message(ctx, a, message)
	if err != nil {
		return nil, err
	}
	var rows []attachmentRow
	if err := d.db.Read().NewSelect().Model(&rows).Where("message_id = ?", message).Order("position").Scan(ctx); err != nil {
		return nil, db.Classify(fmt.Errorf("reading attachments: %w", err))
	}
	c, err := d.byID(ctx, m.CaseID)
	if err != nil {
		return nil, err
	}
	files := make([]Attachment, len(rows))
	for i, r := range rows {
		files[i] = d.attachmentFromRow(c.CustomerID, r)
	}
	return files, nil
}

// MayOpen returns nil if the actor may read the bytes of a file they may see: one in
// which a virus was found only whoever holds RepairIntake may.
func (f Attachment) MayOpen(a access.Actor) error {
	if f.Virus != "" && !a.May(access.RepairIntake) {
		return errs.New(errs.Forbidden, "case.infected")
	}
	return nil
}

// Message returns one message, if the actor may see its case.
func (d *Desk) Message(ctx context.Context, a access.Actor, id ids.ID) (Message, error) {
	if err := a.Require(access.ReadCases); err != nil {
		return Message{}, err
	}
	var row messageRow
	if err := d.db.Read().NewSelect().Model(&row).Where("id = ? AND brand_id = ?", id, a.BrandID).Scan(ctx); err != nil {
		return Message{}, db.Classify(fmt.Errorf("reading a message: %w", err))
	}
	c, err := d.byID(ctx, row.CaseID)
	if err != nil {
		return Message{}, err
	}
	if err := d.admit(ctx, a, c); err != nil {
		return Message{}, err
	}
	return d.messageFromRow(c.CustomerID, row), nil
}

func (d *Desk) byID(ctx context.Context, id ids.ID) (Case, error) {
	var row caseRow
	if err := d.db.Read().NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return Case{}, db.Classify(fmt.Errorf("reading a case: %w", err))
	}
	return d.caseFromRow(row), nil
}

// Events returns what happened to a case, oldest first.
func (d *Desk) Events(ctx context.Context, a access.Actor, id ids.ID) ([]Event, error) {
	if _, err := d.readable(ctx, a, id); err != nil {
		return nil, err
	}
	var rows []eventRow
	if err := d.db.Read().NewSelect().Model(&rows).Where("case_id = ?", id).Order("seq").Limit(1000).Scan(ctx); err != nil {
		return nil, db.Classify(fmt.Errorf("reading events: %w", err))
	}
	events := make([]Event, len(rows))
	for i, r := range rows {
		var err error
		if events[i], err = r.event(); err != nil {
			return nil, err
		}
	}
	return events, nil
}

func (r eventRow) event() (Event, error) {
	e := Event{Seq: r.Seq, Kind: r.Kind, ActorKind: r.ActorKind, ActorID: r.ActorID, CreatedAt: r.CreatedAt.Time()}
	if err := json.Unmarshal(r.Params, &e.Params); err != nil {
		return Event{}, fmt.Errorf("reading an event's parameters: %w", err)
	}
	return e, nil
}

// History returns a case by id with its newest messages, without attachments.
func (d *Desk) History(ctx context.Context, a access.Actor, id ids.ID) (Case, []Message, error) {
	c, err := d.readable(ctx, a, id)
	if err != nil {
		return Case{}, nil, err
	}
	rows, _, err := d.newest(ctx, c)
	if err != nil {
		return Case{}, nil, err
	}
	history := make([]Message, len(rows))
	for i, r := range rows {
		history[len(rows)-1-i] = d.messageFromRow(c.CustomerID, r)
	}
	return c, history, nil
}

// NameTx gives a message of ours the id it carries on its channel, by which
// answers will refer to it.
func (d *Desk) NameTx(ctx context.Context, tx *db.Tx, c Case, message ids.ID, externalID string) error {
	_, err := tx.NewUpdate().Model((*messageRow)(nil)).
		Set("external_id = ?", d.seal.Seal(c.CustomerID, externalID)).
		Set("external_lookup = ?", d.externalLookup(c.BrandID, externalID)).
		Where("id = ?", message).Exec(ctx)
	if err != nil {
		return fmt.Errorf("naming a message: %w", err)
	}
	return nil
}
