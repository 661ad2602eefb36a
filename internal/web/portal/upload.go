package portal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"lotse/internal/access"
	"lotse/internal/intake"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

// Limits of forms with files. Files that are sent one by one as they are chosen
// are each bounded by the intake.
const (
	maxForm  = 30 << 20 // of a form with its files
	maxTyped = 1 << 20  // of what is typed into it
	maxParts = 100
)

// The controls of forms with files.
const (
	filesField  = "files"         // the file input itself
	uploadField = "upload"        // tokens of files that have arrived
	removeField = "upload_remove" // those of them that shall go
)

// read returns a form that may bring files. Files are put aside at once, so that
// a form that is refused keeps them; what is wrong with them is noted in the
// form. The error says that the rest of the body could not be read: the form then
// holds what came before it.
func (p *Portal) read(w http.ResponseWriter, r *http.Request) (form.Form, error) {
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // what can't be read is no multipart form
	if kind != "multipart/form-data" {
		f, err := form.Read(r)
		return settle(f), err
	}
	web.AllowBody(w, r, maxForm)
	f := form.New()
	parts := multipart.NewReader(r.Body, params["boundary"])
	typed := int64(0)
	for range maxParts {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return settle(f), nil
		}
		if err != nil {
			return settle(f), bodyError(err)
		}
		if part.FileName() != "" {
			if err := p.receive(r, &f, part); err != nil {
				return settle(f), err
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, maxTyped-typed+1))
		if err != nil {
			return settle(f), bodyError(err)
		}
		if typed += int64(len(value)); typed > maxTyped {
			return settle(f), errs.New(errs.TooLarge, "portal.form.long")
		}
		if part.FormName() != filesField {
			f.Typed.Add(part.FormName(), string(value))
		}
	}
	return settle(f), errs.New(errs.TooLarge, "portal.form.long")
}

// receive puts one file of a form aside. Only a body that breaks off is an error.
func (p *Portal) receive(r *http.Request, f *form.Form, part *multipart.Part) error {
	up, err := p.put(r, part)
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return bodyError(err)
	}
	if err == nil {
		f.Typed.Add(uploadField, up.Token)
		return nil
	}
	text := part.FileName() + ": " + web.Message(r.Context(), err)
	f.Errors = append(f.Errors, ui.FieldError{Name: filesField, Text: text})
	if _, err := io.Copy(io.Discard, part); err != nil { // what follows it counts
		return bodyError(err)
	}
	return nil
}

// put puts a file aside.
func (p *Portal) put(r *http.Request, part *multipart.Part) (intake.Upload, error) {
	brand, err := p.brand(r)
	if err != nil {
		return intake.Upload{}, err
	}
	if err := p.limit(r, access.FileLimit, ""); err != nil {
		return intake.Upload{}, err
	}
	return p.Intake.Stage(r.Context(), brand, part.FileName(), part)
}

// settle mends what is no text and drops the files that shall go.
func settle(f form.Form) form.Form {
	if f.Typed == nil {
		return f
	}
	for _, values := range f.Typed {
		for i, v := range values {
			values[i] = strings.ToValidUTF8(v, "\uFFFD")
		}
	}
	var kept []string
	for _, token := range f.Typed[uploadField] {
		if !f.Has(removeField, token) && !slices.Contains(kept, token) && token != "" {
			kept = append(kept, token)
		}
	}
	f.Typed[uploadField] = kept
	f.Typed.Del(removeField)
	return f
}

func bodyError(err error) error {
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		e := errs.New(errs.TooLarge, "portal.form.large")
		e.Cause = err
		return e
	}
	return errs.Wrap(errs.Invalid, err, "reading a form")
}

// limit counts one try of somebody: an address, a number, a customer; "" counts
// the network alone.
func (p *Portal) limit(r *http.Request, l access.Limit, account string) error {
	network := access.NetworkOf(p.Kit.Client(r))
	if account = strings.ToLower(strings.TrimSpace(account)); account == "" {
		account = network
	}
	_, err := p.Limiter.Try(r.Context(), l, account, network)
	return err
}

