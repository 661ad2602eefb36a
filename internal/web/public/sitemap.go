package public

import (
	"context"
	"encoding/xml"
	"net/http"
	"strings"
	"sync"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/publish"
)

// partSize is how many threads a part of the sitemap names; tests make it small.
// The protocol allows 50,000 addresses.
var partSize = 10_000

type siteIndex struct {
	XMLName xml.Name   `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
	Maps    []siteLine `xml:"sitemap"`
}

type siteURLs struct {
	XMLName xml.Name   `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
	URLs    []siteLine `xml:"url"`
}

type siteLine struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

// siteMap remembers where the parts of a brand's sitemap begin, so that only the
// last one is read to find out whether there is another.
type siteMap struct {
	mu    sync.Mutex
	parts []publish.Cursor // what stands before each part; the first is zero
}

// sitemap lists the parts: one of the pages that list, then those of threads, the
// oldest first. A full part ends where it ended before, so that what is new
// changes the last one only.
func (p *Pages) sitemap(w http.ResponseWriter, r *http.Request, v visit) error {
	return p.serve(w, r, v, func(ctx context.Context) (*answer, error) {
		parts, last, err := p.partsOf(ctx, v.brand.ID)
		if err != nil {
			return nil, err
		}
		index := siteIndex{Maps: []siteLine{{Loc: v.base() + "/sitemap/pages.xml"}}}
		for i, after := range parts {
			line := siteLine{Loc: v.base() + "/sitemap/" + partName(after)}
			if i == len(parts)-1 {
				line.LastMod = stamp(last.Time())
			}
			index.Maps = append(index.Maps, line)
		}
		return xmlAnswer(typeXML, index)
	})
}

// partsOf returns where each part begins and when the last one changed.
func (p *Pages) partsOf(ctx context.Context, brand ids.ID) (parts []publish.Cursor, changed clock.Stamp, err error) {
	m := p.siteMap(brand)
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		cards, next, err := p.Publish.Sitemap(ctx, brand, m.parts[len(m.parts)-1], partSize)
		if err != nil {
			return nil, 0, err
		}
		if next.IsZero() {
			return append([]publish.Cursor(nil), m.parts...), lastChange(cards), nil
		}
		m.parts = append(m.parts, next)
	}
}

func (p *Pages) siteMap(brand ids.ID) *siteMap {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.maps[brand] == nil {
		p.maps[brand] = &siteMap{parts: []publish.Cursor{{}}}
	}
	return p.maps[brand]
}

func lastChange(cards []publish.Card) (last clock.Stamp) {
	for _, c := range cards {
		last = max(last, c.ChangedAt)
	}
	return last
}

func partName(after publish.Cursor) string {
	if after.IsZero() {
		return "first.xml"
	}
	return after.String() + ".xml"
}

// sitemapPart is one part: the pages that list, or threads.
func (p *Pages) sitemapPart(w http.ResponseWriter, r *http.Request, v visit) error {
	name, isXML := strings.CutSuffix(r.PathValue("part"), ".xml")
	if !isXML {
		return errs.New(errs.NotFound, "")
	}
	if name == "pages" {
		return p.serve(w, r, v, func(context.Context) (*answer, error) { return xmlAnswer(typeXML, v.listPages()) })
	}
	var after db.Cursor
	if name != "first" {
		var err error
		if after, err = db.ParseCursor(name); err != nil || after.IsZero() {
			return errs.New(errs.NotFound, "")
		}
	}
	return p.fresh(w, r, v, func(ctx context.Context) (*answer, error) {
		cards, _, err := p.Publish.Sitemap(ctx, v.brand.ID, after, partSize)
		if err != nil {
			return nil, err
		}
		var set siteURLs
		for _, c := range cards {
			path := "/" + v.original(c.Language) + strings.TrimPrefix(c.Path(), "/"+c.Language)
			set.URLs = append(set.URLs, siteLine{Loc: v.base() + path, LastMod: stamp(c.ChangedAt.Time())})
		}
		return xmlAnswer(typeXML, set)
	})
}

func (v visit) listPages() siteURLs {
	var set siteURLs
	for _, l := range i18n.Locales() {
		for _, rest := range []string{"/", "/questions", "/questions/unanswered"} {
			set.URLs = append(set.URLs, siteLine{Loc: v.base() + "/" + string(l) + rest})
		}
	}
	return set
}

// robots tells search engines what is theirs. Nothing depends on it: what is not
// public asks for a secret link or a sign-in.
func (p *Pages) robots(w http.ResponseWriter, r *http.Request, v visit) error {
	return p.serve(w, r, v, func(context.Context) (*answer, error) {
		text := "User-agent: *\nDisallow: /my\nDisallow: /l/\nDisallow: /f/\nDisallow: /d/\nDisallow: /track\nDisallow: /signin\n"
		for _, l := range i18n.Locales() {
			text += "Disallow: /" + string(l) + "/suggest\n"
		}
		return newAnswer(http.StatusOK, typeText, []byte(text+"\nSitemap: "+v.base()+"/sitemap.xml\n")), nil
	})
}
