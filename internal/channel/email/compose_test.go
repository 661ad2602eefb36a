package email

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"lotse/internal/channel"
	"lotse/internal/outbox"
	"lotse/internal/platform/errs"
)

func TestWhomAMailNames(t *testing.T) {
	someone := func(role outbox.Role, name, address string) outbox.Addressee {
		return outbox.Addressee{Role: role, Name: name, Address: address}
	}
	for _, c := range []struct {
		name  string
		shown []outbox.Addressee
		to    string
		cc    string
	}{
		{"its receiver alone", nil, "jana@post.example", ""},
		{"all but blind copies", []outbox.Addressee{someone(outbox.RoleTo, "Jana", "jana@post.example"), someone(outbox.RoleTo, "", "kai@post.example"),
			someone(outbox.RoleCc, "Nele", "nele@post.example"), someone(outbox.RoleBcc, "Chef", "chef@post.example")}, "jana@post.example kai@post.example", "nele@post.example"},
		{"nobody", []outbox.Addressee{someone(outbox.RoleBcc, "Chef", "chef@post.example")}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := outgoing()
			m.Shown = c.shown
			raw := composedOf(t, m)
			checkWire(t, raw)
			in := readOK(t, string(raw), customerTrace)
			var to, cc []string
			for _, a := range in.To {
				to = append(to, a.Value)
			}
			for _, a := range in.Cc {
				cc = append(cc, a.Value)
			}
			if strings.Join(to, " ") != c.to || strings.Join(cc, " ") != c.cc || bytes.Contains(raw, []byte("chef@")) {
				t.Errorf("to %q, cc %q in\n%s", to, cc, raw)
			}
		})
	}
}

func TestUnsubscribe(t *testing.T) {
	for address, want := range map[string]string{
		"":                               "",
		"https://desk.example/u/abc":     "List-Unsubscribe: <https://desk.example/u/abc>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
		"http://desk.example/u/abc":      "List-Unsubscribe: <http://desk.example/u/abc>\r\n",
		"https://x/\r\nBcc: v@x.example": "",
	} {
		m := outgoing()
		m.Unsubscribe = address
		raw := string(composedOf(t, m))
		has := strings.Contains(raw, "List-Unsubscribe")
		if has != (want != "") || !containsFields(raw, want) || strings.Contains(raw, "Post: ") != strings.Contains(want, "Post: ") {
			t.Errorf("%q: %s", address, raw)
		}
	}
}

// containsFields reports whether all the lines are in a mail, in any order.
func containsFields(raw, lines string) bool {
	for l := range strings.Lines(lines) {
		if !strings.Contains(raw, l) {
			return false
		}
	}
	return true
}

// A text comes out as it went in, whatever lines it was broken into.
func TestTextIsFlowed(t *testing.T) {
	m := outgoing()
	long := strings.TrimSpace(strings.Repeat("Ein Satz, der nicht aufhört. ", 30))
	m.Text = long + "\n\n- " + long + "\n\n-- \nJana\n\nNele schrieb:\n> " + long + "\n>\n> Gruß\n"
	raw := composedOf(t, m)
	if !bytes.Contains(raw, []byte("format=flowed")) {
		t.Errorf("the text does not say that it may be joined\n%.600s", raw)
	}
	if in := readOK(t, string(raw), customerTrace); in.Text != strings.TrimRight(m.Text, "\n") {
		t.Errorf("got %q", in.Text)
	}
}

