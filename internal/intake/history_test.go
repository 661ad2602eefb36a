package intake_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"lotse/internal/intake"
)

// TestHistoryIsNotAcknowledged: what a mailbox elsewhere took long ago becomes a
// case, and nobody is told now that it arrived; what waited through an outage is
// acknowledged.
func TestHistoryIsNotAcknowledged(t *testing.T) {
	onBoth(t, func(w *world) {
		w.start()
		for id, days := range map[string]int{"old": 300, "late": 3} {
			raw, err := json.Marshal(letter{ID: id + "@kunde.example", From: id + "@kunde.example", Subject: id, Text: "Der Zähler steht still."})
			must(t, err)
			must(t, w.intake.Accept(context.Background(), intake.Arrival{BrandID: w.brand, AccountID: w.account.ID, Channel: "email", Raw: raw,
				Trace: intake.Trace{Host: "imap.example", At: w.clock.Now().Add(-time.Duration(days) * 24 * time.Hour)}}))
		}
		w.settled()
		w.until("the acknowledgement is sent", func() bool { return len(w.sent.all()) == 1 })
		if sent := w.sent.all(); len(w.list()) != 2 || sent[0].To != "late@kunde.example" {
			t.Errorf("%d cases, %+v", len(w.list()), sent)
		}
		if n := w.count("SELECT COUNT(*) FROM deliveries"); n != 1 {
			t.Errorf("%d deliveries", n)
		}
	})
}
