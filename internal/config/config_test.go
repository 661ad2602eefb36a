package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"lotse/internal/config"
	"lotse/internal/platform/errs"
)

func TestCheckNamesEveryWrongSetting(t *testing.T) {
	good := config.Config{Data: t.TempDir(), HTTP: ":8080", SMTP: ":2525", MaxMail: 50 << 20}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	off := good
	off.SMTP = ""
	off.LMTP = "/run/lotse/lmtp"
	if err := off.Check(); err != nil {
		t.Errorf("mail switched off: %v", err)
	}
	for want, change := range map[string]func(*config.Config){
		"http":                 func(c *config.Config) { c.HTTP = "8080" },
		"smtp":                 func(c *config.Config) { c.SMTP = "mail" },
		"lmtp":                 func(c *config.Config) { c.LMTP = "mail" },
		"metrics":              func(c *config.Config) { c.Metrics = "x" },
		"database":             func(c *config.Config) { c.Database = "mysql://x" },
		"url":                  func(c *config.Config) { c.URL = "hilfe.example.org" },
		"max-mail":             func(c *config.Config) { c.MaxMail = 10 },
		"trusted-proxy":        func(c *config.Config) { c.TrustedProxy = []string{"10.0.0.0/8", "10.0.0.0/99"} },
		"dns":                  func(c *config.Config) { c.DNS = "127.0.0.1" },
		"mail-relay":           func(c *config.Config) { c.MailRelay = []string{"127.0.0.1", "localhost"} },
		"rspamd-password-file": func(c *config.Config) { c.RspamdPasswordFile = filepath.Join(c.Data, "nothing") },
		"tls-cert":             func(c *config.Config) { c.TLSCert = "cert.pem" },
		"data":                 func(c *config.Config) { c.Data = filepath.Join("/dev/null", "x") },
	} {
		bad := good
		change(&bad)
		var fields []string
		for _, e := range errs.Fields(bad.Check()) {
			fields = append(fields, e.Field)
		}
		if !slices.Equal(fields, []string{want}) {
			t.Errorf("%s: errors at %v", want, fields)
		}
	}
}

func TestAddressesPeopleSee(t *testing.T) {
	for _, c := range []struct {
		config    config.Config
		url, host string
	}{
		{config.Config{HTTP: ":8080"}, "http://localhost:8080", "localhost"},
		{config.Config{HTTP: ":443", ACMEHost: []string{"hilfe.example.org"}}, "https://hilfe.example.org", "hilfe.example.org"},
		{config.Config{HTTP: ":8080", URL: "https://desk.example.org/"}, "https://desk.example.org", "desk.example.org"},
		{config.Config{HTTP: ":8443", TLSCert: "c", TLSKey: "k"}, "https://localhost:8443", "localhost"},
		{config.Config{HTTP: ":8080", URL: "https://desk.example.org", Hostname: "mx.example.org"}, "https://desk.example.org", "mx.example.org"},
	} {
		if got := c.config.PublicURL(); got != c.url {
			t.Errorf("PublicURL = %q, want %q", got, c.url)
		}
		if got := c.config.MailHost(); got != c.host {
			t.Errorf("MailHost = %q, want %q", got, c.host)
		}
	}
}

func TestSpamPassword(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("geheim\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]config.Config{"": {}, "direkt": {RspamdPassword: "direkt"}, "geheim": {RspamdPasswordFile: file}} {
		if got, err := c.SpamPassword(); err != nil || got != want {
			t.Errorf("%q %v, want %q", got, err, want)
		}
	}
	if _, err := (config.Config{RspamdPassword: "direkt", RspamdPasswordFile: file}).SpamPassword(); !errs.Is(err, errs.Invalid) {
		t.Errorf("both: %v", err)
	}
}
