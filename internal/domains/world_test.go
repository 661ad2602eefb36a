package domains

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/queue"
	"lotse/internal/platform/seal"
	"lotse/test/nameserver"
)

// world is a desk with one mailbox, hilfe@lindenau.example, that sends through a
// server of its own, and a name server.
type world struct {
	*Domains
	t        *testing.T
	ctx      context.Context
	clock    *clock.Fixed
	names    *nameserver.Server
	admin    access.Actor
	mu       sync.Mutex
	accounts []catalog.Account
}

const (
	lindenau = "lindenau.example"
	deskHost = "desk.lindenau.example"
)

// Accounts are the mailboxes of the world.
func (w *world) Accounts(context.Context, string) ([]catalog.Account, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.accounts, nil
}

func each(t *testing.T, f func(w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := &world{t: t, ctx: context.Background(), clock: clock.NewFixed(time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)), names: startNames(t)}
		brand := ids.New()
		w.admin = access.Actor{Kind: access.Staff, ID: ids.New(), BrandID: brand, Role: access.Admin}
		w.accounts = []catalog.Account{mailbox(brand, "hilfe@lindenau.example", "127.0.0.1", catalog.BySMTP)}
		s, err := seal.Load(w.ctx, d, w.clock)
		w.must(err)
		w.Domains = w.node(d, s)
		f(w)
	})
}

// node is another process of the same desk.
func (w *world) node(d *db.DB, s *seal.Sealer) *Domains {
	made := New(Parts{DB: d, Seal: s, Clock: w.clock, Queue: queue.New(d, queue.Options{ByHand: true}), Accounts: accounts{w},
		Resolver: resolver(w.names), MailHost: deskHost, Listens: true})
	made.newKey = quickKey
	return made
}

type keyPair struct{ private, public []byte }

var someRSA = sync.OnceValue(func() keyPair {
	private, public, err := newKey(RSA)
	if err != nil {
		panic(err)
	}
	return keyPair{private, public}
})

// quickKey is newKey with one RSA key for all tests but those about keys: making one
// takes its time.
func quickKey(algorithm Algorithm) (private, public []byte, err error) {
	if algorithm == RSA {
		return someRSA().private, someRSA().public, nil
	}
	return newKey(algorithm)
}

// accounts keeps the world's own method apart from the part of the same name.
type accounts struct{ w *world }

// Accounts are the mailboxes of the world.
func (a accounts) Accounts(ctx context.Context, channel string) ([]catalog.Account, error) {
	return a.w.Accounts(ctx, channel)
}

func mailbox(brand ids.ID, address, relay, way string) catalog.Account {
	return catalog.Account{ID: ids.New(), BrandID: brand, Channel: catalog.Email, Address: address, Active: true,
		Receive: catalog.ReceiveSettings{Way: way}, Relay: catalog.RelaySettings{Host: relay}}
}

func startNames(t *testing.T) *nameserver.Server {
	t.Helper()
	s, err := nameserver.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	set(t, s, deskHost, "A", "192.0.2.10")
	return s
}

// resolver asks a server as the program asks its own.
func resolver(s *nameserver.Server) Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.Address)
	}}
}

func set(t *testing.T, s *nameserver.Server, name, kind string, values ...string) {
	t.Helper()
	if err := s.Set(name, kind, values...); err != nil {
		t.Fatal(err)
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) set(name, kind string, values ...string) {
	w.t.Helper()
	set(w.t, w.names, name, kind, values...)
}

// publish sets the record of a key.
func (w *world) publish(k Key) {
	w.t.Helper()
	w.set(k.RecordName(lindenau), "TXT", k.Record())
}

// good sets all records but those of keys.
func (w *world) good() {
	w.t.Helper()
	w.set(lindenau, "TXT", "v=spf1 a:"+deskHost+" ~all", "other=1")
	w.set(lindenau, "MX", "10 "+deskHost+".")
	w.set("_dmarc."+lindenau, "TXT", "v=DMARC1; p=none")
}

func (w *world) check() Domain {
	w.t.Helper()
	d, err := w.Check(w.ctx, w.admin, lindenau)
	w.must(err)
	return d
}

func (w *world) prepare() Domain {
	w.t.Helper()
	d, err := w.Prepare(w.ctx, w.admin, lindenau)
	w.must(err)
	return d
}

// keys is what stands of the keys: "lotse-2026a rsa 2, …", newest first.
func (w *world) keys(d Domain) string {
	var all []string
	for _, k := range d.Keys {
		all = append(all, k.Selector+" "+[]string{"", "prepared", "active", "retiring", "gone"}[k.State])
	}
	return strings.Join(all, ", ")
}

// signs are the selectors in use.
func (w *world) signs() string {
	w.t.Helper()
	keys, err := w.SigningKeys(w.ctx, "Lindenau.Example.")
	w.must(err)
	var all []string
	for _, k := range keys {
		all = append(all, k.Selector)
	}
	return strings.Join(all, " ")
}
