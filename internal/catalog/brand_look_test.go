package catalog_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// drawn returns a picture of one colour in a format.
func drawn(t testing.TB, format string, width, height int) []byte {
	t.Helper()
	picture := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.White, color.Black})
	var b bytes.Buffer
	encode := map[string]func() error{
		"png":  func() error { return png.Encode(&b, picture) },
		"jpeg": func() error { return jpeg.Encode(&b, picture, nil) },
		"gif":  func() error { return gif.Encode(&b, picture, nil) },
	}
	if err := encode[format](); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// webp returns the frame of a WebP file with one chunk (RFC 9649 §2.5, §2.6).
func webp(kind string, data string) []byte {
	size := func(n int) string { return string([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}) }
	chunk := kind + size(len(data)) + data
	if len(data)%2 == 1 {
		chunk += "\x00"
	}
	return []byte("RIFF" + size(4+len(chunk)) + "WEBP" + chunk)
}

func TestCheckLogo(t *testing.T) {
	noisy := append(drawn(t, "png", 4, 4), make([]byte, catalog.MaxLogoBytes)...)
	for name, tc := range map[string]struct {
		picture []byte
		kind    string // "" if it is refused
		key     string
	}{
		"png":               {drawn(t, "png", 300, 80), "image/png", ""},
		"png, as large":     {drawn(t, "png", 2000, 2000), "image/png", ""},
		"jpeg":              {drawn(t, "jpeg", 300, 80), "image/jpeg", ""},
		"webp, extended":    {webp("VP8X", "\x10\x00\x00\x00\x2b\x01\x00\x4f\x00\x00"), "image/webp", ""},
		"webp, lossy":       {webp("VP8 ", "\x00\x00\x00\x9d\x01\x2a\x2c\x01\x50\x00"), "image/webp", ""},
		"webp, lossless":    {webp("VP8L", "\x2f\x2b\xc1\x13\x00"), "image/webp", ""},
		"too wide":          {drawn(t, "png", 2001, 10), "", "catalog.logo.wide"},
		"too high":          {drawn(t, "jpeg", 10, 2001), "", "catalog.logo.wide"},
		"webp, too wide":    {webp("VP8X", "\x10\x00\x00\x00\xff\xff\xff\x4f\x00\x00"), "", "catalog.logo.wide"},
		"webp, no width":    {webp("VP8 ", "\x00\x00\x00\x9d\x01\x2a\x00\x00\x50\x00"), "", "catalog.logo.wrong"},
		"webp, cut":         {webp("VP8L", "\x2f\x2b\xc1\x13\x00")[:22], "", "catalog.logo.wrong"},
		"webp, more behind": {append(webp("VP8L", "\x2f\x2b\xc1\x13\x00"), "<script>"...), "", "catalog.logo.wrong"},
		"webp, other chunk": {webp("ICCP", "0123456789"), "", "catalog.logo.wrong"},
		"png, cut":          {drawn(t, "png", 300, 80)[:60], "", "catalog.logo.wrong"},
		"too many bytes":    {noisy, "", "catalog.logo.large"},
		"gif":               {drawn(t, "gif", 30, 30), "", "catalog.logo.wrong"},
		"svg":               {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "", "catalog.logo.wrong"},
		"html":              {[]byte("<!DOCTYPE html><script>alert(1)</script>"), "", "catalog.logo.wrong"},
		"nothing":           {nil, "", "catalog.logo.wrong"},
	} {
		kind, err := catalog.CheckLogo(tc.picture)
		if kind != tc.kind || (err == nil) != (tc.kind != "") {
			t.Errorf("%s: %q, %v", name, kind, err)
		}
		if tc.key != "" && fields(err) != "logo" {
			t.Errorf("%s: the error %v is not at the field", name, err)
		}
		if found := errs.Fields(err); tc.key != "" && (len(found) != 1 || found[0].Key != tc.key) {
			t.Errorf("%s: %v, want %s", name, err, tc.key)
		}
	}
}

func FuzzCheckLogo(f *testing.F) {
	f.Add(drawn(f, "png", 3, 3))
	f.Add(drawn(f, "jpeg", 3, 3))
	f.Add(webp("VP8X", "\x10\x00\x00\x00\x2b\x01\x00\x4f\x00\x00"))
	f.Add(webp("VP8L", "\x2f\x2b\xc1\x13\x00"))
	f.Fuzz(func(t *testing.T, picture []byte) {
		kind, err := catalog.CheckLogo(picture)
		if (err == nil) != strings.HasPrefix(kind, "image/") {
			t.Errorf("kind %q with error %v", kind, err)
		}
	})
}

