package oauth_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/channel/email/oauth"
	"lotse/internal/platform/clock"
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
