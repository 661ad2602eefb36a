package desk

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// imageMark finds images of Markdown that name a file.
var imageMark = regexp.MustCompile(`!\[([^\[\]]*)\]\(cid:([^()\s]+)\)`)

// pictures are the types of file that may stand within a text. SVG is not among
// them: it can hold scripts.
var pictures = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true}

// ImageName is how the text of a reply names a file: "cid:" and this. It is the
// file's name in lower case with "-" for all but letters, digits, ".", "_" and "-".
func ImageName(file string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) || c == '.' || c == '_' || c == '-' {
			return unicode.ToLower(c)
		}
		return '-'
	}, file)
}

// IsPicture reports whether a file of a media type may stand within a text.
func IsPicture(contentType string) bool { return pictures[contentType] }

// illustrate makes the files that a text shows inline ones. Their names become ids
// that are unique in all mail (RFC 2392 §2), in the files and in the text it
// returns. A name of no image is a field error: text.
func illustrate(text string, files []Attachment) (string, error) {
	var missing string
	text = imageMark.ReplaceAllStringFunc(text, func(mark string) string {
		parts := imageMark.FindStringSubmatch(mark)
		file := pictured(parts[2], files)
		if file == nil {
			missing = parts[2]
			return mark
		}
		if file.ContentID == "" {
			file.ContentID = fmt.Sprintf("image.%s", ids.NewToken()[:20])
		}
		file.Inline = true
		return "![" + parts[1] + "](cid:" + file.ContentID + ")"
	})
	if missing != "" {
		return "", errs.Field("text", "case.image.missing", "Name", missing)
	}
	return text, nil
}

// pictured returns the image that a text names, nil if there is none.
func pictured(name string, files []Attachment) *Attachment {
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	for i, f := range files {
		if pictures[f.ContentType] && (f.ContentID == name || ImageName(f.Name) == ImageName(name)) {
			return &files[i]
		}
	}
	return nil
}
