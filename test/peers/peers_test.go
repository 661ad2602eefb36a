//go:build peers

package peers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"mime"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"lotse/test/program"
)

// patience is for machines that have other things to do; nothing waits longer
// than it has to.
const patience = time.Minute

// newDesk returns a desk that is set up but does not run. What it leaves behind
// is removed, or kept if the test fails.
func newDesk(t *testing.T, o program.Options) *program.Desk {
	t.Helper()
	desk, err := program.NewDesk(t.Context(), o)
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("last words of the program:\n%s", desk.Log(25))
		}
		desk.Remove()
	})
	return desk
}

func start(t *testing.T, desk *program.Desk) {
	t.Helper()
	must(t, desk.Start(t.Context()))
}

func newSink(t *testing.T) *program.Sink {
	t.Helper()
	sink, err := program.NewSink(false)
	must(t, err)
	t.Cleanup(sink.Close)
	return sink
}

func openCheck(t *testing.T, desk *program.Desk) *program.Check {
	t.Helper()
	check, err := desk.Check()
	must(t, err)
	t.Cleanup(func() { check.Close() })
	return check
}

func signIn(t *testing.T, desk *program.Desk) *program.Web {
	t.Helper()
	web, err := desk.SignIn(t.Context())
	must(t, err)
	return web
}

// find returns the path of a program of the system.
func find(t *testing.T, name string) string {
	t.Helper()
	for _, folder := range []string{"", "/usr/sbin/", "/sbin/"} {
		if path, err := exec.LookPath(folder + name); err == nil {
			return path
		}
	}
	t.Fatalf("%s is missing: install the packages that .ci/run names", name)
	return ""
}

// until waits until done says so.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("gave up waiting until %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// code returns what a server said no with, 0 if it said yes or nothing.
func code(err error) int {
	var said *program.Answer
	if errors.As(err, &said) {
		return said.Code
	}
	return 0
}

// decoded reads the encoded words of a header field.
func decoded(t *testing.T, field string) string {
	t.Helper()
	text, err := new(mime.WordDecoder).DecodeHeader(field)
	must(t, err)
	return text
}

// certificate writes a certificate for this machine, signed by itself, and its key.
func certificate(t *testing.T, folder string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	certFile, keyFile = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	must(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o644))
	must(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
	return certFile, keyFile
}
