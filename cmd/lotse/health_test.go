package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealth(t *testing.T) {
	desk := http.NewServeMux()
	desk.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	desk.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
	})
	plain, secure := httptest.NewServer(desk), httptest.NewTLSServer(desk)
	defer plain.Close()
	defer secure.Close()
	_, port, _ := strings.Cut(plain.Listener.Addr().String(), ":")
	for _, c := range []struct {
		what string
		ask  healthCommand
		want string
	}{
		{"alive", healthCommand{HTTP: plain.Listener.Addr().String()}, ""},
		{"every address of the machine", healthCommand{HTTP: ":" + port}, ""},
		{"every address, written out", healthCommand{HTTP: "0.0.0.0:" + port}, ""},
		{"with TLS", healthCommand{HTTP: secure.Listener.Addr().String(), ACME: []string{"help.example.org"}}, ""},
		{"not ready", healthCommand{HTTP: plain.Listener.Addr().String(), Ready: true}, "the database does not answer"},
		{"nobody there", healthCommand{HTTP: "127.0.0.1:1"}, "does not answer"},
		{"no address", healthCommand{HTTP: "8080"}, "reading the address"},
	} {
		err := c.ask.Run(context.Background())
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
}
