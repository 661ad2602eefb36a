package email

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// decoder undoes the transfer encoding of one part, forgiving broken base64
// and quoted-printable. Character sets are ours: enmime is told that every part
// is binary, so it never guesses.
var decoder = enmime.NewParser(
	enmime.DisableCharacterDetection(true),
	enmime.DisableTextConversion(true),
	enmime.MaxStoredPartErrors(3),
	enmime.SetReadPartErrorPolicy(func(*enmime.Part, error) bool { return true }),
)

// decode returns the content of a leaf. mended reports that something in it
// was broken; what could be read of it is returned.
func (n *node) decode() (content []byte, mended bool) {
	method, known := transferEncoding(n.header.get("content-transfer-encoding"))
	if method == "" {
		return n.body, !known
	}
	switch {
	case method == "uuencode":
		if _, files := cutTextFiles(n.body); len(files) == 1 {
			return files[0].content, false
		}
		return n.body, true
	case method == "base64" && !looksLikeBase64(n.body):
		return n.body, true
	}
	head := "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: " + method + "\r\n\r\n"
	p, err := decoder.ReadParts(io.MultiReader(strings.NewReader(head), bytes.NewReader(n.body)))
	if err != nil {
		return n.body, true
	}
	return p.Content, len(p.Errors) > 0
}

// looksLikeBase64 tells encoded content from text that is only declared to be:
// words are separated by spaces and hold signs base64 does not have.
func looksLikeBase64(b []byte) bool {
	b = b[:min(len(b), 4<<10)]
	strange := 0
	for i, c := range b {
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', strings.IndexByte("+/=-_\r\n\t", c) >= 0:
		case c == ' ' && i > 0 && b[i-1] <= ' ': // indented lines
		default:
			strange++
		}
	}
	return strange*20 <= len(b)
}

// transferEncoding returns "base64", "quoted-printable", "uuencode" or "" for
// content that is not encoded (RFC 2045 §6). known is false for a name nobody
// defined.
func transferEncoding(v string) (method string, known bool) {
	v = strings.Trim(bare(v), `"' `)
	switch v {
	case "base64", "quoted-printable":
		return v, true
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit", "7bits", "8bits":
		return "", true
	case "quoted_printable", "quoted printable", "quotedprintable", "qp":
		return "quoted-printable", true
	case "base-64", "b64":
		return "base64", true
	case "x-uuencode", "x-uue", "uuencode", "uue":
		return "uuencode", true
	}
	return "", false
}

// disposition returns "attachment", "inline" or "" and the file name as given.
func disposition(h header, n *node) (kind, name string) {
	params := map[string]string(nil)
	if v := h.get("content-disposition"); v != "" {
		kind, params = parseType(v)
	}
	for _, v := range []string{params["filename"], n.params["name"], n.params["filename"], params["name"]} {
		if v != "" {
			return kind, decodeWords(v)
		}
	}
	if n.mediaType == "attachment" || n.mediaType == "inline" {
		kind = n.mediaType
	}
	return kind, ""
}

// contentID returns the id other parts refer to, without brackets.
func (n *node) contentID() string { return cleanContentID(n.header.get("content-id")) }

func cleanContentID(id string) string {
	id = strings.Trim(strings.TrimSpace(id), "<> ")
	if len(id) > 250 {
		return ""
	}
	return cleanID(id)
}

// isText reports whether the part is text a person may read as it is.
func (n *node) isText() bool { return n.mediaType == "text/plain" || n.mediaType == "text/html" }

// isBody reports whether the part is what the sender wrote rather than a file:
// plain text or HTML without a file name and not marked as attachment.
func (n *node) isBody() bool {
	return n.isText() && n.kind != "attachment" && n.name == ""
}

