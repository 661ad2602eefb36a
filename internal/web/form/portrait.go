package form

import (
	"errors"
	"io"
	"net/http"

	"lotse/internal/platform/errs"
	"lotse/internal/staff"
	"lotse/internal/web"
)

// Portrait is the picture of somebody who works here, with the forms to change it.
type Portrait struct {
	Action string // address of the forms; that of the choice ends in "/public"
	Name   string
	Path   string // address of the picture, "" for none
	Own    bool   // of the person who looks at it
	Public bool   // it stands beside public answers too
}

// PortraitOf returns the forms for somebody's picture.
func PortraitOf(s staff.Staff, action string, own bool) Portrait {
	return Portrait{Action: action, Name: s.Name, Path: s.PortraitPath(), Own: own, Public: s.PortraitPublic}
}

// ReadPortrait returns the picture that was sent, nil if the form asks to remove
// the one there is. It must be called before anything has read the body.
func ReadPortrait(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	web.AllowBody(w, r, staff.MaxPortraitBytes+1<<16)
	err := r.ParseMultipartForm(staff.MaxPortraitBytes + 1<<16)
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return nil, errs.Field("portrait", "staff.portrait.large")
	case errors.Is(err, http.ErrNotMultipart) && r.PostForm.Get("remove") != "":
		return nil, nil
	case errors.Is(err, http.ErrNotMultipart):
		return nil, errs.Field("portrait", "staff.portrait.missing")
	case err != nil:
		return nil, errs.Wrap(errs.Invalid, err, "reading a form")
	}
	file, _, err := r.FormFile("portrait")
	if err != nil {
		return nil, errs.Field("portrait", "staff.portrait.missing")
	}
	defer file.Close()
	picture, err := io.ReadAll(file)
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, err, "reading a picture")
	}
	if len(picture) == 0 {
		return nil, errs.Field("portrait", "staff.portrait.missing")
	}
	return picture, nil
}
