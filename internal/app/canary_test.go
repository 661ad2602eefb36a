package app_test

import (
	"context"
	"errors"
	"html"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/blevesearch/bleve/v2"

	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
)

func TestNothingPrivateIsPublic(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, database string) {
		w := newTown(t, database)
		c := &crawler{town: w, seen: map[string]bool{}}
		t.Run("the words are there", c.control)
		t.Run("every link", c.links)
		t.Run("every route", c.routes)
		t.Run("search", c.search)
		t.Run("caches", c.caches)
		t.Run("index", c.index)
		t.Run("events and jobs", c.database)
		t.Run("log", c.logs)
	})
}

// control makes sure that the words stand where they belong and would be seen:
// whoever may read them does.
func (c *crawler) control(t *testing.T) {
	for who, r := range map[string]reply{
		"a customer":       c.shown.get(""),
		"an agent":         c.get("/cases/"+c.mailed.Number, c.signedIn(c.agent)),
		"an administrator": c.get("/admin/staff", c.signedIn(c.boss)),
	} {
		seen := 0
		for word := range c.words {
			seen += strings.Count(r.body, word)
		}
		if seen < 3 {
			t.Errorf("%s sees %d private words (%d)", who, seen, r.status)
		}
	}
}

// crawler is nobody, and reads everything.
type crawler struct {
	*town
	seen  map[string]bool
	all   strings.Builder // of what was read by links
	found int
}

// check looks for anything private in an answer. What the request itself said may
// be said back.
func (c *crawler) check(t *testing.T, where string, said string, asked ...string) {
	t.Helper()
	said = strings.ToLower(html.UnescapeString(said))
	known := strings.ToLower(strings.Join(asked, " "))
	for _, private := range []map[string]string{c.words, c.numbers} {
		for word, what := range private {
			if strings.Contains(said, word) && !strings.Contains(known, word) {
				c.report(t, where, what, said, word)
			}
		}
	}
	c.checkKeys(t, where, said, known)
}

func (c *crawler) checkKeys(t *testing.T, where, said, known string) {
	t.Helper()
	said = strings.ToLower(said)
	for key, what := range c.keys {
		if key = strings.ToLower(key); strings.Contains(said, key) && !strings.Contains(known, key) {
			c.report(t, where, what, said, key)
		}
	}
}

func (c *crawler) report(t *testing.T, where, what, said, word string) {
	t.Helper()
	if c.found++; c.found > 30 {
		t.Fatalf("%s and more", where)
	}
	at := strings.Index(said, word)
	t.Errorf("%s shows %s: …%s…", where, what, said[max(0, at-80):min(len(said), at+80)])
}

var linkTo = regexp.MustCompile(`(?:href|src|action|poster|data-[a-z-]+)="([^"]+)"|<loc>([^<]+)</loc>|(?m)^Sitemap: (\S+)`)

// links follows every link of every page, and finds all that is public.
func (c *crawler) links(t *testing.T) {
	next := []string{"/", "/de/", "/en/", "/sitemap.xml", "/robots.txt", "/de/questions.atom", "/en/questions.atom", "/ask", "/my", "/track", "/signin", "/forgot", "/de/search", "/healthz", "/readyz"}
	for len(next) > 0 {
		path := next[0]
		next = next[1:]
		if c.seen[path] {
			continue
		}
		c.seen[path] = true
		if len(c.seen) > 3000 {
			t.Fatal("there is no end of pages")
		}
		r := c.get(path)
		c.check(t, "GET "+path, r.all(), path)
		c.all.WriteString(r.body)
		if r.status >= http.StatusInternalServerError {
			t.Errorf("GET %s: %d", path, r.status)
		}
		for _, m := range linkTo.FindAllStringSubmatch(r.body+"\nhref=\""+r.header.Get("Location")+"\"", -1) {
			if to := local(path, html.UnescapeString(m[1]+m[2]+m[3])); to != "" {
				next = append(next, to)
			}
		}
	}
	for _, word := range c.public {
		if !strings.Contains(c.all.String(), word) {
			t.Errorf("the crawl has not found %s, which is public", word)
		}
	}
	t.Logf("%d pages, %d private words, %d ids, %d tokens", len(c.seen), len(c.words), len(c.numbers), len(c.keys))
}

// local is the path a link leads to, "" for another site.
func local(from, link string) string {
	base, err := url.Parse(houseURL + from)
	if err != nil {
		return ""
	}
	to, err := base.Parse(link)
	if err != nil || to.Host != base.Host {
		return ""
	}
	return to.RequestURI()
}

