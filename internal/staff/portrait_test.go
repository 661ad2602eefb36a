package staff_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/staff"
)

var (
	red, green, blue, white = color.RGBA{R: 255, A: 255}, color.RGBA{G: 255, A: 255}, color.RGBA{B: 255, A: 255}, color.RGBA{R: 255, G: 255, B: 255, A: 255}
	upright                 = [4]color.RGBA{red, green, blue, white}
)

// quarters is a picture with a colour in each quarter of its middle square: top
// left, top right, bottom left, bottom right.
func quarters(width, height int, c [4]color.RGBA) *image.RGBA {
	p := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			q := 0
			if x >= width/2 {
				q++
			}
			if y >= height/2 {
				q += 2
			}
			p.SetRGBA(x, y, c[q])
		}
	}
	return p
}

func asPNG(t testing.TB, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// asJPEG writes a picture as a camera does that was held in some way.
func asJPEG(t testing.TB, p image.Image, orientation byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, nil); err != nil {
		t.Fatal(err)
	}
	exif := "Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(orientation) + "\x00\x00GPS 51.3N 12.3E"
	head := append([]byte("\xff\xd8\xff\xe1"), binary.BigEndian.AppendUint16(nil, uint16(2+len(exif)))...)
	return append(append(head, exif...), b.Bytes()[2:]...)
}

// huge is a small PNG file that claims to have many pixels.
func huge(t testing.TB, width, height uint32) []byte {
	file := asPNG(t, image.NewGray(image.Rect(0, 0, 4, 4)))
	binary.BigEndian.PutUint32(file[16:], width)
	binary.BigEndian.PutUint32(file[20:], height)
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
	return file
}

