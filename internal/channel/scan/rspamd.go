package scan

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"lotse/internal/intake"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
)

const rspamdAnswer = 1 << 20 // bytes of its answer, at most

// Rspamd asks a spam filter over its HTTP protocol.
type Rspamd struct {
	base, password string
	client         *http.Client
	watch          watch
}

// NewRspamd returns a client for the filter at a URL such as
// "http://127.0.0.1:11333". The password may be empty. It reports a wrong URL as
// an errs.Field error.
func NewRspamd(base, password string, c clock.Clock) (*Rspamd, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" {
		return nil, errs.Field("rspamd", "config.rspamd", "Value", base)
	}
	client := &http.Client{
		Transport:     &http.Transport{DialContext: (&net.Dialer{Timeout: 2 * time.Second}).DialContext, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Rspamd{strings.TrimSuffix(base, "/"), password, client, watch{name: "rspamd", clock: c}}, nil
}

// Check returns the points of a mail and what the filter would do with it, such
// as "no action", "add header" or "reject". It fails if there is no answer until
// ctx ends.
func (r *Rspamd) Check(ctx context.Context, raw []byte, t intake.Trace) (score float64, action string, err error) {
	body, err := r.ask(ctx, http.MethodPost, "/checkv2", raw, t)
	if err != nil {
		return 0, "", err
	}
	var answer struct {
		Score  *float64 `json:"score"`
		Action string   `json:"action"`
		Skip   bool     `json:"is_skipped"`
	}
	err = json.Unmarshal(body, &answer)
	if err == nil && answer.Score == nil && !answer.Skip {
		err = errors.New("there is no score")
	}
	if err != nil {
		err = fmt.Errorf("reading rspamd's answer: %w", err)
		r.watch.note(err, false)
		return 0, "", err
	}
	if answer.Score != nil {
		score = *answer.Score
	}
	return score, answer.Action, nil
}

func (r *Rspamd) ping(ctx context.Context) { // watch keeps the outcome
	_, _ = r.ask(ctx, http.MethodGet, "/ping", nil, intake.Trace{})
}

func (r *Rspamd) ask(ctx context.Context, method, path string, raw []byte, t intake.Trace) ([]byte, error) {
	if r.watch.resting() {
		return nil, errResting
	}
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("asking rspamd: %w", err)
	}
	r.describe(req.Header, t)
	res, err := r.client.Do(req)
	if err != nil {
		var outer *url.Error // says which address, which everybody knows
		if errors.As(err, &outer) {
			err = outer.Err
		}
		var failed *net.OpError
		r.watch.note(err, errors.As(err, &failed) && failed.Op == "dial")
		return nil, fmt.Errorf("asking rspamd: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, rspamdAnswer))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("rspamd answers %s", res.Status)
	}
	r.watch.note(err, false)
	return body, err
}

// describe says what the transport knew of the mail.
func (r *Rspamd) describe(h http.Header, t intake.Trace) {
	set := func(name, value string) {
		if value = oneLine(value); value != "" {
			h.Add(name, value)
		}
	}
	set("Password", r.password)
	set("Ip", t.Peer)
	set("Helo", t.Hello)
	set("From", t.From)
	for _, to := range t.To {
		set("Rcpt", to)
	}
}

// oneLine leaves out what can't stand in a header.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
}