// uploads lists the files a form has brought. A file that can't be looked up
// right now stays in the form without its name.
func (p *Portal) uploads(r *http.Request, f form.Form) []ui.Upload {
	tokens := f.Typed[uploadField]
	if len(tokens) == 0 {
		return nil
	}
	ctx := r.Context()
	brand, err := p.brand(r)
	var staged []intake.Upload
	if err == nil {
		staged, err = p.Intake.Staged(ctx, brand, tokens)
	}
	var list []ui.Upload
	if err != nil {
		for _, token := range tokens {
			list = append(list, ui.Upload{Token: token, Name: t(ctx, "portal.form.file")})
		}
		return list
	}
	for _, u := range staged {
		list = append(list, ui.Upload{Token: u.Token, Name: u.Name, Size: i18n.From(ctx).Bytes(u.Size)})
	}
	return list
}

// uploadProps describes the control for files; url is where a script sends them.
func (p *Portal) uploadProps(r *http.Request, f form.Form, url string) ui.UploadProps {
	ctx := r.Context()
	return ui.UploadProps{
		FieldProps: ui.FieldProps{Name: filesField, Label: t(ctx, "portal.form.files"), Hint: t(ctx, "portal.form.files_hint"), Error: web.ErrorOf(f.Errors, filesField)},
		URL:        url, MaxBytes: intake.MaxUpload, MaxFiles: intake.MaxUploads, Uploaded: p.uploads(r, f),
	}
}

// stage takes one file and answers with JSON, for upload.js.
func (p *Portal) stage(w http.ResponseWriter, r *http.Request) error {
	up, err := p.stageOne(w, r)
	if err != nil {
		return p.jsonError(w, r, err)
	}
	return writeJSON(w, http.StatusOK, map[string]any{"token": up.Token, "name": up.Name, "size": up.Size})
}

// stageOwn is stage on the page of a case.
func (p *Portal) stageOwn(w http.ResponseWriter, r *http.Request) error {
	h, err := p.holder(r)
	if err != nil {
		return p.jsonError(w, r, err)
	}
	if h.empty() {
		return p.jsonError(w, r, errs.New(errs.Forbidden, "portal.pass.missing"))
	}
	return p.stage(w, r)
}

func (p *Portal) stageOne(w http.ResponseWriter, r *http.Request) (intake.Upload, error) {
	web.AllowBody(w, r, maxForm)
	parts, err := r.MultipartReader()
	if err != nil {
		return intake.Upload{}, errs.Wrap(errs.Invalid, err, "reading a file")
	}
	for range maxParts {
		part, err := parts.NextPart()
		if err != nil {
			return intake.Upload{}, bodyError(fmt.Errorf("looking for the file: %w", err))
		}
		if part.FormName() != "file" || part.FileName() == "" {
			continue
		}
		up, err := p.put(r, part)
		var long *http.MaxBytesError
		if errors.As(err, &long) {
			return up, bodyError(err)
		}
		return up, err
	}
	return intake.Upload{}, errs.New(errs.Invalid, "")
}

// jsonError answers a script that sent a file: what went wrong, in words.
func (p *Portal) jsonError(w http.ResponseWriter, r *http.Request, err error) error {
	kind := errs.KindOf(err)
	if kind == errs.Internal {
		p.Kit.Log.Error("a file could not be taken", "route", r.Pattern, "error", err)
	}
	text := web.Message(r.Context(), err)
	if own := web.FieldErrors(r.Context(), err); len(own) > 0 {
		text = own[0].Text
	}
	return writeJSON(w, kind.Status(), map[string]string{"error": text})
}

func writeJSON(w http.ResponseWriter, status int, body any) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who went away needs no answer
	return nil
}
