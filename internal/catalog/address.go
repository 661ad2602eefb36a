package catalog

import (
	"net/mail"
	"net/netip"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"lotse/internal/platform/errs"
)

// maxAddress is the longest address SMTP carries (RFC 5321 §4.5.3.1.3).
const maxAddress = 254

// maxName bounds names of brands, mailboxes, teams and people, in runes.
const maxName = 100

// ParseAddress reads one bare mail address as typed into a form and returns it
// in lower case and with its domain in ASCII (IDNA), as it stands in mails, or a field
// error. Quoted local parts and address literals (RFC 5321 §4.1.2) are refused: nobody
// owns one, and they hide tricks.
func ParseAddress(field, s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return "", errs.Field(field, "catalog.address.missing")
	}
	wrong := errs.Field(field, "catalog.address.wrong")
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Address != s || len(s) > maxAddress || !utf8.ValidString(s) {
		return "", wrong
	}
	at := strings.LastIndexByte(s, '@')
	if at > 64 || strings.ContainsAny(s[:at], "\"\\ ") || !isHost(s[at+1:]) {
		return "", wrong
	}
	if ascii, err := idna.Lookup.ToASCII(s[at+1:]); err == nil && isHost(ascii) {
		s = s[:at+1] + ascii
	}
	if len(s) > maxAddress {
		return "", wrong
	}
	return s, nil
}

// ShownAddress returns an address as people write it: with its domain in their own
// letters (IDNA), if it is one that may be shown so.
func ShownAddress(s string) string {
	at := strings.LastIndexByte(s, '@')
	shown, err := idna.Display.ToUnicode(s[at+1:])
	if err != nil || at < 0 {
		return s
	}
	return s[:at+1] + shown
}

var hostLabels = regexp.MustCompile(`^([\p{L}\p{N}_]([\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?)(\.[\p{L}\p{N}_]([\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?)*$`)

// isHost reports whether s looks like a host name. One label is enough: desks
// run in networks with names such as "mail".
func isHost(s string) bool { return len(s) <= 253 && hostLabels.MatchString(s) }

// isServer reports whether s is a host name or an IP address.
func isServer(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	return isHost(s)
}

// isLoopback reports whether what is sent to host stays on this machine.
func isLoopback(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback()
	}
	return host == "localhost"
}

func checkName(field, name string) error {
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return errs.Field(field, "catalog.name.missing")
	case n > maxName:
		return errs.Field(field, "catalog.name.long", "Max", maxName)
	}
	return nil
}
