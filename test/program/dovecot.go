package program

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Dovecot is a real IMAP server with mailboxes of its own, on this machine only.
// Passwords are BoxPassword for everybody; whether an access token is good, an
// address of the test's own says.
type Dovecot struct {
	Folder string
	IMAP   int    // port, also with STARTTLS
	IMAPS  int    // port with TLS
	LMTP   int    // port at which mail is handed over
	Cert   string // file with the certificate, which is also who vouches for it

	introspect string
	uid, gid   int
	cmd        *exec.Cmd
}

// BoxPassword is that of every mailbox.
const BoxPassword = "Zaunkoenig-47"

// StartDovecot starts a server. introspect is the address it asks about access
// tokens (RFC 6750 §2.1): 200 with {"email": …, "active": true} for a good one;
// empty if there are none. Remove it in the end.
func StartDovecot(introspect string) (*Dovecot, error) {
	folder, err := os.MkdirTemp("", "lbox-") // names of sockets have to be short
	if err != nil {
		return nil, err
	}
	d := &Dovecot{Folder: folder, introspect: introspect}
	if err := d.prepare(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	if err := d.Start(); err != nil {
		return nil, errors.Join(err, d.Remove())
	}
	return d, nil
}

func (d *Dovecot) path(name string) string { return filepath.Join(d.Folder, name) }

func (d *Dovecot) prepare() error {
	who, err := user.Lookup("mail")
	if err != nil {
		return err
	}
	if d.uid, err = strconv.Atoi(who.Uid); err != nil {
		return err
	}
	if d.gid, err = strconv.Atoi(who.Gid); err != nil {
		return err
	}
	for _, port := range []*int{&d.IMAP, &d.IMAPS, &d.LMTP} {
		if *port, err = FreePort(); err != nil {
			return err
		}
	}
	if err := os.Chmod(d.Folder, 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(d.path("boxes"), 0o755); err != nil {
		return err
	}
	if err := os.Chown(d.path("boxes"), d.uid, d.gid); err != nil {
		return err
	}
	d.Cert = d.path("cert.pem")
	if err := writeCertificate(d.Cert, d.path("key.pem")); err != nil {
		return err
	}
	return errors.Join(os.WriteFile(d.path("dovecot.conf"), []byte(d.config()), 0o644), os.WriteFile(d.path("oauth.conf"), []byte(fmt.Sprintf(
		"introspection_mode=auth\nintrospection_url=%s\nusername_attribute=email\nactive_attribute=active\nactive_value=true\n", d.introspect)), 0o644))
}

func (d *Dovecot) config() string {
	oauth, mechanisms := "", "plain login"
	if d.introspect != "" {
		mechanisms += " oauthbearer xoauth2"
		oauth = "passdb {\n  driver=oauth2\n  mechanisms=xoauth2 oauthbearer\n  args=" + d.path("oauth.conf") + "\n}\n"
	}
	return fmt.Sprintf(`base_dir=%[1]s/run
log_path=%[1]s/dovecot.log
protocols=imap lmtp
listen=127.0.0.1
ssl=yes
ssl_cert=<%[1]s/cert.pem
ssl_key=<%[1]s/key.pem
disable_plaintext_auth=no
auth_mechanisms=%[7]s
auth_failure_delay=0
first_valid_uid=1
first_valid_gid=1
mail_location=maildir:%[1]s/boxes/%%u
maildir_very_dirty_syncs=yes
mail_max_userip_connections=100
namespace inbox {
  inbox=yes
  mailbox Sent {
    auto=create
    special_use=\Sent
  }
}
passdb {
  driver=static
  mechanisms=plain login
  args=password={PLAIN}%[9]s
}
%[8]suserdb {
  driver=static
  args=uid=%[2]d gid=%[3]d home=%[1]s/boxes/%%u allow_all_users=yes
}
service imap-login {
  inet_listener imap {
    port=%[4]d
  }
  inet_listener imaps {
    port=%[5]d
  }
}
service lmtp {
  inet_listener lmtp {
    address=127.0.0.1
    port=%[6]d
  }
}
`, d.Folder, d.uid, d.gid, d.IMAP, d.IMAPS, d.LMTP, mechanisms, oauth, BoxPassword)
}

// Start starts the server and returns when it listens.
func (d *Dovecot) Start() error {
	bin, err := exec.LookPath("dovecot")
	if err != nil {
		if bin = "/usr/sbin/dovecot"; !isFile(bin) {
			return errors.New("dovecot is not installed")
		}
	}
	cmd := exec.Command(bin, "-F", "-c", d.path("dovecot.conf"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	d.cmd = cmd
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", Local(d.IMAP)); err == nil {
			return conn.Close()
		}
	}
	return fmt.Errorf("dovecot does not listen\n%s", d.Log())
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// Kill ends the server and all its sessions at once, without a word to anybody. A lock
// that one of them held is removed: the next start would wait two minutes before it
// takes it for stale.
func (d *Dovecot) Kill() error {
	err := d.end(syscall.SIGKILL)
	locks, _ := filepath.Glob(d.path("boxes/*/*.lock")) // the pattern is well formed
	for _, lock := range locks {
		if gone := os.Remove(lock); !errors.Is(gone, os.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// Stop ends the server in order.
func (d *Dovecot) Stop() error { return d.end(syscall.SIGTERM) }

func (d *Dovecot) end(signal syscall.Signal) error {
	if d.cmd == nil {
		return nil
	}
	err := syscall.Kill(-d.cmd.Process.Pid, signal) // the group of the one we started
	_ = d.cmd.Wait()
	d.cmd = nil
	return err
}

// Remove ends the server and removes its mailboxes.
func (d *Dovecot) Remove() error { return errors.Join(d.Kill(), os.RemoveAll(d.Folder)) }

// Log is what the server said last.
func (d *Dovecot) Log() string {
	text, err := os.ReadFile(d.path("dovecot.log"))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-25):], "\n")
}

// Fill puts mails into a user's inbox, in order, as if each had arrived when came
// says.
// It writes files: a mail server that is busy delivering would be measured too.
func (d *Dovecot) Fill(user string, first, n int, came func(i int) time.Time, mail func(i int) []byte) error {
	box := d.path("boxes/" + user)
	for _, part := range []string{"", "new", "cur", "tmp"} {
		dir := filepath.Join(box, part)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		if err := os.Chown(dir, d.uid, d.gid); err != nil {
			return err
		}
	}
	for i := first; i < first+n; i++ {
		at := came(i)
		name := fmt.Sprintf("%d.M%dP1.lotse", at.Unix()+int64(i/1_000_000), i%1_000_000)
		tmp := filepath.Join(box, "tmp", name)
		if err := os.WriteFile(tmp, mail(i), 0o644); err != nil {
			return err
		}
		if err := os.Chtimes(tmp, at, at); err != nil {
			return err
		}
		if err := os.Rename(tmp, filepath.Join(box, "new", name)); err != nil {
			return err
		}
	}
	return nil
}

// ForgetUIDs makes the server give all mails of a user new UIDs, under another
// UIDVALIDITY, as after a restore from a backup. The server must not run.
func (d *Dovecot) ForgetUIDs(user string) error {
	found, err := filepath.Glob(d.path("boxes/" + user + "/dovecot*"))
	if err != nil {
		return err
	}
	for _, name := range found {
		if err := os.RemoveAll(name); err != nil {
			return err
		}
	}
	time.Sleep(1100 * time.Millisecond) // UIDVALIDITY is the time in seconds
	return nil
}

// Delete deletes the n-th of a user's mails, in the order they came.
func (d *Dovecot) Delete(user string, n int) error {
	var all []string
	for _, part := range []string{"cur", "new"} {
		found, err := filepath.Glob(filepath.Join(d.path("boxes"), user, part, fmt.Sprintf("*.M%dP1.lotse*", n)))
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	if len(all) != 1 {
		return fmt.Errorf("mail %d of %s is there %d times", n, user, len(all))
	}
	return os.Remove(all[0])
}

// writeCertificate makes a certificate for this machine that vouches for itself.
func writeCertificate(certFile, keyFile string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o644),
		os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
}
