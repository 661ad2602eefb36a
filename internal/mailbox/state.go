package mailbox

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// State is how a mailbox was doing when it was last reported on.
type State struct {
	AccountID  ids.ID
	Result                 // OK, or the step that failed and why
	Waiting    int         // mails seen on the server and not yet fetched
	Since      clock.Stamp // since when it works, or fails
	CheckedAt  clock.Stamp
	LastMailAt clock.Stamp // when something last came, to a minute; zero if never
}

type stateRow struct {
	bun.BaseModel `bun:"table:account_states,alias:s"`
	AccountID     ids.ID `bun:",pk"`
	OK            bool
	Step          string
	Reason        string
	Args          []byte
	Waiting       int64
	Since         clock.Stamp
	CheckedAt     clock.Stamp
	LastMailAt    clock.Stamp `bun:",nullzero"`
}

// Note keeps how a mailbox is doing: a Result and how many mails still wait
// there. Since is kept while it goes on working or failing. It is for the program
// and takes no actor.
func (b *Boxes) Note(ctx context.Context, account ids.ID, r Result, waiting int) error {
	args, err := json.Marshal(r.Args)
	if err != nil {
		return fmt.Errorf("writing why a mailbox fails: %w", err)
	}
	now := clock.Now(b.Clock)
	row := stateRow{AccountID: account, OK: r.OK, Step: string(r.Step), Reason: r.Key, Args: b.Seal.SealBytes(account, args), Waiting: int64(waiting), Since: now, CheckedAt: now}
	err = b.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewInsert().Model(&row).On("CONFLICT (account_id) DO UPDATE").
			Set("since = CASE WHEN s.ok = EXCLUDED.ok THEN s.since ELSE EXCLUDED.since END").
			Set("ok = EXCLUDED.ok").Set("step = EXCLUDED.step").Set("reason = EXCLUDED.reason").Set("args = EXCLUDED.args").
			Set("waiting = EXCLUDED.waiting").Set("checked_at = EXCLUDED.checked_at").Returning("NULL").Exec(ctx)
		if err != nil {
			return fmt.Errorf("noting how a mailbox does: %w", err)
		}
		return nil
	})
	b.states.Changed()
	return err
}

// Arrived notes that something came for a mailbox. It costs nothing: Flush keeps
// it later. It is for the program and takes no actor.
func (b *Boxes) Arrived(account ids.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.arrived[account] = clock.Now(b.Clock)
}

// Flush keeps what Arrived noted since the last time. It is for the program and
// takes no actor.
func (b *Boxes) Flush(ctx context.Context) error {
	b.mu.Lock()
	arrived := b.arrived
	b.arrived = map[ids.ID]clock.Stamp{}
	b.mu.Unlock()
	if len(arrived) == 0 {
		return nil
	}
	rows := make([]stateRow, 0, len(arrived))
	for account, at := range arrived {
		rows = append(rows, stateRow{AccountID: account, OK: true, Args: b.Seal.SealBytes(account, []byte("null")), Since: at, CheckedAt: at, LastMailAt: at})
	}
	err := b.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewInsert().Model(&rows).On("CONFLICT (account_id) DO UPDATE").
			Set("last_mail_at = EXCLUDED.last_mail_at").Returning("NULL").Exec(ctx)
		if err != nil {
			return fmt.Errorf("noting when something came: %w", err)
		}
		return nil
	})
	b.states.Changed()
	return err
}

// read costs one statement.
func (b *Boxes) read(ctx context.Context) (map[ids.ID]State, error) {
	var rows []stateRow
	if err := b.DB.Read().NewSelect().Model(&rows).Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading how the mailboxes do: %w", err)
	}
	states := make(map[ids.ID]State, len(rows))
	for _, r := range rows {
		s := State{AccountID: r.AccountID, Result: Result{Step: Step(r.Step), OK: r.OK, Key: r.Reason}, Waiting: int(r.Waiting),
			Since: r.Since, CheckedAt: r.CheckedAt, LastMailAt: r.LastMailAt}
		if err := json.Unmarshal(b.Seal.OpenBytes(r.AccountID, r.Args), &s.Args); err != nil {
			return nil, fmt.Errorf("reading why a mailbox fails: %w", err)
		}
		states[r.AccountID] = s
	}
	return states, nil
}
