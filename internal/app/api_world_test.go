package app_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/platform/ids"
)

// caller is a program that uses the API with a key.
type caller struct {
	h      *house
	secret string
	id     ids.ID // of the key
}

// withKey makes a key for a colleague and returns who uses it.
func (h *house) withKey(as access.Actor, scopes ...access.Scope) *caller {
	h.t.Helper()
	key, secret, err := h.app.Keys.Create(context.Background(), h.boss, access.KeyForm{Name: "Test", StaffID: as.ID, Scopes: scopes, PerMinute: access.MaxPerMinute})
	h.must(err)
	h.keys[secret] = "secret of a key"
	return &caller{h: h, secret: secret, id: key.ID}
}

// ask sends a request with the key; body is JSON already, or turned into it.
func (p *caller) ask(method, path string, body any, o ...option) answer {
	p.h.t.Helper()
	text, isText := body.(string)
	if body != nil && !isText {
		b, err := json.Marshal(body)
		p.h.must(err)
		text = string(b)
	}
	o = append([]option{header("Authorization", "Bearer "+p.secret), header("Content-Type", "application/json"), header("Accept-Language", "en")}, o...)
	if !strings.HasPrefix(path, "/api/") {
		path = "/api/v1" + path
	}
	return answer{p.h.do(method, path, text, o...), p.h}
}

func (p *caller) get(path string, o ...option) answer { return p.ask(http.MethodGet, path, nil, o...) }

func (p *caller) post(path string, body any, o ...option) answer {
	return p.ask(http.MethodPost, path, body, o...)
}

// answer is a reply of the API.
type answer struct {
	reply
	h *house
}

// wants ends the test unless the answer has a status.
func (a answer) wants(status int) answer {
	a.h.t.Helper()
	if a.status != status {
		a.h.t.Fatalf("%d, want %d: %.600s", a.status, status, a.body)
	}
	return a
}

type object = map[string]any

func (a answer) object() object {
	a.h.t.Helper()
	var o object
	if err := json.Unmarshal([]byte(a.body), &o); err != nil {
		a.h.t.Fatalf("%d is no object: %v: %.300s", a.status, err, a.body)
	}
	return o
}

// at reads a value by its path, such as "team.name" or "timeline.0.text".
func (a answer) at(path string) string {
	a.h.t.Helper()
	return valueAt(a.object(), path)
}

func valueAt(from any, path string) string {
	for name := range strings.SplitSeq(path, ".") {
		switch v := from.(type) {
		case object:
			from = v[name]
		case []any:
			i := strings.Index("0123456789", name)
			if i < 0 || i >= len(v) {
				return ""
			}
			from = v[i]
		default:
			return ""
		}
	}
	if s, ok := from.(string); ok {
		return s
	}
	if from == nil {
		return ""
	}
	b, _ := json.Marshal(from) // it was read from JSON
	return string(b)
}

func (a answer) items() []any {
	a.h.t.Helper()
	list, ok := a.object()["items"].([]any)
	if !ok {
		a.h.t.Fatalf("no list: %.300s", a.body)
	}
	return list
}

// faults are the places that are wrong, in order.
func (a answer) faults() string {
	a.h.t.Helper()
	var at []string
	list, _ := a.object()["errors"].([]any)
	for _, f := range list {
		at = append(at, valueAt(f, "location"))
	}
	slices.Sort(at)
	return strings.Join(at, " ")
}

// recorded are the kinds of the events of a case since a number of them.
func (h *house) recorded(number string, since int) string {
	h.t.Helper()
	found, err := h.app.Desk.Events(context.Background(), access.Lotse(h.brand), h.find(number).ID)
	h.must(err)
	var kinds []string
	for _, e := range found[min(since, len(found)):] {
		kinds = append(kinds, string(e.Kind))
	}
	return strings.Join(kinds, " ")
}

func wantText(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}
