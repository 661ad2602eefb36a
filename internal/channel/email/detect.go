package email

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
)

// maxSample is how much of a text is looked at to find its charset, in bytes.
const maxSample = 16 << 10

// hints are languages the rest of a mail speaks for, such as "ru": of charsets
// named elsewhere in it, Content-Language and the country of its sender. They
// lower what is asked of a guess and never make one by themselves.
type hints []string

// detect guesses the charset of text that is neither UTF-8 nor said to be
// anything that can be true. It returns "" if nothing is clearly better than
// Western European, which is what such mail mostly is.
//
// It reads the text as every charset in question and looks what comes out: the
// signs frequent in Chinese, Japanese or Korean, words whose letters are as
// frequent as in Russian or Greek, words with the accents of one Central
// European language. The right reading stands far apart from the wrong ones
// even in a line of text; what does not stand apart stays Western.
//
// strict asks for more evidence, for text that is said to be Western.
func detect(b []byte, known hints, strict bool) string {
	if name := unmarkedUTF16(b); name != "" {
		return name
	}
	b = sampleOf(b)
	high, letters, runs := foreignness(b)
	switch {
	case high == 0:
		return ""
	case high*100 >= 45*letters:
		if name := ideographic(b, known, strict); name != "" {
			return name
		}
		inRows := 2*high >= 5*runs || high == letters && 2*high >= 3*runs
		if high*100 >= 70*letters && (inRows || len(known) > 0) {
			if name := foreignScript(b, known, strict); name != "" {
				return name
			}
		}
		fallthrough
	default:
		return accented(b, known, strict)
	}
}

// sampleOf returns the lines of b with 8-bit bytes, up to maxSample: markup and
// addresses say nothing about a charset.
func sampleOf(b []byte) []byte {
	var sample []byte
	for len(b) > 0 && len(sample) < maxSample {
		i := bytes.IndexFunc(b, func(r rune) bool { return r >= 0x80 })
		if i < 0 {
			break
		}
		start := bytes.LastIndexByte(b[:i], '\n') + 1
		start = max(start, i-200)
		end := bytes.IndexByte(b[i:], '\n')
		if end < 0 || end > maxSample {
			end = min(len(b)-i-1, maxSample)
		}
		sample = append(sample, b[start:i+end+1]...)
		b = b[i+end+1:]
	}
	return sample
}

// foreignness counts the letters of the words that have 8-bit bytes, how many of
// these are 8-bit, and in how many runs they stand. In Western words few are,
// in Cyrillic ones all, and many in a row.
func foreignness(b []byte) (high, letters, runs int) {
	words := bytes.FieldsFunc(b, func(r rune) bool {
		return r < 0x80 && !unicode.IsLetter(r)
	})
	for _, word := range words {
		n := 0
		for i, c := range word {
			if c < 0x80 {
				continue
			}
			if n++; i == 0 || word[i-1] < 0x80 {
				runs++
			}
		}
		if n > 0 {
			high += n
			letters += len(word)
		}
	}
	return high, letters, runs
}

// unmarkedUTF16 recognises UTF-16 without a byte order mark by the zeroes of
// its ASCII half.
func unmarkedUTF16(b []byte) string {
	b = b[:min(len(b), 2048)&^1]
	var zeroes [2]int
	for i, c := range b {
		if c == 0 {
			zeroes[i&1]++
		}
	}
	switch half := len(b) / 2; {
	case half < 4:
		return ""
	case zeroes[1]*10 >= half*4 && zeroes[0]*20 <= half:
		return "utf-16le"
	case zeroes[0]*10 >= half*4 && zeroes[1]*20 <= half:
		return "utf-16be"
	}
	return ""
}

// isCommon reports whether r is frequent; Japanese is known by its syllables.
func (c ideograms) isCommon(r rune) bool {
	if c.common == nil {
		return r >= 0x3041 && r <= 0x30FE || r == '。' || r == '、'
	}
	return c.common[r]
}

// ideographic finds the charset of Chinese, Japanese or Korean text.
func ideographic(b []byte, known hints, strict bool) string {
	best, bestShare := "", 0.0
	for _, c := range allIdeograms {
		least, fewest := 0.20, 4
		switch {
		case strict:
			least, fewest = 0.25, 10
		case slices.Contains(known, c.language):
			least, fewest = 0.08, 2
		}
		if share, signs := c.share(b); signs >= fewest && share >= least && share > bestShare {
			best, bestShare = c.charset, share
		}
	}
	return best
}

// share reads b as this charset and returns which share of the signs beyond
// ASCII are common ones, 0 if there are signs it can't have.
func (c ideograms) share(b []byte) (share float64, signs int) {
	common, bad := 0, 0
	for _, r := range decodeWith(lookUp(c.charset), b) {
		switch {
		case r == unicode.ReplacementChar || r >= 0xE000 && r <= 0xF8FF:
			bad++
		case r >= 0x80:
			signs++ // a wrong reading is full of letters and symbols too
			if c.isCommon(r) {
				common++
			}
		}
	}
	if common < 2 || bad > 1+signs/50 {
		return 0, signs
	}
	return float64(common) / float64(signs), signs
}

// foreignScript finds the charset of text whose words hold no Latin letters.
func foreignScript(b []byte, known hints, strict bool) string {
	best, bestScore := "", 0.0
	for _, a := range alphabets {
		least, fewest := 1.7, 5
		switch {
		case strict:
			least, fewest = 1.9, 12
		case known.speak(a.languages):
			least, fewest = 1.2, 2
		}
		for _, charset := range a.charsets {
			score, letters := a.score(decodeWith(lookUp(charset), b))
			if letters >= fewest && score >= least && score > bestScore+0.01 {
				best, bestScore = charset, score
			}
		}
	}
	return best
}

