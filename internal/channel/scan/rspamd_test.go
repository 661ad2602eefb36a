package scan_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/internal/channel/scan"
	"lotse/internal/intake"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
)

// filter is a simulated rspamd: the protocol of its normal worker, strictly.
func filter(t *testing.T, password string, answer func(mail string) (int, string)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ping" {
			_, _ = io.WriteString(w, "pong\r\n")
			return
		}
		if r.Method != http.MethodPost || r.URL.Path != "/checkv2" || r.Header.Get("Password") != password {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		body, _ := io.ReadAll(r.Body)
		status, text := answer(string(body) + r.Header.Get("Ip") + r.Header.Get("Helo") + r.Header.Get("From") + strings.Join(r.Header.Values("Rcpt"), ","))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func rspamdAt(t *testing.T, url, password string, c clock.Clock) *scan.Rspamd {
	t.Helper()
	r, err := scan.NewRspamd(url, password, c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var trace = intake.Trace{Peer: "192.0.2.1", Hello: "mx.kunde.example", From: "jana@kunde.example", To: []string{"hilfe@lindenau.example", "info@lindenau.example"}}

func TestRspamd(t *testing.T) {
	var heard []string
	url := filter(t, "geheim", func(mail string) (int, string) {
		heard = append(heard, mail)
		return 200, `{"score": 7.25, "required_score": 15.0, "action": "add header", "symbols": {"X": {"score": 7.25}}, "is_skipped": false}`
	})
	s := scan.Scanners{Rspamd: rspamdAt(t, url+"/", "geheim", clock.System{})}
	got := s.Check(t.Context(), []byte("mail "), trace, nil)
	if got.Spam != 7.25 || got.Action != "add header" || got.Scan != "" {
		t.Errorf("%+v", got)
	}
	if want := []string{"mail 192.0.2.1mx.kunde.examplejana@kunde.examplehilfe@lindenau.example,info@lindenau.example"}; !slices.Equal(heard, want) {
		t.Errorf("heard %q", heard)
	}
	if got := s.Check(t.Context(), nil, intake.Trace{}, []intake.Part{{Content: []byte("x")}}); got != (intake.Trust{}) {
		t.Errorf("what is no mail: %+v", got)
	}
	evil := intake.Trace{From: "a@b.example\r\nPassword: x", Hello: "ä\x00"}
	if got := s.Check(t.Context(), []byte("mail"), evil, nil); got.Action != "add header" {
		t.Errorf("with odd words: %+v", got)
	}
}

func TestRspamdAway(t *testing.T) {
	for name, c := range map[string]struct {
		status   int
		text     string
		password string
	}{
		"a fault":        {500, `{"error": "x"}`, ""},
		"not JSON":       {200, `<html>`, ""},
		"no score":       {200, `{"action": "reject"}`, ""},
		"wrong password": {200, `{"score": 1}`, "falsch"},
		"another page":   {302, ``, ""},
	} {
		url := filter(t, "", func(string) (int, string) { return c.status, c.text })
		s := scan.Scanners{Rspamd: rspamdAt(t, url, c.password, clock.System{})}
		if got := s.Check(t.Context(), []byte("mail"), trace, nil); got.Action != scan.Away || got.Spam != 0 {
			t.Errorf("%s: %+v", name, got)
		}
		if state := s.States()[0]; !state.Away || state.Name != "rspamd" {
			t.Errorf("%s: %+v", name, state)
		}
		s.Ping(t.Context())
		if state := s.States()[0]; state.Away {
			t.Errorf("%s, after a ping: %+v", name, state)
		}
	}
	s := scan.Scanners{Rspamd: rspamdAt(t, "http://127.0.0.1:1", "", clock.System{})}
	if got := s.Check(t.Context(), []byte("mail"), trace, nil); got.Action != scan.Away {
		t.Errorf("nobody there: %+v", got)
	}
}

func TestRspamdHangs(t *testing.T) {
	done := make(chan struct{})
	defer close(done)
	url := filter(t, "", func(string) (int, string) { <-done; return 200, `{"score": 1}` })
	s := scan.Scanners{Rspamd: rspamdAt(t, url, "", clock.System{})}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if got := s.Check(ctx, []byte("mail"), trace, nil); got.Action != scan.Away {
		t.Errorf("%+v", got)
	}
}

func TestSkippedMail(t *testing.T) {
	url := filter(t, "", func(string) (int, string) { return 200, `{"is_skipped": true, "action": "no action"}` })
	s := scan.Scanners{Rspamd: rspamdAt(t, url, "", clock.System{})}
	if got := s.Check(t.Context(), []byte("mail"), trace, nil); got.Action != "no action" || got.Spam != 0 {
		t.Errorf("%+v", got)
	}
}

func TestAddressesOfRspamd(t *testing.T) {
	for _, url := range []string{"", "127.0.0.1:11333", "ftp://x", "http://", "http://x/?q=1", "http://a b"} {
		if _, err := scan.NewRspamd(url, "", clock.System{}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", url, err)
		}
	}
}
