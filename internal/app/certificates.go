package app

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"lotse/internal/config"
)

// certificates gives the web and mail servers their certificate: from files,
// which are read again when they change, or from a certificate authority by ACME
// (RFC 8555, tls-alpn-01 on the web address). Without either it is nil inside and
// both servers speak plain text.
type certificates struct {
	get   func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	proto []string     // extra ALPN protocols of the web server
	until atomic.Int64 // when the one served last expires, in seconds since 1970; 0 before
}

func newCertificates(c config.Config, log *slog.Logger) (*certificates, error) {
	switch {
	case c.TLSCert != "":
		f := &certificateFile{cert: c.TLSCert, key: c.TLSKey, log: log}
		if err := f.load(); err != nil {
			return nil, fmt.Errorf("loading the certificate: %w", err)
		}
		c := &certificates{get: f.get}
		c.note(f.loaded)
		return c, nil
	case len(c.ACMEHost) > 0:
		m := &autocert.Manager{
			Prompt: autocert.AcceptTOS, HostPolicy: autocert.HostWhitelist(c.ACMEHost...), Email: c.ACMEEmail,
			Cache: autocert.DirCache(filepath.Join(c.Data, "acme")),
		}
		if c.ACMEURL != "" {
			m.Client = &acme.Client{DirectoryURL: c.ACMEURL}
		}
		return &certificates{get: named(c.ACMEHost, m.GetCertificate), proto: []string{acme.ALPNProto}}, nil
	}
	return &certificates{}, nil
}

// named fills in the first host where the peer names none of ours: mail servers
// often name none, or the mail exchanger, and care less than browsers.
func named(hosts []string, get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if slices.Contains(hosts, hello.ServerName) {
			return get(hello)
		}
		ours := *hello
		ours.ServerName = hosts[0]
		return get(&ours)
	}
}

// serve gets a certificate and remembers until when it is good. Those that
// answer a question of the authority are none of ours.
func (c *certificates) serve(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	served, err := c.get(hello)
	if err == nil && !slices.Contains(hello.SupportedProtos, acme.ALPNProto) {
		c.note(served)
	}
	return served, err
}

func (c *certificates) note(served *tls.Certificate) {
	if served != nil && served.Leaf != nil {
		c.until.Store(served.Leaf.NotAfter.Unix())
	}
}

// expires returns when the certificate served last expires; zero without one.
func (c *certificates) expires() time.Time {
	if until := c.until.Load(); until > 0 {
		return time.Unix(until, 0)
	}
	return time.Time{}
}

// forWeb returns the web server's settings; nil means plain HTTP.
func (c *certificates) forWeb() *tls.Config {
	if c.get == nil {
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.serve, NextProtos: append([]string{"h2", "http/1.1"}, c.proto...)}
}

// forMail returns the mail server's settings; nil means no STARTTLS.
func (c *certificates) forMail() *tls.Config {
	if c.get == nil {
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.serve}
}

// certificateFile is a pair of PEM files that a renewal replaces in place.
type certificateFile struct {
	cert, key string
	log       *slog.Logger
	mu        sync.Mutex
	loaded    *tls.Certificate
	changed   time.Time
	looked    time.Time
}

func (f *certificateFile) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.looked) < time.Minute {
		return f.loaded, nil
	}
	f.looked = time.Now()
	if info, err := os.Stat(f.cert); err == nil && !info.ModTime().Equal(f.changed) {
		if err := f.load(); err != nil { // the old one serves on
			f.log.Error("the renewed certificate can't be loaded", "error", err)
		}
	}
	return f.loaded, nil
}

func (f *certificateFile) load() error {
	info, err := os.Stat(f.cert)
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return err
	}
	f.loaded, f.changed, f.looked = &pair, info.ModTime(), time.Now()
	return nil
}
