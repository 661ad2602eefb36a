// Package views keeps one flat row per case for lists, in the transaction that
// changes the case, and answers every list from it: no join, no count over a
// growing table, and for each order an index that matches it. Lists are paged by
// key, so that page one thousand costs what page one costs.
package views

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
	"lotse/internal/platform/seal"
)

// PageSize is how many cases a list page shows.
const PageSize = 50

const (
	maxPage      = 100
	excerptRunes = 140
)

// Row is what a list shows of a case.
type Row struct {
	CaseID       ids.ID
	Number       string
	Subject      string
	CustomerName string
	Excerpt      string
	State        desk.State
	TeamID       ids.ID
	OwnerID      ids.ID
	Channel      string
	Messages     int64
	Awaits       bool // the customer waits for an answer
	DueAt        clock.Stamp
	MovedAt      clock.Stamp
	Trashed      bool // in the trash; State is zero then
	Restricted   bool // only number, team and state are filled
}

type row struct {
	bun.BaseModel `bun:"table:case_rows,alias:r"`
	CaseID        ids.ID `bun:",pk"`
	BrandID       ids.ID
	Number        string
	Subject       []byte
	CustomerID    ids.ID
	CustomerName  []byte
	Excerpt       []byte
	State         desk.State
	TeamID        ids.ID
	OwnerID       ids.ID `bun:",nullzero"`
	Channel       string
	Messages      int64
	Awaits        bool
	DueAt         clock.Stamp `bun:",nullzero"`
	MovedAt       clock.Stamp
}

// Views keeps and reads the rows.
type Views struct {
	db    *db.DB
	seal  *seal.Sealer
	clock clock.Clock
	teams desk.Teams
}

// New returns the views over d.
func New(d *db.DB, s *seal.Sealer, c clock.Clock, teams desk.Teams) *Views {
	return &Views{db: d, seal: s, clock: c, teams: teams}
}

