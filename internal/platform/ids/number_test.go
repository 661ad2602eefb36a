package ids_test

import (
	"slices"
	"testing"

	"lotse/internal/platform/ids"
)

func TestParseNumber(t *testing.T) {
	for typed, want := range map[string]string{
		"L-4F7K-92": "L-4F7K-92", "l-4f7k-92": "L-4F7K-92", "4f7k92": "L-4F7K-92", "L4F7K92": "L-4F7K-92", " #L-4F7K–92 ": "L-4F7K-92",
		"4F7K 92": "L-4F7K-92", "I-4F7K-92": "L-4F7K-92", "1-4f7k-92": "L-4F7K-92", "L-AF7K-92": "L-4F7K-92", "uuuu22": "L-VVVV-22",
		"": "", "L": "", "Rechnung": "", "4F7K9": "", "4F7K923": "", "4F7K9ä": "", "L-4F7K-92-1": "", "OOOO22": "", "4F7K-90": "",
		"4F\x007K92": "", "4F7K9\n2": "", "L-4F7K-9?": "",
	} {
		if got := ids.ParseNumber(typed); got != want {
			t.Errorf("ParseNumber(%q) = %q, want %q", typed, got, want)
		}
	}
}

func TestNumbersIn(t *testing.T) {
	for text, want := range map[string][][]int{
		"": nil, "Zum Vorgang L-4F7K-92": {{12, 21}}, "L-4F7K-92 und L-BCDF-23.": {{0, 9}, {14, 23}}, "XL-4F7K-92": nil, "L-4F7K-923": nil, "L-4F7": nil, "für L-4F7K-92!": {{5, 14}},
	} {
		if got := ids.NumbersIn(text); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("NumbersIn(%q) = %v, want %v", text, got, want)
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	f.Add(" l–4f7k 92")
	f.Fuzz(func(t *testing.T, typed string) {
		n := ids.ParseNumber(typed)
		if n != "" && ids.ParseNumber(n) != n {
			t.Errorf("%q reads %q, which reads otherwise", typed, n)
		}
	})
}
