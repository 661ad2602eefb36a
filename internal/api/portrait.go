package api

import (
	"context"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"lotse/internal/access"
	"lotse/internal/platform/errs"
)

// maxPicture is far above what the domain takes.
const maxPicture = 5 << 20

// picture describes a request whose body is a picture.
func picture(o *huma.Operation) {
	o.RequestBody = &huma.RequestBody{Required: true, Description: "The picture.", Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}, Example: "…"},
	}}
}

// readPicture reads the picture in the body of a request.
func readPicture(ctx context.Context, field string) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(wholeBody(ctx), maxPicture+1))
	if err != nil {
		return nil, bodyError(err)
	}
	if len(content) > maxPicture {
		return nil, &errs.Error{Kind: errs.TooLarge, Field: field, Key: "upload.too_large", Args: map[string]any{"Max": maxPicture >> 20}}
	}
	return content, nil
}

func portraits(s *Server) {
	places := map[string]string{"portrait": "body"}
	about := "Their own every staff member may; that of colleagues needs the role of an administrator."
	add(s, op{ID: "setPortrait", Method: http.MethodPut, Path: "/staff/{id}/portrait", Tag: "Staff", Scope: access.StaffWrite, Status: http.StatusNoContent, Summary: "Change the picture of a staff member",
		About: "The body is the picture itself: PNG, JPEG or WebP. " + about, Places: places, Errors: []int{http.StatusRequestEntityTooLarge}}, s.setPortrait, picture)
	add(s, op{ID: "removePortrait", Method: http.MethodDelete, Path: "/staff/{id}/portrait", Tag: "Staff", Scope: access.StaffWrite, Status: http.StatusNoContent, Summary: "Remove the picture of a staff member",
		About: about}, s.removePortrait)
	add(s, op{ID: "showMyPortrait", Method: http.MethodPut, Path: "/me/portrait/public", Tag: "Account", Scope: access.StaffWrite, Status: http.StatusNoContent, Summary: "Show the own picture in public, or not",
		About: "Beside public answers. Nobody decides that for somebody else."}, s.showMyPortrait)
}

// PictureInput is a request whose body is a picture.
type PictureInput struct {
	Kind string `header:"Content-Type" doc:"Is not looked at: what the picture is, is read from it."`
}

func (s *Server) setPortrait(ctx context.Context, a access.Actor, in *struct {
	StaffPath
	PictureInput
}) (*struct{}, error) {
	id, err := parseID(in.ID, "staff.not_found")
	if err != nil {
		return nil, err
	}
	if id != a.ID {
		if err := a.Require(access.ManageStaff); err != nil {
			return nil, err
		}
	}
	content, err := readPicture(ctx, "portrait")
	if err != nil {
		return nil, err
	}
	return nil, s.Staff.SetPortrait(ctx, a, id, content)
}

func (s *Server) removePortrait(ctx context.Context, a access.Actor, in *StaffPath) (*struct{}, error) {
	id, err := parseID(in.ID, "staff.not_found")
	if err != nil {
		return nil, err
	}
	return nil, s.Staff.RemovePortrait(ctx, a, id)
}

// Shown says whether everybody sees something.
type Shown struct {
	Public bool `json:"public" example:"true" doc:"Everybody sees it."`
}

func (s *Server) showMyPortrait(ctx context.Context, a access.Actor, in *struct{ Body Shown }) (*struct{}, error) {
	return nil, s.Staff.ShowPortrait(ctx, a, a.ID, in.Body.Public)
}
