package public

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/live"
	"lotse/internal/platform/snapshot"
)

// A colleague's picture stands beside their answers for as long as they want it
// to, on pages that were made before too, and tells nothing of them.
func TestPortraitBesideAnswers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, c := context.Background(), clock.NewFixed(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))
		w := newWorld(t, d, c, live.NewHub()).furnish()
		a := w.ask(zaehler)
		w.answer(a, goodAnswer)
		at := w.path(a, "de")
		var picture bytes.Buffer
		must(t, png.Encode(&picture, image.NewGray(image.Rect(0, 0, 30, 30))))
		shows := func(what string, want int) {
			t.Helper()
			c.Advance(snapshot.Fresh) // on other nodes that is when they know
			body := string(read(t, w.get(at).Body))
			if n := strings.Count(body, `src="/portraits/`); n != want {
				t.Errorf("%s: %d pictures, want %d", what, n, want)
			}
			if strings.Contains(body, w.mia.ID.String()) {
				t.Errorf("%s: the page tells who answered", what)
			}
			if n := w.statements(at); d.Postgres() && n > 3 || !d.Postgres() && n > 0 {
				t.Errorf("%s: %d statements the second time", what, n)
			}
		}
		shows("no picture", 0)
		must(t, w.staff.SetPortrait(ctx, w.mia, w.mia.ID, picture.Bytes()))
		shows("a picture for colleagues", 0)
		must(t, w.staff.ShowPortrait(ctx, w.mia, w.mia.ID, true))
		shows("for everybody", 1)
		must(t, w.staff.ShowPortrait(ctx, w.mia, w.mia.ID, false))
		shows("for colleagues again", 0)
		must(t, w.staff.ShowPortrait(ctx, w.mia, w.mia.ID, true))
		shows("for everybody again", 1)
		must(t, w.staff.RemovePortrait(ctx, w.mia, w.mia.ID))
		shows("removed", 0)
	})
}