// values are what stands for a placeholder of a route: things that are there, and
// things that are not.
func (c *crawler) values() map[string][]string {
	fake := ids.New().String()
	v := map[string][]string{
		"number": {c.shown.number, c.restricted.Number, c.erased.number, c.trashed.number, "L-2222-22", "x"},
		"id": {c.shown.attachment, c.shown.c.ID.String(), c.shown.c.CustomerID.String(), c.agent.ID.String(), c.grid.String(), c.account.ID.String(),
			c.brand.String(), fake, "x"},
		"name": {"datei.html", strings.ToUpper(c.shown.uploaded)}, "token": {c.shown.link, c.shown.pass, string(ids.NewToken()), "x"},
		"l": {"de", "en"}, "slug": {"x"}, "part": {"pages.xml", "first.xml", "x.xml", "x"}, "key": {"abcdefgh", "ack", "x"}, "post": {fake, "x"},
		"delivery": {fake, "x"}, "staff": {c.agent.ID.String(), fake}, "language": {"de", "xx"}, "selector": {"lotse-2026a", "x"}, "how": {"send", "discard", "x"},
	}
	for _, k := range []*customer{c.shown, c.revised, c.waiting, c.refused, c.unconfirmed, c.gone, c.trashed} {
		thread := k.thread()
		if thread == nil {
			continue
		}
		v["key"] = append(v["key"], thread.Key, thread.Key+".atom")
		v["post"] = append(v["post"], thread.Posts[0].ID.String())
		if thread.Slug != "" {
			v["slug"] = append(v["slug"], thread.Slug)
		}
	}
	for _, path := range c.gonePaths {
		v["key"] = append(v["key"], strings.Split(path, "/")[3], strings.Split(path, "/")[3]+".atom")
	}
	return v
}

var placeholder = regexp.MustCompile(`\{([a-z]+)(?:\.\.\.)?\}`)

// fill returns the addresses of a route. The first value comes with all others'
// first ones, and so on: not every combination.
func fill(path string, values map[string][]string) []string {
	names := placeholder.FindAllStringSubmatch(path, -1)
	if len(names) == 0 {
		return []string{path}
	}
	var all []string
	for i, m := range names {
		for _, value := range values[m[1]] {
			p := strings.Replace(path, m[0], url.PathEscape(value), 1)
			for j, other := range names {
				if j != i {
					p = strings.Replace(p, other[0], url.PathEscape(values[other[1]][0]), 1)
				}
			}
			all = append(all, p)
		}
	}
	return all
}

// routes asks for everything there is, with every method, as nobody.
func (c *crawler) routes(t *testing.T) {
	vals := c.values()
	asked := 0
	for _, route := range routes(t) {
		for _, path := range fill(route.path, vals) {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
				if method == http.MethodPost && strings.HasPrefix(path, "/l/"+c.shown.link) || strings.HasPrefix(path, "/l/"+c.shown.pass) {
					continue // the link of a case is the power over it
				}
				r := c.do(method, path+"?q=x&after=x&sent=case", "")
				asked++
				c.check(t, method+" "+path, r.all(), path)
				if r.status >= http.StatusInternalServerError {
					t.Errorf("%s %s: %d", method, path, r.status)
				}
				if method == http.MethodHead && len(r.body) > 0 {
					t.Errorf("HEAD %s has a body", path)
				}
			}
		}
	}
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} { // for this machine
		c.check(t, path, c.get(path, func(r *http.Request) { r.Header.Del("X-Forwarded-For") }).all())
	}
	t.Logf("%d requests", asked)
}

// search looks for every private word. The answer is the same as for a word that
// is nowhere, but for the word itself.
func (c *crawler) search(t *testing.T) {
	nothing := newWord()
	for _, page := range []string{"/de/search?q=", "/en/search?q=", "/de/suggest?q=", "/en/suggest?q=", "/ask?q="} {
		want := c.get(page + nothing).comparable(nothing)
		for word, what := range c.words {
			if len(word) != len(nothing) {
				continue // another length may well be another page
			}
			r := c.get(page + word)
			if got := r.comparable(word); got != want {
				t.Errorf("%s finds %s: %s", page, what, differ(want, got))
			}
			c.check(t, page, r.all(), word)
		}
	}
	for word, what := range c.numbers {
		if c.hits(word) > 0 {
			t.Errorf("search finds %s", what)
		}
	}
	if c.hits(c.indexed) != 1 {
		t.Error("search does not find what is public")
	}
}

