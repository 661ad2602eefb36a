package intake_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// echo is how a program answers a mail of ours.
type echo func(n int, m outbox.Outgoing) letter

const robot = "robot@bestellung.example"

// TestABotThatAnswersEverythingGetsTwo: whatever a program answers with that does not
// say it is one, after two automatic mails there is silence.
func TestABotThatAnswersEverythingGetsTwo(t *testing.T) {
	for name, c := range map[string]struct {
		answers echo
		most    int // mails of ours
	}{
		"it answers as programs should": {func(n int, m outbox.Outgoing) letter {
			return letter{ID: fmt.Sprint(n), From: robot, Subject: "Auto: " + m.Subject, Text: "Danke.", Refs: []string{m.ExternalID}, Automation: intake.Replied}
		}, 1},
		"to the reply address": {func(n int, m outbox.Outgoing) letter {
			return letter{ID: fmt.Sprint(n), From: robot, Subject: "Danke", Text: "Danke.", Tokens: []string{catalog.Detail(m.ReplyTo)}}
		}, 1},
		"with a reference": {func(n int, m outbox.Outgoing) letter {
			return letter{ID: fmt.Sprint(n), From: robot, Subject: "Danke", Text: "Danke.", Refs: []string{m.ExternalID}}
		}, 1},
		"with a reference, from ever new addresses": {func(n int, m outbox.Outgoing) letter {
			return letter{ID: fmt.Sprint(n), From: fmt.Sprintf("robot%d@bestellung.example", n), Subject: "Danke", Text: "Danke.", Refs: []string{m.ExternalID}}
		}, 1},
		"with our subject, from ever new addresses": {func(n int, m outbox.Outgoing) letter {
			return letter{ID: fmt.Sprint(n), From: fmt.Sprintf("robot%d@bestellung.example", n), Subject: "AW: " + m.Subject, Text: "Danke."}
		}, 1},
		"with our text below its own": {func(n int, m outbox.Outgoing) letter {
			return letter{ID: fmt.Sprint(n), From: robot, Subject: "Danke", Text: "Danke.\n\n> " + m.Subject + "\n> " + m.Text}
		}, 1},
		"with nothing that connects it": {func(n int, m outbox.Outgoing) letter {
			return letter{ID: fmt.Sprint(n), From: robot, Subject: "Ihre Nachricht", Text: fmt.Sprintf("Wir haben Ihre Nachricht %d erhalten.", n)}
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(w *world) {
				w.start()
				w.arrive(letter{ID: "0", From: robot, Subject: "Bestellung", Text: "Anbei unsere Bestellung."})
				if n := w.playBot(c.answers); n != c.most {
					w.t.Errorf("%d automatic mails, want %d", n, c.most)
				}
			})
		})
	}
}

// playBot answers each mail of ours until none comes any more and returns how many
// there were.
func (w *world) playBot(answers echo) int {
	w.t.Helper()
	answered := 0
	for round := range 12 {
		w.quiet()
		out := w.sent.all()
		if len(out) == answered {
			return answered
		}
		for _, m := range out[answered:] {
			answered++
			w.arrive(answers(answered, m))
		}
		if round > 10 {
			w.t.Fatal("it does not end")
		}
	}
	return answered
}

// quiet waits until all that came is settled and all that is to be sent is.
func (w *world) quiet() {
	w.t.Helper()
	w.settled()
	w.until("nothing is to be sent", func() bool {
		return w.count("SELECT count(*) FROM deliveries WHERE state IN (1, 2)") == 0
	})
}

// TestAPersonIsAcknowledgedAgain: what keeps programs quiet keeps no person from an
// answer.
func TestAPersonIsAcknowledgedAgain(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		ask := func(id, text string) int {
			w.arrive(letter{ID: id, From: "anna@k.example", Subject: text, Text: text})
			w.quiet()
			return len(w.sent.all())
		}
		ask("1", "Erste Frage")
		number := w.list()[0].Number
		if n := ask("2", "Zweite Frage"); n != 2 {
			w.t.Errorf("%d acknowledgements after two questions", n)
		}
		w.clock.Advance(61 * time.Minute)
		if n := ask("3", "Dritte Frage"); n != 3 {
			w.t.Errorf("%d acknowledgements after an hour", n)
		}
		w.clock.Advance(8 * 24 * time.Hour)
		if n := ask("4", "Noch einmal zu "+number); n != 4 {
			w.t.Errorf("%d acknowledgements: who names an old case waits for an answer too", n)
		}
	})
}

// TestTwoDesksEnd: two desks of ours that acknowledge each other's acknowledgements
// stop after two mails each, even if all that mails are marked with got lost between
// them.
func TestTwoDesksEnd(t *testing.T) {
	full := func(n int, m outbox.Outgoing) letter {
		return letter{ID: m.ExternalID, From: m.From, Subject: m.Subject, Text: m.Text, Refs: m.References, Tokens: []string{}, Automation: intake.Generated}
	}
	bare := func(n int, m outbox.Outgoing) letter {
		l := full(n, m)
		l.ID, l.Refs, l.Automation = fmt.Sprint(n, m.From), nil, intake.Person
		return l
	}
	for name, c := range map[string]struct {
		way  echo
		most int
	}{"whole": {full, 1}, "stripped of every mark": {bare, 4}} { // then each of them writes its two
		t.Run(name, func(t *testing.T) {
			for _, kind := range dbtest.Kinds() {
				a, b := newWorld(t, dbtest.Open(t, dbtest.URL(t, kind))), newWorldOf(t, dbtest.Open(t, dbtest.URL(t, kind)), "info@werk.example")
				a.start()
				b.start()
				a.arrive(letter{ID: "forged", From: b.account.Address, Subject: "Hallo", Text: "Hallo"}) // somebody starts it
				if n := exchange(t, a, b, c.way); n != c.most {
					t.Errorf("%s: %d mails went to and fro, want %d", kind, n, c.most)
				}
			}
		})
	}
}

