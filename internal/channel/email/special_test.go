package email

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/internal/channel/email/fold"
)

func TestAppleDouble(t *testing.T) {
	in := readOK(t, letterOf("From: a@x.example", "Content-Type: multipart/mixed; boundary=m", "", "--m", "Content-Type: text/plain", "", "Anbei", "--m", "Content-Type: multipart/appledouble; boundary=d", "",
		"--d", "Content-Type: application/applefile; name=Plan.pdf", "", "fork", "--d", "Content-Type: application/pdf", "", "%PDF", "--d--", "--m--"), customerTrace)
	if in.Text != "Anbei" || !slices.Equal(names(in.Parts), []string{"Plan.pdf application/pdf"}) {
		t.Errorf("%q %q", in.Text, names(in.Parts))
	}
}

func TestExternalBody(t *testing.T) {
	for contentType, want := range map[string]string{
		`message/external-body; access-type=URL; URL="https://x.example/a b.pdf"`:                   "Hier:\n\n[https://x.example/ab.pdf]",
		`message/external-body; access-type=ANON-FTP; site=ftp.x.example; directory=pub; name=p.ps`: "Hier:\n\n[anon-ftp:ftp.x.example/pub/p.ps]",
		`message/external-body; access-type=mail-server; server=s@x.example`:                        "Hier:\n\n[mail-server:s@x.example]",
	} {
		in := readOK(t, letterOf("From: a@x.example", "Content-Type: multipart/mixed; boundary=m", "", "--m", "Content-Type: text/plain", "", "Hier:", "--m", "Content-Type: "+contentType, "", "Content-Type: application/pdf", "", "--m--"), customerTrace)
		if in.Text != want || !slices.Contains(in.Warnings, warnExternal) || len(in.Parts) != 1 {
			t.Errorf("%s: %q %q %q", contentType, in.Text, in.Warnings, names(in.Parts))
		}
	}
}

func TestPartialMessage(t *testing.T) {
	piece := func(number int, body string) string {
		return letterOf("From: a@x.example", fmt.Sprintf("Content-Type: message/partial; id=x@x.example; number=%d; total=2", number), "", body)
	}
	in := readOK(t, piece(1, "Content-Type: text/plain; charset=utf-8\r\n\r\nDer Anfang"), customerTrace)
	if in.Text != "Der Anfang" || !slices.Contains(in.Warnings, warnPartial) || len(in.Parts) != 1 {
		t.Errorf("first: %q %q %q", in.Text, in.Warnings, names(in.Parts))
	}
	in = readOK(t, piece(2, "das Ende"), customerTrace)
	if !slices.Contains(in.Warnings, warnPartial) || len(in.Parts) != 1 || string(in.Parts[0].Content) != "das Ende\r\n" {
		t.Errorf("second: %q %v", in.Warnings, in.Parts)
	}
}

// TestAttachedMail reads a mail with another one attached, as "forward as
// attachment" makes them: it says nothing, or is called like a forward of it.
func TestAttachedMail(t *testing.T) {
	raw := func(subject, text string) string {
		return letterOf("From: kim@lindenau.example", "Subject: "+subject, "Content-Type: multipart/mixed; boundary=m", "", "--m", "Content-Type: text/plain", "", text, "--m", "Content-Type: message/rfc822", "",
			"From: Jana <jana@post.example>", "Subject: Frage", "Date: Tue, 03 Mar 2026 08:15:00 +0100", "Content-Type: text/plain; charset=utf-8", "", "Wann kommt die Bahn?", "--m--")
	}
	in := readOK(t, raw("Anlage", ""), customerTrace)
	if f := in.Forwarded; f == nil || f.From.Value != "jana@post.example" || f.From.Name != "Jana" || f.Subject != "Frage" || !f.Date.Equal(time.Date(2026, 3, 3, 7, 15, 0, 0, time.UTC)) || f.At != 0 {
		t.Errorf("forwarded %+v", in.Forwarded)
	}
	if !strings.HasSuffix(in.Text, "\n\nWann kommt die Bahn?") || len(in.Folds) != 1 || in.Folds[0].To != len(in.Text) || len(in.Parts) != 1 {
		t.Errorf("text %q, folds %v, parts %q", in.Text, in.Folds, names(in.Parts))
	}
	in = readOK(t, raw("WG: Frage", "Bitte übernehmen."), customerTrace)
	if f := in.Forwarded; f == nil || f.From.Value != "jana@post.example" || fold.Visible(in.Text, in.Folds) != "Bitte übernehmen." || !strings.HasSuffix(in.Text, "Wann kommt die Bahn?") {
		t.Errorf("with a comment: %+v %q", in.Forwarded, in.Text)
	}
	for _, subject := range []string{"Anlage", "AW: Frage", "WG: Anlage", "Frage"} {
		if in := readOK(t, raw(subject, "Siehe die Anlage."), customerTrace); in.Forwarded != nil || in.Text != "Siehe die Anlage." {
			t.Errorf("%s, with words: %+v %q", subject, in.Forwarded, in.Text)
		}
	}
}

