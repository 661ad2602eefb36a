// Package outbox owns what leaves the desk: one delivery for one message to one
// address, from the moment it is meant to the moment its outcome is known.
//
// A delivery is written in the transaction that writes its message, together with
// the job that sends it. Just before the point of no return it is marked as being
// sent; after the server's answer it is sent, queued again, or failed. What was
// being sent when the program died is uncertain: that is shown to a person and
// never repeated by itself.
//
//	queued ──▶ sending ──▶ sent        (the server took it)
//	  │ ▲         ├──────▶ failed      (the server refused, or time ran out)
//	  │ └─────────┤                    (a passing fault: again later)
//	  │           └──────▶ uncertain   (connection or program lost in between)
//	  ├──────────────────▶ cancelled   (taken back in time, or nothing to say any more)
//	  └─ held                          (the mailbox sends nothing automatic for now)
//
//	sent ──────▶ failed                (a report says that it came back)
//	uncertain ─▶ sent | failed         (an answer or a report proves it)
//	failed | uncertain ─▶ settled      (a person: by phone, to another address, again)
//
// Whatever is sent once more is a delivery of its own, which follows the settled
// one: so each has one outcome, and what comes back late finds the one it is about.
//
// Texts are put together when they are sent, so that a secret link in a mail to
// a colleague is never stored. How a channel sends is not known here: an adapter
// provides a Sender.
package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/people"
	"lotse/internal/platform/blob"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/platform/queue"
	"lotse/internal/platform/seal"
	"lotse/internal/platform/snapshot"
	"lotse/internal/templates"
)

// State is where a delivery stands.
type State uint8

// The states. They are stored: never renumber.
const (
	Queued    State = 1
	Sending   State = 2
	Sent      State = 3
	Failed    State = 4
	Unsure    State = 5
	Settled   State = 6 // a person dealt with it in another way
	Cancelled State = 7
	Held      State = 8 // waits for a person: the mailbox sends nothing automatic for now
)

var stateNames = map[State]string{Queued: "queued", Sending: "sending", Sent: "sent", Failed: "failed", Unsure: "uncertain", Settled: "settled", Cancelled: "cancelled", Held: "held"}

// String returns the state's name in the catalogue ("delivery.state.queued").
func (s State) String() string { return stateNames[s] }

// Kind says what a delivery carries.
type Kind uint8

// The kinds. They are stored: never renumber.
const (
	ReplyKind  Kind = 1 // an answer by a person
	AckKind    Kind = 2 // an automatic acknowledgement
	NoticeKind Kind = 3 // a mail to a colleague
	// Mails somebody asked for on a page, perhaps not their receiver.
	CaseLinkKind Kind = 4 // the secret link of a case
	FileLinkKind Kind = 5 // the one-time link to the virtual file
	SideKind     Kind = 6 // a letter of a side conversation
)

// What became of a delivery that no server has spoken about, in Delivery.Words:
// keys of the catalogue.
const (
	NoRelay     = "delivery.no_relay"
	Interrupted = "delivery.interrupted"
	Restored    = "delivery.restored"
	Pointless   = "delivery.pointless" // there was nothing to say any more when its time came
)

// Delivery is one intended send, as pages show it.
type Delivery struct {
	ID        ids.ID
	CaseID    ids.ID
	MessageID ids.ID
	Kind      Kind
	Channel   string
	Address   string
	State     State
	Attempts  int64
	NextAt    clock.Stamp // of the next attempt, while queued
	Code      int64       // the server's code, 0 if none
	Words     string      // the server's words, or NoRelay, Interrupted, Restored, Pointless or Discarded
	CreatedAt clock.Stamp
	SentAt    clock.Stamp
	// What others reported after it was sent; zero if nothing. An Undelivered one is
	// Failed.
	Reported intake.ReportKind
	ReportID ids.ID // message that says so
	Status   string // enhanced status code such as "5.1.1" (RFC 3463)
	Reason   string // what it means: key of the catalogue below "bounce.reason."
	Hard     bool   // writing there again is useless
	Until    clock.Stamp
	Role     Role // in which field of the mail the receiver stands
	// How it was settled, by whom and when; zero if it was not. One that is Sent was
	// uncertain until its arrival was proven.
	Way       Way
	SettledBy ids.ID // a staff member; zero if what came proved it
	SettledAt clock.Stamp
	Follows   ids.ID // the delivery it was sent instead of; zero if none
}

