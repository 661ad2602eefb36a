package demo

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"golang.org/x/image/vector"
)

// face says how a colleague looks. The numbers choose from the colours below.
type face struct {
	skin, hairColor, top, background int
	hair                             hair
	glasses, beard                   bool
}

type hair uint8

const (
	hairShort hair = iota
	hairSide
	hairBob
	hairLong
	hairPonytail
	hairBun
	hairCurls
)

func rgb(hex uint32) color.RGBA {
	return color.RGBA{R: uint8(hex >> 16), G: uint8(hex >> 8), B: uint8(hex), A: 255}
}

var (
	skins       = []uint32{0xf6d3bd, 0xeec1a2, 0xdca57f, 0xb97c54, 0x8a5637}
	hairColors  = []uint32{0x2b211e, 0x5a3825, 0x7c5230, 0xb5793c, 0x3b2c26, 0x41281f, 0x9b9591}
	tops        = []uint32{0x1f5f7a, 0xc2593f, 0x38513f, 0x5b4b8a, 0xd09a2c}
	backgrounds = []uint32{0xcfe3ea, 0xf4dcc8, 0xd7e5d2, 0xe3dcf0, 0xf5e6bf, 0xd5e0f2, 0xf1d5d7, 0xdfe3e6}
)

// canvas draws smooth shapes.
type canvas struct{ img *image.RGBA }

const faceSide = 256

// portrait draws a face, as PNG.
func portrait(f face) ([]byte, error) {
	c := canvas{image.NewRGBA(image.Rect(0, 0, faceSide, faceSide))}
	draw.Draw(c.img, c.img.Bounds(), image.NewUniform(rgb(backgrounds[f.background])), image.Point{}, draw.Src)
	skin, dark := rgb(skins[f.skin]), shade(rgb(skins[f.skin]), 0.86)
	lock := rgb(hairColors[f.hairColor])
	c.hairBehind(f.hair, lock)
	top := rgb(tops[f.top])
	c.ellipse(128, 262, 92, 70, top)
	c.rounded(106, 168, 44, 54, 20, dark) // neck
	c.ellipse(128, 208, 30, 16, dark)
	c.ellipse(128, 200, 25, 13, skin)
	c.ellipse(75, 122, 11, 16, dark) // ears
	c.ellipse(181, 122, 11, 16, dark)
	c.ellipse(128, 120, 53, 64, skin)
	if f.beard {
		c.beard(lock, skin)
	}
	c.features(f, skin, lock)
	c.hairBefore(f.hair, lock)
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&out, c.img); err != nil {
		return nil, fmt.Errorf("drawing a portrait: %w", err)
	}
	return out.Bytes(), nil
}

func (c canvas) features(f face, skin, lock color.RGBA) {
	ink := rgb(0x33261f)
	for _, x := range []float32{106, 150} {
		c.ellipse(x, 124, 5.2, 6.2, ink)
		c.ellipse(x+1.8, 122, 1.6, 1.8, rgb(0xffffff))
		c.rounded(x-11, 106, 22, 5, 2.5, shade(lock, 0.9)) // brow
	}
	c.ellipse(128, 140, 7, 5, shade(skin, 0.88)) // nose
	c.ellipse(97, 143, 9, 6, blush(skin))
	c.ellipse(159, 143, 9, 6, blush(skin))
	mouth := rgb(0xa8483f)
	c.ellipse(128, 158, 15, 9, mouth)
	c.ellipse(128, 153, 17, 7, under(f, skin, lock))
	if f.glasses {
		for _, x := range []float32{106, 150} {
			c.ring(x, 124, 17, 14.5, 3, rgb(0x2d2f36))
		}
		c.rounded(122, 121, 12, 3, 1.5, rgb(0x2d2f36))
	}
}

// under is the colour around the mouth: it cuts the smile out of an ellipse.
func under(f face, skin, lock color.RGBA) color.RGBA {
	if f.beard {
		return blend(lock, skin, 0.35)
	}
	return skin
}

func (c canvas) beard(lock, skin color.RGBA) {
	shade := blend(lock, skin, 0.35)
	c.path(shade, 76, 128, func(z *vector.Rasterizer) {
		z.CubeTo(78, 176, 104, 188, 128, 188)
		z.CubeTo(152, 188, 178, 176, 180, 128)
		z.CubeTo(172, 146, 156, 146, 128, 146)
		z.CubeTo(100, 146, 84, 146, 76, 128)
	})
}

func (c canvas) hairBehind(h hair, lock color.RGBA) {
	back := shade(lock, 0.88)
	switch h {
	case hairBob:
		c.rounded(64, 62, 128, 112, 52, back)
	case hairLong:
		c.rounded(60, 60, 136, 166, 58, back)
	case hairPonytail:
		c.ellipse(186, 110, 24, 54, back)
		c.ellipse(128, 104, 62, 58, back)
	case hairBun:
		c.ellipse(128, 46, 27, 25, back)
		c.ellipse(128, 104, 61, 58, back)
	case hairCurls:
		for _, p := range [][3]float32{{78, 96, 22}, {90, 70, 24}, {112, 56, 25}, {144, 56, 25}, {166, 70, 24}, {178, 96, 22}} {
			c.ellipse(p[0], p[1], p[2], p[2], back)
		}
	default:
		c.ellipse(128, 98, 59, 50, back)
	}
}