// text decodes a text leaf into UTF-8, without the files in it.
func (n *node) text(w *warnings, known hints) (d decoded, files []textFile) {
	raw, mended := n.decode()
	if mended {
		w.add(warnEncoding)
	}
	if n.mediaType != "text/html" {
		raw, files = cutTextFiles(raw)
	}
	charset := n.params["charset"]
	if charset == "" && n.mediaType == "text/html" {
		charset = charsetInHTML(raw)
	}
	d = decodeHinted(raw, charset, known)
	if d.guessed {
		w.add(warnCharset)
	}
	if strings.IndexByte(d.text, 0) >= 0 {
		w.add(warnNUL)
	}
	if n.mediaType == "text/plain" && strings.EqualFold(n.params["format"], "flowed") {
		d.text = unflow(d.text, strings.EqualFold(n.params["delsp"], "yes"))
	}
	return d, files
}

// charsetInHTML finds the charset a page declares for itself in its first KiB.
func charsetInHTML(page []byte) string {
	head := strings.ToLower(string(page[:min(len(page), 1024)]))
	i := strings.Index(head, "charset=")
	if i < 0 {
		return ""
	}
	name := strings.TrimLeft(head[i+len("charset="):], `"' `)
	if end := strings.IndexAny(name, `"' />;`); end >= 0 {
		name = name[:end]
	}
	return name
}

// defaultName names a file that came without a name.
func defaultName(mediaType string, number int) string {
	if ext, ok := extensions[mediaType]; ok {
		if mediaType == "message/rfc822" || mediaType == "message/global" {
			return "message" + ext
		}
		return fmt.Sprintf("attachment-%d%s", number, ext)
	}
	return fmt.Sprintf("attachment-%d", number)
}

// extensions are fixed here because those of the system differ by machine.
var extensions = map[string]string{
	"message/rfc822": ".eml", "message/global": ".eml", "message/delivery-status": ".txt", "text/rfc822-headers": ".txt",
	"message/disposition-notification": ".txt", "message/feedback-report": ".txt",
	"text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "text/csv": ".csv", "text/vcard": ".vcf", "text/x-vcard": ".vcf",
	"image/png": ".png", "image/jpeg": ".jpg", "image/jpg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "image/svg+xml": ".svg", "image/tiff": ".tif", "image/bmp": ".bmp", "image/heic": ".heic",
	"application/pdf": ".pdf", "application/zip": ".zip", "application/pgp-signature": ".asc", "application/pgp-encrypted": ".asc",
	"application/pkcs7-signature": ".p7s", "application/x-pkcs7-signature": ".p7s", "application/pkcs7-mime": ".p7m",
	"application/ms-tnef": ".dat", "application/vnd.ms-tnef": ".dat", "application/pgp-keys": ".asc", "application/ics": ".ics", "message/partial": ".txt", "message/external-body": ".txt", "application/xml": ".xml", "text/xml": ".xml", "application/json": ".json",
	"audio/mpeg": ".mp3", "audio/wav": ".wav", "video/mp4": ".mp4", "application/msword": ".doc", "application/rtf": ".rtf",
}

// typeOfName returns the media type of a file of which only the name is known.
func typeOfName(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		if t, ok := namedTypes[strings.ToLower(name[i+1:])]; ok {
			return t
		}
	}
	return "application/octet-stream"
}

// namedTypes are the types that a name alone may stand for.
var namedTypes = map[string]string{"txt": "text/plain", "htm": "text/html", "html": "text/html", "ics": "text/calendar", "csv": "text/csv", "vcf": "text/vcard",
	"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "tif": "image/tiff", "tiff": "image/tiff", "bmp": "image/bmp", "heic": "image/heic",
	"pdf": "application/pdf", "zip": "application/zip", "xml": "application/xml", "json": "application/json", "rtf": "application/rtf", "eml": "message/rfc822", "mp3": "audio/mpeg", "wav": "audio/wav", "mp4": "video/mp4",
	"doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint", "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"odt": "application/vnd.oasis.opendocument.text", "ods": "application/vnd.oasis.opendocument.spreadsheet"}
