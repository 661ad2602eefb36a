package main

import (
	"testing"

	"lotse/internal/platform/i18n"
)

func TestLanguageOfTheTerminal(t *testing.T) {
	for locale, want := range map[string]i18n.Locale{
		"de_DE.UTF-8": i18n.German, "de_AT@euro": i18n.German, "de": i18n.German, "en_GB.UTF-8": i18n.English,
		"C": i18n.English, "C.UTF-8": i18n.English, "POSIX": i18n.English, "": i18n.English,
	} {
		if got := i18n.Match("", language(locale)); got != want {
			t.Errorf("%q speaks %s, want %s", locale, got, want)
		}
	}
}
