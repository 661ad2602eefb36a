package outbox_test

import (
	"strings"
	"testing"

	"lotse/internal/outbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
)

// TestTokensAreNotTakenForEachOther gives every token to every check: each leads
// where it was made for, and nowhere else.
func TestTokensAreNotTakenForEachOther(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, err := seal.Load(t.Context(), d, clock.System{})
		if err != nil {
			t.Fatal(err)
		}
		brand, delivery := ids.New(), ids.New()
		const code = "abcdefghij"
		side, reply, back := outbox.SideToken(s, brand, code), outbox.ReplyToken(s, brand, "L-4F7K-92"), outbox.ReturnToken(s, delivery)
		for _, x := range []struct {
			what, token       string
			side, reply, back bool
		}{
			{"of a side conversation", side, true, false, false},
			{"in capitals", strings.ToUpper(side), true, false, false},
			{"of a case", reply, false, true, false},
			{"of a return path", back, false, false, true},
			{"without its sign", side[1:], false, false, false},
			{"cut off", side[:len(side)-1], false, false, false},
			{"another signature", side[:12] + strings.Repeat("a", 20), false, false, false},
			{"signature of a case", side[:12] + reply[8:], false, false, false},
			{"code of another", "sabcdefghik" + side[11:], false, false, false},
			{"empty", "", false, false, false},
			{"hyphen alone", "-", false, false, false},
		} {
			got, ok := outbox.CheckSideToken(s, brand, x.token)
			if ok != x.side || (ok && got != code) {
				t.Errorf("%s: a side token %v, %q", x.what, ok, got)
			}
			if _, ok := outbox.CheckToken(s, brand, x.token); ok != x.reply {
				t.Errorf("%s: a reply token %v", x.what, ok)
			}
			if _, ok := outbox.CheckReturnToken(s, x.token); ok != x.back {
				t.Errorf("%s: a return token %v", x.what, ok)
			}
			if _, ok := outbox.CheckSideToken(s, ids.New(), x.token); ok {
				t.Errorf("%s: good for another brand", x.what)
			}
		}
	})
}

// FuzzCheckSideToken believes nothing that was not signed.
func FuzzCheckSideToken(f *testing.F) {
	d := dbtest.Open(f, dbtest.URL(f, "sqlite"))
	s, err := seal.Load(f.Context(), d, clock.System{})
	if err != nil {
		f.Fatal(err)
	}
	brand := ids.New()
	token := outbox.SideToken(s, brand, "abcdefghij")
	for _, seed := range []string{token, strings.ToUpper(token), "s-", "sabcdefghij-", "l4f7k92-aaaaaaaaaaaaaaaaaaaa", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		code, ok := outbox.CheckSideToken(s, brand, text)
		if ok && !strings.EqualFold(outbox.SideToken(s, brand, code), text) {
			t.Errorf("%q leads to %q", text, code)
		}
	})
}
