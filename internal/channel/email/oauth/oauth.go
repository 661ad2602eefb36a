// Package oauth gets access tokens for mailboxes elsewhere (RFC 6749) and says them to
// a server (RFC 7628, and Google's XOAUTH2).
//
// Fetching and sending share Sources: whoever signs in with the same settings has the
// same access token. Over all processes of a desk one asks at a time, and the others
// take what it was given (Store): a refresh token that a server exchanges for another
// is never traded twice, which some servers answer by revoking everything.
package oauth

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
)

const (
	tokenTime   = 20 * time.Second // for one request
	tokenMargin = 2 * time.Minute  // a token is renewed so long before its end
	tokenBytes  = 256 << 10
	tokenLife   = 5 * time.Minute // of a token of which nothing is said
	keepTime    = 10 * time.Second
	keptTokens  = 20 // refresh tokens a source is known by
	keptSources = 1000
)

// Fault says why there is no access token. Field is the setting to look at, such as
// "refresh_token"; Remedy what helps: token_revoked, token_client, token_scope or
// token_server.
type Fault struct {
	Field  string
	Remedy string
	Cause  error
}

// Error returns what happened.
func (f *Fault) Error() string { return f.Cause.Error() }

// Unwrap returns what happened.
func (f *Fault) Unwrap() error { return f.Cause }

// Store is where all processes of a desk keep what servers gave them.
type Store interface {
	// Turn waits until no other process has the turn of a name, and keeps all others
	// waiting until done is called.
	Turn(ctx context.Context, name string) (done func(), err error)
	// Tokens returns what counts now for some settings, whose refresh token another
	// process may have exchanged. It fails with errs.NotFound if they are not stored.
	Tokens(ctx context.Context, o catalog.OAuthSettings) (catalog.Tokens, error)
	// KeepTokens keeps what was given for some settings, for as long as they are stored.
	KeepTokens(ctx context.Context, o catalog.OAuthSettings, given catalog.Tokens) error
}

// Sources gets access tokens and remembers them. It is safe for concurrent use.
type Sources struct {
	Client *http.Client
	Clock  clock.Clock
	Store  Store // nil: there is no other process, and nothing is kept

	mu  sync.Mutex
	all []*Source
}

// New returns sources that ask with client, which must not follow redirects.
func New(client *http.Client, c clock.Clock, s Store) *Sources {
	return &Sources{Client: client, Clock: c, Store: s}
}

// NewClient returns a client that asks authorisation servers: it follows no redirects
// and trusts roots, nil for those of the system.
func NewClient(roots *x509.CertPool) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if roots != nil {
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Of returns the source for some settings: the same for settings that differ only by
// a refresh token the server gave us in exchange.
func (s *Sources) Of(o catalog.OAuthSettings) *Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, src := range s.all {
		if src.serves(o) {
			return src
		}
	}
	if len(s.all) >= keptSources { // settings that were changed, or tried, long ago
		s.all = slices.Delete(s.all, 0, keptSources/10)
	}
	src := &Source{sources: s, settings: o, known: []string{o.RefreshToken}, stored: o.RefreshToken, latest: o.RefreshToken}
	s.all = append(s.all, src)
	return src
}

// Source gets access tokens for one client and one refresh token. It is safe for
// concurrent use.
type Source struct {
	sources  *Sources
	settings catalog.OAuthSettings // as they were first

	names sync.Mutex // guards known alone, so that nobody waits for a server to find a source
	known []string   // the refresh tokens we had, the newest last

	mu      sync.Mutex
	access  string
	until   time.Time
	refused string          // the access token that was refused last
	latest  string          // the refresh token to trade next
	stored  string          // the one that is stored, or was exchanged for the one that is
	unkept  *catalog.Tokens // what could not be stored yet
}

func (s *Source) serves(o catalog.OAuthSettings) bool {
	own := s.settings
	own.RefreshToken = o.RefreshToken
	return own == o && s.Knows(o.RefreshToken)
}

// Knows reports whether a refresh token is the source's own: the one it began with or
// one the server gave in exchange.
func (s *Source) Knows(refresh string) bool {
	s.names.Lock()
	defer s.names.Unlock()
	return slices.Contains(s.known, refresh)
}

// Get returns an access token, the one it has if that is still good. isFresh says that
// it was given just now. Errors are *Fault.
func (s *Source) Get(ctx context.Context) (token string, isFresh bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.good() {
		s.keep(ctx)
		return s.access, false, nil
	}
	if s.sources.Store != nil && s.settings.RefreshToken != "" {
		done, err := s.sources.Store.Turn(ctx, s.turn())
		if err != nil {
			return "", false, err
		}
		defer done()
		if err := s.adopt(ctx); err != nil {
			return "", false, err
		}
		if s.good() {
			return s.access, false, nil
		}
	}
	if err := s.renew(ctx); err != nil {
		return "", false, err
	}
	return s.access, true, nil
}

// good reports whether there is an access token that can be used.
func (s *Source) good() bool { return s.access != "" && s.sources.Clock.Now().Before(s.until) }

// turn names what one process at a time does: two mailboxes may live on one refresh
// token, so all of a client at a server take turns.
func (s *Source) turn() string {
	sum := sha256.Sum256([]byte(s.settings.TokenURL + "\n" + s.settings.ClientID))
	return "oauth:" + hex.EncodeToString(sum[:12])
}

