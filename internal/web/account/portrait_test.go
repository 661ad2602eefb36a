package account_test

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"lotse/internal/web/webtest"
)

// upload posts a picture as a browser does.
func upload(t *testing.T, b *webtest.Browser, data []byte) *webtest.Page {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("portrait", "ada.png")
	webtest.Must(t, err)
	_, err = part.Write(data)
	webtest.Must(t, err)
	webtest.Must(t, form.Close())
	r := httptest.NewRequest(http.MethodPost, webtest.BaseURL+"/account/portrait", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.Do(r)
}

func TestPortrait(t *testing.T) {
	furnished(t, func(t *testing.T, d *webtest.Desk) {
		b, nobody := d.SignedIn(webtest.Ada), d.Browser()
		var picture bytes.Buffer
		webtest.Must(t, png.Encode(&picture, image.NewGray(image.Rect(0, 0, 30, 30))))
		largest := append(picture.Bytes(), make([]byte, 2<<20-picture.Len())...) // what stands behind a PNG's end is nobody's concern
		for what, data := range map[string][]byte{"an SVG": []byte("<svg/>"), "nothing": nil, "a byte too much": append(largest, 0), "3 MB": make([]byte, 3<<20)} {
			if page := upload(t, b, data); page.Status != http.StatusUnprocessableEntity || page.Faults() != "portrait" {
				t.Errorf("%s: %d, faults %q", what, page.Status, page.Faults())
			}
		}
		want(t, "no form", b.Post("/account/portrait"), http.StatusUnprocessableEntity, "")
		want(t, "2 MB", upload(t, b, largest), http.StatusSeeOther, "/account")
		page := b.Get("/account")
		at := page.Find("#portrait img").AttrOr("src", "")
		if page.Text("#flash") != "Das Bild ist gespeichert." || page.Find(`.shell-header img.avatar[src="`+at+`"]`).Length() != 1 || page.Find("#portrait [name=public]:checked").Length() != 0 {
			t.Errorf("the page says %q, the picture is %q", page.Text("#flash"), at)
		}
		got := b.Get(at)
		for header, want := range map[string]string{"Content-Type": "image/jpeg", "Cache-Control": "private, max-age=31536000, immutable",
			"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"} {
			if got.Header.Get(header) != want {
				t.Errorf("%s is %q", header, got.Header.Get(header))
			}
		}
		again := httptest.NewRequest(http.MethodGet, webtest.BaseURL+at, nil)
		again.Header.Set("If-None-Match", got.Header.Get("ETag"))
		if kept := b.Do(again); kept.Status != http.StatusNotModified || kept.Body != "" {
			t.Errorf("asked again: %d", kept.Status)
		}
		for _, path := range []string{at, "/portraits/x", "/portraits/" + strings.Repeat("0", 32)} {
			want(t, "nobody at "+path, nobody.Get(path), http.StatusNotFound, "")
		}

		want(t, "for everybody", b.Post("/account/portrait/public", "public", "1"), http.StatusSeeOther, "/account")
		page = b.Get("/account")
		public := page.Find("#portrait img").AttrOr("src", "")
		if got := nobody.Get(public); page.Find("#portrait [name=public][checked]").Length() != 1 || got.Status != http.StatusOK || got.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || got.Header.Get("Set-Cookie") != "" {
			t.Errorf("for everybody: %d %v", got.Status, got.Header)
		}
		want(t, "the old address", b.Get(at), http.StatusNotFound, "")
		want(t, "for colleagues", b.Post("/account/portrait/public"), http.StatusSeeOther, "/account")
		want(t, "nobody at the public address", nobody.Get(public), http.StatusNotFound, "")
		want(t, "removed", b.Post("/account/portrait", "remove", "1"), http.StatusSeeOther, "/account")
		if page := b.Get("/account"); page.Find("img.avatar, #portrait img, #portrait [name=public]").Length() != 0 {
			t.Error("the picture is still shown")
		}
	})
}
