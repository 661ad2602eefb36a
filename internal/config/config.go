// Package config is what an operator sets before Lotse starts: where data lies,
// which addresses it listens on, how it is reached. What an administrator changes
// while it runs (teams, mailboxes, answer times) is data and lives in the
// database.
//
// A value is taken from the command line, else from the environment (LOTSE_…),
// else from the configuration file (JSON), else it is the default.
package config

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
)

// Config holds every setting. The tags are read by the command line.
type Config struct {
	Data         string   `help:"Folder for the database, attachments and keys." default:"./lotse-data" env:"LOTSE_DATA" type:"path" placeholder:"DIR"`
	Database     string   `help:"Database: postgres://… or sqlite:FILE. Default: a SQLite file in the data folder." env:"LOTSE_DATABASE" placeholder:"URL"`
	HTTP         string   `name:"http" help:"Address of the web server." default:":8080" env:"LOTSE_HTTP" placeholder:"ADDR"`
	SMTP         string   `name:"smtp" help:"Address of the mail server; empty: none." default:":2525" env:"LOTSE_SMTP" placeholder:"ADDR"`
	URL          string   `name:"url" help:"Public address of the desk, such as https://hilfe.example.org." env:"LOTSE_URL" placeholder:"URL"`
	Hostname     string   `help:"Name to give in mail transfer. Default: the host of the public address." env:"LOTSE_HOSTNAME" placeholder:"NAME"`
	MaxMail      int64    `help:"Largest mail accepted, in bytes." default:"52428800" env:"LOTSE_MAX_MAIL" placeholder:"BYTES"`
	TLSCert      string   `name:"tls-cert" help:"Certificate file (PEM) for HTTPS and STARTTLS." env:"LOTSE_TLS_CERT" type:"path" placeholder:"FILE"`
	TLSKey       string   `name:"tls-key" help:"Key file (PEM) of the certificate." env:"LOTSE_TLS_KEY" type:"path" placeholder:"FILE"`
	ACMEHost     []string `name:"acme-host" help:"Get certificates for these host names by ACME." env:"LOTSE_ACME_HOST" placeholder:"HOST"`
	ACMEEmail    string   `name:"acme-email" help:"Contact address for the certificate authority." env:"LOTSE_ACME_EMAIL" placeholder:"ADDRESS"`
	ACMEURL      string   `name:"acme-url" help:"Directory of the certificate authority. Default: Let's Encrypt." env:"LOTSE_ACME_URL" placeholder:"URL"`
	TrustedProxy []string `name:"trusted-proxy" help:"Networks (CIDR) of proxies whose forwarded headers are believed." env:"LOTSE_TRUSTED_PROXY" placeholder:"CIDR"`
	Metrics      string   `help:"Address of its own for /metrics. Default: on the web address, for this machine only." env:"LOTSE_METRICS" placeholder:"ADDR"`
	NoBackup     bool     `name:"skip-upgrade-backup" help:"Upgrade the database without a backup before." env:"LOTSE_SKIP_UPGRADE_BACKUP"`
	LogFormat    string   `help:"Form of the log: text or json." default:"text" enum:"text,json" env:"LOTSE_LOG_FORMAT"`
}

// DatabaseURL returns the database to open.
func (c Config) DatabaseURL() string {
	if c.Database != "" {
		return c.Database
	}
	return "sqlite:" + filepath.Join(c.Data, "lotse.db")
}

// Secure reports whether the web server itself speaks HTTPS.
func (c Config) Secure() bool { return c.TLSCert != "" || len(c.ACMEHost) > 0 }

// PublicURL returns the address for links, without a slash at the end.
func (c Config) PublicURL() string {
	if c.URL != "" {
		return strings.TrimRight(c.URL, "/")
	}
	if len(c.ACMEHost) > 0 {
		return "https://" + c.ACMEHost[0]
	}
	_, port, err := net.SplitHostPort(c.HTTP)
	if err != nil {
		return "http://localhost:8080"
	}
	if c.Secure() {
		return "https://localhost:" + port
	}
	return "http://localhost:" + port
}

// MailHost returns the name to give in mail transfer (RFC 5321 §4.1.1.1).
func (c Config) MailHost() string {
	if c.Hostname != "" {
		return c.Hostname
	}
	if u, err := url.Parse(c.PublicURL()); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "localhost"
}

// Proxies returns the networks whose forwarded headers are believed. Check has
// found them valid.
func (c Config) Proxies() []netip.Prefix {
	var nets []netip.Prefix
	for _, s := range c.TrustedProxy {
		if p, err := parsePrefix(s); err == nil {
			nets = append(nets, p)
		}
	}
	return nets
}

func parsePrefix(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, err
		}
		return a.Prefix(a.BitLen())
	}
	return netip.ParsePrefix(s)
}

// Check reports everything that is wrong with the settings, each as an
// errs.Field error that names the flag.
func (c Config) Check() error {
	var found []error
	bad := func(field, key string, args ...any) { found = append(found, errs.Field(field, key, args...)) }
	for field, addr := range map[string]string{"http": c.HTTP, "smtp": c.SMTP, "metrics": c.Metrics} {
		if addr == "" && field != "http" {
			continue
		}
		if _, _, err := net.SplitHostPort(addr); err != nil {
			bad(field, "config.address", "Value", addr)
		}
	}
	if c.Database != "" && !db.IsPostgres(c.Database) && !strings.HasPrefix(c.Database, "sqlite:") {
		bad("database", "config.database_url")
	}
	if c.URL != "" {
		if u, err := url.Parse(c.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			bad("url", "config.url", "Value", c.URL)
		}
	}
	if c.MaxMail < 1<<20 {
		bad("max-mail", "config.max_mail")
	}
	for _, p := range c.TrustedProxy {
		if _, err := parsePrefix(p); err != nil {
			bad("trusted-proxy", "config.network", "Value", p)
		}
	}
	found = append(found, c.checkTLS(), c.checkData())
	return errors.Join(found...)
}

func (c Config) checkTLS() error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errs.Field("tls-cert", "config.tls_pair")
	}
	if c.TLSCert != "" && len(c.ACMEHost) > 0 {
		return errs.Field("acme-host", "config.tls_both")
	}
	if c.TLSCert == "" {
		return nil
	}
	if _, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey); err != nil {
		return errs.Field("tls-cert", "config.tls_files", "Cause", err.Error())
	}
	return nil
}

// checkData makes sure that the data folder exists and can be written to.
func (c Config) checkData() error {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return errs.Field("data", "config.data", "Value", c.Data, "Cause", err.Error())
	}
	probe, err := os.CreateTemp(c.Data, ".probe-")
	if err != nil {
		return errs.Field("data", "config.data", "Value", c.Data, "Cause", err.Error())
	}
	probe.Close()
	return os.Remove(probe.Name())
}

// Channel returns the settings of a channel kind, as its adapter reads them.
func (c Config) Channel(kind string) map[string]string {
	if kind != "email" {
		return nil
	}
	return map[string]string{"listen": c.SMTP, "hostname": c.MailHost(), "max_bytes": strconv.FormatInt(c.MaxMail, 10)}
}
