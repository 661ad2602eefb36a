package workspace_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
)

// upload sends a form with files. Names of files start with "@".
func (b *browser) upload(path string, fields []string, files ...string) *http.Response {
	b.w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		must(b.w.t, form.WriteField(fields[i], fields[i+1]))
	}
	for i := 0; i+1 < len(files); i += 2 {
		name, file, _ := strings.Cut(files[i], "@")
		part, err := form.CreateFormFile(name, file)
		must(b.w.t, err)
		_, err = io.WriteString(part, files[i+1])
		must(b.w.t, err)
	}
	must(b.w.t, form.Close())
	r := httptest.NewRequest("POST", path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(r)
}

func value(doc *goquery.Document, name string) string {
	return strings.TrimSpace(doc.Find(`#reply [name="` + name + `"]`).Text())
}

// withBen is a letter that went to Ben as well.
var withBen = letter{From: "heike@post.example", Name: "Heike Lorenz", Subject: "Zähler", Text: "Bitte beide antworten.",
	Cc: []intake.Address{{Value: "ben@post.example", Name: "Ben"}, {Value: "hilfe@lindenau.example"}}}

func TestReplyFormNamesItsRecipients(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(withBen)
		doc := w.mia.get("/cases/" + c.Number)
		if value(doc, "mail_to") != "Heike Lorenz <heike@post.example>" || value(doc, "mail_cc") != "" || value(doc, "mail_bcc") != "" {
			t.Errorf("to %q, cc %q, bcc %q", value(doc, "mail_to"), value(doc, "mail_cc"), value(doc, "mail_bcc"))
		}
		if got := text(doc.Find(".reply-all")); !strings.Contains(got, "Ben <ben@post.example>") || strings.Contains(got, "hilfe@") {
			t.Errorf("answer all offers %q", got)
		}
		if got := text(doc.Find(".message[data-from=customer]")); !strings.Contains(got, "Auch an: Ben <ben@post.example>") {
			t.Errorf("the message says %q", got)
		}
		doc = w.mia.page(w.mia.post("/cases/"+c.Number+"/reply", "reply", "Halb fertig", "mail_to", "heike@post.example", "mail_cc", "dora@post.example", "all", "1"), http.StatusOK)
		if value(doc, "mail_cc") != "dora@post.example, Ben <ben@post.example>" || text(doc.Find("#f-reply")) != "Halb fertig" || doc.Find(".reply-all").Length() != 0 {
			t.Errorf("after answer all, cc is %q, the text %q", value(doc, "mail_cc"), text(doc.Find("#f-reply")))
		}
		if len(w.file(c.Number).Messages) != 2 { // the letter and its acknowledgement
			t.Error("something was sent")
		}
		_, doc = w.mia.goes("/cases/"+c.Number+"/reply", "reply", "Guten Tag", "mail_to", value(doc, "mail_to"), "mail_cc", value(doc, "mail_cc"), "mail_bcc", "archiv@post.example")
		roles := map[string]outbox.Role{}
		sent, err := w.outbox.ForFile(t.Context(), w.mia.actor, w.file(c.Number))
		must(t, err)
		for _, all := range sent {
			for _, d := range all {
				if d.Kind == outbox.ReplyKind {
					roles[d.Address] = d.Role
				}
			}
		}
		if len(roles) != 4 || roles["ben@post.example"] != outbox.RoleCc || roles["archiv@post.example"] != outbox.RoleBcc {
			t.Errorf("deliveries %v", roles)
		}
		if doc.Find("form.undo").Length() != 1 {
			t.Errorf("%d buttons take it back", doc.Find("form.undo").Length())
		}
	})
}

func TestReplyFormRefusesRecipients(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(withBen)
		for name, x := range map[string]struct{ field, typed string }{
			"nobody":      {"mail_to", " "},
			"no address":  {"mail_cc", "Ben"},
			"our own":     {"mail_bcc", "hilfe@lindenau.example"},
			"a line more": {"mail_to", "heike@post.example\r\nBcc: x@y"},
		} {
			fields := []string{"reply", "Guten Tag", "mail_to", "heike@post.example", x.field, x.typed}
			doc := w.mia.page(w.mia.post("/cases/"+c.Number+"/reply", fields...), http.StatusUnprocessableEntity)
			if doc.Find("#f-"+x.field+"[aria-invalid=true]").Length() != 1 || text(doc.Find("#f-reply")) != "Guten Tag" {
				t.Errorf("%s: %q", name, text(doc.Find("#error-summary")))
			}
		}
		doc := w.mia.page(w.mia.post("/cases/"+c.Number+"/class", "topic", "x", "mail_cc", "ben@post.example", "mail_to", "heike@post.example"), http.StatusUnprocessableEntity)
		if value(doc, "mail_cc") != "ben@post.example" {
			t.Errorf("another form that was refused loses the recipients: %q", value(doc, "mail_cc"))
		}
	})
}

