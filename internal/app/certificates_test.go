package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lotse/internal/config"
)

func TestRenewedCertificateIsServed(t *testing.T) {
	folder := t.TempDir()
	c := config.Config{TLSCert: filepath.Join(folder, "cert.pem"), TLSKey: filepath.Join(folder, "key.pem")}
	writePair(t, c, 1)
	certs, err := newCertificates(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if n := serial(t, certs.forWeb()); n != 1 {
		t.Fatalf("serial %d", n)
	}
	writePair(t, c, 2)
	if err := os.Chtimes(c.TLSCert, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	file := &certificateFile{cert: c.TLSCert, key: c.TLSKey, log: slog.New(slog.DiscardHandler)}
	if n := serial(t, &tls.Config{GetCertificate: file.get}); n != 2 {
		t.Fatalf("serial %d after the renewal", n)
	}
	if err := os.WriteFile(c.TLSCert, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	file.looked = time.Time{}
	if n := serial(t, &tls.Config{GetCertificate: file.get}); n != 2 {
		t.Fatalf("serial %d after a broken renewal", n)
	}
}

func TestMailServersNeedNotNameTheHost(t *testing.T) {
	var asked []string
	get := named([]string{"desk.example.org", "hilfe.example.org"}, func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		asked = append(asked, h.ServerName)
		return nil, nil
	})
	for _, name := range []string{"", "hilfe.example.org", "mx.example.org"} {
		if _, err := get(&tls.ClientHelloInfo{ServerName: name}); err != nil {
			t.Fatal(err)
		}
	}
	if want := [3]string{"desk.example.org", "hilfe.example.org", "desk.example.org"}; [3]string(asked) != want {
		t.Fatalf("asked for %v", asked)
	}
}

func TestWithoutCertificateThereIsNoTLS(t *testing.T) {
	certs, err := newCertificates(config.Config{}, slog.New(slog.DiscardHandler))
	if err != nil || certs.forWeb() != nil || certs.forMail() != nil {
		t.Fatalf("%+v, %v", certs, err)
	}
}

func serial(t *testing.T, c *tls.Config) int64 {
	t.Helper()
	pair, err := c.GetCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return leaf.SerialNumber.Int64()
}

func writePair(t *testing.T, c config.Config, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"desk.example.org"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{c.TLSCert: {Type: "CERTIFICATE", Bytes: der}, c.TLSKey: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
