package ids_test

import (
	"regexp"
	"slices"
	"testing"

	"lotse/internal/platform/ids"
)

func TestIDsRiseAndReadBack(t *testing.T) {
	var made []string
	for range 1000 {
		id := ids.New()
		made = append(made, id.String())
		back, err := ids.Parse(id.String())
		if err != nil || back != id {
			t.Fatalf("%v read back as %v, %v", id, back, err)
		}
	}
	if !slices.IsSorted(made) {
		t.Error("later ids should be greater")
	}
	if len(slices.Compact(made)) != 1000 {
		t.Error("ids repeat")
	}
}

func TestScanReadsEveryForm(t *testing.T) {
	want := ids.New()
	for _, src := range []any{want[:], want.String(), []byte(want.String()), [16]byte(want)} {
		var got ids.ID
		if err := got.Scan(src); err != nil || got != want {
			t.Errorf("Scan(%T) = %v, %v", src, got, err)
		}
	}
	got := want
	if err := got.Scan(nil); err != nil || !got.IsZero() {
		t.Errorf("NULL = %v, %v", got, err)
	}
	for _, bad := range []any{42, "no id", []byte{1, 2, 3}} {
		if err := got.Scan(bad); err == nil {
			t.Errorf("Scan(%v) passed", bad)
		}
	}
}

func TestNumbersCanBeReadAloud(t *testing.T) {
	form := regexp.MustCompile(`^L-[2-9B-DF-HJKMNP-TV-Z]{4}-[2-9B-DF-HJKMNP-TV-Z]{2}$`)
	seen := map[string]bool{}
	for range 2000 {
		n := ids.NewNumber()
		if !form.MatchString(n) {
			t.Fatalf("number %q", n)
		}
		seen[n] = true
	}
	if len(seen) < 1990 {
		t.Errorf("only %d of 2,000 numbers are different", len(seen))
	}
}

func TestTokensAreStoredAsHashes(t *testing.T) {
	a, b := ids.NewToken(), ids.NewToken()
	if a == b || len(a) != 43 || string(a.Hash()) == string(b.Hash()) || len(a.Hash()) != 32 {
		t.Fatalf("tokens %d and %d characters", len(a), len(b))
	}
}
