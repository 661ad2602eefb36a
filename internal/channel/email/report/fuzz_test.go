package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lotse/internal/platform/clock/clocktest"
)

// FuzzRead reads mails of two parts, as a mailer's and as anyone's.
func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/bounces/bsd/*.eml")
	for i, name := range files {
		if i%12 != 0 {
			continue
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		_, body, _ := strings.Cut(string(raw), "\n\n")
		f.Add("Undelivered", body[:min(len(body), 1500)], body[min(len(body), 1500):min(len(body), 3000)], uint8(i))
	}
	kinds := []string{"text/plain", "message/delivery-status", "message/feedback-report", "message/disposition-notification", "message/rfc822", "text/html"}
	f.Fuzz(func(t *testing.T, subject, text, second string, kind uint8) {
		for _, from := range []string{"mailer-daemon@x.example", "anna@x.example", "no-reply@sns.amazonaws.com"} {
			m := textMail(map[string]string{"from": from, "subject": subject, "date": "Mon, 05 May 2025 10:00:00 +0200", "auto-submitted": "auto-replied"}, text)
			m.Parts = append(m.Parts, Part{MediaType: kinds[int(kind)%len(kinds)], Text: second})
			r, ok := Read(m)
			if !ok {
				continue
			}
			if r.Kind == 0 || len(r.Recipients) > maxRecipients {
				t.Errorf("kind %d, %d recipients", r.Kind, len(r.Recipients))
			}
			for _, p := range r.Recipients {
				if p.Reason == "" || strings.ContainsAny(p.Words, "\n\r") || p.Address != strings.ToLower(p.Address) {
					t.Errorf("%+v", p)
				}
			}
		}
	})
}

// TestHostile reads mails made to take long.
func TestHostile(t *testing.T) {
	address := strings.Repeat("a", 60) + "@" + strings.Repeat("b.", 60) + "example"
	for name, unit := range map[string]string{
		"addresses":  "<" + address + ">:\n550 no\n",
		"at signs":   "@",
		"one line":   "mailbox ",
		"codes":      "550 5.1.1 ",
		"transcript": "Transcript of session follows\n<<< 550 a@b.example... x\n550 <a@b.example>... y\n",
		"fields":     "Final-Recipient: rfc822; a@b.example\nAction: failed\nDiagnostic-Code: smtp; " + strings.Repeat("x ", 200) + "\n\n",
		"folded":     "Diagnostic-Code: x\n y\n y",
		"quotes":     `"`,
		"dates":      "until 5 May 2025 ",
		"letters":    "a",
	} {
		text := strings.Repeat(unit, (48<<10)/len(unit))
		for _, kind := range []string{"text/plain", "message/delivery-status"} {
			clocktest.Linear(t, name+" as "+kind, text, func(text string) {
				m := textMail(fromDaemon("Undelivered Mail"), text)
				m.Parts = append(m.Parts, Part{MediaType: kind, Text: "Final-Recipient: rfc822; a@b.example\n" + text})
				Read(m)
			})
		}
	}
}
