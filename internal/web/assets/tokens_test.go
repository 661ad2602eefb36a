package assets

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"testing"
)

// TestTokensContrast computes the contrast of every pair of colours that meet
// on screen, in light and in dark (WCAG 2.2: text 1.4.3, controls 1.4.11).
func TestTokensContrast(t *testing.T) {
	tokens := parseTokens(t)
	const text, control = 4.5, 3
	var pairs []pair
	grounds := []string{"canvas", "surface", "sunken"}
	for _, ground := range grounds {
		for _, ink := range []string{"ink", "muted", "brand", "info", "success", "warning", "danger"} {
			pairs = append(pairs, pair{ink, ground, text})
		}
		pairs = append(pairs, pair{"edge", ground, control}, pair{"focus", ground, control})
	}
	for _, tone := range []string{"brand", "info", "success", "warning", "danger"} {
		pairs = append(pairs, pair{tone, tone + "-soft", text}, pair{"ink", tone + "-soft", text})
	}
	for i := range 6 {
		pairs = append(pairs, pair{"ink", fmt.Sprintf("tint-%d", i), text})
	}
	pairs = append(pairs,
		pair{"on-brand", "brand", text}, pair{"on-brand", "brand-strong", text}, pair{"on-danger", "danger", text},
		pair{"brand-strong", "brand-soft", text}, pair{"brand-strong", "surface", text}, pair{"muted", "brand-soft", text},
		pair{"ink", "note", text}, pair{"brand", "note", text}, pair{"warning", "warning-soft", text},
		pair{"note-edge", "note", control}, pair{"note-edge", "canvas", control},
		pair{"focus", "note", control}, pair{"focus", "brand-soft", control}, pair{"edge", "info-soft", control},
	)
	for _, p := range pairs {
		for i, scheme := range []string{"light", "dark"} {
			if got := contrast(colour(t, tokens, p.front)[i], colour(t, tokens, p.back)[i]); got < p.min {
				t.Errorf("%s: --%s on --%s has contrast %.2f, want %.1f", scheme, p.front, p.back, got, p.min)
			}
		}
	}
}

type pair struct {
	front, back string
	min         float64
}

type rgb [3]float64

var token = regexp.MustCompile(`--([a-z0-9-]+):\s*light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);`)

// parseTokens returns light and dark of each colour; the first definition counts.
func parseTokens(t *testing.T) map[string][2]rgb {
	t.Helper()
	tokens := map[string][2]rgb{}
	for _, m := range token.FindAllStringSubmatch(string(mustRead("css/tokens.css")), -1) {
		if _, ok := tokens[m[1]]; !ok {
			tokens[m[1]] = [2]rgb{parseHex(t, m[2]), parseHex(t, m[3])}
		}
	}
	return tokens
}

func colour(t *testing.T, tokens map[string][2]rgb, name string) [2]rgb {
	t.Helper()
	c, ok := tokens[name]
	if !ok {
		t.Fatalf("tokens.css has no colour --%s", name)
	}
	return c
}

func parseHex(t *testing.T, s string) rgb {
	t.Helper()
	n, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		t.Fatalf("parsing %s: %v", s, err)
	}
	return rgb{float64(n>>16&255) / 255, float64(n>>8&255) / 255, float64(n&255) / 255}
}

// contrast is the ratio of WCAG 2.2, 1 to 21.
func contrast(a, b rgb) float64 {
	la, lb := luminance(a), luminance(b)
	return (math.Max(la, lb) + .05) / (math.Min(la, lb) + .05)
}

func luminance(c rgb) float64 {
	for i, v := range c {
		if v <= .04045 {
			c[i] = v / 12.92
		} else {
			c[i] = math.Pow((v+.055)/1.055, 2.4)
		}
	}
	return .2126*c[0] + .7152*c[1] + .0722*c[2]
}

func TestContrastOfKnownColours(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#777777", "#ffffff", 4.48}, {"#123456", "#123456", 1}} {
		if got := contrast(parseHex(t, tc.a), parseHex(t, tc.b)); math.Abs(got-tc.want) > .01 {
			t.Errorf("contrast(%s, %s) = %.2f, want %.2f", tc.a, tc.b, got, tc.want)
		}
	}
}