type deliveryRow struct {
	bun.BaseModel `bun:"table:deliveries,alias:d"`
	ID            ids.ID `bun:",pk"`
	BrandID       ids.ID
	AccountID     ids.ID `bun:",nullzero"`
	CaseID        ids.ID `bun:",nullzero"`
	MessageID     ids.ID `bun:",nullzero"`
	Kind          Kind
	Channel       string
	Address       []byte
	AddressLookup []byte
	Content       []byte
	State         State
	Attempts      int64
	NextAt        clock.Stamp `bun:",nullzero"`
	SendingUntil  clock.Stamp `bun:",nullzero"`
	Code          int64
	Words         []byte
	CreatedAt     clock.Stamp
	SentAt        clock.Stamp `bun:",nullzero"`
	Reported      intake.ReportKind
	ReportID      ids.ID `bun:",nullzero"`
	Status        string
	Reason        string
	Hard          bool
	UntilAt       clock.Stamp `bun:",nullzero"`
	Role          Role
	Way           Way
	SettledBy     ids.ID      `bun:",nullzero"`
	SettledAt     clock.Stamp `bun:",nullzero"`
	Follows       ids.ID      `bun:",nullzero"`
}

// Parts are what an outbox is made of.
type Parts struct {
	DB      *db.DB
	Seal    *seal.Sealer
	Clock   clock.Clock
	Queue   *queue.Queue
	Hub     *live.Hub
	Desk    *desk.Desk
	People  *people.People
	Catalog *catalog.Catalog
	// Templates are the words of what is written here. nil: New makes them.
	Templates *templates.Templates
	Blobs     *blob.Folder      // of the files of replies
	Teams     Teams             // nil: every case is answered from the mailbox it came in by
	Boxes     Boxes             // nil: nobody is told how mailboxes send; may be set until the queue starts
	Colors    ColorPicker       // nil: all brands wear our colours
	Senders   map[string]Sender // by channel
	BaseURL   string            // of the desk, for links in mails to colleagues
	Hello     string            // name to give when connecting to a relay
	Log       *slog.Logger
	Counted   func(State) // told of each outcome, for figures; may be nil
}

// Outbox sends.
type Outbox struct {
	Parts
	passes  *access.Passes
	links   *access.Links
	notices map[string]Renderer
	rests   *rests
	known   *ledger
	brakes  snapshot.Of[[]brakeNow]
	swept   clock.Stamp // when old figures were forgotten last
	logos   logos
}

// New returns an outbox and registers its jobs with the queue and its hooks
// with the desk.
func New(p Parts) *Outbox {
	if p.Counted == nil {
		p.Counted = func(State) {}
	}
	if p.Templates == nil {
		p.Templates = templates.New(p.DB, p.Clock, p.Catalog)
	}
	o := &Outbox{Parts: p, passes: access.NewPasses(p.DB, p.Clock), links: access.NewLinks(p.DB, p.Clock), notices: map[string]Renderer{},
		rests: newRests(), known: newLedger()}
	o.brakes.Alone = !p.DB.Postgres()
	queue.Register(p.Queue, o.work)
	queue.Register(p.Queue, o.keepCopy)
	p.Desk.SetAcknowledger(o.acknowledge)
	p.Desk.SetPreparer(o.prepare)
	p.Desk.AddHook(o.hook)
	return o
}

// hook makes deliveries of what the desk wants sent.
func (o *Outbox) hook(ctx context.Context, tx *db.Tx, changes []desk.Change) error {
	var send []desk.Change
	for _, c := range changes {
		switch c.Kind {
		case desk.Replied, desk.Acknowledged:
			send = append(send, c)
		case desk.SideSent:
			if err := o.addSide(ctx, tx, c); err != nil {
				return err
			}
		case desk.ReplyWithdrawn:
			if err := o.cancel(ctx, tx, c.Message.ID); err != nil {
				return err
			}
		case desk.Merged:
			if err := o.follow(ctx, tx, c); err != nil {
				return err
			}
		case desk.MessageMoved, desk.CustomerChanged:
			if err := o.hand(ctx, tx, c); err != nil {
				return err
			}
		case desk.LinksRenewed:
			if err := o.dropLinksOf(ctx, tx, c.Case.ID); err != nil {
				return err
			}
		case desk.Deleted:
			if err := o.drop(ctx, tx, c.Removed); err != nil {
				return err
			}
		}
	}
	if len(send) == 0 {
		return nil
	}
	return o.enqueue(ctx, tx, send)
}

