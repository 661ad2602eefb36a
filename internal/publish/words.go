package publish

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
	"lotse/internal/privacy"
	"lotse/internal/spam"
)

// Limits of what somebody may publish, in runes.
const (
	MinTitle = 10
	MaxTitle = 140
	MinText  = 20
	MaxText  = 10_000
	MaxName  = 60
)

// Author returns how the post's author is called in public. A customer who gave
// no name is "A customer".
func (p Post) Author(l i18n.Locale) string {
	if p.AuthorName != "" || p.State == PostWithdrawn || p.Kind == Answer {
		return p.AuthorName
	}
	return i18n.For(l).T("publish.anonymous")
}

// wording is a text on its way to the public: cleaned, masked, looked at.
type wording struct {
	Draft
	doubts []string
	points int64
}

// prepare makes of a draft what may be published of a customer's case.
func (p *Publish) prepare(ctx context.Context, c desk.Case, d Draft) (wording, []privacy.Finding, error) {
	if d.Language == "" {
		d.Language = c.Language
	}
	own, err := p.ownWords(ctx, c.BrandID, c.CustomerID, c.Number)
	if err != nil {
		return wording{Draft: d}, nil, err
	}
	w, found, err := p.masked(d, own)
	if err != nil {
		return w, found, err
	}
	brand, err := p.Catalog.Brand(ctx, c.BrandID)
	if err != nil {
		return w, found, fmt.Errorf("reading whose pages these are: %w", err)
	}
	if poses(w.AuthorName, brand.Name) {
		w.doubts = append(w.doubts, "publish.doubt.name")
	}
	if w.points = max(w.points, c.Spam); suspect(spam.Verdict{Points: int(c.Spam)}) {
		w.doubts = append(w.doubts, "publish.doubt.spam") // of the case as a whole
	}
	slices.Sort(w.doubts)
	w.doubts = slices.Compact(w.doubts)
	return w, found, nil
}

// poses reports whether a name could be taken for the organisation's.
func poses(name, brand string) bool {
	name = strings.ToLower(name)
	for word := range strings.FieldsSeq(strings.ToLower(brand)) {
		if utf8.RuneCountInString(word) > 3 && strings.Contains(name, word) {
			return true
		}
	}
	return officialName.MatchString(name)
}

// masked returns the draft as it may be published, and what was masked in it.
// All that is wrong with it is reported at once.
func (p *Publish) masked(d Draft, own privacy.Own) (wording, []privacy.Finding, error) {
	l := i18n.Match(d.Language)
	d.Language = string(l)
	d.AuthorName = markup.CleanLine(d.AuthorName, 0)
	if slices.ContainsFunc(i18n.Locales(), func(l i18n.Locale) bool { return d.AuthorName == i18n.For(l).T("publish.anonymous") }) {
		d.AuthorName = ""
	}
	d.Title, d.Text = markup.CleanLine(d.Title, 0), strings.TrimSpace(markup.Clean(d.Text))
	if err := d.check(); err != nil {
		return wording{Draft: d}, nil, err // nothing longer than allowed is looked at
	}
	var inTitle, inText, inName []privacy.Finding
	d.Title, inTitle = privacy.Mask(d.Title, l, own)
	d.Text, inText = privacy.Mask(d.Text, l, own)
	d.AuthorName, inName = privacy.Mask(d.AuthorName, l, privacy.Own{Literals: own.Literals}) // one's name is one's own to show
	found := slices.Concat(inTitle, inText, inName)
	err := d.check() // a label may be longer than what it stands for
	w := wording{Draft: d, doubts: p.doubts(d, own)}
	w.points, _ = p.Spam(d.Title, d.Text)
	return w, found, err
}

func (d Draft) check() error {
	return errors.Join(
		checkLength("title", d.Title, MinTitle, MaxTitle),
		checkLength("text", d.Text, MinText, MaxText),
		checkLength("name", d.AuthorName, 0, MaxName),
	)
}

