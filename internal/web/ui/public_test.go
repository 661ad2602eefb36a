package ui

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"lotse/internal/platform/i18n"
)

func words(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

func TestPublicFrame(t *testing.T) {
	p := specimenPage()
	p.LookStyle, p.Logo, p.Accepted = "/brand/x/1/look.css", "/brand/x/1/logo", "ask"
	doc := render(t, i18n.German, Public(PublicProps{
		Page: p, Ways: Ways{Solve: "/de/", Ask: "/ask", Track: "/my", Current: WayAsk},
		Legal: []NavItem{{Label: "Impressum", Href: "https://example.org/i"}, {Label: "Datenschutz", Href: "/privacy"}},
		Lang:  "en", Canonical: "https://example.org/q", Description: `"d"`, NoIndex: true,
		Head: templ.Raw(`<link rel="alternate" hreflang="en" href="https://example.org/en/q">`),
	}))
	for selector, n := range map[string]int{
		`html[data-face=public]`: 1, `main[lang=en]`: 1, `script`: 1, `meta[name=htmx-config]`: 0,
		`head link[rel=canonical][href="https://example.org/q"]`: 1, `head link[rel=alternate]`: 1,
		`head meta[name=description][content='"d"']`: 1, `head meta[name=robots][content=noindex]`: 1,
		`head meta[name=lotse-accepted][content=ask]`: 1, `head link[rel=stylesheet][href="/brand/x/1/look.css"]`: 1,
		`header img.brand-logo[src="/brand/x/1/logo"][alt=""]`: 1, `header .icon-brand`: 0,
		`.signpost[data-size=bar] a`: 3, `.signpost a[href="/ask"][aria-current=page]`: 1, `.signpost a[aria-current]`: 1,
		`footer a[href="/ask"]`: 1, `footer a[href^="https:"][rel="external noreferrer"]`: 1, `footer a[href="/privacy"][rel]`: 0,
		`.public-language a[hreflang=en]`: 1, `.public-language a[hreflang=de]`: 0,
	} {
		if got := doc.Find(selector).Length(); got != n {
			t.Errorf("%d × %s, want %d", got, selector, n)
		}
	}
	if doc.Find(".signpost").Index() > doc.Find("main").Index() {
		t.Error("the signpost stands below the content")
	}
	own := render(t, i18n.German, Public(PublicProps{Page: p, Ways: Ways{Ask: "/ask"}, OwnSignpost: true}))
	if own.Find(".signpost").Length() != 0 || own.Find(`footer a[href="/ask"]`).Length() != 1 {
		t.Error("a page with a signpost of its own needs none below the header")
	}
	if none := render(t, i18n.German, Public(PublicProps{Page: p})); none.Find(".signpost, footer nav, meta[name=robots], link[rel=canonical]").Length() != 0 {
		t.Error("what is not set must not be there")
	}
}

// TestPostRoles: who speaks is told by words, not by colour alone.
func TestPostRoles(t *testing.T) {
	for role, want := range map[PostRole]string{
		PostOfficial: "Antwort von Stadtwerke Lindenau|Amira", PostQuestion: "Amira|hat gefragt", PostCommunity: "Amira|aus der Community",
	} {
		doc := render(t, i18n.German, Post(PostProps{ID: "p", Role: role, Author: "Amira", Brand: "Stadtwerke Lindenau", At: noon}))
		if got := words(doc.Find(".post-who h2")) + "|" + words(doc.Find(".post-who p")); got != want {
			t.Errorf("%s: %q, want %q", role, got, want)
		}
		if got := words(doc.Find("time")); got != "23.11.2026" {
			t.Errorf("%s: %q is no date that can be kept", role, got)
		}
	}
	gone := templ.WithChildren(t.Context(), templ.Raw("secret"))
	var b strings.Builder
	if err := Post(PostProps{ID: "p", Role: PostCommunity, Author: "A", Tombstone: "Zurückgezogen.", Attachments: templ.Raw("file")}).Render(gone, &b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "secret") || strings.Contains(b.String(), "file") || !strings.Contains(b.String(), "Zurückgezogen.") {
		t.Errorf("a withdrawn post shows its text: %s", b.String())
	}
}

func TestUploadField(t *testing.T) {
	p := UploadProps{FieldProps: FieldProps{Name: "files", Label: "Dateien"}, URL: "/ask/files", MaxBytes: 25 << 20, MaxFiles: 10, Uploaded: []Upload{{Token: "a1", Name: "x.pdf", Size: "1 kB"}}}
	doc := render(t, i18n.English, UploadField(p))
	box := doc.Find(".uploads")
	if !box.Is(`[data-upload="/ask/files"][data-max="26214400"][data-max-files="10"]`) || doc.Find("input[type=file][multiple][name=files]").Length() != 1 {
		t.Error("the script is not told where to and how much")
	}
	for _, word := range []string{"remove", "retry", "failed", "sending", "sent", "removed", "waiting", "stopped", "large", "many"} {
		if text := box.AttrOr("data-say-"+word, ""); text == "" || strings.Contains(text, "ui.") || strings.Contains(text, "{") {
			t.Errorf("the script has no words for %s: %q", word, text)
		}
	}
	if doc.Find("input[type=hidden][name=upload][value=a1]").Length() != 1 || doc.Find("input[type=checkbox][name=upload_remove][value=a1]").Length() != 1 {
		t.Error("a file that has arrived is not in the form")
	}
	p.URL = ""
	if render(t, i18n.English, UploadField(p)).Find("[data-upload]").Length() != 0 {
		t.Error("without an address the script must stay away")
	}
}

func TestSummaryChange(t *testing.T) {
	doc := render(t, i18n.German, SummaryList([]SummaryItem{
		{Label: "Frage", Text: "a\nb", Name: "change", Button: "text"}, {Label: "Telefon", Href: "#f-phone"}, {Label: "Nummer", Text: "1"},
	}))
	if !doc.Find("button").Is(`[type=submit][name=change][value=text]`) || words(doc.Find("button")) != "Ändern Frage" {
		t.Errorf("the button says %q", words(doc.Find("button")))
	}
	if words(doc.Find("a")) != "Ändern Telefon" || !strings.Contains(words(doc.Find(".summary-value").Eq(1)), "keine Angabe") {
		t.Errorf("the empty answer is %q", words(doc.Find(".summary-value").Eq(1)))
	}
	if doc.Find(".summary-change").Length() != 2 {
		t.Error("what can't be changed offers to")
	}
}

func TestNothingFoundSuggestsNothing(t *testing.T) {
	if n := render(t, i18n.German, Suggestions(nil)).Find("body *").Length(); n != 0 {
		t.Errorf("%d elements", n)
	}
}
