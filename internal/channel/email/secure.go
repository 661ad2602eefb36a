package email

import (
	"bytes"
	"strings"

	"lotse/internal/intake"
)

// Signed and encrypted mail (RFC 1847, 8551, 3156, 9580). Nothing is checked
// and nothing decrypted here: what is signed is shown with the signature as a
// file, what is encrypted is said to be, with the original as a file.

// maxOpaque is how often a signed message may be wrapped into another one.
const maxOpaque = 5

// signed shows the content of a multipart/signed and keeps the signature.
func (a *assembly) signed(n *node) {
	a.warnings.add(warnSigned)
	for i, child := range n.children {
		if i > 0 && !child.multipart() {
			a.addPart(child)
			continue
		}
		a.walk(child)
	}
}

// encrypted keeps the parts of a multipart/encrypted as files.
func (a *assembly) encrypted(n *node) {
	a.warnings.add(warnEncrypted)
	a.sealed = true
	for _, child := range n.children {
		if child.multipart() {
			a.walk(child)
			continue
		}
		a.addPart(child)
	}
}

// isSMIME reports parts that hold a signed or encrypted message as one block
// (RFC 8551 §3.2), also those only their name gives away.
func isSMIME(n *node) bool {
	switch n.mediaType {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return true
	case "application/octet-stream":
		return strings.HasSuffix(strings.ToLower(n.name), ".p7m")
	}
	return false
}

// opaque shows what is inside a signed block and says that another is encrypted.
// Either stays as a file.
func (a *assembly) opaque(n *node) {
	block, _ := n.decode()
	kind, inner := readCMS(block)
	if kind == cmsSigned && inner != nil && a.depth < maxOpaque {
		a.warnings.add(warnSigned)
		a.inner(inner)
	}
	if kind == cmsEncrypted {
		a.warnings.add(warnEncrypted)
		a.sealed = true
	}
	a.addPart(n)
}

// inner walks the parts of a message within a part, in the same room.
func (a *assembly) inner(raw []byte) {
	h, body, _ := parseHeader(raw, nil)
	root, err := buildTree(h, body)
	if err != nil {
		a.warnings.add(warnBroken)
		return
	}
	a.depth++
	a.walk(asBody(root))
	a.depth--
}

// The kinds of blocks told apart (RFC 5652 §3, RFC 5083).
const (
	cmsOther = iota
	cmsSigned
	cmsEncrypted
)

var (
	oidSigned        = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2}
	oidEnveloped     = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 3}
	oidAuthEnveloped = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 23}
)

// readCMS says what a block is and returns the message in a signed one, nil if
// it holds none (a list of certificates).
func readCMS(block []byte) (kind int, inner []byte) {
	outer, _, err := readValue(block, 0)
	if err != nil {
		return cmsOther, nil
	}
	info, _ := outer.children()
	if len(info) < 2 || info[0].tag != 6 {
		return cmsOther, nil
	}
	switch {
	case bytes.Equal(info[0].body, oidEnveloped), bytes.Equal(info[0].body, oidAuthEnveloped):
		return cmsEncrypted, nil
	case !bytes.Equal(info[0].body, oidSigned):
		return cmsOther, nil
	}
	return cmsSigned, signedContent(info[1])
}

// signedContent follows [0] SignedData, its EncapsulatedContentInfo (the first
// sequence), [0] and the octets in it (RFC 5652 §5.1).
func signedContent(v value) []byte {
	wrapped, _ := v.children()
	if len(wrapped) == 0 {
		return nil
	}
	data, _ := wrapped[0].children()
	for _, part := range data {
		if part.class != 0 || part.tag != 16 {
			continue
		}
		content, _ := part.children()
		if len(content) < 2 || content[1].class != 2 {
			return nil
		}
		pieces, _ := content[1].children()
		if len(pieces) == 0 {
			return nil
		}
		octets, err := pieces[0].octets(0)
		if err != nil {
			return nil
		}
		return octets
	}
	return nil
}

const (
	pgpBegin     = "-----BEGIN PGP "
	pgpSigned    = "-----BEGIN PGP SIGNED MESSAGE-----"
	pgpSignature = "-----BEGIN PGP SIGNATURE-----"
)

// armoured are the blocks of PGP that stand in a text by themselves.
var armoured = []struct{ label, name, mediaType, warning string }{
	{"MESSAGE", "encrypted.asc", "application/pgp-encrypted", warnEncrypted},
	{"PUBLIC KEY BLOCK", "public-key.asc", "application/pgp-keys", ""},
}

// unarmour recognises PGP within a text: of signed text the words are left, and
// the whole is kept as a file; an encrypted block or a key becomes a file.
func (a *assembly) unarmour(text string) string {
	if !strings.Contains(text, pgpBegin) {
		return text
	}
	whole := text
	for _, b := range armoured {
		for range maxTextFiles {
			before, block, after, ok := cutArmour(text, b.label)
			if !ok {
				break
			}
			a.addFile(intake.Part{Name: b.name, ContentType: b.mediaType, Content: []byte(block)})
			if b.warning != "" {
				a.warnings.add(b.warning)
				a.sealed = true
			}
			text = strings.TrimRight(before, "\n") + "\n" + strings.TrimLeft(after, "\n")
		}
	}
	if before, words, after, ok := cutSigned(text); ok {
		a.warnings.add(warnSigned)
		a.addFile(intake.Part{Name: "signed.asc", ContentType: "text/plain", Content: []byte(whole)})
		text = before + words + after
	}
	return text
}

// cutArmour cuts the first block of a label, from its BEGIN to its END line.
func cutArmour(text, label string) (before, block, after string, ok bool) {
	begin, end := pgpBegin+label+"-----", "-----END PGP "+label+"-----"
	i := lineStart(text, begin)
	if i < 0 {
		return
	}
	n := lineStart(text[i:], end)
	if n < 0 {
		return
	}
	n += i + len(end)
	return text[:i], text[i:n] + "\n", text[n:], true
}

// lineStart returns where mark stands at the start of a line, -1 if nowhere.
func lineStart(text, mark string) int {
	if strings.HasPrefix(text, mark) {
		return 0
	}
	if i := strings.Index(text, "\n"+mark); i >= 0 {
		return i + 1
	}
	return -1
}

// cutSigned takes the frame off a clear-signed text (RFC 9580 §7): the lines
// before the first empty one, "- " before dashes, and the signature.
func cutSigned(text string) (before, words, after string, ok bool) {
	i := lineStart(text, pgpSigned)
	if i < 0 {
		return
	}
	n := lineStart(text[i:], pgpSignature)
	if n < 0 {
		return
	}
	inside := text[i : i+n]
	after = text[i+n:]
	if _, _, rest, found := cutArmour(after, "SIGNATURE"); found {
		after = rest
	} else {
		after = ""
	}
	_, inside, _ = strings.Cut(strings.ReplaceAll(inside, "\r\n", "\n"), "\n\n")
	var out strings.Builder
	for line := range strings.Lines(inside) {
		out.WriteString(strings.TrimPrefix(line, "- "))
	}
	return text[:i], out.String(), after, true
}
