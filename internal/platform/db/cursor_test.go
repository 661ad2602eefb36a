package db_test

import (
	"testing"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

func FuzzCursor(f *testing.F) {
	f.Add(db.Cursor{At: clock.Stamp(5), ID: ids.New()}.String())
	f.Add("")
	f.Add("nonsense")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := db.ParseCursor(s)
		if err != nil && len(errs.Fields(err)) != 1 {
			t.Errorf("%q: %v does not name the field", s, err)
		}
		if err != nil || c.IsZero() {
			return
		}
		if back, err := db.ParseCursor(c.String()); err != nil || back != c {
			t.Errorf("%q comes back as %+v (%v)", s, back, err)
		}
	})
}