// score says how much a text looks like one of this alphabet: about 2.2 for one
// that is, less than 1.3 for one that was read as the wrong charset.
func (a alphabet) score(text string) (score float64, letters int) {
	signs, sum := 0, 0.0
	before := ' '
	for _, r := range text {
		if r >= 0x80 {
			signs++
			sum += a.weight(before, r)
			if unicode.Is(a.table, r) {
				letters++
			}
		}
		before = r
	}
	if signs == 0 {
		return 0, 0
	}
	return sum / float64(signs), letters
}

func (a alphabet) weight(before, r rune) float64 {
	low := unicode.ToLower(r)
	switch {
	case r == unicode.ReplacementChar || r < 0xA0:
		return -4
	case strings.ContainsRune(a.top, low) || strings.ContainsRune(a.rest, low):
		w := 1.0
		if strings.ContainsRune(a.top, low) {
			w = 3
		}
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			w -= 3 // no word goes on with a capital
		}
		return w
	case unicode.IsLetter(r):
		return -1
	case isPunctuation(r):
		return 1
	}
	return -2
}

// isPunctuation reports signs that stand beside words in mail of any language.
func isPunctuation(r rune) bool {
	return strings.ContainsRune("\u00a0«»„“”‘’‚‹›–—…•·№€§°©®™", r)
}

// accented finds the charset of text in Latin letters. Western stays the answer
// unless no Western language has a use for several of the signs, and another
// one in its charset has for all of them.
func accented(b []byte, known hints, strict bool) string {
	strange, fewest := len(b), 2 // signs no Western language explains
	asWestern := decodeWith(lookUp("windows-1252"), b)
	for _, l := range western {
		_, _, rest := l.explains(asWestern)
		strange = min(strange, rest)
	}
	if strict {
		fewest = 5
	}
	best, fewestLeft := "", len(b)
	texts := map[string]string{}
	for _, l := range other {
		enough := fewest
		if !strict && slices.Contains(known, l.language) {
			enough = 1
		}
		if strange < enough {
			continue
		}
		for _, charset := range l.charsets {
			if _, ok := texts[charset]; !ok {
				texts[charset] = decodeWith(lookUp(charset), b)
			}
			spelled, fine, left := l.explains(texts[charset])
			if spelled >= fine && left*20 <= spelled+fine && left*4 <= strange && left < fewestLeft {
				best, fewestLeft = charset, left
			}
		}
	}
	return best
}

// explains counts the signs beyond ASCII this language has a use for, its
// letters and punctuation that stands at the edge of a word, and the rest.
func (l accents) explains(text string) (letters, fine, rest int) {
	runes := []rune(text)
	for i, r := range runes {
		switch {
		case r < 0x80 || r == '\u00a0':
		case strings.ContainsRune(l.letters, r):
			letters++
		case unicode.IsLetter(r) || r == unicode.ReplacementChar || r < 0xA0:
			rest++
		case strings.ContainsRune("’‘´·–—…•/", r) || !inWord(runes, i):
			fine++
		default:
			rest++
		}
	}
	return letters, fine, rest
}

// inWord reports whether letters stand on both sides of a sign.
func inWord(runes []rune, i int) bool {
	return i > 0 && i+1 < len(runes) && unicode.IsLetter(runes[i-1]) && unicode.IsLetter(runes[i+1])
}

// contradicted reports that text said to be of a charset for another script
// reads clearly better as another one, which it names.
func contradicted(b []byte, declared string) string {
	for _, a := range alphabets {
		if !slices.Contains(a.charsets, declared) {
			continue
		}
		b = sampleOf(b)
		said, _ := a.score(decodeWith(lookUp(declared), b))
		better := foreignScript(b, nil, true)
		if better == "" || better == declared {
			return ""
		}
		if score, _ := a.score(decodeWith(lookUp(better), b)); score > said+0.5 {
			return better
		}
	}
	for _, c := range allIdeograms {
		if c.charset != declared {
			continue
		}
		b = sampleOf(b)
		if share, _ := c.share(b); share < 0.1 {
			return strings.TrimPrefix(ideographic(b, nil, true), declared)
		}
	}
	return ""
}

func (h hints) speak(languages string) bool {
	return slices.ContainsFunc(strings.Fields(languages), func(l string) bool { return slices.Contains(h, l) })
}

// hintsOf collects what a mail says about its language beside its texts.
func hintsOf(h header, root *node) hints {
	var known hints
	for _, tag := range strings.Split(strings.ToLower(h.get("content-language")), ",") {
		tag, _, _ = strings.Cut(strings.TrimSpace(tag), "-")
		known = append(known, tag)
	}
	for _, name := range []string{"subject", "from", "to"} {
		for rest := h.get(name); ; {
			_, after, ok := strings.Cut(rest, "=?")
			if !ok {
				break
			}
			charset, _, _ := strings.Cut(after[:min(len(after), 66)], "?")
			known = append(known, strings.Fields(languagesOf[cleanCharset(charset)])...)
			rest = after
		}
	}
	for _, m := range readMailboxes(h.get("from")) {
		known = append(known, languagesIn[m.addr[strings.LastIndexByte(m.addr, '.')+1:]])
	}
	known = append(known, charsetHints(root)...)
	slices.Sort(known)
	known = slices.DeleteFunc(slices.Compact(known), func(l string) bool { return l == "" })
	return known
}

// charsetHints are the languages of the charsets the parts name.
func charsetHints(n *node) hints {
	known := hints(strings.Fields(languagesOf[cleanCharset(n.params["charset"])]))
	for _, child := range n.children {
		known = append(known, charsetHints(child)...)
	}
	return known
}