// adopt takes over what another process was given meanwhile. Without an answer of the
// store nothing is traded: it might have been traded already.
func (s *Source) adopt(ctx context.Context) error {
	if s.keep(ctx); s.unkept != nil {
		return nil // ours is newer than what is stored
	}
	stored, err := s.sources.Store.Tokens(ctx, s.having(s.latest))
	if errs.Is(err, errs.NotFound) { // settings that are only tried, or were changed
		return nil
	}
	if err != nil {
		return err
	}
	if stored.Refresh != s.latest {
		s.learn(stored.Refresh)
	}
	s.latest, s.stored = stored.Refresh, stored.Refresh
	if stored.Access != s.refused {
		s.access, s.until = stored.Access, stored.Until.Time()
	}
	return nil
}

// having is the settings with another refresh token.
func (s *Source) having(refresh string) catalog.OAuthSettings {
	o := s.settings
	o.RefreshToken = refresh
	return o
}

// renew asks for a token and keeps what is given.
func (s *Source) renew(ctx context.Context) error {
	answer, err := s.ask(ctx)
	if err != nil {
		return err
	}
	life := time.Duration(answer.ExpiresIn)
	if life <= 0 {
		life = tokenLife
	}
	s.access, s.until = answer.AccessToken, s.sources.Clock.Now().Add(life-min(tokenMargin, life/4))
	if s.settings.RefreshToken == "" {
		return nil
	}
	if answer.RefreshToken != "" && answer.RefreshToken != s.latest {
		s.latest = answer.RefreshToken
		s.learn(s.latest)
	}
	s.unkept = &catalog.Tokens{Refresh: s.latest, Access: s.access, Until: clock.At(s.until)}
	s.keep(ctx)
	return nil
}

// keep stores what was given. If that fails it is tried again when the next token is
// needed. It does not end with ctx: what a server gave counts, whoever asked for it.
func (s *Source) keep(ctx context.Context) {
	if s.unkept == nil || s.sources.Store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
	defer cancel()
	if err := s.sources.Store.KeepTokens(ctx, s.having(s.stored), *s.unkept); err != nil {
		return
	}
	s.stored, s.unkept = s.latest, nil
}

// Forget makes Get ask for another token if the source still has this one: it was
// refused.
func (s *Source) Forget(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refused = token; s.access == token {
		s.access = ""
	}
}

// tokenAnswer is what an authorisation server says (RFC 6749 §5).
type tokenAnswer struct {
	AccessToken  string  `json:"access_token"`
	ExpiresIn    seconds `json:"expires_in"`
	RefreshToken string  `json:"refresh_token"`
	Error        string  `json:"error"`
	Description  string  `json:"error_description"`
}

// seconds may come as a number or as a string of one.
type seconds time.Duration

// UnmarshalJSON reads both; what is neither counts as nothing said.
func (s *seconds) UnmarshalJSON(b []byte) error {
	var n float64
	if _, err := fmt.Sscanf(strings.Trim(string(b), `"`), "%g", &n); err == nil && n > 0 && n < 1e7 {
		*s = seconds(n * float64(time.Second))
	}
	return nil
}

// ask trades the refresh token for an access token (RFC 6749 §6) or, where there
// is none, asks in the program's own name (§4.4).
func (s *Source) ask(ctx context.Context) (tokenAnswer, error) {
	o := s.settings
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {o.ClientID}}
	if o.RefreshToken != "" {
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", s.latest)
	}
	for name, value := range map[string]string{"client_secret": o.ClientSecret, "scope": o.Scope} {
		if value != "" {
			form.Set(name, value)
		}
	}
	answer, err := s.sources.post(ctx, o.TokenURL, form)
	if err != nil {
		return tokenAnswer{}, &Fault{Field: "token_url", Remedy: "token_server", Cause: err}
	}
	if answer.AccessToken == "" {
		field, remedy := remedyFor(answer.Error)
		return tokenAnswer{}, &Fault{Field: field, Remedy: remedy, Cause: errors.New(strings.TrimSpace(answer.Error + " " + answer.Description))}
	}
	return answer, nil
}

func (s *Source) learn(refresh string) {
	s.names.Lock()
	defer s.names.Unlock()
	if s.known = append(s.known, refresh); len(s.known) > keptTokens {
		s.known = slices.Delete(s.known, 0, 1)
	}
}

// remedyFor says what helps against an error of RFC 6749 §5.2.
func remedyFor(code string) (field, remedy string) {
	switch code {
	case "invalid_grant", "interaction_required", "consent_required":
		return "refresh_token", "token_revoked"
	case "invalid_client", "unauthorized_client":
		return "client_id", "token_client"
	case "invalid_scope":
		return "scope", "token_scope"
	}
	return "token_url", "token_server"
}

func (s *Sources) post(ctx context.Context, address string, form url.Values) (tokenAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, tokenTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return tokenAnswer{}, fmt.Errorf("asking for a token: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	res, err := s.Client.Do(req)
	if err != nil {
		return tokenAnswer{}, fmt.Errorf("asking for a token: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, tokenBytes))
	if err != nil {
		return tokenAnswer{}, fmt.Errorf("reading a token: %w", err)
	}
	var answer tokenAnswer
	if err := json.Unmarshal(body, &answer); err != nil || answer.AccessToken == "" && answer.Error == "" {
		return tokenAnswer{}, fmt.Errorf("the authorisation server answers %s and no token", res.Status)
	}
	return answer, nil
}
