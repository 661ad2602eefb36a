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

// Part is one of the things a mailbox does. Each works or fails for itself.
type Part string

// The parts. They are stored: never rename.
const (
	Receiving Part = "receive" // mail comes in; the State a Health holds
	SendPart  Part = "send"    // mail leaves by the relay
	CopyPart  Part = "copy"    // copies come into the Sent folder
)

// Trouble is a part of a mailbox that fails.
type Trouble struct {
	Part Part
	Result
	Since     clock.Stamp // since when
	CheckedAt clock.Stamp
	// Alarm says that it has failed for so long that somebody has to know. Copies
	// are worth none: what was sent is sent.
	Alarm bool
}

type sendingRow struct {
	bun.BaseModel `bun:"table:sending_states,alias:s"`
	AccountID     ids.ID `bun:",pk"`
	Part          Part   `bun:",pk"`
	OK            bool
	Step          string
	Reason        string
	Args          []byte
	Since         clock.Stamp
	CheckedAt     clock.Stamp
}

// NoteSending keeps how a part of a mailbox went, SendPart or CopyPart, and reports
// whether it works again after it had failed. That all is well as before costs
// nothing, so it may be called for every mail. It is for the program and takes no
// actor.
func (b *Boxes) NoteSending(ctx context.Context, account ids.ID, part Part, r Result) (recovered bool, err error) {
	parts, err := b.sending.Get(ctx, b.Clock, b.readSending)
	if err != nil {
		return false, err
	}
	last, failing := parts[account][part]
	now := clock.Now(b.Clock)
	switch {
	case r.OK && !failing:
		return false, nil
	case r.OK:
		recovered = true
	case failing && last.Key == r.Key && last.Step == r.Step && now < last.CheckedAt.Add(Heartbeat):
		return false, nil
	}
	err = b.keepSending(ctx, account, part, r, now)
	return recovered && err == nil, err
}

func (b *Boxes) keepSending(ctx context.Context, account ids.ID, part Part, r Result, now clock.Stamp) error {
	args, err := json.Marshal(r.Args)
	if err != nil {
		return fmt.Errorf("writing why a mailbox fails: %w", err)
	}
	row := sendingRow{AccountID: account, Part: part, OK: r.OK, Step: string(r.Step), Reason: r.Key, Args: b.Seal.SealBytes(account, args), Since: now, CheckedAt: now}
	err = b.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewInsert().Model(&row).On("CONFLICT (account_id, part) DO UPDATE").
			Set("since = CASE WHEN s.ok = EXCLUDED.ok THEN s.since ELSE EXCLUDED.since END").
			Set("ok = EXCLUDED.ok").Set("step = EXCLUDED.step").Set("reason = EXCLUDED.reason").Set("args = EXCLUDED.args").
			Set("checked_at = EXCLUDED.checked_at").Returning("NULL").Exec(ctx)
		if err != nil {
			return fmt.Errorf("noting how a mailbox sends: %w", err)
		}
		return nil
	})
	b.sending.Changed()
	return err
}

// readSending returns the parts that fail, by account. It costs one statement.
func (b *Boxes) readSending(ctx context.Context) (map[ids.ID]map[Part]Trouble, error) {
	var rows []sendingRow
	if err := b.DB.Read().NewSelect().Model(&rows).Where("NOT ok").Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading how the mailboxes send: %w", err)
	}
	found := map[ids.ID]map[Part]Trouble{}
	for _, r := range rows {
		t := Trouble{Part: r.Part, Result: Result{Step: Step(r.Step), Key: r.Reason}, Since: r.Since, CheckedAt: r.CheckedAt}
		if err := json.Unmarshal(b.Seal.OpenBytes(r.AccountID, r.Args), &t.Args); err != nil {
			return nil, fmt.Errorf("reading why a mailbox fails: %w", err)
		}
		if found[r.AccountID] == nil {
			found[r.AccountID] = map[Part]Trouble{}
		}
		found[r.AccountID][r.Part] = t
	}
	return found, nil
}

// troubles returns the parts of h that fail, the worst first.
func (b *Boxes) troubles(h Health, failing map[Part]Trouble, now clock.Stamp) []Trouble {
	var found []Trouble
	if h.Fails() {
		found = append(found, Trouble{Part: Receiving, Result: h.Result, Since: h.Since, CheckedAt: h.CheckedAt, Alarm: h.Alarm})
	}
	if t, ok := failing[SendPart]; ok && h.Account.Active {
		t.Alarm = now >= t.Since.Add(AlarmAfter)
		found = append(found, t)
	}
	if t, ok := failing[CopyPart]; ok && h.Account.Active && h.Account.SentCopy {
		found = append(found, t)
	}
	return found
}
