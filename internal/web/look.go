package web

import (
	"net/http"
	"strconv"
	"strings"

	"lotse/internal/catalog"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/web/assets"
)

// look serves a brand's colours and logo, the same for everybody, without a
// session: /brand/{id}/{version}/look.css and /brand/{id}/{version}/logo. With
// the current version it may be kept for a year; with another one (a page of a
// moment ago, or of another node) the current one is served and must be asked
// for again.
func (k *Kit) look(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, catalog.LookPrefix), "/")
	if len(parts) != 3 {
		http.NotFound(w, r)
		return
	}
	id, err := ids.Parse(parts[0])
	if err != nil {
		http.NotFound(w, r)
		return
	}
	brand, err := k.Catalog.Brand(r.Context(), id)
	if err != nil {
		k.lookFailed(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	if parts[1] == strconv.FormatInt(brand.LookVersion, 10) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	// Nothing in it may run, whatever somebody uploaded.
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	switch {
	case parts[2] == "look.css" && brand.Color != "":
		serveLook(w, r, "text/css; charset=utf-8", []byte(assets.Look(brand.Color)))
	case parts[2] == "logo" && brand.LogoType != "":
		picture, kind, err := k.Catalog.Logo(r.Context(), id)
		if err != nil {
			k.lookFailed(w, r, err)
			return
		}
		serveLook(w, r, kind, picture)
	default:
		h.Del("Cache-Control")
		http.NotFound(w, r)
	}
}

func serveLook(w http.ResponseWriter, r *http.Request, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // who went away needs no picture
	}
}

// lookFailed answers briefly: nobody reads the page of a picture.
func (k *Kit) lookFailed(w http.ResponseWriter, r *http.Request, err error) {
	w.Header().Del("Cache-Control")
	if kind := errs.KindOf(err); kind != errs.NotFound {
		k.Log.Warn("a brand's look could not be read", "error", err)
		http.Error(w, "try again later", kind.Status())
		return
	}
	http.NotFound(w, r)
}
