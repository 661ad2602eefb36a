package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/people"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/platform/queue"
)

// Storm is how many automatic mails a mailbox may write within ten minutes before it
// holds them until a person decides: 10 to 100,000.
var Storm = catalog.Setting[int]{Key: "mail.storm", Default: 200, Check: func(n int) error {
	if n < 10 || n > 100_000 {
		return errs.Field("storm", "catalog.setting.range", "Min", 10, "Max", 100_000)
	}
	return nil
}}

const (
	stormWindow = 10 * time.Minute
	// maxCounted is where counting what is held stops.
	maxCounted = 1000
	// releaseBatch is how many held mails one transaction lets go.
	releaseBatch = 500
)

// Discarded is in Delivery.Words of what was held and then given up: a key of the
// catalogue.
const Discarded = "delivery.discarded"

// CheckRecipient returns a field error for field if an address is one of the desk's
// own, whatever brand or mailbox it belongs to: mail to it would come back in and be
// answered by itself. Access is checked by who asks.
func (o *Outbox) CheckRecipient(ctx context.Context, field, address string) error {
	own, err := o.isOwn(ctx, address)
	if err == nil && own {
		err = errs.Field(field, "delivery.own_address", "Address", catalog.WithoutDetail(address))
	}
	return err
}

// isOwn reports whether mail to an address arrives at this desk: it is the address or
// an alias of a mailbox of any brand, with or without a "+detail".
func (o *Outbox) isOwn(ctx context.Context, address string) (bool, error) {
	accounts, err := o.Catalog.Accounts(ctx, people.Email)
	if err != nil {
		return false, err
	}
	for _, a := range accounts {
		if a.Receives(address) {
			return true, nil
		}
	}
	return false, nil
}

type brakeRow struct {
	bun.BaseModel `bun:"table:brakes,alias:b"`
	AccountID     ids.ID      `bun:",pk"`
	BrakedAt      clock.Stamp `bun:",nullzero"`
	ReleasedAt    clock.Stamp `bun:",nullzero"`
	ReleasedBy    ids.ID      `bun:",nullzero"`
}

// hold takes out of rows about to be added what a mailbox may not send for now: it
// wrote so many automatic mails within minutes that something must be wrong. What
// persons write goes on.
func (o *Outbox) hold(ctx context.Context, tx *db.Tx, rows []deliveryRow) error {
	byAccount := map[ids.ID][]*deliveryRow{}
	for i := range rows {
		r := &rows[i]
		if !automatic(r.Kind) {
			continue
		}
		account, err := o.account(ctx, r.Channel, r.BrandID, r.AccountID)
		if noAccount(err) {
			continue // sending it will tell
		}
		if err != nil {
			return err
		}
		r.AccountID = account.ID
		byAccount[account.ID] = append(byAccount[account.ID], r)
	}
	for account, mails := range byAccount {
		if err := o.holdOf(ctx, tx, account, mails); err != nil {
			return err
		}
	}
	return nil
}

// holdOf holds what a mailbox may not send of some automatic mails, and puts its brake
// on if there are too many.
func (o *Outbox) holdOf(ctx context.Context, tx *db.Tx, account ids.ID, mails []*deliveryRow) error {
	var known []brakeRow
	if err := tx.NewSelect().Model(&known).Where("account_id = ?", account).Scan(ctx); err != nil {
		return fmt.Errorf("reading a brake: %w", err)
	}
	brake := brakeRow{AccountID: account}
	if len(known) > 0 {
		brake = known[0]
	}
	free := 0
	if brake.BrakedAt.IsZero() {
		var err error
		if free, err = o.free(ctx, tx, brake, mails[0].BrandID); err != nil {
			return err
		}
	}
	if len(mails) <= free {
		return nil
	}
	for _, r := range mails[free:] {
		r.State, r.NextAt = Held, 0
	}
	tx.AfterCommit(o.brakes.Changed) // it tells how many are held
	if !brake.BrakedAt.IsZero() {
		return nil
	}
	brake.BrakedAt = clock.Now(o.Clock)
	_, err := tx.NewInsert().Model(&brake).On("CONFLICT (account_id) DO UPDATE").Set("braked_at = EXCLUDED.braked_at").Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("putting a brake on: %w", err)
	}
	tx.AfterCommit(func() {
		o.Log.Warn("a mailbox writes too many automatic mails and holds them now", "account", account)
		o.Hub.Send(live.Signal{Topic: "alarms", Brand: mails[0].BrandID})
	})
	return nil
}

