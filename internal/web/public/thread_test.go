package public

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"lotse/internal/publish"
)

func TestThreadPage(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		a := w.ask(zaehler)
		at := w.path(a, "de")
		waiting := w.page(at)
		if got := text(waiting, ".thread-state"); got != "Noch offenwartet seit 23.11.2026 auf eine Antwort" {
			t.Errorf("state of an open question: %q", got)
		}
		w.answer(a, goodAnswer)
		doc := w.page(at)
		if got := text(doc, "h1"); got != zaehler.Title {
			t.Errorf("h1 is %q", got)
		}
		if got := text(doc, ".thread-state"); got != "Beantwortetam 23.11.2026" {
			t.Errorf("state of an answered question: %q", got)
		}
		posts := doc.Find("article.post")
		if posts.Length() != 2 || posts.Eq(0).AttrOr("data-role", "") != "question" || posts.Eq(1).AttrOr("data-role", "") != "official" {
			t.Fatalf("posts are %d, first %q", posts.Length(), posts.Eq(0).AttrOr("data-role", ""))
		}
		if got := text(doc, "article[data-role=question] h2"); got != "Frau K." {
			t.Errorf("asked by %q", got)
		}
		official := text(doc, "article[data-role=official] .post-header")
		for _, want := range []string{"Stadtwerke Lindenau", "Mia Krüger", "Kundenservice", "23.11.2026"} {
			if !strings.Contains(official, want) {
				t.Errorf("the answer's head says %q, not %q", official, want)
			}
		}
		if text(doc, "article[data-role=official] strong") != "blaue Taste" {
			t.Error("the answer's HTML is not shown")
		}
		if doc.Find("nav.signpost").Index() > doc.Find("main").Index() || doc.Find("nav.signpost a").Length() != 3 {
			t.Error("the signpost does not stand before the page")
		}
		if to := doc.Find(".thread-else a").AttrOr("href", ""); !strings.HasPrefix(to, "/ask?lang=de&q=Wie+lese+ich") {
			t.Errorf("the same problem leads to %q", to)
		}
		if strings.Contains(doc.Text(), a.c.Number) || strings.Contains(at, a.c.Number) {
			t.Error("the page names the case")
		}
	})
}

func TestThreadHead(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		a := w.ask(zaehler)
		canonical := baseURL + w.path(a, "de")
		for _, locale := range []string{"de", "en"} {
			doc := w.page(w.path(a, locale))
			if got := doc.Find("link[rel=canonical]").AttrOr("href", ""); got != canonical {
				t.Errorf("%s: canonical %q, want %q", locale, got, canonical)
			}
			if got := doc.Find(`meta[property="og:url"]`).AttrOr("content", ""); got != canonical {
				t.Errorf("%s: og:url %q", locale, got)
			}
			for property, want := range map[string]string{"og:type": "article", "og:title": zaehler.Title, "og:site_name": "Stadtwerke Lindenau", "article:published_time": "2026-11-23T09:00:00Z"} {
				if got := doc.Find(`meta[property="`+property+`"]`).AttrOr("content", ""); got != want {
					t.Errorf("%s: %s is %q", locale, property, got)
				}
			}
			foreign := locale != "de"
			if doc.Find("html").AttrOr("lang", "") != locale || doc.Find(".post-body[lang=de]").Length() == 1 != foreign || doc.Find("h1").Closest("[lang=de]").Length() == 1 != !foreign && !foreign {
				t.Errorf("%s: the languages of page and text are not told apart", locale)
			}
		}
	})
}

// referral is no answer: it sends the reader elsewhere.
const referral = "Bitte schreiben Sie uns dazu privat, dann helfen wir Ihnen weiter."

func TestThreadAsStructuredData(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		evil := zaehler
		evil.Title, evil.Text = "Zeigt </script><script>alert(1)</script> etwas?", "Mein Text mit </script><!-- und \u2028 einem <b>Zeichen</b> & noch einem \"."
		a := w.ask(evil)
		w.answer(a, referral)
		w.answer(a, goodAnswer)
		at := w.path(a, "de")
		block := w.page(at).Find(`script[type="application/ld+json"]`)
		if block.Length() != 1 || strings.Contains(block.Text(), "<") {
			t.Fatalf("%d blocks of data, with a tag in it: %s", block.Length(), block.Text())
		}
		var got, want any
		must(t, json.Unmarshal([]byte(block.Text()), &got))
		page := baseURL + at
		must(t, json.Unmarshal([]byte(`{"@context": "https://schema.org", "@type": "QAPage", "mainEntity": {
			"@type": "Question", "@id": "`+page+`#post-1", "url": "`+page+`", "inLanguage": "de",
			"name": "Zeigt </script><script>alert(1)</script> etwas?", "text": "Mein Text mit </script><!-- und\neinem <b>Zeichen</b> & noch einem \".",
			"answerCount": 2, "datePublished": "2026-11-23T09:00:00Z", "author": {"@type": "Person", "name": "Frau K."},
			"acceptedAnswer": {"@type": "Answer", "@id": "`+page+`#post-3", "url": "`+page+`#post-3", "inLanguage": "de", "datePublished": "2026-11-23T09:00:00Z",
				"text": "`+strings.ReplaceAll(goodAnswer, "**", "")+`", "author": {"@type": "Organization", "name": "Stadtwerke Lindenau", "url": "`+baseURL+`/"}},
			"suggestedAnswer": [{"@type": "Answer", "@id": "`+page+`#post-2", "url": "`+page+`#post-2", "inLanguage": "de", "datePublished": "2026-11-23T09:00:00Z",
				"text": "`+referral+`", "author": {"@type": "Organization", "name": "Stadtwerke Lindenau", "url": "`+baseURL+`/"}}]}}`), &want))
		if !reflect.DeepEqual(got, want) {
			g, _ := json.MarshalIndent(got, "", " ")
			e, _ := json.MarshalIndent(want, "", " ")
			t.Errorf("got\n%s\nwant\n%s", g, e)
		}
	})
}

