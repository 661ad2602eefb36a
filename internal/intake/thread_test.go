package intake_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
)

// caseOf returns the number of the case in which a letter is, by its text.
func (w *world) caseOf(text string) string {
	w.t.Helper()
	for _, r := range w.all() {
		for _, m := range w.file(r.Number).Messages {
			if m.Body == text {
				return r.Number
			}
		}
	}
	w.t.Fatalf("%q is in no case", text)
	return ""
}

// TestOrderDoesNotMatter lets three letters of one person come in every order, in
// one batch and one after the other: they are one case, and each knows why.
func TestOrderDoesNotMatter(t *testing.T) {
	chains := map[string][]letter{
		"all references": {{ID: "1@k", Text: "eins"}, {ID: "2@k", Text: "zwei", Refs: []string{"1@k"}}, {ID: "3@k", Text: "drei", Refs: []string{"2@k", "1@k"}}},
		"only the last":  {{ID: "1@k", Text: "eins"}, {ID: "2@k", Text: "zwei", Refs: []string{"1@k"}}, {ID: "3@k", Text: "drei", Refs: []string{"2@k"}}},
		"two answers":    {{ID: "1@k", Text: "eins"}, {ID: "2@k", Text: "zwei", Refs: []string{"1@k"}}, {ID: "3@k", Text: "drei", Refs: []string{"1@k"}}},
		"parent unknown": {{ID: "2@k", Text: "zwei", Refs: []string{"1@k"}}, {ID: "3@k", Text: "drei", Refs: []string{"1@k"}}, {ID: "4@k", Text: "vier", Refs: []string{"3@k", "1@k"}}},
	}
	orders := [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
	onBoth(t, func(w *world) {
		n := 0
		for name, chain := range chains {
			for _, order := range orders {
				for _, together := range []bool{true, false} {
					n++
					before := w.whole()
					for _, i := range order {
						l := chain[i]
						l.From = fmt.Sprintf("kunde%d@k.example", n)
						l.ID = fmt.Sprintf("%d-%s", n, l.ID)
						for k, r := range l.Refs {
							l.Refs = slices.Clone(l.Refs)
							l.Refs[k] = fmt.Sprintf("%d-%s", n, r)
						}
						w.arrive(l)
						if !together {
							must(w.t, w.intake.Drain(context.Background()))
						}
					}
					must(w.t, w.intake.Drain(context.Background()))
					if opened := w.whole() - before; opened != 1 {
						w.t.Errorf("%s in order %v, together %v: %d cases", name, order, together, opened)
					}
				}
			}
		}
	})
}

// whole counts the cases that hold messages.
func (w *world) whole() (n int) {
	w.t.Helper()
	must(w.t, w.db.Read().NewRaw("SELECT count(*) FROM cases WHERE merged_into IS NULL").Scan(context.Background(), &n))
	return n
}

// TestShuffledThreads: 400 mails of 300 threads in any order are 300 cases, each
// with its own mails.
func TestShuffledThreads(t *testing.T) {
	onBoth(t, func(w *world) {
		const threads, mails = 300, 400
		var all []letter
		for i := range threads {
			all = append(all, letter{ID: fmt.Sprintf("%d@k", i), From: fmt.Sprintf("kunde%d@k.example", i), Subject: "Frage", Text: fmt.Sprintf("Faden %d", i)})
		}
		for i := range mails - threads {
			first := all[i*2]
			all = append(all, letter{ID: "re-" + first.ID, From: first.From, Refs: []string{first.ID}, Subject: "Re: Frage", Text: first.Text + " mehr"})
		}
		shuffle := rand.New(rand.NewPCG(1, 2))
		shuffle.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
		w.start()
		var wg sync.WaitGroup
		for c := range 8 {
			wg.Go(func() {
				for i := c; i < len(all); i += 8 {
					w.arrive(all[i])
				}
			})
		}
		wg.Wait()
		w.settled()
		if n := w.whole(); n != threads {
			w.t.Errorf("%d cases, want %d", n, threads)
		}
		for _, r := range w.all() {
			var said []string
			for _, m := range w.file(r.Number).Messages {
				if m.Kind == desk.Inbound {
					said = append(said, strings.TrimSuffix(m.Body, " mehr"))
				}
			}
			if len(slices.Compact(said)) != 1 {
				w.t.Errorf("case %s holds %v", r.Number, said)
			}
		}
	})
}

// TestAnswersOfMany: many people answer a circular that never came here, and one
// of them put the desk in copy first. Each has a case of their own, also when the
// circular comes at last.
func TestAnswersOfMany(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		for i := range 20 {
			w.arrive(letter{ID: fmt.Sprintf("re-%d@k", i), From: fmt.Sprintf("kunde%d@k.example", i), Refs: []string{"rundbrief@x"}, Subject: "Re: Rundbrief", Text: fmt.Sprint("Antwort ", i)})
		}
		must(w.t, w.intake.Drain(ctx))
		if n := len(w.all()); n != 20 {
			w.t.Fatalf("%d cases of 20 people", n)
		}
		w.arrive(letter{ID: "rundbrief@x", From: "verein@x.example", Subject: "Rundbrief", Text: "An alle"})
		must(w.t, w.intake.Drain(ctx))
		if n := len(w.all()); n != 21 {
			w.t.Errorf("%d cases after the circular came", n)
		}
		if f := w.file(w.caseOf("An alle")); len(f.Suggestions) != 0 {
			w.t.Errorf("it may belong to %v", f.Suggestions)
		}
	})
}

