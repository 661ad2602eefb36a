package letter

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"lotse/internal/desk"
)

// inlineTypes may be shown within a page. SVG is not among them: it can hold
// scripts.
var inlineTypes = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true}

// slowest is how long a download may take on a slow line.
const slowest = 15 * time.Minute

// Send answers with a file of a message. It never runs in our origin: it is
// saved, not shown, but for images that are asked for inline.
//
// The stored bytes are what was received as long as seal.OpenBytes passes them
// through; once it decrypts, this is where it belongs.
func Send(w http.ResponseWriter, r *http.Request, a desk.Attachment, file io.ReadSeeker, inline bool) {
	kind, contentType := "attachment", "application/octet-stream"
	if inline && inlineTypes[a.ContentType] {
		kind, contentType = "inline", a.ContentType
	}
	guard(w, contentType, disposition(kind, orFile(a.Name)))
	w.Header().Set("ETag", `"`+hex.EncodeToString(a.SHA256)+`"`)
	http.ServeContent(w, r, "", time.Time{}, file)
}

// SendRaw answers with bytes exactly as they came, to be saved under name.
func SendRaw(w http.ResponseWriter, name string, bytes io.Reader) {
	guard(w, "application/octet-stream", disposition("attachment", name))
	_, _ = io.Copy(w, bytes) // who hung up needs no answer
}

// guard sets what keeps foreign bytes harmless in a browser.
func guard(w http.ResponseWriter, contentType, disposition string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", disposition)
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-cache") // who lost access can't read on from a cache
	// A writer that knows no deadlines has none to extend.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(slowest))
}

// disposition writes a Content-Disposition header (RFC 6266) with the name twice:
// in ASCII for old clients, and in UTF-8 (RFC 8187).
func disposition(kind, name string) string {
	ascii := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' || strings.ContainsRune(`"\%;/`, c) {
			return '_'
		}
		return c
	}, name)
	encoded := strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	return kind + `; filename="` + ascii + `"; filename*=UTF-8''` + encoded
}

// Path is the address of a file below a folder: its id, then its name, which is
// only there to be read.
func Path(folder string, a desk.Attachment) string {
	name := url.PathEscape(a.Name)
	if name == "" || name == "." || name == ".." {
		name = "file"
	}
	return folder + "/" + a.ID.String() + "/" + name
}

// Icon is the sign of a file.
func Icon(a desk.Attachment) string {
	switch {
	case strings.HasPrefix(a.ContentType, "image/"):
		return "image"
	case strings.HasPrefix(a.ContentType, "text/"), a.ContentType == "application/pdf":
		return "file-text"
	}
	return "file"
}

func orFile(name string) string {
	if name == "" {
		return "file"
	}
	return name
}
