package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

type healthCommand struct {
	HTTP    string   `name:"http" help:"Address of the web server to ask." default:":8080" env:"LOTSE_HTTP" placeholder:"ADDR"`
	TLSCert string   `name:"tls-cert" help:"Set if the web server speaks HTTPS." env:"LOTSE_TLS_CERT" placeholder:"FILE"`
	ACME    []string `name:"acme-host" help:"Set if the web server speaks HTTPS." env:"LOTSE_ACME_HOST" placeholder:"HOST"`
	Ready   bool     `help:"Ask whether it can take work, not only whether it is alive."`
}

// Run asks the desk on this machine, as an orchestrator does, for images that
// hold no other program.
func (h *healthCommand) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	address, err := h.address()
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	// It is asked on this machine by its address, for which no certificate is made.
	local := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // see above
	res, err := local.Do(r)
	if err != nil {
		return fmt.Errorf("the desk does not answer: %w", err)
	}
	defer res.Body.Close()
	said, err := io.ReadAll(io.LimitReader(res.Body, 1000))
	if err != nil {
		return fmt.Errorf("reading what the desk answers: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the desk answers %s: %s", res.Status, strings.TrimSpace(string(said)))
	}
	if h.Ready {
		fmt.Print(string(said)) // with how many mailboxes fail, which is no reason to be restarted
	}
	return nil
}

func (h *healthCommand) address() (string, error) {
	host, port, err := net.SplitHostPort(h.HTTP)
	if err != nil {
		return "", fmt.Errorf("reading the address of the web server: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme, path := "http", "/healthz"
	if h.TLSCert != "" || len(h.ACME) > 0 {
		scheme = "https"
	}
	if h.Ready {
		path = "/readyz"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + path, nil
}
