// Package imap fetches what arrives in mailboxes elsewhere (RFC 9051, RFC 3501).
//
// Each account that is fetched has one fetcher over all nodes: who holds its
// lease. It signs in, walks everything behind its cursor in batches, waits with
// IDLE (RFC 2177) for more, and begins anew when the connection is lost. Accounts
// know nothing of each other: one that fails holds up no other.
//
// Nothing is lost and nothing comes twice, because
//
//   - the cursor is UIDVALIDITY and the highest UID done, not a span of time: after
//     any outage all that came meanwhile is behind it;
//   - a mail is on disk before the cursor passes it; after a crash in between it
//     is fetched again and known by its key;
//   - it is known by its bytes, Message-ID and all, not by its place: when a server
//     gives all mails new UIDs, or moves a mail away and back, what is known stays
//     known, also what was deleted here;
//   - a mail that can't be fetched is held back: a person sees that it is there,
//     it is tried again now and then, and the next ones go on.
//
// Nothing changes in what is fetched: the folder is opened for reading only, no mail
// is marked or deleted, others may read beside us. Append alone writes: copies of what
// was sent, where an administrator wants them.
//
// The IMAP library is behind the interface session; its timeouts are ours (wire).
package imap

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"sync"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/channel"
	"lotse/internal/channel/email/oauth"
	"lotse/internal/mailbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/ids"
)

// Parts are what fetching needs of the desk.
type Parts struct {
	Host      channel.Host // also channel.Many, if it can keep many at once
	Mailboxes channel.Mailboxes
	MaxBytes  int64  // largest mail taken
	SpoolDir  string // folder for mails too large for memory
	Roots     *x509.CertPool
	Tokens    *oauth.Sources // shared with sending; nil: their own
	Log       *slog.Logger
	Clock     clock.Clock
}

// Fetchers fetch the mailboxes of a desk. They are safe for concurrent use.
type Fetchers struct {
	Parts
	holder ids.ID // of leases
	timing timing
	turns  turns // of Append
}

// timing is how long what takes; tests have less patience.
type timing struct {
	command time.Duration // for each read of a command that is answered at once
	look    time.Duration // between looks at which mailboxes there are
	lease   time.Duration // a mailbox is free this long after its node died
	idle    time.Duration // between signs of life
	reopen  time.Duration // between looks at UIDVALIDITY, and at what is held back
	beat    time.Duration // between notes that a mailbox is well, or still not
	backoff time.Duration // first pause after a failure; doubles
	longest time.Duration // longest pause
	refused time.Duration // the same while the server refuses us
}

// RFC 2177 asks for a sign of life every 29 minutes. Ours is more frequent, so
// that a server that is silently gone is noticed before two minutes are over.
var usual = timing{command: 15 * time.Second, look: time.Second, lease: 30 * time.Second, idle: 25 * time.Second, reopen: 10 * time.Minute,
	beat: mailbox.Heartbeat - 5*time.Second, backoff: time.Second, longest: time.Minute, refused: 5 * time.Minute}

// New returns what fetches. Nothing runs yet.
func New(p Parts) *Fetchers {
	f := &Fetchers{Parts: p, holder: ids.New(), timing: usual}
	if f.Tokens == nil {
		f.Tokens = oauth.New(oauth.NewClient(p.Roots), p.Clock, p.Mailboxes)
	}
	return f
}

// running is the fetcher of one account.
type running struct {
	box  *box
	stop context.CancelFunc
}

