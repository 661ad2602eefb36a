package api

import (
	"testing"

	"lotse/internal/platform/errs"
)

func TestVersionsAreRead(t *testing.T) {
	for tag, want := range map[string]int64{"": 0, "*": 0, ` "7" `: 7, `"7.abc"`: 7, `W/"12.x"`: 12, "3": 3} {
		if got, err := (Precondition{IfMatch: tag}).version(); err != nil || got != want {
			t.Errorf("%q is %d, %v", tag, got, err)
		}
	}
	for _, tag := range []string{`"x"`, `"0"`, `"-1"`, `"7","8"`, "\x00"} {
		if _, err := (Precondition{IfMatch: tag}).version(); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", tag, err)
		}
	}
}

func TestTagsAreCompared(t *testing.T) {
	for header, want := range map[string]bool{"": false, `"a"`: true, `W/"a"`: true, `"b", "a"`: true, "*": true, `"ab"`: false, `a`: false} {
		if matches(header, `"a"`) != want {
			t.Errorf("%q matches: %v", header, !want)
		}
	}
}
