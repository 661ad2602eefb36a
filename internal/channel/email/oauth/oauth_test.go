package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/channel/email/oauth"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
)

func TestBearer(t *testing.T) {
	for auth, want := range map[string]string{
		catalog.ByXOAuth2:     "user=a,b=c@lindenau.example\x01auth=Bearer tok\x01\x01",
		catalog.ByOAuthBearer: "n,a=a=2Cb=3Dc@lindenau.example,\x01host=smtp.example\x01port=587\x01auth=Bearer tok\x01\x01",
	} {
		b := oauth.NewBearer(auth, "a,b=c@lindenau.example", "smtp.example", 587, "tok")
		if _, first, err := b.Start(); err != nil || string(first) != want || b.Reason() != nil {
			t.Errorf("%s says %q, %v", auth, first, err)
		}
		if _, err := b.Next([]byte(`{"status":"401"}`)); err != nil || b.Reason() == nil {
			t.Errorf("%s does not hear why: %v", auth, err)
		}
	}
}

// A token of which the server says that it is bad is asked for anew, once for all who
// hear it.
func TestForget(t *testing.T) {
	var given atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"access_token":"t` + string(rune('0'+given.Add(1))) + `","expires_in":3600}`))
	}))
	defer srv.Close()
	source := oauth.New(srv.Client(), clock.System{}, nil).Of(catalog.OAuthSettings{TokenURL: srv.URL, ClientID: "lotse", RefreshToken: "r"})
	first, fresh, err := source.Get(t.Context())
	if err != nil || !fresh {
		t.Fatal(err)
	}
	for range 3 { // three connections are refused with the same token
		source.Forget(first)
		second, _, err := source.Get(t.Context())
		if err != nil || second == first {
			t.Fatalf("%q, %v", second, err)
		}
	}
	if given.Load() != 2 {
		t.Errorf("%d tokens", given.Load())
	}
}

// vault is where the processes of a desk keep what they are given.
type vault struct {
	turn sync.Mutex

	mu     sync.Mutex
	tokens catalog.Tokens
	past   map[string]bool
	down   bool
}

func (v *vault) Turn(context.Context, string) (func(), error) {
	v.turn.Lock()
	return v.turn.Unlock, nil
}

func (v *vault) Tokens(_ context.Context, o catalog.OAuthSettings) (catalog.Tokens, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if o.RefreshToken != v.tokens.Refresh && !v.past[o.RefreshToken] {
		return catalog.Tokens{}, errs.New(errs.NotFound, "")
	}
	return v.tokens, nil
}

func (v *vault) KeepTokens(_ context.Context, _ catalog.OAuthSettings, given catalog.Tokens) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.down {
		return errors.New("the database is away")
	}
	if given.Refresh != v.tokens.Refresh {
		v.past[v.tokens.Refresh] = true
	}
	v.tokens = given
	return nil
}

// jealous is a server that exchanges each refresh token and revokes everything when
// one is traded twice.
func jealous(t *testing.T) (address string, given *atomic.Int64) {
	t.Helper()
	given = &atomic.Int64{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := given.Load()
		if r.FormValue("refresh_token") != fmt.Sprintf("r%d", n) || !given.CompareAndSwap(n, n+1) {
			given.Store(-1000)
			_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
			return
		}
		fmt.Fprintf(w, `{"access_token":"t%d","expires_in":3600,"refresh_token":"r%d"}`, n+1, n+1)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, given
}

// Over all processes one asks, and the others have the same token, however old what
// they know of the settings is.
func TestOneProcessAsks(t *testing.T) {
	address, given := jealous(t)
	now := clock.NewFixed(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	v := &vault{tokens: catalog.Tokens{Refresh: "r0"}, past: map[string]bool{}}
	processes := []*oauth.Sources{oauth.New(http.DefaultClient, now, v), oauth.New(http.DefaultClient, now, v), oauth.New(http.DefaultClient, now, v)}
	settings := func(refresh string) catalog.OAuthSettings {
		return catalog.OAuthSettings{TokenURL: address, ClientID: "lotse", RefreshToken: refresh}
	}
	for hour := range 4 {
		want := fmt.Sprintf("t%d", hour+1)
		known := []string{"r0", v.tokens.Refresh}
		var wg sync.WaitGroup
		for _, p := range processes {
			for i := range 6 {
				wg.Go(func() {
					if got, _, err := p.Of(settings(known[i%2])).Get(t.Context()); err != nil || got != want {
						t.Errorf("hour %d: %q, %v", hour, got, err)
					}
				})
			}
		}
		wg.Wait()
		now.Advance(time.Hour)
	}
	if given.Load() != 4 {
		t.Errorf("%d tokens were given in four hours", given.Load())
	}
}

// A token that is refused is not taken from the store again.
func TestARefusedTokenIsNotShared(t *testing.T) {
	address, given := jealous(t)
	v := &vault{tokens: catalog.Tokens{Refresh: "r0"}, past: map[string]bool{}}
	one, other := oauth.New(http.DefaultClient, clock.System{}, v), oauth.New(http.DefaultClient, clock.System{}, v)
	source, theirs := one.Of(catalog.OAuthSettings{TokenURL: address, RefreshToken: "r0"}), other.Of(catalog.OAuthSettings{TokenURL: address, RefreshToken: "r0"})
	for _, s := range []*oauth.Source{source, theirs} { // both have it, both are refused
		if got, _, err := s.Get(t.Context()); err != nil || got != "t1" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	for _, s := range []*oauth.Source{source, theirs} {
		s.Forget("t1")
		if got, _, err := s.Get(t.Context()); err != nil || got != "t2" {
			t.Errorf("%q, %v", got, err)
		}
	}
	if given.Load() != 2 {
		t.Errorf("%d tokens", given.Load())
	}
}

// What could not be stored counts all the same, and is stored as soon as possible.
func TestWhatIsNotStoredIsNotLost(t *testing.T) {
	address, _ := jealous(t)
	now := clock.NewFixed(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	v := &vault{tokens: catalog.Tokens{Refresh: "r0"}, past: map[string]bool{}, down: true}
	source := oauth.New(http.DefaultClient, now, v).Of(catalog.OAuthSettings{TokenURL: address, RefreshToken: "r0"})
	for want := range 3 {
		if got, _, err := source.Get(t.Context()); err != nil || got != fmt.Sprintf("t%d", want+1) {
			t.Fatalf("%q, %v", got, err)
		}
		now.Advance(time.Hour)
	}
	now.Advance(-time.Hour)
	v.down = false
	if _, fresh, err := source.Get(t.Context()); err != nil || fresh || v.tokens.Refresh != "r3" || v.tokens.Access != "t3" {
		t.Errorf("stored %+v, %v", v.tokens, err)
	}
}

// Many settings that are tried do not stay in memory for ever, and none is lost.
func TestManySources(t *testing.T) {
	all := oauth.New(http.DefaultClient, clock.System{}, nil)
	settings := func(i int) catalog.OAuthSettings {
		return catalog.OAuthSettings{TokenURL: "https://login.example", ClientID: "lotse", RefreshToken: time.Duration(i).String()}
	}
	for i := range 3000 {
		all.Of(settings(i))
	}
	if last := all.Of(settings(2999)); last != all.Of(settings(2999)) {
		t.Error("a source is forgotten at once")
	}
}

func FuzzTokenAnswer(f *testing.F) {
	for _, s := range []string{`{"access_token":"t","expires_in":"60"}`, `{"error":"invalid_grant"}`, `{"access_token":"t","expires_in":1e300}`, `[]`, ``, `{"access_token":"t","expires_in":-1,"refresh_token":"r2"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
		defer srv.Close()
		source := oauth.New(srv.Client(), clock.System{}, nil).Of(catalog.OAuthSettings{TokenURL: srv.URL, ClientID: "lotse", RefreshToken: "r"})
		if token, fresh, err := source.Get(t.Context()); (err == nil) != (token != "") || err == nil && !fresh {
			t.Errorf("%q, %v, %v", token, fresh, err)
		}
	})
}
