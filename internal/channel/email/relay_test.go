package email

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"lotse/internal/catalog"
	"lotse/internal/channel/email/oauth"
	"lotse/internal/outbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
)

// tokenServer gives one access token after the other.
func tokenServer(t *testing.T, answer func(n int) string) (catalog.OAuthSettings, *atomic.Int64) {
	t.Helper()
	var given atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, answer(int(given.Add(1))))
	}))
	t.Cleanup(srv.Close)
	return catalog.OAuthSettings{TokenURL: srv.URL, ClientID: "lotse", RefreshToken: "r0"}, &given
}

func aToken(n int) string { return fmt.Sprintf(`{"access_token":"t%d","expires_in":3600}`, n) }

// authLines are what a server was told to sign in with, decoded.
func authLines(s *scripted) []string {
	var said []string
	for _, line := range s.commands() {
		if parts := strings.Fields(line); len(parts) == 3 && parts[0] == "AUTH" {
			raw, _ := base64.StdEncoding.DecodeString(parts[2])
			said = append(said, parts[1]+" "+string(raw))
		}
	}
	return said
}

func TestSignInByToken(t *testing.T) {
	for auth, want := range map[string]string{
		catalog.ByXOAuth2:     "XOAUTH2 user=hilfe@lindenau.example\x01auth=Bearer t1\x01\x01",
		catalog.ByOAuthBearer: "OAUTHBEARER n,a=hilfe@lindenau.example,\x01host=127.0.0.1\x01port=%d\x01auth=Bearer t1\x01\x01",
	} {
		srv := startScript(t, script{offers: []string{"250-AUTH PLAIN XOAUTH2 OAUTHBEARER"}})
		r := srv.relay("none")
		r.User, r.Auth = "hilfe@lindenau.example", auth
		var given *atomic.Int64
		r.OAuth, given = tokenServer(t, aToken)
		a := testAdapter(t, nil)
		for range 3 {
			if _, err := a.Send(t.Context(), r, outgoing(), func() error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if strings.Contains(want, "%d") {
			want = fmt.Sprintf(want, r.Port)
		}
		if said := authLines(srv); len(said) != 1 || said[0] != want || given.Load() != 1 {
			t.Errorf("%s: said %q with %d tokens", auth, said, given.Load())
		}
	}
}

// A token that was good and is refused now is renewed, once: the mail does not wait.
func TestStaleTokenIsRenewed(t *testing.T) {
	srv := startScript(t, script{offers: []string{"250-AUTH XOAUTH2"}, onceOnly: true})
	r := srv.relay("none")
	r.User, r.Auth = "hilfe", catalog.ByXOAuth2
	var given *atomic.Int64
	r.OAuth, given = tokenServer(t, aToken)
	a := testAdapter(t, nil)
	send := func() error {
		_, err := a.Send(t.Context(), r, outgoing(), func() error { return nil })
		return err
	}
	if err := send(); err != nil {
		t.Fatal(err)
	}
	srv.refuseToken("t1")
	if err := send(); err != nil || given.Load() != 2 {
		t.Errorf("the second mail: %v after %d tokens", err, given.Load())
	}
	srv.refuseToken("t2")
	srv.refuseToken("t3")
	err := send()
	e := outbox.AsSendError(err)
	if e.Outcome != outbox.Retry || e.Code != 535 || e.Relay == nil || given.Load() != 3 {
		t.Errorf("a mailbox that was locked: %v after %d tokens", err, given.Load())
	}
	var fault *errs.Error
	if !errors.As(e.Relay, &fault) || fault.Key != "mail.probe.bearer" || fault.Field != "user" {
		t.Errorf("the mailbox shows %v", e.Relay)
	}
}

func TestNoToken(t *testing.T) {
	for answer, want := range map[string][2]string{
		`{"error":"invalid_grant"}`:  {"refresh_token", "mail.probe.token_revoked"},
		`{"error":"invalid_client"}`: {"client_id", "mail.probe.token_client"},
		`{"error":"invalid_scope"}`:  {"scope", "mail.probe.token_scope"},
		`<html>`:                     {"token_url", "mail.probe.token_server"},
	} {
		srv := startScript(t, script{offers: []string{"250-AUTH XOAUTH2"}})
		r := srv.relay("none")
		r.User, r.Auth = "hilfe", catalog.ByXOAuth2
		r.OAuth, _ = tokenServer(t, func(int) string { return answer })
		a := testAdapter(t, nil)
		_, err := a.Send(t.Context(), r, outgoing(), func() error { return nil })
		for _, err := range []error{outbox.AsSendError(err).Relay, a.Probe(t.Context(), r)} {
			var fault *errs.Error
			if !errors.As(err, &fault) || fault.Field != want[0] || fault.Key != want[1] {
				t.Errorf("%s: %v", answer, err)
			}
		}
		if len(authLines(srv)) != 0 {
			t.Error("it signs in without a token")
		}
	}
}

// What concerns the mailbox is told from what concerns the mail.
func TestFaultOfTheRelay(t *testing.T) {
	for name, c := range map[string]struct {
		script script
		key    string
	}{
		"no greeting":     {script{greeting: "421 busy"}, "mail.probe.hello"},
		"password":        {script{offers: []string{"250-AUTH PLAIN"}, auth: "535 5.7.8 wrong"}, "mail.probe.auth"},
		"no way":          {script{offers: []string{"250-AUTH CRAM-MD5"}}, "mail.probe.no_auth"},
		"silence":         {script{offers: []string{"250-AUTH PLAIN"}, mail: "drop"}, "mail.probe.hello"},
		"nonsense":        {script{offers: []string{"250-AUTH PLAIN"}, mail: "hello"}, "mail.probe.hello"},
		"the mail":        {script{offers: []string{"250-AUTH PLAIN"}, rcpt: "550 5.1.1 unknown"}, ""},
		"the mail, later": {script{offers: []string{"250-AUTH PLAIN"}, mail: "451 4.7.1 greylisted"}, ""},
	} {
		srv := startScript(t, c.script)
		r := srv.relay("none")
		r.User, r.Password = "hilfe", "geheim"
		_, err := testAdapter(t, nil).Send(t.Context(), r, outgoing(), func() error { return nil })
		var fault *errs.Error
		if e := outbox.AsSendError(err); errors.As(e.Relay, &fault) != (c.key != "") || c.key != "" && fault.Key != c.key {
			t.Errorf("%s: %v", name, e.Relay)
		}
	}
}

// A relay that takes few connections at once gets no more, and every mail leaves.
func TestFewConnections(t *testing.T) {
	srv := startScript(t, script{most: 2, slow: 5 * time.Millisecond})
	a := testAdapter(t, nil)
	var wg sync.WaitGroup
	var failed atomic.Int64
	for range 30 {
		wg.Go(func() {
			if _, err := a.Send(t.Context(), srv.relay("none"), outgoing(), func() error { return nil }); err != nil {
				t.Log(err)
				failed.Add(1)
			}
		})
	}
	wg.Wait()
	srv.mu.Lock()
	defer srv.mu.Unlock()
	if failed.Load() != 0 || len(srv.mails) != 30 {
		t.Errorf("%d failed, %d arrived", failed.Load(), len(srv.mails))
	}
	if srv.conns > maxOpen+2 {
		t.Errorf("%d connections for 30 mails", srv.conns)
	}
}

func TestPool(t *testing.T) {
	p, r := newPool(), outbox.Relay{Host: "smtp.lindenau.example"}
	for range maxOpen {
		if l, freed := p.try(r); l != nil || freed != nil {
			t.Fatal("no place for a connection")
		}
	}
	if _, freed := p.try(r); freed == nil {
		t.Error("a place too many")
	}
	p.opened(r)
	p.release(r, false)
	p.narrow(r)
	if _, freed := p.try(r); freed == nil {
		t.Error("a server that takes no more is asked for more")
	}
	if l, freed := p.tryOther(r); l != nil || freed == nil {
		t.Error("there are others to wait for")
	}
	for i := range maxOpen - 1 {
		p.release(r, i == 0)
	}
	if l, err := p.other(t.Context(), r); l != nil || err != nil {
		t.Errorf("there is nothing to wait for: %v", err)
	}
}

// Mails for a server whose connections are all busy come back later: that is no attempt,
// and meanwhile others can be sent.
func TestBusyConnectionsKeepNobodyWaiting(t *testing.T) {
	a := testAdapter(t, nil)
	r := outbox.Relay{Host: "127.0.0.1", Port: 1, Security: "none"}
	for range maxOpen { // all are in use
		if _, err := a.pool.take(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	begin := time.Now()
	_, err := a.Send(t.Context(), r, outgoing(), func() error { t.Error("committed"); return nil })
	if took := time.Since(begin); !errors.Is(err, outbox.ErrBusy) || took > 10*takeTime {
		t.Errorf("after %v: %v", took, err)
	}
	a.pool.opened(r)
	if _, err := a.pool.other(t.Context(), r); !errors.Is(err, outbox.ErrBusy) {
		t.Errorf("one that takes no more: %v", err)
	}
}

// A server that says its answer letter by letter has no more time for it than one that
// is silent.
func TestASlowAnswerEnds(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	go func() {
		for {
			if _, err := theirs.Write([]byte("2")); err != nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	c := &timedConn{Conn: ours}
	c.limit(time.Minute)
	if _, err := io.ReadFull(c, make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	c.limitAll(20 * time.Millisecond)
	if n, err := io.ReadFull(c, make([]byte, 1<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("%d bytes, %v", n, err)
	}
	c.limit(time.Minute)
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Errorf("the next mail: %v", err)
	}
	_ = c.Close()
}

func TestTooMany(t *testing.T) {
	for want, all := range map[bool][]error{
		true: {&smtp.SMTPError{Code: 421, Message: "busy"}, &smtp.SMTPError{Code: 432, Message: "x"}, &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 3, 2}},
			&smtp.SMTPError{Code: 450, Message: "Too many connections from you"}, failedAt(stepHello, &smtp.SMTPError{Code: 454, Message: "concurrent sessions exceeded"})},
		false: {errors.New("too many"), &smtp.SMTPError{Code: 550, Message: "too many"}, &smtp.SMTPError{Code: 451, Message: "greylisted"}, nil},
	} {
		for _, err := range all {
			if tooMany(err) != want {
				t.Errorf("%v: %v", err, !want)
			}
		}
	}
}

// ownStore is a store nobody else uses.
type ownStore struct{ told []string }

func (*ownStore) Turn(context.Context, string) (func(), error) { return func() {}, nil }

func (*ownStore) Tokens(_ context.Context, o catalog.OAuthSettings) (catalog.Tokens, error) {
	return catalog.Tokens{Refresh: o.RefreshToken}, nil
}

func (k *ownStore) KeepTokens(_ context.Context, o catalog.OAuthSettings, given catalog.Tokens) error {
	k.told = append(k.told, o.RefreshToken+">"+given.Refresh)
	return nil
}

// Fetching and sending with the same settings have the same token, also after the
// server gave another refresh token in exchange.
func TestSourcesAreShared(t *testing.T) {
	settings, given := tokenServer(t, func(n int) string {
		return fmt.Sprintf(`{"access_token":"t%d","expires_in":60,"refresh_token":"r%d"}`, n, n)
	})
	kept := &ownStore{}
	now := clock.NewFixed(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	all := oauth.New(oauth.NewClient(nil), now, kept)
	source := all.Of(settings)
	for range 3 {
		if _, _, err := source.Get(t.Context()); err != nil {
			t.Fatal(err)
		}
		now.Advance(time.Minute)
	}
	settings.RefreshToken = "r2"
	other := settings
	other.ClientID = "another"
	if all.Of(settings) != source || all.Of(other) == source || given.Load() != 3 || strings.Join(kept.told, " ") != "r0>r1 r1>r2 r2>r3" {
		t.Errorf("%d tokens, told %v", given.Load(), kept.told)
	}
}
