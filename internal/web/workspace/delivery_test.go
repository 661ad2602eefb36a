package workspace_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"lotse/internal/desk"
	"lotse/internal/outbox"
	"lotse/internal/platform/db"
)

// outcome sets what became of the answer of a case.
func (w *world) outcome(c desk.Case, columns string, args ...any) {
	w.t.Helper()
	must(w.t, w.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewRaw("UPDATE deliveries SET "+columns+" WHERE case_id = ? AND kind = 1 AND state <> 6", append(args, c.ID)...).Exec(ctx)
		return err
	}))
}

// TestWhereADeliveryStands reads the line below an answer for each state.
func TestWhereADeliveryStands(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		w.mia.goes("/cases/"+c.Number+"/reply", "reply", "Guten Tag")
		later := w.clock.Now().Add(10 * time.Minute).UnixMicro()
		for _, x := range []struct {
			name    string
			columns string
			args    []any
			reads   []string
			acts    string // what is offered
		}{
			{"greylisted", "state = 1, attempts = 1, next_at = ?, code = 451, words = ?, reason = 'greylisted'", []any{later, []byte("451 4.7.1 Greylisted")},
				[]string{"Noch nicht angenommen · heike@post.example · ein Versuch bisher, der nächste in 10 Min.", "(um ", "451 4.7.1 Greylisted", "beim zweiten Versuch"}, "correct settle"},
			{"resting", "state = 1, attempts = 0, next_at = ?, code = 421, words = ?, reason = 'resting'", []any{later, []byte("421 busy")},
				[]string{"Noch nicht angenommen · heike@post.example · nächster Versuch in 10 Min.", "nimmt gerade nichts an"}, ""},
			{"refused", "state = 4, attempts = 1, next_at = NULL, code = 550, words = ?, reason = 'userunknown', hard = true", []any{[]byte("550 5.1.1 No such user")},
				[]string{"Nicht zugestellt · heike@post.example", "550 5.1.1 No such user", "Diese Adresse gibt es nicht.", "Trotzdem dorthin senden"}, "correct settle resend"},
			{"uncertain", "state = 5, attempts = 1, code = 0, words = ?, reason = '', hard = false", []any{[]byte("connection reset")},
				[]string{"Unklar, ob zugestellt · heike@post.example", "Von selbst geht sie nicht noch einmal hinaus.", "Sie ist angekommen"}, "correct settle resend"},
			{"proven", "state = 3, way = 4, settled_at = ?, sent_at = ?", []any{later, later}, []string{"Angekommen · heike@post.example", "Sie ist da."}, ""},
			{"sent", "state = 3, way = 0, settled_at = NULL", nil, []string{"Gesendet · heike@post.example"}, ""},
			{"held", "state = 8", nil, []string{"Angehalten · heike@post.example"}, ""},
		} {
			w.outcome(c, x.columns, x.args...)
			foot := w.mia.get("/cases/" + c.Number).Find(".message[data-from=staff] .message-deliveries")
			for _, want := range x.reads {
				if got := text(foot); !strings.Contains(got, want) {
					t.Errorf("%s: %q is missing in %q", x.name, want, got)
				}
			}
			var acts []string
			for _, act := range []string{"correct", "settle", "resend"} {
				if foot.Find("form[action$='/"+act+"']").Length() > 0 {
					acts = append(acts, act)
				}
			}
			if got := strings.Join(acts, " "); got != x.acts {
				t.Errorf("%s: offered is %q, want %q", x.name, got, x.acts)
			}
		}
	})
}

// TestActsAtAFailedDelivery: another address, another way, and once more.
func TestActsAtAFailedDelivery(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(heike)
		path := "/cases/" + c.Number
		w.mia.goes(path+"/reply", "reply", "Guten Tag")
		failed := func() string {
			w.outcome(c, "state = 4, attempts = 1, next_at = NULL, code = 550, words = ?, reason = 'userunknown', hard = true", []byte("550 5.1.1 No such user"))
			id, _ := w.mia.get(path).Find("form[action$='/correct'] [name=delivery]").Attr("value")
			return id
		}
		id := failed()
		for _, address := range []string{"", "kein", "hilfe@lindenau.example"} {
			doc := w.mia.page(w.mia.post(path+"/correct", "delivery", id, "address", address), http.StatusUnprocessableEntity)
			fold := doc.Find("details[open] form[action$='/correct']")
			if fold.Find("#f-address[aria-invalid]").Length() != 1 || fold.Find("#f-address").AttrOr("value", "") == "" && address != "" {
				t.Errorf("%q comes back as %q", address, text(fold))
			}
		}
		doc := w.mia.page(w.mia.post(path+"/settle", "delivery", id, "way", "corrected"), http.StatusUnprocessableEntity)
		if doc.Find("details[open] form[action$='/settle'] #f-way[aria-invalid]").Length() != 1 {
			t.Error("a way that is none is taken")
		}
		w.mia.page(w.mia.post(path+"/resend", "delivery", id), http.StatusConflict)
		_, doc = w.mia.goes(path+"/correct", "delivery", id, "address", "heike.lorenz@post.example")
		lines := text(doc.Find(".message[data-from=staff] .delivery"))
		if !strings.Contains(lines, "Erledigt: an eine andere Adresse geschickt · heike@post.example · Mia Krüger") || !strings.Contains(lines, "Wartet auf den Versand · heike.lorenz@post.example") {
			t.Errorf("corrected it reads %q", lines)
		}
		_, doc = w.mia.goes(path+"/settle", "delivery", failed(), "way", "phone")
		if lines = text(doc.Find(".message[data-from=staff] .delivery")); !strings.Contains(lines, "Erledigt: am Telefon gesagt · heike.lorenz@post.example · Mia Krüger") {
			t.Errorf("settled it reads %q", lines)
		}
		if got := w.deliveriesOf(c); len(got) != 2 || got[0].State != outbox.Settled || got[1].State != outbox.Settled {
			t.Errorf("the deliveries are %+v", got)
		}
	})
}

// deliveriesOf are the deliveries of the answers of a case.
func (w *world) deliveriesOf(c desk.Case) (found []outbox.Delivery) {
	w.t.Helper()
	f, err := w.desk.File(context.Background(), w.mia.actor, c.Number)
	must(w.t, err)
	all, err := w.outbox.ForFile(context.Background(), w.mia.actor, f)
	must(w.t, err)
	for _, m := range f.Messages {
		for _, d := range all[m.ID] {
			if d.Kind == outbox.ReplyKind {
				found = append(found, d)
			}
		}
	}
	return found
}
