package assets

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
)

var testStyle = RegisterStyle("test.css", "/* why */\n.a {\n  color: red;\n}\n")

func get(t *testing.T, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestServe(t *testing.T) {
	types := map[string]string{
		"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8",
		"htmx.js": "text/javascript; charset=utf-8", "icons.svg": "image/svg+xml",
		"favicon.svg": "image/svg+xml", testStyle: "text/css; charset=utf-8",
	}
	for name, ctype := range types {
		res := get(t, URL(name))
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode != http.StatusOK || len(body) == 0 {
			t.Errorf("%s: status %d, %d bytes", name, res.StatusCode, len(body))
		}
		for header, want := range map[string]string{
			"Content-Type": ctype, "X-Content-Type-Options": "nosniff",
			"Cache-Control": "public, max-age=31536000, immutable", "Content-Encoding": "",
		} {
			if got := res.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q, want %q", name, header, got, want)
			}
		}
	}
}

func TestServeGzip(t *testing.T) {
	plain, _ := io.ReadAll(get(t, URL("app.css")).Body)
	res := get(t, URL("app.css"), "Accept-Encoding", "br, gzip;q=0.8")
	if res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("not compressed: %v", res.Header)
	}
	zr, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if unpacked, _ := io.ReadAll(zr); string(unpacked) != string(plain) {
		t.Error("the compressed file differs from the plain one")
	}
	if res.Header.Get("ETag") == get(t, URL("app.css")).Header.Get("ETag") {
		t.Error("two encodings share an ETag")
	}
}

func TestServeNotModified(t *testing.T) {
	for _, encoding := range []string{"gzip", "identity"} {
		tag := get(t, "/assets/app.js", "Accept-Encoding", encoding).Header.Get("ETag")
		res := get(t, "/assets/app.js", "Accept-Encoding", encoding, "If-None-Match", tag)
		if res.StatusCode != http.StatusNotModified {
			t.Errorf("%s: status %d, want 304", encoding, res.StatusCode)
		}
	}
}

func TestServeOtherHash(t *testing.T) {
	for _, path := range []string{"/assets/app.css", "/assets/app.000000000000.css"} {
		res := get(t, path)
		if res.StatusCode != http.StatusOK || res.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: status %d, Cache-Control %q", path, res.StatusCode, res.Header.Get("Cache-Control"))
		}
	}
}

func TestServeRefuses(t *testing.T) {
	for _, path := range []string{"/assets/", "/assets/none.css", "/assets/../assets.go", "/assets/css/base.css", "/assets/.css", "/assets/app."} {
		if res := get(t, path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, res.StatusCode)
		}
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, URL("app.css"), nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: status %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"gzip": true, "deflate, GZIP": true, "gzip; q=0.5": true, "br;q=1, gzip;q=1": true,
		"": false, "br": false, "gzip;q=0": false, "gzip; q=0.000": false, "gzip;q=x": false, "xgzip": false,
	} {
		if got := acceptsGzip(header); got != want {
			t.Errorf("acceptsGzip(%q) = %v, want %v", header, got, want)
		}
	}
}

func TestURL(t *testing.T) {
	if url := URL("app.css"); !regexp.MustCompile(`^/assets/app\.[0-9a-f]{12}\.css$`).MatchString(url) {
		t.Errorf("URL is %s", url)
	}
	for name, call := range map[string]func(){
		"unknown": func() { URL("none.css") },
		"twice":   func() { RegisterStyle("app.css", "") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}

func TestStyleSheet(t *testing.T) {
	css := styleSheet()
	if !strings.HasPrefix(css, "@layer reset, tokens, base, layout, components, pages, utilities;\n") {
		t.Errorf("the sheet does not begin with its layers: %.80s", css)
	}
	for _, name := range layers {
		if name != "pages" && !strings.Contains(css, "@layer "+name+" {") {
			t.Errorf("layer %s is empty", name)
		}
	}
	if strings.Contains(css, "/*") || strings.Count(css, "{") != strings.Count(css, "}") {
		t.Error("a comment or an unbalanced brace was left")
	}
	if want := "@layer pages {\n.a {\ncolor: red;\n}\n}\n"; string(lookup(testStyle).body) != want {
		t.Errorf("a page's style became %q, want %q", lookup(testStyle).body, want)
	}
}

// TestTokensUsedExist finds var(--x) that nobody defines.
func TestTokensUsedExist(t *testing.T) {
	css := styleSheet()
	for _, m := range regexp.MustCompile(`var\((--[a-z0-9-]+)`).FindAllStringSubmatch(css, -1) {
		if !strings.Contains(css, "\n"+m[1]+":") && !strings.Contains(css, " "+m[1]+":") {
			t.Errorf("%s is used and not defined", m[1])
		}
	}
}

func TestBudget(t *testing.T) {
	for name, limit := range map[string]int{"app.css": 12 << 10, "app.js": 2 << 10, "icons.svg": 5 << 10, "htmx.js": 24 << 10,
		"public.css": 6 << 10, "upload.js": 3 << 10, "draft.js": 1 << 10} {
		if got := len(lookup(name).gzipped()); got > limit {
			t.Errorf("%s is %d bytes compressed, the budget is %d", name, got, limit)
		}
	}
	if n := len(mustRead("app.js")); n > 4<<10 {
		t.Errorf("app.js is %d bytes, the budget is 4096", n)
	}
}

func TestHasIcon(t *testing.T) {
	if !HasIcon("inbox") || HasIcon("none") || HasIcon("") {
		t.Error("HasIcon does not tell icons of the sprite from others")
	}
}

// TestVendorChecksums compares the vendored files with the table in VENDOR.md.
func TestVendorChecksums(t *testing.T) {
	table, err := os.ReadFile("vendor/VENDOR.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| (\S+) \|.*\| ([0-9a-f]{64}) \|$`).FindAllStringSubmatch(string(table), -1)
	if len(rows) != 4 {
		t.Fatalf("the table has %d files, want 4", len(rows))
	}
	for _, row := range rows {
		sum := sha256.Sum256(mustRead("vendor/" + row[1]))
		if hex.EncodeToString(sum[:]) != row[2] {
			t.Errorf("%s is not the file VENDOR.md names", row[1])
		}
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		for name, body := range embedded() {
			add(name, body)
		}
	}
}
