package fold

import (
	"regexp"
	"strings"

	"lotse/internal/platform/markup"
)

const (
	maxSignature = 18 // rows of a signature that no "-- " begins, without empty ones
	maxRows      = 60 // the same with empty ones
	maxCard      = 14 // rows behind a closing formula or of a block of contact data
	maxAdverts   = 2  // sentences below the contact data of a signature
	maxProse     = 9  // words of a row that is no sentence
)

// Contact data, as far as its form shows.
var (
	aPhone = regexp.MustCompile(`(?:\+|\(|\b)\d[\d\s().\-–/]{5,}\d\b`)
	aLink  = regexp.MustCompile(`(?i)\b(?:https?://|www\.)\S+|\b[a-z0-9-]{2,}\.(?:com|net|org|de|at|ch|fr|es|it|nl|be|pl|pt|br|eu|io|co\.uk|dk|se|no|fi|cz|sk|hu|ro|tr|ru|ua|info|biz)(?:/\S*)?\b`)
	aPlace = regexp.MustCompile(`^(?:[A-Z]{1,3}[- ])?\d{4,5}\s+\p{Lu}\p{L}+`)
	// aPlaceLast is the place at the end of an address on one row, behind the
	// street: "Acme Ltd - High Street 3, 28013 Madrid".
	aPlaceLast = regexp.MustCompile(`\d[\p{L}]?\s*[,|·•/–-]\s*(?:[A-Z]{1,3}[- ])?\d{4,5}\s+\p{Lu}[\p{L}./-]+(?: \p{L}[\p{L}./()-]+){0,3}$`)
	aTag       = regexp.MustCompile(`^@\w[\w.]*$`)
)

// findMarkedSignatures finds what something marks as no part of the message:
// lines of devices, what stands behind "-- " or a drawn line, legal notices.
func (l *letter) findMarkedSignatures() {
	l.findArmor()
	l.findBanner()
	for _, s := range l.segments() {
		l.findHinted(s)
		l.findDeviceLines(s)
		if at := l.delimiterIn(s); at >= 0 {
			l.mark(at, s.to, markup.FoldSignature)
			l.findDisclaimers(segment{at + 1, s.to})
		}
		l.findDisclaimersAtEnd(s)
	}
}

// findArmor marks what PGP puts around a signed text (RFC 9580 §7).
func (l *letter) findArmor() {
	for i := 0; i < len(l.rows); i++ {
		end, stop := i, ""
		switch l.rows[i].bare {
		case "-----BEGIN PGP SIGNED MESSAGE-----":
		case "-----BEGIN PGP SIGNATURE-----":
			stop = "-----END PGP SIGNATURE-----"
		default:
			continue
		}
		for end++; end < len(l.rows) && l.rows[end-1].bare != stop && l.rows[end].depth == l.rows[i].depth; end++ {
		}
		l.mark(i, end, markup.FoldSignature)
		i = end - 1
	}
}

// findOtherSignatures finds contact data below what the writer says. Between
// quotes that stay it is an answer, so only what nothing visible follows counts.
func (l *letter) findOtherSignatures() {
	for _, s := range l.segments() {
		if s.to < len(l.rows) && l.kind[s.to] == 0 {
			continue
		}
		if from, to := l.cardIn(s); from < to {
			l.mark(from, to, markup.FoldSignature)
			l.findDisclaimersAtEnd(s)
		}
	}
}

// segment is a run of rows that belong to no earlier message.
type segment struct{ from, to int }

// segments returns what lies between the passages.
func (l *letter) segments() []segment {
	var all []segment
	at := 0
	for _, p := range l.passages {
		if p.from > at {
			all = append(all, segment{at, p.from})
		}
		at = max(at, p.to)
	}
	if at < len(l.rows) {
		all = append(all, segment{at, len(l.rows)})
	}
	return all
}

// findHinted marks the rows that HTML calls a signature.
func (l *letter) findHinted(s segment) {
	for i := s.from; i < s.to; i++ {
		h, ok := l.hintAt(i, hintSignature)
		if !ok {
			continue
		}
		to := min(h.to, s.to)
		if l.countSaid(h.from, to) <= maxSignature && l.saidBefore(h.from) {
			l.mark(h.from, to, markup.FoldSignature)
		}
	}
}

// lastSaid returns the last row of the segment that says something, or -1.
func (l *letter) lastSaid(s segment) int {
	for i := s.to - 1; i >= s.from; i-- {
		if l.says(i) {
			return i
		}
	}
	return -1
}

// delimiterIn finds the line that begins the signature of a segment, or -1.
func (l *letter) delimiterIn(s segment) int {
	for i := s.from; i < s.to; i++ {
		if l.lines[i] == "-- " {
			return i
		}
	}
	found, said := -1, 0
	notice := l.noticeFrom(s)
	for i := notice - 1; i >= max(s.from, notice-maxRows) && said <= maxSignature; i-- {
		switch {
		case l.says(i):
			said++
		case l.kind[i] == 0 && isRule(l.rows[i].bare) && l.delimits(i, notice):
			found = i
		}
	}
	return found
}

// delimits reports whether the drawn line at row i begins a signature that ends
// at row to: "--" does if no message follows, others if what follows is a name
// or contact data. "-- " always does (RFC 3676 §4.3).
func (l *letter) delimits(i, to int) bool {
	if !l.saidBefore(i) {
		return false
	}
	c := l.census(i+1, to)
	switch bare := l.rows[i].bare; {
	case c.rows == 0 || c.rows > maxSignature:
		return c.rows == 0 && bare == "--"
	case bare == "--":
		return c.prose <= 2 && !c.proseFirst
	case c.adverts > 0:
		return false
	case runes(bare) <= 3 && c.prose == 0 && c.rows <= 5 && l.nameFirst(i+1, to):
		return true
	}
	return c.contact > 0 && c.prose == 0
}

// census counts what kinds of rows a stretch holds.
type census struct {
	rows, prose int
	adverts     int // sentences below contact data
	contact     int // addresses, numbers, links and the like
	proseFirst  bool
}

func (l *letter) census(from, to int) census {
	var c census
	for i := from; i < to; i++ {
		if !l.says(i) {
			continue
		}
		bare := l.rows[i].bare
		switch {
		case isPostscript(bare):
			c.prose += maxAdverts + 1
		case isContact(bare):
			c.contact += countContacts(bare)
		case isProse(bare) && c.contact >= 2 && !strings.HasSuffix(bare, "?"):
			c.adverts++
		case isProse(bare):
			c.prose++
			c.proseFirst = c.proseFirst || c.rows == 0
		}
		c.rows++
		if c.rows > maxSignature {
			break
		}
	}
	if c.adverts > maxAdverts {
		c.prose += c.adverts
	}
	return c
}

// isPostscript reports whether a row begins a postscript, which the writer adds
// below the name.
func isPostscript(bare string) bool {
	s := strings.ToLower(strings.ReplaceAll(bare[:min(len(bare), 8)], ".", ""))
	return strings.HasPrefix(s, "ps:") || strings.HasPrefix(s, "ps ") || strings.HasPrefix(s, "nb:") || strings.HasPrefix(s, "p s")
}

// nameFirst reports whether the first row that says something is a name.
func (l *letter) nameFirst(from, to int) bool {
	i := l.skipBlank(from)
	return i < to && isName(l.rows[i].bare)
}

// isProse reports whether a row is a sentence rather than a line of a card.
func isProse(bare string) bool {
	n := len(strings.Fields(bare))
	return n > maxProse || strings.HasSuffix(bare, "?") || n > 5 && strings.ContainsAny(bare[len(bare)-1:], ".!:")
}
