package assets

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"sync"
)

// Look is the style sheet that puts a brand's colour (such as "#0b5563") on all
// pages. Text stays readable whatever was chosen: where the colour is too light
// for white paper or too dark for a dark ground it is moved, in lightness alone,
// until every pair of colours that meets has the contrast WCAG 2.2 asks for. An
// empty sheet is returned for what is no colour.
func Look(color string) string {
	names := []string{"brand", "on-brand", "brand-strong", "brand-soft", "focus"}
	light, dark, ok := LookColors(color)
	if !ok {
		return ""
	}
	var b strings.Builder
	b.WriteString(":root {\n")
	for _, name := range names {
		fmt.Fprintf(&b, "--%s: light-dark(%s, %s);\n", name, light[name], dark[name])
	}
	b.WriteString("}\n")
	return b.String()
}

// LookColors returns the colours of Look by the names of their tokens, in light
// and in dark.
func LookColors(color string) (light, dark map[string]string, ok bool) {
	chosen, ok := parseHex(color)
	if !ok {
		return nil, nil, false
	}
	c := toOKLCH(chosen)
	return lightLook(c).hex(), darkLook(c).hex(), true
}

// grounds are what a brand's colour meets, by the names of their tokens.
var grounds = []string{"canvas", "surface", "sunken", "note"}

var token = regexp.MustCompile(`--([a-z0-9-]+):\s*light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);`)

// Colors returns our own colours, light and dark, by the names of their tokens
// in tokens.css. The map is shared: read it only.
var Colors = sync.OnceValue(func() map[string][2]string {
	found := map[string][2]string{}
	for _, m := range token.FindAllStringSubmatch(string(mustRead("css/tokens.css")), -1) {
		if _, ok := found[m[1]]; !ok { // what follows is for readers who want more contrast
			found[m[1]] = [2]string{m[2], m[3]}
		}
	}
	return found
})

const inLight, inDark = 0, 1

func ours(name string, scheme int) rgb { return must(Colors()[name][scheme]) }

// readable is the contrast asked for: text 4.5 (WCAG 2.2, 1.4.3), and a little
// for rounding.
const readable = 4.55

type look map[string]rgb

func (l look) hex() map[string]string {
	made := map[string]string{}
	for name, c := range l {
		made[name] = c.hex()
	}
	return made
}

// step is how far a lightness moves at a time, of 1.
const step = .005

func lightLook(c oklch) look {
	soft := oklch{.955, min(c.c, .022), c.h}
	for contrast(ours("muted", inLight), soft.rgb()) < readable && soft.l < 1 {
		soft.l += step
	}
	brand := c
	for brand.l > 0 && !readableOn(brand.rgb(), soft.rgb(), inLight) {
		brand.l -= step
	}
	strong := brand
	strong.l = max(0, brand.l-.08)
	return look{"brand": brand.rgb(), "on-brand": must("#ffffff"), "brand-strong": strong.rgb(), "brand-soft": soft.rgb(), "focus": brand.rgb()}
}

func darkLook(c oklch) look {
	soft := oklch{.3, min(c.c, .045), c.h}
	for contrast(ours("muted", inDark), soft.rgb()) < readable && soft.l > 0 {
		soft.l -= step
	}
	brand := c
	brand.l = max(c.l, .72)
	brand.c = min(c.c, .13) // strong colours flicker on a dark ground
	for brand.l < 1 && !readableOn(brand.rgb(), soft.rgb(), inDark) {
		brand.l += step
	}
	strong := brand
	strong.l = min(1, brand.l+.08)
	on := oklch{.25, min(c.c, .04), c.h}
	return look{"brand": brand.rgb(), "on-brand": on.rgb(), "brand-strong": strong.rgb(), "brand-soft": soft.rgb(), "focus": strong.rgb()}
}

// readableOn reports whether a colour can be text on soft and on all grounds.
func readableOn(front, soft rgb, scheme int) bool {
	for _, name := range grounds {
		if contrast(front, ours(name, scheme)) < readable {
			return false
		}
	}
	return contrast(front, soft) >= readable
}

// must parses a colour written in our own code.
func must(s string) rgb {
	c, ok := parseHex(s)
	if !ok {
		panic("assets: " + s + " is no colour")
	}
	return c
}

// Contrast returns the ratio of WCAG 2.2 between two colours such as "#0b5563",
// 1 to 21; 0 if one is none.
func Contrast(a, b string) float64 {
	ca, ok1 := parseHex(a)
	cb, ok2 := parseHex(b)
	if !ok1 || !ok2 {
		return 0
	}
	return contrast(ca, cb)
}

func contrast(a, b rgb) float64 {
	la, lb := luminance(a), luminance(b)
	return (math.Max(la, lb) + .05) / (math.Min(la, lb) + .05)
}

func luminance(c rgb) float64 {
	l := c.linear()
	return .2126*l[0] + .7152*l[1] + .0722*l[2]
}
