//go:build peers

package peers

import (
	"fmt"
	"net"
	"net/mail"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"lotse/test/program"
)

// mailServer is the mail server of the customers' provider: Postfix for the
// transfer, Dovecot for the mailboxes of kunde.example. It is the desk's
// smarthost too, and brings mail for lindenau.example to the desk.
type mailServer struct {
	folder string
	smtp   int // Postfix's port
	lmtp   int // Dovecot's port
	cert   string
	key    string

	moreDovecot, morePostfix string // what else their configurations say
}

// newMailServer starts a mail server that hands mail for the desk over to a port.
func newMailServer(t *testing.T, deskPort int) *mailServer {
	t.Helper()
	return newMailServerTo(t, fmt.Sprintf("smtp:[127.0.0.1]:%d", deskPort))
}

// newMailServerTo is newMailServer with the way to the desk as Postfix writes it, and
// with whatever else is to be set before it starts.
func newMailServerTo(t *testing.T, desk string, set ...func(*mailServer)) *mailServer {
	t.Helper()
	// Not t.TempDir: names of sockets have to be short.
	folder, err := os.MkdirTemp("", "lpeer-")
	must(t, err)
	must(t, os.Chmod(folder, 0o755))
	s := &mailServer{folder: folder}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Postfix says:\n%s\nDovecot says:\n%s", tail(s.path("postfix.log")), tail(s.path("dovecot.log")))
		}
		os.RemoveAll(folder)
	})
	s.cert, s.key = certificate(t, folder)
	for _, port := range []*int{&s.smtp, &s.lmtp} {
		*port, err = program.FreePort()
		must(t, err)
	}
	for _, f := range set {
		f(s)
	}
	s.startDovecot(t)
	s.startPostfix(t, desk)
	return s
}

func (s *mailServer) path(name string) string { return filepath.Join(s.folder, name) }

func (s *mailServer) address() string { return program.Local(s.smtp) }

func (s *mailServer) startDovecot(t *testing.T) {
	t.Helper()
	who, err := user.Lookup("mail")
	must(t, err)
	uid, err := strconv.Atoi(who.Uid)
	must(t, err)
	gid, err := strconv.Atoi(who.Gid)
	must(t, err)
	must(t, os.Mkdir(s.path("boxes"), 0o755))
	must(t, os.Chown(s.path("boxes"), uid, gid))
	config := fmt.Sprintf(`base_dir=%[1]s/dovecot
log_path=%[1]s/dovecot.log
protocols=lmtp
listen=127.0.0.1
ssl=no
first_valid_uid=1
first_valid_gid=1
mail_location=maildir:%[1]s/boxes/%%u
passdb {
  driver=static
  args=nopassword=y
}
userdb {
  driver=static
  args=uid=%[2]d gid=%[3]d home=%[1]s/boxes/%%u allow_all_users=yes
}
service lmtp {
  inet_listener lmtp {
    address=127.0.0.1
    port=%[4]d
  }
}
`, s.folder, uid, gid, s.lmtp) + s.moreDovecot
	must(t, os.WriteFile(s.path("dovecot.conf"), []byte(config), 0o644))
	cmd := exec.Command(find(t, "dovecot"), "-F", "-c", s.path("dovecot.conf"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	waitForPort(t, "Dovecot", s.lmtp)
}

// postfixServices are the parts of Postfix: nothing in a chroot, for the folder
// has none.
const postfixServices = `pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

func (s *mailServer) startPostfix(t *testing.T, desk string) {
	t.Helper()
	config := fmt.Sprintf(`compatibility_level=3.6
queue_directory=%[1]s/queue
data_directory=%[1]s/data
maillog_file=%[1]s/postfix.log
maillog_file_prefixes=%[1]s
inet_interfaces=127.0.0.1
inet_protocols=ipv4
myhostname=mx.kunde.example
mydestination=
local_recipient_maps=
alias_maps=
mynetworks=127.0.0.0/8
smtpd_relay_restrictions=permit_mynetworks,reject
smtpd_tls_cert_file=%[2]s
smtpd_tls_key_file=%[3]s
smtpd_tls_security_level=may
smtpd_tls_received_header=yes
smtp_tls_security_level=may
virtual_mailbox_domains=kunde.example
virtual_mailbox_maps=static:ok
virtual_transport=lmtp:inet:127.0.0.1:%[4]d
relay_domains=lindenau.example
transport_maps=inline:{ lindenau.example=%[5]s }
smtp_dns_support_level=disabled
smtp_host_lookup=native
queue_run_delay=1s
minimal_backoff_time=1s
maximal_backoff_time=2s
smtp_destination_concurrency_failed_cohort_limit=100
recipient_delimiter=+
`, s.folder, s.cert, s.key, s.lmtp, desk) + s.morePostfix
	must(t, os.Mkdir(s.path("postfix"), 0o755))
	must(t, os.WriteFile(s.path("postfix/main.cf"), []byte(config), 0o644))
	services := program.Local(s.smtp) + " inet n - n - - smtpd\n" + postfixServices
	must(t, os.WriteFile(s.path("postfix/master.cf"), []byte(services), 0o644))
	must(t, os.Mkdir(s.path("queue"), 0o755))
	must(t, os.Mkdir(s.path("data"), 0o700))
	who, err := user.Lookup("postfix")
	must(t, err)
	uid, err := strconv.Atoi(who.Uid)
	must(t, err)
	must(t, os.Chown(s.path("data"), uid, -1))
	s.postfix(t, "start")
	t.Cleanup(func() { s.postfix(t, "stop") })
	waitForPort(t, "Postfix", s.smtp)
}

func (s *mailServer) postfix(t *testing.T, command string) {
	t.Helper()
	said, err := os.CreateTemp(s.folder, "said-") // not a pipe: the server inherits it
	must(t, err)
	defer said.Close()
	cmd := exec.Command(find(t, "postfix"), "-c", s.path("postfix"), command)
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Run(); err != nil {
		t.Errorf("postfix %s: %v\n%s", command, err, tail(said.Name()))
	}
}

func waitForPort(t *testing.T, who string, port int) {
	t.Helper()
	until(t, who+" listens", func() bool {
		conn, err := net.Dial("tcp", program.Local(port))
		if err != nil {
			return false
		}
		return conn.Close() == nil
	})
}

// box returns the mails in a customer's mailbox, oldest first.
func (s *mailServer) box(t *testing.T, address string) []*mail.Message {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.folder, "boxes", address, "new", "*")) // sorted by time
	must(t, err)
	var all []*mail.Message
	for _, name := range files {
		text, err := os.ReadFile(name)
		must(t, err)
		m, err := mail.ReadMessage(strings.NewReader(string(text)))
		must(t, err)
		all = append(all, m)
	}
	return all
}

// waitForMail returns the newest of n mails in a customer's mailbox.
func (s *mailServer) waitForMail(t *testing.T, address string, n int) *mail.Message {
	t.Helper()
	until(t, fmt.Sprintf("%s has %d mails", address, n), func() bool { return len(s.box(t, address)) >= n })
	all := s.box(t, address)
	if len(all) != n {
		t.Fatalf("%s has %d mails, want %d", address, len(all), n)
	}
	return all[n-1]
}

// said reports whether Postfix has logged a text.
func (s *mailServer) said(text string) bool {
	log, err := os.ReadFile(s.path("postfix.log"))
	return err == nil && strings.Contains(string(log), text)
}

func tail(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-25):], "\n")
}