// Hook keeps the rows in step with their cases. It is registered with the desk.
func (v *Views) Hook(ctx context.Context, tx *db.Tx, changes []desk.Change) error {
	if err := v.drop(ctx, tx, changes); err != nil {
		return err
	}
	if err := v.rename(ctx, tx, changes); err != nil {
		return err
	}
	fresh, touched := v.fold(changes)
	if len(fresh) > 0 {
		if _, err := tx.NewInsert().Model(&fresh).Returning("NULL").Exec(ctx); err != nil {
			return fmt.Errorf("adding list rows: %w", err)
		}
	}
	for _, t := range touched {
		if err := t.update(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// drop removes the rows of deleted cases.
func (v *Views) drop(ctx context.Context, tx *db.Tx, changes []desk.Change) error {
	for _, c := range changes {
		if c.Kind != desk.Deleted {
			continue
		}
		if _, err := tx.NewDelete().Model((*row)(nil)).Where("case_id IN (?)", bun.List(c.Removed.Cases)).Exec(ctx); err != nil {
			return fmt.Errorf("deleting list rows: %w", err)
		}
	}
	return nil
}

// touch is what a batch of changes does to the row of a case that had one.
type touch struct {
	row     row
	excerpt bool
	moved   bool
	awaits  bool // the row says whether the customer waits
	past    row  // of a message of the past: where and with what the case stood then
}

// fold makes of all changes to a case its one new state.
func (v *Views) fold(changes []desk.Change) ([]row, []touch) {
	now := clock.Now(v.clock)
	var order []ids.ID
	byCase := map[ids.ID]*touch{}
	fresh := map[ids.ID]bool{}
	for _, c := range changes {
		if c.Kind == desk.Deleted {
			continue
		}
		t, ok := byCase[c.Case.ID]
		if !ok {
			t = &touch{row: v.rowOf(c.Case, now)}
			byCase[c.Case.ID] = t
			order = append(order, c.Case.ID)
		}
		if c.Kind == desk.CaseOpened {
			fresh[c.Case.ID] = true
			t.row.CustomerName = v.seal.Seal(c.Case.CustomerID, c.CustomerName)
		}
		if says(c, fresh[c.Case.ID]) {
			t.row.Excerpt, t.excerpt = v.seal.Seal(c.Case.CustomerID, markup.Excerpt(c.Message.Visible(), excerptRunes)), true
		}
		if c.Kind == desk.MessageMoved && c.Message == nil {
			t.row.Excerpt, t.excerpt = v.seal.Seal(c.Case.CustomerID, markup.Excerpt(left(c), excerptRunes)), true
		}
		if !c.Past.IsZero() {
			t.recall(c.Past, fresh[c.Case.ID])
			if !fresh[c.Case.ID] {
				t.excerpt = false
				continue // what is now is not changed by what was
			}
		}
		t.row.Awaits, t.awaits = c.Awaits, true
		t.moved = t.moved || c.Moved
	}
	var added []row
	var touched []touch
	for _, id := range order {
		if fresh[id] {
			added = append(added, byCase[id].row)
		} else {
			touched = append(touched, *byCase[id])
		}
	}
	return added, touched
}

// says reports whether a change is what the customer said last. What a mail server
// or an absence notice reports is not, unless there is nothing else.
func says(c desk.Change, fresh bool) bool {
	switch {
	case c.Message == nil || c.Message.Kind != desk.Inbound:
		return false
	case c.Kind == desk.MessageMoved:
		return true
	}
	return c.Kind == desk.MessageReceived && (fresh || len(c.Message.Found.Report) == 0)
}

// left is what a case says after a message was moved out of it.
func left(c desk.Change) string {
	if c.Last == nil {
		return ""
	}
	return c.Last.Visible()
}

// rename gives the rows of cases to their new customers.
func (v *Views) rename(ctx context.Context, tx *db.Tx, changes []desk.Change) error {
	for _, c := range changes {
		if c.Kind != desk.CustomerChanged {
			continue
		}
		r := row{CaseID: c.Case.ID}
		if err := tx.NewSelect().Model(&r).WherePK().Scan(ctx); err != nil {
			return fmt.Errorf("reading a list row: %w", err)
		}
		to := c.Case.CustomerID
		r.CustomerID, r.CustomerName = to, v.seal.Seal(to, c.CustomerName)
		r.Excerpt = v.seal.Seal(to, v.seal.Open(c.From, r.Excerpt))
		if _, err := tx.NewUpdate().Model(&r).Column("customer_id", "customer_name", "excerpt").WherePK().Returning("NULL").Exec(ctx); err != nil {
			return fmt.Errorf("updating a list row: %w", err)
		}
	}
	return nil
}

// recall notes that something happened at a time of the past: the latest of it
// decides where the case stands.
func (t *touch) recall(at clock.Stamp, fresh bool) {
	if fresh && (t.past.MovedAt.IsZero() || at > t.past.MovedAt) {
		t.row.MovedAt = at
	}
	if at >= t.past.MovedAt {
		t.past = row{MovedAt: at, Excerpt: t.row.Excerpt}
	}
}

// inTrash is the state of a row whose case is in the trash: every other list
// leaves it out by that.
const inTrash desk.State = 9

func (v *Views) rowOf(c desk.Case, now clock.Stamp) row {
	state := c.State
	if !c.TrashedAt.IsZero() {
		state = inTrash
	}
	return row{
		CaseID: c.ID, BrandID: c.BrandID, Number: c.Number, Subject: v.seal.Seal(c.CustomerID, c.Subject),
		CustomerID: c.CustomerID, CustomerName: []byte{}, Excerpt: []byte{}, State: state, TeamID: c.TeamID,
		OwnerID: c.OwnerID, Channel: c.Channel, Messages: c.Messages, DueAt: c.DueAt, MovedAt: now,
	}
}

func (t touch) update(ctx context.Context, tx *db.Tx) error {
	columns := []string{"subject", "state", "team_id", "owner_id", "messages", "due_at"}
	if t.awaits {
		columns = append(columns, "awaits")
	}
	if t.excerpt {
		columns = append(columns, "excerpt")
	}
	if t.moved {
		columns = append(columns, "moved_at")
	}
	if _, err := tx.NewUpdate().Model(&t.row).Column(columns...).WherePK().Returning("NULL").Exec(ctx); err != nil {
		return fmt.Errorf("updating a list row: %w", err)
	}
	if t.past.MovedAt.IsZero() || t.moved {
		return nil
	}
	q := tx.NewUpdate().Model((*row)(nil)).Set("moved_at = ?", t.past.MovedAt).Where("case_id = ? AND moved_at < ?", t.row.CaseID, t.past.MovedAt)
	if len(t.past.Excerpt) > 0 {
		q = q.Set("excerpt = ?", t.past.Excerpt)
	}
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("updating a list row: %w", err)
	}
	return nil
}

// Scope chooses which cases a list holds.
type Scope string

// The scopes.
const (
	Mine    Scope = "mine"    // open, owned by the actor
	Unowned Scope = "unowned" // open, with the duty roster of one of the actor's teams or of all
	Team    Scope = "team"    // open, of one team
	AllOpen Scope = "open"    // open
	All     Scope = "all"     // closed ones too
	Trash   Scope = "trash"   // in the trash
)

// ParseScope reads a scope, AllOpen if s is none.
func ParseScope(s string) Scope {
	switch sc := Scope(s); sc {
	case Mine, Unowned, Team, All, Trash:
		return sc
	}
	return AllOpen
}

// Filter says what a list shows.
type Filter struct {
	Scope  Scope
	TeamID ids.ID // for Team
	After  Cursor // zero: from the newest
	Limit  int    // rows of a page, up to 100; 0 is PageSize
}

func (f Filter) size() int {
	if f.Limit == 0 {
		return PageSize
	}
	return min(max(f.Limit, 1), maxPage)
}

// Cursor is a place in a list of cases: when the last row of the page before
// moved, and its case.
type Cursor = db.Cursor

// Page is one page of a list.
type Page struct {
	Rows []Row
	Next Cursor // zero on the last page
}

// List returns a page of cases, the latest moved first.
func (v *Views) List(ctx context.Context, a access.Actor, f Filter) (Page, error) {
	if err := a.Require(access.ReadCases); err != nil {
		return Page{}, err
	}
	var rows []row
	if err := v.query(&rows, a, f).Scan(ctx); err != nil {
		return Page{}, db.Classify(fmt.Errorf("reading a list of cases: %w", err))
	}
	var p Page
	if size := f.size(); len(rows) > size {
		rows = rows[:size]
		last := rows[size-1]
		p.Next = Cursor{At: last.MovedAt, ID: last.CaseID}
	}
	p.Rows = make([]Row, len(rows))
	for i, r := range rows {
		shown, err := v.show(ctx, a, r)
		if err != nil {
			return Page{}, err
		}
		p.Rows[i] = shown
	}
	return p, nil
}

func (v *Views) query(rows *[]row, a access.Actor, f Filter) *bun.SelectQuery {
	q := v.db.Read().NewSelect().Model(rows).Where("brand_id = ?", a.BrandID).
		Order("moved_at DESC", "case_id DESC").Limit(int64(f.size()) + 1)
	switch f.Scope { // literals: the partial indexes say the same
	case All:
		q = q.Where("state < 9")
	case Trash:
		q = q.Where("state = 9")
	default:
		q = q.Where("state < 6")
	}
	switch f.Scope {
	case Mine:
		q = q.Where("owner_id = ?", a.ID)
	case Unowned:
		q = q.Where("owner_id IS NULL")
	case Team:
		q = q.Where("team_id = ?", f.TeamID)
	}
	if !f.After.IsZero() {
		q = q.Where("(moved_at, case_id) < (?, ?)", f.After.At, f.After.ID)
	}
	return q
}

func (v *Views) show(ctx context.Context, a access.Actor, r row) (Row, error) {
	shown := Row{CaseID: r.CaseID, Number: r.Number, State: r.State, TeamID: r.TeamID, MovedAt: r.MovedAt}
	if r.State == inTrash {
		shown.State, shown.Trashed = 0, true
	}
	restricted, err := v.teams.Restricted(ctx, r.TeamID)
	if err != nil {
		return Row{}, err
	}
	if !a.Sees(restricted, r.TeamID, r.OwnerID) {
		shown.Restricted = true
		return shown, nil
	}
	shown.Subject = v.seal.Open(r.CustomerID, r.Subject)
	shown.CustomerName = v.seal.Open(r.CustomerID, r.CustomerName)
	shown.Excerpt = v.seal.Open(r.CustomerID, r.Excerpt)
	shown.OwnerID, shown.Channel, shown.Messages, shown.Awaits, shown.DueAt = r.OwnerID, r.Channel, r.Messages, r.Awaits, r.DueAt
	return shown, nil
}
