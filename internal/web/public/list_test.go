package public

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"lotse/internal/platform/clock"
	"lotse/internal/publish"
	"lotse/internal/search"
)

func hitsOf(all ...asked) (hits []search.Hit) {
	for _, a := range all {
		hits = append(hits, search.Hit{ID: a.id, Score: 1})
	}
	return hits
}

func TestHome(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		empty := w.page("/de/")
		if !strings.Contains(text(empty, ".home-newest"), "Hier stehen bald Fragen") {
			t.Error("an empty desk does not say what will be here")
		}
		a := w.ask(zaehler)
		doc := w.page("/de/")
		field := doc.Find("form[role=search] input[name=q]")
		if field.Length() != 1 || field.Closest("form").AttrOr("action", "") != "/de/search" || field.AttrOr("data-suggest", "") != "/de/suggest" {
			t.Error("the one field is not there, or leads elsewhere")
		}
		if got := text(doc, `label[for="`+field.AttrOr("id", "")+`"]`); got != "Was ist Ihr Anliegen?" {
			t.Errorf("the field is called %q", got)
		}
		ask := doc.Find("form[role=search] button[formaction]")
		if ask.AttrOr("formaction", "") != "/ask" || ask.AttrOr("name", "") != "lang" || ask.AttrOr("value", "") != "de" {
			t.Error("the typed text can't be taken to the form")
		}
		if first := doc.Find("form[role=search] button").First(); first.AttrOr("formaction", "") != "" {
			t.Error("the key Enter does not search")
		}
		if doc.Find("#suggestions[role=region][aria-label]").Length() != 1 || doc.Find("#live[aria-live=polite]").Length() != 1 {
			t.Error("suggestions have no place, or nobody reads them out")
		}
		track := doc.Find(`form[method=post][action="/track?lang=de"]`)
		if track.Find("input[name=number]").Length() != 1 {
			t.Error("a case can't be tracked")
		}
		if doc.Find("nav.signpost[data-size=cards] a").Length() != 3 {
			t.Error("the three ways are not there")
		}
		if got := doc.Find(".thread a").AttrOr("href", ""); got != w.path(a, "de") {
			t.Errorf("the newest question leads to %q", got)
		}
		if n := w.page("/en/").Find(".thread-text[lang=de]").Length(); n != 1 {
			t.Error("a German question is not marked on an English page")
		}
	})
}

func TestLists(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		var all []asked
		for i := range publish.PageSize + 3 {
			all = append(all, w.ask(publish.Draft{Title: fmt.Sprintf("Frage Nummer %02d an die Stadtwerke", i), Text: zaehler.Text}))
			w.clock.(*clock.Fixed).Advance(time.Hour)
		}
		w.answer(all[1], goodAnswer)
		w.answer(all[2], referral)
		seen := w.walk("/de/questions", ".thread a")
		if len(seen) != len(all) || seen[0] != w.path(all[len(all)-1], "de") {
			t.Errorf("%d of %d questions are listed, the first is %s", len(seen), len(all), seen[0])
		}
		open := w.walk("/en/questions/unanswered", ".waiting a")
		if len(open) != len(all)-1 || open[0] != w.path(all[0], "en") || open[1] != w.path(all[2], "en") {
			t.Errorf("%d questions are open, the oldest are %v", len(open), open[:2])
		}
		first := w.page("/de/questions/unanswered")
		if got := text(first, ".waiting li:first-child .waiting-since"); got != "Wartet seit 33 Stunden, gefragt am 23.11.2026" {
			t.Errorf("the oldest %q", got)
		}
		w.clock.(*clock.Fixed).Advance(48 * time.Hour)
		if got := text(w.page("/de/questions/unanswered"), ".waiting li:first-child .waiting-since"); !strings.HasPrefix(got, "Wartet seit 3 Tagen") {
			t.Errorf("two days later the oldest %q", got)
		}
		for _, q := range []string{"after=x", "after=AAAA", "after=" + strings.Repeat("A", 32)} {
			if s := w.get("/de/questions?" + q).StatusCode; s >= 500 {
				t.Errorf("?%s: %d", q, s)
			}
		}
	})
}

// walk follows the links to more and returns where the entries of all pages lead.
func (w *world) walk(path, entries string) (found []string) {
	w.t.Helper()
	for range 10 {
		doc := w.page(path)
		doc.Find(entries).Each(func(_ int, s *goquery.Selection) { found = append(found, s.AttrOr("href", "")) })
		var more bool
		if path, more = doc.Find("nav.pager a[rel=next]").Attr("href"); !more {
			return found
		}
	}
	w.t.Fatal("the list does not end")
	return nil
}

