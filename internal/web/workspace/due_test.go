package workspace

import (
	"testing"
	"time"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/i18n"
	"lotse/internal/web/ui"
)

func TestDue(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	p := i18n.For(i18n.German)
	for left, want := range map[time.Duration]struct {
		text string
		tone ui.Tone
	}{
		30 * time.Minute:  {"noch 30 Min.", ui.Warning},
		150 * time.Minute: {"noch 2 Std.", ui.Neutral},
		26 * time.Hour:    {"noch 26 Std.", ui.Neutral},
		72 * time.Hour:    {"noch 3 Tage", ui.Neutral},
		-5 * time.Minute:  {"seit 5 Min. überfällig", ui.Danger},
		-3 * time.Hour:    {"seit 3 Std. überfällig", ui.Danger},
		-49 * time.Hour:   {"seit 2 Tagen überfällig", ui.Danger},
	} {
		if text, tone := due(p, clock.At(now.Add(left)), now); text != want.text || tone != want.tone {
			t.Errorf("%v: %q %s, want %q %s", left, text, tone, want.text, want.tone)
		}
	}
	if text, _ := due(p, 0, now); text != "" {
		t.Errorf("nothing owed reads %q", text)
	}
}
