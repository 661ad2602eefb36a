package public

import (
	"strings"
	"testing"
)

func TestAccepted(t *testing.T) {
	for header, want := range map[string]coding{
		"":                              plain,
		"gzip":                          gzipped,
		"br":                            brotlied,
		"gzip, deflate, br, zstd":       brotlied,
		"gzip;q=1.0, br;q=0.9":          gzipped,
		"GZIP;Q=0.5":                    gzipped,
		" gzip ; q=0.5 , br ; q=0.501 ": brotlied,
		"*":                             brotlied,
		"*;q=0.1, gzip;q=0.2":           gzipped,
		"br;q=0, *":                     gzipped,
		"gzip;q=0, br;q=0":              plain,
		"identity":                      plain,
		"identity, gzip;q=0.9":          plain,
		"identity;q=0.5, gzip;q=0.5":    gzipped,
		"identity;q=0":                  plain, // better than nothing
		"*;q=0":                         plain,
		"gzip;q=0.000":                  plain,
		"gzip;q=1.001":                  plain,
		"gzip;q=0.0001":                 plain,
		"gzip;q=.5":                     plain,
		"gzip;q=2":                      plain,
		"gzip;q=":                       plain,
		"gzip;q=x":                      plain,
		"gzip;level=9":                  plain,
		"xgzip, brotli":                 plain,
		",,, ;q=1, gzip":                gzipped,
	} {
		if got := accepted(header); got != want {
			t.Errorf("%q: %s, want %s", header, codingNames[got], codingNames[want])
		}
	}
}

func TestMatches(t *testing.T) {
	const tag = `"abc-br"`
	for header, want := range map[string]bool{
		`"abc-br"`:              true,
		`W/"abc-br"`:            true,
		`"x", "abc-br"`:         true,
		`"x","y" , W/"abc-br" `: true,
		` "abc-br"`:             true,
		`*`:                     true,
		` * `:                   true,
		`"a,b", "abc-br"`:       true,
		``:                      false,
		`abc-br`:                false,
		`"abc"`:                 false,
		`"abc-gzip"`:            false,
		`"abc-br`:               false,
		`"x" "abc-br"`:          false,
		`w/"abc-br"`:            false,
		`"", *`:                 false,
		`"x"; "abc-br"`:         false,
	} {
		if got := matches(header, tag); got != want {
			t.Errorf("%s: %v, want %v", header, got, want)
		}
	}
}

func FuzzAccepted(f *testing.F) {
	for _, s := range []string{"", "gzip", "br;q=0.5, gzip;q=1", "*;q=0.001", "identity;q=0, *;q=0", ";;;,,,===", "gzip;q=0.9999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		c := accepted(header)
		if c >= codings {
			t.Fatalf("%q: coding %d", header, c)
		}
		low := strings.ToLower(header)
		if c != plain && !strings.Contains(low, codingNames[c]) && !strings.Contains(low, "*") {
			t.Fatalf("%q: %s was not offered", header, codingNames[c])
		}
		if again := accepted(header + ", gzip;q=0, br;q=0, identity"); again == gzipped || again == brotlied {
			t.Fatalf("%q: a refused coding was chosen", header)
		}
	})
}

func FuzzMatches(f *testing.F) {
	for _, s := range []string{"", "*", `"a"`, `W/"a", "b"`, `"`, `W/`, `"a" "b"`, ",,,"} {
		f.Add(s, "a")
	}
	f.Fuzz(func(t *testing.T, header, opaque string) {
		if strings.ContainsAny(opaque, `"`) {
			return
		}
		tag := `"` + opaque + `"`
		if matches(header, tag) && !strings.Contains(header, tag) && strings.Trim(header, " \t") != "*" {
			t.Fatalf("%q matches %q, which it does not name", header, tag)
		}
		if !matches(tag, tag) || !matches(`"other", W/`+tag, tag) {
			t.Fatalf("%q is not found in a list that names it", tag)
		}
	})
}
