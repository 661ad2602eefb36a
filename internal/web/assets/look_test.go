package assets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// colors are the corners and edges of sRGB, greys, well known brands and many
// more by chance.
func colors() []string {
	var list []string
	for _, r := range []int{0, 64, 128, 192, 255} {
		for _, g := range []int{0, 64, 128, 192, 255} {
			for _, b := range []int{0, 64, 128, 192, 255} {
				list = append(list, fmt.Sprintf("#%02x%02x%02x", r, g, b))
			}
		}
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		list = append(list, fmt.Sprintf("#%06x", dice.IntN(1<<24)))
	}
	return append(list, "#0b5563", "#ffd500", "#e2001a", "#009ee0", "#010101", "#fefefe")
}

// TestLookIsReadable puts many colours on and computes the contrast of every pair
// that meets on screen.
func TestLookIsReadable(t *testing.T) {
	tokens := parseTokens()
	for _, color := range colors() {
		light, dark, ok := LookColors(color)
		if !ok || len(light) != 5 || len(dark) != 5 {
			t.Fatalf("%s makes no look", color)
		}
		for name := range light {
			tokens[name] = [2]rgb{must(light[name]), must(dark[name])}
		}
		if checkPairs(t, tokens); t.Failed() {
			t.Fatalf("the colour is %s", color)
		}
	}
}

// TestLookKeepsAGoodColour: what is readable already is not changed, and what is
// moved keeps its hue.
func TestLookKeepsAGoodColour(t *testing.T) {
	for _, color := range []string{"#0b5563", "#1c5aa6", "#7a1f6b", "#a3151c"} {
		if light, _, _ := LookColors(color); light["brand"] != color {
			t.Errorf("%s became %s", color, light["brand"])
		}
	}
	for _, color := range []string{"#ffd500", "#00a0ff", "#ff6600", "#00b050"} {
		was, light, dark := toOKLCH(must(color)), toOKLCH(must(brandOf(color, 0))), toOKLCH(must(brandOf(color, 1)))
		for scheme, is := range map[string]oklch{"light": light, "dark": dark} {
			if turn := math.Abs(was.h - is.h); turn > .15 && turn < 2*math.Pi-.15 {
				t.Errorf("%s: %s turned its hue by %.2f", scheme, color, turn)
			}
		}
	}
}

func brandOf(color string, scheme int) string {
	light, dark, _ := LookColors(color)
	return []map[string]string{light, dark}[scheme]["brand"]
}

func TestLookSheet(t *testing.T) {
	sheet := Look("#7a1f6b")
	for _, name := range []string{"brand", "on-brand", "brand-strong", "brand-soft", "focus"} {
		if !regexp.MustCompile(`\n--` + name + `: light-dark\(#[0-9a-f]{6}, #[0-9a-f]{6}\);\n`).MatchString(sheet) {
			t.Errorf("the sheet does not set --%s:\n%s", name, sheet)
		}
	}
	for _, color := range []string{"", "red", "#12345", "#12345g", "#1234567", "};*{display:none}", "#+12345"} {
		if got := Look(color); got != "" {
			t.Errorf("Look(%q) = %q", color, got)
		}
	}
}

func TestOKLCHRoundTrip(t *testing.T) {
	for _, color := range colors() {
		if got := toOKLCH(must(color)).rgb().hex(); got != color && !near(got, color) {
			t.Errorf("%s came back as %s", color, got)
		}
	}
	if !strings.HasPrefix(oklch{.9, .4, 2}.rgb().hex(), "#") {
		t.Error("a colour sRGB does not have")
	}
}

// near allows what losing a step of chroma at the edge of sRGB costs.
func near(a, b string) bool {
	ca, cb := must(a), must(b)
	for i := range ca {
		if math.Abs(ca[i]-cb[i]) > 4.0/255 {
			return false
		}
	}
	return true
}
