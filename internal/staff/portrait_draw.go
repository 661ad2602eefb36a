package staff

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // registers the decoder

	"lotse/internal/platform/errs"
)

const (
	// MaxPortraitBytes is the largest picture that is taken, as a file.
	MaxPortraitBytes = 2 << 20
	// PortraitSide is the width and height of what is kept of it, in pixels.
	PortraitSide = 256

	// A picture of a telephone has 12 million pixels. While it is read it takes up
	// to 16 bytes of memory for each.
	maxPortraitPixels = 13_000_000
	portraitQuality   = 88
)

// drawPortrait makes of a file the picture that is kept. Pictures are read one at
// a time: each may take 200 MB of memory for a moment.
func (d *Directory) drawPortrait(file []byte) (picture []byte, kind string, err error) {
	if len(file) == 0 {
		return nil, "", errs.Field("portrait", "staff.portrait.missing")
	}
	if len(file) > MaxPortraitBytes {
		return nil, "", errs.Field("portrait", "staff.portrait.large")
	}
	head, format, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || format != "png" && format != "jpeg" && format != "webp" || head.Width < 1 || head.Height < 1 {
		return nil, "", errs.Field("portrait", "staff.portrait.wrong")
	}
	if head.Width > maxPortraitPixels/head.Height || isDeep(head) && head.Width > maxPortraitPixels/4/head.Height {
		return nil, "", errs.Field("portrait", "staff.portrait.wide")
	}
	d.drawing.Lock()
	defer d.drawing.Unlock()
	source, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, "", errs.Field("portrait", "staff.portrait.wrong")
	}
	square := image.NewRGBA(image.Rect(0, 0, PortraitSide, PortraitSide))
	draw.CatmullRom.Scale(square, square.Bounds(), source, middle(source.Bounds()), draw.Src, nil)
	if format == "jpeg" {
		square = turned(square, orientation(file))
	}
	return encode(square)
}

// isDeep reports whether a picture has 16 bits a colour, which takes twice the
// memory and is of no use here.
func isDeep(head image.Config) bool {
	switch head.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model, color.Gray16Model:
		return true
	}
	return false
}

// middle is the largest square in the middle of a picture.
func middle(r image.Rectangle) image.Rectangle {
	side := min(r.Dx(), r.Dy())
	x, y := r.Min.X+(r.Dx()-side)/2, r.Min.Y+(r.Dy()-side)/2
	return image.Rect(x, y, x+side, y+side)
}

// encode writes a picture as JPEG, one one can see through as PNG.
func encode(square *image.RGBA) (picture []byte, kind string, err error) {
	var b bytes.Buffer
	kind = "image/jpeg"
	if square.Opaque() {
		err = jpeg.Encode(&b, square, &jpeg.Options{Quality: portraitQuality})
	} else {
		kind, err = "image/png", png.Encode(&b, square)
	}
	if err != nil {
		return nil, "", fmt.Errorf("writing a portrait: %w", err)
	}
	return b.Bytes(), kind, nil
}

// turned returns a square picture upright, by the orientation its file names:
// cameras store what they see and say how they were held.
func turned(p *image.RGBA, orientation int) *image.RGBA {
	last := p.Bounds().Dx() - 1
	from := map[int]func(x, y int) (int, int){
		2: func(x, y int) (int, int) { return last - x, y },
		3: func(x, y int) (int, int) { return last - x, last - y },
		4: func(x, y int) (int, int) { return x, last - y },
		5: func(x, y int) (int, int) { return y, x },
		6: func(x, y int) (int, int) { return y, last - x },
		7: func(x, y int) (int, int) { return last - y, last - x },
		8: func(x, y int) (int, int) { return last - y, x },
	}[orientation]
	if from == nil {
		return p
	}
	upright := image.NewRGBA(p.Bounds())
	for y := range last + 1 {
		for x := range last + 1 {
			upright.SetRGBA(x, y, p.RGBAAt(from(x, y)))
		}
	}
	return upright
}

// orientation reads from a JPEG file how the camera was held: 1 (upright) to 8, as
// tag 0x0112 of its Exif segment says (CIPA DC-008 §4.6.5). A file that says
// nothing, or nonsense, is upright.
func orientation(file []byte) int {
	const upright = 1
	for rest := file[min(2, len(file)):]; len(rest) >= 4 && rest[0] == 0xff; {
		kind, size := rest[1], 2+int(binary.BigEndian.Uint16(rest[2:]))
		if kind == 0xda || size < 4 || size > len(rest) { // the picture itself begins
			return upright
		}
		if tiff, ok := bytes.CutPrefix(rest[4:size], []byte("Exif\x00\x00")); ok && kind == 0xe1 {
			if o := tiffOrientation(tiff); o >= 1 && o <= 8 {
				return o
			}
			return upright
		}
		rest = rest[size:]
	}
	return upright
}

// tiffOrientation reads the tag from the first directory of a TIFF structure; 0 if
// it is not there.
func tiffOrientation(tiff []byte) int {
	const (
		tag      = 0x0112
		short    = 3
		entryLen = 12
	)
	if len(tiff) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 0
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < entryLen {
			return 0
		}
		if order.Uint16(entries) == tag && order.Uint16(entries[2:]) == short {
			return int(order.Uint16(entries[8:]))
		}
		entries = entries[entryLen:]
	}
	return 0
}
