package fold

import (
	"slices"
	"strings"
	"unicode"

	"lotse/internal/platform/markup"
)

// findDeviceLines marks lines such as "Sent from my iPhone" that stand alone or
// last.
func (l *letter) findDeviceLines(s segment) {
	last := l.lastSaid(s)
	for i := s.from; i < s.to; i++ {
		first := i == s.from || l.blank(i-1)
		if !first && i != last || !l.says(i) || !isDeviceLine(l.rows[i].bare) {
			continue
		}
		end := i + 1 // of the paragraph, as far as it matters
		for end < min(s.to, i+3) && !l.blank(end) {
			end++
		}
		if i == last || end == i+1 || end == i+2 && end > last {
			l.mark(i, end, markup.FoldSignature)
		}
	}
}

// isDeviceLine reports whether a line says by which device or program a mail
// was sent. A known name may be followed by more ("please excuse typos"); else
// the line must be short and without a clause.
func isDeviceLine(bare string) bool {
	if len(bare) > 300 {
		return false
	}
	s := strings.ToLower(strings.TrimFunc(bare, func(r rune) bool {
		return isInvisible(r) || strings.ContainsRune("*_-–—•[](){}<>«»\"' ", r)
	}))
	if strings.Contains(s, "outlook") && strings.Contains(s, "aka.ms/") && len(strings.Fields(s)) <= 9 {
		return true // the advert of its app, in any language
	}
	s = strings.TrimLeft(withoutClosing(s), ", ")
	first, _ := firstRune(s)
	return slices.ContainsFunc(deviceLines[first], func(d deviceWords) bool { return d.match(s) }) ||
		slices.ContainsFunc(deviceLines[0], func(d deviceWords) bool { return d.match(s) })
}

// withoutClosing drops the closing formula before the words of a device line, as
// in "Best regards, sent from my phone".
func withoutClosing(s string) string {
	rest := s
	for _, c := range closing {
		if after, ok := strings.CutPrefix(s, c); ok && len(after) < len(rest) && strings.IndexAny(after, ", ") == 0 {
			rest = after
		}
	}
	return rest
}

// deviceWords stand before and behind the name of a device.
type deviceWords struct{ before, behind string }

// deviceLines holds the table by the first rune of a line, 0 for any.
var deviceLines = readDeviceLines()

func readDeviceLines() map[rune][]deviceWords {
	all := map[rune][]deviceWords{}
	for _, entry := range deviceLine {
		before, behind, _ := strings.Cut(entry, "…")
		first, _ := firstRune(before)
		all[first] = append(all[first], deviceWords{before, behind})
	}
	return all
}

// match reports whether the line holds the words around the name of a device.
func (d deviceWords) match(line string) bool {
	name, ok := strings.CutPrefix(line, d.before)
	if ok && d.behind != "" {
		name, ok = strings.CutSuffix(strings.TrimRight(name, "."), d.behind)
	}
	return ok && namesDevice(name, d.before+d.behind)
}

// namesDevice reports whether what stands beside the words of a device line is
// the name of a device. words with "outlook" or "mobile" hold one themselves.
func namesDevice(name, words string) bool {
	link := strings.IndexAny(name, "<(")
	if link >= 0 {
		name = name[:link]
	}
	clause := name
	if i := strings.IndexAny(name, ",.;:!?"); i >= 0 {
		clause = name[:i]
	}
	fields := strings.FieldsFunc(clause, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' })
	switch {
	case len(fields) > 9:
		return false
	case slices.ContainsFunc(fields, func(f string) bool { return device[f] || hasDevice(f) }):
		return true
	case strings.Contains(words, "outlook") || strings.Contains(words, "mobil") || strings.Contains(words, "unterwegs"):
		return len(fields) <= 5
	}
	return words == "sent from" && clause == name && link < 0 && len(fields) > 0 && len(fields) <= 6
}

// hasDevice finds the name of a device in a word with an ending of its
// language, such as "iphone'umdan" or "iPhoneから".
func hasDevice(word string) bool {
	return slices.ContainsFunc(anyDevice, func(name string) bool { return strings.Contains(word, name) })
}

var anyDevice = list("iphon|ipad|android|samsung|galaxy|huawei|xiaomi|blackberry|outlook|handy|smartphone|handphone")

func firstRune(s string) (rune, bool) {
	for _, r := range s {
		return r, true
	}
	return 0, false
}
