package outbox

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"lotse/internal/platform/markup"
)

func TestLetterAsText(t *testing.T) {
	sign := Signature("Jana Berg\nStadtwerke Lindenau", markup.HTMLFromText("Jana Berg\nStadtwerke Lindenau"))
	for _, c := range []struct {
		name   string
		blocks []Block
		want   string
	}{
		{"words", []Block{Words("Guten Tag,\n\nalles **gut**.")}, "Guten Tag,\n\nalles gut.\n"},
		{"a link says where it leads", []Block{Words("Siehe [Anleitung](https://hilfe.example/a).")}, "Siehe Anleitung (https://hilfe.example/a).\n"},
		{"lists and quotes", []Block{Words("Dann:\n\n- eins\n- zwei\n\n> alt")}, "Dann:\n\n- eins\n- zwei\n\n> alt\n"},
		{"a button", []Block{Button("Vorgang ansehen", "https://hilfe.example/l/x")}, "Vorgang ansehen:\nhttps://hilfe.example/l/x\n"},
		{"signature below the words, quote below both", []Block{Words("Gern."), sign, Quote("Nele schrieb:", "Danke\n\nNele")},
			"Gern.\n\n-- \nJana Berg\nStadtwerke Lindenau\n\nNele schrieb:\n> Danke\n> \n> Nele\n"},
		{"what says nothing is left out", []Block{Words(""), Written("", ""), Signature("", ""), Words("Ja.")}, "Ja.\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := (Letter{Blocks: c.blocks}).plain(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// framed returns a letter in a frame with one image.
func framed(blocks ...Block) string {
	f := Frame{Brand: `Stadtwerke "Lindenau" <b>`, Look: ourLook, Images: map[string]bool{"bild@x": true}}
	return f.HTML("Re: <Frage>", Letter{Language: "de", Blocks: blocks})
}

func TestFrame(t *testing.T) {
	button := Written("x", markup.SanitizeMail(`<p><a href="https://hilfe.example/l/x?a=1&amp;b=2">Vorgang ansehen</a></p>`))
	for _, c := range []struct {
		name  string
		block Block
		has   []string
		lacks []string
	}{
		{"language, title and brand", Words("Hallo"), []string{`<html lang="de">`, "<title>Re: &lt;Frage&gt;</title>", `Stadtwerke &#34;Lindenau&#34; &lt;b&gt;`, `content="light dark"`}, []string{"<b>"}},
		{"a lone link of a template is a button", button, []string{`<table role="presentation"`, `href="https://hilfe.example/l/x?a=1&amp;b=2"`, ">Vorgang ansehen</a>"}, nil},
		{"a lone link of a person is a link", Said("x", button.html), []string{`class="brand-link"`}, []string{"<table"}},
		{"an address alone is no button", Written("x", markup.HTMLFromText("https://hilfe.example/l/x")), []string{`class="brand-link"`}, []string{"<table"}},
		{"a link among words is no button", Written("x", markup.SanitizeMail(`<p>Hier: <a href="https://hilfe.example">Hilfe</a></p>`)), nil, []string{"<table"}},
		{"an image of the mail", Words("![Plan](cid:bild@x)"), []string{`<img src="cid:bild@x" alt="Plan"`}, nil},
		{"an image that is not there", Words("![Plan](cid:anderes@x)"), []string{"Plan"}, []string{"<img"}},
		{"an image elsewhere becomes a link", Words("![Plan](https://bild.example/p.png)"), []string{`<a href="https://bild.example/p.png"`, ">Plan</a>"}, []string{"<img"}},
		{"a quote is text", Quote("Nele <n@x> schrieb:", "<script>alert(1)</script> & mehr"), []string{"Nele &lt;n@x&gt; schrieb:", "&lt;script&gt;", `<blockquote type="cite"`}, []string{"<script"}},
		{"a signature", Signature("Jana", markup.HTMLFromText("Jana")), []string{"font-size:14px", "Jana"}, []string{"-- "}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := framed(c.block)
			for _, want := range c.has {
				if !strings.Contains(got, want) {
					t.Errorf("%q is missing in\n%s", want, got)
				}
			}
			_, body, _ := strings.Cut(got, "<body")
			for _, no := range c.lacks {
				if strings.Contains(body, no) {
					t.Errorf("%q is in\n%s", no, got)
				}
			}
			loadsNothing(t, got)
		})
	}
}

// loadsNothing asserts that a mail asks nobody for anything when it is read, runs
// nothing and ends what it began.
func loadsNothing(t testing.TB, mail string) {
	t.Helper()
	var open []string
	z := html.NewTokenizer(strings.NewReader(mail))
	for z.Next() != html.ErrorToken {
		token := z.Token()
		switch token.Type {
		case html.StartTagToken:
			if strings.Contains(" script iframe object embed form input link svg base video audio ", " "+token.Data+" ") {
				t.Errorf("<%s> in %s", token.Data, mail)
			}
			if !strings.Contains(" meta img br hr col wbr ", " "+token.Data+" ") {
				open = append(open, token.Data)
			}
			for _, a := range token.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "srcset" || a.Key == "background" || a.Key == "src" && !strings.HasPrefix(a.Val, "cid:") && !strings.HasPrefix(a.Val, "data:image/") ||
					a.Key == "style" && (strings.Contains(a.Val, "url(") || strings.Contains(a.Val, "@import")) {
					t.Errorf("%s=%q of <%s>", a.Key, a.Val, token.Data)
				}
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("</%s> ends nothing, %v is open in %s", token.Data, open, mail)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Errorf("%v stays open in %s", open, mail)
	}
}

func FuzzFrame(f *testing.F) {
	for _, s := range []string{"", "# a\n\n- b\n\n| c | d |\n|---|---|\n| e | f |", "[a](https://x.example) ![b](cid:bild@x)", "<script>x</script>", "> > a\n\n```\ncode\n```"} {
		f.Add(s, "Betreff")
	}
	f.Fuzz(func(t *testing.T, text, subject string) {
		words := Words(text)
		frame := Frame{Brand: subject, Look: ourLook, Images: map[string]bool{"bild@x": true}}
		loadsNothing(t, frame.HTML(subject, Letter{Language: "de", Blocks: []Block{words, Written(text, words.html), Signature(text, markup.HTMLFromText(text)), Quote(subject, text), Button(subject, text)}}))
	})
}

func TestLogoIsMadeSmall(t *testing.T) {
	for _, c := range []struct{ width, height, shownWidth, shownHeight int }{
		{2000, 400, 240, 48}, {100, 30, 100, 30}, {48, 96, 24, 48}, {1000, 10, 240, 2}, {1, 1, 1, 1},
	} {
		picture := image.NewNRGBA(image.Rect(0, 0, c.width, c.height))
		for x := range c.width {
			picture.Set(x, 0, color.NRGBA{uint8(x), 99, 9, 255})
		}
		var b bytes.Buffer
		if err := png.Encode(&b, picture); err != nil {
			t.Fatal(err)
		}
		got := shrink(b.Bytes())
		if got.width != c.shownWidth || got.height != c.shownHeight || len(got.picture) == 0 || len(got.picture) > maxLogo {
			t.Errorf("%dx%d: shown as %dx%d with %d bytes", c.width, c.height, got.width, got.height, len(got.picture))
		}
		made, err := png.DecodeConfig(bytes.NewReader(got.picture))
		if err != nil || made.Width > c.width || made.Height > c.height || made.Width > 2*got.width {
			t.Errorf("%dx%d: made %dx%d, %v", c.width, c.height, made.Width, made.Height, err)
		}
	}
	if got := shrink([]byte("no picture")); got.picture != nil {
		t.Error("a picture of nothing")
	}
}
