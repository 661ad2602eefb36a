// Package templates owns the words of every mail that the program writes by
// itself, and of what stands around the words of a person: acknowledgements,
// links, invitations, digests, signatures.
//
// A text has a Key and a language. Three layers may hold it, and the nearest
// one that does is taken: the mailbox, the brand, and the text that comes with
// the program (message catalogue, area "template").
//
// Texts are written in a small language that can't fail and can't compute:
//
//	Guten Tag {{customer.name}},
//
//	Ihr Vorgang **{{case.number}}** ist angekommen.
//	- [Vorgang ansehen]({{case.link}})
//	- https://hilfe.lindenau.example
//
// An empty line parts paragraphs, a line end stays one, "- " begins an item,
// two stars make words strong, a backslash takes a sign literally. Values are
// put in after the text was read: nothing in a value is ever taken for a
// variable, a link or anything else but its letters.
//
// Pages change texts with the actor who asks. Write, Render and Fill take no
// actor: the program asks.
package templates

import (
	"context"

	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
	"lotse/internal/platform/snapshot"
)

// Templates keeps the texts.
type Templates struct {
	db      *db.DB
	clock   clock.Clock
	catalog *catalog.Catalog
	stored  snapshot.Of[layers]
	site    Site
}

// New returns the templates in d. A process has one.
func New(d *db.DB, c clock.Clock, cat *catalog.Catalog) *Templates {
	t := &Templates{db: d, clock: c, catalog: cat}
	t.stored.Alone = !d.Postgres()
	return t
}

// Mail is a text that was written out.
type Mail struct {
	Subject  string // one line; "" for keys without one
	Text     string // plain, without a line end at its end
	HTML     markup.SafeHTML
	Language i18n.Locale // the one it is in
}

// Write writes out the text of a key with values. account is the mailbox it
// leaves by, zero if none. language is a tag such as "de-AT", or what is known
// of it; one that Lotse does not speak, or "", is the brand's.
func (t *Templates) Write(ctx context.Context, brand, account ids.ID, key Key, language string, v Values) (Mail, error) {
	b, err := t.catalog.Brand(ctx, brand)
	if err != nil {
		return Mail{}, err
	}
	all, err := t.read(ctx)
	if err != nil {
		return Mail{}, err
	}
	locale := i18n.Match(language, b.Language)
	v = v.with(BrandName, b.Name)
	return all.find(brand, account, key, locale).write(key, locale, v), nil
}

// Render is Write for who needs subject and plain text alone.
func (t *Templates) Render(ctx context.Context, brand, account ids.ID, key Key, language string, v Values) (subject, text string, err error) {
	m, err := t.Write(ctx, brand, account, key, language, v)
	return m.Subject, m.Text, err
}

// Writing is a mail that is to be written: which text, in which language, with
// which values.
type Writing struct {
	Key         Key
	Language    string
	Values      Values
	Unsubscribe string // address that takes one POST to unsubscribe (RFC 8058); "" if none
}

// Text is a template as it is written: with variables.
type Text struct {
	Subject string
	Text    string
}

// Fill writes out a text that is kept elsewhere, such as the signature of a
// mailbox, as if it were one of the key. Variables that the key does not know
// come out empty.
func Fill(key Key, text string, v Values) Mail {
	return Text{Text: text}.write(key, "", v)
}

func (t Text) write(key Key, locale i18n.Locale, v Values) Mail {
	blocks, v := parse(t.Text).blocks, v.of(key)
	return Mail{Subject: writeSubject(t.Subject, v), Text: writeText(blocks, v), HTML: writeHTML(blocks, v), Language: locale}
}
