package portal_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/publish"
	"lotse/internal/web/webtest"
)

const privateText = "Guten Tag, seit dem Tausch zeigt der Zähler jeden Tag 40 kWh mehr. Rufen Sie mich an: 0171 2345678.\n\nHeike Brandt"

// proposed takes a case's text through all steps.
func (w *world) proposed(b *webtest.Browser, number string) {
	w.t.Helper()
	form := b.Get("/my/" + number + "/public")
	fields := []string{"title", form.Value("title"), "text", form.Value("text"), "name", ""}
	if page := b.Post("/my/"+number+"/public", append(fields, "step", "publish")...); !strings.Contains(page.Location(), "done=proposed") {
		w.t.Fatalf("proposing gives %d: %s", page.Status, page.Text("main"))
	}
}

func TestPublishingStepByStep(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		b := w.Browser()
		number := w.ask(b, "visibility", "public", "text", privateText, "name", "Heike Brandt")
		path := "/my/" + number + "/public"
		form := b.Get(path + "?new=1")
		if !strings.Contains(form.Text("main"), number) || strings.Contains(form.Value("text"), "2345678") || !strings.Contains(form.Value("text"), "[Telefonnummer]") ||
			!strings.Contains(form.Text(".masked-list"), "Telefonnummer") || form.Value("name") != "" {
			t.Errorf("the proposal: %q, masked %q", form.Value("text"), form.Text(".masked-list"))
		}
		short := b.Post(path, "step", "check", "title", "kurz", "text", "auch", "name", "H.")
		if short.Status != 422 || short.Faults() != "title text" || short.Value("title") != "kurz" || short.Value("name") != "H." {
			t.Errorf("too short: %d %q", short.Status, short.Faults())
		}
		check := b.Post(path, "step", "check", "title", form.Value("title"), "text", "Schreiben Sie an heike@post.example, bitte.\n\nZeile <b>zwei</b>", "name", "")
		preview := check.Text(".preview")
		if check.Status != 200 || strings.Contains(preview, "heike@post.example") || !strings.Contains(preview, "[E-Mail-Adresse]") || !strings.Contains(preview, "Zeile <b>zwei</b>") || !strings.Contains(preview, "Eine Kundin oder ein Kunde") {
			t.Errorf("the check: %d %q", check.Status, preview)
		}
		if thread, err := w.publish.OfCase(ctx, w.ada, w.find(number)); err != nil || thread != nil {
			t.Fatalf("before the yes there is a thread: %v %v", thread, err)
		}
		fields := []string{"title", check.Value("title"), "text", check.Value("text"), "name", check.Value("name")}
		if back := b.Post(path, append(fields, "step", "edit")...); back.Value("text") != check.Value("text") {
			t.Errorf("changing it again: %q", back.Value("text"))
		}
		if yes := b.Post(path, append(fields, "step", "publish")...); yes.Location() != path+"?done=proposed" {
			t.Fatalf("the yes: %d %s", yes.Status, yes.Text("main"))
		}
		w.stands(b, number, "Adresse bestätigen")
		w.confirm(number)
		w.stands(b, number, "wir lesen den Text")
		thread, err := w.publish.OfCase(ctx, w.ada, w.find(number))
		webtest.Must(t, err)
		q := thread.Question()
		webtest.Must(t, w.publish.Release(ctx, w.ada, q.ID, q.Version))
		state := w.stands(b, number, "Ihre Frage ist öffentlich")
		thread, err = w.publish.OfCase(ctx, w.ada, w.find(number))
		webtest.Must(t, err)
		if href := state.Find(".notice a").AttrOr("href", ""); href != thread.Path() {
			t.Errorf("it leads to %q, the thread is at %q", href, thread.Path())
		}
		_, err = w.publish.Answer(ctx, w.ada, w.find(number), "Bitte lesen Sie den Zähler ab und melden Sie uns den Stand, dann prüfen wir ihn.")
		webtest.Must(t, err)
		if page := b.Get(path); !strings.Contains(page.Text(".post[data-role=official]"), "Bitte lesen Sie den Zähler ab") {
			t.Error("the public answer is not shown")
		}
		if ask := b.Get(path + "/back"); !strings.Contains(ask.Text("main"), "Suchmaschinen") {
			t.Error("taking back says nothing of search engines")
		}
		b.Post(path + "/back")
		if _, state, err := w.publish.Version(ctx, w.brand, thread.Key); err != nil || state != publish.Gone {
			t.Errorf("taken back it is %v %v", state, err)
		}
		if page := b.Get("/my/" + number + "?done=taken_back"); !strings.Contains(page.Text("#publicity"), "Nur für Sie und uns") {
			t.Errorf("afterwards: %q", page.Text("#publicity"))
		}
	})
}

// stands checks what the two pages say of the public side.
func (w *world) stands(b *webtest.Browser, number, want string) *webtest.Page {
	w.t.Helper()
	page := b.Get("/my/" + number + "/public")
	if page.Status != 200 || !strings.Contains(page.Text(".notice"), want) {
		w.t.Errorf("it should say %q and says %q", want, page.Text(".notice"))
	}
	if own := b.Get("/my/" + number); own.Status != 200 {
		w.t.Errorf("the case: %d", own.Status)
	}
	return page
}

// confirm opens the link of a mail.
func (w *world) confirm(number string) {
	w.t.Helper()
	c := w.find(number)
	token := w.issue(access.Pass{BrandID: w.brand, CustomerID: c.CustomerID, CaseID: c.ID, Origin: access.FromMail})
	if page := w.Browser().Post("/l/" + string(token)); page.Status != http.StatusSeeOther {
		w.t.Fatalf("the link opens with %d", page.Status)
	}
}

func TestRefusedTextsCanBeMended(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		b := w.Browser()
		number := w.ask(b)
		w.proposed(b, number)
		w.confirm(number)
		thread, err := w.publish.OfCase(ctx, w.ada, w.find(number))
		webtest.Must(t, err)
		q := thread.Question()
		webtest.Must(t, w.publish.Refuse(ctx, w.ada, q.ID, q.Version, publish.PersonalData))
		page := w.stands(b, number, "Nicht veröffentlicht")
		if !strings.Contains(page.Text("main"), "Grund: ") {
			t.Error("the reason is not told")
		}
		edit := b.Get("/my/" + number + "/public?edit=1")
		if edit.Value("title") != q.Title || edit.Value("text") != q.Body {
			t.Errorf("the form holds %q", edit.Value("title"))
		}
		if c := w.find(number); c.State != desk.Fresh {
			t.Errorf("the case is %s", c.State)
		}
	})
}

func encode(pairs []string) string {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form.Encode()
}
