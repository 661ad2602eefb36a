package admin

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"lotse/internal/catalog"
	"lotse/internal/platform/errs"
	"lotse/internal/web/assets"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

//go:embed brand.js
var brandSource string

var brandScript = assets.RegisterScript("brand.js", brandSource)

// look is what the page shows of a colour and a logo.
type look struct {
	color       string // as chosen, "" for ours
	light, dark string // what it becomes
	logo        string // address, "" for none
}

// lookFor shows the colour just typed, if it is one, else the brand's.
func lookFor(r *http.Request, brand catalog.Brand, f form.Form) look {
	l := look{color: brand.Color, logo: brand.LogoPath()}
	for _, typed := range []string{r.URL.Query().Get("color"), f.Get("color")} {
		if c, err := catalog.CheckColor(typed); err == nil && typed != "" {
			l.color = c
		}
	}
	light, dark := lookColors(l.color)
	l.light, l.dark = light["brand"], dark["brand"]
	return l
}

// picture is the address of the preview in one scheme.
func (l look) picture(scheme string) string {
	return brandPath + "/look.svg?" + url.Values{"color": {l.color}, "scheme": {scheme}}.Encode()
}

// moved reports whether the colour can't be used on light paper as it is.
func (l look) moved() bool { return l.color != "" && l.color != l.light }

// lookColors returns all colours of a page, ours with the brand's over them.
func lookColors(color string) (light, dark map[string]string) {
	light, dark = map[string]string{}, map[string]string{}
	for name, c := range assets.Colors() {
		light[name], dark[name] = c[0], c[1]
	}
	l, d, ok := assets.LookColors(color)
	if !ok {
		return light, dark
	}
	for name := range l {
		light[name], dark[name] = l[name], d[name]
	}
	return light, dark
}

// lookPicture draws a page for customers in the colour asked for. It is a
// picture, because a page may not have styles of its own.
func (p *Pages) lookPicture(w http.ResponseWriter, r *http.Request) error {
	brand, err := p.kit.Catalog.Brand(r.Context(), actor(r).BrandID)
	if err != nil {
		return err
	}
	color, err := catalog.CheckColor(r.URL.Query().Get("color"))
	if err != nil {
		return err
	}
	colors, dark := lookColors(color)
	if r.URL.Query().Get("scheme") == "dark" {
		colors = dark
	}
	var drawn bytes.Buffer
	if err := lookDrawing(brand.Name, colors).Render(r.Context(), &drawn); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = drawn.WriteTo(w) // who went away needs no picture
	return nil
}

func (p *Pages) updateColor(w http.ResponseWriter, r *http.Request) error {
	return p.save(w, r, "admin.brand.color_saved", func(f form.Form) error {
		return p.kit.Catalog.SetColor(r.Context(), actor(r), f.Get("color"))
	})
}

// updateLogo takes a new logo, or with "remove" takes the old one away.
func (p *Pages) updateLogo(w http.ResponseWriter, r *http.Request) error {
	picture, err := readLogo(r)
	if err == nil && r.PostFormValue("remove") != "" {
		if err := p.kit.Catalog.RemoveLogo(r.Context(), actor(r)); err != nil {
			return err
		}
		return p.done(w, r, brandPath, "admin.brand.logo_removed")
	}
	if err == nil {
		err = p.kit.Catalog.SetLogo(r.Context(), actor(r), picture)
	}
	if err == nil {
		return p.done(w, r, brandPath, "admin.brand.logo_saved")
	}
	var f form.Form
	status, err := f.Refused(r.Context(), err, "logo")
	if err != nil {
		return err
	}
	return p.renderBrand(w, r, status, f)
}

// readLogo returns the picture that was sent, nil if the form asks to remove it.
func readLogo(r *http.Request) ([]byte, error) {
	err := r.ParseMultipartForm(catalog.MaxLogoBytes + 1<<10)
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return nil, errs.Field("logo", "catalog.logo.large")
	case errors.Is(err, http.ErrNotMultipart) && r.PostForm.Get("remove") != "":
		return nil, nil
	case errors.Is(err, http.ErrNotMultipart):
		return nil, errs.Field("logo", "catalog.logo.missing")
	case err != nil:
		return nil, errs.Wrap(errs.Invalid, err, "reading a form")
	}
	file, _, err := r.FormFile("logo")
	if err != nil {
		return nil, errs.Field("logo", "catalog.logo.missing")
	}
	defer file.Close()
	picture, err := io.ReadAll(io.LimitReader(file, catalog.MaxLogoBytes+1))
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, err, "reading a picture")
	}
	if len(picture) == 0 {
		return nil, errs.Field("logo", "catalog.logo.missing")
	}
	return picture, nil
}

// colorField shows the preview of what is typed while it is typed.
func colorField(ctx context.Context) ui.FieldProps {
	return ui.FieldProps{Name: "color", Label: t(ctx, "admin.brand.color"), Hint: t(ctx, "admin.brand.color_hint"), Width: "short", Autocomplete: "off",
		Attrs: templ.Attributes{"maxlength": "7", "spellcheck": "false", "hx-get": brandPath, "hx-trigger": "input changed delay:300ms",
			"hx-target": "#look-preview", "hx-select": "#look-preview", "hx-swap": "outerHTML"}}
}