func (o *Outbox) enqueue(ctx context.Context, tx *db.Tx, send []desk.Change) error {
	var customers []ids.ID
	for _, c := range send {
		if c.To == "" && len(c.Message.Addressed) == 0 {
			customers = append(customers, c.Case.CustomerID)
		}
	}
	known, err := o.People.AddressesTx(ctx, tx, people.Email, customers)
	if err != nil {
		return err
	}
	rows := make([]deliveryRow, 0, len(send))
	for _, c := range send {
		to := receivers(c, known[c.Case.CustomerID].Value)
		if len(to) == 0 && c.Kind == desk.Acknowledged {
			continue // nobody to tell; the case stands all the same
		}
		if len(to) == 0 {
			return errs.Field("text", "delivery.no_address")
		}
		row, err := o.rowFor(ctx, tx, c)
		if err != nil {
			return err
		}
		for _, x := range to {
			row.ID, row.Role = ids.New(), x.Role
			row.Address, row.AddressLookup = o.Seal.Seal(c.Case.CustomerID, x.Address), o.lookup(x.Address)
			rows = append(rows, row)
		}
	}
	return o.add(ctx, tx, rows)
}

// receivers are who gets what a change wrote; customer is the customer's address.
func receivers(c desk.Change, customer string) []desk.Addressee {
	switch {
	case c.To != "":
		return []desk.Addressee{{Address: c.To}}
	case len(c.Message.Addressed) > 0:
		return c.Message.Addressed
	case customer != "":
		return []desk.Addressee{{Address: customer}}
	}
	return nil
}

// rowFor is the delivery of what a change wrote, but for its receiver.
func (o *Outbox) rowFor(ctx context.Context, tx *db.Tx, c desk.Change) (deliveryRow, error) {
	now := clock.Now(o.Clock)
	row := deliveryRow{
		BrandID: c.Case.BrandID, AccountID: c.Case.AccountID, CaseID: c.Case.ID, MessageID: c.Message.ID,
		Kind: AckKind, Channel: sendBy(c.Case), Content: []byte{}, State: Queued, NextAt: now, Words: []byte{}, CreatedAt: now,
	}
	account, _, err := o.identity(ctx, c.Case)
	if err != nil && (!noAccount(err) || c.Case.Channel == row.Channel) {
		return deliveryRow{}, err // else the answer stands on the page, and the delivery tells that it goes no further
	}
	if !account.ID.IsZero() {
		row.AccountID = account.ID
	}
	if c.Kind == desk.Acknowledged {
		return row, nil
	}
	undo, err := catalog.UndoSeconds.Get(ctx, o.Catalog, c.Case.BrandID)
	if err != nil {
		return deliveryRow{}, err
	}
	row.Kind, row.NextAt = ReplyKind, now.Add(time.Duration(undo)*time.Second)
	return row, o.Desk.NameTx(ctx, tx, c.Case, c.Message.ID, externalID(c.Message.ID, account.Address))
}

// add stores deliveries and their jobs.
func (o *Outbox) add(ctx context.Context, tx *db.Tx, rows []deliveryRow) error {
	if len(rows) == 0 {
		return nil
	}
	if err := o.hold(ctx, tx, rows); err != nil {
		return err
	}
	if _, err := tx.NewInsert().Model(&rows).Returning("NULL").Exec(ctx); err != nil {
		return fmt.Errorf("adding deliveries: %w", err)
	}
	jobs := make([]queue.Job, 0, len(rows))
	for _, r := range rows {
		if r.State == Queued {
			jobs = append(jobs, queue.Job{Args: sendArgs{Delivery: r.ID}, Queue: queue.Delivery, After: r.NextAt.Time().Sub(r.CreatedAt.Time())})
		}
	}
	return o.Queue.Add(ctx, tx, jobs...)
}

// sendBy returns the channel by which a case is answered: what came by a page or
// was handed in by a program is answered by mail.
func sendBy(c desk.Case) string {
	if c.Channel == desk.Web || c.Channel == desk.API {
		return people.Email
	}
	return c.Channel
}

