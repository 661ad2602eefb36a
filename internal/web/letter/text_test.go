package letter

import (
	"strings"
	"testing"

	"lotse/internal/desk"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

func TestTextOf(t *testing.T) {
	photo := desk.Attachment{ID: ids.New(), Name: "Foto 1.png", ContentType: "image/png", ContentID: "foto@x"}
	for name, tc := range map[string]struct{ text, html, want string }{
		"text":                   {text: "Hallo\nWelt", want: "<p>Hallo<br/>\nWelt</p>\n"},
		"quote at the end":       {text: "Ja.\n\nAm Montag schrieb Mia:\n> Passt das?\n>> Ja?", want: "<p>Ja.</p>\n<p>Am Montag schrieb Mia:</p>\n" + `<details class="fold"><summary>Zitierte Nachricht anzeigen</summary><blockquote><p>Passt das?<br/>` + "\n&gt; Ja?</p>\n</blockquote></details>"},
		"quote in between":       {text: "> Passt das?\n\nJa.", want: "<p>&gt; Passt das?</p>\n<p>Ja.</p>\n"},
		"only a quote":           {text: "> Passt das?", want: "<p>&gt; Passt das?</p>\n"},
		"looks go":               {html: `<p style="color:red" align="center"><font color="#fff" size="7">Hallo</font></p>`, want: "<p><span>Hallo</span></p>"},
		"landmarks and headings": {html: `<main><h1>Hallo</h1><nav>x</nav></main>`, want: "<div><h4>Hallo</h4><div>x</div></div>"},
		"quoted mail":            {html: `<p>Ja.</p><blockquote><p>Passt das?</p></blockquote><p> </p>`, want: `<p>Ja.</p><details class="fold"><summary>Zitierte Nachricht anzeigen</summary><blockquote><p>Passt das?</p></blockquote></details><p> </p>`},
		"answer below a quote":   {html: `<p>Hallo</p><blockquote>Passt das?</blockquote><p>Ja.</p>`, want: `<p>Hallo</p><blockquote>Passt das?</blockquote><p>Ja.</p>`},
		"nothing but a quote":    {html: `<blockquote>Passt das?</blockquote>`, want: `<blockquote>Passt das?</blockquote>`},
		"quotes in quotes":       {html: `<p>Ja.</p><blockquote>a<blockquote>b</blockquote>c</blockquote>`, want: `<p>Ja.</p><details class="fold"><summary>Zitierte Nachricht anzeigen</summary><blockquote>a<blockquote>b</blockquote>c</blockquote></details>`},
		"attached image":         {html: `<img src="cid:foto@x" alt="Zähler" width="300">`, want: `<img src="/attachments/` + photo.ID.String() + `/Foto%201.png?inline=1" alt="Zähler" loading="lazy" width="300">`},
		"image that is missing":  {html: `<img src="cid:other@x" alt="Zähler">`, want: `<span class="mail-image">Zähler</span>`},
		"image of another":       {html: `<img src="https://evil.example/a.png">`, want: `<span class="mail-image">Bild</span>`},
		"tracker":                {html: `<p>a<img src="https://evil.example/a.png" width="1"></p>`, want: `<p>a</p>`},
		"link":                   {html: `<a href="https://x.example/?a=1&amp;b=2" style="display:block">hier</a>`, want: `<a href="https://x.example/?a=1&amp;b=2" rel="noopener noreferrer nofollow" target="_blank">hier</a>`},
	} {
		m := desk.Message{Body: tc.text, HTML: markup.SanitizeMail(tc.html), Attachments: []desk.Attachment{photo}}
		if got := TextOf(m, i18n.For(i18n.German), picture).HTML; normal(got) != normal(tc.want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, tc.want)
		}
	}
}

// normal leaves out what says the same in other words.
func normal(s string) string { return strings.NewReplacer("<br/>", "<br>", "\n", "").Replace(s) }

func picture(a desk.Attachment) string { return Path("/attachments", a) + "?inline=1" }

// FuzzTextOf makes sure that what leaves is still what package markup lets pass.
func FuzzTextOf(f *testing.F) {
	f.Add("Hallo\n> zitiert", `<p>Hallo</p><blockquote>x</blockquote><img src="cid:a">`)
	f.Add("", `<details open ontoggle=alert(1)><svg><script>alert(1)</script>`)
	f.Fuzz(func(t *testing.T, text, html string) {
		got := TextOf(desk.Message{Body: text, HTML: markup.SanitizeMail(html)}, i18n.For(i18n.German), picture).HTML
		// The words of ours that sanitising takes away: the fold and its class.
		bare := strings.NewReplacer(`<details class="fold"><summary>Zitierte Nachricht anzeigen</summary>`, "Zitierte Nachricht anzeigen", "</details>", "", ` class="mail-image"`, "", ` loading="lazy"`, "").Replace(got)
		if again := string(markup.SanitizeMail(bare)); words(again) != words(bare) {
			t.Errorf("sanitising once more changes\n%q\nto\n%q", bare, again)
		}
	})
}

func words(s string) string { return markup.TextFromHTML(s) }
