package portal

import (
	"io"
	"net/http"
	"strings"

	"lotse/internal/access"
	"lotse/internal/intake"
	"lotse/internal/platform/errs"
	"lotse/internal/web"
	"lotse/internal/web/enclose"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

// The controls of forms with files.
const (
	filesField  = enclose.Files
	uploadField = enclose.Upload
)

// read returns a form that may bring files.
func (p *Portal) read(w http.ResponseWriter, r *http.Request) (form.Form, error) {
	return enclose.Read(w, r, p.put)
}

// put puts a file aside.
func (p *Portal) put(r *http.Request, name string, content io.Reader) (intake.Upload, error) {
	brand, err := p.brand(r)
	if err != nil {
		return intake.Upload{}, err
	}
	if err := p.limit(r, access.FileLimit, ""); err != nil {
		return intake.Upload{}, err
	}
	return p.Intake.Stage(r.Context(), brand, name, content)
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

// uploadProps describes the control for files; url is where a script sends them.
func (p *Portal) uploadProps(r *http.Request, f form.Form, url string) ui.UploadProps {
	ctx := r.Context()
	props := ui.UploadProps{
		FieldProps: ui.FieldProps{Name: filesField, Label: t(ctx, "portal.form.files"), Hint: t(ctx, "portal.form.files_hint"), Error: web.ErrorOf(f.Errors, filesField)},
		URL:        url, MaxBytes: intake.MaxUpload, MaxFiles: intake.MaxUploads,
	}
	if tokens := f.Typed[uploadField]; len(tokens) > 0 {
		brand, _ := p.brand(r) // without one no file is found
		props.Uploaded = enclose.List(ctx, p.Intake, brand, tokens)
	}
	return props
}

// stage takes one file and answers with JSON, for upload.js.
func (p *Portal) stage(w http.ResponseWriter, r *http.Request) error {
	return enclose.Stage(w, r, p.Kit.Log, p.put)
}

// stageOwn is stage on the page of a case.
func (p *Portal) stageOwn(w http.ResponseWriter, r *http.Request) error {
	h, err := p.holder(r)
	if err == nil && h.empty() {
		err = errs.New(errs.Forbidden, "portal.pass.missing")
	}
	if err != nil {
		return enclose.Refuse(w, r, p.Kit.Log, err)
	}
	return p.stage(w, r)
}
