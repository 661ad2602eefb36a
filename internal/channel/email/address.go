package email

import (
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"lotse/internal/intake"
	"lotse/internal/platform/markup"
)

const (
	maxAddresses = 1000 // of one field
	maxNameRunes = 200
)

// written is one address as it is written, before it is made comparable.
type written struct{ name, addr string }

// readMailboxes reads an address field (RFC 5322 §3.4), also what mailers make
// of it: encoded words around whole addresses, missing quotes, semicolons as
// commas, groups. What holds no address is left out.
func readMailboxes(values ...string) []written {
	var found []written
	for _, v := range values {
		for _, item := range splitAddresses(headerText(v)) {
			if m, ok := readMailbox(item); ok && len(found) < maxAddresses {
				found = append(found, m)
			}
		}
	}
	return found
}

// splitAddresses cuts at commas, semicolons and group names outside of quotes,
// comments and angle brackets.
func splitAddresses(s string) []string {
	var items []string
	start, comment, quoted, angle, encoded := 0, 0, false, false, false
	closes := strings.Count(s, `"`)%2 == 0 // else a lone quote is just a sign
	lastClose := strings.LastIndexByte(s, ')')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '"' && closes && comment == 0:
			quoted = !quoted
		case quoted:
		case c == '(':
			comment++
		case c == ')' && comment > 0:
			comment--
		case comment > 0 && i < lastClose:
		case c == '=' && strings.HasPrefix(s[i:], "=?"):
			encoded = true // may hold a colon
		case c == '<':
			angle = true
		case c == '>':
			angle = false
			items = append(items, s[start:i+1]) // a comma may be missing behind it
			start = i + 1
		case c == ':' && !angle && !encoded:
			start = i + 1 // the name of a group
		case (c == ',' || c == ';') && !angle:
			items = append(items, s[start:i])
			start, encoded = i+1, false
		}
	}
	return append(items, s[min(start, len(s)):])
}

// readMailbox reads one "Name <address>", "address (Name)" or bare address.
func readMailbox(item string) (written, bool) {
	item = strings.TrimSpace(item)
	if strings.Contains(item, "=?") && !strings.Contains(item, "@") {
		item = decodeWords(item) // the whole address was encoded
	}
	open := strings.LastIndexByte(item, '<')
	if open >= 0 {
		addr, _, _ := strings.Cut(item[open+1:], ">")
		if addr, ok := cleanAddr(addr); ok {
			return written{cleanName(item[:open]), addr}, true
		}
	}
	name := ""
	bareItem := item
	if i := strings.IndexByte(item, '('); i >= 0 {
		name, _, _ = strings.Cut(item[i+1:], ")")
		bareItem = item[:i]
	}
	if addr, ok := cleanAddr(bareItem); ok {
		return written{cleanName(name), addr}, true
	}
	for _, token := range strings.FieldsFunc(item, func(r rune) bool { return strings.ContainsRune(" \t<>()\"'[]", r) }) {
		if addr, ok := cleanAddr(token); ok {
			return written{cleanName(strings.Replace(item, token, "", 1)), addr}, true
		}
	}
	return written{}, false
}

// cleanAddr returns the address with its domain in ASCII, letters as written.
// It must have a local part and a domain and hold nothing that could end a
// command or field.
func cleanAddr(s string) (string, bool) {
	if s = strings.TrimSpace(s); len(s) > 1000 {
		return "", false
	}
	s = strings.TrimPrefix(strings.TrimPrefix(s, "mailto:"), "MAILTO:")
	if i := strings.LastIndexByte(s, ':'); i >= 0 && strings.HasPrefix(s, "@") {
		s = s[i+1:] // a source route (RFC 5321 §4.1.1.3)
	}
	s = tighten(strings.Trim(s, "'` "))
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || len(s) > 320 {
		return "", false
	}
	local, domain := strings.TrimSpace(s[:at]), strings.TrimSuffix(strings.TrimSpace(s[at+1:]), ".")
	if len(local) > 1 && local[0] == '"' && local[len(local)-1] == '"' {
		local = strings.ReplaceAll(local[1:len(local)-1], `\`, "")
		if strings.ContainsAny(local, " @\"") {
			local = `"` + strings.ReplaceAll(local, `"`, "") + `"`
		}
	}
	if local == "" || !cleanLocal(local) {
		return "", false
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		ascii = domain
	}
	if !validHost(ascii) {
		return "", false
	}
	return local + "@" + ascii, true
}

// tighten drops comments and the spaces old mailers put around dots and the @
// (RFC 5322 §4.4).
func tighten(s string) string {
	if strings.HasPrefix(s, `"`) || !strings.ContainsAny(s, " \t(") {
		return s
	}
	for {
		open := strings.IndexByte(s, '(')
		length := strings.IndexByte(s[max(open, 0):], ')')
		if open < 0 || length < 0 {
			break
		}
		s = s[:open] + s[open+length+1:]
	}
	for _, sep := range []string{".", "@"} {
		parts := strings.Split(s, sep)
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		s = strings.Join(parts, sep)
	}
	return s
}

func cleanLocal(local string) bool {
	quoted := len(local) > 1 && local[0] == '"' && local[len(local)-1] == '"'
	for _, r := range local {
		if r < ' ' || r == 0x7f || r == '<' || r == '>' || r == '\uFFFD' || markup.CleanLine(string(r), 4) == "" && r != ' ' {
			return false
		}
		if !quoted && (r == ' ' || r == ',' || r == ';' || r == '@' || r == '(' || r == ')' || r == ':' || r == '"') {
			return false
		}
	}
	return true
}

// cleanName decodes and unquotes a display name.
func cleanName(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		s = unescape(s[1 : len(s)-1])
	}
	s = decodeWords(s)
	s = strings.Trim(strings.TrimSpace(s), `"'`)
	return markup.CleanLine(s, maxNameRunes)
}

func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// address makes an address comparable: lower case.
func (m written) address() intake.Address {
	return intake.Address{Kind: Kind, Value: strings.ToLower(m.addr), Name: m.name}
}

func addresses(boxes []written) []intake.Address {
	var list []intake.Address
	for _, m := range boxes {
		list = append(list, m.address())
	}
	return list
}

// localPart returns what stands before the @, in lower case.
func localPart(addr string) string {
	local, _, _ := strings.Cut(strings.ToLower(addr), "@")
	return local
}

// machineLocals are local parts behind which no person reads.
var machineLocals = []string{"noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "do_not_reply", "dontreply",
	"nicht-antworten", "keine-antwort", "keineantwort", "noanswer", "no-answer", "bounce", "bounces", "mailer", "www-data", "wordpress", "apache", "nobody", "root", "cron", "notification", "notifications"}

// isMachineLocal reports whether nobody reads mail to addr.
func isMachineLocal(addr string) bool {
	local := localPart(addr)
	local, _, _ = strings.Cut(local, "+")
	if slices.Contains(machineLocals, local) || isDaemon(addr) {
		return true
	}
	for _, m := range machineLocals[:11] {
		if strings.HasPrefix(local, m+"-") || strings.HasPrefix(local, m+".") || strings.HasPrefix(local, m+"_") ||
			strings.HasSuffix(local, "-"+m) || strings.HasSuffix(local, "."+m) || strings.HasSuffix(local, "_"+m) {
			return true
		}
	}
	return false
}

// isDaemon reports whether addr is a mail system's own voice.
func isDaemon(addr string) bool {
	switch localPart(addr) {
	case "mailer-daemon", "mailerdaemon", "postmaster", "mail-daemon":
		return true
	}
	return false
}