func TestSearchPage(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		a, gone := w.ask(zaehler), w.ask(publish.Draft{Title: "Eine zweite Frage zum Abschlag", Text: zaehler.Text})
		index := &shelfOf{hits: hitsOf(gone, a)}
		must(t, w.publish.TakeBack(context.Background(), gone.owner, gone.c))
		if doc := w.page("/de/search?q=z%C3%A4hler"); !strings.Contains(doc.Text(), "Die Suche steht gerade nicht zur Verfügung") || doc.Find(".thread").Length() > 0 {
			t.Error("a desk without search does not say so")
		}
		w.pages.Search = index
		doc := w.page("/de/search?q=+Z%C3%A4hler%20%0Aablesen+")
		if index.last.Text != "Zähler ablesen" || index.last.Brand != w.brand || index.last.Language != "de" || index.last.Partial {
			t.Errorf("asked for %+v", index.last)
		}
		if text(doc, ".results h2") != "1 passende Frage" || doc.Find(".results .thread a").AttrOr("href", "") != w.path(a, "de") {
			t.Errorf("results are %q", text(doc, ".results"))
		}
		if doc.Find("input[name=q]").AttrOr("value", "") != "Zähler ablesen" || !strings.HasSuffix(doc.Find(".results-else a").AttrOr("href", ""), "q=Z%C3%A4hler+ablesen") {
			t.Error("what was typed is not kept or not taken along")
		}
		if doc.Find("meta[name=robots][content=noindex]").Length() != 1 || w.get("/de/search?q=x").Header.Get("Cache-Control") != "no-store" {
			t.Error("somebody's words are kept by caches or search engines")
		}
		if to := doc.Find("nav.public-language a").AttrOr("href", ""); to != "/en/search?q=Z%C3%A4hler+ablesen" {
			t.Errorf("the other language forgets the question: %q", to)
		}
		index.err = errors.New("broken")
		if doc := w.page("/de/search?q=abc"); !strings.Contains(doc.Text(), "Die Suche steht gerade nicht zur Verfügung") {
			t.Error("an index that fails takes the page down")
		}
		if strings.Contains(w.log.String(), "abc") {
			t.Error("the log says what somebody looked for")
		}
	})
}

func TestSuggest(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		a := w.ask(zaehler)
		w.answer(a, goodAnswer)
		index := &shelfOf{hits: hitsOf(a)}
		w.pages.Search = index
		doc, err := goquery.NewDocumentFromReader(w.get("/de/suggest?q=stromz").Body)
		must(t, err)
		if !index.last.Partial || doc.Find("[data-announce]").AttrOr("data-announce", "") != "1 passende Frage" {
			t.Errorf("asked for %+v, announces %q", index.last, doc.Find("[data-announce]").AttrOr("data-announce", ""))
		}
		if text(doc, "#suggestions-title") != "Ist es das?" || doc.Find("a.suggestion").AttrOr("href", "") != w.path(a, "de") || doc.Find("html head title").Length() > 0 {
			t.Error("the suggestion is not there")
		}
		index.hits = nil
		if body := read(t, w.get("/en/suggest?q=stromz").Body); !strings.Contains(body, "We found no question like yours.") {
			t.Errorf("nothing found: %s", body)
		}
	})
}

type feedRead struct {
	XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string   `xml:"id"`
	Title   string   `xml:"title"`
	Updated string   `xml:"updated"`
	Links   []struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	} `xml:"link"`
	Entries []struct {
		ID      string `xml:"id"`
		Title   string `xml:"title"`
		Updated string `xml:"updated"`
		Author  string `xml:"author>name"`
		Link    struct {
			Href string `xml:"href,attr"`
		} `xml:"link"`
		Summary string `xml:"summary"`
		Content struct {
			Type string `xml:"type,attr"`
			Text string `xml:",chardata"`
		} `xml:"content"`
	} `xml:"entry"`
}

func (w *world) feed(path string) (f feedRead) {
	w.t.Helper()
	res := w.get(path)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/atom+xml; charset=utf-8" {
		w.t.Fatalf("%s: %d %s", path, res.StatusCode, res.Header.Get("Content-Type"))
	}
	must(w.t, xml.Unmarshal([]byte(read(w.t, res.Body)), &f))
	return f
}

