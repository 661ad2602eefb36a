package imap

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"lotse/internal/catalog"
	"lotse/internal/channel/email/oauth"
	"lotse/internal/mailbox"
	"lotse/internal/platform/clock"
)

// authority is an authorisation server that gives tokens to one mail server.
type authority struct {
	*httptest.Server
	mail *server

	mu      sync.Mutex
	refresh string // the refresh token that is good
	rotate  bool   // another one comes with each access token
	given   int
	life    string // of access tokens in seconds, as JSON
	asked   []string
}

func newAuthority(t testing.TB, s *server) *authority {
	a := &authority{mail: s, refresh: "r0", life: "3600"}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_ = r.ParseForm()
	a.asked = append(a.asked, r.PostForm.Encode())
	if r.PostForm.Get("grant_type") == "refresh_token" && r.PostForm.Get("refresh_token") != a.refresh {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant","error_description":"Token has been expired or revoked."}`)
		return
	}
	if r.PostForm.Get("client_id") != "lotse" {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":"invalid_client"}`)
		return
	}
	a.given++
	token := fmt.Sprintf("t%d", a.given)
	a.mail.set(func() { a.mail.tokens[token] = true })
	more := ""
	if a.rotate {
		a.refresh = fmt.Sprintf("r%d", a.given)
		more = fmt.Sprintf(`,"refresh_token":%q`, a.refresh)
	}
	fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":%s%s}`, token, a.life, more)
}

func (a *authority) set(change func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change()
}

func (a *authority) account(way string) catalog.Account {
	account := a.mail.account()
	account.Receive.Auth, account.Receive.Password = way, ""
	account.Receive.OAuth = catalog.OAuthSettings{TokenURL: a.URL, ClientID: "lotse", ClientSecret: "s", RefreshToken: "r0", Scope: "imap"}
	return account
}

func TestOAuth(t *testing.T) {
	for _, way := range []string{catalog.ByXOAuth2, catalog.ByOAuthBearer} {
		t.Run(way, func(t *testing.T) {
			s := newServer(t)
			a := newAuthority(t, s)
			d := newDesk(a.account(way))
			s.mail("Frage 1")
			run(t, newFetchers(t, d))
			d.wait(t, 1)
			s.hangUp() // the token is remembered
			s.mail("Frage 2")
			d.wait(t, 2)
			if a.given != 1 {
				t.Errorf("%d tokens", a.given)
			}
			s.set(func() { clear(s.tokens) }) // it was refused: another one is fetched at once
			s.hangUp()
			s.mail("Frage 3")
			d.wait(t, 3)
			if a.given != 2 || a.asked[0] != "client_id=lotse&client_secret=s&grant_type=refresh_token&refresh_token=r0&scope=imap" {
				t.Errorf("%d tokens, asked %q", a.given, a.asked)
			}
			for _, r := range d.noted(d.accounts[0].ID) {
				if !r.OK {
					t.Errorf("noted %+v", r)
				}
			}
		})
	}
}

func TestRevokedAndRenewed(t *testing.T) {
	s := newServer(t)
	a := newAuthority(t, s)
	d := newDesk(a.account(catalog.ByOAuthBearer))
	id := d.accounts[0].ID
	s.mail("Frage 1")
	run(t, newFetchers(t, d))
	d.wait(t, 1)
	a.set(func() { a.refresh = "r9" })
	s.set(func() { clear(s.tokens) })
	s.hangUp()
	until(t, "it is noted", func() bool { return d.last(id).Key == "mailbox.remedy.token_revoked" })
	if r := d.last(id); r.Step != mailbox.Token || r.Field != "receive_refresh_token" || !strings.Contains(fmt.Sprint(r.Args["Words"]), "expired or revoked") {
		t.Errorf("noted %+v", r)
	}
	s.mail("Frage 2")
	d.set(func() { d.accounts[0].Receive.OAuth.RefreshToken = "r9" }) // an administrator authorises anew
	d.wait(t, 2)
	until(t, "it is well", func() bool { return d.last(id).OK })
}

func TestRotatedTokensAreStored(t *testing.T) {
	s := newServer(t)
	a := newAuthority(t, s)
	a.rotate, a.life = true, "0.05"
	d := newDesk(a.account(catalog.ByOAuthBearer))
	s.mail("Frage 1")
	run(t, newFetchers(t, d))
	d.wait(t, 1)
	d.set(func() { d.down = errDown }) // storing fails for a while
	s.hangUp()
	until(t, "a second token is given", func() bool { a.mu.Lock(); defer a.mu.Unlock(); return a.given > 1 })
	d.set(func() { d.down = nil })
	s.hangUp()
	until(t, "the newest is stored", func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.accounts[0].Receive.OAuth.RefreshToken == a.refresh
	})
	s.mail("Frage 2")
	d.wait(t, 2)
	if d.rotated[0] != "r0>r1" || d.rotated[1] != "r1>r2" {
		t.Errorf("rotated %v", d.rotated)
	}
}