func TestReplyFormTakesFiles(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		path := "/cases/" + c.Number + "/reply"
		doc := w.mia.page(w.mia.upload(path, []string{"reply", "![Plan](cid:plan.png)", "mail_to", "heike@post.example", "attach", "1"},
			"files@plan.png", "\x89PNG\r\n\x1a\nx", "files@leer.txt", ""), http.StatusUnprocessableEntity)
		tokens := doc.Find("#reply [name=upload]")
		if tokens.Length() != 1 || !strings.Contains(text(doc.Find("#f-files-error")), "leer.txt") || text(doc.Find("#f-reply")) != "![Plan](cid:plan.png)" {
			t.Fatalf("%d files, %q", tokens.Length(), text(doc.Find("#error-summary")))
		}
		token, _ := tokens.Attr("value")
		doc = w.mia.page(w.mia.upload(path, []string{"reply", "![Plan](cid:plan.png)", "mail_to", "heike@post.example", "upload", token, "attach", "1"},
			"files@a.txt", "a"), http.StatusOK)
		if got := text(doc.Find("#reply .upload-list")); !strings.Contains(got, "plan.png") || !strings.Contains(got, "a.txt") {
			t.Errorf("listed are %q", got)
		}
		second, _ := doc.Find("#reply [name=upload]").Last().Attr("value")
		res := w.mia.upload(path, []string{"reply", "![Plan](cid:plan.png)", "mail_to", "heike@post.example", "upload", token, "upload", second})
		if res.StatusCode != http.StatusSeeOther {
			w.mia.page(res, http.StatusSeeOther)
		}
		doc = w.mia.get("/cases/" + c.Number)
		m := doc.Find(".message[data-from=staff]")
		if src, _ := m.Find(".mail img").Attr("src"); !strings.HasPrefix(src, "/attachments/") || !strings.Contains(text(m), "a.txt") {
			t.Errorf("the answer shows %q", src)
		}
		action, _ := m.Find("form.undo").Attr("action")
		_, doc = w.mia.goes(action)
		if got := text(doc.Find("#reply .upload-list")); !strings.Contains(got, "plan.png") || !strings.Contains(got, "a.txt") {
			t.Errorf("taken back, the form lists %q", got)
		}
		fields := []string{"reply", text(doc.Find("#f-reply")), "mail_to", value(doc, "mail_to")}
		doc.Find("#reply [name=upload]").Each(func(_ int, s *goquery.Selection) {
			v, _ := s.Attr("value")
			fields = append(fields, "upload", v)
		})
		if res := w.mia.upload(path, fields); res.StatusCode != http.StatusSeeOther {
			w.mia.page(res, http.StatusSeeOther)
		}
		all := w.file(c.Number).Messages
		if last := all[len(all)-1]; last.Kind != desk.Reply || len(last.Attachments) != 2 || !last.Attachments[0].Inline {
			t.Errorf("sent again: %+v", last.Attachments)
		}
	})
}

func TestFilesAreStagedOneByOne(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		var answer struct{ Token, Name, Error string }
		res := w.mia.upload("/cases/"+c.Number+"/files", nil, "file@a.txt", "a")
		must(t, json.NewDecoder(res.Body).Decode(&answer))
		if res.StatusCode != http.StatusOK || len(answer.Token) != 43 || answer.Name != "a.txt" {
			t.Errorf("%d %+v", res.StatusCode, answer)
		}
		res = w.mia.upload("/cases/"+c.Number+"/files", nil, "file@leer.txt", "")
		must(t, json.NewDecoder(res.Body).Decode(&answer))
		if res.StatusCode != http.StatusUnprocessableEntity || answer.Error == "" {
			t.Errorf("an empty file: %d %+v", res.StatusCode, answer)
		}
		res = w.mia.upload("/cases/L-0000-00/files", nil, "file@a.txt", "a")
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("for no case: %d", res.StatusCode)
		}
	})
}
