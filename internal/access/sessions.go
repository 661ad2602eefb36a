package access

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// CookieName is the name of the session's cookie.
const CookieName = "lotse"

// How long a session lives.
const (
	SessionIdle     = 12 * time.Hour      // without a request
	SessionLifetime = 30 * 24 * time.Hour // from sign-in on
)

// touchEvery is how exact "last seen" is: a write per request would cost more
// than the request.
const touchEvery = time.Minute

// SessionOptions say what sessions need to know of the web server.
type SessionOptions struct {
	Secure  bool                                                  // the desk's URL is https: the cookie travels nowhere else
	Address func(*http.Request) string                            // the peer's address; nil takes RemoteAddr
	Failed  func(w http.ResponseWriter, r *http.Request, e error) // shows an error, such as a database that is away
}

// Sessions knows who signed in. A session begins with SignIn and not before: a
// visitor who is not signed in gets no cookie and no row. The cookie carries 256
// random bits, the database their SHA-256.
type Sessions struct {
	db      *db.DB
	clock   clock.Clock
	manager *scs.SessionManager
	opts    SessionOptions
}

// NewSessions returns the sessions in d.
func NewSessions(d *db.DB, c clock.Clock, o SessionOptions) *Sessions {
	if o.Address == nil {
		o.Address = func(r *http.Request) string { return r.RemoteAddr }
	}
	if o.Failed == nil {
		o.Failed = func(w http.ResponseWriter, _ *http.Request, err error) {
			status := errs.KindOf(err).Status()
			http.Error(w, http.StatusText(status), status)
		}
	}
	m := scs.New()
	m.Lifetime = SessionLifetime // the idle time is the store's: scs would write at every request
	m.HashTokenInStore = true
	m.Store = &sessionStore{db: d, clock: c}
	m.Cookie.Name = CookieName
	m.Cookie.Secure = o.Secure
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Path = "/"
	return &Sessions{db: d, clock: c, manager: m, opts: o}
}

// visit is what one request knows of its session. The store fills row and reads
// the rest when a session begins.
type visit struct {
	row     *sessionRow // nil: not signed in
	signsIn ids.ID      // the staff member SignIn is beginning a session for
	agent   string
	network string
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// Middleware finds the request's session with one query. It does not wrap the
// response, so streaming works behind it.
func (s *Sessions) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Cookie")
		token := ""
		if cookie, err := r.Cookie(CookieName); err == nil {
			token = cookie.Value
		}
		v := &visit{agent: agentOf(r.UserAgent()), network: regionOf(s.opts.Address(r))}
		ctx, err := s.manager.Load(context.WithValue(r.Context(), visitKey{}, v), token)
		if err != nil {
			s.opts.Failed(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Current returns who is signed in and the public id of the session.
func (s *Sessions) Current(ctx context.Context) (staff, session ids.ID, ok bool) {
	v := visitOf(ctx)
	if v == nil || v.row == nil {
		return ids.ID{}, ids.ID{}, false
	}
	return v.row.StaffID, v.row.PublicID, true
}

// SignIn begins a session for a staff member whose password was right and sets
// the cookie. The token is always a new one, so that one planted before is worth
// nothing; a session the browser had ends.
func (s *Sessions) SignIn(ctx context.Context, w http.ResponseWriter, staff ids.ID) error {
	v := visitOf(ctx)
	if v == nil || staff.IsZero() {
		return errors.New("signing in without a session or a staff member")
	}
	if err := s.manager.Clear(ctx); err != nil {
		return fmt.Errorf("beginning a session: %w", err)
	}
	if err := s.manager.RenewToken(ctx); err != nil {
		return fmt.Errorf("beginning a session: %w", err)
	}
	v.signsIn = staff
	token, expiry, err := s.manager.Commit(ctx)
	v.signsIn = ids.ID{}
	if err != nil {
		return fmt.Errorf("beginning a session: %w", err)
	}
	s.manager.WriteSessionCookie(ctx, w, token, expiry)
	return nil
}

// SignOut ends the request's session and takes the cookie away.
func (s *Sessions) SignOut(ctx context.Context, w http.ResponseWriter) error {
	v := visitOf(ctx)
	if v == nil {
		return nil
	}
	if err := s.manager.Destroy(ctx); err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	v.row = nil
	s.manager.WriteSessionCookie(ctx, w, "", time.Time{})
	return nil
}

// Keep remembers a short value for a later page of the same session, such as
// what to say after a redirect. Nothing is kept for who is not signed in.
func (s *Sessions) Keep(ctx context.Context, key, value string) error {
	if _, _, ok := s.Current(ctx); !ok {
		return nil
	}
	s.manager.Put(ctx, key, value)
	return s.save(ctx)
}

// Take returns what was kept and forgets it; "" if there is nothing. It writes
// only if there was something.
func (s *Sessions) Take(ctx context.Context, key string) (string, error) {
	if _, _, ok := s.Current(ctx); !ok || !s.manager.Exists(ctx, key) {
		return "", nil
	}
	value := s.manager.PopString(ctx, key)
	return value, s.save(ctx)
}

func (s *Sessions) save(ctx context.Context) error {
	if _, _, err := s.manager.Commit(ctx); err != nil {
		return fmt.Errorf("keeping a session: %w", err)
	}
	return nil
}