// free is how many automatic mails a mailbox may still write for now.
func (o *Outbox) free(ctx context.Context, tx *db.Tx, brake brakeRow, brand ids.ID) (int, error) {
	most, err := Storm.Get(ctx, o.Catalog, brand)
	if err != nil {
		return 0, err
	}
	since := max(clock.Now(o.Clock).Add(-stormWindow), brake.ReleasedAt)
	n, err := tx.NewSelect().Model((*deliveryRow)(nil)).Where("account_id = ? AND created_at > ? AND kind IN (2, 4, 5)", brake.AccountID, since).Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("counting automatic mails of a mailbox: %w", err)
	}
	return max(0, most-int(n)), nil
}

// Brake is a mailbox that holds its automatic mails.
type Brake struct {
	Account catalog.PublicAccount
	Since   clock.Stamp
	Held    int  // how many wait, at most 1000
	More    bool // there are more than that
}

// brakeNow is what is remembered of a brake that is on.
type brakeNow struct {
	account ids.ID
	since   clock.Stamp
	held    int
}

// Brakes returns the mailboxes of the actor's brand that hold their automatic mails.
// It needs RepairIntake and costs no statement while what was read is fresh.
func (o *Outbox) Brakes(ctx context.Context, a access.Actor) ([]Brake, error) {
	if err := a.Require(access.RepairIntake); err != nil {
		return nil, err
	}
	all, err := o.AllBrakes(ctx)
	if err != nil {
		return nil, err
	}
	var own []Brake
	for _, b := range all {
		if b.Account.BrandID == a.BrandID {
			own = append(own, b)
		}
	}
	return own, nil
}

// AllBrakes returns those of every brand. It is for figures and takes no actor.
func (o *Outbox) AllBrakes(ctx context.Context) ([]Brake, error) {
	now, err := o.brakes.Get(ctx, o.Clock, o.readBrakes)
	if err != nil {
		return nil, err
	}
	var all []Brake
	for _, b := range now {
		account, err := o.Catalog.Account(ctx, b.account)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, Brake{Account: account.Public(), Since: b.since, Held: min(b.held, maxCounted), More: b.held > maxCounted})
	}
	return all, nil
}

// readBrakes costs one statement, and one more for each brake that is on.
func (o *Outbox) readBrakes(ctx context.Context) ([]brakeNow, error) {
	var rows []brakeRow
	if err := o.DB.Read().NewSelect().Model(&rows).Where("braked_at IS NOT NULL").Order("braked_at").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading brakes: %w", err)
	}
	all := make([]brakeNow, len(rows))
	for i, r := range rows {
		all[i] = brakeNow{account: r.AccountID, since: r.BrakedAt}
		some := o.DB.Read().NewSelect().Model((*deliveryRow)(nil)).Column("id").Where("account_id = ? AND state = 8", r.AccountID).Limit(maxCounted + 1)
		if err := o.DB.Read().NewSelect().ColumnExpr("count(*)").TableExpr("(?) AS held", some).Scan(ctx, &all[i].held); err != nil {
			return nil, fmt.Errorf("counting what is held: %w", err)
		}
	}
	return all, nil
}