// TestAParentOfSomebodyElse: an answer to Anna comes before what Anna wrote. What
// is answered there would go to the wrong person, so it is a case of its own; the
// other is shown.
func TestAParentOfSomebodyElse(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.arrive(letter{ID: "2@b", From: "bernd@b.example", Refs: []string{"1@a"}, Subject: "Re: Umzug", Text: "Ja, gern."})
		must(w.t, w.intake.Drain(ctx))
		w.arrive(letter{ID: "1@a", From: "anna@a.example", Subject: "Umzug", Text: "Ziehen wir um?"})
		must(w.t, w.intake.Drain(ctx))
		annas := w.file(w.caseOf("Ziehen wir um?"))
		if len(annas.Messages) != 2 || len(annas.Suggestions) != 1 || annas.Suggestions[0].Number != w.caseOf("Ja, gern.") {
			w.t.Fatalf("Anna's case has %d messages and may belong to %v", len(annas.Messages), annas.Suggestions)
		}
		token := outbox.ReplyToken(w.seal, w.brand, w.caseOf("Ja, gern."))
		w.arrive(letter{ID: "3@a", From: "anna@a.example", Tokens: []string{token}, Text: "Ich bin dabei."}) // now she takes part
		w.arrive(letter{ID: "5@b", From: "bernd@b.example", Tokens: []string{token}, Refs: []string{"4@a"}, Text: "Gut, dass du schreibst."})
		must(w.t, w.intake.Drain(ctx))
		w.arrive(letter{ID: "4@a", From: "anna@a.example", Text: "Ich schreibe noch etwas."})
		must(w.t, w.intake.Drain(ctx))
		f := w.file(w.caseOf("Ja, gern."))
		last := f.Messages[len(f.Messages)-1]
		if last.Body != "Ich schreibe noch etwas." || last.Joined != desk.ByAnswer || last.Found.Key != "4@a" {
			w.t.Errorf("the late mail of a participant joined by %v (%q): %q", last.Joined, last.Found.Key, last.Body)
		}
	})
}

// TestWhatStaffWorkOnIsNotMerged: a bridge between two cases leaves the one alone
// that somebody has taken.
func TestWhatStaffWorkOnIsNotMerged(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.arrive(letter{ID: "3@k", From: "a@k.example", Refs: []string{"2@k"}, Text: "drei"})
		must(w.t, w.intake.Drain(ctx))
		third := w.file(w.caseOf("drei")).Case
		must(w.t, w.desk.Take(ctx, w.staff, third.ID, 0))
		w.arrive(letter{ID: "1@k", From: "a@k.example", Text: "eins"})
		w.arrive(letter{ID: "2@k", From: "a@k.example", Refs: []string{"1@k"}, Text: "zwei"})
		must(w.t, w.intake.Drain(ctx))
		if f := w.file(third.Number); f.MergedInto != "" || f.Case.OwnerID != w.staff.ID {
			w.t.Errorf("the case somebody works on was merged: %+v", f.Case)
		}
	})
}

