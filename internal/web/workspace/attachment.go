package workspace

import (
	"net/http"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/web/letter"
)

// attachment sends a file of a message.
func (w *Workspace) attachment(rw http.ResponseWriter, r *http.Request) error {
	id, err := ids.Parse(r.PathValue("id"))
	if err != nil {
		return errs.New(errs.NotFound, "")
	}
	a, err := w.Desk.Attachment(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	if err := a.MayOpen(actor(r)); err != nil {
		return err
	}
	file, err := w.Blobs.Open(r.Context(), a.BlobID)
	if err != nil {
		return err
	}
	defer file.Close()
	letter.Send(rw, r, a, file, r.URL.Query().Get("inline") == "1")
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
	letter.SendRaw(rw, id.String()+".eml", bytes)
	return nil
}
