package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/uptrace/bun"
	"golang.org/x/sync/errgroup"

	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

const (
	batchSize  = 100
	batchBytes = 64 << 20         // raw bytes read at once, at most
	leaseTime  = 15 * time.Second // a lane is free this long after its holder died
	idlePause  = time.Second      // between looks for what other nodes accepted
	awayPause  = 2 * time.Second  // after the database failed
	maxTries   = 3                // then an envelope needs a look
)

type leaseRow struct {
	bun.BaseModel `bun:"table:leases,alias:l"`
	Name          string `bun:",pk"`
	Holder        ids.ID
	ExpiresAt     clock.Stamp
}

// Run works the lanes until ctx ends. One loop per account: what is slow in one
// mailbox holds up no other. It survives outages of the database.
func (in *Intake) Run(ctx context.Context) {
	running := map[ids.ID]chan struct{}{}
	var wg sync.WaitGroup
	defer wg.Wait()
	for ctx.Err() == nil {
		for _, a := range in.lanes(ctx) {
			if running[a.ID] == nil {
				wake := make(chan struct{}, 1)
				running[a.ID] = wake
				wg.Go(func() { in.work(ctx, a, wake) })
			}
		}
		in.sleep(ctx, in.wake, idlePause)
		for _, wake := range running {
			select {
			case wake <- struct{}{}:
			default:
			}
		}
	}
}

func (in *Intake) lanes(ctx context.Context) []catalog.Account {
	var all []catalog.Account
	for kind := range in.Readers {
		accounts, err := in.Accounts.Accounts(ctx, kind)
		if err != nil {
			in.Log.Warn("lanes can't be read", "error", err)
			continue
		}
		all = append(all, accounts...)
	}
	return all
}

// work drains one lane, again and again.
func (in *Intake) work(ctx context.Context, account catalog.Account, wake <-chan struct{}) {
	for ctx.Err() == nil {
		n, err := in.drain(ctx, account)
		switch {
		case errors.Is(err, errNotLeased):
			in.sleep(ctx, wake, idlePause)
		case err != nil:
			if ctx.Err() == nil {
				in.Log.Warn("a lane is interrupted", "account", account.ID, "error", err)
			}
			in.sleep(ctx, nil, awayPause)
		case n < batchSize:
			in.sleep(ctx, wake, idlePause)
		}
	}
}

// Drain brings everything that waits in every lane to its case, and returns when
// nothing waits any more: for a desk whose lanes do not run, because it is being
// made.
func (in *Intake) Drain(ctx context.Context) error {
	for _, account := range in.lanes(ctx) {
		for {
			n, err := in.drain(ctx, account)
			if err != nil {
				return err
			}
			if n < batchSize {
				break
			}
		}
	}
	return nil
}

func (in *Intake) sleep(ctx context.Context, wake <-chan struct{}, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-t.C:
	}
}

// drain works one batch and returns how many envelopes it settled.
func (in *Intake) drain(ctx context.Context, account catalog.Account) (int, error) {
	rows, err := in.waiting(ctx, account)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	letters, err := in.readAll(ctx, account, rows)
	if err != nil {
		return 0, err
	}
	in.check(ctx, letters)
	err = in.settle(ctx, account, letters)
	if err == nil || errors.Is(err, errNotLeased) || errs.Is(err, errs.Unavailable) {
		return len(letters), err
	}
	return len(letters), in.oneByOne(ctx, account, letters, err)
}

// waiting reads the next envelopes of a lane in order.
func (in *Intake) waiting(ctx context.Context, account catalog.Account) ([]envelopeRow, error) {
	var rows []envelopeRow
	err := in.DB.Read().NewSelect().Model(&rows).
		Where("state = 1 AND account_id = ?", account.ID). // a literal: the partial index says the same
		Order("seq").Limit(batchSize).Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading waiting envelopes: %w", err))
	}
	total := int64(0)
	for i, r := range rows {
		if total += r.Size; total > batchBytes && i > 0 {
			return rows[:i], nil
		}
	}
	return rows, nil
}

// letter is an envelope that was read, or the reason why it could not be.
type letter struct {
	row      envelopeRow
	trace    Trace
	incoming *Incoming
	trust    *Trust // what the checks said; nil if none were made
	bad      *Unreadable
	files    []desk.Attachment // stored
}

// readAll parses a batch in parallel and stores its attachments. Only an outage
// is an error; what can't be read is a result.
func (in *Intake) readAll(ctx context.Context, account catalog.Account, rows []envelopeRow) ([]*letter, error) {
	letters := make([]*letter, len(rows))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.NumCPU())
	for i, row := range rows {
		g.Go(func() error {
			l := &letter{row: row}
			letters[i] = l
			if err := in.read(ctx, account, l); err != nil {
				return err
			}
			return in.keepFiles(ctx, l)
		})
	}
	return letters, g.Wait()
}

