package catalog

import (
	"bytes"
	"encoding/binary"
	"image"
	_ "image/jpeg" // registers the decoder
	_ "image/png"  // registers the decoder

	"lotse/internal/platform/errs"
)

const (
	// MaxLogoBytes is the largest logo, as a file.
	MaxLogoBytes = 512 << 10
	// MaxLogoSide is the largest width and height of a logo, in pixels.
	MaxLogoSide = 2000
)

// CheckLogo returns the media type of a picture that can be a logo: PNG, JPEG or
// WebP within the limits. SVG is refused, it may hold scripts. Anything else is a
// field error for "logo".
func CheckLogo(picture []byte) (kind string, err error) {
	if len(picture) > MaxLogoBytes {
		return "", errs.Field("logo", "catalog.logo.large")
	}
	if w, h, ok := webpSize(picture); ok {
		return checkSide("image/webp", w, h)
	}
	head, format, err := image.DecodeConfig(bytes.NewReader(picture))
	if err != nil || format != "png" && format != "jpeg" {
		return "", errs.Field("logo", "catalog.logo.wrong")
	}
	if kind, err = checkSide("image/"+format, head.Width, head.Height); err != nil {
		return "", err
	}
	if _, _, err := image.Decode(bytes.NewReader(picture)); err != nil {
		return "", errs.Field("logo", "catalog.logo.wrong")
	}
	return kind, nil
}

func checkSide(kind string, width, height int) (string, error) {
	if width < 1 || height < 1 {
		return "", errs.Field("logo", "catalog.logo.wrong")
	}
	if width > MaxLogoSide || height > MaxLogoSide {
		return "", errs.Field("logo", "catalog.logo.wide")
	}
	return kind, nil
}

// webpSize reads the size a WebP file says it has (RFC 9649 §2). Its chunks must
// fill the file exactly; the pixels themselves are left to the browser, which
// shows a broken picture at worst.
func webpSize(b []byte) (width, height int, ok bool) {
	if len(b) < 20 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WEBP" || int64(binary.LittleEndian.Uint32(b[4:]))+8 != int64(len(b)) {
		return 0, 0, false
	}
	for rest, first := b[12:], true; len(rest) > 0; first = false {
		if len(rest) < 8 {
			return 0, 0, false
		}
		size := int64(binary.LittleEndian.Uint32(rest[4:]))
		padded := size + size&1
		if int64(len(rest))-8 < padded {
			return 0, 0, false
		}
		if first {
			if width, height, ok = webpChunkSize(string(rest[:4]), rest[8:8+size]); !ok {
				return 0, 0, false
			}
		}
		rest = rest[8+padded:]
	}
	return width, height, true
}

// webpChunkSize reads the size from the first chunk: of the whole canvas, or of
// the only picture, lossy or lossless.
func webpChunkSize(kind string, data []byte) (width, height int, ok bool) {
	switch {
	case kind == "VP8X" && len(data) >= 10:
		return uint24(data[4:]) + 1, uint24(data[7:]) + 1, true
	case kind == "VP8L" && len(data) >= 5 && data[0] == 0x2f:
		bits := binary.LittleEndian.Uint32(data[1:])
		return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1, true
	case kind == "VP8 " && len(data) >= 10 && data[3] == 0x9d && data[4] == 0x01 && data[5] == 0x2a:
		return int(binary.LittleEndian.Uint16(data[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(data[8:]) & 0x3fff), true
	}
	return 0, 0, false
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
