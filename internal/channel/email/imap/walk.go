package imap

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"lotse/internal/catalog"
	"lotse/internal/mailbox"
	"lotse/internal/platform/clock"
)

const (
	indexSize  = 500       // mails whose size is asked for at once
	batchMails = 100       // mails fetched, kept and passed at once
	batchBytes = 8 << 20   // the same in bytes, unless one mail alone is larger
	maxStrikes = 3         // times a mail alone may fail before it is held back
	lookBack   = time.Hour // a server's clock may be so far behind ours
)

// round brings everything that is new to the desk.
func (b *box) round(ctx context.Context, s session) error {
	if b.opened.IsZero() || time.Since(b.opened) >= b.timing.reopen {
		if err := b.reopen(ctx, s); err != nil {
			return err
		}
	}
	todo, err := b.find(s)
	if err != nil {
		return failed(mailbox.Read, b.settings(), "receive_host", "read", err)
	}
	if err := b.walk(ctx, s, todo); err != nil {
		return err
	}
	if err := b.retryHeld(ctx, s); err != nil {
		return err
	}
	b.well(ctx, 0)
	return nil
}

// reopen opens the folder and finds our place in it.
func (b *box) reopen(ctx context.Context, s session) error {
	r := b.settings()
	where, err := s.open(r.Folder)
	if err != nil {
		return failed(mailbox.Folder, r, "receive_folder", "folder", err)
	}
	c, err := b.Mailboxes.Cursor(ctx, b.account.ID, r.User+"/"+r.Folder)
	if err != nil {
		return failed(mailbox.Keep, r, "", "keep", err)
	}
	b.cursor, b.kept, b.opened, b.heldTried = c, c, time.Now(), map[uint32]bool{}
	if c.UIDValidity == where.validity && (where.next == 0 || c.UID < where.next) {
		return nil
	}
	return b.begin(ctx, s, where)
}

// begin starts with a folder from its first mail: because we never saw it, or
// because its mails have other UIDs now. A server whose UIDs went back without
// saying so is treated as one that did.
func (b *box) begin(ctx context.Context, s session, where folder) error {
	if where.next == 0 {
		all, err := s.find(1, 0, time.Time{})
		if err != nil {
			return failed(mailbox.Read, b.settings(), "receive_host", "read", err)
		}
		where.next = 1
		if len(all) > 0 {
			where.next = all[len(all)-1] + 1
		}
	}
	isNew := b.cursor.StartedAt.IsZero()
	if !isNew {
		b.Log.Info("a mailbox has new UIDs and is walked again", "account", b.account.ID)
		if b.cursor.UIDValidity == where.validity { // a cursor never goes back but by another UIDVALIDITY
			if err := b.advance(ctx, mailbox.Cursor{AccountID: b.account.ID, Folder: b.cursor.Folder}); err != nil {
				return err
			}
		}
	}
	b.cursor.UIDValidity, b.cursor.UID, b.cursor.Held, b.cursor.OldUID = where.validity, 0, "", where.next-1
	if isNew {
		b.cursor.StartedAt = clock.Now(b.Clock)
		if b.settings().Since == catalog.SinceNow {
			b.cursor.UID = where.next - 1
		}
	}
	return b.advance(ctx, b.cursor)
}

// since is the moment before which mail that lay there at the beginning is none of
// ours; zero if everything is.
func (b *box) since() time.Time {
	switch since := b.settings().Since; since {
	case catalog.SinceAll:
		return time.Time{}
	case catalog.SinceNow:
		return b.cursor.StartedAt.Time().Add(-lookBack)
	default:
		day, err := time.Parse(time.DateOnly, since)
		if err != nil {
			return time.Time{}
		}
		return day
	}
}

// find returns the UIDs behind the cursor. A server searches by days in a zone of
// its own, so one day more is asked for; isOld looks closer.
func (b *box) find(s session) ([]uint32, error) {
	var old []uint32
	first := b.cursor.UID + 1
	if since := b.since(); !since.IsZero() && first <= b.cursor.OldUID {
		var err error
		if old, err = s.find(first, b.cursor.OldUID, since.AddDate(0, 0, -1)); err != nil {
			return nil, err
		}
		first = b.cursor.OldUID + 1
	}
	fresh, err := s.find(first, 0, time.Time{})
	return append(old, fresh...), err
}

func (b *box) isOld(e entry) bool {
	return e.uid <= b.cursor.OldUID && e.date.Before(b.since())
}

// walk fetches the mails of some UIDs, in order, while it keeps those before.
func (b *box) walk(ctx context.Context, s session, todo []uint32) error {
	if len(todo) == 0 {
		return nil
	}
	if len(todo) > batchMails {
		b.well(ctx, len(todo))
	}
	g, ctx := errgroup.WithContext(ctx)
	batches := make(chan *batch, 1)
	g.Go(func() error {
		defer close(batches)
		return b.load(ctx, s, todo, batches)
	})
	g.Go(func() error {
		for t := range batches {
			if err := b.keep(ctx, t); err != nil {
				for t := range batches {
					t.clean()
				}
				return err
			}
		}
		return nil
	})
	return g.Wait()
}

// load fetches mails and hands them on in batches.
func (b *box) load(ctx context.Context, s session, todo []uint32, out chan<- *batch) error {
	left := len(todo)
	for part := range slices.Chunk(todo, indexSize) {
		entries, err := s.index(part)
		if err != nil {
			return failed(mailbox.Read, b.settings(), "receive_host", "read", err)
		}
		entries = slices.DeleteFunc(entries, b.isOld)
		gone := len(part) - len(entries)
		for group := range b.groups(entries) {
			left -= len(group)
			t := &batch{upTo: group[len(group)-1].uid, left: left}
			if err := b.fetchBatch(s, group, t); err != nil {
				t.clean()
				return err
			}
			if err := send(ctx, out, t); err != nil {
				return err
			}
		}
		left -= gone
		if err := send(ctx, out, &batch{upTo: part[len(part)-1], left: left}); err != nil {
			return err
		}
	}
	return nil
}

func send(ctx context.Context, out chan<- *batch, t *batch) error {
	select {
	case out <- t:
		return nil
	case <-ctx.Done():
		t.clean()
		return ctx.Err()
	}
}

// groups cuts mails into batches. Those at which a connection broke are alone.
func (b *box) groups(entries []entry) func(yield func([]entry) bool) {
	return func(yield func([]entry) bool) {
		for len(entries) > 0 {
			n, bytes := 1, entries[0].size
			for n < len(entries) && n < batchMails && entries[n-1].uid > b.alone {
				if bytes += entries[n].size; bytes > batchBytes {
					break
				}
				n++
			}
			if !yield(entries[:n]) {
				return
			}
			entries = entries[n:]
		}
	}
}
