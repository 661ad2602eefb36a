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
	Data               string   `help:"Folder for the database, attachments and keys." default:"./lotse-data" env:"LOTSE_DATA" type:"path" placeholder:"DIR"`
	Database           string   `help:"Database: postgres://… or sqlite:FILE. Default: a SQLite file in the data folder." env:"LOTSE_DATABASE" placeholder:"URL"`
	HTTP               string   `name:"http" help:"Address of the web server." default:":8080" env:"LOTSE_HTTP" placeholder:"ADDR"`
	SMTP               string   `name:"smtp" help:"Address of the mail server; empty: none." default:":2525" env:"LOTSE_SMTP" placeholder:"ADDR"`
	LMTP               string   `name:"lmtp" help:"Address or socket (a path) for mail your own mail server hands over by LMTP; empty: none." env:"LOTSE_LMTP" placeholder:"ADDR"`
	URL                string   `name:"url" help:"Public address of the desk, such as https://hilfe.example.org." env:"LOTSE_URL" placeholder:"URL"`
	Hostname           string   `help:"Name to give in mail transfer. Default: the host of the public address." env:"LOTSE_HOSTNAME" placeholder:"NAME"`
	MaxMail            int64    `help:"Largest mail accepted, in bytes." default:"52428800" env:"LOTSE_MAX_MAIL" placeholder:"BYTES"`
	TLSCert            string   `name:"tls-cert" help:"Certificate file (PEM) for HTTPS and STARTTLS." env:"LOTSE_TLS_CERT" type:"path" placeholder:"FILE"`
	TLSKey             string   `name:"tls-key" help:"Key file (PEM) of the certificate." env:"LOTSE_TLS_KEY" type:"path" placeholder:"FILE"`
	ACMEHost           []string `name:"acme-host" help:"Get certificates for these host names by ACME." env:"LOTSE_ACME_HOST" placeholder:"HOST"`
	ACMEEmail          string   `name:"acme-email" help:"Contact address for the certificate authority." env:"LOTSE_ACME_EMAIL" placeholder:"ADDRESS"`
	ACMEURL            string   `name:"acme-url" help:"Directory of the certificate authority. Default: Let's Encrypt." env:"LOTSE_ACME_URL" placeholder:"URL"`
	TrustedProxy       []string `name:"trusted-proxy" help:"Networks (CIDR) of proxies whose forwarded headers are believed." env:"LOTSE_TRUSTED_PROXY" placeholder:"CIDR"`
	Metrics            string   `help:"Address of its own for /metrics. Default: on the web address, for this machine only." env:"LOTSE_METRICS" placeholder:"ADDR"`
	MailChecks         bool     `name:"mail-checks" help:"Look up where mails come from (SPF, DKIM, DMARC, ARC)." default:"true" negatable:"" env:"LOTSE_MAIL_CHECKS"`
	DNS                string   `name:"dns" help:"Name server for these checks. Default: the machine's." env:"LOTSE_DNS" placeholder:"ADDR"`
	MailRelay          []string `name:"mail-relay" help:"Networks (CIDR) of your own mail servers that hand mail on to the desk." env:"LOTSE_MAIL_RELAY" placeholder:"CIDR"`
	AuthservID         []string `name:"authserv-id" help:"Servers whose Authentication-Results are believed." env:"LOTSE_AUTHSERV_ID" placeholder:"NAME"`
	ARCSealer          []string `name:"arc-sealer" help:"Domains whose ARC seal vouches for forwarded mail." env:"LOTSE_ARC_SEALER" placeholder:"DOMAIN"`
	Clamd              string   `help:"Virus scanner (ClamAV daemon): host:port or the path of its socket." env:"LOTSE_CLAMD" placeholder:"ADDR"`
	Rspamd             string   `help:"Spam filter, such as http://127.0.0.1:11333." env:"LOTSE_RSPAMD" placeholder:"URL"`
	RspamdPassword     string   `name:"rspamd-password" help:"Password of the spam filter; better in the environment or a file." env:"LOTSE_RSPAMD_PASSWORD" placeholder:"PASSWORD"`
	RspamdPasswordFile string   `name:"rspamd-password-file" help:"File with the password of the spam filter." env:"LOTSE_RSPAMD_PASSWORD_FILE" type:"path" placeholder:"FILE"`
	NoBackup           bool     `name:"skip-upgrade-backup" help:"Upgrade the database without a backup before." env:"LOTSE_SKIP_UPGRADE_BACKUP"`
	LogFormat          string   `help:"Form of the log: text or json." default:"text" enum:"text,json" env:"LOTSE_LOG_FORMAT"`
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
func (c Config) Proxies() []netip.Prefix { return prefixes(c.TrustedProxy) }

// Relays returns the networks of own mail servers. Check has found them valid.
func (c Config) Relays() []netip.Prefix { return prefixes(c.MailRelay) }

func prefixes(written []string) []netip.Prefix {
	var nets []netip.Prefix
	for _, s := range written {
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
	for field, addr := range map[string]string{"http": c.HTTP, "smtp": c.SMTP, "metrics": c.Metrics, "dns": c.DNS} {
		if addr == "" && field != "http" {
			continue
		}
		if _, _, err := net.SplitHostPort(addr); err != nil {
			bad(field, "config.address", "Value", addr)
		}
	}
	if c.LMTP != "" && !strings.Contains(c.LMTP, "/") {
		if _, _, err := net.SplitHostPort(c.LMTP); err != nil {
			bad("lmtp", "config.address", "Value", c.LMTP)
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
	for field, nets := range map[string][]string{"trusted-proxy": c.TrustedProxy, "mail-relay": c.MailRelay} {
		for _, p := range nets {
			if _, err := parsePrefix(p); err != nil {
				bad(field, "config.network", "Value", p)
			}
		}
	}
	_, err := c.SpamPassword()
	found = append(found, c.checkTLS(), c.checkData(), err)
	return errors.Join(found...)
}

// SpamPassword returns the password of the spam filter, "" if it wants none.
func (c Config) SpamPassword() (string, error) {
	if c.RspamdPasswordFile == "" {
		return c.RspamdPassword, nil
	}
	if c.RspamdPassword != "" {
		return "", errs.Field("rspamd-password-file", "config.password_both")
	}
	text, err := os.ReadFile(c.RspamdPasswordFile)
	if err != nil {
		return "", errs.Field("rspamd-password-file", "config.file", "Value", c.RspamdPasswordFile, "Cause", err.Error())
	}
	return strings.TrimSpace(string(text)), nil
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
	return map[string]string{"listen": c.SMTP, "lmtp": c.LMTP, "hostname": c.MailHost(), "max_bytes": strconv.FormatInt(c.MaxMail, 10)}
}
