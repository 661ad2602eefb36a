package access_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// house is a small web server with sessions.
type house struct {
	t        *testing.T
	db       *db.DB
	clock    *clock.Fixed
	sessions *access.Sessions
	url      string
	staff    ids.ID
	brand    ids.ID
}

func newHouse(t *testing.T, d *db.DB, secure bool) *house {
	h := &house{t: t, db: d, clock: clock.NewFixed(noon)}
	h.staff, h.brand = person(t, d, ids.ID{}, "ada@lindenau.example")
	h.sessions = access.NewSessions(d, h.clock, access.SessionOptions{Secure: secure, Address: func(*http.Request) string { return "198.51.100.77:4000" }})
	mux := http.NewServeMux()
	handle := func(pattern string, f func(w http.ResponseWriter, r *http.Request) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := f(w, r); err != nil {
				t.Error(err)
			}
		})
	}
	handle("/", func(w http.ResponseWriter, r *http.Request) error {
		staff, session, ok := h.sessions.Current(r.Context())
		_, err := fmt.Fprint(w, ok, " ", staff, " ", session)
		return err
	})
	handle("/in", func(w http.ResponseWriter, r *http.Request) error {
		return h.sessions.SignIn(r.Context(), w, h.staff)
	})
	handle("/out", func(w http.ResponseWriter, r *http.Request) error {
		return h.sessions.SignOut(r.Context(), w)
	})
	handle("/keep", func(w http.ResponseWriter, r *http.Request) error {
		return h.sessions.Keep(r.Context(), "said", "Gespeichert")
	})
	handle("/take", func(w http.ResponseWriter, r *http.Request) error {
		said, err := h.sessions.Take(r.Context(), "said")
		fmt.Fprint(w, said)
		return err
	})
	server := httptest.NewServer(h.sessions.Middleware(mux))
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

// browser is a client with cookies of its own.
func (h *house) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func (h *house) get(b *http.Client, path string) (string, *http.Response) {
	h.t.Helper()
	req, err := http.NewRequest("GET", h.url+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("User-Agent", firefox)
	res, err := b.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return string(body), res
}

func (h *house) signedIn(b *http.Client) bool {
	h.t.Helper()
	body, _ := h.get(b, "/")
	return strings.HasPrefix(body, "true "+h.staff.String())
}

// actor is who the browser's session stands for.
func (h *house) actor(b *http.Client) access.Actor {
	h.t.Helper()
	body, _ := h.get(b, "/")
	return access.Actor{Kind: access.Staff, ID: h.staff, BrandID: h.brand, Role: access.Agent, Session: strings.Fields(body)[2]}
}

func (h *house) rows() int {
	h.t.Helper()
	n, err := h.db.Read().NewSelect().TableExpr("sessions").Count(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	return int(n)
}

func TestSessionRoundTrip(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, false)
		b := h.browser()
		if _, res := h.get(b, "/"); len(res.Cookies()) != 0 || h.rows() != 0 {
			t.Error("an anonymous page set a cookie or made a session")
		}
		if _, res := h.get(b, "/keep"); len(res.Cookies()) != 0 || h.rows() != 0 {
			t.Error("keeping something made an anonymous session")
		}
		h.get(b, "/in")
		if !h.signedIn(b) {
			t.Fatal("not signed in after sign-in")
		}
		h.get(b, "/keep")
		if body, _ := h.get(b, "/take"); body != "Gespeichert" {
			t.Errorf("kept %q", body)
		}
		if body, _ := h.get(b, "/take"); body != "" {
			t.Errorf("kept twice: %q", body)
		}
		_, res := h.get(b, "/out")
		if c := cookie(t, res); c.MaxAge >= 0 || c.Value != "" {
			t.Errorf("the cookie stays after signing out: %v", c)
		}
		if h.signedIn(b) || h.rows() != 0 {
			t.Error("signed in after signing out")
		}
	})
}

func cookie(t *testing.T, res *http.Response) *http.Cookie {
	t.Helper()
	if len(res.Cookies()) != 1 {
		t.Fatalf("%d cookies, want 1", len(res.Cookies()))
	}
	return res.Cookies()[0]
}

func TestCookieFlags(t *testing.T) {
	for _, secure := range []bool{false, true} {
		h := newHouse(t, dbtest.Open(t, dbtest.URL(t, "sqlite")), secure)
		_, res := h.get(http.DefaultClient, "/in")
		c := cookie(t, res)
		if c.Name != "lotse" || !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("secure %v: %v", secure, c)
		}
		if days := c.MaxAge / 86400; days != 30 {
			t.Errorf("the cookie lives %d days", days)
		}
		if len(c.Value) != 43 {
			t.Errorf("a token of %d characters", len(c.Value))
		}
		if res.Header.Get("Vary") != "Cookie" {
			t.Error("no Vary: Cookie")
		}
	}
}

