package workspace

import (
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// inlineTypes may be shown within a page. SVG is not among them: it can hold
// scripts.
var inlineTypes = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true}

// slowest is how long a download may take on a slow line.
const slowest = 15 * time.Minute

// attachment sends a file of a message. It never runs in our origin: it is
// saved, not shown, but for images that are asked for inline.
//
// The stored bytes are what was received as long as seal.OpenBytes passes them
// through; once it decrypts, this is where it belongs.
func (w *Workspace) attachment(rw http.ResponseWriter, r *http.Request) error {
	id, err := ids.Parse(r.PathValue("id"))
	if err != nil {
		return errs.New(errs.NotFound, "")
	}
	a, err := w.Desk.Attachment(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	file, err := w.Blobs.Open(r.Context(), a.BlobID)
	if err != nil {
		return err
	}
	defer file.Close()
	kind, contentType := "attachment", "application/octet-stream"
	if r.URL.Query().Get("inline") == "1" && inlineTypes[a.ContentType] {
		kind, contentType = "inline", a.ContentType
	}
	guard(rw, contentType, disposition(kind, orName(a.Name, "file")))
	rw.Header().Set("ETag", `"`+hex.EncodeToString(a.SHA256)+`"`)
	http.ServeContent(rw, r, "", time.Time{}, file)
	return nil
}

// raw sends an envelope that needs a look exactly as it came.
func (w *Workspace) raw(rw http.ResponseWriter, r *http.Request) error {
	id, err := ids.Parse(r.PathValue("id"))
	if err != nil {
		return errs.New(errs.NotFound, "look.not_found")
	}
	bytes, err := w.Intake.Raw(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	defer bytes.Close()
	guard(rw, "application/octet-stream", disposition("attachment", id.String()+".eml"))
	_, _ = io.Copy(rw, bytes) // who hung up needs no answer
	return nil
}

// guard sets what keeps foreign bytes harmless in a browser.
func guard(rw http.ResponseWriter, contentType, disposition string) {
	h := rw.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", disposition)
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-cache") // who lost access can't read on from a cache
	// A writer that knows no deadlines has none to extend.
	_ = http.NewResponseController(rw).SetWriteDeadline(time.Now().Add(slowest))
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
