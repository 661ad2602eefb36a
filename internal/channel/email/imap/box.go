package imap

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/mailbox"
)

// progressTime is how often progress is noted while much is fetched.
const progressTime = 2 * time.Second

var errLeaseLost = errors.New("another node fetches this mailbox")

// box is one account that is fetched.
type box struct {
	*Fetchers
	account catalog.Account
	ended   chan struct{}

	// Of the goroutine that fetches alone.
	cursor    mailbox.Cursor
	kept      mailbox.Cursor  // the cursor as it is stored
	opened    time.Time       // when the folder was opened last
	alone     uint32          // mails up to this UID are fetched one by one
	strikes   map[uint32]int  // how often a mail alone failed
	heldTried map[uint32]bool // what is held back and was tried since then

	mu      sync.Mutex // guards what follows
	noted   mailbox.Result
	waiting int
	at      time.Time // when it was noted last; zero if never
}

func (f *Fetchers) newBox(a catalog.Account) *box {
	return &box{Fetchers: f, account: a, ended: make(chan struct{}), strikes: map[uint32]int{}}
}

func (b *box) settings() catalog.ReceiveSettings { return b.account.Receive }

// serves reports whether b fetches what an account asks for now. A refresh token
// the authorisation server gave us in exchange is no change.
func (b *box) serves(a catalog.Account) bool {
	mine, wish := b.account.Receive, a.Receive
	if mine.UsesOAuth() && b.Tokens.Of(mine.OAuth).Knows(wish.OAuth.RefreshToken) {
		wish.OAuth.RefreshToken = mine.OAuth.RefreshToken
	}
	return mine == wish && b.account.BrandID == a.BrandID
}

// run fetches whenever this node holds the lease, until ctx ends.
func (b *box) run(ctx context.Context) {
	for ctx.Err() == nil {
		mine, err := b.Mailboxes.Lease(ctx, b.account.ID, b.holder, b.timing.lease)
		if err != nil && ctx.Err() == nil {
			b.Log.Debug("a mailbox can't be leased", "account", b.account.ID, "error", err)
		}
		if !mine {
			pause(ctx, b.timing.lease/4)
			continue
		}
		b.hold(ctx)
	}
}

// hold fetches for as long as the lease is renewed.
func (b *box) hold(ctx context.Context) {
	held, lose := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { b.renew(held, lose) })
	b.fetch(held)
	lose(nil)
	wg.Wait()
	if errors.Is(context.Cause(held), errLeaseLost) {
		return
	}
	free, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := b.Mailboxes.Release(free, b.account.ID, b.holder); err != nil {
		b.Log.Debug("a lease runs out by itself", "account", b.account.ID, "error", err)
	}
}

// renew keeps the lease and says now and then how the mailbox is doing. When the
// lease can't be renewed in time, another node may have it.
func (b *box) renew(ctx context.Context, lose context.CancelCauseFunc) {
	last := time.Now()
	for pause(ctx, b.timing.lease/3); ctx.Err() == nil; pause(ctx, b.timing.lease/3) {
		begin := time.Now()
		mine, err := b.Mailboxes.Lease(ctx, b.account.ID, b.holder, b.timing.lease)
		if err == nil && mine {
			last = begin
		}
		if err == nil && !mine || time.Since(last) > b.timing.lease*3/4 {
			lose(errLeaseLost)
			return
		}
		b.beat(ctx)
	}
}

// fetch has one session after the other.
func (b *box) fetch(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		worked, err := b.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if worked {
			failures = 0
		}
		b.interrupted(ctx, err, failures)
		pause(ctx, b.backoff(failures, err))
		failures++
	}
}

// interrupted notes why a session ended. A connection that was lost after it had
// worked is opened again first.
func (b *box) interrupted(ctx context.Context, err error, failures int) {
	result := resultOf(err)
	b.Log.Info("a mailbox is interrupted", "account", b.account.ID, "step", result.Step, "reason", result.Key, "failures", failures)
	if failures > 0 || result.Step != mailbox.Read {
		b.note(ctx, result)
	}
}

// backoff is how long to pause. Who refuses us is asked less often: too many
// attempts with a wrong password lock an account.
func (b *box) backoff(failures int, err error) time.Duration {
	first, longest := b.timing.backoff, b.timing.longest
	if step := stepOf(err); step == mailbox.SignIn || step == mailbox.Token {
		first, longest = 5*first, b.timing.refused
	}
	d := min(first<<min(failures, 16), longest)
	return d*3/4 + rand.N(d/2)
}

// note keeps how the mailbox is doing, at once.
func (b *box) note(ctx context.Context, r mailbox.Result) {
	b.mu.Lock()
	b.noted, b.at = r, time.Now()
	waiting := b.waiting
	b.mu.Unlock()
	if err := b.Mailboxes.Note(ctx, b.account.ID, r, waiting); err != nil && ctx.Err() == nil {
		b.Log.Debug("how a mailbox does can't be noted", "account", b.account.ID, "error", err)
	}
}

// well notes that the mailbox works and how many mails still wait there: at once
// if that is news, else now and then.
func (b *box) well(ctx context.Context, waiting int) {
	b.mu.Lock()
	isNews := !b.noted.OK || (waiting == 0) != (b.waiting == 0) || waiting > 0 && time.Since(b.at) > progressTime
	b.waiting = waiting
	b.mu.Unlock()
	if isNews {
		b.note(ctx, mailbox.Result{Step: mailbox.Read, OK: true})
	}
}

// beat repeats what was noted last, so that everybody sees that somebody fetches.
func (b *box) beat(ctx context.Context) {
	b.mu.Lock()
	noted, due := b.noted, !b.at.IsZero() && time.Since(b.at) >= b.timing.beat-b.timing.lease/3
	b.mu.Unlock()
	if due {
		b.note(ctx, noted)
	}
}

// session signs in and fetches until something fails. It reports whether mail
// could be fetched at all.
func (b *box) session(ctx context.Context) (worked bool, err error) {
	s, err := b.signedIn(ctx, b.settings(), nil)
	if err != nil {
		return false, err
	}
	defer s.bye()
	b.opened, b.heldTried = time.Time{}, map[uint32]bool{}
	for {
		if err := b.round(ctx, s); err != nil {
			return worked, err
		}
		worked = true
		if err := s.wait(ctx, b.timing.idle); err != nil {
			return true, failed(mailbox.Read, b.settings(), "receive_host", "lost", err)
		}
	}
}

// pause waits until d is over or ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
