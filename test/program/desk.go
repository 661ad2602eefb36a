package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// What every desk of these tests is called.
const (
	Mailbox  = "hilfe@lindenau.example"
	Admin    = "mia@lindenau.example"
	Password = "Laterne-Zaunkoenig-47"
)

// Options say how a desk is set up. Empty fields get a default.
type Options struct {
	Folder    string   // data folder; default: a temporary one
	Database  string   // default: SQLite in the data folder
	SMTPPort  int      // default: one that is free
	RelayPort int      // where on this machine the desk hands its mail over
	RelayTLS  bool     // by STARTTLS; else in the clear
	Flags     []string // further flags of `lotse serve`
	Env       []string // further environment, as NAME=VALUE
	Secure    bool     // the web server speaks HTTPS (the flags name a certificate)
}

// Desk is a data folder and the program on it, running or not. It is for one
// goroutine at a time, but Metrics and URL, which are for many.
type Desk struct {
	Options
	HTTP string // address of the web server, the same after every start
	SMTP string // address of the mail server

	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended
	end   error         // how; valid once ended is closed
	web   *http.Client
}

// NewDesk sets up an empty desk: an administrator, a brand, a mailbox. Nothing
// runs yet.
func NewDesk(ctx context.Context, o Options) (*Desk, error) {
	d, err := OpenDesk(o)
	if err != nil {
		return nil, err
	}
	return d, d.setUp(ctx)
}

// OpenDesk returns a desk that is set up already, in the folder and the database
// the options name. Nothing runs yet.
func OpenDesk(o Options) (*Desk, error) {
	d := &Desk{Options: o, web: localClient()}
	if d.Folder == "" {
		folder, err := os.MkdirTemp("", "lotse-desk-")
		if err != nil {
			return nil, err
		}
		d.Folder = folder
	}
	if d.Database == "" {
		d.Database = "sqlite:" + filepath.Join(d.Folder, "lotse.db")
	}
	web, err := FreePort()
	if err != nil {
		return nil, err
	}
	if d.SMTPPort == 0 {
		if d.SMTPPort, err = FreePort(); err != nil {
			return nil, err
		}
	}
	d.HTTP, d.SMTP = Local(web), Local(d.SMTPPort)
	return d, nil
}

func (d *Desk) setUp(ctx context.Context) error {
	secret, err := os.CreateTemp("", "lotse-password-")
	if err != nil {
		return err
	}
	defer os.Remove(secret.Name())
	if _, err := io.WriteString(secret, Password+"\n"); err != nil {
		return err
	}
	if err := secret.Close(); err != nil {
		return err
	}
	security := "none"
	if d.RelayTLS {
		security = "starttls"
	}
	_, err = d.Command(ctx, "admin", "create", "--data", d.Folder, "--database", d.Database,
		"--email", Admin, "--name", "Mia Krüger", "--password-file", secret.Name(),
		"--brand", "Stadtwerke Lindenau", "--language", "de", "--region", "DE-SN", "--address", Mailbox,
		"--relay-host", "127.0.0.1", "--relay-port", strconv.Itoa(max(d.RelayPort, 1)), "--relay-security", security)
	if err != nil {
		return err
	}
	return d.expectStorm(ctx)
}

// expectStorm lets the mailbox write more automatic mails at a time than any test
// makes it write, see outbox.Storm.
func (d *Desk) expectStorm(ctx context.Context) error {
	check, err := d.open(false)
	if err != nil {
		return err
	}
	defer check.Close()
	_, err = check.ExecContext(ctx, "INSERT INTO settings (brand_id, key, value, changed_at) SELECT id, 'mail.storm', $1, 0 FROM brands", []byte("100000"))
	return err
}

// Command runs the program with the arguments and returns what it said.
func (d *Desk) Command(ctx context.Context, args ...string) (string, error) {
	bin, err := Binary()
	if err != nil {
		return "", err
	}
	said, err := exec.CommandContext(ctx, bin, args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("lotse %s: %w\n%s", strings.Join(args[:min(2, len(args))], " "), err, said)
	}
	return string(said), nil
}

