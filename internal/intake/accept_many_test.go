package intake_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"lotse/internal/desk"
	"lotse/internal/intake"
)

func (w *world) arrival(raw []byte, key string) intake.Arrival {
	a := intake.Arrival{BrandID: w.brand, AccountID: w.account.ID, Channel: w.account.Channel, Raw: raw}
	if key != "" {
		a.Key = []byte(key)
	}
	return a
}

func TestAcceptAllKeepsOrderAndKnowsCopies(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		var all []intake.Arrival
		for i := range 75 {
			text := "Text"
			if i%10 == 3 { // lies in a blob
				text = strings.Repeat("gross ", 60_000)
			}
			all = append(all, w.arrival([]byte(mustJSON(letter{ID: fmt.Sprintf("%d@k", i), From: "a@k.example", Subject: fmt.Sprintf("Frage %d", i), Text: text})), fmt.Sprintf("k%d", i)))
		}
		all = append(all, all[5], all[13])
		must(w.t, w.intake.AcceptAll(ctx, all))
		must(w.t, w.intake.AcceptAll(ctx, all[:30])) // again
		var sizes []int64
		must(w.t, w.db.Read().NewRaw("SELECT size FROM envelopes ORDER BY seq").Scan(ctx, &sizes))
		if len(sizes) != 75 {
			t.Fatalf("%d envelopes, want 75", len(sizes))
		}
		for i, size := range sizes {
			if want := int64(len(all[i].Raw)); size != want {
				t.Errorf("envelope %d has %d bytes, want %d", i, size, want)
			}
		}
		w.start()
		w.settled()
		for i, row := range w.listAll() {
			if want := fmt.Sprintf("Frage %d", 74-i); row != want {
				t.Errorf("case %d is %q, want %q", i, row, want)
			}
		}
	})
}

// listAll returns the subjects of all cases, newest first.
func (w *world) listAll() (subjects []string) {
	w.t.Helper()
	var rows [][]byte
	must(w.t, w.db.Read().NewRaw("SELECT c.subject FROM cases AS c JOIN messages AS m ON m.case_id = c.id JOIN envelopes AS e ON e.message_id = m.id ORDER BY e.seq DESC").Scan(context.Background(), &rows))
	for _, r := range rows {
		subjects = append(subjects, string(bytes.TrimSpace(r)))
	}
	return subjects
}

func TestWhatNeverCameNeedsALook(t *testing.T) {
	onBoth(t, func(w *world) {
		a := w.arrival([]byte("Subject: zu groß"), "note")
		a.Trace.Fault = "too_large"
		must(w.t, w.intake.AcceptAll(context.Background(), []intake.Arrival{a}))
		w.start()
		w.settled()
		parked, err := w.intake.Parked(context.Background(), w.lead(), 0)
		must(w.t, err)
		if len(parked) != 1 || parked[0].Reason != "too_large" {
			t.Errorf("parked = %+v", parked)
		}
	})
}

// What was deleted here does not come back when the same mail is fetched again,
// small or large, and nothing of it is left but its key.
func TestDeletedStaysDeleted(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := context.Background()
		w.start()
		var all []intake.Arrival
		for i, text := range []string{"Text", strings.Repeat("gross ", 60_000)} {
			all = append(all, w.arrival([]byte(mustJSON(letter{ID: fmt.Sprintf("%d@k", i), From: fmt.Sprintf("a%d@k.example", i), Subject: "Geheim", Text: text})), fmt.Sprintf("k%d", i)))
		}
		must(w.t, w.intake.AcceptAll(ctx, all))
		w.settled()
		for _, row := range w.list() {
			must(w.t, w.desk.Delete(ctx, w.lead(), row.CaseID, desk.ReasonErasure))
		}
		must(w.t, w.intake.AcceptAll(ctx, all))
		must(w.t, w.intake.Accept(ctx, all[1]))
		w.settled()
		if rows := w.list(); len(rows) != 0 {
			t.Errorf("%d cases came back", len(rows))
		}
		if left := w.holding([]byte("Geheim")); len(left) != 0 {
			t.Errorf("words are left in %v", left)
		}
		if n := w.count("SELECT count(*) FROM envelopes WHERE state = ? AND raw IS NULL AND blob_id IS NULL AND case_id IS NULL", intake.Gone); n != 2 {
			t.Errorf("%d envelopes are empty, want 2", n)
		}
	})
}
