package email

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/channel"
	"lotse/internal/intake"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// desk is a host that keeps arrivals in memory and can be made to fail.
type desk struct {
	mu       sync.Mutex
	accounts []catalog.Account
	kept     []kept
	down     error // returned by Accounts and Accept
	full     error // returned by Accept alone
	wait     chan struct{}
}

// kept is one arrival with its bytes read out while Accept ran.
type kept struct {
	arrival intake.Arrival
	raw     []byte
}

func newDesk() *desk {
	account := func(address string, aliases ...string) catalog.Account {
		return catalog.Account{ID: ids.New(), BrandID: ids.New(), Channel: Kind, Address: address, Aliases: aliases, Active: true}
	}
	return &desk{accounts: []catalog.Account{
		account("hilfe@lindenau.example", "help@lindenau.example"),
		account("abo@lindenau.example"),
		account("service@other.example"),
	}}
}

func (d *desk) Accounts(context.Context, string) ([]catalog.Account, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.accounts, d.down
}

func (d *desk) Accept(_ context.Context, a intake.Arrival) error {
	d.mu.Lock()
	wait := d.wait
	d.mu.Unlock()
	if wait != nil {
		<-wait
	}
	raw := a.Raw
	if a.Spool != nil {
		raw = make([]byte, a.Spool.Size())
		if _, err := a.Spool.ReadAt(raw, 0); err != nil && err != io.EOF {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down != nil {
		return d.down
	}
	if d.full != nil {
		return d.full
	}
	d.kept = append(d.kept, kept{a, raw})
	return nil
}

func (d *desk) set(down, full error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down, d.full = down, full
}

func (d *desk) all() []kept {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]kept(nil), d.kept...)
}

var errDown = errs.New(errs.Unavailable, "error.unavailable")

// serveMail starts the SMTP server of a fresh adapter and stops it after the test.
func serveMail(t testing.TB, d *desk, settings map[string]string, cfg *tls.Config) *Adapter {
	t.Helper()
	a, _ := serveUntil(t, d, settings, cfg)
	return a
}

func serveUntil(t testing.TB, d *desk, settings map[string]string, cfg *tls.Config) (*Adapter, func() error) {
	t.Helper()
	all := map[string]string{"listen": "127.0.0.1:0", "hostname": "mx.lindenau.example"}
	for k, v := range settings {
		all[k] = v
	}
	a, err := New(channel.Env{Host: d, Settings: all, SpoolDir: t.TempDir(), TLS: cfg})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Receive(ctx) }()
	<-a.Ready()
	stop := sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return a, stop
}

// certificate makes a certificate for 127.0.0.1 and a pool that trusts it.
func certificate(t testing.TB) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

func envWith(settings map[string]string) channel.Env { return channel.Env{Settings: settings} }

// failing is a host whose Accept fails in a different way per account.
type failing struct {
	*desk
	first, other error
}

func (f failing) Accept(_ context.Context, a intake.Arrival) error {
	if a.AccountID == f.accounts[0].ID {
		return f.first
	}
	return f.other
}

type fakeConn struct{ net.Conn }

func (fakeConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1} }