func TestCheckColor(t *testing.T) {
	for color, want := range map[string]string{
		"#0b5563": "#0b5563", " #0B5563 ": "#0b5563", "0b5563": "#0b5563", "#fa0": "#ffaa00", "": "",
	} {
		if got, err := catalog.CheckColor(color); got != want || err != nil {
			t.Errorf("%q: %q, %v", color, got, err)
		}
	}
	for _, color := range []string{"red", "#12", "#1234567", "#12345g", "rgb(0,0,0)", "#0b5563;}", "##0b5563", "é5"} {
		if got, err := catalog.CheckColor(color); fields(err) != "color" {
			t.Errorf("%q: %q, %v", color, got, err)
		}
	}
}

func TestLook(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		look := func() catalog.Brand {
			b, err := h.catalog.Brand(ctx, h.lindenau)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		if b := look(); b.LookPath() != "" || b.LogoPath() != "" || b.LookVersion != 0 {
			t.Errorf("a new brand has a look: %+v", b)
		}
		must(h.catalog.SetColor(ctx, h.admin, "#7A1F6B"))
		if b := look(); b.Color != "#7a1f6b" || b.LookPath() != "/brand/"+h.lindenau.String()+"/1/look.css" || b.LogoPath() != "" {
			t.Errorf("colour: %+v, %s", b, b.LookPath())
		}
		picture := drawn(t, "png", 30, 10)
		must(h.catalog.SetLogo(ctx, h.admin, picture))
		if b := look(); b.LogoType != "image/png" || b.LogoPath() != "/brand/"+h.lindenau.String()+"/2/logo" || b.Color != "#7a1f6b" {
			t.Errorf("logo: %+v", b)
		}
		if got, kind, err := h.catalog.Logo(ctx, h.lindenau); !bytes.Equal(got, picture) || kind != "image/png" || err != nil {
			t.Errorf("the logo came back as %d bytes of %q, %v", len(got), kind, err)
		}
		// Changing the brand otherwise keeps the look; claiming it again too.
		_, err := h.catalog.UpdateBrand(ctx, h.admin, catalog.BrandForm{Name: "Lindenau", Language: "de"})
		must(err)
		must(d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := h.catalog.ClaimBrandTx(ctx, tx, "main", catalog.BrandForm{Name: "Lindenau", Language: "de"})
			return err
		}))
		if b := look(); b.Color != "#7a1f6b" || b.LogoType != "image/png" || b.LookVersion != 2 {
			t.Errorf("after another change: %+v", b)
		}
		must(h.catalog.RemoveLogo(ctx, h.admin))
		must(h.catalog.SetColor(ctx, h.admin, ""))
		if b := look(); b.LookPath() != "" || b.LogoPath() != "" || b.LookVersion != 4 {
			t.Errorf("removed: %+v", b)
		}
		if _, _, err := h.catalog.Logo(ctx, h.lindenau); !errs.Is(err, errs.NotFound) {
			t.Errorf("no logo: %v", err)
		}
		if other, _ := h.catalog.Brand(ctx, h.other); other.LookVersion != 0 {
			t.Errorf("another brand changed: %+v", other)
		}
	})
}

func TestLookNeedsAnAdministrator(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		for _, a := range []access.Actor{h.actor(h.lindenau, access.Agent), h.actor(h.lindenau, access.Lead), {}} {
			for name, err := range map[string]error{
				"colour": h.catalog.SetColor(ctx, a, "#123456"), "logo": h.catalog.SetLogo(ctx, a, drawn(t, "png", 3, 3)), "removal": h.catalog.RemoveLogo(ctx, a),
			} {
				if !errs.Is(err, errs.Forbidden) && !errs.Is(err, errs.SignedOut) {
					t.Errorf("%s by %v: %v", name, a.Role, err)
				}
			}
		}
		if err := h.catalog.SetColor(ctx, h.admin, "red"); fields(err) != "color" {
			t.Errorf("a word as colour: %v", err)
		}
		if err := h.catalog.SetLogo(ctx, h.admin, []byte("<svg/>")); fields(err) != "logo" {
			t.Errorf("SVG as logo: %v", err)
		}
		if b, _ := h.catalog.Brand(ctx, h.lindenau); b.LookVersion != 0 {
			t.Errorf("something was changed: %+v", b)
		}
		if err := h.catalog.SetColor(ctx, h.actor(ids.New(), access.Admin), "#123456"); !errs.Is(err, errs.NotFound) {
			t.Errorf("a brand that is not there: %v", err)
		}
	})
}
