package imap

import (
	"context"
	"errors"
	"io"

	"lotse/internal/intake"
	"lotse/internal/mailbox"
	"lotse/internal/platform/errs"
)

// batch is what is kept at once.
type batch struct {
	arrivals []intake.Arrival
	spools   []*spool
	held     []uint32 // mails that could not be had
	done     uint32   // a mail that was held back and is no more
	upTo     uint32   // where the cursor stands afterwards
	left     int      // mails behind it
}

func (t *batch) clean() {
	for _, s := range t.spools {
		s.remove()
	}
}

// fetchBatch fetches some mails. What can't be had becomes a note; an error is a
// mailbox that gives nothing any more, or a fault of our own.
func (b *box) fetchBatch(s session, group []entry, t *batch) error {
	odd := map[uint32]string{} // reasons
	var whole []uint32
	for _, e := range group {
		switch {
		case e.size > b.MaxBytes:
			odd[e.uid] = tooLarge
		case b.strikes[e.uid] >= maxStrikes:
			odd[e.uid] = unreadable
		default:
			whole = append(whole, e.uid)
		}
	}
	got, err := b.bodies(s, whole, odd, t)
	if err != nil {
		return err
	}
	if err := b.judge(whole, got, odd); err != nil {
		return err
	}
	for _, e := range group {
		reason, isOdd := odd[e.uid]
		if a, ok := got[e.uid]; ok {
			a.Trace.At = e.date
			t.arrivals = append(t.arrivals, a)
		} else if isOdd { // else it was deleted meanwhile
			head, err := b.headOf(s, e.uid)
			if err != nil {
				return err
			}
			a := b.stub(e.uid, head, reason)
			a.Trace.At = e.date
			t.arrivals = append(t.arrivals, a)
			if reason == unreadable {
				t.held = append(t.held, e.uid)
			}
		}
	}
	return nil
}

// judge tells a server that gives one mail of many not from one that gives none:
// the latter is a failure of the mailbox, unless it goes on for one mail only.
func (b *box) judge(asked []uint32, got map[uint32]intake.Arrival, odd map[uint32]string) error {
	var refused []uint32
	for _, uid := range asked {
		if odd[uid] == unreadable {
			refused = append(refused, uid)
			b.strikes[uid]++
		}
	}
	if len(refused) > 0 && len(got) == 0 && (len(refused) > 2 || b.strikes[refused[0]] < maxStrikes) {
		return failed(mailbox.Read, b.settings(), "receive_host", "refused", errRefused)
	}
	for _, uid := range refused {
		delete(b.strikes, uid) // held back from now on, and tried again from there
	}
	return nil
}

// bodies fetches whole mails and notes in odd what can't be had. If the server
// refuses them together, each is asked for alone.
func (b *box) bodies(s session, uids []uint32, odd map[uint32]string, t *batch) (map[uint32]intake.Arrival, error) {
	got := map[uint32]intake.Arrival{}
	take := func(uid uint32, size int64, r io.Reader) error {
		switch {
		case size == 0:
			odd[uid] = unreadable
			return nil
		case size > b.MaxBytes: // the index said less
			odd[uid] = tooLarge
			return nil
		}
		a, file, err := b.read(r, size)
		if err == nil {
			got[uid] = a
		}
		if file != nil {
			t.spools = append(t.spools, file)
		}
		return err
	}
	err := b.ask(s, uids, take)
	if err == nil || !isRefusal(err) {
		return got, err
	}
	for _, uid := range uids {
		if _, have := got[uid]; have || odd[uid] != "" {
			continue
		}
		if err := b.ask(s, []uint32{uid}, take); isRefusal(err) {
			odd[uid] = unreadable
		} else if err != nil {
			return nil, err
		}
	}
	return got, nil
}

// ask fetches mails; errors but refusals are *fault.
func (b *box) ask(s session, uids []uint32, take func(uint32, int64, io.Reader) error) error {
	if len(uids) == 0 {
		return nil
	}
	err := s.bodies(uids, take)
	switch {
	case err == nil || isRefusal(err):
		return err
	case errs.Is(err, errs.Unavailable):
		return failed(mailbox.Keep, b.settings(), "", "keep", err)
	}
	b.broken(uids)
	return failed(mailbox.Read, b.settings(), "receive_host", "lost", err)
}

// broken remembers at which mails the connection was lost: next time they are
// fetched alone, and one at which it is lost again and again is held back.
func (b *box) broken(uids []uint32) {
	if len(uids) == 1 {
		b.strikes[uids[0]]++
	}
	b.alone = max(b.alone, uids[len(uids)-1])
}

// headOf returns the header of a mail that can't be had as a whole, nil if the
// server does not give that either.
func (b *box) headOf(s session, uid uint32) ([]byte, error) {
	if b.strikes[uid] >= 2*maxStrikes {
		return nil, nil
	}
	head, err := s.header(uid)
	if err == nil || isRefusal(err) || errors.Is(err, errEmpty) {
		return head, nil
	}
	b.broken([]uint32{uid})
	return nil, failed(mailbox.Read, b.settings(), "receive_host", "lost", err)
}

// retryHeld tries what could not be had, each now and then.
func (b *box) retryHeld(ctx context.Context, s session) error {
	for _, uid := range parseSet(b.cursor.Held) {
		if b.heldTried[uid] || b.strikes[uid] >= maxStrikes {
			continue
		}
		b.heldTried[uid] = true
		there, err := s.index([]uint32{uid})
		if err != nil {
			return failed(mailbox.Read, b.settings(), "receive_host", "read", err)
		}
		t, odd := &batch{upTo: b.cursor.UID}, map[uint32]string{}
		if len(there) > 0 {
			got, err := b.bodies(s, []uint32{uid}, odd, t)
			if err != nil {
				t.clean()
				return err
			}
			for _, a := range got {
				t.arrivals = append(t.arrivals, a)
			}
		}
		if odd[uid] == unreadable {
			t.clean()
			continue
		}
		t.done = uid // it is here now, or was deleted there
		if err := b.keep(ctx, t); err != nil {
			return err
		}
	}
	return nil
}
