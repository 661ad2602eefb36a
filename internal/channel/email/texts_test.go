package email

import (
	"strings"
	"testing"

	"lotse/internal/platform/i18n"
)

// TestEverythingHasWords asserts that each key this package hands out is in
// the catalogue of every language.
func TestEverythingHasWords(t *testing.T) {
	keys := []string{"mail.setting.hostname", "mail.setting.listen", "mail.setting.max_bytes",
		warnHeader, warnEncoding, warnCharset, warnNUL, warnBroken, warnCut, warnDate, warnSender, warnReplyTo, warnForm,
		warnSigned, warnEncrypted, warnTNEF, warnUU, warnPartial, warnExternal, warnFiles, warnBody, "mail.notice.encrypted",
		"mail.event.when", "mail.event.where", "mail.event.organizer", "mail.event.guests", "mail.event.repeats"}
	for _, reason := range []string{reasonEmpty, reasonTooLarge, reasonParts, reasonDeep, reasonNoSender, reasonNotMail} {
		keys = append(keys, "look.reason."+reason)
	}
	for _, step := range []string{stepDial, stepHello, stepStartTLS, stepTLS, stepAuth} {
		keys = append(keys, "mail.probe."+step)
	}
	for _, what := range []string{"request", "cancel", "counter", "publish", "add", "refresh", "reply", "accepted", "declined", "tentative"} {
		keys = append(keys, "mail.event.what_"+what)
	}
	for _, l := range i18n.Locales() {
		for _, key := range keys {
			if text := i18n.For(l).T(key, "Words", "W", "Host", "H", "Port", 25); text == key || strings.Contains(text, "{{") {
				t.Errorf("%s: %q is %q", l, key, text)
			}
		}
	}
}
