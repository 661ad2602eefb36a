package fold

import (
	"strings"
	"testing"
	"unicode/utf8"

	"lotse/internal/platform/markup"
)

// checkFolds checks what holds for the folds of any text.
func checkFolds(t *testing.T, name, text string, folds []markup.Fold) {
	t.Helper()
	at := 0
	for _, f := range folds {
		if f.From < at || f.To <= f.From || f.To > len(text) {
			t.Fatalf("%s: fold %v behind %d in %d bytes", name, f, at, len(text))
		}
		if f.From > 0 && text[f.From-1] != '\n' || f.To < len(text) && text[f.To-1] != '\n' {
			t.Fatalf("%s: fold %v is not of whole lines", name, f)
		}
		if utf8.ValidString(text) && !utf8.ValidString(text[f.From:f.To]) {
			t.Fatalf("%s: fold %v divides a rune", name, f)
		}
		if f.Kind < markup.FoldQuote || f.Kind > markup.FoldForward {
			t.Fatalf("%s: fold of kind %d", name, f.Kind)
		}
		at = f.To
	}
	if visible := Visible(text, folds); len(visible) > len(text) {
		t.Fatalf("%s: more visible than there is", name)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{
		"Hello\n\nOn Mon, 1 Jan 2024 at 10:00, Ann <a@b.example> wrote:\n> x\n> y\n",
		"a\n-- \nb\n> c\nd\n", "-----Original Message-----\nFrom: a@b.example\nSent: x\nSubject: y\n\nz",
		"Grüße\nAnn\nTel. +49 30 1234567", ">\n>>\n> >a\n<b\n> wrote:", "Von meinem iPhone gesendet", "\xff>\n\u200b>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		folds := Text(text)
		checkFolds(t, "text", text, folds)
		var whole strings.Builder
		at := 0
		for _, fold := range folds {
			whole.WriteString(text[at:fold.From] + text[fold.From:fold.To])
			at = fold.To
		}
		if whole.String()+text[at:] != text {
			t.Error("something is lost")
		}
	})
}

func FuzzHTML(f *testing.F) {
	for _, s := range []string{
		`<div>Hi<div class="gmail_quote"><div class="gmail_attr">x</div><blockquote>y</blockquote></div></div>`,
		`a<hr id="stopSpelling">b<div id="divRplyFwdMsg">c`, `<blockquote style="border:none">x</blockquote>y`,
		`<div id="x_Signature"><p>a`, `<div class="moz-cite-prefix"><table><td>`, "\uF8F1\uF8EF<ul><li><div class=yahoo_quoted>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		text, folds := HTML(source)
		checkFolds(t, "HTML", text, folds)
		if strings.ContainsFunc(text, isSentinel) {
			t.Error("a mark stayed in the text")
		}
	})
}

// hostile texts of n bytes, each made to take one part of the package long.
var hostile = map[string]func(n int) string{
	"introducing lines": repeated("On 1 May 2024 at 10:00 Ann <a@b.example> wrote:\n"),
	"wrapped lines":     repeated("Ann wrote a@b.example\n1 May 2024:\n"),
	"colons":            repeated("a:\n"),
	"header lines":      repeated("From: a@b.example\nTo: c\n"),
	"one header line":   repeated("Date: 1 May 2024 10:00 x:\n"),
	"quotes":            repeated("> a\nb\n"),
	"quotes and lines":  repeated("> a\n---\n\nb\n"),
	"deep quote":        repeated(">"),
	"markers":           repeated("-----Original Message-----\n"),
	"drawn lines":       repeated("--\n"),
	"signatures":        repeated("-- \nAnn\n\n> x\n"),
	"devices":           repeated("Sent from my iPhone\n\n"),
	"notices":           repeated("This e-mail is confidential and for the intended recipient, if received in error any attachments must go.\n\n> a\n"),
	"cards":             repeated("Regards\nAnn\n+49 30 1234567\n> a\n"),
	"empty lines":       repeated("\n"),
	"one line":          repeated("a wrote 1 May 2024 "),
	"brackets":          repeated("<\n> wrote:\n"),
}

func repeated(s string) func(int) string {
	return func(n int) string { return strings.Repeat(s, n/len(s)) }
}

// TestEffortIsLinear counts how often rows are looked at: a fixed number of
// times, however many there are.
func TestEffortIsLinear(t *testing.T) {
	for name, make := range hostile {
		for _, size := range []int{1 << 13, 1 << 16} {
			text := make(size)
			l := newLetter(text, nil)
			l.sort()
			checkFolds(t, name, text, l.folds())
			if rows := len(l.rows); l.steps > 60*rows {
				t.Errorf("%s: %d looks at %d rows", name, l.steps, rows)
			}
		}
	}
}

func BenchmarkText(b *testing.B) {
	text := readTestdata(b, "replies/github_email_reply_parser/email_1_3.txt")
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Text(text)
	}
}

func BenchmarkHostile(b *testing.B) {
	for name, make := range hostile {
		text := make(1 << 20)
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				Text(text)
			}
		})
	}
}

func BenchmarkHTML(b *testing.B) {
	source := readTestdata(b, "replies/talon/html_replies/ms_outlook_2010.html")
	b.SetBytes(int64(len(source)))
	for b.Loop() {
		HTML(source)
	}
}
