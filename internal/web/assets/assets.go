// Package assets holds the style sheet, the scripts and the icons of the web
// face, and serves them.
//
// Everything is embedded in the program. A file is asked for by its plain name
// (URL("app.css")) and served under a name that carries the hash of its content
// (/assets/app.1f0c6b2a9d3e.css), so browsers may keep it for a year and a new
// release is seen at once. Nothing is built by a tool: the style sheet is put
// together at first use from css/, one file or folder per cascade layer, and
// each file is compressed when it is first asked for.
//
// A page that needs styles or a script of its own keeps them beside its handler
// and hands them over with RegisterStyle or RegisterScript from a package
// variable. Only packages under web import assets.
package assets

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"path"
	"strings"
	"sync"
)

// Prefix is the path under which Handler must be mounted.
const Prefix = "/assets/"

// file is one asset as it is served.
type file struct {
	name    string // plain name: app.css
	url     string // path with hash: /assets/app.1f0c6b2a9d3e.css
	hash    string // first 12 hex digits of the SHA-256 of body
	ctype   string
	body    []byte
	gzipped func() []byte // compressed on first call; nil when that gains nothing
}

// registry is what can be served. Files are added before the first request,
// by package variables, and never change afterwards.
var registry = struct {
	sync.RWMutex
	files map[string]*file
}{files: map[string]*file{}}

// own adds the files of this package once, at first use.
var own = sync.OnceFunc(func() {
	for name, body := range embedded() {
		add(name, body)
	}
})

// URL returns the path of the asset with this plain name, such as "app.css".
// It panics if there is none: the names are written in our own code.
func URL(name string) string {
	f := lookup(name)
	if f == nil {
		panic("assets: no file named " + name)
	}
	return f.url
}

// RegisterStyle adds a page's own style sheet under name ("case.css") and
// returns name. The rules are put into the cascade layer "pages". Call it from
// a package variable; it panics if the name is taken.
func RegisterStyle(name, css string) string {
	return register(name, []byte(layer("pages", css)))
}

// RegisterScript adds a page's own ES module under name ("case.js") and returns
// name. Call it from a package variable; it panics if the name is taken.
func RegisterScript(name, js string) string { return register(name, []byte(js)) }

func register(name string, body []byte) string {
	if lookup(name) != nil {
		panic("assets: registered twice: " + name)
	}
	add(name, body)
	return name
}

func add(name string, body []byte) {
	sum := sha256.Sum256(body)
	ext := path.Ext(name)
	f := &file{
		name:  name,
		hash:  hex.EncodeToString(sum[:6]),
		ctype: contentType(ext),
		body:  body,
	}
	f.url = fmt.Sprintf("%s%s.%s%s", Prefix, strings.TrimSuffix(name, ext), f.hash, ext)
	f.gzipped = sync.OnceValue(func() []byte { return compress(body) })
	registry.Lock()
	defer registry.Unlock()
	registry.files[name] = f
}

func lookup(name string) *file {
	own()
	registry.RLock()
	defer registry.RUnlock()
	return registry.files[name]
}

// contentType knows our few kinds itself: the machine's MIME table may say
// something else, and browsers refuse a module of the wrong type.
func contentType(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	if t := mime.TypeByExtension(ext); t != "" {
		return t
	}
	return "application/octet-stream"
}