func TestThreadAddresses(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		a := w.ask(zaehler)
		right := w.path(a, "en")
		for _, path := range []string{"/en/questions/" + a.key, "/en/questions/" + a.key + "/anything", "/en/questions/" + strings.ToUpper(a.key) + "/x"} {
			res := w.get(path)
			if res.StatusCode != http.StatusMovedPermanently || res.Header.Get("Location") != right {
				t.Errorf("%s: %d to %q, want 301 to %q", path, res.StatusCode, res.Header.Get("Location"), right)
			}
		}
		for _, path := range []string{"/de/questions/zzzzzzzz/x", "/de/questions/zzzzzzzz", "/de/questions/../../etc/x", "/fr/", "/fr/questions", "/de/nothing", "/de/questions/a/b/c"} {
			res := w.get(path)
			if res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusTemporaryRedirect && res.StatusCode != http.StatusMovedPermanently {
				t.Errorf("%s: status %d, want 404", path, res.StatusCode)
			}
		}
		lost := w.document("404", w.get("/de/questions/zzzzzzzz/x"))
		if lost.Find("html").AttrOr("lang", "") != "de" || lost.Find("nav.signpost a").Length() != 3 {
			t.Error("the page of an error is no signpost in the path's language")
		}
		if res := w.do(http.MethodPost, right); res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("POST to a public page: %d", res.StatusCode)
		}
	})
}

func TestTakenBack(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		mine, theirs := w.ask(zaehler), w.ask(publish.Draft{Title: "Eine zweite Frage zum Abschlag", Text: "Darf ich fragen, wie hoch mein Abschlag ist?"})
		w.answer(mine, goodAnswer)
		paths := map[string]string{w.path(mine, "de"): "Wer sie gestellt hat, hat sie am 23.11.2026 zurückgenommen.", w.path(theirs, "de"): "Stadtwerke Lindenau hat sie am 23.11.2026 entfernt."}
		feed := "/de/questions/" + mine.key + ".atom"
		for path := range paths {
			w.page(path)
		}
		w.get(feed)
		w.page("/de/")
		must(t, w.publish.TakeBack(context.Background(), mine.owner, mine.c))
		must(t, w.publish.Withdraw(context.Background(), w.mia, theirs.post.ID, publish.PersonalData))
		for path, want := range paths {
			res := w.get(path)
			if res.StatusCode != http.StatusGone {
				t.Fatalf("%s: status %d", path, res.StatusCode)
			}
			doc := w.document(path, res)
			if got := text(doc, ".page-lead"); got != want {
				t.Errorf("the tombstone says %q, want %q", got, want)
			}
			if doc.Find("meta[name=robots][content=noindex]").Length() != 1 || doc.Find("nav.signpost").Length() != 1 {
				t.Error("the tombstone is no signpost, or search engines keep it")
			}
			if body := doc.Text(); strings.Contains(body, "Zähler") || strings.Contains(body, "Abschlag") || strings.Contains(body, "Frau K.") {
				t.Errorf("%s: words are left: %s", path, body)
			}
		}
		if res := w.get(feed); res.StatusCode != http.StatusGone {
			t.Errorf("the feed of what is gone: %d", res.StatusCode)
		}
		if doc := w.page("/de/"); doc.Find(".thread").Length() != 0 {
			t.Error("the home page still lists it")
		}
	})
}

func TestTombstoneOfAnAnswer(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		a := w.ask(zaehler)
		post := w.answer(a, goodAnswer)
		at := w.path(a, "de")
		w.page(at)
		must(t, w.publish.Withdraw(context.Background(), w.mia, post.ID, ""))
		doc := w.page(at)
		if got := text(doc, ".post[data-gone] .post-tombstone"); got != "Stadtwerke Lindenau hat diesen Beitrag am 23.11.2026 entfernt." {
			t.Errorf("the tombstone says %q", got)
		}
		if strings.Contains(doc.Text(), "blaue Taste") || !strings.Contains(text(doc, ".thread-state"), "wartet seit") {
			t.Error("words are left, or the question is not open again")
		}
	})
}

func TestEditedAnswerSaysSo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		a := w.ask(zaehler)
		post := w.answer(a, goodAnswer)
		at := w.path(a, "de")
		before := w.get(at).Header.Get("Etag")
		_, err := w.publish.EditPost(context.Background(), w.mia, post.ID, post.Version, goodAnswer+" Das geht auch am Telefon.")
		must(t, err)
		if got := text(w.page(at), "[data-role=official] .post-time span"); got != "bearbeitet am 23.11.2026" {
			t.Errorf("an edited answer says %q", got)
		}
		if w.get(at).Header.Get("Etag") == before {
			t.Error("two versions share an ETag")
		}
	})
}
