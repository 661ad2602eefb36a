package assets

import (
	"fmt"
	"math"
	"testing"
)

// TestTokensContrast computes the contrast of every pair of colours that meet
// on screen, in light and in dark (WCAG 2.2: text 1.4.3, controls 1.4.11).
func TestTokensContrast(t *testing.T) {
	checkPairs(t, parseTokens())
}

// checkPairs computes the contrast of what meets on screen.
func checkPairs(t *testing.T, tokens map[string][2]rgb) {
	t.Helper()
	for _, p := range pairs() {
		for i, scheme := range []string{"light", "dark"} {
			if got := contrast(colour(t, tokens, p.front)[i], colour(t, tokens, p.back)[i]); got < p.min {
				t.Errorf("%s: --%s on --%s has contrast %.2f, want %.1f", scheme, p.front, p.back, got, p.min)
			}
		}
	}
}

// pairs are the colours that meet on screen.
func pairs() []pair {
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
		pair{"muted", "success-soft", text}, pair{"muted", "info-soft", text},
		pair{"note-edge", "note", control}, pair{"note-edge", "canvas", control},
		pair{"focus", "note", control}, pair{"focus", "brand-soft", control}, pair{"edge", "info-soft", control},
	)
	return pairs
}

type pair struct {
	front, back string
	min         float64
}

// parseTokens returns light and dark of each colour.
func parseTokens() map[string][2]rgb {
	tokens := map[string][2]rgb{}
	for name, c := range Colors() {
		tokens[name] = [2]rgb{must(c[inLight]), must(c[inDark])}
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

func TestContrastOfKnownColours(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#777777", "#ffffff", 4.48}, {"#123456", "#123456", 1}} {
		if got := Contrast(tc.a, tc.b); math.Abs(got-tc.want) > .01 {
			t.Errorf("contrast(%s, %s) = %.2f, want %.2f", tc.a, tc.b, got, tc.want)
		}
	}
}
