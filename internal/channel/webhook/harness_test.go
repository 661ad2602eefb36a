package webhook

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/channel"
	"lotse/internal/channel/email"
	"lotse/internal/intake"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

const publicURL = "https://desk.lindenau.example"

// start is when the signatures of the payloads were made.
var start = time.Unix(1366071615, 0)

// stored is a payload of testdata: the head of the request and its body.
type stored struct {
	header http.Header
	body   []byte
}

// load reads a payload as it was recorded.
func load(t testing.TB, name string) stored {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "multimail", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(bytes.NewReader(b))
	if _, err := r.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	h, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	return stored{http.Header(h), body.Bytes()}
}

// desk stands in for the rest of Lotse: one mailbox, its hooks, and what was kept.
type desk struct {
	*Adapter
	t       testing.TB
	clock   *clock.Fixed
	account catalog.Account
	web     *http.ServeMux
	log     bytes.Buffer

	mu    sync.Mutex
	hooks map[ids.ID]catalog.Hook
	used  int
	kept  []intake.Arrival
	fails error // what keeping ends with
	peer  string
}

func newDesk(t testing.TB) *desk {
	d := &desk{t: t, clock: clock.NewFixed(start), hooks: map[ids.ID]catalog.Hook{}, peer: "192.0.2.1", web: http.NewServeMux(),
		account: catalog.Account{ID: ids.New(), BrandID: ids.New(), Channel: catalog.Email, Address: "hilfe@lindenau.example", Active: true}}
	mail := mailReader(t)
	d.Adapter = New(channel.Env{Host: d, Hooks: d, PublicURL: publicURL, Clock: d.clock, Log: slog.New(slog.NewTextHandler(&d.log, nil)),
		Client: func(*http.Request) string { return d.peer }, Reader: func(string) intake.Reader { return mail }})
	d.Routes(d.web)
	return d
}

func mailReader(t testing.TB) intake.Reader {
	a, err := channel.Make(email.Kind, channel.Env{Settings: map[string]string{"hostname": "mx.lindenau.example"}, SpoolDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Accounts returns the mailbox.
func (d *desk) Accounts(context.Context, string) ([]catalog.Account, error) {
	if !d.account.Active {
		return nil, nil
	}
	return []catalog.Account{d.account}, nil
}

// Accept keeps as the intake does: once for each key.
func (d *desk) Accept(_ context.Context, a intake.Arrival) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fails != nil {
		return d.fails
	}
	for _, k := range d.kept {
		if a.Key != nil && bytes.Equal(k.Key, a.Key) || a.Key == nil && bytes.Equal(k.Raw, a.Raw) {
			return nil
		}
	}
	d.kept = append(d.kept, a)
	return nil
}

// Hook finds a hook.
func (d *desk) Hook(_ context.Context, id ids.ID) (catalog.Hook, error) {
	h, ok := d.hooks[id]
	if !ok || !h.Active {
		return catalog.Hook{}, errs.New(errs.NotFound, "hook.not_found")
	}
	return h, nil
}

// HookUsed counts.
func (d *desk) HookUsed(context.Context, catalog.Hook) error {
	d.used++
	return nil
}

func (d *desk) hook(provider, secret string) catalog.Hook {
	h := catalog.Hook{ID: ids.New(), BrandID: d.account.BrandID, AccountID: d.account.ID, Provider: provider, Secret: secret, Active: true}
	d.hooks[h.ID] = h
	return h
}

// post hands a payload over; change may alter the request.
func (d *desk) post(h catalog.Hook, s stored, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/hooks/"+h.ID.String(), bytes.NewReader(s.body))
	r.Header = s.header.Clone()
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	d.web.ServeHTTP(w, r)
	return w
}

func password(user, word string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(user, word) }
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// read reads what was kept, as the lane does.
func (d *desk) read(a intake.Arrival) (*intake.Incoming, error) {
	return d.Read(context.Background(), bytes.NewReader(a.Raw), a.Trace)
}

func (d *desk) want(what string, w *httptest.ResponseRecorder, status, kept int) {
	d.t.Helper()
	if w.Code != status || len(d.kept) != kept {
		d.t.Errorf("%s: %d and %d kept, want %d and %d: %s", what, w.Code, len(d.kept), status, kept, strings.TrimSpace(w.Body.String()))
	}
}

// said is a message in one line, to compare.
func said(in *intake.Incoming) string {
	var files []string
	for _, p := range in.Parts {
		file := p.Name
		if file != "attachments.txt" {
			file += " " + p.ContentType
		}
		if len(p.Content) < 100 {
			file += fmt.Sprintf(" %q", strings.TrimSpace(string(p.Content)))
		}
		files = append(files, file)
	}
	return fmt.Sprintf("%s <%s> | %s | %.12q | html %v | %v | %v | %v", in.From.Name, in.From.Value, in.Subject, in.Text, in.HTML != "", in.Tokens, files, in.Warnings)
}

func encode(s string) string { return url.QueryEscape(s) }
