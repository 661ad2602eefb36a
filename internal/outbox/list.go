package outbox

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/calendar"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// MaxPage is how many deliveries a page of the list holds at most.
const MaxPage = 100

var kindNames = map[Kind]string{ReplyKind: "reply", AckKind: "ack", NoticeKind: "notice", CaseLinkKind: "case_link", FileLinkKind: "file_link", SideKind: "side"}

// String returns the kind's name in the catalogue ("delivery.kind.reply").
func (k Kind) String() string { return kindNames[k] }

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{ReplyKind, AckKind, NoticeKind, CaseLinkKind, FileLinkKind, SideKind}
}

// ParseKind reads a kind's name.
func ParseKind(name string) (Kind, bool) {
	for k, n := range kindNames {
		if n == name {
			return k, true
		}
	}
	return 0, false
}

// States lists every state a delivery can be in.
func States() []State {
	return []State{Queued, Sending, Sent, Failed, Unsure, Settled, Cancelled, Held}
}

// ParseState reads a state's name.
func ParseState(name string) (State, bool) {
	for s, n := range stateNames {
		if n == name {
			return s, true
		}
	}
	return 0, false
}

// Filter says which deliveries to list; what is zero does not narrow.
type Filter struct {
	State     State
	Kind      Kind
	AccountID ids.ID
	Address   string        // in any case of letters, with any "+detail"
	Key       string        // in its place: what AddressKey made of it
	From, To  calendar.Date // days on which they were written, both included
	After     db.Cursor
}

// Listed is a delivery of a list.
type Listed struct {
	Delivery
	AccountID ids.ID
	Number    string // of its case; "" if it belongs to none
	// Restricted says that the actor may not see the case: address and words are left
	// out.
	Restricted bool
}

// ListPage is one page of deliveries, the newest first; Next is zero on the last one.
type ListPage struct {
	Deliveries []Listed
	Next       db.Cursor
}

// List returns deliveries of the actor's brand, limit (1 to MaxPage) at most. It needs
// ReadCases. What belongs to no case, such as mails to colleagues, is for
// administrators; of what belongs to a restricted team's case others see neither
// address nor words, and none of it if an address is asked for. It costs two
// statements.
func (o *Outbox) List(ctx context.Context, a access.Actor, f Filter, limit int) (ListPage, error) {
	if err := a.Require(access.ReadCases); err != nil {
		return ListPage{}, err
	}
	limit = min(max(limit, 1), MaxPage)
	var rows []deliveryRow
	if err := o.listQuery(o.DB.Read().NewSelect().Model(&rows), a, f).Limit(int64(limit) + 1).Scan(ctx); err != nil {
		return ListPage{}, db.Classify(fmt.Errorf("listing deliveries: %w", err))
	}
	var page ListPage
	if len(rows) > limit {
		rows = rows[:limit]
		page.Next = db.Cursor{At: rows[limit-1].CreatedAt, ID: rows[limit-1].ID}
	}
	var cases []ids.ID
	for _, r := range rows {
		if !r.CaseID.IsZero() {
			cases = append(cases, r.CaseID)
		}
	}
	glances, err := o.Desk.Glances(ctx, a, cases)
	if err != nil {
		return ListPage{}, err
	}
	for _, r := range rows {
		l := o.listed(r, glances[r.CaseID])
		if l.Restricted && (f.Address != "" || f.Key != "") {
			continue // that somebody wrote to the address is nobody else's business
		}
		page.Deliveries = append(page.Deliveries, l)
	}
	return page, nil
}

// listQuery is what List asks. What it says literally, partial indexes say too.
func (o *Outbox) listQuery(q *bun.SelectQuery, a access.Actor, f Filter) *bun.SelectQuery {
	if f.Address != "" {
		f.Key = o.AddressKey(f.Address)
	}
	// The rarest leads: an address, else a state or kind that few are of, else the mailbox.
	unsent, rare := f.State != 0 && f.State != Sent, f.Kind >= NoticeKind
	byAddress := f.Key != ""
	byBrand := !byAddress && (unsent || rare || f.AccountID.IsZero())
	brand, account := o.unindexed("brand_id"), o.unindexed("account_id")
	switch {
	case byBrand:
		brand = "brand_id"
	case !byAddress:
		account = "account_id"
	}
	q = q.Where(brand+" = ?", a.BrandID)
	if byAddress {
		key, _ := hex.DecodeString(f.Key) // nothing is found by what is none
		q = q.Where("address_lookup = ?", key)
	}
	if !f.AccountID.IsZero() {
		q = q.Where(account+" = ?", f.AccountID)
	}
	if f.State != 0 {
		q = q.Where("state = ?", f.State)
	}
	if unsent && byBrand {
		q = q.Where("state <> 3")
	}
	if f.Kind != 0 {
		q = q.Where("kind = ?", f.Kind)
	}
	if rare && byBrand {
		q = q.Where("kind >= 3")
	}
	if !a.May(access.ManageCatalog) {
		q = q.Where("case_id IS NOT NULL")
	}
	if f.From != (calendar.Date{}) {
		q = q.Where("created_at >= ?", o.startOf(f.From))
	}
	if f.To != (calendar.Date{}) {
		q = q.Where("created_at < ?", o.startOf(f.To.AddDays(1)))
	}
	if !f.After.IsZero() {
		q = q.Where("(created_at, id) < (?, ?)", f.After.At, f.After.ID)
	}
	return q.Order("created_at DESC", "id DESC")
}

// unindexed is a column by which SQLite looks for no index; PostgreSQL knows how many
// rows each would find.
func (o *Outbox) unindexed(column string) string {
	if o.DB.Postgres() {
		return column
	}
	return "+" + column
}

func (o *Outbox) listed(r deliveryRow, g desk.Glance) Listed {
	owner := g.CustomerID
	if r.CaseID.IsZero() {
		owner = r.ID
	}
	l := Listed{Delivery: o.show(r, owner), AccountID: r.AccountID, Number: g.Number, Restricted: g.Restricted}
	if l.Restricted {
		l.Delivery = Delivery{ID: r.ID, CaseID: r.CaseID, Kind: r.Kind, Channel: r.Channel, State: r.State, Attempts: r.Attempts, CreatedAt: r.CreatedAt, SentAt: r.SentAt}
	}
	return l
}

// startOf is the moment a day begins on the calendar of the desk.
func (o *Outbox) startOf(d calendar.Date) clock.Stamp {
	return clock.At(startOf(d))
}

// Mailbox is what staff may know of a mailbox: where mails leave from.
type Mailbox struct {
	ID      ids.ID
	Address string // as people write it
	Name    string
}

// Mailboxes returns the mailboxes of the actor's brand, the oldest first, from memory.
// It needs ReadCases.
func (o *Outbox) Mailboxes(ctx context.Context, a access.Actor) ([]Mailbox, error) {
	if err := a.Require(access.ReadCases); err != nil {
		return nil, err
	}
	all, err := o.Catalog.Accounts(ctx, people.Email)
	if err != nil {
		return nil, err
	}
	var own []Mailbox
	for _, m := range all {
		if m.BrandID == a.BrandID {
			own = append(own, Mailbox{ID: m.ID, Address: m.Shown(), Name: m.Name})
		}
	}
	return own, nil
}

// AddressKey stands for an address in a link: it leads to the same deliveries and
// tells nobody whom they went to.
func (o *Outbox) AddressKey(address string) string {
	normal, err := catalog.ParseAddress("address", address)
	if err != nil {
		normal = address // nothing is found by it
	}
	return hex.EncodeToString(o.lookup(normal))
}
