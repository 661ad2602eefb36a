package workspace

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"

	"lotse/internal/desk"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/web"
	"lotse/internal/web/letter"
	"lotse/internal/web/ui"
)

// Limits of images that stand within the original of a mail: it has no origin and
// can't fetch them from us.
const (
	maxPicture  = 2 << 20
	maxPictures = 8 << 20
)

// originalPage frames a mail as its sender made it look.
type originalPage struct {
	shell  ui.ShellProps
	id     string
	back   string
	remote int  // images of other servers
	loads  bool // they are loaded
}

// frame is the address of what stands in the frame.
func (p originalPage) frame() string {
	if p.loads {
		return "/messages/" + p.id + "/original/html?images=load"
	}
	return "/messages/" + p.id + "/original/html"
}

// ofMessage returns the message an address names, and its case.
func (w *Workspace) ofMessage(r *http.Request) (desk.Case, desk.Message, error) {
	id, err := ids.Parse(r.PathValue("id"))
	if err != nil {
		return desk.Case{}, desk.Message{}, errs.New(errs.NotFound, "case.not_found")
	}
	return w.Desk.CaseOf(r.Context(), actor(r), id)
}

// loadsRemote reports whether the reader asked for images of other servers: only
// the button of the page does, for this mail and this time.
func loadsRemote(r *http.Request) bool { return r.URL.Query().Get("images") == "load" }

// original shows a mail in a frame of its own, below what can be done with it.
func (w *Workspace) original(rw http.ResponseWriter, r *http.Request) error {
	c, m, err := w.ofMessage(r)
	if err != nil {
		return err
	}
	if m.HTML == "" || m.Kind != desk.Inbound {
		return errs.New(errs.NotFound, "case.original_missing")
	}
	page := originalPage{shell: w.shell(r, t(r.Context(), "workspace.original.title"), "/cases"), id: m.ID.String(),
		back: "/cases/" + c.Number + "#m-" + m.ID.String(), remote: letter.Remote(m), loads: loadsRemote(r)}
	h := rw.Header()
	h.Set("Content-Security-Policy", h.Get("Content-Security-Policy")+"; frame-src 'self'")
	return web.Render(rw, r, http.StatusOK, originalView(page))
}

// originalHTML is what stands in the frame.
func (w *Workspace) originalHTML(rw http.ResponseWriter, r *http.Request) error {
	_, m, err := w.ofMessage(r)
	if err != nil {
		return err
	}
	if m.HTML == "" || m.Kind != desk.Inbound {
		return errs.New(errs.NotFound, "case.original_missing")
	}
	room := int64(maxPictures)
	picture := func(a desk.Attachment) string {
		if a.Size > maxPicture || a.Size > room {
			return ""
		}
		room -= a.Size
		return w.embedded(r.Context(), a)
	}
	letter.SendOriginal(rw, letter.Original(m, m.Subject, picture, loadsRemote(r)), loadsRemote(r))
	return nil
}

// embedded is an image as an address that holds it, "" if it is gone.
func (w *Workspace) embedded(ctx context.Context, a desk.Attachment) string {
	file, err := w.Blobs.Open(ctx, a.BlobID)
	if err != nil {
		return ""
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, maxPicture))
	if err != nil {
		return ""
	}
	return "data:" + a.ContentType + ";base64," + base64.StdEncoding.EncodeToString(b)
}

// originalRaw sends the bytes a message came in.
func (w *Workspace) originalRaw(rw http.ResponseWriter, r *http.Request) error {
	id, err := ids.Parse(r.PathValue("id"))
	if err != nil {
		return errs.New(errs.NotFound, "case.original_missing")
	}
	raw, err := w.Intake.Original(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	defer raw.Close()
	letter.SendRaw(rw, id.String()+".eml", raw)
	return nil
}