func checkLength(field, text string, least, most int) error {
	n := utf8.RuneCountInString(text)
	switch {
	case n == 0 && least > 0:
		return errs.Field(field, "publish."+field+"_missing")
	case n < least:
		return errs.Field(field, "publish.too_short", "Min", least)
	case n > most:
		return errs.Field(field, "publish.too_long", "Max", most)
	}
	return nil
}

// officialName finds names that could be taken for the organisation's.
var officialName = regexp.MustCompile(`(?i)\b(support|service\w*|kunden(service|dienst|betreuung)|help ?desk|hotline|official|offiziell\w*|team|admin\w*|moderat\w*|staff|mitarbeiter\w*|lotse)\b`)

// doubts returns the catalogue keys of why a person should look at a text
// before everybody does.
func (p *Publish) doubts(d Draft, own privacy.Own) []string {
	keys := privacy.Doubts(d.Title+"\n"+d.Text, own)
	if len(privacy.Doubts(d.AuthorName, privacy.Own{})) > 0 {
		keys = append(keys, "publish.doubt.name")
	}
	if _, doubtful := p.Spam(d.Title, d.Text); doubtful {
		keys = append(keys, "publish.doubt.spam")
	}
	return keys
}

// ownWords returns what the desk knows of a customer and must not get out.
func (p *Publish) ownWords(ctx context.Context, brand, customer ids.ID, literals ...string) (privacy.Own, error) {
	c, err := p.People.Get(ctx, access.Lotse(brand), customer)
	if err != nil {
		return privacy.Own{}, fmt.Errorf("reading whose words these are: %w", err)
	}
	return own(c, literals...), nil
}

func own(c people.Customer, literals ...string) privacy.Own {
	o := privacy.Own{Literals: literals}
	if c.Name != "" {
		o.Names = append(o.Names, c.Name)
	}
	for _, i := range c.Identities {
		o.Literals = append(o.Literals, i.Value)
	}
	return o
}

var (
	answerPrefix = regexp.MustCompile(`(?i)^\s*((re|aw|antw|wg|fwd?)\s*:\s*)+`)
	signature    = regexp.MustCompile(`(?m)^-- ?$`)
)

// Suggest makes a draft of the message that opened a case: masked, without
// quotations and signature. It stores nothing. The findings are those of the
// text.
func (p *Publish) Suggest(ctx context.Context, a access.Actor, c desk.Case, first desk.Message) (Draft, []privacy.Finding, error) {
	if err := ownCase(a, c); err != nil {
		return Draft{}, nil, err
	}
	if first.CaseID != c.ID || first.Kind != desk.Inbound {
		return Draft{}, nil, errs.New(errs.NotFound, "case.not_found")
	}
	own, err := p.ownWords(ctx, c.BrandID, c.CustomerID, c.Number)
	if err != nil {
		return Draft{}, nil, err
	}
	if first.AuthorName != "" {
		own.Names = append(own.Names, first.AuthorName)
	}
	l := i18n.Match(c.Language)
	title, _ := privacy.Mask(markup.CleanLine(answerPrefix.ReplaceAllString(c.Subject, ""), 0), l, own)
	text, found := privacy.Mask(cut(newWords(first.Visible()), MaxText), l, own)
	return Draft{Title: markup.CleanLine(title, MaxTitle), Text: cut(text, MaxText), Language: string(l)}, found, nil
}

// newWords returns what the writer wrote now: no quotations, no signature.
func newWords(body string) string {
	body = markup.Clean(body)
	if at := signature.FindStringIndex(body); at != nil {
		body = body[:at[0]]
	}
	var kept []string
	for line := range strings.Lines(body) {
		if !strings.HasPrefix(line, ">") {
			kept = append(kept, line)
		}
	}
	return strings.TrimSpace(strings.Join(kept, ""))
}

func cut(text string, runes int) string {
	if utf8.RuneCountInString(text) <= runes {
		return text
	}
	return strings.TrimSpace(string([]rune(text)[:runes]))
}
