package outbox

import (
	"context"
	"strings"

	"lotse/internal/catalog"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// Letter is what a mail says, apart from how it looks. Every part of it can be
// read as plain text too.
type Letter struct {
	Language string // of the mail, such as "de"
	Blocks   []Block
}

// Block is one part of a letter. Words, Written, Button, Signature and Quote make
// one; one that says nothing is left out.
type Block struct {
	kind blockKind
	text string          // as plain text, or the label of a button
	html markup.SafeHTML // the same as HTML
	link string          // of a button
}

type blockKind uint8

const (
	wordsBlock     blockKind = 1
	writtenBlock   blockKind = 2
	buttonBlock    blockKind = 3
	signatureBlock blockKind = 4
	quoteBlock     blockKind = 5
)

// Words is what somebody says, in Markdown.
func Words(markdown string) Block {
	return Said(markup.TextFromMarkdown(markdown), markup.HTMLFromMarkdown(markdown))
}

// Said is what somebody says, as plain text and as HTML.
func Said(text string, html markup.SafeHTML) Block {
	return Block{kind: wordsBlock, text: text, html: html}
}

// Written is what a template says, as plain text and as HTML. A paragraph that is
// nothing but one link with words of its own becomes a button.
func Written(text string, html markup.SafeHTML) Block {
	return Block{kind: writtenBlock, text: text, html: html}
}

// Button is a link to follow, with its label.
func Button(label, link string) Block { return Block{kind: buttonBlock, text: label, link: link} }

// Signature says who writes, below the words.
func Signature(text string, html markup.SafeHTML) Block {
	return Block{kind: signatureBlock, text: text, html: html}
}

// Quote is what somebody said before: a line that introduces it, and plain text.
func Quote(intro, text string) Block { return Block{kind: quoteBlock, link: intro, text: text} }

// empty reports whether a block says nothing.
func (b Block) empty() bool { return strings.TrimSpace(b.text) == "" && b.html == "" }

// plain returns the letter as plain text, one line for each paragraph: who sends
// it breaks the lines so that every reader may join them again. Links stand where
// they belong, as "words (address)": whoever reads or quotes a part of the text
// still has them.
func (l Letter) plain() string {
	var parts []string
	for _, b := range l.Blocks {
		text := strings.Trim(b.text, "\n")
		switch {
		case b.empty():
			continue
		case b.kind == buttonBlock:
			text += ":\n" + b.link
		case b.kind == signatureBlock: // what mail programs know a signature by (RFC 3676 §4.3)
			text = "-- \n" + text
		case b.kind == quoteBlock:
			text = b.link + "\n> " + strings.ReplaceAll(text, "\n", "\n> ")
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "\n\n") + "\n"
}

// frame puts a letter into a mail as plain text and in the look of a brand. The
// mail's files are to be there before: images among them are shown where the text
// names them. It adds the brand's logo.
func (o *Outbox) frame(ctx context.Context, brand ids.ID, l Letter, out *Outgoing) error {
	b, err := o.Catalog.Brand(ctx, brand)
	if err != nil {
		return err
	}
	logo, err := o.logos.of(ctx, o.Catalog, b)
	if err != nil {
		return err
	}
	f := Frame{Brand: b.Name, Look: o.look(b), Images: map[string]bool{}}
	for _, file := range out.Files {
		f.Images[file.ContentID] = file.ContentID != ""
	}
	if logo != nil {
		f.Logo = logo.shown("cid:" + logo.contentID())
		out.Files = append(out.Files, logo.file())
	}
	out.Language, out.Text, out.HTML = l.Language, l.plain(), f.HTML(out.Subject, l)
	return nil
}

// Look returns a letter as its receiver would see it, for a page that shows it
// before it is sent: as plain text, and as a document that loads nothing. It takes
// no actor: who asks has the letter.
func (o *Outbox) Look(ctx context.Context, brand ids.ID, subject string, l Letter) (text, html string, err error) {
	b, err := o.Catalog.Brand(ctx, brand)
	if err != nil {
		return "", "", err
	}
	logo, err := o.logos.of(ctx, o.Catalog, b)
	if err != nil {
		return "", "", err
	}
	f := Frame{Brand: b.Name, Look: o.look(b)}
	if logo != nil {
		f.Logo = logo.shown(logo.dataURL())
	}
	return l.plain(), f.HTML(subject, l), nil
}

// look returns the colours of a brand.
func (o *Outbox) look(b catalog.Brand) Look {
	if b.Color == "" || o.Colors == nil {
		return ourLook
	}
	light, dark, ok := o.Colors(b.Color)
	if !ok {
		return ourLook
	}
	return Look{Light: Colors{light["brand"], light["on-brand"]}, Dark: Colors{dark["brand"], dark["on-brand"]}}
}
