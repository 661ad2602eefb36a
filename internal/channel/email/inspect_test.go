package email

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"lotse/internal/intake"
)

func inspect(t *testing.T, raw string) Inspection {
	t.Helper()
	return testAdapter(t, nil).Inspect([]byte(raw), intake.Trace{})
}

func TestInspectFillsEveryField(t *testing.T) {
	i := inspect(t, letterOf(
		"From: Jana <jana@post.example>", "To: Hilfe <hilfe+tok@lindenau.example>", "Cc: kim@post.example", "Reply-To: Jana <jana@zuhause.example>", "Subject: AW: Rechnung",
		"Date: Tue, 03 Mar 2026 08:15:00 +0100", "Message-ID: <2@post.example>", "In-Reply-To: <1@lindenau.example>", "References: <0@post.example> <1@lindenau.example>",
		"MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b", "", "--b", "Content-Type: text/plain; charset=utf-8", "",
		"Guten Tag, die Rechnung ist noch nicht bei mir.", "", "Am 02.03.2026 um 10:00 schrieb Hilfe:", "> Die Rechnung ist unterwegs.", "",
		"--b", "Content-Type: application/pdf; name=brief.pdf", "", "%PDF", "--b--"))
	if i.From == nil || i.From.Name != "Jana" || i.From.Address != "jana@post.example" || len(i.To) != 1 || i.To[0].Name != "Hilfe" || len(i.Cc) != 1 || len(i.ReplyTo) != 1 {
		t.Errorf("people: %+v %+v %+v %+v", i.From, i.To, i.Cc, i.ReplyTo)
	}
	if i.Subject != "AW: Rechnung" || i.Date == nil || i.Language != "de" || i.MessageID != "2@post.example" || len(i.Identity) != 64 || !slices.Equal(i.Charsets, []string{"us-ascii"}) && !slices.Equal(i.Charsets, []string{"utf-8"}) {
		t.Errorf("%+v", i)
	}
	if i.Visible != "Guten Tag, die Rechnung ist noch nicht bei mir." || len(i.Folded) != 1 || i.Folded[0].Kind != "quote" || !strings.Contains(i.Text, i.Folded[0].Text) {
		t.Errorf("visible %q, folded %+v", i.Visible, i.Folded)
	}
	if len(i.Attachments) != 1 || i.Attachments[0].Name != "brief.pdf" || i.Attachments[0].Size != 4 || len(i.Attachments[0].SHA256) != 64 {
		t.Errorf("attachments %+v", i.Attachments)
	}
	th := i.Threading
	if !slices.Equal(th.InReplyTo, []string{"1@lindenau.example"}) || !slices.Equal(th.References, []string{"1@lindenau.example", "0@post.example"}) || !slices.Equal(th.Tokens, []string{"tok"}) || len(th.Why) != 3 {
		t.Errorf("threading %+v", th)
	}
	if i.Automation.Verdict != "person" || i.Automation.Why == "" || i.Report != nil || i.Unreadable != nil || i.Hard != nil {
		t.Errorf("verdict %+v %+v", i.Automation, i.Report)
	}
}

func TestInspectBounce(t *testing.T) {
	i := inspect(t, letterOf("Return-Path: <>", "From: MAILER-DAEMON@mx.post.example", "To: hilfe@lindenau.example", "Subject: Undelivered Mail Returned to Sender",
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b", "", "--b", "Content-Type: text/plain", "", "This is the mail system.", "",
		"--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.post.example", "", "Final-Recipient: rfc822; kim@post.example", "Action: failed", "Status: 5.1.1",
		"Diagnostic-Code: smtp; 550 5.1.1 <kim@post.example>: User unknown", "", "--b", "Content-Type: message/rfc822", "", "Message-ID: <1@lindenau.example>", "Subject: Ihre Frage", "", "x", "--b--"))
	if i.Report == nil || i.Report.Kind != "undelivered" || len(i.Report.Recipients) != 1 || i.Report.Recipients[0].Address != "kim@post.example" || i.Report.MessageID != "1@lindenau.example" {
		t.Fatalf("report %+v", i.Report)
	}
	if i.Automation.Verdict != "bounce" || i.Status != "5.1.1" || i.Reason != "userunknown" || i.Hard == nil || !*i.Hard {
		t.Errorf("%+v %q %q %v", i.Automation, i.Status, i.Reason, i.Hard)
	}
}

func TestInspectTakesEverything(t *testing.T) {
	cases := map[string]struct{ raw, reason, text string }{
		"empty":         {"", reasonEmpty, ""},
		"picture":       {"\x89PNG\r\n\x1a\n\x00\x00\x00", reasonNotMail, ""},
		"parts":         {partsOf(5000), reasonParts, ""},
		"nobody":        {"Subject: Frage\r\n\r\nText\r\n", reasonNoSender, "Text"},
		"a bare text":   {"Guten Tag,\r\n\r\nText\r\n", "", "Guten Tag,\n\nText"},
		"colon at once": {"Hinweis: das ist keine Mail.\nText\n", "", "Hinweis: das ist keine Mail.\nText"},
		"a page":        {"<html><body><p>Guten Tag</p></body></html>", "", "Guten Tag"},
	}
	for name, c := range cases {
		i := inspect(t, c.raw)
		got := ""
		if i.Unreadable != nil {
			got = i.Unreadable.Reason
		}
		if got != c.reason || i.Text != c.text {
			t.Errorf("%s: %q, text %q", name, got, i.Text)
		}
		b, err := json.Marshal(i)
		if err != nil {
			t.Fatal(err)
		}
		for _, list := range []string{"to", "cc", "reply_to", "charsets", "folded", "attachments", "events", "warnings"} {
			if !strings.Contains(string(b), `"`+list+`":[`) {
				t.Errorf("%s: %s is no list: %s", name, list, b)
			}
		}
	}
}

func TestInspectBareText(t *testing.T) {
	raw := "From: Jana <jana@post.example>\nSubject: Frage\n\nText\n"
	if i := testAdapter(t, nil).InspectText("WG: Frage", []byte(raw)); i.From != nil || i.Subject != "WG: Frage" || !strings.HasPrefix(i.Text, "From: Jana") || !slices.Contains(i.Warnings, warnBody) {
		t.Errorf("%+v", i)
	}
	if i := inspect(t, raw); i.From == nil || i.Text != "Text" {
		t.Errorf("%+v", i)
	}
}
