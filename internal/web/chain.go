package web

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/web/assets"
	"lotse/internal/web/ui"
)

// policy allows what our pages need and nothing else: no inline script or style,
// no foreign origin.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"

// Chain is what every request passes, outermost first. mux has the pages of one
// person; open adds routes that are the same for everybody and pass without
// session, cookie and body.
func (k *Kit) Chain(mux http.Handler, open ...func(*http.ServeMux)) http.Handler {
	all := http.NewServeMux()
	all.Handle(assets.Prefix, assets.Handler()) // no session, no language: cached for all
	all.Handle(catalog.LookPrefix, http.HandlerFunc(k.look))
	all.Handle("/", limitBody(k.language(k.Sessions.Middleware(k.actor(k.setup(mux))))))
	for _, routes := range open {
		routes(all)
	}
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(k.language(k.Page(func(http.ResponseWriter, *http.Request) error {
		return errs.New(errs.Forbidden, "error.cross_origin")
	})))
	return k.recovered(k.headers(guard.Handler(all)))
}

// headers sets what browsers need to keep a page safe. The values are made once:
// nothing writes into the slice of a header that is there, not even Add.
func (k *Kit) headers(next http.Handler) http.Handler {
	safe := map[string][]string{
		"Content-Security-Policy":      {policy},
		"X-Content-Type-Options":       {"nosniff"},
		"Referrer-Policy":              {"same-origin"},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		"Permissions-Policy":           {"camera=(), microphone=(), geolocation=(), interest-cohort=()"},
	}
	if k.Secure {
		safe["Strict-Transport-Security"] = []string{"max-age=31536000"}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		maps.Copy(w.Header(), safe)
		next.ServeHTTP(w, r)
	})
}

// recovered turns a panic into an error page, or into a cut connection if the
// page was half written.
func (k *Kit) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			k.Log.Error("a handler panicked", "route", r.Pattern, "panic", p, "stack", string(debug.Stack()))
			k.Fail(w, r, errs.New(errs.Internal, ""))
		}()
		next.ServeHTTP(w, r)
	})
}

// Language parameters: a choice in the address wins over the browser's wish, and
// that over the brand's language; the choice of a signed-in person is stored with
// them.
const languageParam = "lang"

func (k *Kit) language(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Language")
		wishes := []string{r.URL.Query().Get(languageParam), r.Header.Get("Accept-Language"), k.brand(r).Language}
		p := i18n.For(i18n.Match(wishes...))
		next.ServeHTTP(w, r.WithContext(i18n.With(r.Context(), p)))
	})
}

// actor finds out who is asking. Who left the company since is asked to sign in.
func (k *Kit) actor(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, session, ok := k.Sessions.Current(r.Context())
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		a, err := k.Staff.Actor(r.Context(), id)
		if errs.Is(err, errs.SignedOut) {
			next.ServeHTTP(w, r)
			return
		}
		if err != nil {
			k.Fail(w, r, err)
			return
		}
		a.Session = session.String()
		ctx := access.WithActor(r.Context(), a)
		if r.URL.Query().Get(languageParam) == "" && a.Language != "" {
			ctx = i18n.With(ctx, i18n.For(i18n.Match(a.Language)))
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// setup leads everybody to the setup page while there is nobody who could sign in.
func (k *Kit) setup(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		needed, err := k.NeedsSetup(r.Context())
		if err != nil {
			k.Fail(w, r, err)
			return
		}
		if needed && !strings.HasPrefix(r.URL.Path, "/setup") {
			http.Redirect(w, r, "/setup", http.StatusSeeOther)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Client returns the address of whoever sent the request: the connection's, or
// what a trusted proxy says of it (the last address in X-Forwarded-For that is
// not itself a trusted proxy).
func (k *Kit) Client(r *http.Request) string {
	peer := hostOf(r.RemoteAddr)
	if !k.trusted(peer) {
		return peer
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop := strings.TrimSpace(hops[i])
		if _, err := netip.ParseAddr(hop); err != nil {
			break
		}
		if peer = hop; !k.trusted(hop) {
			break
		}
	}
	return peer
}

func (k *Kit) trusted(addr string) bool {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return false
	}
	for _, p := range k.Proxies {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

func hostOf(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	return host
}

// bare is the frame of pages for people who may not be signed in.
func (k *Kit) bare(r *http.Request, title string) ui.Page {
	b := k.brand(r)
	return ui.Page{Title: title, Brand: b.Name, Home: "/", Languages: Languages(r), LookStyle: b.LookPath(), Logo: b.LogoPath()}
}

// Bare returns the page frame for somebody who is not signed in.
func (k *Kit) Bare(r *http.Request, title string) ui.Page { return k.bare(r, title) }

// brand is the one the host belongs to. A page that can't reach the database is
// still shown, with the product's name.
func (k *Kit) brand(r *http.Request) catalog.Brand {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	b, err := k.Catalog.BrandByHost(ctx, r.Host)
	if err != nil || b.Name == "" {
		return catalog.Brand{Name: "Lotse"}
	}
	return b
}

// Languages are the links that show the same page in each language.
func Languages(r *http.Request) []ui.Language {
	current, page := i18n.From(r.Context()).Locale(), pageOf(r)
	path := "/" + strings.TrimLeft(page.EscapedPath(), "/") // two slashes would lead to another site
	var list []ui.Language
	for _, l := range i18n.Locales() {
		list = append(list, ui.Language{Code: string(l), Label: languageNames[l], Href: inLanguage(path, page.Query(), l), Current: l == current})
	}
	return list
}

// inLanguage is the address of a page in a language: in its path if the page is
// public, else as a parameter.
func inLanguage(path string, q url.Values, l i18n.Locale) string {
	for _, other := range i18n.Locales() {
		if rest, ok := strings.CutPrefix(path, "/"+string(other)+"/"); ok {
			q.Del(languageParam)
			return strings.TrimSuffix("/"+string(l)+"/"+rest+"?"+q.Encode(), "?")
		}
	}
	q.Set(languageParam, string(l))
	return path + "?" + q.Encode()
}

// pageOf is the address of the page on screen. Where a form is sent to there may
// be none: then it is the page that the form was on.
func pageOf(r *http.Request) *url.URL {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return r.URL
	}
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host {
		return r.URL
	}
	return from
}

var languageNames = map[i18n.Locale]string{i18n.German: "Deutsch", i18n.English: "English"}
