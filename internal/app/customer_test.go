package app_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/publish"
)

// customer is somebody who asked by the form.
type customer struct {
	h                    *house
	name, email, number  string
	pass, link           string // tokens: of the browser that asked, of the link in the mail
	c                    desk.Case
	title, text, author  string // of what they publish
	attachment, uploaded string
}

// hidden finds the hidden fields of the form to ask.
var hidden = regexp.MustCompile(`name="(key|rendered)"[^>]*value="([^"]*)"`)

// ask asks by the form, with a file.
func (h *house) ask(who string) *customer {
	h.t.Helper()
	return h.askAs(who, h.word(who+": name"), h.word(who+": address")+"@post.example")
}

func (h *house) askAs(who, name, email string) *customer {
	h.t.Helper()
	k := &customer{h: h, name: name, email: email}
	k.uploaded = h.word(who+": name of an upload") + ".html"
	page := h.get("/ask")
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, f := range hidden.FindAllStringSubmatch(page.body, -1) {
		h.must(form.WriteField(f[1], f[2]))
		if f[1] == "key" {
			h.keys[f[2]] = "key of a form"
		}
	}
	for name, value := range map[string]string{"name": k.name, "email": k.email, "subject": "Zähler " + h.word(who+": subject"),
		"text": "Der Zähler springt seit gestern. " + h.word(who+": text of the form"), "visibility": "public"} {
		h.must(form.WriteField(name, value))
	}
	part, err := form.CreateFormFile("files", k.uploaded)
	h.must(err)
	_, err = part.Write([]byte("<script>alert(1)</script> " + h.word(who+": content of an upload")))
	h.must(err)
	h.must(form.Close())
	r := h.do(http.MethodPost, "/ask", body.String(), header("Content-Type", form.FormDataContentType()))
	if r.status != http.StatusSeeOther {
		h.t.Fatalf("asking gives %d: %s", r.status, r.body)
	}
	k.pass = r.cookie("lotse_pass")
	h.keys[k.pass] = "token of a pass"
	k.number = strings.Split(strings.TrimPrefix(r.header.Get("Location"), "/my/"), "/")[0]
	k.c = h.find(k.number)
	h.note(k.c)
	k.attachment = h.messages(k.c)[0].Attachments[0].ID.String()
	return k
}

// confirm opens the link in the mail, which shows that the address is theirs.
func (k *customer) confirm() {
	k.h.t.Helper()
	k.link = k.h.linkFor(k.email, "/l/")
	if r := k.h.do(http.MethodPost, "/l/"+k.link, ""); r.status != http.StatusSeeOther {
		k.h.t.Fatalf("opening a link gives %d", r.status)
	}
}

// propose publishes words; whether they are public is said by the caller.
func (k *customer) propose(title, text, author string) {
	k.h.t.Helper()
	k.title, k.text, k.author = title, text, author
	r := k.post("/public", "step", "publish", "title", title, "text", text, "name", author)
	if r.status != http.StatusSeeOther {
		k.h.t.Fatalf("proposing gives %d: %s", r.status, r.body)
	}
}

// publish proposes public words that staff release.
func (k *customer) publish() (word string) {
	k.h.t.Helper()
	word, title := k.h.said()
	_, text := k.h.said()
	name := newWord()
	k.h.public = append(k.h.public, name)
	k.propose(title, text+" Das steht nicht in der Anleitung.", name)
	if k.thread().Revision().Version > 0 || k.thread().Question().State != publish.PostShown {
		k.release()
	}
	return word
}

func (k *customer) release() {
	k.h.t.Helper()
	x := k.waiting()
	k.h.must(k.h.app.Publish.Release(context.Background(), k.h.agent, x.Post.ID, x.Post.Version))
}

// waiting is their post that waits for staff.
func (k *customer) waiting() publish.Waiting {
	k.h.t.Helper()
	queue, err := k.h.app.Publish.Queue(context.Background(), k.h.boss, publish.Cursor{})
	k.h.must(err)
	for _, x := range queue.Posts {
		if x.CaseNumber == k.number {
			return x
		}
	}
	k.h.t.Fatalf("nothing of %s waits for review: %+v", k.number, k.thread())
	return publish.Waiting{}
}

// get and post ask as the customer, who holds the pass of the case.
func (k *customer) get(path string) reply {
	return k.h.do(http.MethodGet, "/my/"+k.number+path, "", header("Cookie", "lotse_pass="+k.pass))
}

func (k *customer) post(path string, pairs ...string) reply {
	return k.h.do(http.MethodPost, "/my/"+k.number+path, values(pairs...), header("Cookie", "lotse_pass="+k.pass))
}

func (k *customer) thread() *publish.CaseThread {
	k.h.t.Helper()
	t, err := k.h.app.Publish.OfCase(context.Background(), access.Lotse(k.h.brand), k.h.find(k.number))
	k.h.must(err)
	return t
}