// Launch starts the program without waiting until it is ready.
func (d *Desk) Launch() error {
	if d.Running() {
		return errors.New("the program runs already")
	}
	bin, err := Binary()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(d.LogFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	args := append([]string{"serve", "--data", d.Folder, "--database", d.Database, "--http", d.HTTP, "--smtp", d.SMTP}, d.Flags...)
	cmd := exec.Command(bin, args...)
	cmd.Env = append(append(os.Environ(), "LOTSE_MAIL_CHECKS=false"), d.Env...) // nobody here publishes records
	cmd.Stdout, cmd.Stderr = log, log
	// Nothing of a test that was broken off keeps running.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	d.cmd, d.ended = cmd, ended
	go func() {
		d.end = cmd.Wait()
		close(ended)
	}()
	return nil
}

// Start starts the program and returns when it is ready.
func (d *Desk) Start(ctx context.Context) error {
	if err := d.Launch(); err != nil {
		return err
	}
	return d.WaitReady(ctx)
}

// WaitReady returns when the program says that it is ready and its SMTP port is open.
func (d *Desk) WaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		if d.Ready(ctx) && d.answers() {
			return nil
		}
		select {
		case <-d.ended:
			return fmt.Errorf("the program ended: %v\n%s", d.end, d.Log(20))
		case <-ctx.Done():
			return fmt.Errorf("the program is not ready in time\n%s", d.Log(20))
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// Ready reports whether /readyz says so now.
func (d *Desk) Ready(ctx context.Context) bool { return d.Status(ctx, "/readyz") == http.StatusOK }

func (d *Desk) answers() bool {
	conn, err := net.DialTimeout("tcp", d.SMTP, time.Second)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

// Status returns the status a page answers with, 0 if there is no answer.
func (d *Desk) Status(ctx context.Context, path string) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.URL(path), nil)
	if err != nil {
		return 0
	}
	res, err := d.web.Do(req)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res.StatusCode
}

// URL returns the address of a page.
func (d *Desk) URL(path string) string {
	if d.Secure {
		return "https://" + d.HTTP + path
	}
	return "http://" + d.HTTP + path
}

// Running reports whether the process is there.
func (d *Desk) Running() bool {
	if d.cmd == nil {
		return false
	}
	select {
	case <-d.ended:
		return false
	default:
		return true
	}
}

// Kill ends the program with SIGKILL, as a crash would, and waits for its end.
func (d *Desk) Kill() error {
	if !d.Running() {
		return errors.New("the program does not run")
	}
	if err := d.cmd.Process.Kill(); err != nil {
		return err
	}
	<-d.ended
	return nil
}

// Stop asks the program to end and waits for it. It is an error if it takes
// longer than 20 s or ends with a status.
func (d *Desk) Stop() error {
	if !d.Running() {
		return nil
	}
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-d.ended:
	case <-time.After(20 * time.Second):
		_ = d.Kill()
		return fmt.Errorf("the program did not end in time\n%s", d.Log(20))
	}
	if d.end != nil {
		return fmt.Errorf("the program ended with %v\n%s", d.end, d.Log(20))
	}
	return nil
}

// Remove ends the program and deletes the data folder.
func (d *Desk) Remove() {
	if d.Running() {
		_ = d.Kill()
	}
	_ = os.RemoveAll(d.Folder)
	_ = os.Remove(d.LogFile())
}

// LogFile returns where the program's output lies. It is beside the data folder,
// not in it: a test may fill that one up.
func (d *Desk) LogFile() string { return strings.TrimRight(d.Folder, "/") + ".log" }

// Log returns the last lines of the program's output.
func (d *Desk) Log(lines int) string {
	text, err := os.ReadFile(d.LogFile())
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
