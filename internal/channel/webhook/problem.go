package webhook

import (
	"encoding/json"
	"net/http"
	"time"

	"lotse/internal/platform/i18n"
)

// problem says why a payload was not taken (RFC 9457), in the form of the API's.
type problem struct {
	status int
	code   string // for programs; its text is "hook.problem.CODE"
	wait   time.Duration
	basic  bool // a user name and a password would help
	faults []fault
}

// Error names the problem for logs.
func (p *problem) Error() string { return "a payload was refused: " + p.code }

type problemBody struct {
	Type   string      `json:"type"`
	Title  string      `json:"title"`
	Status int         `json:"status"`
	Code   string      `json:"code"`
	Detail string      `json:"detail,omitempty"`
	Errors []faultBody `json:"errors,omitempty"`
}

type faultBody struct {
	Location string `json:"location"`
	Code     string `json:"code"`
	Message  string `json:"message"`
}

// write sends the problem as the whole answer.
func (p *problem) write(w http.ResponseWriter, r *http.Request) {
	say := i18n.For(i18n.Match(r.Header.Get("Accept-Language"), "en"))
	body := problemBody{Type: "about:blank", Title: http.StatusText(p.status), Status: p.status, Code: p.code, Detail: say.T("hook.problem." + p.code)}
	for _, f := range p.faults {
		at := "body"
		if f.field != "" {
			at += "." + f.field
		}
		body.Errors = append(body.Errors, faultBody{at, f.key, say.T("hook.problem." + f.key)})
	}
	text, err := json.Marshal(body)
	if err != nil {
		text = []byte("{}") // strings and numbers can always be written
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if p.wait > 0 {
		h.Set("Retry-After", seconds(p.wait))
	}
	if p.basic {
		h.Set("WWW-Authenticate", `Basic realm="hook", charset="UTF-8"`)
	}
	w.WriteHeader(p.status)
	_, _ = w.Write(append(text, '\n')) // nobody to tell if the peer is gone
}
