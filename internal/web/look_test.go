package web_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/web/account"
	"lotse/internal/web/webtest"
)

func newDesk(t *testing.T, d *db.DB) *webtest.Desk {
	t.Helper()
	return webtest.New(t, d, func(desk *webtest.Desk, mux *http.ServeMux) {
		account.New(account.Parts{Kit: desk.Kit, Setup: desk.Setup}).Routes(mux)
		mux.Handle("GET /missing", desk.Kit.Page(func(http.ResponseWriter, *http.Request) error { return errs.New(errs.NotFound, "") }))
	})
}

// TestLookIsServed: a brand's colours and logo reach its pages and are kept by
// browsers for as long as they are the current ones.
func TestLookIsServed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, desk := context.Background(), newDesk(t, d)
		ada, b := desk.Furnish(), desk.Browser()
		if n := b.Get("/signin").Find(`link[href^="/brand/"], img`).Length(); n != 0 {
			t.Errorf("a brand without a look has %d of it", n)
		}
		var picture bytes.Buffer
		webtest.Must(t, png.Encode(&picture, image.NewGray(image.Rect(0, 0, 30, 10))))
		webtest.Must(t, desk.Kit.Catalog.SetColor(ctx, ada, "#7a1f6b"))
		webtest.Must(t, desk.Kit.Catalog.SetLogo(ctx, ada, picture.Bytes()))
		page := b.Get("/signin")
		sheet, logo := page.Find(`link[rel=stylesheet][href$="/look.css"]`).AttrOr("href", ""), page.Find("img.brand-logo").AttrOr("src", "")
		for path, kind := range map[string]string{sheet: "text/css; charset=utf-8", logo: "image/png"} {
			got := b.Get(path)
			if got.Status != http.StatusOK || got.Header.Get("Content-Type") != kind || got.Header.Get("Set-Cookie") != "" {
				t.Errorf("%s: %d %v", path, got.Status, got.Header)
			}
			for header, want := range map[string]string{
				"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
			} {
				if got.Header.Get(header) != want {
					t.Errorf("%s: %s is %q", path, header, got.Header.Get(header))
				}
			}
			if old := b.Get(strings.Replace(path, "/2/", "/1/", 1)); old.Status != http.StatusOK || old.Header.Get("Cache-Control") != "no-cache" || old.Body != got.Body {
				t.Errorf("%s of an older version: %d %q", path, old.Status, old.Header.Get("Cache-Control"))
			}
		}
		if css := b.Get(sheet).Body; !strings.Contains(css, "--brand: light-dark(#7a1f6b, ") {
			t.Errorf("the sheet is %q", css)
		}
		if b.Get(logo).Body != picture.String() {
			t.Error("the logo is not what was uploaded")
		}
	})
}

func TestLookLeadsNowhere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		desk := newDesk(t, d)
		ada := desk.Furnish()
		for _, path := range []string{"/brand/", "/brand/x/0/logo", "/brand/" + ids.New().String() + "/0/logo", "/brand/" + ada.BrandID.String() + "/0/logo",
			"/brand/" + ada.BrandID.String() + "/0/look.css", "/brand/" + ada.BrandID.String() + "/0/other", "/brand/" + ada.BrandID.String() + "/0/logo/x"} {
			if got := desk.Browser().Get(path); got.Status != http.StatusNotFound || strings.Contains(got.Header.Get("Cache-Control"), "max-age") {
				t.Errorf("%s: %d %q", path, got.Status, got.Header.Get("Cache-Control"))
			}
		}
		if got := desk.Browser().Post("/brand/" + ada.BrandID.String() + "/0/logo"); got.Status != http.StatusMethodNotAllowed {
			t.Errorf("POST: %d", got.Status)
		}
	})
}

// TestErrorPagesAreSignposts: who is lost sees the three ways; staff do not need them.
func TestErrorPagesAreSignposts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		desk := newDesk(t, d)
		desk.Furnish()
		for query, want := range map[string][]string{"": {"/de/", "/ask", "/my"}, "?lang=en": {"/en/", "/ask?lang=en", "/my?lang=en"}} {
			page := desk.Browser().Get("/missing" + query)
			links := page.Find(".signpost a")
			if page.Status != http.StatusNotFound || links.Length() != 3 {
				t.Fatalf("%q: %d with %d ways", query, page.Status, links.Length())
			}
			for i, href := range want {
				if got := links.Eq(i).AttrOr("href", ""); got != href {
					t.Errorf("%q: way %d leads to %q, want %q", query, i, got, href)
				}
			}
			if !page.Find(`meta[name=robots][content=noindex]`).Is("meta") || page.Find("script").Length() != 1 {
				t.Errorf("%q: an error page is indexed or loads more than it needs", query)
			}
		}
		if page := desk.SignedIn(webtest.Ada).Get("/missing"); page.Status != http.StatusNotFound || page.Find(".signpost").Length() != 0 {
			t.Errorf("staff: %d with %d signposts", page.Status, page.Find(".signpost").Length())
		}
	})
}
