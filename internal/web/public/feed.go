package public

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"net/http"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
	"lotse/internal/publish"
)

// The elements of an Atom feed (RFC 4287) we use.

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Author  atomPerson  `xml:"author"`
	Entries []atomEntry `xml:"entry"`
}

type atomEntry struct {
	Lang      string      `xml:"xml:lang,attr,omitempty"`
	ID        string      `xml:"id"`
	Title     string      `xml:"title"`
	Published string      `xml:"published,omitempty"`
	Updated   string      `xml:"updated"`
	Links     []atomLink  `xml:"link"`
	Author    *atomPerson `xml:"author"`
	Summary   *atomText   `xml:"summary"`
	Content   *atomText   `xml:"content"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr,omitempty"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomPerson struct {
	Name string `xml:"name"`
}

type atomText struct {
	Type string `xml:"type,attr,omitempty"`
	Text string `xml:",chardata"`
}

// latestFeed is the feed of the newest questions.
func (p *Pages) latestFeed(w http.ResponseWriter, r *http.Request, v visit) error {
	return p.serve(w, r, v, func(ctx context.Context) (*answer, error) {
		list, err := p.Publish.Latest(ctx, v.brand.ID, publish.Filter{})
		if err != nil {
			return nil, err
		}
		feed := v.feed("/questions.atom", "/questions", v.p.T("public.questions.feed", "Brand", v.brand.Name))
		changed := v.brand.CreatedAt
		for _, c := range list.Cards {
			changed = max(changed, c.ChangedAt)
			entry := atomEntry{
				ID: "urn:uuid:" + c.ID.String(), Title: c.Title, Links: []atomLink{{Rel: "alternate", Type: "text/html", Href: v.base() + v.threadPath(c)}},
				Published: stamp(c.PublishedAt.Time()), Updated: stamp(c.ChangedAt.Time()), Summary: &atomText{Text: c.Excerpt},
			}
			entry.Lang = v.otherLang(c.Language)
			feed.Entries = append(feed.Entries, entry)
		}
		return feed.answer(changed)
	})
}

// threadFeed is the feed of one thread: its posts, the newest first.
func (p *Pages) threadFeed(w http.ResponseWriter, r *http.Request, v visit, key string) error {
	return p.serve(w, r, v, func(ctx context.Context) (*answer, error) {
		page, err := p.Publish.Thread(ctx, v.brand.ID, key)
		if err != nil {
			return nil, err
		}
		if page.Key != key {
			return nil, errs.New(errs.NotFound, "")
		}
		at := v.local(page.Path(), page.Language)
		feed := v.feed("/questions/"+key+".atom", "", page.Title)
		feed.ID = "urn:uuid:" + page.ID.String()
		feed.Links[1].Href = v.base() + at
		for i := len(page.Posts) - 1; i >= 0; i-- {
			if post := page.Posts[i]; post.State == publish.PostShown {
				feed.Entries = append(feed.Entries, v.postEntry(page, post, v.base()+at))
			}
		}
		a, err := feed.answer(page.ChangedAt)
		if err != nil {
			return nil, err
		}
		a.thread, a.key, a.version = page.ID, page.Key, page.Version
		return a, nil
	})
}

func (v visit) postEntry(page publish.Page, post publish.Post, at string) atomEntry {
	title := page.Title
	who := post.Author(v.p.Locale())
	if post.Kind == publish.Answer {
		who = v.brand.Name
	}
	if post.Kind != publish.Question {
		title = v.p.T("public.thread.reply", "Name", who)
	}
	return atomEntry{
		Lang: v.otherLang(post.Language), ID: "urn:uuid:" + post.ID.String(), Title: title,
		Links:     []atomLink{{Rel: "alternate", Type: "text/html", Href: at + "#" + anchor(post)}},
		Published: stamp(post.ReleasedAt.Time()), Updated: stamp(max(post.ReleasedAt, post.EditedAt).Time()),
		Author: &atomPerson{Name: who}, Content: &atomText{Type: "html", Text: post.HTML.String()},
	}
}

func (v visit) feed(self, page, title string) atomFeed {
	at := v.base() + v.path(self)
	return atomFeed{
		Lang: v.locale(), ID: at, Title: title, Author: atomPerson{Name: v.brand.Name},
		Links: []atomLink{{Rel: "self", Type: "application/atom+xml", Href: at}, {Rel: "alternate", Type: "text/html", Href: v.base() + v.path(page)}},
	}
}

func (f atomFeed) answer(updated clock.Stamp) (*answer, error) {
	f.Updated = stamp(updated.Time())
	return xmlAnswer(typeAtom, f)
}

func xmlAnswer(kind string, document any) (*answer, error) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if err := xml.NewEncoder(&b).Encode(document); err != nil {
		return nil, fmt.Errorf("writing XML: %w", err)
	}
	return newAnswer(http.StatusOK, kind, b.Bytes()), nil
}
