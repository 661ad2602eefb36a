package imap

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/intake"
	"lotse/internal/mailbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// quick is the patience of the tests.
var quick = timing{command: time.Second, look: 5 * time.Millisecond, lease: 300 * time.Millisecond, idle: 200 * time.Millisecond, reopen: 50 * time.Millisecond,
	beat: 100 * time.Millisecond, backoff: 5 * time.Millisecond, longest: 20 * time.Millisecond, refused: 20 * time.Millisecond}

// desk is a desk that keeps what is fetched in memory, once by key, and what the
// fetchers say of the mailboxes.
type desk struct {
	mu        sync.Mutex
	accounts  []catalog.Account
	keys      map[string]bool
	kept      []kept
	again     int // arrivals that were there before
	down      error
	cursors   map[string]mailbox.Cursor
	notes     map[ids.ID][]mailbox.Result
	waiting   []int
	leases    map[ids.ID]lease
	rotated   []string
	exchanged map[string]string // refresh tokens, and what each was exchanged for
	accepted  func(n int)       // called with how many are kept, under the lock; may be nil
}

type kept struct {
	subject string
	raw     string
	arrival intake.Arrival
}

type lease struct {
	holder ids.ID
	until  time.Time
}

func newDesk(accounts ...catalog.Account) *desk {
	return &desk{accounts: accounts, keys: map[string]bool{}, cursors: map[string]mailbox.Cursor{}, notes: map[ids.ID][]mailbox.Result{}, leases: map[ids.ID]lease{}, exchanged: map[string]string{}}
}

func (d *desk) Accounts(context.Context, string) ([]catalog.Account, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]catalog.Account(nil), d.accounts...), d.down
}

func (d *desk) Accept(ctx context.Context, a intake.Arrival) error {
	return d.AcceptAll(ctx, []intake.Arrival{a})
}

func (d *desk) AcceptAll(_ context.Context, all []intake.Arrival) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down != nil {
		return d.down
	}
	for _, a := range all {
		raw := string(a.Raw)
		if a.Spool != nil {
			b, err := io.ReadAll(io.NewSectionReader(a.Spool, 0, a.Spool.Size()))
			if err != nil {
				return err
			}
			raw = string(b)
		}
		id := a.AccountID.String() + raw
		if a.Key != nil {
			return errors.New("the intake knows mails by their bytes")
		}
		if d.keys[id] {
			d.again++
			continue
		}
		d.keys[id] = true
		a.Raw, a.Spool = nil, nil
		d.kept = append(d.kept, kept{field([]byte(raw), "subject"), raw, a})
	}
	if d.accepted != nil {
		d.accepted(len(d.kept))
	}
	return nil
}

func (d *desk) Cursor(_ context.Context, account ids.ID, folder string) (mailbox.Cursor, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c, ok := d.cursors[account.String()+folder]; ok {
		return c, d.down
	}
	return mailbox.Cursor{AccountID: account, Folder: folder}, d.down
}

func (d *desk) Advance(_ context.Context, c mailbox.Cursor) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down != nil {
		return d.down
	}
	at := c.AccountID.String() + c.Folder
	if old, ok := d.cursors[at]; ok {
		c.StartedAt = old.StartedAt
		if old.UIDValidity == c.UIDValidity && old.UID > c.UID {
			return nil
		}
	}
	d.cursors[at] = c
	return nil
}

func (d *desk) Note(_ context.Context, account ids.ID, r mailbox.Result, waiting int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notes[account] = append(d.notes[account], r)
	d.waiting = append(d.waiting, waiting)
	return d.down
}

func (d *desk) Turn(context.Context, string) (func(), error) { return func() {}, nil }

// current is the refresh token that another was exchanged for.
func (d *desk) current(refresh string) string {
	for d.exchanged[refresh] != "" {
		refresh = d.exchanged[refresh]
	}
	return refresh
}

func (d *desk) Tokens(_ context.Context, o catalog.OAuthSettings) (catalog.Tokens, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.accounts {
		if now := d.current(o.RefreshToken); a.Receive.OAuth.RefreshToken == now {
			return catalog.Tokens{Refresh: now}, nil
		}
	}
	return catalog.Tokens{}, errs.New(errs.NotFound, "catalog.account.not_found")
}

func (d *desk) KeepTokens(_ context.Context, o catalog.OAuthSettings, given catalog.Tokens) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	old := d.current(o.RefreshToken)
	for i := range d.accounts {
		if a := &d.accounts[i]; a.Receive.OAuth.RefreshToken == old && old != given.Refresh {
			a.Receive.OAuth.RefreshToken, d.exchanged[old] = given.Refresh, given.Refresh
			d.rotated = append(d.rotated, old+">"+given.Refresh)
		}
	}
	return d.down
}

func (d *desk) Lease(_ context.Context, account, holder ids.ID, for_ time.Duration) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down != nil {
		return false, d.down
	}
	l, ok := d.leases[account]
	if ok && l.holder != holder && time.Now().Before(l.until) {
		return false, nil
	}
	d.leases[account] = lease{holder, time.Now().Add(for_)}
	return true, nil
}

func (d *desk) Release(_ context.Context, account, holder ids.ID) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.leases[account].holder == holder {
		delete(d.leases, account)
	}
	return d.down
}

// set changes the desk while fetchers run.
func (d *desk) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

// subjects returns what is kept, in order.
func (d *desk) subjects() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []string
	for _, k := range d.kept {
		all = append(all, k.subject)
	}
	return all
}

func (d *desk) all() []kept {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]kept(nil), d.kept...)
}

// twice returns how many came that were there before.
func (d *desk) twice() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.again
}

// noted returns all that was noted of a mailbox.
func (d *desk) noted(account ids.ID) []mailbox.Result {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]mailbox.Result(nil), d.notes[account]...)
}

// last returns what was noted of a mailbox last.
func (d *desk) last(account ids.ID) mailbox.Result {
	d.mu.Lock()
	defer d.mu.Unlock()
	notes := d.notes[account]
	if len(notes) == 0 {
		return mailbox.Result{}
	}
	return notes[len(notes)-1]
}

// until waits for something to become true; a server that was killed may wait for
// its own locks first.
func until(t testing.TB, what string, ready func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ready(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

func (d *desk) wait(t testing.TB, n int) {
	t.Helper()
	until(t, fmt.Sprintf("%d mails are kept", n), func() bool { return len(d.all()) >= n })
}

// account is one that is fetched from a server.
func account(host string, port int) catalog.Account {
	return catalog.Account{ID: ids.New(), BrandID: ids.New(), Channel: catalog.Email, Address: "hilfe@lindenau.example", Active: true,
		Receive: catalog.ReceiveSettings{Way: catalog.ByIMAP, Host: host, Port: port, Security: catalog.NoSecurity, User: "hilfe", Auth: catalog.ByPassword,
			Password: "geheim", Folder: catalog.Inbox, Since: catalog.SinceAll}}
}

// newFetchers returns what fetches for a desk, with little patience.
func newFetchers(t testing.TB, d *desk) *Fetchers {
	t.Helper()
	f := New(Parts{Host: d, Mailboxes: d, MaxBytes: 3 << 20, SpoolDir: t.TempDir(), Log: slog.New(slog.DiscardHandler), Clock: clock.System{}})
	f.timing = quick
	return f
}

// run runs fetchers until the test ends or stop is called.
func run(t testing.TB, f *Fetchers) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); f.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return stop
}

// certificate returns one for 127.0.0.1 and localhost, and who vouches for it.
func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, pool
}

func closedPort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func files(t testing.TB, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