// zeros is a file of n bytes that is nowhere.
func zeros(n int64) outbox.File {
	return outbox.File{Name: "plan.bin", ContentType: "application/octet-stream", Size: n,
		Open: func() (io.ReadCloser, error) { return io.NopCloser(io.LimitReader(zeroReader{}, n)), nil }}
}

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestALargeMailIsNotInMemory(t *testing.T) {
	a := testAdapter(t, nil)
	m := outgoing()
	m.Files = []outbox.File{zeros(24 << 20)}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	mail, err := a.compose(m)
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, mail)
	runtime.ReadMemStats(&after)
	if err != nil || n != mail.Size() || n < 32<<20 || n > m.Size() {
		t.Errorf("%d bytes of %d, estimated %d: %v", n, mail.Size(), m.Size(), err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 12<<20 {
		t.Errorf("%d bytes of memory for a mail of %d", used, n)
	}
	if names := spooled(t, a); len(names) != 1 {
		t.Errorf("files %q", names)
	}
	a.discard(mail)
	if names := spooled(t, a); len(names) != 0 {
		t.Errorf("files stay behind: %q", names)
	}
}

func spooled(t *testing.T, a *Adapter) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(a.env.SpoolDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestAFileThatCantBeRead(t *testing.T) {
	a := testAdapter(t, nil)
	for name, open := range map[string]func() (io.ReadCloser, error){
		"not there": func() (io.ReadCloser, error) { return nil, errs.New(errs.Unavailable, "") },
		"broken off": func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(io.LimitReader(zeroReader{}, 1<<20), brokenReader{})), nil
		},
	} {
		m := outgoing()
		m.Files = []outbox.File{{Name: "x", ContentType: "text/plain", Size: 2 << 20, Open: open}}
		_, err := a.Send(t.Context(), outbox.Relay{Host: "127.0.0.1", Port: 1, Security: "none"}, m, func() error { t.Error("committed"); return nil })
		if e := outbox.AsSendError(err); e.Outcome != outbox.Retry {
			t.Errorf("%s: outcome %d, %v", name, e.Outcome, err)
		}
		if names := spooled(t, a); len(names) != 0 {
			t.Errorf("%s: files stay behind: %q", name, names)
		}
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

// keyring holds the keys of lindenau.example.
type keyring struct {
	keys []channel.SigningKey
	err  error
}

func (k keyring) SigningKeys(_ context.Context, domain string) ([]channel.SigningKey, error) {
	if domain != "lindenau.example" {
		return nil, k.err
	}
	return k.keys, k.err
}

func TestMailIsSigned(t *testing.T) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	lookup := func(name string) ([]string, error) {
		if name != "lotse-2026a._domainkey.lindenau.example" {
			return nil, errors.New("no record at " + name)
		}
		return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
	}
	s := startScript(t, script{})
	a := testAdapter(t, nil)
	a.env.Keys = keyring{keys: []channel.SigningKey{{Selector: "lotse-2026a", Signer: private}}}
	small, large := outgoing(), outgoing()
	large.Files = []outbox.File{zeros(1 << 20)}
	for _, m := range []outbox.Outgoing{small, large} {
		if _, err := a.Send(t.Context(), s.relay("none"), m, func() error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for i, raw := range s.received() {
		if !strings.HasPrefix(raw, "DKIM-Signature:") {
			t.Errorf("mail %d begins with %.60q", i, raw)
		}
		found, err := dkim.VerifyWithOptions(strings.NewReader(raw), &dkim.VerifyOptions{LookupTXT: lookup})
		if err != nil || len(found) != 1 || found[0].Err != nil {
			t.Errorf("mail %d: %+v, %v", i, found, err)
		}
	}
	if len(s.received()) != 2 {
		t.Errorf("%d mails arrived", len(s.received()))
	}
	a.env.Keys = keyring{err: errs.New(errs.Unavailable, "")}
	_, err = a.Send(t.Context(), s.relay("none"), small, func() error { t.Error("committed"); return nil })
	if e := outbox.AsSendError(err); e.Outcome != outbox.Retry {
		t.Errorf("without its keys a mail is not kept for later: %v", err)
	}
}

func TestNoRoomForAnotherLargeMail(t *testing.T) {
	s := startScript(t, script{})
	a := testAdapter(t, nil)
	giveBack, ok := a.room.take(t.Context(), maxLarge)
	if !ok {
		t.Fatal("no room in an empty room")
	}
	m := outgoing()
	m.Files = []outbox.File{zeros(2 << 20)}
	gone, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := a.Send(gone, s.relay("none"), m, func() error { t.Error("committed"); return nil }); !errors.Is(err, outbox.ErrBusy) {
		t.Errorf("got %v", err)
	}
	if _, err := a.Send(t.Context(), s.relay("none"), outgoing(), func() error { return nil }); err != nil {
		t.Errorf("a small mail has to wait: %v", err)
	}
	giveBack()
	if _, err := a.Send(t.Context(), s.relay("none"), m, func() error { return nil }); err != nil {
		t.Errorf("got %v", err)
	}
}

// received returns the mails that were taken so far.
func (s *scripted) received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}
