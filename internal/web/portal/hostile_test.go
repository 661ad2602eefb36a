package portal_test

import (
	_ "embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/markup"
	"lotse/internal/web/webtest"
)

//go:embed testdata/xss.txt
var xss string

//go:embed testdata/blns.txt
var blns string

// TestHostileStringsAreInert puts each string everywhere a customer can put one:
// into the form to ask, a file's name, a message, the public text, and addresses.
// Every page must keep its structure, run nothing and hold what was typed.
func TestHostileStringsAreInert(t *testing.T) {
	turn := 0
	list := append(strings.Split(strings.TrimSpace(xss), "\n"), strings.Split(strings.TrimSuffix(blns, "\n"), "\n")...)
	list = append(list, "</textarea><h1>x</h1>", "</title><script>alert(1)</script>", "a\x00b\u202egnp.exe", "\xff\xfe\xed\xa0\x80")
	list = append(list, more(t)...)
	if len(list) < 500 {
		t.Fatalf("only %d strings", len(list))
	}
	if os.Getenv("SOAK") == "" { // each takes a dozen pages: the check takes every fourth, the soak all
		list = slices.DeleteFunc(list, func(string) bool { turn++; return turn%4 != 0 })
	}
	const shards = 4
	for shard := range shards {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
			for i := shard; i < len(list); i += shards {
				w.attack(i, list[i])
			}
		})
	}
}

// more returns the lines of all .txt files in the folder LOTSE_HOSTILE, for a
// long run over lists that do not lie here.
func more(t *testing.T) []string {
	var list []string
	seen := map[string]bool{}
	dir := os.Getenv("LOTSE_HOSTILE")
	if dir == "" {
		return nil
	}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".txt" {
			return err
		}
		text, err := os.ReadFile(path)
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimRight(line, "\r\n"); !seen[line] && strings.TrimSpace(line) != "" && len(line) < 4000 {
				seen[line] = true
				list = append(list, line)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (w *world) attack(i int, s string) {
	w.t.Helper()
	b := w.Browser()
	b.Address = fmt.Sprintf("198.51.%d.%d", i/250, i%250+1)
	w.Clock.Advance(2 * time.Minute)
	form := b.Get("/ask")
	refused := upload(b, "/ask", question(form, "subject", s, "text", s, "email", s, "name", s, "visibility", s, "upload", s))
	w.intact(refused, s, 422)
	if got := refused.Value("text"); !sameText(got, s) {
		w.t.Errorf("typed %q, kept %q", s, got)
	}
	fields := question(form, "subject", short("Betreff "+s), "text", "Text "+s, "name", short(s), "email", fmt.Sprintf("k%d@post.example", i))
	sent := upload(b, "/ask", fields, "files", fileName(s)+".html", "<script>alert(1)</script>")
	if sent.Status != 303 {
		w.t.Errorf("%q: asking gives %d: %s", s, sent.Status, sent.Text(".error-summary"))
		return
	}
	path := "/my/" + numberIn(sent.Location())
	w.intact(b.Get(sent.Location()), s, 200)
	page := b.Get(path)
	w.intact(page, s, 200)
	if got, want := page.Find("h1").Text(), markup.CleanLine(short("Betreff "+s), 0); got != want {
		w.t.Errorf("the subject %q reads %q", want, got)
	}
	w.intact(b.Post(path+"/public", "step", "check", "title", s, "text", s, "name", s), s, 200, 422)
	w.intact(b.Post(path+"/public", "step", "check", "title", "Was tun damit? "+s, "text", "Ein Text, der lang genug ist. "+s, "name", ""), s, 200, 422)
	w.intact(b.Post("/track", "number", s), s, 422, 303)
	w.intact(b.Post("/my/link", "email", s), s, 422, 303)
}

// intact makes sure that foreign text added no structure of ours and runs
// nothing; that there is nothing inline is checked for every page.
func (w *world) intact(page *webtest.Page, s string, statuses ...int) {
	w.t.Helper()
	known := false
	for _, status := range statuses {
		known = known || page.Status == status
	}
	if !known {
		w.t.Errorf("%q gives %d", s, page.Status)
	}
	if page.Location() != "" {
		return
	}
	for _, selector := range []string{"h1", "main", "head title", "header.public-header", "#live", "footer.public-footer"} {
		if n := page.Find(selector).Length(); n != 1 {
			w.t.Errorf("%q makes %d × %s", s, n, selector)
		}
	}
	if n := page.Find(".mail, .preview-text").Find("form, input, button, script, style, iframe, [id], h1, h2, h3").Length(); n > 0 {
		w.t.Errorf("%q leaves %d elements it must not", s, n)
	}
	page.Find("a, form").Each(func(_ int, e *goquery.Selection) {
		for _, name := range []string{"href", "action"} {
			if v := strings.ToLower(strings.TrimSpace(e.AttrOr(name, ""))); strings.HasPrefix(v, "javascript:") || strings.HasPrefix(v, "data:") || strings.HasPrefix(v, "//") {
				w.t.Errorf("%q leads to %q", s, v)
			}
		}
	})
}

// sameText compares what was typed with what a page holds, as browsers read it:
// with one kind of line end, and no NUL or broken UTF-8.
func sameText(got, typed string) bool {
	typed = strings.ReplaceAll(strings.ToValidUTF8(typed, "\uFFFD"), "\x00", "\uFFFD")
	plain := strings.NewReplacer("\r\n", "\n", "\r", "\n")
	return strings.TrimPrefix(plain.Replace(got), "\n") == strings.TrimPrefix(plain.Replace(typed), "\n")
}

// short is what a subject may hold.
func short(s string) string {
	if r := []rune(s); len(r) > 190 {
		return string(r[:190])
	}
	return s
}

// fileName is what a file can be called where people keep files.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}
