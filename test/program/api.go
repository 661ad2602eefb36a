package program

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// API is a program that holds a key of the desk. It is safe for concurrent use.
type API struct {
	desk   *Desk
	secret string
}

var keyPattern = regexp.MustCompile(`\blotse_[A-Za-z0-9_-]{20,}`)

// NewAPI makes a key for the administrator, with these scopes and as many
// requests a minute as a key can have.
func (d *Desk) NewAPI(ctx context.Context, scopes ...string) (*API, error) {
	web, err := d.SignIn(ctx)
	if err != nil {
		return nil, err
	}
	text, err := web.Page(ctx, "/admin/keys/new")
	if err != nil {
		return nil, err
	}
	page, err := goquery.NewDocumentFromReader(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	fields := url.Values{"name": {"a program"}, "scopes": scopes, "per_minute": {"600000"},
		"id": {page.Find("input[name=id]").AttrOr("value", "")}, "staff": {page.Find("select[name=staff] option[selected]").AttrOr("value", "")}}
	res, err := web.Post(ctx, "/admin/keys/new", fields)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	made, err := io.ReadAll(res.Body)
	secret := keyPattern.FindString(string(made))
	if err == nil && (res.StatusCode != http.StatusCreated || secret == "") {
		err = fmt.Errorf("making a key: %s", res.Status)
	}
	return &API{desk: d, secret: secret}, err
}

// On is the same key at another node of the desk.
func (a *API) On(d *Desk) *API { return &API{desk: d, secret: a.secret} }

// Post sends a value as JSON and reads the answer into got. Any status but want
// is an error.
func (a *API) Post(ctx context.Context, path string, value any, want int, got any) error {
	status, text, err := a.Send(ctx, http.MethodPost, path, value, "")
	if err != nil {
		return err
	}
	if status != want {
		return fmt.Errorf("%s answers %d\n%s", path, status, text[:min(len(text), 500)])
	}
	return json.Unmarshal(text, got)
}

// Send sends a value as JSON and returns status and body of the answer. With version
// (an ETag) it is refused with 412 if that is no longer the newest.
func (a *API) Send(ctx context.Context, method, path string, value any, version string) (status int, body []byte, err error) {
	text, err := json.Marshal(value)
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, a.desk.URL("/api/v1"+path), bytes.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+a.secret)
	req.Header.Set("Content-Type", "application/json")
	if version != "" {
		req.Header.Set("If-Match", version)
	}
	res, err := a.desk.web.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
}
