package portal

import (
	"net/http"

	"lotse/internal/desk"
	"lotse/internal/outbox"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/letter"
	"lotse/internal/web/ui"
)

// downloadPage shows the files that were too large for a mail.
type downloadPage struct {
	frame  ui.PublicProps
	p      *i18n.Printer
	open   outbox.LinkedFiles
	action string
}

// showDownloads only looks: a mail scanner follows the link too.
func (p *Portal) showDownloads(w http.ResponseWriter, r *http.Request) error {
	open, err := p.linkedFiles(r)
	if err != nil {
		return p.filesGone(w, r, err)
	}
	page := downloadPage{p: i18n.From(r.Context()), open: open, action: form.Action(r)}
	page.frame = p.frame(r, t(r.Context(), "files.title"), "")
	return web.Render(w, r, http.StatusOK, downloadView(page))
}

// download sends one of the files.
func (p *Portal) download(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	open, err := p.linkedFiles(r)
	if err != nil {
		return p.filesGone(w, r, err)
	}
	wanted, err := ids.Parse(f.Get("file"))
	if err != nil {
		return notFound()
	}
	for _, a := range open.Files {
		if a.ID == wanted {
			return p.sendFile(w, r, a)
		}
	}
	return notFound()
}

func (p *Portal) sendFile(w http.ResponseWriter, r *http.Request, a desk.Attachment) error {
	if a.Virus != "" {
		return errs.New(errs.Forbidden, "case.infected")
	}
	file, err := p.Blobs.Open(r.Context(), a.BlobID)
	if err != nil {
		return err
	}
	defer file.Close()
	letter.Send(w, r, a, file, false)
	return nil
}

func (p *Portal) linkedFiles(r *http.Request) (outbox.LinkedFiles, error) {
	brand, err := p.brand(r)
	if err != nil {
		return outbox.LinkedFiles{}, err
	}
	return p.Outbox.PeekFiles(r.Context(), brand, r.PathValue("token"))
}

// filesGone says that a link is over, and the way on.
func (p *Portal) filesGone(w http.ResponseWriter, r *http.Request, err error) error {
	if !errs.Is(err, errs.Gone) {
		return err
	}
	return web.Render(w, r, http.StatusGone, filesGoneView(p.frame(r, t(r.Context(), "files.gone_title"), "")))
}