// drop removes the deliveries of a case that is deleted. One that is being sent
// finds its row gone.
func (o *Outbox) drop(ctx context.Context, tx *db.Tx, r *desk.Removal) error {
	_, err := tx.NewDelete().Model((*deliveryRow)(nil)).Where("case_id IN (?)", bun.List(r.Cases)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("deleting deliveries: %w", err)
	}
	return o.dropLinks(ctx, tx, r.Messages)
}

// cancel takes a reply's deliveries back, unless the sending of one has begun or
// its time has come: from then on the customer may have read it on the case's page.
func (o *Outbox) cancel(ctx context.Context, tx *db.Tx, message ids.ID) error {
	all, err := tx.NewSelect().Model((*deliveryRow)(nil)).Where("message_id = ?", message).Count(ctx)
	if err != nil {
		return fmt.Errorf("counting deliveries: %w", err)
	}
	res, err := tx.NewUpdate().Model((*deliveryRow)(nil)).Set("state = ?", Cancelled).Set("next_at = NULL").
		Where("message_id = ? AND state = ? AND attempts = 0 AND reason = '' AND next_at > ?", message, Queued, clock.Now(o.Clock)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("taking deliveries back: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 && n == int64(all) {
		return err
	}
	return errs.New(errs.Conflict, "delivery.too_late")
}

// follow keeps deliveries with their messages when a case is merged.
func (o *Outbox) follow(ctx context.Context, tx *db.Tx, c desk.Change) error {
	if c.Case.MergedInto.IsZero() {
		return nil
	}
	_, err := tx.NewUpdate().Model((*deliveryRow)(nil)).Set("case_id = ?", c.Case.MergedInto).
		Where("case_id = ? AND kind <> ?", c.Case.ID, CaseLinkKind).Exec(ctx) // a link opens the case it was asked for
	if err != nil {
		return fmt.Errorf("moving deliveries: %w", err)
	}
	return nil
}

// hand keeps deliveries with a message that was moved to another case, and with a
// case whose customer changed: what is sealed belongs to the customer and the case.
func (o *Outbox) hand(ctx context.Context, tx *db.Tx, c desk.Change) error {
	var rows []deliveryRow
	q := tx.NewSelect().Model(&rows)
	switch {
	case c.Kind == desk.CustomerChanged:
		q = q.Where("case_id = ?", c.Case.ID)
		_, err := tx.NewUpdate().Model((*deliveryRow)(nil)).Set("state = ?", Cancelled).Set("next_at = NULL").
			Where("case_id = ? AND kind = ? AND state IN (?, ?)", c.Case.ID, CaseLinkKind, Queued, Held).Exec(ctx)
		if err != nil {
			return fmt.Errorf("cancelling links for who is no longer the customer: %w", err)
		}
	case c.Message == nil: // the case it left
		return nil
	default:
		q = q.Where("message_id = ?", c.Message.ID)
	}
	if err := q.Scan(ctx); err != nil {
		return fmt.Errorf("reading deliveries: %w", err)
	}
	for _, r := range rows {
		address, words := o.Seal.Open(c.From, r.Address), o.Seal.Open(r.CaseID, r.Words)
		r.Address, r.Words, r.CaseID = o.Seal.Seal(c.Case.CustomerID, address), o.Seal.Seal(c.Case.ID, words), c.Case.ID
		if _, err := tx.NewUpdate().Model(&r).Column("address", "words", "case_id").WherePK().Returning("NULL").Exec(ctx); err != nil {
			return fmt.Errorf("moving deliveries: %w", err)
		}
	}
	return nil
}

// account returns the account a case answers by: the one it came in by, else the
// brand's first.
func (o *Outbox) account(ctx context.Context, channel string, brand, id ids.ID) (catalog.Account, error) {
	all, err := o.Catalog.Accounts(ctx, channel)
	if err != nil {
		return catalog.Account{}, err
	}
	var first *catalog.Account
	for i, a := range all {
		if a.ID == id {
			return a, nil
		}
		if first == nil && a.BrandID == brand {
			first = &all[i]
		}
	}
	if first == nil {
		return catalog.Account{}, errs.New(errs.Unavailable, "delivery.no_account")
	}
	return *first, nil
}

// lookup is what deliveries to an address are found by. A "+detail" does not count:
// it is one person's mailbox under as many names as anybody cares to make up.
func (o *Outbox) lookup(address string) []byte {
	return o.Seal.Lookup("address", catalog.WithoutDetail(address))
}
