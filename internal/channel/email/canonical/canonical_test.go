package canonical

import "testing"

// The example of RFC 6376 §3.4.5.
func TestField(t *testing.T) {
	for raw, want := range map[string]string{
		"A: X\r\n":               "a:X\r\n",
		"B : Y\t\r\n\tZ  \r\n":   "b:Y Z\r\n",
		"Subject:\r\n":           "subject:\r\n",
		"no colon":               "no colon:\r\n",
		"X:  a:b \r\n  c\t\td  ": "x:a:b c d\r\n",
	} {
		if got := Field(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

func TestLine(t *testing.T) {
	for line, want := range map[string]string{
		" C ": " C", "D \t E": "D E", "": "", " \t ": "", "plain": "plain", "a  b\tc ": "a b c",
	} {
		kept := []byte(line)
		if got := string(Line(nil, kept)); got != want || string(kept) != line {
			t.Errorf("%q: %q, want %q; the line is %q afterwards", line, got, want, kept)
		}
		if got := string(Line(kept, kept)); got != want {
			t.Errorf("%q in its place: %q, want %q", line, got, want)
		}
	}
}
