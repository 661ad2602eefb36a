package intake_test

import (
	"context"
	"testing"

	"lotse/internal/intake"
)

// TestTakenNumbers draws every number twice: nobody is turned away and no two
// cases share one.
func TestTakenNumbers(t *testing.T) {
	onBoth(t, func(w *world) {
		drawn := 0
		w.desk.SetNumbers(func() string {
			drawn++
			return []string{"L-2222-22", "L-2222-22", "L-2222-23", "L-2222-22", "L-2222-23", "L-2222-24"}[min(drawn-1, 5)]
		})
		numbers := map[string]bool{}
		for range 3 {
			asked, err := w.intake.Open(context.Background(), w.staff, intake.Handed{
				Name: "Jonas Ott", Email: "jonas@kunde.example", Subject: "Zähler", Text: "Der Zähler steht still.",
			})
			must(t, err)
			numbers[asked.Number] = true
		}
		if len(numbers) != 3 || drawn != 6 {
			t.Errorf("three cases have the numbers %v, %d were drawn", numbers, drawn)
		}
	})
}
