package assets

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"sync"
)

//go:embed css app.js upload.js draft.js favicon.svg vendor/*.js vendor/icons.svg
var source embed.FS

// layers are the cascade layers in rising order of strength. "pages" has no
// folder here: it is filled by RegisterStyle.
var layers = []string{"reset", "tokens", "base", "layout", "components", "pages", "utilities"}

// htmxFiles become one script, in this order: the extensions need htmx.
var htmxFiles = []string{"vendor/htmx.min.js", "vendor/idiomorph-ext.min.js", "vendor/sse.min.js"}

// embedded returns the files of this package as they are served.
func embedded() map[string][]byte {
	return map[string][]byte{
		"app.css":     []byte(styleSheet()),
		"public.css":  []byte(publicSheet()),
		"app.js":      mustRead("app.js"),
		"upload.js":   mustRead("upload.js"),
		"draft.js":    mustRead("draft.js"),
		"htmx.js":     htmxBundle(),
		"icons.svg":   mustRead("vendor/icons.svg"),
		"favicon.svg": mustRead("favicon.svg"),
	}
}

// styleSheet joins css/<layer>.css and css/<layer>/*.css, each in its layer.
func styleSheet() string {
	var b strings.Builder
	fmt.Fprintf(&b, "@layer %s;\n", strings.Join(layers, ", "))
	for _, name := range layers {
		for _, pattern := range []string{"css/" + name + ".css", "css/" + name + "/*.css"} {
			paths, _ := fs.Glob(source, pattern) // the patterns are constant and well formed
			for _, p := range paths {
				b.WriteString(layer(name, string(mustRead(p))))
			}
		}
	}
	return b.String()
}

// publicSheet joins what only pages for customers need: css/public/*.css, in the
// layer of the components.
func publicSheet() string {
	var b strings.Builder
	paths, _ := fs.Glob(source, "css/public/*.css") // the pattern is constant and well formed
	for _, p := range paths {
		b.WriteString(layer("components", string(mustRead(p))))
	}
	return b.String()
}

var cssComment = regexp.MustCompile(`(?s)/\*.*?\*/`)

// layer wraps css into a cascade layer, without comments, indentation and empty lines.
func layer(name, css string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "@layer %s {\n", name)
	for line := range strings.Lines(cssComment.ReplaceAllString(css, "")) {
		if line = strings.TrimSpace(line); line != "" {
			b.WriteString(line)
			b.WriteByte('\n')
		}
	}
	b.WriteString("}\n")
	return b.String()
}

func htmxBundle() []byte {
	var b bytes.Buffer
	for _, p := range htmxFiles {
		b.Write(mustRead(p))
		b.WriteString("\n;\n") // a minified file may end without a semicolon
	}
	return b.Bytes()
}

// mustRead reads an embedded file; that it exists is known when the program is built.
func mustRead(p string) []byte {
	data, err := source.ReadFile(p)
	if err != nil {
		panic("assets: " + err.Error())
	}
	return data
}

var symbolID = regexp.MustCompile(`<symbol id="([^"]+)"`)

var icons = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for _, m := range symbolID.FindAllSubmatch(mustRead("vendor/icons.svg"), -1) {
		known[string(m[1])] = true
	}
	return known
})

// HasIcon reports whether the sprite has an icon of this name; the names are
// listed in vendor/VENDOR.md.
func HasIcon(name string) bool { return icons()[name] }
