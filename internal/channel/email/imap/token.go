package imap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/mailbox"
	"lotse/internal/platform/clock"
)

const (
	tokenTime   = 20 * time.Second // for one request
	tokenMargin = 2 * time.Minute  // a token is renewed so long before its end
	tokenBytes  = 256 << 10
	tokenLife   = 5 * time.Minute // of a token of which nothing is said
)

// tokens gets access tokens for one mailbox and remembers the last one.
type tokens struct {
	http  *http.Client
	clock clock.Clock
	// rotated is told when the server gave another refresh token in place of old.
	rotated func(ctx context.Context, old, fresh string) error

	mu     sync.Mutex
	access string
	until  time.Time
	latest string          // the refresh token last given to us, "" if none was
	own    map[string]bool // all that were given to us
	stored []string        // refresh tokens of which one is stored, as far as we know
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

// get returns an access token, the one it has if that is still good.
func (t *tokens) get(ctx context.Context, r catalog.ReceiveSettings) (token string, isFresh bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock.Now()
	if t.access != "" && now.Before(t.until) {
		t.store(ctx)
		return t.access, false, nil
	}
	answer, err := t.ask(ctx, r)
	if err != nil {
		return "", false, err
	}
	t.store(ctx)
	life := time.Duration(answer.ExpiresIn)
	if life <= 0 {
		life = tokenLife
	}
	t.access, t.until = answer.AccessToken, now.Add(life-min(tokenMargin, life/4))
	return t.access, true, nil
}

// forget makes get ask for another token.
func (t *tokens) forget() {
	t.mu.Lock()
	t.access = ""
	t.mu.Unlock()
}

// isOwn reports whether a refresh token is one the server gave us in exchange, so
// that settings that differ by it alone are no other settings.
func (t *tokens) isOwn(refresh string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.own[refresh]
}

// ask trades the refresh token for an access token (RFC 6749 §6) or, where there
// is none, asks in the program's own name (§4.4).
func (t *tokens) ask(ctx context.Context, r catalog.ReceiveSettings) (tokenAnswer, error) {
	refresh := r.OAuth.RefreshToken
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {r.OAuth.ClientID}}
	if refresh != "" {
		if t.latest != "" {
			refresh = t.latest
		}
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", refresh)
	}
	for name, value := range map[string]string{"client_secret": r.OAuth.ClientSecret, "scope": r.OAuth.Scope} {
		if value != "" {
			form.Set(name, value)
		}
	}
	answer, err := t.post(ctx, r.OAuth.TokenURL, form)
	if err != nil {
		return tokenAnswer{}, failed(mailbox.Token, r, "receive_token_url", "token_server", err)
	}
	if answer.AccessToken == "" {
		field, remedy := tokenRemedy(answer.Error)
		return tokenAnswer{}, failed(mailbox.Token, r, field, remedy, errors.New(strings.TrimSpace(answer.Error+" "+answer.Description)))
	}
	if t.stored == nil {
		t.stored = []string{refresh}
	}
	if fresh := answer.RefreshToken; refresh != "" && fresh != "" && fresh != refresh {
		t.latest, t.own[fresh] = fresh, true
	}
	return answer, nil
}

// store keeps a refresh token that replaced another. If that fails it is tried
// again when the next token is needed; whether it was kept nobody knows then.
func (t *tokens) store(ctx context.Context) {
	if t.latest == "" || t.rotated == nil || len(t.stored) == 1 && t.stored[0] == t.latest {
		return
	}
	var err error
	for _, old := range t.stored {
		if old == t.latest {
			continue
		}
		err = errors.Join(err, t.rotated(ctx, old, t.latest))
	}
	if err == nil {
		t.stored = nil
	}
	t.stored = append(t.stored, t.latest)
}

// tokenRemedy says what helps against an error of RFC 6749 §5.2.
func tokenRemedy(code string) (field, remedy string) {
	switch code {
	case "invalid_grant", "interaction_required", "consent_required":
		return "receive_refresh_token", "token_revoked"
	case "invalid_client", "unauthorized_client":
		return "receive_client_id", "token_client"
	case "invalid_scope":
		return "receive_scope", "token_scope"
	}
	return "receive_token_url", "token_server"
}

func (t *tokens) post(ctx context.Context, address string, form url.Values) (tokenAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, tokenTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return tokenAnswer{}, fmt.Errorf("asking for a token: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	res, err := t.http.Do(req)
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