// Run fetches until ctx ends. It follows what administrators change within
// seconds, and survives outages of the database.
func (f *Fetchers) Run(ctx context.Context) {
	all := map[ids.ID]running{}
	var wg sync.WaitGroup
	defer wg.Wait()
	tick := time.NewTicker(f.timing.look)
	defer tick.Stop()
	for ctx.Err() == nil {
		if wanted, err := f.wanted(ctx); err == nil {
			f.adjust(ctx, &wg, all, wanted)
		} else if ctx.Err() == nil {
			f.Log.Debug("mailboxes can't be read", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// wanted returns the accounts that are to be fetched.
func (f *Fetchers) wanted(ctx context.Context) (map[ids.ID]catalog.Account, error) {
	accounts, err := f.Host.Accounts(ctx, catalog.Email)
	if err != nil {
		return nil, err
	}
	found := map[ids.ID]catalog.Account{}
	for _, a := range accounts {
		if a.Active && a.Receive.Way == catalog.ByIMAP {
			found[a.ID] = a
		}
	}
	return found, nil
}

// adjust stops what is no longer wanted so and starts what is. A fetcher that is
// started anew takes over the lease of the one before.
func (f *Fetchers) adjust(ctx context.Context, wg *sync.WaitGroup, all map[ids.ID]running, wanted map[ids.ID]catalog.Account) {
	for id, r := range all {
		if a, ok := wanted[id]; !ok || !r.box.serves(a) {
			r.stop()
			<-r.box.ended
			delete(all, id)
		}
	}
	for id, a := range wanted {
		if _, ok := all[id]; ok {
			continue
		}
		b := f.newBox(a)
		own, stop := context.WithCancel(ctx)
		all[id] = running{box: b, stop: stop}
		wg.Go(func() {
			defer close(b.ended)
			defer stop()
			b.run(own)
		})
	}
}

// TestReceive tries, step by step, whether mail can be fetched, and keeps nothing.
// The last of the steps it returns may have failed.
func (f *Fetchers) TestReceive(ctx context.Context, r catalog.ReceiveSettings) []mailbox.Result {
	var steps []mailbox.Result
	passed := func(s mailbox.Step) { steps = append(steps, mailbox.Result{Step: s, OK: true}) }
	err := f.try(ctx, r, passed)
	if err == nil {
		return steps
	}
	var known *fault
	if !errors.As(err, &known) {
		return append(steps, mailbox.Failed(mailbox.Read, err))
	}
	return append(steps, known.result)
}

func (f *Fetchers) try(ctx context.Context, r catalog.ReceiveSettings, passed func(mailbox.Step)) error {
	s, err := f.signedIn(ctx, r, passed)
	if err != nil {
		return err
	}
	defer s.bye()
	where, err := s.open(r.Folder)
	if err != nil {
		return failed(mailbox.Folder, r, "receive_folder", "folder", err)
	}
	passed(mailbox.Folder)
	last := max(where.next, 2) - 1
	if _, err := s.index([]uint32{last}); err != nil {
		return failed(mailbox.Read, r, "receive_host", "read", err)
	}
	passed(mailbox.Read)
	return nil
}

// signedIn is connect with the token there is. One that was good and is refused is
// renewed once.
func (f *Fetchers) signedIn(ctx context.Context, r catalog.ReceiveSettings, passed func(mailbox.Step)) (*client, error) {
	source := f.Tokens.Of(r.OAuth)
	access, fresh := "", false
	token := func(ctx context.Context) (string, error) {
		var err error
		if access, fresh, err = source.Get(ctx); err != nil {
			return "", tokenFault(r, err)
		}
		return access, nil
	}
	c, err := f.connect(ctx, r, token, passed)
	if err == nil || !r.UsesOAuth() || stepOf(err) != mailbox.SignIn {
		return c, err
	}
	source.Forget(access)
	if fresh {
		return nil, err
	}
	if c, err = f.connect(ctx, r, token, passed); err != nil {
		source.Forget(access)
		return nil, err
	}
	return c, nil
}

// tokenFault says which setting to look at when there is no access token.
func tokenFault(r catalog.ReceiveSettings, err error) error {
	var f *oauth.Fault
	if !errors.As(err, &f) {
		return failed(mailbox.Token, r, "receive_token_url", "token_server", err)
	}
	return failed(mailbox.Token, r, "receive_"+f.Field, f.Remedy, f.Cause)
}