func TestSessionTokenIsNewAndHashed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, false)
		planted := "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		req, _ := http.NewRequest("GET", h.url+"/in", nil)
		req.AddCookie(&http.Cookie{Name: "lotse", Value: planted})
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		first := cookie(t, res).Value
		if first == planted {
			t.Error("the planted token became the session's")
		}
		req.Header.Set("Cookie", "lotse="+first)
		res, err = http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if second := cookie(t, res).Value; second == first || h.rows() != 1 {
			t.Errorf("signing in again kept the token or the old session (%d rows)", h.rows())
		}
		var rows []struct{ TokenHash, Data []byte }
		if err := d.Read().NewSelect().TableExpr("sessions").Column("token_hash", "data").Scan(context.Background(), &rows); err != nil {
			t.Fatal(err)
		}
		token := cookie(t, res).Value
		if !bytes.Equal(rows[0].TokenHash, ids.Token(token).Hash()) || bytes.Contains(rows[0].Data, []byte(token)) {
			t.Error("the token is not kept as its SHA-256 only")
		}
	})
}

func TestSessionEnds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, false)
		b := h.browser()
		h.get(b, "/in")
		h.clock.Advance(11 * time.Hour)
		if !h.signedIn(b) {
			t.Fatal("signed out before the idle time")
		}
		h.clock.Advance(11 * time.Hour) // 22 h after sign-in, 11 h after the last request
		if !h.signedIn(b) {
			t.Fatal("a request did not prolong the session")
		}
		h.clock.Advance(12 * time.Hour)
		if h.signedIn(b) {
			t.Error("signed in after 12 idle hours")
		}
		h.get(b, "/in")
		for range 59 { // never idle, up to half a day before the 30 days are over
			h.clock.Advance(12*time.Hour - time.Minute)
			if !h.signedIn(b) {
				t.Fatal("signed out within the lifetime")
			}
		}
		h.clock.Advance(11*time.Hour + 59*time.Minute)
		h.signedIn(b)
		h.clock.Advance(time.Hour)
		if h.signedIn(b) {
			t.Error("signed in after 30 days")
		}
		if err := access.Sweep(context.Background(), d, h.clock); err != nil {
			t.Fatal(err)
		}
		if n := h.rows(); n != 0 {
			t.Errorf("%d sessions left after the sweep", n)
		}
	})
}

func TestSessionCostsOneQuery(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, false)
		b := h.browser()
		_, res := h.get(b, "/in")
		token := cookie(t, res).Value
		cost := func() int64 {
			ctx, n := db.WithCounter(context.Background())
			r := httptest.NewRequest("GET", "/", nil).WithContext(ctx)
			r.AddCookie(&http.Cookie{Name: "lotse", Value: token})
			h.sessions.Middleware(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
			return n.Load()
		}
		if n := cost(); n != 1 {
			t.Errorf("a request costs %d statements", n)
		}
		h.clock.Advance(time.Minute)
		prolonging := int64(2)
		if d.Postgres() {
			prolonging = 4 // BEGIN and COMMIT count
		}
		if n := cost(); n != prolonging {
			t.Errorf("the first request of a minute costs %d statements, want %d", n, prolonging)
		}
		if n := cost(); n != 1 {
			t.Errorf("the second request of a minute costs %d statements", n)
		}
	})
}

func TestSessionList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d, false)
		first, second, third := h.browser(), h.browser(), h.browser()
		for _, b := range []*http.Client{first, second, third} {
			h.get(b, "/in")
			h.clock.Advance(10 * time.Second)
		}
		a := h.actor(third)
		list, err := h.sessions.List(ctx, a, h.staff)
		if err != nil || len(list) != 3 {
			t.Fatalf("%d sessions, %v", len(list), err)
		}
		if !list[0].Current || list[1].Current || list[0].Agent != "Firefox, Linux" || list[0].Network != "198.51.100.0/24" {
			t.Errorf("list %+v", list)
		}
		if err := h.sessions.Revoke(ctx, a, list[2].ID); err != nil {
			t.Fatal(err)
		}
		wantKind(t, h.sessions.Revoke(ctx, a, list[2].ID), errs.NotFound)
		if h.signedIn(first) || !h.signedIn(second) {
			t.Error("the wrong session was revoked")
		}
		if n, err := h.sessions.RevokeOthers(ctx, a); err != nil || n != 1 {
			t.Errorf("RevokeOthers = %d, %v", n, err)
		}
		if h.signedIn(second) || !h.signedIn(third) {
			t.Error("the others were not revoked, or this one was")
		}
		write(t, d, func(ctx context.Context, tx *db.Tx) error { return access.RevokeSessionsTx(ctx, tx, h.staff) })
		if h.signedIn(third) {
			t.Error("signed in after all sessions were revoked")
		}
	})
}

