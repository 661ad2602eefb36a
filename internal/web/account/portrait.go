package account

import (
	"net/http"
	"strconv"

	"lotse/internal/access"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/web/form"
)

// setPortrait takes a new picture of whoever asks, or with "remove" takes the old
// one away.
func (p *Pages) setPortrait(w http.ResponseWriter, r *http.Request) error {
	a, key := access.FromContext(r.Context()), "portrait.saved"
	picture, err := form.ReadPortrait(w, r)
	switch {
	case err == nil && picture == nil:
		key, err = "portrait.removed", p.kit.Staff.RemovePortrait(r.Context(), a, a.ID)
	case err == nil:
		err = p.kit.Staff.SetPortrait(r.Context(), a, a.ID, picture)
	}
	if err != nil {
		return p.refuse(w, r, err, form.Form{}, "portrait")
	}
	return p.saved(w, r, key)
}

// showPortrait says whether the picture stands beside public answers too.
func (p *Pages) showPortrait(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	a, public, key := access.FromContext(r.Context()), f.Get("public") != "", "portrait.public_off"
	if public {
		key = "portrait.public_on"
	}
	if err := p.kit.Staff.ShowPortrait(r.Context(), a, a.ID, public); err != nil {
		return err
	}
	return p.saved(w, r, key)
}

// portrait serves the picture of somebody who works here. Its address is another
// one with each change, so it may be kept for a year: by everybody only if it is
// shown to everybody. To whom it is not shown, there is none.
func (p *Pages) portrait(w http.ResponseWriter, r *http.Request) error {
	key, err := ids.Parse(r.PathValue("id"))
	if err != nil {
		http.NotFound(w, r)
		return nil
	}
	picture, err := p.kit.Staff.Portrait(r.Context(), access.FromContext(r.Context()), key)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.SignedOut) || errs.Is(err, errs.Forbidden) {
		http.NotFound(w, r) // nobody reads the page of a picture
		return nil
	}
	if err != nil {
		return err
	}
	h, tag := w.Header(), `"`+key.String()+`"`
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	if picture.Public {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", picture.Type)
	h.Set("Content-Length", strconv.Itoa(len(picture.Picture)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(picture.Picture) // who went away needs no picture
	}
	return nil
}
