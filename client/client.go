// Package client is a typed client of Lotse's API, generated from its document.
// It needs the standard library alone.
//
//	desk := client.New("https://hilfe.lindenau.example", os.Getenv("LOTSE_KEY"))
//	made, err := desk.CreateCase(ctx, client.NewCase{
//		Customer: client.Party{Email: "erika@example.org"},
//		Subject:  "Zähler kam nicht an",
//		Text:     "Guten Tag, …",
//	}, client.IdempotencyKey("order-4711"))
//
// What the desk refuses is a *Problem, with a stable Code and the fields that are
// wrong. Each operation is a method of Client with the name it has in the document.
package client

//go:generate go -C ../tools run ./apiclient ../docs/api/openapi.json ../client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client asks one desk with one key. It is safe for concurrent use.
type Client struct {
	base, key string

	// HTTP sends the requests; http.DefaultClient unless it is set. A timeout on
	// it must be longer than the wait of ListEvents.
	HTTP *http.Client
	// Language is that of messages: "en" or "de".
	Language string
}

// New returns a client of the desk at a base URL, such as
// "https://hilfe.lindenau.example".
func New(base, key string) *Client {
	return &Client{base: strings.TrimSuffix(base, "/"), key: key, HTTP: http.DefaultClient}
}

// Problem is why the desk refused a request (RFC 9457).
type Problem struct {
	Status    int           `json:"status"`
	Code      string        `json:"code"` // stable, such as "invalid"
	Title     string        `json:"title"`
	Detail    string        `json:"detail"` // what happened and what to do
	RequestID string        `json:"request_id"`
	Errors    []Fault       `json:"errors"`
	Retry     time.Duration `json:"-"` // how long to wait before asking again; 0 if nothing is said
}

// Fault is one thing that is wrong with a request.
type Fault struct {
	Location string `json:"location"` // such as "body.subject"
	Code     string `json:"code"`
	Message  string `json:"message"`
}

// Error says what was refused and why.
func (p *Problem) Error() string {
	text := fmt.Sprintf("lotse: %s (%d): %s", p.Code, p.Status, p.Detail)
	for _, f := range p.Errors {
		text += "; " + f.Location + ": " + f.Message
	}
	return text
}

// IsCode reports whether an error is a problem with a code.
func IsCode(err error, code string) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == code
}

// Option changes one request, or tells more of its answer.
type Option func(*call)

type call struct {
	header http.Header
	etag   *string
}

// IdempotencyKey names the request: sent again with the same name, it has no
// second effect and gets the same answer, for a day.
func IdempotencyKey(name string) Option {
	return func(c *call) { c.header.Set("Idempotency-Key", name) }
}

// IfMatch makes a change depend on the version that was read: the ETag that
// TellETag told.
func IfMatch(etag string) Option { return func(c *call) { c.header.Set("If-Match", etag) } }

// TellETag puts the version of what is read into a variable.
func TellETag(to *string) Option { return func(c *call) { c.etag = to } }

// Range asks for a part of a file, such as "bytes=0-99".
func Range(bytes string) Option { return func(c *call) { c.header.Set("Range", bytes) } }

// do sends a request and reads the answer into out.
func (c *Client) do(ctx context.Context, method, path string, query url.Values, body, out any, options []Option) error {
	content, err := c.stream(ctx, method, path, query, body, options)
	if err != nil {
		return err
	}
	defer content.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(content).Decode(out); err != nil {
		return fmt.Errorf("lotse: reading the answer: %w", err)
	}
	return nil
}

// stream sends a request and returns the body of the answer.
func (c *Client) stream(ctx context.Context, method, path string, query url.Values, body any, options []Option) (io.ReadCloser, error) {
	content, kind, err := encode(body)
	if err != nil {
		return nil, err
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, content)
	if err != nil {
		return nil, fmt.Errorf("lotse: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+c.key)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if c.Language != "" {
		r.Header.Set("Accept-Language", c.Language)
	}
	how := &call{header: r.Header}
	for _, o := range options {
		o(how)
	}
	res, err := c.HTTP.Do(r)
	if err != nil {
		return nil, fmt.Errorf("lotse: %w", err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		defer res.Body.Close()
		return nil, refusal(res)
	}
	if how.etag != nil {
		*how.etag = res.Header.Get("ETag")
	}
	return res.Body, nil
}

func encode(body any) (content io.Reader, kind string, err error) {
	switch b := body.(type) {
	case nil:
		return nil, "", nil
	case io.Reader:
		return b, "application/octet-stream", nil
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, "", fmt.Errorf("lotse: writing the request: %w", err)
	}
	return bytes.NewReader(text), "application/json", nil
}

// maxProblem is far above what a desk says about a refusal.
const maxProblem = 1 << 20

func refusal(res *http.Response) error {
	p := &Problem{Status: res.StatusCode, Title: http.StatusText(res.StatusCode)}
	if text, err := io.ReadAll(io.LimitReader(res.Body, maxProblem)); err == nil {
		_ = json.Unmarshal(text, p) // what is none, such as a proxy's page, leaves the status
	}
	p.Status = res.StatusCode
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil {
		p.Retry = time.Duration(seconds) * time.Second
	}
	return p
}

// add puts a parameter into a query unless it is zero.
func add[T comparable](q url.Values, name string, value T) {
	var zero T
	if value != zero {
		q.Set(name, fmt.Sprint(value))
	}
}