func TestSessionRevokedDuringARequestStaysRevoked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d, false)
		_, res := h.get(h.browser(), "/in")
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(&http.Cookie{Name: "lotse", Value: cookie(t, res).Value})
		h.sessions.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			write(t, d, func(ctx context.Context, tx *db.Tx) error { return access.RevokeSessionsTx(ctx, tx, h.staff) })
			if err := h.sessions.Keep(r.Context(), "said", "x"); err != nil {
				t.Error(err)
			}
		})).ServeHTTP(httptest.NewRecorder(), r)
		if h.rows() != 0 {
			t.Error("the request brought the revoked session back")
		}
	})
}

func TestSessionPermissions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d, false)
		colleague, _ := person(t, d, h.brand, "bob@lindenau.example")
		stranger, elsewhere := person(t, d, ids.ID{}, "eve@other.example")
		as := func(id, brand ids.ID, role access.Role) access.Actor {
			return access.Actor{Kind: access.Staff, ID: id, BrandID: brand, Role: role, Session: ids.New().String()}
		}
		cases := []struct {
			name  string
			actor access.Actor
			list  errs.Kind // 0 is allowed
			sees  bool
			end   errs.Kind
		}{
			{"nobody", access.Actor{}, errs.SignedOut, false, errs.SignedOut},
			{"customer", access.Actor{Kind: access.Customer, ID: h.staff, BrandID: h.brand}, errs.Forbidden, false, errs.Forbidden},
			{"colleague", as(colleague, h.brand, access.Lead), errs.Forbidden, false, errs.NotFound},
			{"administrator elsewhere", as(stranger, elsewhere, access.Admin), 0, false, errs.NotFound},
			{"administrator", as(colleague, h.brand, access.Admin), 0, true, 0},
			{"owner", as(h.staff, h.brand, access.Agent), 0, true, 0},
		}
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				h.get(h.browser(), "/in")
				var session ids.ID
				if err := d.Read().NewSelect().TableExpr("sessions").Column("public_id").Limit(1).Scan(ctx, &session); err != nil {
					t.Fatal(err)
				}
				list, err := h.sessions.List(ctx, c.actor, h.staff)
				if errs.KindOf(err) != c.list || (err == nil) != (c.list == 0) || (len(list) > 0) != c.sees {
					t.Errorf("List: %d sessions, %v", len(list), err)
				}
				err = h.sessions.Revoke(ctx, c.actor, session)
				if errs.KindOf(err) != c.end || (err == nil) != (c.end == 0) {
					t.Errorf("Revoke: %v", err)
				}
				n, err := h.sessions.RevokeOthers(ctx, c.actor)
				if own := c.name == "owner"; !own && n > 0 || (err == nil) != (c.actor.Kind == access.Staff) {
					t.Errorf("RevokeOthers: %d, %v", n, err)
				}
			})
		}
	})
}

func TestSessionWithDatabaseAway(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.URL(t, "sqlite")), false)
	b := h.browser()
	h.get(b, "/in")
	h.db.Close()
	if _, res := h.get(b, "/"); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d", res.StatusCode)
	}
	if _, res := h.get(h.browser(), "/"); res.StatusCode != http.StatusOK {
		t.Errorf("a visitor without a cookie gets %d", res.StatusCode)
	}
}

func TestForeignCookies(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.URL(t, "sqlite")), false)
	for _, value := range []string{"", "x", "'; DROP TABLE sessions; --", strings.Repeat("A", 4000), "\x00"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", "lotse="+value)
		w := httptest.NewRecorder()
		h.sessions.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, _, ok := h.sessions.Current(r.Context()); ok {
				t.Errorf("%q opens a session", value)
			}
		})).ServeHTTP(w, r)
		if w.Code != http.StatusOK || len(w.Result().Cookies()) != 0 {
			t.Errorf("%q: status %d", value, w.Code)
		}
	}
}
