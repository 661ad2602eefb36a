package outbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/calendar"
	"lotse/internal/intake"
	"lotse/internal/platform/db"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
)

// Figures are counted in the transaction that settles a delivery: they are right
// even if the program is killed. They know a domain and never an address.

// figureSlots is among how many rows what is counted is spread: on PostgreSQL who
// counts waits for whoever counts in the same row.
const figureSlots = 16

// waitLimits are the upper ends of the buckets of how long mails took, the last
// bucket has none. They are stored: never change them.
var waitLimits = [waitBuckets - 1]time.Duration{
	5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour, 24 * time.Hour,
}

const waitBuckets = 10

type figureRow struct {
	bun.BaseModel `bun:"table:delivery_figures,alias:f"`
	BrandID       ids.ID `bun:",pk"`
	Day           string `bun:",pk"`
	AccountID     ids.ID `bun:",pk"`
	Domain        string `bun:",pk"`
	Slot          int64  `bun:",pk"`
	Sent          int64
	Later         int64
	Failed        int64
	Unsure        int64
	Returned      int64
	Complained    int64
	Wait0         int64 `bun:"wait_0"`
	Wait1         int64 `bun:"wait_1"`
	Wait2         int64 `bun:"wait_2"`
	Wait3         int64 `bun:"wait_3"`
	Wait4         int64 `bun:"wait_4"`
	Wait5         int64 `bun:"wait_5"`
	Wait6         int64 `bun:"wait_6"`
	Wait7         int64 `bun:"wait_7"`
	Wait8         int64 `bun:"wait_8"`
	Wait9         int64 `bun:"wait_9"`
}

func (f *figureRow) waits() [waitBuckets]*int64 {
	return [...]*int64{&f.Wait0, &f.Wait1, &f.Wait2, &f.Wait3, &f.Wait4, &f.Wait5, &f.Wait6, &f.Wait7, &f.Wait8, &f.Wait9}
}

// counted are the columns that are added to.
var counted = []string{"sent", "later", "failed", "unsure", "returned", "complained",
	"wait_0", "wait_1", "wait_2", "wait_3", "wait_4", "wait_5", "wait_6", "wait_7", "wait_8", "wait_9"}

// step is one delivery before and after something was learned of it.
type step struct{ before, after deliveryRow }

// tally counts what became of a delivery; what changes no figure costs nothing. It
// is the last thing a transaction does: whoever counts holds rows that others wait
// for. For several deliveries use tallyAll.
func (o *Outbox) tally(ctx context.Context, tx *db.Tx, before, after deliveryRow) error {
	return o.tallyAll(ctx, tx, []step{{before, after}})
}

// tallyAll counts what became of deliveries, always in the same order, so that no
// two transactions wait for each other.
func (o *Outbox) tallyAll(ctx context.Context, tx *db.Tx, steps []step) error {
	steps = slices.DeleteFunc(slices.Clone(steps), func(s step) bool { return !new(figureRow).count(s) })
	if len(steps) == 0 {
		return nil
	}
	owners, err := o.Desk.CustomersTx(ctx, tx, casesOf(steps))
	if err != nil {
		return err
	}
	var rows []figureRow
	for _, s := range steps {
		account, err := o.account(ctx, s.before.Channel, s.before.BrandID, s.before.AccountID)
		if noAccount(err) {
			continue // a brand without a mailbox has no figures
		}
		if err != nil {
			return err
		}
		rows = append(rows, o.figure(tx, s, account.ID, owners[s.before.CaseID]))
	}
	slices.SortFunc(rows, func(a, b figureRow) int { return strings.Compare(a.place(), b.place()) })
	for _, f := range rows { // one by one: a statement can't add to one row twice
		if err := f.add(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// casesOf are the cases of steps.
func casesOf(steps []step) (cases []ids.ID) {
	for _, s := range steps {
		if !s.before.CaseID.IsZero() {
			cases = append(cases, s.before.CaseID)
		}
	}
	return cases
}

// figure is what a step adds, and where. The address of a delivery belongs to the
// customer of its case, or to itself.
func (o *Outbox) figure(tx *db.Tx, s step, account, owner ids.ID) figureRow {
	if s.before.CaseID.IsZero() {
		owner = s.before.ID
	}
	address := o.Seal.Open(owner, s.before.Address)
	f := figureRow{BrandID: s.before.BrandID, AccountID: account, Day: o.dayOf(o.Clock.Now()).String(),
		Domain: domainOf(address)}
	if tx.Postgres() {
		f.Slot = int64(s.before.ID[len(s.before.ID)-1] % figureSlots)
	}
	f.count(s)
	return f
}

func (f figureRow) add(ctx context.Context, tx *db.Tx) error {
	q := tx.NewInsert().Model(&f).On("CONFLICT (brand_id, day, account_id, domain, slot) DO UPDATE")
	for _, column := range counted {
		q = q.Set("? = f.? + EXCLUDED.?", bun.Ident(column), bun.Ident(column), bun.Ident(column))
	}
	if _, err := q.Returning("NULL").Exec(ctx); err != nil {
		return fmt.Errorf("counting a delivery: %w", err)
	}
	return nil
}

func (f figureRow) place() string {
	return fmt.Sprintf("%s %s %s %s %02d", f.BrandID, f.Day, f.AccountID, f.Domain, f.Slot)
}

// count notes what a step means and reports whether that is anything.
func (f *figureRow) count(s step) bool {
	before, after := s.before, s.after
	switch {
	case after.Reported == intake.Complaint && before.Reported != intake.Complaint:
		f.Complained = 1
	case after.State == Failed && after.Reported == intake.Undelivered && before.Reported != intake.Undelivered:
		f.Returned = 1
	case after.State == before.State:
		return false
	case after.State == Sent:
		f.Sent = 1
		f.Later = min(before.Attempts, 1)
		*f.waits()[waitBucket(waited(s))] = 1
	case after.State == Failed:
		f.Failed = 1
	case after.State == Unsure:
		f.Unsure = 1
	default:
		return false
	}
	return true
}

// longestUndo is how long a reply can be taken back at most (catalog.UndoSeconds).
const longestUndo = 2 * time.Minute

// waited is how long a delivery took from the moment it was to leave. The time in
// which a reply can be taken back is none of it; that its relay rested, or its job was
// late, is.
func waited(s step) time.Duration {
	since := s.before.CreatedAt
	if s.before.Attempts == 0 && s.before.Reason != Resting && s.before.NextAt <= since.Add(longestUndo) {
		since = max(since, s.before.NextAt)
	}
	return max(0, s.after.SentAt.Time().Sub(since.Time()))
}

func waitBucket(d time.Duration) int {
	for i, limit := range waitLimits {
		if d <= limit {
			return i
		}
	}
	return waitBuckets - 1
}

// dayOf returns the day of a moment on the calendar of the desk.
func (o *Outbox) dayOf(t time.Time) calendar.Date {
	return calendar.DateOf(t.In(i18n.For(i18n.German).Zone()))
}
