package desk_test

import (
	"testing"

	"lotse/internal/desk"
	"lotse/internal/platform/errs"
)

func FuzzFeedCursor(f *testing.F) {
	for _, seed := range []string{"", "0-0", "0-4711", "812-4711", "9223372036854775807-1", "-1-2", "1", "x-y", "1-2-3", "1-\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := desk.ParseFeedCursor(s)
		if err != nil {
			if faults := errs.Fields(err); len(faults) != 1 || faults[0].Field != "after" {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if c.Tx < 0 || c.Seq < 0 {
			t.Fatalf("%q is %+v", s, c)
		}
		if again, err := desk.ParseFeedCursor(c.String()); err != nil || again != c {
			t.Fatalf("%q is %+v, then %+v, %v", s, c, again, err)
		}
	})
}
