package trust

import (
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// author returns the domain the mail claims to come from: that of the address
// the desk knows its sender by, if From holds this one address and no other, and
// "" else.
func (l letter) author(address string) string {
	from := l.all("from")
	if len(from) != 1 {
		return ""
	}
	found := addresses(from[0].value())
	if len(found) != 1 || domainOf(found[0]) != domainOf(address) {
		return ""
	}
	return domainOf(address)
}

// addresses returns what may be an address in an address field. It is meant for
// counting: quotes and comments are left out, and it rather finds one too many.
func addresses(s string) []string {
	var found []string
	add := func(item string) {
		if open := strings.LastIndexByte(item, '<'); open >= 0 {
			item = item[open+1:]
		}
		if strings.Contains(item, "@") {
			found = append(found, strings.Trim(item, "<> \t\r\n"))
		}
	}
	start, plain := 0, bare(s)
	for i := range len(plain) {
		switch plain[i] {
		case ',', ';', '>':
			add(plain[start:i])
			start = i + 1
		}
	}
	add(plain[start:])
	return found
}

// bare takes quoted strings and comments out of a field. A lone quote or
// parenthesis is just a sign.
func bare(s string) string {
	quotes, closing := strings.Count(s, `"`)%2 == 0, strings.LastIndexByte(s, ')')
	var b strings.Builder
	quoted, depth := false, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && (quoted || depth > 0):
			i++
		case c == '"' && depth == 0 && quotes:
			quoted = !quoted
			if !quoted && i+1 < len(s) && s[i+1] == '@' {
				b.WriteByte('q') // a quoted local part is one all the same
			}
		case quoted:
		case c == '(' && (depth > 0 || i < closing):
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth > 0 && i <= closing:
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// domainOf returns the domain of an address, comparable; "" if it has none.
func domainOf(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return ""
	}
	return plainDomain(address[at+1:])
}

// plainDomain makes domains comparable: lower case, ASCII, no dot at the end.
func plainDomain(d string) string {
	d = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(d), "."))
	if ascii, err := idna.Lookup.ToASCII(d); err == nil {
		return ascii
	}
	return d
}

// organisation returns the organisational domain (RFC 7489 §3.2): the part of a
// domain that somebody registered.
func organisation(d string) string {
	if org, err := publicsuffix.EffectiveTLDPlusOne(d); err == nil {
		return org
	}
	return d
}

// aligned reports whether a domain speaks for the author's (RFC 7489 §3.1).
func aligned(author, d string, strict bool) bool {
	if author == "" || d == "" {
		return false
	}
	return author == d || !strict && organisation(author) == organisation(d)
}

// within reports whether a name is one of the domains or below one.
func within(name string, domains []string) bool {
	name = plainDomain(name)
	for _, d := range domains {
		if d = plainDomain(d); d != "" && (name == d || strings.HasSuffix(name, "."+d)) {
			return true
		}
	}
	return false
}
