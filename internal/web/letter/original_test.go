package letter

import (
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"lotse/internal/desk"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

func TestFoldedText(t *testing.T) {
	const text = "Ja, gern.\n\nAm Montag schrieb Mia:\n> Passt das?\n\n-- \nAnna <b>Ott</b>"
	quote, sign := strings.Index(text, "Am Montag"), strings.Index(text, "-- ")
	folds := []markup.Fold{{Kind: markup.FoldQuote, From: quote, To: sign}, {Kind: markup.FoldSignature, From: sign, To: len(text)}}
	got := TextOf(desk.Message{Body: text, Folds: folds}, i18n.For(i18n.German), picture).HTML
	want := `<p>Ja, gern.</p><details class="fold"><summary>Zitierte Nachricht anzeigen</summary><blockquote><p>Am Montag schrieb Mia:<br>Passt das?</p></blockquote></details>` +
		`<details class="fold"><summary>Signatur anzeigen</summary><blockquote><p>--<br>Anna &lt;b&gt;Ott&lt;/b&gt;</p></blockquote></details>`
	if normal(got) != want {
		t.Errorf("%s\nwant\n%s", normal(got), want)
	}
	for name, tc := range map[string]struct {
		html  string
		folds []markup.Fold
		text  bool // the text is shown
	}{
		"quote that folds":      {`<p>Ja, gern.</p><blockquote>Passt das?</blockquote>`, folds[:1], false},
		"quote and a signature": {`<p>Ja, gern.</p><blockquote>Passt das?</blockquote><p>Anna</p>`, folds, true},
		"quote that does not":   {`<p>Ja, gern.</p><div>Von: Mia</div><div>Passt das?</div>`, folds, true},
		"quote beside a table":  {`<p>Ja, gern.</p><table><tr><td>1</td></tr></table><div>Passt das?</div>`, folds, false},
		"picture of the mail":   {`<p>Ja, gern.</p><img src="cid:foto@x"><div>Passt das?</div>`, folds, false},
	} {
		m := desk.Message{Body: text, HTML: markup.SanitizeMail(tc.html), Folds: tc.folds, Attachments: []desk.Attachment{{ID: ids.New(), ContentID: "foto@x", ContentType: "image/png", Name: "a.png"}}}
		if got := TextOf(m, i18n.For(i18n.German), picture).HTML; strings.Contains(got, "Signatur anzeigen") != tc.text {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := TextOf(desk.Message{Body: "> alt", Folds: []markup.Fold{{Kind: markup.FoldQuote, From: 0, To: 5}}}, i18n.For(i18n.German), nil).HTML; !strings.HasPrefix(got, `<details class="fold" open>`) {
		t.Errorf("nothing but a quote is hidden: %s", got)
	}
}

// FuzzFoldedText: whatever the folds say, the text is all there, once, and inert.
func FuzzFoldedText(f *testing.F) {
	f.Add("Hallo\n> zitiert\n-- \nAnna", 6, 16, 16, 25)
	f.Add("äöü<script>", 1, 2, 3, 99)
	f.Fuzz(func(t *testing.T, text string, a, b, c, d int) {
		text = markup.Clean(text)
		m := desk.Message{Body: text, Folds: []markup.Fold{{Kind: 2, From: a, To: b}, {Kind: 3, From: c, To: d}}}
		shown := TextOf(m, i18n.For(i18n.German), nil).HTML
		for z := html.NewTokenizer(strings.NewReader(shown)); z.Next() != html.ErrorToken; {
			if token := z.Token(); token.Data == "script" && token.Type != html.TextToken {
				t.Fatalf("a script in %q", shown)
			}
		}
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		for _, caption := range []string{"Signatur anzeigen", "Rechtlichen Hinweis anzeigen"} {
			shown = strings.ReplaceAll(shown, caption, "")
		}
		if len(markup.SoundFolds(text, m.Folds)) > 0 && !strings.Contains(text, "://") && len(text) < 1000 {
			got, want := squeeze(visible(shown)), squeeze(text)
			if got != want {
				t.Errorf("%q became %q", want, got)
			}
		}
	})
}

// visible is the text of HTML.
func visible(source string) string {
	var b strings.Builder
	for z := html.NewTokenizer(strings.NewReader(source)); z.Next() != html.ErrorToken; {
		if token := z.Token(); token.Type == html.TextToken {
			b.WriteString(token.Data)
		}
	}
	return b.String()
}

func TestOriginal(t *testing.T) {
	photo := desk.Attachment{ID: ids.New(), ContentID: "foto@x", ContentType: "image/png"}
	sick := desk.Attachment{ID: ids.New(), ContentID: "krank@x", ContentType: "image/png", Virus: "Eicar"}
	m := desk.Message{Attachments: []desk.Attachment{photo, sick}, HTML: markup.SanitizeMail(`<p style="color:#f00">Rot</p><img src="cid:foto@x"><img src="cid:krank@x"><img src="https://x.example/a.png"><img src="http://x.example/b.png"><script>alert(1)</script><form action="/"><input></form>`)}
	data := func(desk.Attachment) string { return "data:image/png;base64,AAAA" }
	for remote, want := range map[bool][]string{false: {"data:image/png;base64,AAAA"}, true: {"data:image/png;base64,AAAA", "https://x.example/a.png"}} {
		page := Original(m, `</title><script>alert(1)</script>`, data, remote)
		var sources []string
		for z := html.NewTokenizer(strings.NewReader(page)); z.Next() != html.ErrorToken; {
			token := z.Token()
			if token.Type == html.TextToken {
				continue
			}
			if token.Data == "script" || token.Data == "form" || token.Data == "input" {
				t.Errorf("<%s> in %s", token.Data, page)
			}
			for _, a := range token.Attr {
				if a.Key == "src" {
					sources = append(sources, a.Val)
				}
			}
		}
		if strings.Join(sources, " ") != strings.Join(want, " ") || !strings.Contains(page, "color") {
			t.Errorf("remote %v: %v in %s", remote, sources, page)
		}
		rec := httptest.NewRecorder()
		SendOriginal(rec, page, remote)
		policy := rec.Header().Get("Content-Security-Policy")
		if !strings.HasPrefix(policy, "sandbox allow-popups") || strings.Contains(policy, "script") || strings.Contains(policy, "https:") != remote || rec.Header().Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("remote %v: %v", remote, rec.Header())
		}
	}
	if n := Remote(m); n != 1 {
		t.Errorf("%d images of other servers", n)
	}
}
