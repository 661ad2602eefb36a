// Package web is the ground that all pages stand on: the chain every request
// passes, handlers that return errors, and the one place that shows them.
//
// A page is a handler of type Handler in a package below this one, together with
// its template and style. It reads the actor from the context, asks the domain,
// and renders; it holds no rule of its own.
package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/domains"
	"lotse/internal/mailbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/staff"
	"lotse/internal/web/ui"
)

// Handler answers a request or returns why it can't.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Kit is what every page needs.
type Kit struct {
	Log      *slog.Logger
	Clock    clock.Clock
	Sessions *access.Sessions
	Staff    *staff.Directory
	Catalog  *catalog.Catalog
	Boxes    *mailbox.Boxes   // how the mailboxes are doing; nil if nobody asks
	Domains  *domains.Domains // the domains mail is sent from; nil if nobody asks
	Brakes   Brakes           // which of them hold their automatic mails; nil if nobody asks
	BaseURL  string           // public address, no slash at the end
	Secure   bool             // the public address is https
	Proxies  []netip.Prefix   // whose forwarded headers are believed
	// NeedsSetup reports whether the desk still waits for its first administrator.
	NeedsSetup func(ctx context.Context) (bool, error)
}

// Page makes a handler of h: errors are shown, a panic is an error.
func (k *Kit) Page(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			k.Fail(w, r, err)
		}
	})
}

// StaffPage makes a handler that only a signed-in staff member reaches.
func (k *Kit) StaffPage(h Handler) http.Handler {
	return k.Page(func(w http.ResponseWriter, r *http.Request) error {
		if access.FromContext(r.Context()).Kind != access.Staff {
			return errs.New(errs.SignedOut, "access.signed_out")
		}
		return h(w, r)
	})
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxKept is the largest buffer kept for the next page.
const maxKept = 1 << 20

// Render writes a component as the whole answer. It is put together in memory
// first: one write instead of hundreds, and a page that fails half way can still
// become an error page.
func Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	page := buffers.Get().(*bytes.Buffer)
	page.Reset()
	defer func() {
		if page.Cap() <= maxKept {
			buffers.Put(page)
		}
	}()
	if err := c.Render(r.Context(), page); err != nil {
		return fmt.Errorf("rendering a page: %w", err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(page.Len()))
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "no-store") // what staff read stays out of caches
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, _ = page.WriteTo(w) // who went away needs no page
	return nil
}

// Redirect answers a POST with the page to show next (RFC 9110 §15.4.4).
func Redirect(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// Local returns to if it is a path on this desk, else fallback: a redirect never
// leads to another site.
func Local(to, fallback string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return fallback
	}
	return to
}

// Fail shows an error: what happened, what was kept, what to do.
func (k *Kit) Fail(w http.ResponseWriter, r *http.Request, err error) {
	kind := errs.KindOf(err)
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody is there to read it
	}
	if kind == errs.Internal {
		k.Log.Error("a page failed", "route", r.Pattern, "error", err)
	} else if kind == errs.Unavailable {
		k.Log.Warn("a page is unavailable", "route", r.Pattern, "error", err)
		w.Header().Set("Retry-After", "5")
	}
	if kind == errs.SignedOut && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		http.Redirect(w, r, "/signin?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return
	}
	p := i18n.From(r.Context())
	title, text := p.T("error."+kindName(kind)+".title"), p.T("error."+kindName(kind)+".text")
	if own := message(p, err); own != "" && kind != errs.Internal {
		text = own
	}
	shown := within(k.errorFrame(r, title), ui.ErrorPage(kind.Status(), title, text, homeButton(p)))
	if err := Render(w, r, kind.Status(), shown); err != nil {
		k.Log.Warn("an error page could not be written", "route", r.Pattern, "error", err)
	}
}

// errorFrame is the frame of an error page: for customers one that shows the ways
// on, for staff a bare one.
func (k *Kit) errorFrame(r *http.Request, title string) templ.Component {
	page := k.bare(r, title)
	if access.FromContext(r.Context()).Kind == access.Staff {
		return ui.Bare(ui.BareProps{Page: page})
	}
	return ui.Public(ui.PublicProps{Page: page, Ways: Ways(r), Nav: ui.PublicNav(i18n.From(r.Context()), ""), NoIndex: true})
}

// Ways are the addresses of the signpost, in the language of the page asked for.
func Ways(r *http.Request) ui.Ways {
	locale := string(i18n.From(r.Context()).Locale())
	w := ui.Ways{Solve: "/" + locale + "/", Ask: "/ask", Track: "/my"}
	if chosen := r.URL.Query().Get(languageParam); chosen != "" {
		w.Ask += "?" + languageParam + "=" + locale
		w.Track += "?" + languageParam + "=" + locale
	}
	return w
}

func homeButton(p *i18n.Printer) templ.Component {
	return ui.Button(ui.ButtonProps{Label: p.T("common.home"), Href: "/", Icon: "arrow-left"})
}

// message returns the safe text of an error, "" if it has none.
func message(p *i18n.Printer, err error) string {
	var e *errs.Error
	if !errors.As(err, &e) || e.Key == "" {
		return ""
	}
	return p.Err(e.Key, e.Args)
}

// Message returns the safe text of an error in the reader's language.
func Message(ctx context.Context, err error) string {
	p := i18n.From(ctx)
	if m := message(p, err); m != "" {
		return m
	}
	return p.T("error." + kindName(errs.KindOf(err)) + ".text")
}

// FieldErrors returns what is wrong with a form, field by field, in words. It is
// nil if err says nothing of fields: then the whole page has failed.
func FieldErrors(ctx context.Context, err error) []ui.FieldError {
	p := i18n.From(ctx)
	var found []ui.FieldError
	for _, e := range errs.Fields(err) {
		found = append(found, ui.FieldError{Name: e.Field, Text: p.Err(e.Key, e.Args)})
	}
	return found
}

// ErrorOf returns the text for one field, "" if it is right.
func ErrorOf(list []ui.FieldError, field string) string {
	for _, e := range list {
		if e.Name == field {
			return e.Text
		}
	}
	return ""
}

var kindNames = map[errs.Kind]string{
	errs.Internal: "internal", errs.Invalid: "invalid", errs.NotFound: "not_found", errs.Forbidden: "forbidden",
	errs.SignedOut: "signed_out", errs.Conflict: "conflict", errs.TooLarge: "too_large", errs.TooMany: "too_many",
	errs.Gone: "gone", errs.Unavailable: "unavailable",
}

func kindName(k errs.Kind) string { return kindNames[k] }

// within puts inner between the parts of a frame component.
func within(frame, inner templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return frame.Render(templ.WithChildren(ctx, inner), w)
	})
}
