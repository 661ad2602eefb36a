package catalog

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/markup"
)

// maxSignature bounds a signature, in bytes.
const maxSignature = 2000

// Sending says what mails of an account look like and what happens beside the send.
type Sending struct {
	// Signatures are plain texts by language ("de", "en") that stand below answers
	// by persons, with the variables of the templates. Without one of the language
	// the brand's template is used.
	Signatures map[string]string
	// NoDetail says that the provider knows no "+detail" addresses (RFC 5233): reply
	// address and return path are the plain address.
	NoDetail bool
	// SentCopy keeps a copy of what was sent in a folder of the mailbox that is
	// fetched: SentFolder, or "" for the one the server marks \Sent (RFC 6154).
	SentCopy   bool
	SentFolder string
}

// check mends what is said and returns what is wrong with it. Whether copies can be
// kept at all is known later, see fill.
func (s *Sending) check() error {
	var faults []error
	signatures := map[string]string{}
	for _, language := range slices.Sorted(maps.Keys(s.Signatures)) {
		text := strings.TrimRight(markup.Clean(s.Signatures[language]), " \t\r\n")
		switch {
		case CheckLanguage(language) != nil:
			faults = append(faults, errs.Field("signature", "mailbox.send.signature_language"))
		case len(text) > maxSignature:
			faults = append(faults, errs.Field("signature_"+language, "mailbox.send.signature_long", "Max", maxSignature))
		case strings.TrimSpace(text) != "":
			signatures[language] = text
		}
	}
	s.Signatures = signatures
	if s.SentFolder = strings.TrimSpace(s.SentFolder); !s.SentCopy {
		s.SentFolder = ""
	}
	if !isFolder(s.SentFolder) {
		faults = append(faults, errs.Field("sent_folder", "mailbox.receive.folder"))
	}
	return errors.Join(faults...)
}

// isFolder reports whether a name can be one of a folder: its wildcards would be read
// as patterns (RFC 9051 §6.3.9).
func isFolder(name string) bool {
	return len(name) <= maxFolder && isLine(name) && !strings.ContainsAny(name, "*%")
}