func asGIF(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.Encode(&b, image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{color.White}), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unbase64(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// shown returns the colours of the quarters of a person's picture.
func (h *house) shown(a access.Actor, kind string) [4]color.RGBA {
	h.t.Helper()
	got, err := h.Portrait(context.Background(), a, h.get(a.ID).PortraitKey)
	must(h.t, err)
	p, format, err := image.Decode(bytes.NewReader(got.Picture))
	must(h.t, err)
	if "image/"+format != kind || got.Type != kind || p.Bounds() != image.Rect(0, 0, staff.PortraitSide, staff.PortraitSide) {
		h.t.Errorf("%s (as %s) of %v, want %s", format, got.Type, p.Bounds(), kind)
	}
	if bytes.Contains(got.Picture, []byte("GPS")) {
		h.t.Error("the picture tells where it was taken")
	}
	const a1, a2 = staff.PortraitSide / 4, 3 * staff.PortraitSide / 4
	var seen [4]color.RGBA
	for i, at := range []image.Point{{X: a1, Y: a1}, {X: a2, Y: a1}, {X: a1, Y: a2}, {X: a2, Y: a2}} {
		r, g, b, alpha := p.At(at.X, at.Y).RGBA()
		pure := func(v uint32) uint8 { return uint8(255 * ((v>>8 + 64) / 255 % 2)) }
		seen[i] = color.RGBA{pure(r), pure(g), pure(b), pure(alpha)}
	}
	return seen
}

func TestPortraitIsDrawn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		set := func(file []byte) { t.Helper(); must(t, h.SetPortrait(context.Background(), h.ben, h.ben.ID, file)) }
		set(asPNG(t, quarters(400, 400, upright)))
		if got := h.shown(h.ben, "image/jpeg"); got != upright {
			t.Errorf("a PNG becomes %v", got)
		}
		set(asPNG(t, quarters(40, 120, upright)))
		if got := h.shown(h.ben, "image/jpeg"); got != upright {
			t.Errorf("the middle of a small and high one is %v", got)
		}
		clear := upright
		clear[3] = color.RGBA{}
		set(asPNG(t, quarters(300, 300, clear)))
		if got := h.shown(h.ben, "image/png"); got[3].A != 0 || got[0] != red {
			t.Errorf("one to see through becomes %v", got)
		}
		// What the camera stored for each way it was held, when what it saw was upright.
		for orientation, stored := range map[byte][4]color.RGBA{
			1: {red, green, blue, white}, 2: {green, red, white, blue}, 3: {white, blue, green, red}, 4: {blue, white, red, green},
			5: {red, blue, green, white}, 6: {green, white, red, blue}, 7: {white, green, blue, red}, 8: {blue, red, white, green},
		} {
			set(asJPEG(t, quarters(320, 320, stored), orientation))
			if got := h.shown(h.ben, "image/jpeg"); got != upright {
				t.Errorf("orientation %d becomes %v", orientation, got)
			}
		}
		for what, file := range map[string]string{
			"lossless WebP": "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==",
			"lossy WebP":    "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA",
		} {
			if err := h.SetPortrait(context.Background(), h.ben, h.ben.ID, unbase64(t, file)); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func TestPortraitIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		small := asPNG(t, quarters(20, 20, upright))
		for what, tc := range map[string]struct {
			file []byte
			key  string
		}{
			"nothing":              {nil, "staff.portrait.missing"},
			"too many bytes":       {append(bytes.Clone(small), make([]byte, staff.MaxPortraitBytes)...), "staff.portrait.large"},
			"text":                 {[]byte("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"), "staff.portrait.wrong"},
			"GIF":                  {asGIF(t), "staff.portrait.wrong"},
			"half a PNG":           {small[:len(small)/2], "staff.portrait.wrong"},
			"pixels for gigabytes": {huge(t, 60_000, 60_000), "staff.portrait.wide"},
			"pixels that overflow": {huge(t, 1<<31-1, 1<<31-1), "staff.portrait.wrong"},
			"one long line":        {huge(t, 1<<30, 1), "staff.portrait.wide"},
			"16 bits a colour":     {asPNG(t, image.NewGray16(image.Rect(0, 0, 2000, 2000))), "staff.portrait.wide"},
			"half a WebP":          {[]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f"), "staff.portrait.wrong"},
			"WebP as a bomb":       {[]byte("RIFF\x12\x00\x00\x00WEBPVP8L\x05\x00\x00\x00\x2f\xff\xff\xff\x0f\x00"), "staff.portrait.wide"},
		} {
			found := errs.Fields(h.SetPortrait(context.Background(), h.ben, h.ben.ID, tc.file))
			if len(found) != 1 || found[0].Field != "portrait" || found[0].Key != tc.key {
				t.Errorf("%s: %v, want %s", what, found, tc.key)
			}
		}
		if key := h.get(h.ben.ID).PortraitKey; !key.IsZero() {
			t.Error("something was kept")
		}
	})
}

func TestWhoMayChangeAndSeePortraits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, h := context.Background(), newHouse(t, d)
		file := asPNG(t, quarters(20, 20, upright))
		key := func() ids.ID { t.Helper(); return h.get(h.ben.ID).PortraitKey }
		sees := func(what string, a access.Actor, key ids.ID, want string) {
			t.Helper()
			got, err := h.Portrait(ctx, a, key)
			if is := fmt.Sprint(errs.KindOf(err) == errs.NotFound && err != nil, errs.Is(err, errs.SignedOut), err == nil && len(got.Picture) > 0); is != want {
				t.Errorf("%s: not found, signed out, seen: %s, want %s", what, is, want)
			}
		}
		const seen, missing, signedOut = "false false true", "true false false", "false true false"
		nobody := access.Actor{BrandID: h.lindenau}

		wantKind(t, "a colleague sets it", h.SetPortrait(ctx, h.lea, h.ben.ID, file), errs.Forbidden)
		wantKind(t, "of another brand", h.SetPortrait(ctx, h.eve, h.ben.ID, file), errs.NotFound)
		must(t, h.SetPortrait(ctx, h.ada, h.ben.ID, file))
		first := key()
		sees("a colleague", h.lea, first, seen)
		sees("another brand", h.eve, first, missing)
		sees("nobody", nobody, first, signedOut)
		sees("a key that is none", h.lea, ids.Random(), missing)
		sees("the zero key", h.lea, ids.ID{}, missing)

		wantKind(t, "an administrator shows it to everybody", h.ShowPortrait(ctx, h.ada, h.ben.ID, true), errs.Forbidden)
		must(t, h.ShowPortrait(ctx, h.ben, h.ben.ID, true))
		public := key()
		sees("nobody, public", nobody, public, seen)
		sees("the old address", h.lea, first, missing)
		must(t, h.ShowPortrait(ctx, h.ben, h.ben.ID, false))
		sees("nobody, the public address of before", nobody, public, signedOut)
		must(t, h.ShowPortrait(ctx, h.ben, h.ben.ID, true))
		must(t, h.SetPortrait(ctx, h.ben, h.ben.ID, file))
		sees("nobody, a new one of his own", nobody, key(), seen)
		must(t, h.SetPortrait(ctx, h.ada, h.ben.ID, file))
		sees("nobody, one that somebody else chose", nobody, key(), signedOut)
		if list := must2(h.Colleagues(ctx, h.lea)); list[1].ID != h.ben.ID || list[1].PortraitPath() != staff.PortraitPrefix+key().String() || list[0].PortraitPath() != "" {
			t.Errorf("colleagues %+v", list)
		}
		wantKind(t, "a colleague removes it", h.RemovePortrait(ctx, h.lea, h.ben.ID), errs.Forbidden)
		must(t, h.ShowPortrait(ctx, h.ben, h.ben.ID, true))
		must(t, h.RemovePortrait(ctx, h.ben, h.ben.ID))
		must(t, h.ShowPortrait(ctx, h.ben, h.ben.ID, true))
		if got := h.get(h.ben.ID); got.PortraitPath() != "" {
			t.Errorf("still at %s", got.PortraitPath())
		}
	})
}
