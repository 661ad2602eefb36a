package imap

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"lotse/internal/catalog"
	"lotse/internal/mailbox"
	"lotse/internal/platform/ids"
)

// Append of a server that is told to refuse.
func (s *serverSession) Append(name string, r goimap.LiteralReader, o *goimap.AppendOptions) (*goimap.AppendData, error) {
	s.server.mu.Lock()
	refuse := s.server.poison[0]
	s.server.mu.Unlock()
	if refuse != "" {
		return nil, &goimap.Error{Type: goimap.StatusResponseTypeNo, Code: goimap.ResponseCode(refuse), Text: "quota of " + name}
	}
	return s.UserSession.Append(name, r, o)
}

// List of a server that marks a folder, for those who ask for marks (RFC 6154 §5.1).
func (s *serverSession) List(w *imapserver.ListWriter, ref string, patterns []string, o *goimap.ListOptions) error {
	s.server.mu.Lock()
	marked := s.server.marked
	s.server.mu.Unlock()
	if marked == "" || !o.ReturnSpecialUse {
		return s.UserSession.List(w, ref, patterns, o)
	}
	for _, d := range []goimap.ListData{{Mailbox: "Sent", Delim: '/'}, {Mailbox: marked, Delim: '/', Attrs: []goimap.MailboxAttr{goimap.MailboxAttrSent}}} {
		if err := w.WriteList(&d); err != nil {
			return err
		}
	}
	return nil
}

var _ imapserver.Session = (*serverSession)(nil)

func sent(id, text string) Letter {
	raw := "Message-ID: <" + id + ">\r\nFrom: hilfe@lindenau.example\r\nSubject: Re: Frage\r\n\r\n" + text + "\r\n"
	return Letter{MessageID: id, At: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC), Size: int64(len(raw)), Raw: strings.NewReader(raw)}
}

// held returns what is in a folder: the texts, the flags and when they came.
func (s *server) held(t testing.TB, folder string) (texts []string, flags []goimap.Flag, at []time.Time) {
	t.Helper()
	f := newFetchers(t, newDesk())
	c, err := f.connect(t.Context(), s.account().Receive, nil, nil)
	must(t, err)
	defer c.bye()
	_, err = c.lib.Select(folder, nil).Wait()
	must(t, err)
	section := &goimap.FetchItemBodySection{Peek: true}
	rows, err := c.lib.Fetch(goimap.UIDSet{goimap.UIDRange{Start: 1, Stop: 0}}, &goimap.FetchOptions{Flags: true, InternalDate: true, BodySection: []*goimap.FetchItemBodySection{section}}).Collect()
	must(t, err)
	for _, r := range rows {
		texts, flags, at = append(texts, string(r.FindBodySection(section))), append(flags, r.Flags...), append(at, r.InternalDate.UTC())
	}
	return texts, flags, at
}

func TestAppend(t *testing.T) {
	full := goimap.CapSet{goimap.CapIMAP4rev1: {}, goimap.CapSpecialUse: {}, goimap.CapListExtended: {}}
	for name, c := range map[string]struct {
		caps    goimap.CapSet
		folders []string
		marked  string
		wish    string
		folder  string
	}{
		"the marked one":         {full, []string{"Sent", "Post/Ausgang"}, "Post/Ausgang", "", "Post/Ausgang"},
		"one with a usual name":  {full, []string{"Entwürfe", "INBOX/Gesendete Objekte", "INBOX/Gesendet"}, "", "", "INBOX/Gesendet"},
		"a server that marks no": {nil, []string{"Sent Items"}, "", "", "Sent Items"},
		"the one that is wanted": {nil, []string{"Sent", "Übergabe & Archiv"}, "", "Übergabe & Archiv", "Übergabe & Archiv"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, func(s *server) {
				if s.marked = c.marked; c.caps != nil {
					s.caps = c.caps
				}
			})
			for _, folder := range c.folders {
				must(t, s.user.Create(folder, nil))
			}
			f := newFetchers(t, newDesk())
			for range 2 { // a job runs again
				must(t, f.Append(t.Context(), s.account(), c.wish, sent("a@lindenau.example", "Gern.")))
			}
			must(t, f.Append(t.Context(), s.account(), c.wish, sent("b@lindenau.example", "Noch etwas.")))
			texts, flags, at := s.held(t, c.folder)
			if len(texts) != 2 || !strings.HasSuffix(texts[0], "\r\n\r\nGern.\r\n") || len(flags) != 2 || flags[0] != goimap.FlagSeen || !at[0].Equal(time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)) {
				t.Errorf("there are %q, %v, %v", texts, flags, at)
			}
		})
	}
}

