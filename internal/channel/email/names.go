package email

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"lotse/internal/platform/markup"
)

const maxFileName = 200 // runes

// cleanFileName makes a name from outside safe to show and to offer for saving:
// no path, no control, zero-width or direction-changing characters, no leading
// dots, at most 200 runes with the extension kept. It returns "" if nothing is left.
func cleanFileName(name string) string {
	name = markup.CleanLine(name, 0)
	name = strings.ReplaceAll(name, "\\", "/")
	name = name[strings.LastIndexByte(name, '/')+1:]
	name = strings.Map(safeRune, name)
	name = strings.Join(strings.Fields(name), " ")
	name = strings.Trim(name, ". ")
	return shorten(name)
}

// safeRune drops invisible characters and replaces those that mean something
// to a file system or a header.
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

func shorten(name string) string {
	runes := []rune(name)
	if len(runes) <= maxFileName {
		return name
	}
	ext := ""
	if dot := strings.LastIndexByte(name, '.'); dot > 0 && utf8.RuneCountInString(name[dot:]) <= 16 {
		ext = name[dot:]
	}
	return strings.TrimSpace(string(runes[:maxFileName-utf8.RuneCountInString(ext)])) + ext
}
