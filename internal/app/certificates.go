package app

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
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
	proto []string // extra ALPN protocols of the web server
}

func newCertificates(c config.Config, log *slog.Logger) (*certificates, error) {
	switch {
	case c.TLSCert != "":
		f := &certificateFile{cert: c.TLSCert, key: c.TLSKey, log: log}
		if err := f.load(); err != nil {
			return nil, fmt.Errorf("loading the certificate: %w", err)
		}
		return &certificates{get: f.get}, nil
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

// forWeb returns the web server's settings; nil means plain HTTP.
func (c *certificates) forWeb() *tls.Config {
	if c.get == nil {
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get, NextProtos: append([]string{"h2", "http/1.1"}, c.proto...)}
}

// forMail returns the mail server's settings; nil means no STARTTLS.
func (c *certificates) forMail() *tls.Config {
	if c.get == nil {
		return nil
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
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
