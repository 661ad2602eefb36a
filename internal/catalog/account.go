package catalog

import (
	"slices"
	"strings"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/ids"
)

// Account is one mailbox or channel account through which a brand is reached.
// Each account is a lane of the intake: its arrivals are worked in order.
type Account struct {
	ID       ids.ID
	BrandID  ids.ID
	TeamID   ids.ID // the team whose duty roster owns what arrives here
	Channel  string // "email"
	Address  string // lower case, such as "hilfe@lindenau.example"
	Aliases  []string
	Name     string // shown as sender
	Language string // default language of automatic answers
	Active   bool
	Receive  ReceiveSettings
	Relay    RelaySettings
	Sending
	CreatedAt clock.Stamp

	fetching, sending granted // what authorisation servers gave for Receive and Relay
}

// Receives reports whether mail for addr belongs to the account. Address is
// compared without case and without a "+detail" part (RFC 5233).
func (a Account) Receives(addr string) bool {
	base := WithoutDetail(addr)
	return base == a.Address || slices.Contains(a.Aliases, base)
}

// Shown returns the address as people write it.
func (a Account) Shown() string { return ShownAddress(a.Address) }

// WithoutDetail returns the address in lower case with the "+detail" of its
// local part removed.
func WithoutDetail(addr string) string {
	addr = strings.ToLower(strings.TrimSpace(addr))
	at := strings.LastIndexByte(addr, '@')
	if at < 0 {
		return addr
	}
	if plus := strings.IndexByte(addr[:at], '+'); plus > 0 {
		return addr[:plus] + addr[at:]
	}
	return addr
}

// Detail returns the "+detail" part of a local part, without the plus sign.
func Detail(addr string) string {
	at := strings.LastIndexByte(addr, '@')
	if at < 0 {
		return ""
	}
	if plus := strings.IndexByte(addr[:at], '+'); plus >= 0 {
		return addr[plus+1 : at]
	}
	return ""
}
