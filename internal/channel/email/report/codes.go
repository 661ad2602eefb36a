package report

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	// pairForm is a reply code with an enhanced status: "550 5.1.1", "550-'5.2.2".
	pairForm = regexp.MustCompile(`(?:^|[^\d.])([245]\d\d)[ \-:#('"]{1,4}([245]\.[0-7]\.\d{1,3})`)
	// codeForm is a reply code alone.
	codeForm = regexp.MustCompile(`(?:^|[\s:>"'\[(,])([45]\d\d)(?:[\s\-:,\])]|$)`)
	// statusForm is an enhanced status alone: "(#5.1.1)", "5.4.1 Recipient ...".
	statusForm = regexp.MustCompile(`(?:^|[\s(\[#:<'"])([245]\.[0-7]\.\d{1,3})`)
)

// replyCodes are the reply codes of refusals (RFC 5321 §4.2.3, RFC 4954,
// RFC 7504 and the few that servers invented).
var replyCodes = map[int]bool{
	421: true, 432: true, 441: true, 442: true, 446: true, 450: true, 451: true, 452: true, 453: true, 454: true, 455: true, 471: true,
	500: true, 501: true, 502: true, 503: true, 504: true, 510: true, 511: true, 512: true, 513: true, 521: true, 523: true, 530: true, 534: true, 535: true, 538: true,
	541: true, 550: true, 551: true, 552: true, 553: true, 554: true, 555: true, 556: true, 557: true, 571: true,
}

// codesIn finds the reply code and enhanced status in the words of a server; 0
// and "" if there are none. Of several pairs the last counts: mailers put what
// the next server said behind their own words.
func codesIn(words string) (code int, status string) {
	pairs := pairForm.FindAllStringSubmatchIndex(words, -1)
	for i := len(pairs) - 1; i >= 0; i-- {
		m := pairs[i]
		if !isDotted(words, m[5]) {
			code, _ = strconv.Atoi(words[m[2]:m[3]])
			return code, words[m[4]:m[5]]
		}
	}
	return codeIn(words), statusIn(words)
}

// codeIn finds the first reply code of a refusal.
func codeIn(words string) int {
	for _, m := range codeForm.FindAllStringSubmatch(words, -1) {
		if code, _ := strconv.Atoi(m[1]); replyCodes[code] {
			return code
		}
	}
	return 0
}

// statusIn finds the first enhanced status.
func statusIn(words string) string {
	for _, m := range statusForm.FindAllStringSubmatchIndex(words, -1) {
		if !isDotted(words, m[3]) {
			return words[m[2]:m[3]]
		}
	}
	return ""
}

// isDotted reports that a number goes on behind end, as in an IP address or a
// version.
func isDotted(s string, end int) bool {
	if end >= len(s) {
		return false
	}
	if s[end] >= '0' && s[end] <= '9' {
		return true
	}
	return s[end] == '.' && end+1 < len(s) && s[end+1] >= '0' && s[end+1] <= '9'
}

// chooseStatus weighs the status a mailer gave against the one in the words of
// the server it spoke to: the server knows better, unless it only says "other".
func chooseStatus(given, said string) string {
	if said == "" || given != "" && strings.HasSuffix(said, ".0.0") {
		return given
	}
	return said
}

// isTemporary reports a status or code that allows another attempt.
func isTemporary(status string, code int) bool {
	if status != "" {
		return status[0] == '4'
	}
	return code >= 400 && code < 500
}
