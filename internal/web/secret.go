package web

import "net/http"

// Secret wraps a page whose address is a key: the address stays out of caches
// and is told to no other site.
func Secret(h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Referrer-Policy", referrerPolicy(r))
		w.Header().Set("Cache-Control", "no-store")
		return h(w, r)
	}
}

// referrerPolicy is no-referrer wherever the page's form still works with it: it
// makes browsers send "Origin: null" with a POST (Fetch §3.2), which only
// Sec-Fetch-Site tells from a foreign site. Browsers leave that out on plain http,
// and old ones always; for those the address stays within this desk.
func referrerPolicy(r *http.Request) string {
	if r.Header.Get("Sec-Fetch-Site") == "" {
		return "same-origin"
	}
	return "no-referrer"
}