func TestAppendAnsweredWithANo(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*server, *catalog.Account)
		step   mailbox.Step
		remedy string
	}{
		"no folder for it":  {func(*server, *catalog.Account) {}, mailbox.Folder, "copy_no_folder"},
		"no such folder":    {func(_ *server, a *catalog.Account) { a.SentFolder = "Ablage" }, mailbox.Folder, "copy_folder"},
		"no room":           {func(s *server, a *catalog.Account) { a.SentFolder = "INBOX"; s.poison[0] = "OVERQUOTA" }, mailbox.Filed, "copy_full"},
		"a refusal":         {func(s *server, a *catalog.Account) { a.SentFolder = "INBOX"; s.poison[0] = "NOPERM" }, mailbox.Filed, "copy_refused"},
		"a wrong password":  {func(_ *server, a *catalog.Account) { a.Receive.Password = "falsch" }, mailbox.SignIn, "password"},
		"nobody is at home": {func(_ *server, a *catalog.Account) { a.Receive.Port = closedPort(t) }, mailbox.Connect, "connect"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			account := s.account()
			c.change(s, &account)
			err := newFetchers(t, newDesk()).Append(t.Context(), account, account.SentFolder, sent("a@lindenau.example", "Gern."))
			if r := ResultOf(err); r.OK || r.Step != c.step || r.Key != "mailbox.remedy."+c.remedy {
				t.Errorf("%v: %+v", err, r)
			}
		})
	}
}

// Two jobs for one letter at the same moment leave one copy.
func TestAppendOneAtATime(t *testing.T) {
	s := newServer(t)
	must(t, s.user.Create("Sent", nil))
	f := newFetchers(t, newDesk())
	account := s.account()
	done := make(chan error, 4)
	for range cap(done) {
		go func() { done <- f.Append(t.Context(), account, "", sent("a@lindenau.example", "Gern.")) }()
	}
	for range cap(done) {
		must(t, <-done)
	}
	if texts, _, _ := s.held(t, "Sent"); len(texts) != 1 {
		t.Errorf("%d copies", len(texts))
	}
}

// A mailbox that takes long keeps no copies of others waiting for ever.
func TestAppendWaitsAMoment(t *testing.T) {
	s := newServer(t)
	f := newFetchers(t, newDesk())
	slow := s.account()
	slow.ID = ids.New()
	done, ok := f.turns.take(t.Context(), slow.ID)
	if !ok {
		t.Fatal("the first one has no turn")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Append(gone, slow, "", sent("a@lindenau.example", "Gern.")); !errors.Is(err, ErrBusy) {
		t.Errorf("a second one at the same time: %v", err)
	}
	must(t, s.user.Create("Sent", nil))
	must(t, f.Append(t.Context(), s.account(), "", sent("a@lindenau.example", "Gern.")))
	done()
	must(t, f.Append(t.Context(), slow, "", sent("b@lindenau.example", "Gern.")))
}

// A large copy is sent as it is read, and a reader that fails leaves nothing behind.
func TestAppendLargeAndBroken(t *testing.T) {
	s := newServer(t)
	must(t, s.user.Create("Sent", nil))
	f := newFetchers(t, newDesk())
	large := sent("groß@lindenau.example", strings.Repeat("Zeile mit etwas Text\r\n", 200_000))
	must(t, f.Append(t.Context(), s.account(), "", large))
	broken := sent("b@lindenau.example", "x")
	broken.Raw = &brokenReader{rest: bytes.Repeat([]byte("x"), 10)}
	if err := f.Append(t.Context(), s.account(), "", broken); err == nil {
		t.Error("half a mail is kept")
	}
	if texts, _, _ := s.held(t, "Sent"); len(texts) != 1 || int64(len(texts[0])) != large.Size {
		t.Errorf("%d copies", len(texts))
	}
}

type brokenReader struct{ rest []byte }

func (b *brokenReader) Read(p []byte) (int, error) {
	n := copy(p, b.rest)
	if b.rest = b.rest[n:]; n == 0 {
		return 0, errors.New("the disk is gone")
	}
	return n, nil
}