func TestTryingKeepsARotatedToken(t *testing.T) {
	s := newServer(t)
	a := newAuthority(t, s)
	a.rotate = true
	d := newDesk(a.account(catalog.ByOAuthBearer))
	steps := newFetchers(t, d).TestReceive(t.Context(), d.accounts[0].Receive)
	if last := steps[len(steps)-1]; !last.OK || d.accounts[0].Receive.OAuth.RefreshToken != "r1" {
		t.Errorf("last step %+v, kept %q", last, d.accounts[0].Receive.OAuth.RefreshToken)
	}
}

func TestClientCredentials(t *testing.T) {
	s := newServer(t)
	a := newAuthority(t, s)
	account := a.account(catalog.ByXOAuth2)
	account.Receive.OAuth.RefreshToken = ""
	d := newDesk(account)
	s.mail("Frage 1")
	run(t, newFetchers(t, d))
	d.wait(t, 1)
	if a.asked[0] != "client_id=lotse&client_secret=s&grant_type=client_credentials&scope=imap" {
		t.Errorf("asked %q", a.asked)
	}
}

func TestTokenLife(t *testing.T) {
	a := newAuthority(t, newServer(t))
	now := clock.NewFixed(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	r := a.account(catalog.ByOAuthBearer).Receive
	for _, c := range []struct {
		life string
		good time.Duration // for how long it is used
	}{{"3600", 58 * time.Minute}, {`"3600"`, 58 * time.Minute}, {"60", 45 * time.Second}, {`"bald"`, 3 * time.Minute}, {"null", 3 * time.Minute}} {
		a.set(func() { a.life = c.life })
		tok := oauth.New(a.Client(), now, nil).Of(r.OAuth)
		first, fresh, err := tok.Get(t.Context())
		if err != nil || !fresh {
			t.Fatalf("%s: %v, %v", c.life, fresh, err)
		}
		now.Advance(c.good - time.Second)
		if again, fresh, _ := tok.Get(t.Context()); again != first || fresh {
			t.Errorf("%s: after %v another one", c.life, c.good-time.Second)
		}
		now.Advance(time.Minute)
		if again, fresh, _ := tok.Get(t.Context()); again == first || !fresh {
			t.Errorf("%s: after %v still the same", c.life, c.good+59*time.Second)
		}
	}
}

// TestTestReceive names the step that failed and what helps.
func TestTestReceive(t *testing.T) {
	cert, roots := certificate(t)
	plain := newServer(t)
	secured := newServer(t, func(s *server) { s.tls = &tls.Config{Certificates: []tls.Certificate{cert}} })
	plain.mail("Frage 1")
	auth := newAuthority(t, plain)
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	all := []mailbox.Step{mailbox.Lookup, mailbox.Connect, mailbox.SignIn, mailbox.Folder, mailbox.Read}
	for _, c := range []struct {
		name   string
		change func(*catalog.ReceiveSettings)
		good   []mailbox.Step
		failed mailbox.Step
		remedy string
	}{
		{name: "all is well", good: all},
		{"no such name", func(r *catalog.ReceiveSettings) { r.Host = "gibt-es-nicht.invalid" }, nil, mailbox.Lookup, "lookup"},
		{"nobody listens", func(r *catalog.ReceiveSettings) { r.Port = closedPort(t) }, all[:1], mailbox.Connect, "connect"},
		{"no mail server", func(r *catalog.ReceiveSettings) { r.Port = web.Listener.Addr().(*net.TCPAddr).Port }, all[:1], mailbox.Connect, "greeting"},
		{"no TLS there", func(r *catalog.ReceiveSettings) { r.Security = catalog.TLS }, all[:2], mailbox.Secure, "no_tls"},
		{"no STARTTLS there", func(r *catalog.ReceiveSettings) { r.Security = catalog.StartTLS }, all[:1], mailbox.Secure, "no_starttls"},
		{"STARTTLS", func(r *catalog.ReceiveSettings) { r.Security, r.Port = catalog.StartTLS, secured.port() },
			slices.Insert(slices.Clone(all), 2, mailbox.Secure), "", ""},
		{"wrong password", func(r *catalog.ReceiveSettings) { r.Password = "falsch" }, all[:2], mailbox.SignIn, "password"},
		{"no folder", func(r *catalog.ReceiveSettings) { r.Folder = "Hilfe/Öffentlich" }, all[:3], mailbox.Folder, "folder"},
		{"OAuth", func(r *catalog.ReceiveSettings) { *r = auth.account(catalog.ByXOAuth2).Receive },
			slices.Insert(slices.Clone(all), 2, mailbox.Token), "", ""},
		{"revoked", func(r *catalog.ReceiveSettings) {
			*r = auth.account(catalog.ByXOAuth2).Receive
			r.OAuth.RefreshToken = "alt"
		}, all[:2], mailbox.Token, "token_revoked"},
		{"no client", func(r *catalog.ReceiveSettings) { *r = auth.account(catalog.ByXOAuth2).Receive; r.OAuth.ClientID = "x" }, all[:2], mailbox.Token, "token_client"},
		{"no authority", func(r *catalog.ReceiveSettings) {
			*r = auth.account(catalog.ByXOAuth2).Receive
			r.OAuth.TokenURL = web.URL
		}, all[:2], mailbox.Token, "token_server"},
		{"token of another", func(r *catalog.ReceiveSettings) { *r = auth.account(catalog.ByXOAuth2).Receive; r.User = "andere" },
			[]mailbox.Step{mailbox.Lookup, mailbox.Connect, mailbox.Token}, mailbox.SignIn, "token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFetchers(t, newDesk())
			f.Roots = roots
			r := plain.account().Receive
			if c.change != nil {
				c.change(&r)
			}
			steps := f.TestReceive(t.Context(), r)
			var good []mailbox.Step
			for _, s := range steps {
				if s.OK {
					good = append(good, s.Step)
				}
			}
			if !slices.Equal(good, c.good) {
				t.Errorf("went well: %v, want %v", good, c.good)
			}
			last := steps[len(steps)-1]
			if c.failed == "" {
				if !last.OK {
					t.Errorf("failed: %+v", last)
				}
			} else if last.OK || last.Step != c.failed || last.Key != "mailbox.remedy."+c.remedy {
				t.Errorf("last step %+v, want %s, %s", last, c.failed, c.remedy)
			}
			if text := fmt.Sprint(steps); strings.Contains(text, "geheim") || strings.Contains(text, "falsch") {
				t.Errorf("a secret is in %s", text)
			}
		})
	}
}

