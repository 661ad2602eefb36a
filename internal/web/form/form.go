// Package form keeps together what somebody typed into a page's form and what is
// wrong with it, so that a form that was refused comes back as it was sent. The
// pages below web use it.
package form

import (
	"context"
	_ "embed"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/web"
	"lotse/internal/web/assets"
	"lotse/internal/web/ui"
)

//go:embed form.css
var css string

// Style is the style sheet of pages of forms.
var Style = assets.RegisterStyle("form.css", css)

// Form is what was typed, by name of the control, and what is wrong with it. The
// zero Form is empty.
type Form struct {
	Typed  url.Values
	Errors []ui.FieldError
}

// New returns a form filled with names and values in turn.
func New(pairs ...string) Form {
	f := Form{Typed: url.Values{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Typed.Add(pairs[i], pairs[i+1])
	}
	return f
}

// Over returns what is stored with what was typed over it, for a page of several
// forms of which at most one was sent.
func (f Form) Over(stored Form) Form {
	both := url.Values{}
	maps.Copy(both, stored.Typed)
	maps.Copy(both, f.Typed)
	return Form{Typed: both, Errors: f.Errors}
}

// Read returns the form in the body of a POST. A body that is too long is
// errs.TooLarge, one that is no form errs.Invalid.
func Read(r *http.Request) (Form, error) {
	err := r.ParseForm()
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return Form{}, errs.Wrap(errs.TooLarge, err, "reading a form")
	case err != nil:
		return Form{}, errs.Wrap(errs.Invalid, err, "reading a form")
	}
	return Form{Typed: r.PostForm}, nil
}

// Get returns what was typed into a control, "" if nothing.
func (f Form) Get(name string) string { return f.Typed.Get(name) }

// Int returns a whole number that was typed, fallback if it is none.
func (f Form) Int(name string, fallback int) int {
	n, err := strconv.Atoi(strings.TrimSpace(f.Get(name)))
	if err != nil {
		return fallback
	}
	return n
}

// Has reports whether value is one of those chosen.
func (f Form) Has(name, value string) bool { return slices.Contains(f.Typed[name], value) }

// Field completes a control with what was typed into it and what is wrong with
// that. A password is never sent back: if one was typed, the hint asks for it again.
func (f Form) Field(ctx context.Context, p ui.FieldProps) ui.FieldProps {
	p.Error = web.ErrorOf(f.Errors, p.Name)
	if p.Type != "password" {
		p.Value = f.Get(p.Name)
		return p
	}
	if f.Get(p.Name) != "" && p.Error == "" {
		p.Hint = strings.TrimSpace(p.Hint + " " + i18n.From(ctx).T("form.password_again"))
	}
	return p
}

// Refused notes what err says is wrong with the form and returns the status to
// show it with. What the domain refuses without naming a control (a conflict, too
// many tries) is noted at the control named at. An error that has nothing to do
// with the input is returned: then the page has failed.
func (f *Form) Refused(ctx context.Context, err error, at string) (int, error) {
	f.Errors = web.FieldErrors(ctx, err)
	if len(f.Errors) > 0 {
		return http.StatusUnprocessableEntity, nil
	}
	if kind := errs.KindOf(err); kind == errs.Conflict || kind == errs.TooMany {
		f.Errors = []ui.FieldError{{Name: at, Text: web.Message(ctx, err)}}
		return kind.Status(), nil
	}
	return 0, err
}

// Sort puts the errors into the order of the controls on the page.
func (f *Form) Sort(names ...string) {
	slices.SortStableFunc(f.Errors, func(a, b ui.FieldError) int {
		return slices.Index(names, a.Name) - slices.Index(names, b.Name)
	})
}

// Action is the address a form of this page is sent to: the page's own, with the
// language that was chosen and where to go afterwards.
func Action(r *http.Request) string { return keep(r, r.URL.Path, "lang", "next") }

// Link leads to another page in the language that was chosen for this one.
func Link(r *http.Request, path string) string { return keep(r, path, "lang") }

func keep(r *http.Request, path string, names ...string) string {
	path, fragment, _ := strings.Cut(path, "#")
	if fragment != "" {
		fragment = "#" + fragment
	}
	path, query, _ := strings.Cut(path, "?")
	kept, _ := url.ParseQuery(query) // our own addresses are well formed
	for _, name := range names {
		if v := r.URL.Query().Get(name); v != "" {
			kept.Set(name, v)
		}
	}
	if len(kept) == 0 {
		return path + fragment
	}
	return path + "?" + kept.Encode() + fragment
}
