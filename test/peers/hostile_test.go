//go:build peers

package peers

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"lotse/test/program"
)

const (
	tooMuch = 60 << 20 // bytes; the desk takes 50 MB
	enough  = 160      // MB of memory that such mails may cost at most
)

// TestTooLarge: a mail that is too large is refused at once if it says so, and
// is read and dropped if not; it costs no memory, and the next mail passes on
// the same connection.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	sink := newSink(t)
	desk := newDesk(t, program.Options{RelayPort: sink.Port})
	start(t, desk)
	must(t, desk.ForgetPeak())
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() { tooLarge(t, desk, letterOf(i, 2000)) })
	}
	wg.Wait()
	if !sink.Wait(4, patience) {
		t.Errorf("%d mails arrived after those that were too large, want 4", sink.Distinct())
	}
	_, most, err := desk.Memory()
	must(t, err)
	t.Logf("at most %d MB of memory", most>>20)
	if most>>20 > enough {
		t.Errorf("four mails of 60 MB cost %d MB of memory, at most %d are right", most>>20, enough)
	}
	must(t, filepath.WalkDir(filepath.Join(desk.Folder, "blobs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("%s is left of a mail that was refused", path)
		}
		return err
	}))
	must(t, desk.Stop())
}

func tooLarge(t *testing.T, desk *program.Desk, next program.Mail) {
	c, err := program.Dial(desk.SMTP)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	err = c.Do("MAIL", fmt.Sprintf("MAIL FROM:<%s> SIZE=%d", next.From, tooMuch), 250)
	if code(err) != 552 {
		t.Errorf("60 MB, declared: %v, want 552", err)
		return
	}
	if err := c.Begin(next); err != nil {
		t.Error(err)
		return
	}
	line := []byte(strings.Repeat("0123456789abcde ", 4000) + "\r\n")
	for sent := 0; sent < tooMuch; sent += len(line) {
		if _, err := c.Write(line); err != nil {
			t.Errorf("60 MB, undeclared: the connection broke after %d MB: %v", sent>>20, err)
			return
		}
	}
	if err := c.Content([]byte(".\r\n")); code(err) != 552 {
		t.Errorf("60 MB, undeclared: %v, want 552", err)
		return
	}
	if err := c.Send(next); err != nil {
		t.Errorf("the next mail: %v", err)
	}
}

// TestBrokenMails sends every test mail of other libraries, and some of our own
// that are worse, through the port: each ends as a message, or in the list of
// what needs a look with its reason. None waits, and the next goes on.
func TestBrokenMails(t *testing.T) {
	t.Parallel()
	sink := newSink(t)
	desk := newDesk(t, program.Options{RelayPort: sink.Port})
	start(t, desk)
	mails := append(corpus(t), monsters()...)
	sendAll(t, desk, mails)
	good := letterOf(1, 2000)
	must(t, program.SendOne(desk.SMTP, good))

	check := openCheck(t, desk)
	must(t, check.Settle(t.Context(), 2*patience))
	if len(inbound(t, check)[good.ID]) != 1 {
		t.Error("the good mail after them is not there")
	}
	ends := outcomes(t, check)
	counted := map[string]int{}
	for _, m := range mails {
		end, there := ends[m.Key()]
		if !there {
			t.Errorf("%s was acknowledged and is not there", m.ID)
			continue
		}
		counted[end]++
	}
	t.Logf("%d mails: %v", len(mails), counted)
	if counted["message"] < len(mails)*4/5 { // the rest are copies, and files that are no mails
		t.Error("too few of them can be read")
	}
	if page, err := signIn(t, desk).Page(t.Context(), "/look"); err != nil || strings.Count(page, "/retry") < 10 {
		t.Errorf("the list of what needs a look is not filled (%v)", err)
	}
	if strings.Contains(desk.Log(100000), "panic") {
		t.Error("a reader panicked, see the log")
	}
	must(t, desk.Stop())
}

