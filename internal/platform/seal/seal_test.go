package seal_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
)

func TestKeysAreMadeOnceAndKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		first, err := seal.Load(context.Background(), d, clock.System{})
		if err != nil {
			t.Fatal(err)
		}
		second, err := seal.Load(context.Background(), d, clock.System{})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Lookup("a", "x"), second.Lookup("a", "x")) || !second.Verify("reply", "l4f7k92", first.Sign("reply", "l4f7k92")) {
			t.Fatal("a second start has other keys")
		}
		if bytes.Equal(first.Lookup("a", "x"), first.Lookup("b", "x")) || bytes.Equal(first.Lookup("a", "x"), first.Lookup("a", "y")) {
			t.Fatal("different values are found as one")
		}
		owner := ids.New()
		if got := first.Open(owner, first.Seal(owner, "Zählerstand")); got != "Zählerstand" {
			t.Fatalf("opened %q", got)
		}
	})
}

func TestSignatures(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, err := seal.Load(context.Background(), d, clock.System{})
		if err != nil {
			t.Fatal(err)
		}
		good := s.Sign("reply", "l4f7k92")
		for _, c := range []struct {
			purpose, value, signature string
			want                      bool
		}{
			{"reply", "l4f7k92", good, true},
			{"reply", "l4f7k92", strings.ToUpper(good), true},
			{"reply", "l4f7k93", good, false},
			{"other", "l4f7k92", good, false},
			{"reply", "l4f7k92", good[:19], false},
			{"reply", "l4f7k92", "", false},
			{"reply", "l4f7k92", strings.Repeat("a", 20), false},
		} {
			if got := s.Verify(c.purpose, c.value, c.signature); got != c.want {
				t.Errorf("Verify(%q, %q, %q) = %v", c.purpose, c.value, c.signature, got)
			}
		}
	})
}
