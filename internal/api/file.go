package api

import (
	"context"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lotse/internal/access"
)

func files(s *Server) {
	add(s, op{ID: "uploadFile", Method: http.MethodPost, Path: "/uploads", Tag: "Files", Scope: access.CasesWrite, Status: http.StatusCreated,
		Summary: "Upload a file", Errors: []int{http.StatusRequestEntityTooLarge}, Places: map[string]string{"upload": "body"},
		About: "The body is the file itself, up to 25 MiB. Its token is given with a case or message within a day; else the file is removed."},
		s.uploadFile, func(o *huma.Operation) {
			o.RequestBody = &huma.RequestBody{Required: true, Description: "The file.", Content: map[string]*huma.MediaType{
				"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}, Example: "Der Inhalt der Datei"},
			}}
		})
	add(s, op{ID: "getAttachment", Method: http.MethodGet, Path: "/attachments/{id}", Tag: "Files", Scope: access.CasesRead, Summary: "Read what is known of a file",
		About: "Its name, size and type."}, s.getAttachment)
	add(s, op{ID: "downloadAttachment", Method: http.MethodGet, Path: "/attachments/{id}/content", Tag: "Files", Scope: access.CasesRead, Summary: "Download a file",
		About: "The bytes exactly as they came. Parts can be asked for (Range)."}, s.downloadAttachment, binary)
}

// binary describes an answer that is bytes.
func binary(o *huma.Operation) {
	o.Responses = map[string]*huma.Response{"200": {Description: "The bytes.", Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}, Example: "…"},
	}}}
}

// Upload is a file that waits for its case or message.
type Upload struct {
	Token string `json:"token" example:"k3J9s0d…" doc:"Give this with the case or message."`
	Name  string `json:"name" example:"rechnung.pdf" doc:"The name, made safe."`
	Size  int64  `json:"size" example:"18230" doc:"In bytes."`
}

func (s *Server) uploadFile(ctx context.Context, a access.Actor, in *struct {
	Name string `query:"name" required:"true" minLength:"1" maxLength:"255" example:"rechnung.pdf" doc:"The name of the file."`
	Kind string `header:"Content-Type" doc:"Is not looked at: what the file is, is read from it."`
}) (*struct{ Body Upload }, error) {
	if err := a.Require(access.WorkCases); err != nil {
		return nil, err
	}
	up, err := s.Intake.Stage(ctx, a.BrandID, in.Name, wholeBody(ctx))
	if err != nil {
		return nil, err
	}
	return &struct{ Body Upload }{Upload{Token: up.Token, Name: up.Name, Size: up.Size}}, nil
}

func (s *Server) getAttachment(ctx context.Context, a access.Actor, in *AttachmentPath) (*struct{ Body Attachment }, error) {
	id, err := parseID(in.ID, "case.not_found")
	if err != nil {
		return nil, err
	}
	file, err := s.Desk.Attachment(ctx, a, id)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Attachment }{attachment(file)}, nil
}

// bytesAnswer is an answer that is written by itself.
type bytesAnswer struct{ Body func(huma.Context) }

func (s *Server) downloadAttachment(ctx context.Context, a access.Actor, in *AttachmentPath) (*bytesAnswer, error) {
	id, err := parseID(in.ID, "case.not_found")
	if err != nil {
		return nil, err
	}
	file, err := s.Desk.Attachment(ctx, a, id)
	if err != nil {
		return nil, err
	}
	if err := file.MayOpen(a); err != nil {
		return nil, err
	}
	content, err := s.Blobs.Open(ctx, file.BlobID)
	if err != nil {
		return nil, err
	}
	return &bytesAnswer{Body: func(c huma.Context) {
		defer content.Close()
		r, w := unwrap(c)
		asFile(w, file.Name)
		w.Header().Set("ETag", `"`+hex.EncodeToString(file.SHA256)+`"`)
		http.ServeContent(w, r, "", time.Time{}, content)
	}}, nil
}

// asFile sets what keeps foreign bytes harmless if a browser asks for them.
func asFile(w http.ResponseWriter, name string) {
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", "attachment; filename*=UTF-8''"+strings.ReplaceAll(url.QueryEscape(name), "+", "%20"))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cache-Control", "private, no-cache")
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(slowUpload)) // a writer that knows no deadlines has none to extend
}

// AttachmentPath is the path of operations on a file.
type AttachmentPath struct {
	ID string `path:"id" maxLength:"40" example:"0198c5d2-7a10-7000-8000-000000000005" doc:"The file's id."`
}