func TestCertificatesAreChecked(t *testing.T) {
	cert, roots := certificate(t)
	s := newServer(t, func(s *server) { s.tls = &tls.Config{Certificates: []tls.Certificate{cert}} })
	r := s.account().Receive
	r.Security = catalog.StartTLS
	for _, c := range []struct {
		name, host, remedy string
		trusted            bool
	}{{"unknown authority", "127.0.0.1", "certificate", false}, {"trusted", "127.0.0.1", "", true}} {
		t.Run(c.name, func(t *testing.T) {
			f := newFetchers(t, newDesk())
			if c.trusted {
				f.Roots = roots
			}
			r.Host = c.host
			steps := f.TestReceive(t.Context(), r)
			last := steps[len(steps)-1]
			if c.remedy == "" && !last.OK || c.remedy != "" && (last.Step != mailbox.Secure || last.Key != "mailbox.remedy."+c.remedy) {
				t.Errorf("last step %+v", last)
			}
		})
	}
}

func TestPasswordsStayHere(t *testing.T) {
	for host, may := range map[string]bool{"127.0.0.1": true, "::1": true, "[::1]": true, "localhost": true, "192.168.1.4": false, "mail.example.org": false} {
		if got := mayTell(catalog.ReceiveSettings{Host: host, Security: catalog.NoSecurity}); got != may {
			t.Errorf("%s: %v", host, got)
		}
		if !mayTell(catalog.ReceiveSettings{Host: host, Security: catalog.TLS}) {
			t.Errorf("%s: not even over TLS", host)
		}
	}
}

func TestNoWayToSignIn(t *testing.T) {
	s := newServer(t, func(s *server) { s.caps = goimap.CapSet{goimap.CapIMAP4rev1: {}} })
	account := s.account()
	account.Receive.Auth = "oauthbearer2"
	f := newFetchers(t, newDesk())
	_, err := f.connect(context.Background(), account.Receive, nil, nil)
	if got := resultOf(err); got.Step != mailbox.SignIn || got.Key != "mailbox.remedy.no_oauth" {
		t.Errorf("result = %+v", got)
	}
}
