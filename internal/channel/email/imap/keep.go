package imap

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"lotse/internal/channel"
	"lotse/internal/intake"
	"lotse/internal/mailbox"
	"lotse/internal/platform/db"
)

// keep puts a batch on disk and then moves the cursor past it.
func (b *box) keep(ctx context.Context, t *batch) error {
	defer t.clean()
	ctx = db.Patient(ctx)
	if err := b.accept(ctx, t.arrivals); err != nil {
		return failed(mailbox.Keep, b.settings(), "", "keep", err)
	}
	next := b.kept
	next.UID = max(next.UID, t.upTo)
	held := slices.DeleteFunc(append(parseSet(next.Held), t.held...), func(uid uint32) bool { return uid == t.done })
	next.Held = setString(held)
	if err := b.advance(ctx, next); err != nil {
		return err
	}
	b.cursor.UID, b.cursor.Held = next.UID, next.Held
	if t.left > 0 {
		b.well(ctx, t.left)
	}
	return nil
}

func (b *box) accept(ctx context.Context, arrivals []intake.Arrival) error {
	if len(arrivals) == 0 {
		return nil
	}
	if many, ok := b.Host.(channel.Many); ok {
		return many.AcceptAll(ctx, arrivals)
	}
	for _, a := range arrivals {
		if err := b.Host.Accept(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// advance stores a cursor unless it is stored already.
func (b *box) advance(ctx context.Context, c mailbox.Cursor) error {
	if c == b.kept {
		return nil
	}
	if err := b.Mailboxes.Advance(ctx, c); err != nil {
		return failed(mailbox.Keep, b.settings(), "", "keep", err)
	}
	b.kept = c
	return nil
}

// maxHeld bounds how many mails are held back at a time; a server that gives so
// many of them not is caught before.
const maxHeld = 10000

// parseSet reads a set such as "17,20:22". What is no set is empty.
func parseSet(set string) []uint32 {
	var all []uint32
	for part := range strings.SplitSeq(set, ",") {
		from, to, isRange := strings.Cut(part, ":")
		first, err := strconv.ParseUint(from, 10, 32)
		last := first
		if err == nil && isRange {
			last, err = strconv.ParseUint(to, 10, 32)
		}
		if err != nil {
			continue
		}
		for uid := first; uid <= last && len(all) < maxHeld; uid++ {
			all = append(all, uint32(uid))
		}
	}
	return all
}

// setString writes what parseSet reads.
func setString(uids []uint32) string {
	slices.Sort(uids)
	uids = slices.Compact(uids)
	var parts []string
	for i := 0; i < len(uids); {
		n := 1
		for i+n < len(uids) && uids[i+n] == uids[i]+uint32(n) {
			n++
		}
		part := strconv.FormatUint(uint64(uids[i]), 10)
		if n > 1 {
			part += ":" + strconv.FormatUint(uint64(uids[i+n-1]), 10)
		}
		parts = append(parts, part)
		i += n
	}
	return strings.Join(parts, ",")
}