func (c canvas) hairBefore(h hair, lock color.RGBA) {
	switch h {
	case hairSide: // parted on the left
		c.path(lock, 72, 112, func(z *vector.Rasterizer) {
			z.CubeTo(66, 50, 110, 44, 128, 46)
			z.CubeTo(176, 44, 192, 74, 184, 116)
			z.CubeTo(178, 92, 168, 86, 150, 88)
			z.CubeTo(120, 90, 100, 84, 94, 76)
			z.CubeTo(88, 92, 78, 92, 72, 112)
		})
	case hairShort:
		c.path(lock, 73, 112, func(z *vector.Rasterizer) {
			z.CubeTo(66, 62, 92, 46, 128, 46)
			z.CubeTo(164, 46, 190, 62, 183, 112)
			z.CubeTo(178, 92, 172, 82, 156, 80)
			z.CubeTo(136, 84, 116, 78, 100, 82)
			z.CubeTo(84, 82, 78, 92, 73, 112)
		})
	case hairCurls:
		for _, p := range [][3]float32{{94, 78, 16}, {114, 68, 18}, {138, 66, 18}, {160, 76, 16}} {
			c.ellipse(p[0], p[1], p[2], p[2]*0.9, lock)
		}
	case hairBob: // with a fringe
		c.path(lock, 70, 140, func(z *vector.Rasterizer) {
			z.CubeTo(60, 70, 86, 48, 128, 48)
			z.CubeTo(170, 48, 196, 70, 186, 140)
			z.CubeTo(180, 116, 178, 104, 172, 96)
			z.CubeTo(148, 104, 108, 104, 84, 96)
			z.CubeTo(78, 104, 76, 116, 70, 140)
		})
	default: // long, ponytail, bun: parted in the middle
		c.path(lock, 72, 132, func(z *vector.Rasterizer) {
			z.CubeTo(62, 66, 92, 48, 128, 48)
			z.CubeTo(164, 48, 194, 66, 184, 132)
			z.CubeTo(180, 98, 160, 84, 128, 72)
			z.CubeTo(96, 84, 76, 98, 72, 132)
		})
	}
}

// path fills a closed shape that begins at x, y.
func (c canvas) path(col color.RGBA, x, y float32, trace func(*vector.Rasterizer)) {
	z := vector.NewRasterizer(faceSide, faceSide)
	z.MoveTo(x, y)
	trace(z)
	z.ClosePath()
	z.Draw(c.img, c.img.Bounds(), image.NewUniform(col), image.Point{})
}

// arc is how far the handles of a curve are that looks like a quarter of a circle.
const arc = 0.5523

func curve(z *vector.Rasterizer, x, y, rx, ry float32) {
	z.MoveTo(x+rx, y)
	z.CubeTo(x+rx, y+ry*arc, x+rx*arc, y+ry, x, y+ry)
	z.CubeTo(x-rx*arc, y+ry, x-rx, y+ry*arc, x-rx, y)
	z.CubeTo(x-rx, y-ry*arc, x-rx*arc, y-ry, x, y-ry)
	z.CubeTo(x+rx*arc, y-ry, x+rx, y-ry*arc, x+rx, y)
	z.ClosePath()
}

func (c canvas) ellipse(x, y, rx, ry float32, col color.RGBA) {
	z := vector.NewRasterizer(faceSide, faceSide)
	curve(z, x, y, rx, ry)
	z.Draw(c.img, c.img.Bounds(), image.NewUniform(col), image.Point{})
}

// ring is an ellipse with a hole: the second curve runs the other way.
func (c canvas) ring(x, y, rx, ry, width float32, col color.RGBA) {
	z := vector.NewRasterizer(faceSide, faceSide)
	curve(z, x, y, rx, ry)
	curve(z, x, y, width-rx, ry-width)
	z.Draw(c.img, c.img.Bounds(), image.NewUniform(col), image.Point{})
}

func (c canvas) rounded(x, y, w, h, r float32, col color.RGBA) {
	k := r * (1 - arc)
	c.path(col, x+r, y, func(z *vector.Rasterizer) {
		z.LineTo(x+w-r, y)
		z.CubeTo(x+w-k, y, x+w, y+k, x+w, y+r)
		z.LineTo(x+w, y+h-r)
		z.CubeTo(x+w, y+h-k, x+w-k, y+h, x+w-r, y+h)
		z.LineTo(x+r, y+h)
		z.CubeTo(x+k, y+h, x, y+h-k, x, y+h-r)
		z.LineTo(x, y+r)
		z.CubeTo(x, y+k, x+k, y, x+r, y)
	})
}

func shade(c color.RGBA, by float64) color.RGBA {
	return color.RGBA{R: uint8(float64(c.R) * by), G: uint8(float64(c.G) * by), B: uint8(float64(c.B) * by), A: 255}
}

func blend(a, b color.RGBA, share float64) color.RGBA {
	mix := func(x, y uint8) uint8 { return uint8(float64(x)*(1-share) + float64(y)*share) }
	return color.RGBA{R: mix(a.R, b.R), G: mix(a.G, b.G), B: mix(a.B, b.B), A: 255}
}

func blush(skin color.RGBA) color.RGBA { return blend(skin, rgb(0xe07a68), 0.28) }
