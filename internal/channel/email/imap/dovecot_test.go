//go:build peers

package imap

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/mailbox"
	"lotse/internal/platform/clock"
	"lotse/test/program"
)

const boxUser = "hilfe@lindenau.example"

// someMails is how many mails a large mailbox has: few in the check, as many as
// in life with SOAK set.
func someMails(few, many int) int {
	if os.Getenv("SOAK") != "" {
		return many
	}
	return few
}

// tokenAuthority gives access tokens and tells Dovecot which are good.
type tokenAuthority struct {
	*httptest.Server
	mu      sync.Mutex
	refresh string
	good    map[string]bool
	given   int
}

func newTokenAuthority(t *testing.T) *tokenAuthority {
	a := &tokenAuthority{refresh: "r0", good: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if r.FormValue("refresh_token") != a.refresh {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"invalid_grant","error_description":"revoked"}`)
			return
		}
		a.given++
		token := fmt.Sprintf("token-%d", a.given)
		a.good[token] = true
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": token, "expires_in": 3600})
	})
	mux.HandleFunc("GET /introspect", func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if !a.good[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")] {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"email": boxUser, "active": "true"})
	})
	a.Server = httptest.NewServer(mux)
	t.Cleanup(a.Close)
	return a
}

func (a *tokenAuthority) revoke(refresh string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.good)
	a.refresh = refresh
}

func startDovecot(t *testing.T, introspect string) *program.Dovecot {
	t.Helper()
	s, err := program.StartDovecot(introspect)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Dovecot says:\n%s", s.Log())
		}
		_ = s.Remove()
	})
	return s
}

// boxAt is the account at a Dovecot, over TLS.
func boxAt(s *program.Dovecot) catalog.Account {
	a := account("127.0.0.1", s.IMAPS)
	a.Receive.Security, a.Receive.User, a.Receive.Password = catalog.TLS, boxUser, program.BoxPassword
	return a
}

// realFetchers trusts Dovecot's certificate and waits as long as in life, but for
// what a test would wait for.
func realFetchers(t *testing.T, s *program.Dovecot, d *desk) *Fetchers {
	t.Helper()
	text, err := os.ReadFile(s.Cert)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	f := New(Parts{Host: d, Mailboxes: d, MaxBytes: 3 << 20, SpoolDir: t.TempDir(), Roots: roots, Log: newFetchers(t, d).Log, Clock: clock.System{}})
	f.timing.look, f.timing.backoff, f.timing.lease, f.timing.refused = 20*time.Millisecond, 50*time.Millisecond, 2*time.Second, time.Second
	return f
}

func fill(t *testing.T, s *program.Dovecot, from, to int) {
	t.Helper()
	now := time.Now()
	fillAt(t, s, from, to, func(int) time.Time { return now })
}

func fillAt(t *testing.T, s *program.Dovecot, from, to int, at func(i int) time.Time) {
	t.Helper()
	must(t, s.Fill(boxUser, from, to-from+1, at, func(i int) []byte { return []byte(letter(fmt.Sprintf("Frage %d", i))) }))
}

// TestDovecotSignsUsIn signs in every way, over every kind of connection, and says
// which step failed.
func TestDovecotSignsUsIn(t *testing.T) {
	t.Parallel()
	authority := newTokenAuthority(t)
	s := startDovecot(t, authority.URL+"/introspect")
	f := realFetchers(t, s, newDesk())
	oauth := func(r *catalog.ReceiveSettings, way string) {
		r.Auth, r.Password = way, ""
		r.OAuth = catalog.OAuthSettings{TokenURL: authority.URL + "/token", ClientID: "lotse", RefreshToken: "r0"}
	}
	for _, c := range []struct {
		name   string
		change func(*catalog.ReceiveSettings)
		last   mailbox.Step
		remedy string
	}{
		{"TLS", func(*catalog.ReceiveSettings) {}, mailbox.Read, ""},
		{"STARTTLS", func(r *catalog.ReceiveSettings) { r.Security, r.Port = catalog.StartTLS, s.IMAP }, mailbox.Read, ""},
		{"clear", func(r *catalog.ReceiveSettings) { r.Security, r.Port = catalog.NoSecurity, s.IMAP }, mailbox.Read, ""},
		{"XOAUTH2", func(r *catalog.ReceiveSettings) { oauth(r, catalog.ByXOAuth2) }, mailbox.Read, ""},
		{"OAUTHBEARER", func(r *catalog.ReceiveSettings) { oauth(r, catalog.ByOAuthBearer) }, mailbox.Read, ""},
		{"wrong password", func(r *catalog.ReceiveSettings) { r.Password = "falsch" }, mailbox.SignIn, "password"},
		{"no folder", func(r *catalog.ReceiveSettings) { r.Folder = "Übergabe" }, mailbox.Folder, "folder"},
		{"wrong port", func(r *catalog.ReceiveSettings) { r.Port = s.IMAP }, mailbox.Secure, "no_tls"},
		{"wrong name", func(r *catalog.ReceiveSettings) { r.Host = "127.0.0.2" }, mailbox.Connect, "connect"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := boxAt(s).Receive
			c.change(&r)
			steps := f.TestReceive(t.Context(), r)
			last := steps[len(steps)-1]
			if last.Step != c.last || last.OK != (c.remedy == "") || c.remedy != "" && last.Key != "mailbox.remedy."+c.remedy {
				t.Errorf("last step %+v", last)
			}
		})
	}
}

// TestDovecotDays is a first look at a mailbox that is large already, then three
// days in which nobody fetches while many mails come and the permission to sign in
// runs out. What came then has the time at which it came.
func TestDovecotDays(t *testing.T) {
	t.Parallel()
	authority := newTokenAuthority(t)
	s := startDovecot(t, authority.URL+"/introspect")
	first, away := someMails(300, 10_000), someMails(200, 5_000)
	left := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	now := clock.NewFixed(left)
	box := boxAt(s)
	box.Receive.Auth, box.Receive.Password = catalog.ByOAuthBearer, ""
	box.Receive.OAuth = catalog.OAuthSettings{TokenURL: authority.URL + "/token", ClientID: "lotse", RefreshToken: "r0"}
	d := newDesk(box)
	f := realFetchers(t, s, d)
	f.Clock = now
	fillAt(t, s, 1, first, func(int) time.Time { return left.Add(-time.Hour) })
	stop := run(t, f)
	begin := time.Now()
	waitLong(t, d, first)
	t.Logf("first look at %d mails: %v", first, time.Since(begin))
	stop()

	came := func(i int) time.Time {
		return left.Add(72 * time.Hour * time.Duration(i-first) / time.Duration(away)).Truncate(time.Second)
	}
	fillAt(t, s, first+1, first+away, came)
	now.Advance(72 * time.Hour)
	authority.revoke("r0") // the access token of three days ago; the refresh token stays
	run(t, f)
	begin = time.Now()
	waitLong(t, d, first+away)
	t.Logf("%d mails after three days: %v", away, time.Since(begin))
	// A Dovecot that looks into the folder while mails are put there numbers some
	// of them in another order: here it counts that each came, and once.
	got, want := d.subjects(), numbers(1, first+away)
	slices.Sort(got)
	slices.Sort(want)
	same(t, got, want)
	if d.twice() != 0 {
		t.Errorf("%d came twice", d.twice())
	}
	for _, k := range d.all() {
		var i int
		_, err := fmt.Sscanf(k.subject, "Frage %d", &i)
		must(t, err)
		if at := k.arrival.Trace.At; i > first && !at.Equal(came(i)) {
			t.Fatalf("%s came at %v, the desk says %v", k.subject, came(i), at)
		}
	}
}

func waitLong(t *testing.T, d *desk, n int) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); len(d.subjects()) < n; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d of %d mails came", len(d.subjects()), n)
		}
	}
}

// TestDovecotKilledInIdle kills the server while we wait for mail.
func TestDovecotKilledInIdle(t *testing.T) {
	t.Parallel()
	s := startDovecot(t, "")
	d := newDesk(boxAt(s))
	id := d.accounts[0].ID
	run(t, realFetchers(t, s, d))
	until(t, "it is open", func() bool { return d.last(id).OK })
	fill(t, s, 1, 1)
	begin := time.Now()
	d.wait(t, 1) // by IDLE: the next look would be in half a minute
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("a mail took %v", took)
	}
	must(t, s.Kill())
	fill(t, s, 2, 3)
	until(t, "it is noted", func() bool { return d.last(id).Key == "mailbox.remedy.connect" })
	must(t, s.Start())
	d.wait(t, 3)
	until(t, "it is well again", func() bool { return d.last(id).OK })
	same(t, d.subjects(), numbers(1, 3))
}

// TestDovecotOtherUIDs deletes mails, gives all others other UIDs and goes on.
func TestDovecotOtherUIDs(t *testing.T) {
	t.Parallel()
	s := startDovecot(t, "")
	d := newDesk(boxAt(s))
	fill(t, s, 1, 5)
	stop := run(t, realFetchers(t, s, d))
	d.wait(t, 5)
	stop()
	fill(t, s, 6, 8)
	must(t, s.Delete(boxUser, 2))
	must(t, s.Delete(boxUser, 7)) // before we saw it
	stop = run(t, realFetchers(t, s, d))
	d.wait(t, 7)
	stop()
	must(t, s.Stop())
	must(t, s.ForgetUIDs(boxUser))
	fill(t, s, 9, 9)
	must(t, s.Start())
	run(t, realFetchers(t, s, d))
	d.wait(t, 8)
	same(t, d.subjects(), append(numbers(1, 6), "Frage 8", "Frage 9"))
	if d.twice() != 6 {
		t.Errorf("%d came again, want 6", d.twice())
	}
}

// TestDovecotTokenRevoked takes the authorisation away while mail is fetched; an
// administrator gives another.
func TestDovecotTokenRevoked(t *testing.T) {
	t.Parallel()
	authority := newTokenAuthority(t)
	s := startDovecot(t, authority.URL+"/introspect")
	a := boxAt(s)
	a.Receive.Auth, a.Receive.Password = catalog.ByOAuthBearer, ""
	a.Receive.OAuth = catalog.OAuthSettings{TokenURL: authority.URL + "/token", ClientID: "lotse", RefreshToken: "r0"}
	d := newDesk(a)
	fill(t, s, 1, 1)
	run(t, realFetchers(t, s, d))
	d.wait(t, 1)
	authority.revoke("r1")
	must(t, s.Stop()) // or the session would go on
	must(t, s.Start())
	until(t, "it is noted", func() bool {
		r := d.last(a.ID)
		return r.Step == mailbox.Token && r.Key == "mailbox.remedy.token_revoked"
	})
	fill(t, s, 2, 2)
	d.set(func() { d.accounts[0].Receive.OAuth.RefreshToken = "r1" })
	d.wait(t, 2)
	until(t, "it is well again", func() bool { return d.last(a.ID).OK })
}

// TestDovecotTwoNodes lets two nodes fetch one mailbox; the first dies.
func TestDovecotTwoNodes(t *testing.T) {
	t.Parallel()
	s := startDovecot(t, "")
	d := newDesk(boxAt(s))
	fill(t, s, 1, 150)
	stop := run(t, realFetchers(t, s, d))
	run(t, realFetchers(t, s, d))
	waitLong(t, d, 150)
	stop()
	fill(t, s, 151, 160)
	d.wait(t, 160)
	same(t, d.subjects(), numbers(1, 160))
	if d.twice() != 0 {
		t.Errorf("%d were fetched twice", d.twice())
	}
}

// TestDovecotKeepsCopies puts copies into the folder a Dovecot marks for sent mails, by
// password and by token, each once.
func TestDovecotKeepsCopies(t *testing.T) {
	t.Parallel()
	authority := newTokenAuthority(t)
	s := startDovecot(t, authority.URL+"/introspect")
	f := realFetchers(t, s, newDesk())
	byPassword, byToken := boxAt(s), boxAt(s)
	byToken.Receive.Auth, byToken.Receive.Password = catalog.ByXOAuth2, ""
	byToken.Receive.OAuth = catalog.OAuthSettings{TokenURL: authority.URL + "/token", ClientID: "lotse", RefreshToken: "r0"}
	for _, account := range []catalog.Account{byPassword, byToken, byPassword} {
		must(t, f.Append(t.Context(), account, "", sent("kopie@lindenau.example", "Gern.")))
	}
	must(t, f.Append(t.Context(), byToken, "", sent("noch-eine@lindenau.example", strings.Repeat("Gern. ", 300_000))))
	c, err := f.connect(t.Context(), byPassword.Receive, nil, nil)
	must(t, err)
	defer c.bye()
	folder, err := c.sentFolder()
	must(t, err)
	_, err = c.open(folder)
	must(t, err)
	uids, err := c.find(1, 0, time.Time{})
	must(t, err)
	if folder != "Sent" || len(uids) != 2 {
		t.Errorf("%d copies in %q", len(uids), folder)
	}
	if err := f.Append(t.Context(), byPassword, "Ablage", sent("kopie@lindenau.example", "Gern.")); ResultOf(err).Key != "mailbox.remedy.copy_folder" {
		t.Errorf("a folder that is not there: %v", err)
	}
}
