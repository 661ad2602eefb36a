package workspace_test

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"lotse/internal/intake"
	"lotse/internal/platform/ids"
)

func TestAttachmentsAreSavedNotRun(t *testing.T) {
	onBoth(t, func(w *world) {
		l := heike
		png := []byte("\x89PNG\r\n\x1a\n and so on")
		l.HTML = `<p>Siehe Foto</p><img src="cid:foto@post" alt="Router"><img src="cid:boese@post"><img src="cid:fehlt@post" alt="Fehlt">`
		l.Parts = []intake.Part{
			{Name: "Router Rückseite \"1\".png", ContentType: "image/png", ContentID: "foto@post", Inline: true, Content: png},
			{Name: "bild.svg", ContentType: "image/svg+xml", ContentID: "boese@post", Inline: true, Content: []byte("<svg onload=alert(1)>")},
			{Name: "Rechnung.html", ContentType: "text/html", Content: []byte("<script>alert(1)</script>")},
		}
		c := w.open(l)
		doc := w.mia.get("/cases/" + c.Number)
		src, _ := doc.Find(".mail img").Attr("src")
		if doc.Find(".mail img").Length() != 1 || !strings.HasSuffix(src, "?inline=1") {
			t.Fatalf("%d images, %q", doc.Find(".mail img").Length(), src)
		}
		if names := text(doc.Find(".attachments")); names != "bild.svg 21 BRechnung.html 25 B" {
			t.Errorf("listed are %q", names)
		}
		plain, _, _ := strings.Cut(src, "?")
		svg, _ := doc.Find(".attachment").First().Attr("href")
		html, _ := doc.Find(".attachment").Last().Attr("href")
		for path, want := range map[string]struct{ kind, contentType, name, body string }{
			src:               {"inline", "image/png", "Router Rückseite \"1\".png", string(png)},
			plain:             {"attachment", "application/octet-stream", "Router Rückseite \"1\".png", string(png)},
			svg + "?inline=1": {"attachment", "application/octet-stream", "bild.svg", "<svg onload=alert(1)>"},
			html:              {"attachment", "application/octet-stream", "Rechnung.html", "<script>alert(1)</script>"},
		} {
			res := w.mia.do(httptest.NewRequest("GET", path, nil))
			body, _ := io.ReadAll(res.Body)
			kind, params, err := mime.ParseMediaType(res.Header.Get("Content-Disposition"))
			if err != nil || kind != want.kind || params["filename"] != want.name {
				t.Errorf("%s: %s %q %v", path, kind, params, err)
			}
			if res.StatusCode != 200 || string(body) != want.body || res.Header.Get("Content-Type") != want.contentType {
				t.Errorf("%s: %d %s %q", path, res.StatusCode, res.Header.Get("Content-Type"), body)
			}
			if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Content-Security-Policy") != "sandbox; default-src 'none'" {
				t.Errorf("%s: %v", path, res.Header)
			}
		}
	})
}

func TestAttachmentAccessRangesAndETag(t *testing.T) {
	onBoth(t, func(w *world) {
		l := heike
		l.Parts = []intake.Part{{Name: "zahlen.txt", ContentType: "text/plain", Content: []byte("0123456789")}}
		c := w.open(l)
		path, _ := w.mia.get("/cases/" + c.Number).Find(".attachment").Attr("href")
		res := w.mia.do(httptest.NewRequest("GET", path, nil))
		tag := res.Header.Get("ETag")
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("If-None-Match", tag)
		if again := w.mia.do(r); tag == "" || again.StatusCode != http.StatusNotModified {
			t.Errorf("with the tag %q: %d", tag, again.StatusCode)
		}
		r = httptest.NewRequest("GET", path, nil)
		r.Header.Set("Range", "bytes=2-4")
		if part := w.mia.do(r); part.StatusCode != http.StatusPartialContent || body(t, part) != "234" {
			t.Errorf("a range: %d", part.StatusCode)
		}
		w.mia.goes("/cases/"+c.Number+"/handover", "to", w.vault.String(), "reason", "Auskunft")
		w.jonas.page(w.jonas.do(httptest.NewRequest("GET", path, nil)), http.StatusForbidden)
		for _, bad := range []string{"/attachments/nonsense/x", "/attachments/" + ids.New().String() + "/x"} {
			w.mia.page(w.mia.do(httptest.NewRequest("GET", bad, nil)), http.StatusNotFound)
		}
		rec := httptest.NewRecorder()
		w.pages.ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		if rec.Code != http.StatusSeeOther || bytes.Contains(rec.Body.Bytes(), []byte("0123")) {
			t.Errorf("a stranger gets %d", rec.Code)
		}
	})
}

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	must(t, err)
	return string(b)
}