// exchange carries mails between two desks until there are no more, and counts.
func exchange(t *testing.T, a, b *world, way echo) int {
	t.Helper()
	carried := map[*world]int{}
	for n := 0; n < 20; {
		before := n
		for _, hop := range [][2]*world{{a, b}, {b, a}} {
			from, to := hop[0], hop[1]
			from.quiet()
			for _, m := range from.sent.all()[carried[from]:] {
				carried[from]++
				n++
				to.arrive(way(n, m))
			}
			to.quiet()
		}
		if n == before {
			return n
		}
	}
	t.Fatal("it does not end")
	return 0
}

// newWorldOf returns a world whose mailbox has another address.
func newWorldOf(t *testing.T, d *db.DB, address string) *world {
	t.Helper()
	w := newWorld(t, d)
	form := catalog.AccountForm{Address: address, Name: "Werk", TeamID: w.team, Language: "de", Relay: w.account.Relay}
	account, err := w.catalog.UpdateAccount(context.Background(), w.admin(), w.account.ID, form)
	must(t, err)
	w.account = account.Account
	return w
}

func (w *world) admin() access.Actor {
	a := w.staff
	a.Role = access.Admin
	return a
}

// TestOwnAddressesAreRefused: mail to an address of the desk would come back in.
func TestOwnAddressesAreRefused(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		other, team := ids.New(), ids.New()
		must(w.t, w.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error { // a second brand
			_, err := tx.NewRaw("INSERT INTO brands (id, slug, name, host, language, created_at) VALUES (?, 'zwei', 'Zwei', 'zwei.example', 'de', 1)", other).Exec(ctx)
			if err != nil {
				return err
			}
			_, err = tx.NewRaw("INSERT INTO teams (id, brand_id, name, calendar, answer_minutes, created_at) SELECT ?, ?, name, calendar, answer_minutes, 1 FROM teams WHERE id = ?", team, other, w.team).Exec(ctx)
			if err != nil {
				return err
			}
			_, err = w.catalog.CreateAccountTx(ctx, tx, other, catalog.AccountForm{Address: "post@zwei.example", Aliases: []string{"info@zwei.example"}, Name: "Zwei", TeamID: team,
				Language: "de", Relay: w.account.Relay})
			return err
		}))
		must(w.t, catalog.UndoSeconds.Set(ctx, w.catalog, w.admin(), 1)) // the catalogue is read anew
		for address, own := range map[string]bool{
			"hilfe@lindenau.example": true, "HILFE@Lindenau.example": true, "hilfe+l4f7k92-abc@lindenau.example": true, " hilfe@lindenau.example ": true,
			"post@zwei.example": true, "info@zwei.example": true, "anna@k.example": false, "hilfe@lindenau.example.org": false, "": false,
		} {
			err := w.outbox.CheckRecipient(ctx, "to", address)
			faults := errs.Fields(err)
			if refused := len(faults) == 1 && faults[0].Field == "to"; refused != own {
				w.t.Errorf("%q: %v", address, err)
			}
		}
	})
}

// TestOnePersonUnderManyNames: whoever forges a sender, or fills in forms, can't make us
// write to somebody again and again by changing what stands behind a plus, or the case
// of letters.
func TestOnePersonUnderManyNames(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		for i, from := range []string{"opfer@k.example", "opfer+1@k.example", "opfer+zwei@k.example", "Opfer+3@K.example", "opfer+@k.example", "opfer+a+b@k.example"} {
			w.arrive(letter{ID: fmt.Sprint(i), From: strings.ToLower(from), Subject: "Bombe", Text: fmt.Sprint("Nummer ", i)})
			w.quiet()
			q := w.question(from)
			_, err := w.intake.Ask(context.Background(), q)
			must(w.t, err)
			w.quiet()
			must(w.t, w.outbox.SendFileLink(context.Background(), w.brand, from))
			w.quiet()
		}
		acks, links := w.count("SELECT count(*) FROM deliveries WHERE kind = 2"), w.count("SELECT count(*) FROM deliveries WHERE kind = 5")
		if acks != 2 || links != 5 {
			w.t.Errorf("%d acknowledgements within the hour, %d links within the day", acks, links)
		}
		if n := len(w.page(outbox.Filter{Address: "opfer+neu@k.example"})); n != 2 {
			w.t.Errorf("%d of them are found by the address", n)
		}
	})
}

// page is the first page of a list of deliveries.
func (w *world) page(f outbox.Filter) []outbox.Listed {
	w.t.Helper()
	found, err := w.outbox.List(context.Background(), w.staff, f, outbox.MaxPage)
	must(w.t, err)
	return found.Deliveries
}
