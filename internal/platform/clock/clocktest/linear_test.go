package clocktest

import (
	"strings"
	"testing"
)

// told notes what was found wrong.
type told struct {
	testing.TB
	wrong int
}

func (t *told) Errorf(string, ...any) { t.wrong++ }

// TestLinearTellsTheSquare shows that Linear can fail, and does not without cause.
func TestLinearTellsTheSquare(t *testing.T) {
	n := 0
	count := func(rounds func(text string) int) func(string) {
		return func(text string) {
			for range rounds(text) {
				n += strings.Count(text, "b")
			}
		}
	}
	for name, test := range map[string]struct {
		rounds func(text string) int
		wrong  int
	}{
		"once":     {func(string) int { return 1 }, 0},
		"often":    {func(text string) int { return 1 << 10 }, 0},
		"a square": {func(text string) int { return len(text) }, 1},
	} {
		got := &told{TB: t}
		Linear(got, name, strings.Repeat("a", 1<<17), count(test.rounds))
		if got.wrong != test.wrong {
			t.Errorf("%s: %d complaints, want %d", name, got.wrong, test.wrong)
		}
	}
	if n != 0 {
		t.Error("there is no b")
	}
}
