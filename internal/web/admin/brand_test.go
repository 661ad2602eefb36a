package admin_test

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"lotse/internal/access"
	"lotse/internal/web/ui"
	"lotse/internal/web/webtest"
)

// upload posts one file as a browser does.
func (d *desk) upload(t *testing.T, b *webtest.Browser, path, field string, data []byte) *webtest.Page {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile(field, "logo.png")
	webtest.Must(t, err)
	_, err = part.Write(data)
	webtest.Must(t, err)
	webtest.Must(t, form.Close())
	r := httptest.NewRequest(http.MethodPost, webtest.BaseURL+path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.Do(r)
}

func onePNG(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	webtest.Must(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 30, 10))))
	return b.Bytes()
}

func TestColor(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		refused(t, "no colour", d.Post("/admin/brand/look", "color", "rot"), "color")
		page := d.saved(t, "a colour", d.Post("/admin/brand/look", "color", "#FFD500"), "/admin/brand", "Farbe")
		if page.Value("color") != "#ffd500" || page.Find(`link[href$="/1/look.css"]`).Length() != 1 {
			t.Errorf("colour %q, %d sheets", page.Value("color"), page.Find(`link[href$="look.css"]`).Length())
		}
		if !strings.Contains(page.Text("#look-preview"), "#ffd500 wäre als Schrift nicht überall lesbar") {
			t.Errorf("the page does not say that the colour is changed: %s", page.Text("#look-preview"))
		}
		page = d.Get("/admin/brand?color=%230b5563")
		if page.Value("color") != "#0b5563" || strings.Contains(page.Text("#look-preview"), "wäre") {
			t.Errorf("preview of another colour: %q, %s", page.Value("color"), page.Text("#look-preview"))
		}
		page.Find("#look-preview img").Each(func(_ int, s *goquery.Selection) {
			got := d.Get(s.AttrOr("src", ""))
			if got.Status != http.StatusOK || got.Header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(got.Body, "Stadtwerke Lindenau") {
				t.Errorf("the preview is %d %s", got.Status, got.Header.Get("Content-Type"))
			}
		})
		if got := d.Get("/admin/brand/look.svg?color=x%22/%3E"); got.Status != http.StatusUnprocessableEntity {
			t.Errorf("a picture in no colour: %d", got.Status)
		}
		if kept := d.Get("/admin/brand"); kept.Value("color") != "#ffd500" {
			t.Errorf("looking at a colour changed it to %q", kept.Value("color"))
		}
	})
}

func TestLogo(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.Person(d.ada, "Ben", access.Agent)
		want(t, "an agent's logo", d.upload(t, d.SignedIn("ben@lindenau.example"), "/admin/brand/logo", "logo", onePNG(t)), http.StatusForbidden, "")
		for what, data := range map[string][]byte{"an SVG": []byte("<svg/>"), "nothing": nil, "600 kB": bytes.Repeat([]byte("x"), 600<<10), "3 MB": bytes.Repeat([]byte("x"), 3<<20)} {
			refused(t, what, d.upload(t, d.Browser, "/admin/brand/logo", "logo", data), "logo")
		}
		refused(t, "no file", d.upload(t, d.Browser, "/admin/brand/logo", "other", onePNG(t)), "logo")
		refused(t, "no form", d.Post("/admin/brand/logo"), "logo")
		page := d.saved(t, "a logo", d.upload(t, d.Browser, "/admin/brand/logo", "logo", onePNG(t)), "/admin/brand", "Logo")
		if page.Find(".shell-brand img.brand-logo").Length() != 1 || page.Find("#logo img[alt]").Length() != 1 {
			t.Error("the logo is not shown")
		}
		page = d.saved(t, "no logo", d.Post("/admin/brand/logo", "remove", "1"), "/admin/brand", "entfernt")
		if page.Find("img.brand-logo, #logo img").Length() != 0 {
			t.Error("the logo is still shown")
		}
	})
}

// TestDesign opens every specimen in every choice.
func TestDesign(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		want(t, "design", d.Get("/admin/design"), http.StatusSeeOther, "/admin/design/all")
		want(t, "unknown", d.Get("/admin/design/x"), http.StatusNotFound, "")
		for _, s := range ui.Specimens {
			page := d.Get("/admin/design/" + s.Name)
			if page.Status != http.StatusOK || page.Find(".design-tools a[aria-current]").Length() == 0 {
				t.Fatalf("%s: %d", s.Name, page.Status)
			}
			page.Find(".design-tools .filters a").Each(func(_ int, a *goquery.Selection) {
				next := d.Get("/admin/design/" + s.Name + strings.TrimPrefix(a.AttrOr("href", ""), "/admin/design/"+s.Name))
				if strings.HasPrefix(a.AttrOr("href", ""), "/admin/design/"+s.Name+"?") && next.Status != http.StatusOK {
					t.Errorf("%s: %d", a.AttrOr("href", ""), next.Status)
				}
			})
		}
		page := d.Get("/admin/design/home?theme=dark&density=compact&lang=en")
		if !page.Find("html").Is("[lang=en][data-theme=dark][data-density=compact][data-face=public]") {
			t.Error("the choices do not reach the page")
		}
		if page = d.Get("/admin/design/ask?theme=%22evil&show=errors"); page.Find("html").Is("[data-theme]") || page.Faults() != "email" {
			t.Errorf("an unknown scheme is taken or the errors are missing: %q", page.Faults())
		}
	})
}
