package app

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestFiguresAreForThisMachineOnly(t *testing.T) {
	h := onlyHere(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	for _, c := range []struct {
		remote, forwarded string
		want              int
	}{
		{"127.0.0.1:4000", "", http.StatusOK},
		{"[::1]:4000", "", http.StatusOK},
		{"[::ffff:127.0.0.1]:4000", "", http.StatusOK},
		{"198.51.100.7:4000", "", http.StatusNotFound},
		{"127.0.0.1:4000", "198.51.100.7", http.StatusNotFound}, // a proxy on this machine
		{"10.0.0.1:4000", "", http.StatusNotFound},
	} {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s (forwarded for %q): %d, want %d", c.remote, c.forwarded, w.Code, c.want)
		}
	}
}
