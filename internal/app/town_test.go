package app_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/outbox"
	"lotse/internal/publish"
	"lotse/test/program"
)

// doubtful is what staff look at before it is shown.
const doubtful = " Herr Petermann aus der Wohnung über mir hat dasselbe."

// town is a desk with one of everything: what is private in it, and what is not.
type town struct {
	*house
	shown, revised, gone, refused, waiting, unconfirmed, erased, trashed, corrected *customer
	mailed, restricted                                                              desk.Case
	indexed                                                                         string   // a word the index knows
	gonePaths                                                                       []string // of threads that are no more
}

func newTown(t *testing.T, database string) *town {
	t.Helper()
	w := &town{house: newHouse(t, database)}
	ctx, publisher := context.Background(), w.app.Publish
	for who, k := range map[string]**customer{"shown": &w.shown, "revised": &w.revised, "gone": &w.gone, "refused": &w.refused, "waiting": &w.waiting,
		"unconfirmed": &w.unconfirmed, "erased": &w.erased, "trashed": &w.trashed, "corrected": &w.corrected} {
		*k = w.ask(who)
	}
	w.mailed, w.restricted = w.mail("mail"), w.mail("restricted")
	w.work(w.mailed)
	w.work(w.shown.c)
	w.must(w.app.Desk.HandOver(ctx, w.agent, w.restricted.ID, desk.HandOverForm{TeamID: w.grid, Reason: w.word("reason of a hand-over to a restricted team")}))
	w.stage()
	w.unconfirmed.propose(w.draft("unconfirmed post"))
	for _, k := range []*customer{w.shown, w.revised, w.gone, w.refused, w.waiting, w.erased, w.trashed, w.corrected} {
		k.confirm()
	}
	w.waiting.propose(w.draft("post in review"))
	w.refused.propose(w.draft("refused post"))
	x := w.refused.waiting()
	w.must(publisher.Refuse(ctx, w.agent, x.Post.ID, x.Post.Version, publish.OffTopic))

	w.shown.publish()
	w.answer(w.shown)
	// Its words are changed: the old ones are private again.
	old := [3]string{w.shown.title, w.shown.text, w.shown.author}
	w.indexed = w.shown.publish()
	w.hide("old version of a question", old[0], old[1], old[2])
	w.revised.publish()
	title, text, author := w.draft("change in review")
	w.revised.propose(title, text+doubtful, author)
	w.corrected.publish()
	wrong := w.answer(w.corrected)
	w.must(publisher.Withdraw(ctx, w.agent, wrong.ID, ""))
	w.hide("withdrawn answer", wrong.Body)
	w.takenBack()
	return w
}

// takenBack publishes three threads and ends each in its own way.
func (w *town) takenBack() {
	ctx := context.Background()
	for _, k := range []*customer{w.gone, w.erased, w.trashed} {
		word := k.publish()
		answer := w.answer(k)
		path := k.thread().Path()
		w.gonePaths = append(w.gonePaths, path)
		w.settle(word, "")
		for _, p := range []string{"/de/", "/de/questions", "/de/questions.atom", path, strings.Replace(path, "/de/", "/en/", 1)} { // in every cache
			if r := w.get(p); !strings.Contains(r.body, word) {
				w.t.Fatalf("%s does not show what is public: %d", p, r.status)
			}
		}
		switch k {
		case w.gone:
			if r := k.post("/public/back"); r.status != http.StatusSeeOther {
				w.t.Fatalf("taking back gives %d", r.status)
			}
		case w.erased:
			w.must(w.app.Desk.Delete(ctx, w.boss, k.c.ID, desk.DeleteReasons()[1]))
		case w.trashed:
			w.must(w.app.Desk.Trash(ctx, w.boss, k.c.ID))
		}
		w.hide("taken back: "+path, k.title, k.text, k.author, answer.Body)
		echo := strings.NewReplacer(path, "", strings.Replace(path, "/de/", "/en/", 1), "") // the address asked for, in both languages
		if r := w.get(path); strings.Contains(echo.Replace(r.body), word) {
			w.t.Errorf("%s shows what was taken back before it (%d)", path, r.status)
		}
		w.settle(w.indexed, word)
	}
}

// draft is a text that stays private.
func (w *town) draft(where string) (title, text, author string) {
	return "Eine Frage zur Abrechnung " + w.word(where+": title"), "Wie kommt der Betrag " + w.word(where+": text") + " zustande?", w.word(where + ": author")
}

// answer releases an official answer.
func (w *town) answer(k *customer) publish.Post {
	w.t.Helper()
	_, sentence := w.said()
	post, err := w.app.Publish.Answer(context.Background(), w.agent, w.find(k.number), sentence+" Drücken Sie dazu die Taste am Gehäuse zweimal, dann erscheint der Stand.")
	w.must(err)
	return post
}

// work does with a case what staff do.
func (w *town) work(c desk.Case) {
	w.t.Helper()
	ctx, d := context.Background(), w.app.Desk
	_, err := d.Note(ctx, w.agent, c.ID, "Notiz "+w.word("note"))
	w.must(err)
	w.must(d.HandOver(ctx, w.agent, c.ID, desk.HandOverForm{TeamID: c.TeamID, Owner: w.agent.ID, Reason: w.word("reason of a hand-over")}))
	_, err = d.Reply(ctx, w.agent, c.ID, desk.ReplyForm{Text: "Guten Tag, " + w.word("private reply")})
	w.must(err)
	w.aside(c)
	customer := access.Actor{Kind: access.Customer, ID: c.CustomerID, BrandID: w.brand, Case: c.ID}
	w.must(d.Contest(ctx, customer, c.ID, "Das stimmt nicht: "+w.word("contest")))
	w.note(w.find(c.Number))
}

// aside talks a case over with somebody else, who answers.
func (w *town) aside(c desk.Case) {
	w.t.Helper()
	third := w.word("address of a third party") + "@dritte.example"
	side, _, err := w.app.Desk.OpenSide(context.Background(), w.agent, c.ID, desk.SideForm{To: third, Name: w.word("name of a third party"),
		Subject: w.word("subject of a side conversation"), SideLetter: desk.SideLetter{Text: "Guten Tag, " + w.word("letter to a third party")}})
	w.must(err)
	w.numbers[side.ID.String()] = "id of a side conversation"
	token := outbox.SideToken(w.app.Seal, w.brand, side.Code)
	w.keys[token] = "reply token of a side conversation"
	at := strings.LastIndexByte(houseMailbox, '@')
	to, id := houseMailbox[:at]+"+"+token+houseMailbox[at:], w.word("message id of a third party")+"@dritte.example"
	raw := "From: <" + third + ">\r\nTo: <" + to + ">\r\nSubject: Re: " + w.word("subject of a third party") + "\r\nMessage-ID: <" + id + ">\r\n\r\n" + w.word("answer of a third party") + "\r\n"
	w.must(program.SendOne(w.smtp, program.NewMail(id, third, to, []byte(raw))))
	w.until("the answer of a third party", func() bool {
		return w.count("SELECT count(*) FROM messages WHERE case_id = ? AND kind = ?", c.ID, desk.SideIn) == 1
	})
}