func TestFeeds(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		a := w.ask(publish.Draft{Title: "Kosten <b>Zähler</b> & Ableser mehr?", Text: zaehler.Text, AuthorName: "Frau K."})
		w.clock.(*clock.Fixed).Advance(time.Hour)
		w.answer(a, goodAnswer)
		f := w.feed("/de/questions.atom")
		if len(f.Entries) != 1 || f.Entries[0].Title != "Kosten <b>Zähler</b> & Ableser mehr?" || f.Entries[0].Link.Href != baseURL+w.path(a, "de") || f.Entries[0].ID != "urn:uuid:"+a.id.String() {
			t.Errorf("the feed of questions: %+v", f)
		}
		if f.Updated != "2026-11-23T10:00:00Z" || f.Links[0].Rel != "self" || f.Links[0].Href != baseURL+"/de/questions.atom" {
			t.Errorf("its head: %+v", f)
		}
		f = w.feed("/de/questions/" + a.key + ".atom")
		if len(f.Entries) != 2 || f.Entries[0].Title != "Antwort von Stadtwerke Lindenau" || f.Entries[0].Author != "Stadtwerke Lindenau" || f.Entries[1].Author != "Frau K." {
			t.Fatalf("the feed of a thread: %+v", f.Entries)
		}
		if c := f.Entries[0].Content; c.Type != "html" || !strings.Contains(c.Text, "<strong>blaue Taste</strong>") {
			t.Errorf("its content: %+v", c)
		}
		if to := w.page(w.path(a, "de")).Find(`link[type="application/atom+xml"]`).AttrOr("href", ""); to != "/de/questions/"+a.key+".atom" {
			t.Errorf("the page names the feed %q", to)
		}
	})
}

type siteRead struct {
	Maps []string `xml:"sitemap>loc"`
	URLs []struct {
		Loc     string `xml:"loc"`
		LastMod string `xml:"lastmod"`
	} `xml:"url"`
}

func (w *world) site(path string) (s siteRead) {
	w.t.Helper()
	res := w.get(strings.TrimPrefix(path, baseURL))
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/xml") {
		w.t.Fatalf("%s: %d", path, res.StatusCode)
	}
	must(w.t, xml.Unmarshal([]byte(read(w.t, res.Body)), &s))
	return s
}

func TestSitemap(t *testing.T) {
	partSize = 4
	defer func() { partSize = 10_000 }()
	onBoth(t, func(t *testing.T, w *world) {
		w.furnish()
		want := map[string]bool{baseURL + "/de/": true, baseURL + "/en/": true, baseURL + "/de/questions": true, baseURL + "/en/questions": true,
			baseURL + "/de/questions/unanswered": true, baseURL + "/en/questions/unanswered": true}
		for round := range 3 {
			for i := range 3 {
				a := w.ask(publish.Draft{Title: fmt.Sprintf("Frage %d %d an die Stadtwerke", round, i), Text: zaehler.Text, Language: []string{"de", "en", "de"}[i]})
				w.clock.(*clock.Fixed).Advance(time.Minute)
				want[baseURL+w.path(a, a.c.Language)] = true
			}
			found := map[string]bool{}
			parts := w.site("/sitemap.xml").Maps
			for _, part := range parts {
				for _, u := range w.site(part).URLs {
					if found[u.Loc] {
						t.Errorf("round %d: %s is named twice", round, u.Loc)
					}
					found[u.Loc] = true
					if strings.Contains(u.Loc, "/questions/") && !strings.HasSuffix(u.Loc, "unanswered") && !strings.HasPrefix(u.LastMod, "2026-11-23T09:") {
						t.Errorf("%s changed last %q", u.Loc, u.LastMod)
					}
				}
			}
			if len(found) != len(want) || len(parts) != 1+(3*(round+1)+3)/4 {
				t.Fatalf("round %d: %d addresses in %d parts, want %d", round, len(found), len(parts), len(want))
			}
			for loc := range want {
				if !found[loc] {
					t.Errorf("%s is missing", loc)
				}
			}
		}
		for _, path := range []string{"/sitemap/x.xml", "/sitemap/first", "/sitemap/.xml", "/sitemap/AAAA.xml"} {
			if s := w.get(path).StatusCode; s != http.StatusNotFound {
				t.Errorf("%s: %d", path, s)
			}
		}
		robots := read(t, w.get("/robots.txt").Body)
		if !strings.Contains(robots, "\nSitemap: "+baseURL+"/sitemap.xml\n") || !strings.Contains(robots, "Disallow: /my\n") {
			t.Errorf("robots.txt:\n%s", robots)
		}
	})
}