// caches asks for every page again in every coding, and whether it has changed.
func (c *crawler) caches(t *testing.T) {
	for path := range c.seen {
		for _, coding := range []string{"gzip", "br", "gzip, br", "identity"} {
			r := c.get(path, header("Accept-Encoding", coding))
			c.check(t, path+" in "+coding, r.all(), path)
			if tag := r.header.Get("Etag"); tag != "" {
				again := c.get(path, header("Accept-Encoding", coding), header("If-None-Match", tag))
				c.check(t, path+" again in "+coding, again.all(), path)
			}
		}
	}
	for _, path := range c.gonePaths {
		for _, l := range []string{"de", "en"} {
			path = "/" + l + path[3:]
			for _, coding := range []string{"gzip", "br", "identity"} {
				c.check(t, path, c.get(path, header("Accept-Encoding", coding)).all(), path)
			}
			key := "/" + l + "/questions/" + strings.Split(path, "/")[3]
			for _, p := range []string{key, key + ".atom"} {
				if r := c.get(p); r.status != http.StatusGone && r.status != http.StatusNotFound {
					t.Errorf("%s: %d", p, r.status)
				}
			}
		}
	}
}

// index reads the files of the public index and every term they hold. Words that
// were public once are found no more (see takenBack and search) but may lie in a
// file until the index merges it.
func (c *crawler) index(t *testing.T) {
	var torn error
	for begin := time.Now(); time.Since(begin) < 10*time.Second; time.Sleep(100 * time.Millisecond) {
		if torn = c.readIndex(t); torn == nil || t.Failed() { // else the copy was taken in the middle of a merge
			return
		}
	}
	t.Error(torn)
}

// readIndex fails the test for every word a copy of the index holds that was
// never public. The error says that the copy can't be read as an index.
func (c *crawler) readIndex(t *testing.T) error {
	copied := filepath.Join(t.TempDir(), "copy")
	folders, err := filepath.Glob(filepath.Join(c.app.Config.Data, "search", "public*"))
	c.must(err)
	if len(folders) != 1 {
		t.Fatalf("the index lies in %v", folders)
	}
	if err := os.CopyFS(copied, os.DirFS(folders[0])); err != nil {
		return err // merged away meanwhile
	}
	c.must(fs.WalkDir(os.DirFS(copied), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(copied, path))
		for word, what := range c.words {
			if !c.once[word] && strings.Contains(string(b), word) {
				t.Errorf("%s holds %s", path, what)
			}
		}
		return err
	}))
	index, err := bleve.Open(filepath.Join(copied, "index"))
	if err != nil {
		return err
	}
	defer index.Close()
	fields, err := index.Fields()
	c.must(err)
	known := false
	for _, field := range fields {
		terms, err := index.FieldDict(field)
		c.must(err)
		for term, err := terms.Next(); term != nil; term, err = terms.Next() {
			c.must(err)
			known = known || strings.Contains(term.Term, c.indexed)
			for word, what := range c.words {
				if !c.once[word] && strings.Contains(term.Term, word) {
					t.Errorf("field %s knows %s", field, what)
				}
			}
		}
		c.must(terms.Close())
	}
	if !known {
		return errors.New("the index does not know what is public: the test reads nothing")
	}
	return nil
}

// database reads what must hold no words at all: events, jobs and their errors.
func (c *crawler) database(t *testing.T) {
	for _, query := range []string{
		"SELECT CAST(params AS text) || kind FROM events", "SELECT CAST(args AS text) FROM river_job",
		"SELECT COALESCE(CAST(errors AS text), '') FROM river_job", "SELECT CAST(metadata AS text) FROM river_job",
		"SELECT reason FROM envelopes", "SELECT slug || key || language FROM threads",
	} {
		if c.app.DB.Postgres() {
			query = strings.Replace(query, "CAST(params AS text)", "convert_from(params, 'UTF8')", 1)
		}
		var rows []string
		c.must(c.app.DB.Read().NewRaw(query).Scan(context.Background(), &rows))
		if len(rows) == 0 {
			t.Errorf("%s: no rows", query)
		}
		for _, row := range rows {
			for word, what := range c.words {
				if strings.Contains(strings.ToLower(row), word) {
					t.Errorf("%s shows %s: %.200s", query, what, row)
				}
			}
			c.checkKeys(t, query, row, "")
		}
	}
}

// logs reads all that was logged, also what nobody switches on.
func (c *crawler) logs(t *testing.T) {
	log := c.log.String()
	if !strings.Contains(log, "level=") {
		t.Error("nothing was logged: the test reads nothing")
	}
	for word, what := range c.words {
		if at := strings.Index(strings.ToLower(log), word); at >= 0 {
			t.Errorf("the log shows %s: %s", what, log[max(0, at-200):min(len(log), at+100)])
		}
	}
	c.checkKeys(t, "the log", log, "")
}
