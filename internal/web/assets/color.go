package assets

import (
	"fmt"
	"math"
	"strconv"
)

// rgb is a colour of sRGB, each part 0 to 1.
type rgb [3]float64

func parseHex(s string) (rgb, bool) {
	if len(s) != 7 || s[0] != '#' {
		return rgb{}, false
	}
	n, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		return rgb{}, false
	}
	return rgb{float64(n>>16&255) / 255, float64(n>>8&255) / 255, float64(n&255) / 255}, true
}

func (c rgb) hex() string {
	return fmt.Sprintf("#%02x%02x%02x", byte(math.Round(c[0]*255)), byte(math.Round(c[1]*255)), byte(math.Round(c[2]*255)))
}

// linear takes the gamma of sRGB off.
func (c rgb) linear() [3]float64 {
	for i, v := range c {
		if v <= .04045 {
			c[i] = v / 12.92
		} else {
			c[i] = math.Pow((v+.055)/1.055, 2.4)
		}
	}
	return c
}

// oklch is a colour by lightness (0 to 1), chroma and hue (radians) as people see
// them: moving the lightness keeps what colour it is (CSS Color 4 §9.2).
type oklch struct{ l, c, h float64 }

func toOKLCH(from rgb) oklch {
	v := from.linear()
	l := math.Cbrt(.4122214708*v[0] + .5363325363*v[1] + .0514459929*v[2])
	m := math.Cbrt(.2119034982*v[0] + .6806995451*v[1] + .1073969566*v[2])
	s := math.Cbrt(.0883024619*v[0] + .2817188376*v[1] + .6299787005*v[2])
	lightness := .2104542553*l + .7936177850*m - .0040720468*s
	a := 1.9779984951*l - 2.4285922050*m + .4505937099*s
	b := .0259040371*l + .7827717662*m - .8086757660*s
	return oklch{lightness, math.Hypot(a, b), math.Atan2(b, a)}
}

// rgb returns the colour in sRGB, rounded to what a hex triplet can say. One that
// sRGB does not have loses chroma until it has it.
func (o oklch) rgb() rgb {
	for ; o.c > 0; o.c -= .004 {
		if c, fits := o.exact(); fits {
			return c.rounded()
		}
	}
	o.c = 0
	c, _ := o.exact()
	return c.rounded()
}

func (o oklch) exact() (c rgb, fits bool) {
	a, b := o.c*math.Cos(o.h), o.c*math.Sin(o.h)
	l := math.Pow(o.l+.3963377774*a+.2158037573*b, 3)
	m := math.Pow(o.l-.1055613458*a-.0638541728*b, 3)
	s := math.Pow(o.l-.0894841775*a-1.2914855480*b, 3)
	c = rgb{
		4.0767416621*l - 3.3077115913*m + .2309699292*s,
		-1.2684380046*l + 2.6097574011*m - .3413193965*s,
		-.0041960863*l - .7034186147*m + 1.7076147010*s,
	}
	fits = true
	for i, v := range c {
		if v < -1e-4 || v > 1+1e-4 {
			fits = false
		}
		v = min(max(v, 0), 1)
		if v <= .0031308 {
			c[i] = v * 12.92
		} else {
			c[i] = 1.055*math.Pow(v, 1/2.4) - .055
		}
	}
	return c, fits
}

func (c rgb) rounded() rgb {
	for i, v := range c {
		c[i] = math.Round(v*255) / 255
	}
	return c
}
