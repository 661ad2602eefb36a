package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxExtension is the longest ending, in runes with its dot, that is kept when a
// file's name is cut.
const maxExtension = 16

// CleanFileName makes a name from outside safe to show and to offer for saving:
// no folders, no control, invisible or direction-changing characters, none that
// mean something to a file system, no dots around it, at most maxRunes with the
// ending kept. It is idempotent; "" means that nothing was left.
func CleanFileName(name string, maxRunes int) string {
	name = strings.ReplaceAll(CleanLine(name, 0), `\`, "/")
	name = name[strings.LastIndexByte(name, '/')+1:]
	name = strings.Join(strings.Fields(strings.Map(safeRune, name)), " ")
	return shortenName(strings.Trim(name, ". "), maxRunes)
}

// safeRune drops what nobody sees and replaces what means something to a file
// system or a header.
func safeRune(r rune) rune {
	switch {
	case r == utf8.RuneError, unicode.Is(unicode.Cf, r), unicode.Is(unicode.Cc, r), unicode.Is(unicode.Co, r):
		return -1
	case strings.ContainsRune(`<>:"|?*`, r):
		return '_'
	case unicode.IsSpace(r):
		return ' '
	}
	return r
}

func shortenName(name string, maxRunes int) string {
	runes := []rune(name)
	if len(runes) <= maxRunes {
		return name
	}
	ext := ""
	if dot := strings.LastIndexByte(name, '.'); dot > 0 && utf8.RuneCountInString(name[dot:]) <= maxExtension {
		ext = name[dot:]
	}
	return strings.TrimRight(string(runes[:maxRunes-utf8.RuneCountInString(ext)]), ". ") + ext
}
