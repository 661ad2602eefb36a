package portal_test

import (
	"context"
	"strings"
	"testing"

	"lotse/internal/catalog"
	"lotse/internal/platform/ids"
	"lotse/internal/web/webtest"
)

// Whoever asks may say what it is about, once there are topics.
func TestTopicOfAQuestion(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ctx, b := context.Background(), w.Browser()
		if n := b.Get("/ask").Find("[name=topic]").Length(); n != 0 {
			t.Fatal("the form asks for a topic where there are none")
		}
		topic := func(name string, parent ids.ID) catalog.Entry {
			e, err := w.catalog.CreateEntry(ctx, w.ada, catalog.EntryForm{Kind: catalog.Topic, ParentID: parent, Names: map[string]string{"de": name, "en": "en " + name}})
			webtest.Must(t, err)
			return e
		}
		bill := topic(`Rechnung "<b>`, ids.ID{})
		part, gone := topic("Abschlag", bill.ID), topic("BTX", ids.ID{})
		webtest.Must(t, w.catalog.SetEntryActive(ctx, w.ada, gone.ID, false))
		form := b.Get("/ask")
		if got := form.Text("[name=topic]"); got != `Weiß ich nichtRechnung "<b>Rechnung "<b> › Abschlag` || form.Find("[name=topic][required]").Length() != 0 {
			t.Errorf("the form offers %q", got)
		}
		if got := b.Get("/ask?lang=en").Text("[name=topic]"); !strings.Contains(got, "› en Abschlag") {
			t.Errorf("in English it offers %q", got)
		}
		refused := b.Post("/ask", question(form, "email", "x", "topic", part.ID.String())...)
		if refused.Find(`[name=topic] option[value="`+part.ID.String()+`"][selected]`).Length() != 1 {
			t.Error("a refused form loses the topic")
		}
		number := w.ask(b, "topic", part.ID.String())
		if got := w.find(number).Class.Topic; got != part.ID {
			t.Errorf("the case has topic %v", got)
		}
		if got := b.Get("/my/" + number).Status; got != 200 {
			t.Errorf("its page: %d", got)
		}
		w.enter(b, w.find(number).CustomerID)
		if got := b.Get("/my").Text(".own-case-facts"); !strings.Contains(got, "Abschlag") {
			t.Errorf("the file reads %q", got)
		}
		for what, typed := range map[string]string{"retired": gone.ID.String(), "no topic": ids.New().String(), "no id": "x'--"} {
			if c := w.find(w.ask(w.Browser(), "topic", typed, "email", "k@post.example", "subject", what)); !c.Class.Topic.IsZero() || c.Subject != what {
				t.Errorf("%s: the case is %+v", what, c)
			}
		}
	})
}
