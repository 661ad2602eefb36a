// Package i18n puts everything people read into words: German and English, with
// dates, numbers and times the way readers of each language write them.
//
// Texts live in the message catalogue, TOML files below locales/de and
// locales/en, one file per area (case.toml, reply.toml, ...). Every file of the
// two folders is loaded; a new area needs no change here. A text is a string or
// a table of plural forms, its variables are written {{.Name}}:
//
//	[case]
//	title = "Vorgang {{.Number}}"
//	[case.count]
//	one   = "{{.Count}} Vorgang"
//	other = "{{.Count}} Vorgänge"
//
// Code asks a Printer: For(German).T("case.title", "Number", "L-4F7K-92").
// A key that does not exist prints as itself, so a gap in the catalogue is ugly
// and never fatal; the tests of this package find such gaps beforehand.
//
// Every package that shows text may import i18n; it imports nothing of Lotse.
package i18n

import (
	"context"
	"maps"
	"sync"
	"time"
	_ "time/tzdata" // zones are known in a container without a zone database

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Locale is a language Lotse speaks, as a BCP 47 tag.
type Locale string

// The languages of the catalogue.
const (
	German  Locale = "de"
	English Locale = "en"
)

// Locales returns the languages of the catalogue, German first.
func Locales() []Locale { return []Locale{German, English} }

// maxCandidate bounds what Match reads of one header, in bytes. Browsers send
// less than 200.
const maxCandidate = 1000

var matcher = sync.OnceValue(func() language.Matcher {
	return language.NewMatcher([]language.Tag{language.English, language.German})
})

// Match picks the language for a reader: candidates are language tags or values
// of Accept-Language (RFC 9110 §12.5.4), the most explicit wish first. The first
// one that Lotse speaks wins; without any it is English.
func Match(candidates ...string) Locale {
	for _, c := range candidates {
		if len(c) > maxCandidate {
			c = c[:maxCandidate]
		}
		tags, _, err := language.ParseAcceptLanguage(c)
		if err != nil {
			continue
		}
		for _, tag := range tags {
			_, i, confidence := matcher().Match(tag)
			if confidence == language.No {
				continue
			}
			if i == 1 {
				return German
			}
			return English
		}
	}
	return English
}

// Printer prints texts, times and numbers for one language and one time zone.
// It is immutable and safe for concurrent use.
type Printer struct {
	locale    Locale
	zone      *time.Location
	localizer *goi18n.Localizer
	texts     *texts
	names     *names
}

// For returns the printer of a language, English for one Lotse does not speak.
// Times are shown in Europe/Berlin unless In says otherwise.
func For(l Locale) *Printer {
	if p, ok := printers()[l]; ok {
		return p
	}
	return printers()[English]
}

var printers = sync.OnceValue(func() map[Locale]*Printer {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		zone = time.UTC // cannot happen: time/tzdata is linked in
	}
	cat := catalogue()
	made := make(map[Locale]*Printer, len(Locales()))
	for _, l := range Locales() {
		p := &Printer{
			locale:    l,
			zone:      zone,
			localizer: goi18n.NewLocalizer(cat.bundle, string(l)),
			texts:     cat.texts[l],
		}
		p.names = p.loadNames()
		made[l] = p
	}
	return made
})

// In returns a printer that shows times in another zone; nil keeps the zone.
func (p *Printer) In(zone *time.Location) *Printer {
	if zone == nil {
		return p
	}
	moved := *p
	moved.zone = zone
	return &moved
}

// Zone returns the zone times are shown in.
func (p *Printer) Zone() *time.Location { return p.zone }

// Locale returns the printer's language.
func (p *Printer) Locale() Locale { return p.locale }

// T returns the text of a key. args are pairs of variable name and value. A key
// that does not exist is returned as it is; a variable without value prints as
// {Name}.
func (p *Printer) T(key string, args ...any) string {
	if s, ok := p.texts.plain[key]; ok {
		return s
	}
	return p.print(key, pairs(args), nil)
}

// N returns the text of a key in the plural form of n. {{.Count}} is n with
// the separators of the language; further variables follow as pairs.
func (p *Printer) N(key string, n int, args ...any) string {
	if len(args) == 0 && n >= 0 && n < keptCounts {
		return p.small(key, n)
	}
	vars := pairs(args)
	vars["Count"] = p.Number(int64(n))
	return p.print(key, vars, n)
}

// keptCounts is where the numbers end whose texts are kept: lists say the same few
// ("3 messages", "5 minutes ago") in every line.
const keptCounts = 100

// counted is a text with a number and nothing else.
type counted struct {
	key string
	n   int
}

func (p *Printer) small(key string, n int) string {
	if !p.texts.known[key] {
		return key // not kept: there is no end to keys that do not exist
	}
	if s, ok := p.texts.counted.Load(counted{key, n}); ok {
		return s.(string)
	}
	s := p.print(key, map[string]any{"Count": p.Number(int64(n))}, n)
	p.texts.counted.Store(counted{key, n}, s)
	return s
}

// Err returns the safe text of a classified error (see package errs): its key
// and its args. Without a key it is the text for a fault of Lotse itself. An int
// named Count picks the plural form.
func (p *Printer) Err(key string, args map[string]any) string {
	if key == "" {
		key = "error.internal.text"
	}
	if s, ok := p.texts.plain[key]; ok {
		return s
	}
	n, ok := args["Count"].(int)
	if !ok {
		return p.print(key, args, nil)
	}
	vars := maps.Clone(args)
	vars["Count"] = p.Number(int64(n))
	return p.print(key, vars, n)
}

// print renders a message; count is an int or nil.
func (p *Printer) print(key string, vars map[string]any, count any) string {
	if !p.texts.known[key] {
		return key
	}
	s, err := p.localizer.Localize(&goi18n.LocalizeConfig{
		MessageID:      key,
		TemplateData:   vars,
		PluralCount:    count,
		TemplateParser: parser{},
	})
	if err != nil && s == "" {
		return key
	}
	return s
}

func pairs(args []any) map[string]any {
	vars := make(map[string]any, len(args)/2+1)
	for i := 0; i+1 < len(args); i += 2 {
		if name, ok := args[i].(string); ok {
			vars[name] = args[i+1]
		}
	}
	return vars
}

type contextKey struct{}

// With returns a context that carries the reader's printer.
func With(ctx context.Context, p *Printer) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// From returns the printer of the context, the English one if there is none.
func From(ctx context.Context) *Printer {
	if p, ok := ctx.Value(contextKey{}).(*Printer); ok && p != nil {
		return p
	}
	return For(English)
}
