package fold

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// marking says what a line above an earlier message tells.
type marking uint8

const (
	unmarked      marking = iota
	markedEarlier         // "Original Message": replies carry it too
	markedOff             // a line of this form whose words are unknown
	markedForward         // says that a message was forwarded
)

// forwardStems are how the words begin that say "forwarded", in small letters.
var forwardStems = list(
	"forward|fwd|weitergeleitet|weiterleit|transféré|transfere|réexpédi|reexpédi|transmis|réachemin|redirig|fait suivre|reenv|rexpedid",
	"encaminhad|reencaminhad|inoltrat|inoltro|rispedit|doorgestuurd|doorgezonden|videresend|vidaresend|vidarebefordr|välitet|edelleenlähe",
	"áframsen|framsent|edastat|edasi|persiųst|pārsūtīt|przekaz|przesłan|przesyłan|přeposl|přeposíl|přesměrov|preposl|preposiel|továbbít",
	"redirecţ|redirection|înaint|retransmis|proslije|prosljeđ|prosleđ|posredovan|preusmer|yönlendir|iletil|ileti başla",
	"пересыл|пересла|пересил|переадрес|перенаправл|препрате|препраща|прослеђ|προωθ|birbidal",
	"teruskan|diteruskan|chuyển tiếp|转发|轉寄|转寄|轉發|転送|전달|הועבר|מועבר|معاد توجيه|إعادة توجيه|محول|ส่งต่อ|अग्रेषित",
)

const (
	maxMarker   = 120 // characters of a marker line
	longBar     = 10  // dashes in front: "original message" between such bars is a forward
	markerReach = 4   // lines behind a marker in which its message must begin
)

// markerLine is a marker as it stands in a text.
type markerLine struct {
	says  marking
	drawn bool   // with dashes
	rest  string // of the line behind it: some programs lose line ends
}

// readMarker reads a marker line: drawn with dashes, or one that ends in a
// colon and speaks of a forward. A message must follow it.
func readMarker(line string) markerLine {
	d := readDrawn(bare(line))
	if utf8.RuneCountInString(d.words) > maxMarker || d.dashes == 0 && !endsInColon(strings.TrimRight(d.words, "* ")) {
		return markerLine{}
	}
	m := markerLine{drawn: d.dashes > 0, rest: d.rest}
	key := labelKey(d.words)
	switch {
	case hasStem(key, forwardStems):
		m.says = markedForward
	case d.dashes == 0 || !strings.ContainsFunc(key, unicode.IsLetter):
		return markerLine{}
	case d.dashes < longBar && slices.ContainsFunc(original, func(phrase string) bool { return strings.Contains(key, phrase) }):
		m.says = markedEarlier
	case d.closed:
		m.says = markedOff
	default:
		return markerLine{}
	}
	return m
}

func endsInColon(s string) bool { return strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：") }

// drawn is a line of the form "----- words ----- rest". Of "--- words" and of
// plain words all are words.
type drawn struct {
	words, rest string
	dashes      int  // in front
	closed      bool // dashes behind the words too
}

func readDrawn(s string) drawn {
	inner := strings.TrimLeftFunc(s, isDash)
	d := drawn{dashes: utf8.RuneCountInString(s) - utf8.RuneCountInString(inner)}
	if d.dashes < 2 {
		return drawn{words: s}
	}
	end := 0
	for {
		from, to := barIn(inner[end:])
		if to == 0 {
			break
		}
		if d.words == "" {
			d.words = trim(inner[:end+from])
		} else if more := inner[end : end+from]; strings.Contains(more, ":") || !hasStem(labelKey(more), forwardStems) {
			break // not the marker once more, in English
		}
		end += to
		d.closed = true
	}
	if !d.closed {
		d.words = trim(inner)
		return d
	}
	d.rest = trim(inner[end:])
	return d
}

// barIn finds the first run of at least two dashes.
func barIn(s string) (from, to int) {
	run := 0
	for i, r := range s {
		switch {
		case !isDash(r) && run >= 2:
			return from, i
		case !isDash(r):
			run = 0
		default:
			if run == 0 {
				from = i
			}
			run++
		}
	}
	if run >= 2 {
		return from, len(s)
	}
	return 0, 0
}

func isDash(r rune) bool { return strings.ContainsRune("-–—―=_~*", r) }

// isBar reports whether a bare line is drawn only, and no "-- ".
func isBar(bare string) bool { return len(bare) > 2 && isRule(bare) }

// hasStem reports whether a word in key begins with one of the stems. Scripts
// without spaces have them anywhere.
func hasStem(key string, stems []string) bool {
	for _, stem := range stems {
		i := strings.Index(key, stem)
		if i < 0 {
			continue
		}
		if before, _ := utf8.DecodeLastRuneInString(key[:i]); i == 0 || !unicode.IsLetter(before) || stem[0] >= 0xD7 {
			return true
		}
	}
	return false
}