// TestForgedMailJoinsNothing: whoever may be somebody else joins no case for what
// they say to be, and gets no acknowledgement in their name.
func TestForgedMailJoinsNothing(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.arrive(letter{ID: "1@k", From: "anna@k.example", Subject: "Rechnung", Text: "Bitte um eine Kopie."})
		must(w.t, w.intake.Drain(ctx))
		first := w.file(w.caseOf("Bitte um eine Kopie."))
		w.arrive(letter{ID: "2@k", From: "anna@k.example", Refs: []string{"1@k"}, Text: "An diese Adresse bitte.", DMARC: intake.Fail})
		w.arrive(letter{ID: "4@k", From: "anna@k.example", Refs: []string{"9@k"}, Text: "Auch das noch.", DMARC: intake.Fail})
		must(w.t, w.intake.Drain(ctx))
		forged := w.file(w.caseOf("An diese Adresse bitte."))
		if forged.Case.ID == first.Case.ID || len(forged.Messages) != 1 {
			w.t.Fatalf("it joined, or was acknowledged: %d messages", len(forged.Messages))
		}
		if len(forged.Suggestions) != 1 || forged.Suggestions[0].Reason != desk.SuggestUnproven || forged.Suggestions[0].Number != first.Case.Number {
			w.t.Errorf("suggestions %+v", forged.Suggestions)
		}
		if trust, ok := intake.TrustOf(forged.Messages[0]); !ok || !trust.Forged() || len(forged.Messages[0].Found.Warnings) != 1 {
			w.t.Errorf("what was found is %+v", forged.Messages[0].Found)
		}
		w.arrive(letter{ID: "9@k", From: "anna@k.example", Text: "Neun."}) // the true one, which a forged mail claims to answer
		w.arrive(letter{ID: "3@k", From: "anna@k.example", Tokens: []string{outbox.ReplyToken(w.seal, w.brand, first.Case.Number)}, Text: "Mit der Adresse.", DMARC: intake.Fail})
		must(w.t, w.intake.Drain(ctx))
		if w.caseOf("Neun.") == w.caseOf("Auch das noch.") {
			w.t.Error("a mail joined the case of a forged one")
		}
		if w.caseOf("Mit der Adresse.") != first.Case.Number {
			w.t.Error("the signed address does not lead to its case")
		}
	})
}

// TestChecksHoldUpNobody: a check that panics, waits or never ends costs its mail
// the verdict, not the lane.
func TestChecksHoldUpNobody(t *testing.T) {
	onBoth(t, func(w *world) {
		w.arrive(letter{ID: "1", From: "a@k.example", Text: "eins", Check: "panic"})
		w.arrive(letter{ID: "2", From: "b@k.example", Text: "zwei", DMARC: intake.Pass})
		w.arrive(letter{ID: "3", From: "c@k.example", Text: "drei", DMARC: intake.Pass, Check: "slow"})
		w.arrive(letter{ID: "4", From: "d@k.example", Text: "vier", DMARC: intake.Pass, Check: "stuck"})
		w.intake.SetCheckTime(50 * time.Millisecond)
		must(w.t, w.intake.Drain(context.Background()))
		for text, want := range map[string]intake.Verdict{"eins": intake.TempError, "zwei": intake.Pass, "drei": intake.TempError, "vier": intake.TempError} {
			if trust, _ := intake.TrustOf(w.file(w.caseOf(text)).Messages[0]); trust.DMARC != want {
				w.t.Errorf("%s: %v, want %v", text, trust.DMARC, want)
			}
		}
	})
}
