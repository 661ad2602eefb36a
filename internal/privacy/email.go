package privacy

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLocal bounds the part before the @; RFC 5321 §4.5.3.1.1 says 64 octets.
const maxLocal = 128

var (
	// atSign finds @ and what people write instead of it.
	atSign = regexp.MustCompile(`(?i)^(?: ?@ ?| ?[(\[{<] ?(?:at|ät|æt|klammeraffe|@) ?[)\]}>] ?| (?:at|ät|klammeraffe) )`)
	// domain follows a plain @, obscured what people write to hide one.
	domain   = regexp.MustCompile(`^(?:[\p{L}\p{N}][\p{L}\p{N}_-]*\.)+\p{L}[\p{L}\p{N}-]*\p{L}|^\[[0-9a-fA-F.:]{7,45}\]`)
	obscured = regexp.MustCompile(`(?i)^[\p{L}\p{N}][\p{L}\p{N}_-]*(?:(?: ?[(\[{<] ?(?:dot|punkt|\.) ?[)\]}>] ?| (?:dot|punkt) | ?\. ?)[\p{L}\p{N}][\p{L}\p{N}_-]*){1,4}`)
	// spelled says that a domain was spelled out, which nobody does by chance.
	spelled  = regexp.MustCompile(`(?i)[(\[{< ](?:dot|punkt|\.)[)\]}> ]`)
	topLevel = regexp.MustCompile(`(?i)\b(?:de|com|net|org|eu|at|ch|info|io|uk|fr|nl|pl|it|es|biz|me|email|online|cloud|app|dev|berlin|koeln|bayern)$`)
)

// findEmails finds addresses such as name@firma.de, name (at) firma . de and
// @name@server.example.
func findEmails(p *page) []span {
	var found []span
	s, end := p.s, 0
	for _, at := range atSigns(p) {
		start := localBefore(s, at[0])
		if start < end || start == at[0] {
			continue
		}
		n := domainAfter(s, start, at)
		if n == 0 {
			continue
		}
		end = at[1] + n
		found = append(found, span{Email, start, end})
	}
	return found
}

var atWords = set("at ät æt klammeraffe")

// atSigns returns where @ or a word for it stands, with what is around it.
func atSigns(p *page) [][]int {
	var places []int
	for i := 0; ; i++ {
		next := strings.IndexByte(p.s[i:], '@')
		if next < 0 {
			break
		}
		i += next
		places = append(places, i)
	}
	for _, w := range p.words {
		if atWords[w.lower] {
			places = append(places, w.start)
		}
	}
	slices.Sort(places)
	var found [][]int
	end := 0
	for _, i := range places {
		// The sign may begin up to three characters before: " ( at".
		for start := max(end, i-3); start <= i; start++ {
			if hit := atSign.FindStringIndex(after(p.s, start, 30)); hit != nil && start+hit[1] > i {
				end = start + hit[1]
				found = append(found, []int{start, end})
				break
			}
		}
	}
	return found
}

// localBefore returns where the part before the @ at position i begins.
func localBefore(s string, i int) int {
	start := i
	for start > 0 && i-start < maxLocal {
		r, n := utf8.DecodeLastRuneInString(s[:start])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._%+'-&=~!#$*/?^", r) {
			break
		}
		start -= n
	}
	for start < i && strings.ContainsRune(".'*=/?!#", rune(s[start])) {
		start++
	}
	if start > 0 && start < i && s[start-1] == '@' {
		start--
	}
	return start
}

// domainAfter returns the length of the domain behind an at sign, 0 if none
// makes an address with what stands before.
func domainAfter(s string, start int, at []int) int {
	sign, rest := s[at[0]:at[1]], after(s, at[1], 260)
	if sign == "@" {
		if n := len(domain.FindString(rest)); n > 0 {
			return n
		}
	}
	host := obscured.FindString(rest)
	if host == "" {
		return 0
	}
	local := s[start:at[0]]
	if !strings.ContainsAny(sign, "@([{<") && !tellsAddress(local, host) {
		return 0
	}
	return trimHost(host)
}

// tellsAddress reports whether two words around a bare "at" are an address:
// "ordered at amazon.com" is none, "e.m at web.de" and "erika at web dot de" are.
func tellsAddress(local, host string) bool {
	if spelled.MatchString(host) {
		return true
	}
	digits := countDigits(local)
	named := strings.ContainsAny(local, "._") || digits >= 2 && len(local) >= digits+3
	return named && !strings.Contains(host, " ")
}

// trimHost cuts words off that only look as if they belonged to a spelled-out
// domain: "firma . de . Danke" is firma . de.
func trimHost(host string) int {
	for end := len(host); end > 0; {
		if topLevel.MatchString(host[:end]) {
			return end
		}
		cut := strings.LastIndexAny(host[:end], ". )]}>")
		if cut < 0 {
			break
		}
		end = len(strings.TrimRight(host[:cut], " .()[]{}<>"))
	}
	if !strings.Contains(host, " ") {
		return len(host)
	}
	return 0
}