func TestDates(t *testing.T) {
	cases := map[string]string{
		"Tue, 03 Mar 2026 08:15:00 +0100":                "2026-03-03T07:15:00Z",
		"Tue, 3 Mar 2026 08:15 +0100 (CET)":              "2026-03-03T07:15:00Z",
		"3 Mar 26 08:15:00 GMT":                          "2026-03-03T08:15:00Z",
		"Mon, 21 Aug 95 13:30:57 -600":                   "1995-08-21T19:30:57Z",
		"Wed, 15 Feb 1995 09:38:18":                      "1995-02-15T09:38:18Z",
		"01 Jan 2001 00:01+0000":                         "2001-01-01T00:01:00Z",
		"Tue, 03 Mar 2026 08:15:00 CET":                  "2026-03-03T07:15:00Z",
		"Tue, 03 Mar 2026 08:15:00 MESZ":                 "2026-03-03T06:15:00Z",
		"Tue Mar  3 08:15:00 2026":                       "2026-03-03T08:15:00Z",
		"Tue Mar  3 08:15:00 CET 2026":                   "2026-03-03T07:15:00Z",
		"Tuesday, March 3, 2026 8:15 PM":                 "2026-03-03T20:15:00Z",
		"2026-03-03T08:15:00+01:00":                      "2026-03-03T07:15:00Z",
		"2026-03-03 08:15:00":                            "2026-03-03T08:15:00Z",
		"3-Mar-2026 08:15:00 +01:00":                     "2026-03-03T07:15:00Z",
		"=?us-ascii?Q?Tue,_03_Mar_2026_08:15:00_+0100?=": "2026-03-03T07:15:00Z",
		"Mon, 30 Jun 3609 15:33:50 +0600":                "",
		"Wed, 32 Mar 2026 08:15:00 +0100":                "",
		"Wed, 3 Mar 2026":                                "",
		"gestern":                                        "",
	}
	for in, want := range cases {
		w := &warnings{}
		got := readDate(header{{"date", in}}, w)
		if want == "" && (!got.IsZero() || len(w.keys) != 1) || want != "" && got.Format(time.RFC3339) != want {
			t.Errorf("%q: %v, %q", in, got, w.keys)
		}
	}
}

func FuzzDate(f *testing.F) {
	f.Add("Tue, 03 Mar 2026 08:15:00 +0100")
	f.Add("Tuesday, March 3, 2026 8:15 PM")
	f.Fuzz(func(t *testing.T, v string) {
		if d := readDate(header{{"date", v}}, &warnings{}); !d.IsZero() && (d.Year() < 1979 || d.Year() > 2100) {
			t.Errorf("%q: %v", v, d)
		}
	})
}

func TestUnusualTypes(t *testing.T) {
	cases := map[string]struct{ contentType, body, want string }{
		"text/enriched":        {"text/enriched", "<bold>Now</bold> is the time\nfor <<all>\n\n<color><param>red</param>good</color>", "Now is the time for <all>\ngood"},
		"text/markdown":        {"text/markdown; charset=utf-8", "# Frage\n\nWann?", "# Frage\n\nWann?"},
		"a page as text":       {"text/plain; charset=utf-8", "<html><body><p>Wann?</p></body></html>", "Wann?"},
		"a text about a page":  {"text/plain", "<html> ist ein Befehl", "<html> ist ein Befehl"},
		"a page with a name":   {"text/html; name=mail.html", "<p>Wann?</p>", "Wann?"},
		"no subtype":           {"text", "Wann?", "Wann?"},
		"something for nobody": {"application/x-unknown", "Wann?", ""},
	}
	for name, c := range cases {
		if in := readOK(t, letterOf("From: a@x.example", "Content-Type: multipart/mixed; boundary=m", "", "--m", "Content-Type: "+c.contentType, "", c.body, "--m--"), customerTrace); in.Text != c.want {
			t.Errorf("%s: %q, want %q", name, in.Text, c.want)
		}
	}
}