// outcomes returns what became of every envelope by the hash of its bytes, and
// reports those that say nothing of their end.
func outcomes(t *testing.T, check *program.Check) map[[32]byte]string {
	t.Helper()
	rows, err := check.QueryContext(t.Context(), `SELECT e.key, e.raw, e.state, e.reason, m.id IS NOT NULL FROM envelopes e LEFT JOIN messages m ON m.id = e.message_id`)
	must(t, err)
	defer rows.Close()
	ends := map[[32]byte]string{}
	for rows.Next() {
		var key, raw []byte
		var state int
		var reason string
		var message bool
		must(t, rows.Scan(&key, &raw, &state, &reason, &message))
		if sum := sha256.Sum256(raw); raw != nil && !bytes.Equal(sum[:], key) {
			t.Errorf("envelope %x is not kept as it came", key[:4])
		}
		end := "look: " + reason
		switch {
		case state == program.EnvelopeDone && message:
			end = "message"
		case state == program.EnvelopeDuplicate && message:
			end = "copy of a message"
		case state == program.EnvelopeLook && reason != "" && reason != "crashed" && reason != "failed":
		default:
			t.Errorf("envelope %x: state %d, reason %q, has a message: %v", key[:4], state, reason, message)
		}
		ends[[32]byte(key)] = end
	}
	must(t, rows.Err())
	return ends
}

func sendAll(t *testing.T, desk *program.Desk, mails []program.Mail) {
	t.Helper()
	var wg sync.WaitGroup
	const conns = 4
	for i := range conns {
		wg.Go(func() {
			c, err := program.Dial(desk.SMTP)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			for at := i; at < len(mails); at += conns {
				if err := c.Send(mails[at]); err != nil {
					t.Errorf("%s: %v", mails[at].ID, err)
					if code(err) == 0 {
						return // the connection is gone
					}
				}
			}
		})
	}
	wg.Wait()
}

// corpus returns the test mails that package email reads in its own tests.
func corpus(t *testing.T) []program.Mail {
	t.Helper()
	root, err := program.Root()
	must(t, err)
	folder := filepath.Join(root, "internal", "channel", "email", "testdata", "mime")
	var all []program.Mail
	must(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		all = append(all, program.NewMail(name, "absender@kunde.example", program.Mailbox, raw))
		return err
	}))
	if len(all) < 500 {
		t.Fatalf("only %d test mails in %s", len(all), folder)
	}
	return all
}

// monsters are mails that are worse than those people collect.
func monsters() []program.Mail {
	head := "From: boese@kunde.example\r\nTo: hilfe@lindenau.example\r\nSubject: boese\r\nMessage-ID: <%s@kunde.example>\r\n"
	make1 := func(name, rest string) program.Mail {
		raw := strings.Replace(head, "%s", name, 1) + rest
		return program.NewMail("monster "+name, "boese@kunde.example", program.Mailbox, []byte(raw))
	}
	var parts bytes.Buffer
	for i := range 5000 {
		fmt.Fprintf(&parts, "--x\r\nContent-Type: text/plain; name=\"%d.txt\"\r\nContent-Disposition: attachment\r\n\r\n%d\r\n", i, i)
	}
	nested := strings.Builder{}
	for i := range 500 {
		fmt.Fprintf(&nested, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	all := []program.Mail{
		make1("parts", "Content-Type: multipart/mixed; boundary=x\r\n\r\n"+parts.String()+"--x--\r\n"),
		make1("nested", nested.String()+"\r\n\r\ntief unten\r\n"),
		make1("long-line", "X-Long: "+strings.Repeat("a", 1<<20)+"\r\n\r\nText\r\n"),
		make1("nul", "Content-Type: text/plain; charset=utf-8\r\n\r\nvor\x00nach \xff\xfe kaputt\r\n"),
		make1("charset", "Content-Type: text/plain; charset=utf-8\r\n\r\nGr\xfc\xdfe aus M\xfcnchen\r\n"),
		make1("no-charset", "Content-Type: text/plain; charset=klingon\r\n\r\nnuqneH\r\n"),
		make1("base64", "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!kein base64!!!\r\n"),
	}
	for i, raw := range []string{
		"From: a@kunde.example\r\nMessage-ID:\r\nSubject: leere Kennung\r\n\r\nText\r\n",
		"From: a@kunde.example\r\nMessage-ID: <>\r\nSubject: leere Kennung\r\n\r\nText\r\n",
		"\r\nnur ein Text\r\n", "Subject: ohne Absender\r\n\r\nText\r\n", "", "\x00\x00\x00\r\n", strings.Repeat("kein Kopf ", 5000),
	} {
		all = append(all, program.NewMail(fmt.Sprintf("monster %d", i), "boese@kunde.example", program.Mailbox, []byte(raw)))
	}
	return all
}
