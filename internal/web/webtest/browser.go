package webtest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// Browser asks the desk for pages as a browser would, and keeps its cookies. It
// follows no redirect.
type Browser struct {
	Address string      // of the network it comes from
	Header  http.Header // sent with each request
	t       *testing.T
	handler http.Handler
	cookies map[string]*http.Cookie
}

// Page is an answer.
type Page struct {
	*goquery.Document
	Status  int
	Header  http.Header
	Cookies []*http.Cookie
	Body    string
}

// Browser returns a new browser that speaks German.
func (d *Desk) Browser() *Browser {
	return &Browser{Address: "192.0.2.7", t: d.t, handler: d.Handler, cookies: map[string]*http.Cookie{},
		Header: http.Header{"Accept-Language": {"de"}, "Sec-Fetch-Site": {"same-origin"}, "User-Agent": {"Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}}}
}

// SignedIn returns a browser somebody is signed in with.
func (d *Desk) SignedIn(email string) *Browser {
	d.t.Helper()
	b := d.Browser()
	if page := b.Post("/signin", "email", email, "password", Password); page.Status != http.StatusSeeOther {
		d.t.Fatalf("%s can't sign in: %d", email, page.Status)
	}
	return b
}

// Get opens a page.
func (b *Browser) Get(path string) *Page {
	b.t.Helper()
	return b.Do(httptest.NewRequest(http.MethodGet, BaseURL+path, nil))
}

// Post sends a form of names and values.
func (b *Browser) Post(path string, pairs ...string) *Page {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, BaseURL+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.Do(r)
}

// Do sends a request and checks the page that comes back.
func (b *Browser) Do(r *http.Request) *Page {
	b.t.Helper()
	r.RemoteAddr = b.Address + ":4711"
	for name, values := range b.Header {
		if r.Header.Get(name) == "" {
			r.Header[name] = values
		}
	}
	for _, c := range b.cookiesFor(r.URL.Path) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	page := &Page{Status: w.Code, Header: w.Header(), Cookies: w.Result().Cookies(), Body: w.Body.String()}
	for _, c := range page.Cookies {
		if b.cookies[c.Path+" "+c.Name] = c; c.MaxAge < 0 || c.Value == "" {
			delete(b.cookies, c.Path+" "+c.Name)
		}
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(page.Body))
	if err != nil {
		b.t.Fatal(err)
	}
	page.Document = doc
	if strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") && page.Location() == "" {
		check(b.t, r.Method+" "+r.URL.Path, page)
	}
	return page
}

// cookiesFor returns the cookies of a path, those of longer paths first (RFC 6265
// §5.4).
func (b *Browser) cookiesFor(path string) []*http.Cookie {
	var list []*http.Cookie
	for _, c := range b.cookies {
		at := strings.TrimSuffix(c.Path, "/")
		if c.Path == "" || path == at || strings.HasPrefix(path, at+"/") {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(x, y *http.Cookie) int { return len(y.Path) - len(x.Path) })
	return list
}

// Location is where the answer leads, "" if it is no redirect.
func (p *Page) Location() string { return p.Header.Get("Location") }

// Value returns what a control holds.
func (p *Page) Value(name string) string {
	control := p.Find(`[name="` + name + `"]`)
	switch {
	case control.Is("select"):
		return control.Find("option[selected]").AttrOr("value", "")
	case control.Is("textarea"):
		return strings.TrimPrefix(control.Text(), "\n")
	case control.Is("[type=radio], [type=checkbox]"):
		return control.Filter("[checked]").AttrOr("value", "")
	}
	return control.AttrOr("value", "")
}

// Faults returns the names of the controls the error summary leads to, in order.
func (p *Page) Faults() string {
	var names []string
	p.Find(".error-summary a").Each(func(_ int, s *goquery.Selection) {
		names = append(names, strings.TrimPrefix(s.AttrOr("href", ""), "#f-"))
	})
	return strings.Join(names, " ")
}

// Text returns the text of what a selector finds, with single spaces.
func (p *Page) Text(selector string) string {
	return strings.Join(strings.Fields(p.Find(selector).Text()), " ")
}
