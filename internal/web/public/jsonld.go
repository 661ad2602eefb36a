package public

import (
	"lotse/internal/platform/markup"
	"lotse/internal/publish"
)

// The types of schema.org a thread's page is described with, as search engines
// ask for it (schema.org/QAPage). All is in the words that stand on the page.

type qaPage struct {
	Context string     `json:"@context"`
	Type    string     `json:"@type"`
	Main    ldQuestion `json:"mainEntity"`
}

type ldQuestion struct {
	Type      string     `json:"@type"`
	ID        string     `json:"@id"`
	URL       string     `json:"url"`
	Name      string     `json:"name"`
	Text      string     `json:"text"`
	Language  string     `json:"inLanguage"`
	Answers   int        `json:"answerCount"`
	Author    ldAuthor   `json:"author"`
	Published string     `json:"datePublished"`
	Modified  string     `json:"dateModified,omitempty"`
	Accepted  *ldAnswer  `json:"acceptedAnswer,omitempty"`
	Suggested []ldAnswer `json:"suggestedAnswer,omitempty"`
}

type ldAnswer struct {
	Type      string   `json:"@type"`
	ID        string   `json:"@id"`
	URL       string   `json:"url"`
	Text      string   `json:"text"`
	Language  string   `json:"inLanguage"`
	Author    ldAuthor `json:"author"`
	Published string   `json:"datePublished"`
	Modified  string   `json:"dateModified,omitempty"`
}

type ldAuthor struct {
	Type string `json:"@type"`
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

// structured describes a thread. The first substantive official answer is the
// accepted one; tombstones are left out.
func structured(v visit, page publish.Page, at string) qaPage {
	asked := page.Question()
	q := ldQuestion{
		Type: "Question", ID: at + "#" + anchor(asked), URL: at, Name: page.Title, Text: markup.TextFromHTML(asked.HTML.String()),
		Language: page.Language, Author: ldAuthor{Type: "Person", Name: asked.Author(v.p.Locale())},
		Published: stamp(page.PublishedAt.Time()), Modified: stamp(asked.EditedAt.Time()),
	}
	for i, post := range page.Posts {
		if i == 0 || post.State != publish.PostShown {
			continue
		}
		q.Answers++
		a := v.described(post, at)
		if q.Accepted == nil && post.Kind == publish.Answer && post.Substantive {
			q.Accepted = &a
			continue
		}
		q.Suggested = append(q.Suggested, a)
	}
	return qaPage{Context: "https://schema.org", Type: "QAPage", Main: q}
}

func (v visit) described(post publish.Post, at string) ldAnswer {
	a := ldAnswer{
		Type: "Answer", ID: at + "#" + anchor(post), URL: at + "#" + anchor(post), Text: markup.TextFromHTML(post.HTML.String()),
		Language: post.Language, Author: ldAuthor{Type: "Person", Name: post.Author(v.p.Locale())},
		Published: stamp(post.ReleasedAt.Time()), Modified: stamp(post.EditedAt.Time()),
	}
	if post.Kind == publish.Answer {
		a.Author = ldAuthor{Type: "Organization", Name: v.brand.Name, URL: v.base() + "/"}
	}
	return a
}
