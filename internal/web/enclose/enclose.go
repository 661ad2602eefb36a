// Package enclose reads forms that bring files. Each file is put aside as it
// arrives, so that a form that is refused keeps its files; with a script it is sent
// as soon as it is chosen. The pages below web use it.
package enclose

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"lotse/internal/intake"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
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
	Files  = "files"         // the file input itself
	Upload = "upload"        // tokens of files that have arrived
	remove = "upload_remove" // those of them that shall go
)

// Put puts one file of a request aside.
type Put func(r *http.Request, name string, content io.Reader) (intake.Upload, error)

// Read returns a form that may bring files. They are put aside at once; what is
// wrong with one is noted in the form, at Files. The error says that the rest of
// the body could not be read: the form then holds what came before it.
func Read(w http.ResponseWriter, r *http.Request, put Put) (form.Form, error) {
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
			if err := receive(r, &f, part, put); err != nil {
				return settle(f), err
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, maxTyped-typed+1))
		if err != nil {
			return settle(f), bodyError(err)
		}
		if typed += int64(len(value)); typed > maxTyped {
			return settle(f), errs.New(errs.TooLarge, "enclose.long")
		}
		if part.FormName() != Files {
			f.Typed.Add(part.FormName(), string(value))
		}
	}
	return settle(f), errs.New(errs.TooLarge, "enclose.long")
}

// receive puts one file of a form aside. Only a body that breaks off is an error.
func receive(r *http.Request, f *form.Form, part *multipart.Part, put Put) error {
	up, err := put(r, part.FileName(), part)
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return bodyError(err)
	}
	if err == nil {
		f.Typed.Add(Upload, up.Token)
		return nil
	}
	text := part.FileName() + ": " + web.Message(r.Context(), err)
	f.Errors = append(f.Errors, ui.FieldError{Name: Files, Text: text})
	if _, err := io.Copy(io.Discard, part); err != nil { // what follows it counts
		return bodyError(err)
	}
	return nil
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
	for _, token := range f.Typed[Upload] {
		if !f.Has(remove, token) && !slices.Contains(kept, token) && token != "" {
			kept = append(kept, token)
		}
	}
	f.Typed[Upload] = kept
	f.Typed.Del(remove)
	return f
}

func bodyError(err error) error {
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		e := errs.New(errs.TooLarge, "enclose.large")
		e.Cause = err
		return e
	}
	return errs.Wrap(errs.Invalid, err, "reading a form")
}

// List names the files a form has brought, by their tokens. Where they can't be
// looked up right now, because of the database or an unknown brand, they stay
// without their names.
func List(ctx context.Context, in *intake.Intake, brand ids.ID, tokens []string) []ui.Upload {
	staged, err := in.Staged(ctx, brand, tokens)
	var list []ui.Upload
	if err != nil || brand.IsZero() {
		for _, token := range tokens {
			list = append(list, ui.Upload{Token: token, Name: i18n.From(ctx).T("enclose.file")})
		}
		return list
	}
	for _, u := range staged {
		list = append(list, ui.Upload{Token: u.Token, Name: u.Name, Size: i18n.From(ctx).Bytes(u.Size)})
	}
	return list
}

// Stage takes one file, "file", and answers with JSON, for upload.js.
func Stage(w http.ResponseWriter, r *http.Request, log *slog.Logger, put Put) error {
	up, err := stageOne(w, r, put)
	if err != nil {
		return Refuse(w, r, log, err)
	}
	return writeJSON(w, http.StatusOK, map[string]any{"token": up.Token, "name": up.Name, "size": up.Size})
}

func stageOne(w http.ResponseWriter, r *http.Request, put Put) (intake.Upload, error) {
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
		up, err := put(r, part.FileName(), part)
		var long *http.MaxBytesError
		if errors.As(err, &long) {
			return up, bodyError(err)
		}
		return up, err
	}
	return intake.Upload{}, errs.New(errs.Invalid, "")
}

// Refuse answers a script that sent a file: what went wrong, in words.
func Refuse(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) error {
	kind := errs.KindOf(err)
	if kind == errs.Internal {
		log.Error("a file could not be taken", "route", r.Pattern, "error", err)
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
