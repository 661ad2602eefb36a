package publish

import (
	"regexp"
	"strings"
)

const (
	linkWord    = "xlinkx"    // stands for a link to a page
	contactWord = "xcontactx" // stands for an address, a telephone number, a link to a contact form
)

var (
	image       = regexp.MustCompile(`!\[[^\]]*\]\([^)]*\)`)
	markLink    = regexp.MustCompile(`\[([^\]]*)\]\(([^)\s]*)[^)]*\)`)
	bareLink    = regexp.MustCompile(`(?i)<?\b(?:https?://|www\.)[^\s<>)]+>?`)
	contactLink = regexp.MustCompile(`(?i)kontakt|contact|chat|support/?$|feedback|login|ticket|//(?:[\w.]*\.)?(?:facebook|twitter|x|instagram)\.com|m\.me|wa\.me|t\.me|mailto:|tel:|^(?:https?://)?[^/]+/?$`)
	mailAddress = regexp.MustCompile(`[\p{L}0-9._%+-]+@[\p{L}0-9-]+(?:\.[\p{L}0-9-]+)+`)
	telephone   = regexp.MustCompile(`(?:\+|\b0)[0-9][0-9 ()/.–-]{4,20}[0-9]\b`)
	emphasis    = regexp.MustCompile("[*_`#~|]+|<[^>]*>")
	listItem    = regexp.MustCompile(`^\s*(?:[-*+•]|[0-9]{1,2}[.)])\s+`)
	closing     = regexp.MustCompile(`(?i)^\W*(?:(?:mit )?(?:freundliche[nr]?|beste[nr]?|viele[n]?|liebe[nr]?|herzliche[nr]?|schöne[n]?|sonnige[n]?) (?:grüße|grüßen|gruß|gruss|grüsse)|(?:lg|vg|mfg|bg)\b|(?:(?:kind|best|warm|many)(?:est)? )?(?:regards|wishes)\b|yours\b|sincerely\b|cheers\b|all the best\b|(?:ihr|dein|euer|your) [^.!?]{0,30}(?:team|service)\b|\^\w{1,8}|[–—-]{1,2} ?\p{L}+\s*$)`)
	closingAt   = regexp.MustCompile(`(?i)[.!?:)] *(?:\p{So} *)?((?:(?:mit )?(?:freundlichen?|beste|viele|liebe|herzliche|schöne|sonnige) (?:grüße|grüßen)|lg|vg|mfg|(?:kind |best |warm )?regards|yours (?:faithfully|sincerely|truly)|\^\w{1,8}|ihr [^.!?]{0,20}team\b|thanks, )[^.!?]{0,60}[.!]?)$`)
	signedBy    = regexp.MustCompile(`^\p{Lu}\p{L}*[,.]?(?: \p{Lu}\p{L}*[,.]?){0,4}$`)
	greeting    = regexp.MustCompile(`(?i)^\s*(?:hallo|hi|hey|hello|dear|guten (?:tag|morgen|abend)|liebe[rs]?|sehr geehrte[rs]?|moin|servus|grüezi|good (?:morning|afternoon|evening|day))(?:\s+[^\s,!:.–-]+){0,5}?\s*[,!:.–-]+\s*`)
	sentenceEnd = regexp.MustCompile(`([!?…]+|[.]+)(?:["“”')]*)(?:\s+|$)|\s*\p{So}\s*|;\s|\s[–—]\s|,? (?:aber|jedoch|sondern|but|however) `)
	noEnd       = regexp.MustCompile(`(?i)(?:\b(?:z|b|d|h|u|a|e|g|i|nr|no|tel|str|ca|bzw|ggf|evtl|inkl|zzgl|usw|etc|dr|mr|mrs|st|mo|di|mi|do|fr|sa|so)|\b[0-9]{1,2})$`)
	clauseEnd   = regexp.MustCompile(`[,:;()]|\s[–—-]\s| (?:und|and|so|denn) `)
	notWord     = regexp.MustCompile(`[^\p{L}\p{N}€$£%§.,:'’/+-]+`)
)

// statements cuts an answer into its sentences, without quotations, greeting
// and closing.
func statements(text string) []string {
	text = image.ReplaceAllString(text, " ")
	text = markLink.ReplaceAllString(text, "$1 $2 ")
	text = bareLink.ReplaceAllStringFunc(text, func(l string) string {
		if contactLink.MatchString(strings.Trim(l, "<>.,")) {
			return " " + contactWord + " "
		}
		return " " + linkWord + " "
	})
	text = mailAddress.ReplaceAllString(text, contactWord)
	text = telephone.ReplaceAllString(text, contactWord)
	var out []string
	var paragraph strings.Builder
	flush := func() {
		out = append(out, sentences(paragraph.String())...)
		paragraph.Reset()
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, ">") {
			line = ""
		}
		item := listItem.MatchString(line)
		line = strings.TrimSpace(emphasis.ReplaceAllString(listItem.ReplaceAllString(line, ""), " "))
		if closing.MatchString(line) && !item {
			break
		}
		if line == "" || item {
			flush()
		}
		line = closingAt.ReplaceAllString(greeting.ReplaceAllString(line, ""), ".")
		paragraph.WriteString(line + " ")
	}
	flush()
	if n := len(out); n > 0 && signedBy.MatchString(out[n-1]) {
		out = out[:n-1]
	}
	return out
}

// longestShort is more than an abbreviation has bytes: looking back further would
// take quadratic time.
const longestShort = 8

// sentences cuts a paragraph at the ends of sentences.
func sentences(p string) []string {
	var out []string
	start := 0
	for _, hit := range sentenceEnd.FindAllStringIndex(p, -1) {
		if p[hit[0]] == '.' && noEnd.MatchString(p[max(start, hit[0]-longestShort):hit[0]]) {
			continue
		}
		s := strings.TrimSpace(p[start:hit[1]])
		if p[hit[0]] == '.' || p[hit[0]] == ',' || p[hit[0]] == ' ' {
			s = strings.TrimSpace(p[start:hit[0]])
		}
		out = append(out, s)
		start = hit[1]
	}
	return append(out, strings.TrimSpace(p[start:]))
}

// plainWords puts a sentence into the form the patterns are written for: small
// letters, one blank around each word.
func plainWords(s string) string {
	s = strings.ToLower(strings.ReplaceAll(s, "’", "'"))
	var b strings.Builder
	b.WriteByte(' ')
	for w := range strings.FieldsSeq(notWord.ReplaceAllString(s, " ")) {
		if w = strings.Trim(w, ".,:'/+-"); w != "" {
			b.WriteString(w + " ")
		}
	}
	return b.String()
}
