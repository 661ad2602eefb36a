// Package oauth gets access tokens for mailboxes elsewhere (RFC 6749) and says them to
// a server (RFC 7628, and Google's XOAUTH2).
//
// Fetching and sending share Sources: whoever signs in with the same settings has the
// same access token, and a refresh token that a server exchanges for another is never
// used twice side by side, which some servers answer by revoking everything.
package oauth

import (
	"context"
	"crypto/tls"
	"crypto/x509"
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
)

const (
	tokenTime   = 20 * time.Second // for one request
	tokenMargin = 2 * time.Minute  // a token is renewed so long before its end
	tokenBytes  = 256 << 10
	tokenLife   = 5 * time.Minute // of a token of which nothing is said
	keptTokens  = 20              // refresh tokens a source is known by
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

// Sources gets access tokens and remembers them. It is safe for concurrent use.
type Sources struct {
	Client *http.Client
	Clock  clock.Clock
	// Rotated is told when a server gave another refresh token in place of old; it is
	// told again until it returns nil. It may be nil.
	Rotated func(ctx context.Context, old, fresh string) error

	mu  sync.Mutex
	all []*Source
}

// New returns sources that ask with client, which must not follow redirects.
func New(client *http.Client, c clock.Clock, rotated func(ctx context.Context, old, fresh string) error) *Sources {
	return &Sources{Client: client, Clock: c, Rotated: rotated}
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
	src := &Source{sources: s, settings: o, known: []string{o.RefreshToken}}
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

	mu     sync.Mutex
	access string
	until  time.Time
	latest string   // the refresh token last given to us, "" if none was
	stored []string // refresh tokens of which one is stored, as far as we know
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
	now := s.sources.Clock.Now()
	if s.access != "" && now.Before(s.until) {
		s.store(ctx)
		return s.access, false, nil
	}
	answer, err := s.ask(ctx)
	if err != nil {
		return "", false, err
	}
	s.store(ctx)
	life := time.Duration(answer.ExpiresIn)
	if life <= 0 {
		life = tokenLife
	}
	s.access, s.until = answer.AccessToken, now.Add(life-min(tokenMargin, life/4))
	return s.access, true, nil
}

// Forget makes Get ask for another token if the source still has this one: it was
// refused.
func (s *Source) Forget(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.access == token {
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
	refresh := o.RefreshToken
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {o.ClientID}}
	if refresh != "" {
		if s.latest != "" {
			refresh = s.latest
		}
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", refresh)
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
	if s.stored == nil {
		s.stored = []string{refresh}
	}
	if fresh := answer.RefreshToken; refresh != "" && fresh != "" && fresh != refresh {
		s.latest = fresh
		s.learn(fresh)
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

// store keeps a refresh token that replaced another. If that fails it is tried
// again when the next token is needed; whether it was kept nobody knows then.
func (s *Source) store(ctx context.Context) {
	rotated := s.sources.Rotated
	if s.latest == "" || rotated == nil || len(s.stored) == 1 && s.stored[0] == s.latest {
		return
	}
	var err error
	for _, old := range s.stored {
		if old == s.latest {
			continue
		}
		err = errors.Join(err, rotated(ctx, old, s.latest))
	}
	if err == nil {
		s.stored = nil
	}
	s.stored = append(s.stored, s.latest)
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