// ReleaseBrake lets a mailbox of the actor's brand write automatic mails again. What
// it held is sent, or discarded. It returns how many mails that were. It needs
// RepairIntake. What happened before counts no more for the next storm.
func (o *Outbox) ReleaseBrake(ctx context.Context, a access.Actor, account ids.ID, send bool) (int, error) {
	if err := a.Require(access.RepairIntake); err != nil {
		return 0, err
	}
	known, err := o.Catalog.Account(ctx, account)
	if err != nil {
		return 0, err
	}
	if known.BrandID != a.BrandID {
		return 0, errs.New(errs.NotFound, "catalog.account.not_found")
	}
	defer o.brakes.Changed()
	for released := 0; ; {
		n := 0
		err := o.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			if n, err = o.releaseSome(ctx, tx, account, send); err != nil || n > 0 {
				return err
			}
			return o.liftBrake(ctx, tx, a, account)
		})
		if released += n; err != nil || n == 0 {
			return released, err
		}
	}
}

// releaseSome lets some held mails go and returns how many; the brake stays on until
// none is left, so that whoever is interrupted can go on.
func (o *Outbox) releaseSome(ctx context.Context, tx *db.Tx, account ids.ID, send bool) (int, error) {
	var rows []deliveryRow
	q := heldBy(tx.NewSelect().Model(&rows).Column("id", "brand_id", "case_id", "kind"), account)
	if err := q.Limit(releaseBatch).Scan(ctx); err != nil {
		return 0, fmt.Errorf("reading what is held: %w", err)
	}
	if len(rows) == 0 {
		return 0, nil
	}
	now := clock.Now(o.Clock)
	jobs := make([]queue.Job, len(rows))
	for i := range rows {
		r := &rows[i]
		r.State, r.NextAt, r.Words = Queued, now, []byte{}
		columns := []string{"state", "next_at", "words"}
		if !send {
			r.State, r.NextAt, r.Words = Cancelled, 0, o.Seal.Seal(r.CaseID, Discarded)
			if r.wipe() {
				columns = append(columns, "address", "content")
			}
		}
		jobs[i] = queue.Job{Args: sendArgs{Delivery: r.ID}, Queue: queue.Delivery}
		if _, err := tx.NewUpdate().Model(r).Column(columns...).WherePK().Where("state = 8").Returning("NULL").Exec(ctx); err != nil {
			return 0, fmt.Errorf("letting a held mail go: %w", err)
		}
	}
	tx.AfterCommit(func() { o.tellCases(rows) })
	if !send {
		return len(rows), nil
	}
	return len(rows), o.Queue.Add(ctx, tx, jobs...)
}

// heldBy narrows a query to what an account holds, the oldest first. Mails of one moment
// have no order: the index of what is held knows none.
func heldBy(q *bun.SelectQuery, account ids.ID) *bun.SelectQuery {
	return q.Where("account_id = ? AND state = 8", account).Order("created_at")
}

// tellCases tells open pages of the cases of deliveries.
func (o *Outbox) tellCases(rows []deliveryRow) {
	for _, r := range rows {
		if !r.CaseID.IsZero() {
			o.Hub.Send(live.Signal{Topic: "case", Brand: r.BrandID, ID: r.CaseID})
		}
	}
}

func (o *Outbox) liftBrake(ctx context.Context, tx *db.Tx, a access.Actor, account ids.ID) error {
	_, err := tx.NewUpdate().Model((*brakeRow)(nil)).Set("braked_at = NULL").Set("released_at = ?", clock.Now(o.Clock)).Set("released_by = ?", a.ID).
		Where("account_id = ? AND braked_at IS NOT NULL", account).Exec(ctx)
	if err != nil {
		return fmt.Errorf("letting a brake go: %w", err)
	}
	tx.AfterCommit(func() { o.Hub.Send(live.Signal{Topic: "alarms", Brand: a.BrandID}) })
	return nil
}

// freeStray sends what was held at the moment its mailbox was let go, on another node.
func (o *Outbox) freeStray(ctx context.Context) error {
	var rows []deliveryRow
	err := o.DB.Read().NewSelect().Model(&rows).Column("id", "account_id").
		Where("state = 8 AND account_id NOT IN (SELECT account_id FROM brakes WHERE braked_at IS NOT NULL)").Limit(1).Scan(ctx)
	if err != nil || len(rows) == 0 {
		return db.Classify(err)
	}
	return o.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		_, err := o.releaseSome(ctx, tx, rows[0].AccountID, true)
		return err
	})
}
