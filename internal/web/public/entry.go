package public

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"

	"lotse/internal/platform/ids"
)

const (
	typeHTML = "text/html; charset=utf-8"
	typeAtom = "application/atom+xml; charset=utf-8"
	typeXML  = "application/xml; charset=utf-8"
	typeText = "text/plain; charset=utf-8"
)

// answer is one answer for everybody: a page, a feed, a part of the sitemap. It
// does not change once it is made, except that compressed bodies are added when
// they are first asked for.
type answer struct {
	status  int
	kind    string // media type
	thread  ids.ID // whose page it is; zero for what shows several
	key     string // of that thread
	version int64  // of that thread

	location string // a redirect to it and nothing else

	forms [codings]form
	hash  string
}

// form is an answer in one coding, with its headers made once.
type form struct {
	once   sync.Once
	body   []byte
	tag    string
	length []string
	etag   []string
	coding []string // nil for plain
}

// Headers that are the same for all answers. A slice in a response's header is
// never written to, so one serves all.
var (
	// mustRevalidate lets every cache keep the answer and makes it ask before
	// using it: what is taken back is gone within a second everywhere.
	mustRevalidate = []string{"public, no-cache"}
	noStore        = []string{"no-store"}
	varyCoding     = []string{"Accept-Encoding"}
	kindHeaders    = map[string][]string{typeHTML: {typeHTML}, typeAtom: {typeAtom}, typeXML: {typeXML}, typeText: {typeText}}
)

// newAnswer returns an answer of a body that must not be changed afterwards.
func newAnswer(status int, kind string, body []byte) *answer {
	sum := sha256.Sum256(body)
	a := &answer{status: status, kind: kind, hash: base64.RawURLEncoding.EncodeToString(sum[:12])}
	a.forms[plain].once.Do(func() { a.fill(plain, body) })
	return a
}

func redirect(to string) *answer {
	return &answer{status: http.StatusMovedPermanently, location: to}
}

func (a *answer) fill(c coding, body []byte) {
	f := &a.forms[c]
	f.body = body
	f.tag = `"` + a.hash + `"`
	if c != plain {
		f.tag = `"` + a.hash + "-" + codingNames[c] + `"`
		f.coding = []string{codingNames[c]}
	}
	f.length, f.etag = []string{strconv.Itoa(len(body))}, []string{f.tag}
}

// in returns the answer in a coding, compressed when it is asked for the first
// time. made is the number of bytes that took, 0 if it was there.
func (a *answer) in(c coding) (f *form, made int) {
	f = &a.forms[c]
	f.once.Do(func() {
		body := compress(c, a.forms[plain].body)
		a.fill(c, body)
		made = len(body)
	})
	return f, made
}

// brotliLevel costs as much time as gzip's and gives a fifth less.
const brotliLevel = 5

// Writers are used again: a new one takes hundreds of kilobytes of memory, which
// costs more than compressing a page.
var (
	brotlis = sync.Pool{New: func() any { return brotli.NewWriterLevel(nil, brotliLevel) }}
	gzips   = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}
)

func compress(c coding, body []byte) []byte {
	pool := &gzips
	if c == brotlied {
		pool = &brotlis
	}
	w := pool.Get().(interface {
		io.WriteCloser
		Reset(dst io.Writer)
	})
	defer pool.Put(w)
	var b bytes.Buffer
	w.Reset(&b)
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	return bytes.Clone(b.Bytes()) // without the room the buffer has left
}

// size is what the answer takes in memory before it is compressed.
func (a *answer) size() int {
	const around = 1 << 10
	return len(a.forms[plain].body) + around
}

// writeOnce sends an answer that no cache may keep.
func (a *answer) writeOnce(w http.ResponseWriter, r *http.Request, f *form) {
	h := w.Header()
	h["Cache-Control"] = noStore
	h["Vary"] = varyCoding
	a.send(w, r, f)
}

// write sends the answer in a coding, or 304 if the client has it.
func (a *answer) write(w http.ResponseWriter, r *http.Request, f *form) {
	h := w.Header()
	h["Cache-Control"] = mustRevalidate
	h["Vary"] = varyCoding
	h["Etag"] = f.etag
	if a.status == http.StatusOK {
		if known := r.Header["If-None-Match"]; len(known) > 0 && anyMatches(known, f.tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	a.send(w, r, f)
}

func (a *answer) send(w http.ResponseWriter, r *http.Request, f *form) {
	h := w.Header()
	h["Content-Type"] = kindHeaders[a.kind]
	h["Content-Length"] = f.length
	if f.coding != nil {
		h["Content-Encoding"] = f.coding
	}
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(f.body) // who went away needs no page
	}
}

func anyMatches(headers []string, tag string) bool {
	for _, h := range headers {
		if matches(h, tag) {
			return true
		}
	}
	return false
}

// wanted is the coding a request asks for.
func wanted(r *http.Request) coding {
	switch lines := r.Header["Accept-Encoding"]; len(lines) {
	case 0:
		return plain
	case 1:
		return accepted(lines[0])
	default:
		return accepted(strings.Join(lines, ","))
	}
}