func (in *Intake) read(ctx context.Context, account catalog.Account, l *letter) (err error) {
	defer func() {
		if p := recover(); p != nil { // a parser's bug must not stop the lane
			l.bad, l.incoming, err = &Unreadable{Reason: "crashed", Cause: fmt.Errorf("panic: %v", p)}, nil, nil
			in.Log.Error("a reader panicked", "envelope", l.row.ID, "panic", p)
		}
	}()
	if err := json.Unmarshal(in.Seal.OpenBytes(l.row.ID, l.row.Trace), &l.trace); err != nil {
		return fmt.Errorf("reading a trace: %w", err)
	}
	if l.trace.Fault != "" { // the rest never came
		l.bad = &Unreadable{Reason: l.trace.Fault}
		return nil
	}
	raw, err := in.open(ctx, l.row)
	if errs.Is(err, errs.NotFound) {
		l.bad = &Unreadable{Reason: "bytes_missing", Cause: err}
		return nil
	}
	if err != nil {
		return err
	}
	defer raw.Close()
	l.incoming, err = in.reader(account, l.row).Read(ctx, raw, l.trace)
	if errors.As(err, &l.bad) {
		return nil
	}
	if err != nil {
		l.bad = &Unreadable{Reason: "failed", Cause: err}
		return ctx.Err()
	}
	if l.incoming.Automation == Own {
		l.bad = &Unreadable{Reason: "own"}
	}
	return nil
}

// reader is that of the way an envelope came by, which may be another one than
// the account's own: a mailbox takes mail by SMTP and by hooks.
func (in *Intake) reader(account catalog.Account, row envelopeRow) Reader {
	if r, ok := in.Readers[row.Channel]; ok {
		return r
	}
	return in.Readers[account.Channel]
}

// keepFiles stores the attachments before the transaction that names them.
func (in *Intake) keepFiles(ctx context.Context, l *letter) error {
	if l.bad != nil {
		return nil
	}
	for _, p := range l.incoming.Parts {
		info, err := in.Blobs.Put(ctx, newBytes(in.Seal.SealBytes(l.row.ID, p.Content)))
		if err != nil {
			return fmt.Errorf("keeping an attachment: %w", err)
		}
		l.files = append(l.files, desk.Attachment{
			Name: p.Name, ContentType: p.ContentType, ContentID: p.ContentID, Inline: p.Inline,
			Size: int64(len(p.Content)), SHA256: info.SHA256[:], BlobID: info.ID,
		})
	}
	return nil
}

// settle brings a batch to its cases in one transaction.
func (in *Intake) settle(ctx context.Context, account catalog.Account, letters []*letter) error {
	outcome := map[State]int{}
	err := in.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		clear(outcome)
		if err := in.lease(ctx, tx, account); err != nil {
			return err
		}
		return in.join(ctx, tx, account, letters, outcome)
	})
	if err != nil {
		return err
	}
	for state, n := range outcome {
		for range n {
			in.Counted(state)
		}
	}
	return nil
}

// lease takes or renews the right to work a lane, within the transaction that
// uses it: who lost the lease commits nothing.
func (in *Intake) lease(ctx context.Context, tx *db.Tx, account catalog.Account) error {
	now := clock.Now(in.Clock)
	row := leaseRow{Name: "lane:" + account.ID.String(), Holder: in.holder, ExpiresAt: now.Add(leaseTime)}
	res, err := tx.NewInsert().Model(&row).
		On("CONFLICT (name) DO UPDATE").Set("holder = EXCLUDED.holder").Set("expires_at = EXCLUDED.expires_at").
		Where("l.holder = ? OR l.expires_at < ?", in.holder, now).Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("leasing a lane: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return errNotLeased
}

// ReleaseAll frees every lane, for a start after a crash where this process is
// the only one there is.
func (in *Intake) ReleaseAll(ctx context.Context) error {
	return in.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewDelete().Model((*leaseRow)(nil)).Where("name LIKE 'lane:%'").Exec(ctx)
		return err
	})
}

// oneByOne works a batch that failed as a whole, to find the envelope at fault.
func (in *Intake) oneByOne(ctx context.Context, account catalog.Account, letters []*letter, cause error) error {
	if len(letters) > 1 {
		in.Log.Info("a batch is worked one by one", "account", account.ID, "error", cause)
	}
	for _, l := range letters {
		err := in.settle(ctx, account, []*letter{l})
		if errors.Is(err, errNotLeased) || errs.Is(err, errs.Unavailable) {
			return err
		}
		if err == nil {
			continue
		}
		if err := in.strike(ctx, l, err); err != nil {
			return err
		}
	}
	return nil
}

// strike counts a failure of one envelope. After a few it needs a look; until
// then it is tried again, and nothing behind it waits for it.
func (in *Intake) strike(ctx context.Context, l *letter, cause error) error {
	in.Log.Warn("an envelope failed", "envelope", l.row.ID, "try", l.row.Tries+1, "error", cause)
	return in.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		l.row.Tries++
		if l.row.Tries >= maxTries {
			l.row.State, l.row.Reason, l.row.ProcessedAt = Look, "failed", clock.Now(in.Clock)
			tx.AfterCommit(func() { in.Counted(Look) })
		}
		_, err := tx.NewUpdate().Model(&l.row).Column("tries", "state", "reason", "processed_at").WherePK().Returning("NULL").Exec(ctx)
		return err
	})
}
