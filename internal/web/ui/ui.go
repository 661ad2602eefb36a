// Package ui holds the components all pages of Lotse are made of: frames,
// forms, lists, the timeline of a case, notices.
//
// A component takes a plain struct or a few values and renders accessible HTML
// that works without a script, from 320 pixels up, in light and dark. It knows
// nothing of the business: pages in the packages beside this one turn what they
// know into props. Words of the components themselves come from the catalogue
// (area ui) in the language of the context; words of the page are handed in,
// already in that language. All text is escaped; HTML that is safe already is
// handed in as a component (templ.Raw after sanitising).
//
// What an author needs to know:
//   - There are three frames: Shell for staff, Public for customers, Bare for
//     sign-in and set-up. Public loads no htmx; pages bring modules by
//     Page.Scripts ("upload.js", "draft.js").
//   - Each page has one h1: PageHeader in a Shell or Public, Heading in a Bare,
//     Hero, Confirmation or ErrorPage. Panels and posts are h2, messages h3.
//   - A control is known by its Name; its id is FieldID(Name), which is where
//     the error summary links to.
//   - There are no inline styles and no inline scripts, the content security
//     policy forbids them. Variants are data attributes.
//   - data-key="r" on a link, button or control makes it a keyboard shortcut;
//     components have a Key for that.
//
// Specimens show every component in every state, at /admin/design. Only packages under web import
// ui.
package ui

import (
	"context"
	"hash/fnv"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/a-h/templ"

	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
)

// Tone says what a notice or badge means. Components add an icon or a word, so
// that the colour is never alone.
type Tone string

// The tones. The zero value shows as Neutral.
const (
	Neutral Tone = "neutral"
	Info    Tone = "info"
	Success Tone = "success"
	Warning Tone = "warning"
	Danger  Tone = "danger"
	Brand   Tone = "brand"
)

// Line is a text of the page in which case numbers are not broken at their hyphens,
// however narrow the page.
func Line(text string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, unbroken(text))
		return err
	})
}

// unbroken is a text as HTML. With a number in it, it is one element: where it stands
// in a row of others, its parts stay together.
func unbroken(text string) string {
	places := ids.NumbersIn(text)
	if len(places) == 0 {
		return templ.EscapeString(text)
	}
	var b strings.Builder
	b.WriteString("<span>")
	done := 0
	for _, at := range places {
		b.WriteString(templ.EscapeString(text[done:at[0]]) + `<span class="nowrap">` + text[at[0]:at[1]] + "</span>")
		done = at[1]
	}
	b.WriteString(templ.EscapeString(text[done:]) + "</span>")
	return b.String()
}

func (t Tone) attr() string {
	if t == "" {
		return string(Neutral)
	}
	return string(t)
}

func (t Tone) icon() string {
	switch t {
	case Success:
		return "success"
	case Warning:
		return "alert"
	case Danger:
		return "error"
	}
	return "info"
}

// role makes bad news interrupt a screen reader and good news wait.
func (t Tone) role() string {
	if t == Danger || t == Warning {
		return "alert"
	}
	return "status"
}

// t returns a text of the catalogue in the reader's language.
func t(ctx context.Context, key string, args ...any) string {
	return i18n.From(ctx).T(key, args...)
}

// FieldID returns the id of the control with this name.
func FieldID(name string) string { return "f-" + name }

// optionID returns the id of the n-th radio button (from 0); the first one is
// where the error summary leads.
func optionID(name string, n int) string {
	if n == 0 {
		return FieldID(name)
	}
	return FieldID(name) + "-" + strconv.Itoa(n+1)
}

// initials returns up to two letters for a name: first and last word.
func initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	if len(words) == 0 {
		return "?"
	}
	first := []rune(words[0])[:1]
	if len(words) > 1 {
		first = append(first, []rune(words[len(words)-1])[0])
	}
	return strings.ToUpper(string(first))
}

// tints is the number of avatar colours, --tint-0 and so on in tokens.css.
const tints = 6

// tint picks the same colour for the same name every time.
func tint(name string) string {
	h := fnv.New32a()
	_, _ = io.WriteString(h, name) // a hash takes everything
	return strconv.Itoa(int(h.Sum32() % tints))
}

// shortcut returns the attributes of a keyboard shortcut. aria-keyshortcuts has
// no notation for a sequence such as "g i", so only single keys get it.
func shortcut(key string) templ.Attributes {
	switch {
	case key == "":
		return nil
	case strings.Contains(key, " "):
		return templ.Attributes{"data-key": key}
	}
	return templ.Attributes{"data-key": key, "aria-keyshortcuts": key}
}

// machine returns t for the datetime attribute.
func machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// flag returns the value of a data attribute that is present or absent.
func flag(name string, on bool) templ.Attributes {
	if !on {
		return nil
	}
	return templ.Attributes{name: true}
}

// date returns the day of at in words.
func date(ctx context.Context, at time.Time) string { return i18n.From(ctx).Date(at) }
