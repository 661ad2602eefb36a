package email

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/internal/intake"
)

var customerTrace = intake.Trace{Peer: "192.0.2.7", From: "jana@post.example", To: []string{"hilfe@lindenau.example"}}

// letterOf joins lines with CRLF.
func letterOf(lines ...string) string { return strings.Join(lines, "\r\n") + "\r\n" }

func readOK(t *testing.T, raw string, trace intake.Trace) *intake.Incoming {
	t.Helper()
	in, err := testAdapter(t, nil).Read(t.Context(), strings.NewReader(raw), trace)
	if err != nil {
		t.Fatal(err)
	}
	checkSane(t, t.Name(), in)
	return in
}

func TestReadsAnOrdinaryMail(t *testing.T) {
	in := readOK(t, letterOf(
		"From: =?utf-8?q?Jana_M=C3=BCller?= <Jana@Post.example>",
		"To: Hilfe <hilfe+tok123@lindenau.example>, \"Zwei, Drei\" <zwei@lindenau.example>",
		"Cc: team@lindenau.example",
		"Subject: =?iso-8859-1?q?Stra=DFe?= =?iso-8859-1?q?_gesperrt?=",
		"Date: Tue, 03 Mar 2026 08:15:00 +0100",
		"Message-ID: <abc@post.example>",
		"MIME-Version: 1.0",
		"Content-Type: text/plain; charset=utf-8",
		"",
		"Guten Tag,",
		"die Straße ist gesperrt. Bitte rufen Sie mich an.",
	), customerTrace)
	want := intake.Address{Kind: "email", Value: "jana@post.example", Name: "Jana Müller"}
	if in.From != want {
		t.Errorf("From = %+v", in.From)
	}
	if in.Subject != "Straße gesperrt" {
		t.Errorf("Subject = %q", in.Subject)
	}
	if len(in.To) != 2 || in.To[1].Name != "Zwei, Drei" || len(in.Cc) != 1 {
		t.Errorf("To = %+v, Cc = %+v", in.To, in.Cc)
	}
	if !slices.Equal(in.Tokens, []string{"tok123"}) {
		t.Errorf("Tokens = %q", in.Tokens)
	}
	if want := time.Date(2026, 3, 3, 7, 15, 0, 0, time.UTC); !in.Date.Equal(want) {
		t.Errorf("Date = %v", in.Date)
	}
	if in.Text != "Guten Tag,\ndie Straße ist gesperrt. Bitte rufen Sie mich an." || in.Language != "de" {
		t.Errorf("Text = %q, language %q", in.Text, in.Language)
	}
	if in.ExternalID != "abc@post.example" || in.Automation != intake.Person || len(in.Warnings) != 0 {
		t.Errorf("id %q automation %d warnings %q", in.ExternalID, in.Automation, in.Warnings)
	}
}

func TestReferences(t *testing.T) {
	many := ""
	for i := range 80 {
		many += fmt.Sprintf(" <m%d@x>", i)
	}
	cases := map[string]struct {
		head string
		want []string
	}{
		"nearest first, each once": {"In-Reply-To: <c@x>\r\nReferences: <a@x> <b@x>\r\n <c@x>\r\n", []string{"c@x", "b@x", "a@x"}},
		"references alone":         {"References: <a@x>,<b@x>\r\n", []string{"b@x", "a@x"}},
		"phrase beside the id":     {"In-Reply-To: Your message of Monday <a@x>\r\n", []string{"a@x"}},
		"without brackets":         {"In-Reply-To: a@x\r\n", []string{"a@x"}},
		"empty":                    {"In-Reply-To:\r\nReferences: <>\r\n", nil},
		"folded inside an id":      {"In-Reply-To: <a\r\n  b@x>\r\n", []string{"ab@x"}},
		"overlong id":              {"In-Reply-To: <" + strings.Repeat("a", 1200) + "@x> <b@x>\r\n", []string{"b@x"}},
		"never closed":             {"In-Reply-To: <a@x\r\n", []string{"a@x"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			in := readOK(t, "From: a@b.example\r\n"+c.head+"\r\nx\r\n", customerTrace)
			if !slices.Equal(in.References, c.want) {
				t.Errorf("got %q, want %q", in.References, c.want)
			}
		})
	}
	in := readOK(t, "From: a@b.example\r\nReferences:"+many+"\r\n\r\nx\r\n", customerTrace)
	if len(in.References) != maxReferences || in.References[0] != "m79@x" {
		t.Errorf("%d references, first %q", len(in.References), in.References[0])
	}
}

func TestCharsets(t *testing.T) {
	const word = "Grüße aus Köln"
	latin := "Gr\xfc\xdfe aus K\xf6ln"
	cases := map[string]struct {
		contentType, body, want string
		guessed                 bool
	}{
		"declared utf-8":            {"text/plain; charset=utf-8", word, word, false},
		"declared latin-1":          {"text/plain; charset=ISO-8859-1", latin, word, false},
		"quoted twice":              {`text/plain; charset="charset=iso-8859-1"`, latin, word, false},
		"nothing, utf-8":            {"text/plain", word, word, true},
		"nothing, latin-1":          {"text/plain", latin, word, true},
		"no content type":           {"", latin, word, true},
		"said utf-8, is latin-1":    {"text/plain; charset=utf-8", latin, word, true},
		"said latin-1, is utf-8":    {"text/plain; charset=iso-8859-1", word, word, true},
		"said ascii, is latin-1":    {"text/plain; charset=us-ascii", latin, word, true},
		"unknown name":              {"text/plain; charset=x-klingon", latin, word, true},
		"windows-1252 as latin-1":   {"text/plain; charset=iso-8859-1", "5 \x80 \x84so\x93", "5 € „so“", false},
		"latin-9":                   {"text/plain; charset=iso-8859-15", "5 \xa4", "5 €", false},
		"windows-1250":              {"text/plain; charset=windows-1250", "\xe8au", "čau", false},
		"koi8-r":                    {"text/plain; charset=koi8-r", "\xd0\xd2\xc9\xd7\xc5\xd4", "привет", false},
		"iso-2022-jp":               {"text/plain; charset=iso-2022-jp", "\x1b$B$3$s\x1b(B", "こん", false},
		"utf-8 cut in a character":  {"text/plain; charset=utf-8", word + " und mehr \xc3", word + " und mehr \uFFFD", true},
		"byte order mark":           {"text/plain", "\xef\xbb\xbf" + word, word, false},
		"utf-16 little endian, BOM": {"text/plain", "\xff\xfeA\x00\xfc\x00", "Aü", false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			raw := "From: a@b.example\r\nMIME-Version: 1.0\r\n"
			if c.contentType != "" {
				raw += "Content-Type: " + c.contentType + "\r\n"
			}
			in := readOK(t, raw+"\r\n"+c.body, customerTrace)
			if in.Text != c.want {
				t.Errorf("got %q, want %q", in.Text, c.want)
			}
			if guessed := slices.Contains(in.Warnings, warnCharset); guessed != c.guessed {
				t.Errorf("guessed = %v: %q", guessed, in.Warnings)
			}
		})
	}
}

func TestEncodedWords(t *testing.T) {
	cases := map[string]string{
		"=?utf-8?q?a=C3?= =?utf-8?q?=A4b?=":               "aäb", // cut in a character
		"=?UTF-8?B?w7w=?= =?UTF-8?B?w6Q=?=":               "üä",
		"=?utf-8?q?a?= b":                                 "a b",
		"a =?utf-8?q?b?=":                                 "a b",
		"=?iso-8859-1?q?=FC?= =?utf-8?q?=C3=A4?=":         "üä",
		"=?utf-8?q?with space inside?=":                   "with space inside",
		"=?utf-8?q?no end =C3=A4":                         "no end =C3=A4",
		"=?utf-8?b?!!!?= x":                               "=?utf-8?b?!!!?= x",
		"=?utf-8?q?why?=20now?=":                          "why? now",
		"=?x-unknown?q?=FC?=":                             "ü",
		"Gr\xfc\xdfe":                                     "Grüße",
		"=?=?=?":                                          "=?=?=?",
		"\"=?utf-8?q?=C3=A4?=\"":                          "\"ä\"",
		"=?utf-8*de?q?=C3=A4?=":                           "ä",
		"=?ISO-2022-JP?B?GyRCJF4kXyRgJGEkYhsoQg==?=":      "まみむめも",
		"=?utf-8?Q?=E2=9C=94?==?utf-8?Q?_ok?=":            "✔ ok",
		"AW: =?utf-8?Q?Vertrag_f=C3=BCr?= \r\n L-4F7K-92": "AW: Vertrag für \r\n L-4F7K-92",
	}
	cases["=?utf-8?q?no end =C3=A4"] = "no end =C3=A4"
	for in, want := range cases {
		if got := decodeWords(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	cases := []struct {
		in   string
		want []written
	}{
		{`Jana <jana@x.example>`, []written{{"Jana", "jana@x.example"}}},
		{`jana@x.example (Jana Müller)`, []written{{"Jana Müller", "jana@x.example"}}},
		{`"Müller, Jana" <jana@x.example>; b@x.example`, []written{{"Müller, Jana", "jana@x.example"}, {"", "b@x.example"}}},
		{`Team: a@x.example, b@x.example;`, []written{{"", "a@x.example"}, {"", "b@x.example"}}},
		{`undisclosed-recipients:;`, nil},
		{`=?utf-8?q?J=C3=A4n?= <j@x.example>`, []written{{"Jän", "j@x.example"}}},
		{`"=?utf-8?q?J=C3=A4n=2C_A?=" <j@x.example>`, []written{{"Jän, A", "j@x.example"}}},
		{`=?utf-8?q?j=40x.example?=`, []written{{"", "j@x.example"}}},
		{`<mailto:j@x.example>`, []written{{"", "j@x.example"}}},
		{`'j@x.example'`, []written{{"", "j@x.example"}}},
		{`<@a,@b:j@x.example>`, []written{{"", "j@x.example"}}},
		{`A <a@x.example> B <b@x.example>`, []written{{"A", "a@x.example"}, {"B", "b@x.example"}}},
		{`x@y@z.example`, nil},
		{`j@bücher.example`, []written{{"", "j@xn--bcher-kva.example"}}},
		{`Evil <a@x.example\r\nRCPT TO:<b@x.example>`, []written{{`Evil <a@x.example\r\nRCPT TO:`, "b@x.example"}}},
		{"Bob\u202Egpj <b@x.example>", []written{{"Bobgpj", "b@x.example"}}},
		{`nobody`, nil},
		{`"O""Neil" <o@x.example>`, []written{{`O""Neil`, "o@x.example"}}},
		{`John . Doe @ machine . example`, []written{{"", "John.Doe@machine.example"}}},
	}
	for _, c := range cases {
		got := readMailboxes(c.in)
		if c.in == `Evil <a@x.example\r\nRCPT TO:<b@x.example>` {
			if len(got) > 1 || len(got) == 1 && strings.ContainsAny(got[0].addr, "\r\n<> ") {
				t.Errorf("%q: %+v", c.in, got)
			}
			continue
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: got %+v, want %+v", c.in, got, c.want)
		}
	}
}

func TestSender(t *testing.T) {
	cases := map[string]struct {
		head, from, warning string
		trace               intake.Trace
	}{
		"from":                             {"From: a@x.example", "a@x.example", "", customerTrace},
		"sender instead":                   {"From: nobody\r\nSender: s@x.example", "s@x.example", "", customerTrace},
		"return path instead":              {"Subject: x", "jana@post.example", warnSender, customerTrace},
		"reply-to stays a wish":            {"From: a@x.example\r\nReply-To: b@x.example", "a@x.example", warnReplyTo, customerTrace},
		"form mailer":                      {"From: noreply@shop.example\r\nReply-To: Kim <kim@x.example>", "kim@x.example", warnForm, customerTrace},
		"form as the desk":                 {"From: hilfe@lindenau.example\r\nReply-To: kim@x.example", "kim@x.example", warnForm, customerTrace},
		"reply-to is the desk":             {"From: noreply@shop.example\r\nReply-To: hilfe@lindenau.example", "noreply@shop.example", "", customerTrace},
		"daemon with reply-to":             {"From: mailer-daemon@x.example\r\nReply-To: kim@x.example", "mailer-daemon@x.example", warnReplyTo, customerTrace},
		"two reply-to addresses, one from": {"From: noreply@x.example\r\nReply-To: a@x.example, b@x.example", "noreply@x.example", "", customerTrace},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			in := readOK(t, c.head+"\r\n\r\nx\r\n", c.trace)
			if in.From.Value != c.from {
				t.Errorf("from %q, want %q", in.From.Value, c.from)
			}
			if c.warning != "" && !slices.Contains(in.Warnings, c.warning) {
				t.Errorf("warnings %q, want %q", in.Warnings, c.warning)
			}
		})
	}
}

func TestAutomation(t *testing.T) {
	null := customerTrace
	null.From = ""
	own := mark("mx.lindenau.example")
	cases := map[string]struct {
		head  string
		trace intake.Trace
		want  intake.Automation
	}{
		"person":                        {"Subject: Frage", customerTrace, intake.Person},
		"auto-submitted no":             {"Auto-Submitted: no", customerTrace, intake.Person},
		"auto-replied":                  {"Auto-Submitted: auto-replied (vacation)", customerTrace, intake.Replied},
		"auto-replied, null sender":     {"Auto-Submitted: auto-replied", null, intake.Replied},
		"auto-generated":                {"Auto-Submitted: auto-generated; x=y", customerTrace, intake.Generated},
		"auto-notified":                 {"Auto-Submitted: auto-notified", customerTrace, intake.Generated},
		"bulk":                          {"Precedence: bulk", customerTrace, intake.Bulk},
		"auto_reply":                    {"Precedence: auto_reply", customerTrace, intake.Replied},
		"list":                          {"List-Id: <x.example>", customerTrace, intake.Bulk},
		"unsubscribe":                   {"List-Unsubscribe: <mailto:x@x.example>", customerTrace, intake.Bulk},
		"exchange":                      {"X-Auto-Response-Suppress: DR, OOF, AutoReply", customerTrace, intake.Generated},
		"receipts unwanted":             {"X-Auto-Response-Suppress: DR, RN", customerTrace, intake.Person},
		"x-autoreply":                   {"X-Autoreply: yes", customerTrace, intake.Replied},
		"null sender":                   {"Subject: Frage", null, intake.Generated},
		"return-path without transport": {"Return-Path: <>", intake.Trace{}, intake.Generated},
		"return-path of a fetched mail": {"Return-Path: <>", intake.Trace{Host: "imap.lindenau.example", To: []string{"hilfe@lindenau.example"}}, intake.Generated},
		"fetched, no return-path":       {"Subject: x", intake.Trace{Host: "imap.lindenau.example", To: []string{"hilfe@lindenau.example"}}, intake.Person},
		"null sender of a daemon":       {"From: Mailer-Daemon@x.example", null, intake.Bounce},
		"failed recipients":             {"From: Mailer-Daemon@x.example\r\nX-Failed-Recipients: kim@x.example", customerTrace, intake.Bounce},
		"no transport known":            {"Subject: x", intake.Trace{}, intake.Person},
		"vacation subject alone":        {"Subject: Abwesenheit der Nachbarin", customerTrace, intake.Person},
		"vacation subject and null":     {"Subject: Abwesenheitsnotiz: Frage", null, intake.Replied},
		"bounce":                        {"From: MAILER-DAEMON@x.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b", null, intake.Bounce},
		"read receipt":                  {"Content-Type: multipart/report; report-type=disposition-notification; boundary=b", customerTrace, intake.Replied},
		"noreply":                       {"From: no-reply@x.example", customerTrace, intake.Generated},
		"daemon":                        {"From: postmaster@x.example", customerTrace, intake.Generated},
		"own":                           {"X-Lotse: " + own, customerTrace, intake.Own},
		"another desk":                  {"X-Lotse: " + mark("other.example"), customerTrace, intake.Person},
		"own acknowledgement":           {"X-Lotse: " + own + "\r\nAuto-Submitted: auto-replied", null, intake.Own},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			head := c.head
			if !strings.Contains(head, "From:") {
				head = "From: jana@post.example\r\n" + head
			}
			if in := readOK(t, head+"\r\n\r\nx\r\n", c.trace); in.Automation != c.want {
				t.Errorf("got %d, want %d", in.Automation, c.want)
			}
		})
	}
}

// TestMachines reads the marks of programs, as they come in their mail. The
// last ones are mail of people whose programs and servers add a lot.
func TestMachines(t *testing.T) {
	cases := map[string]struct {
		head string
		want intake.Automation
	}{
		"Exchange absence":       {"Subject: Automatische Antwort: Frage\r\nAuto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\nX-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent", intake.Replied},
		"Exchange absence, bare": {"Subject: Respuesta automática: consulta\r\nX-Auto-Response-Suppress: All", intake.Replied},
		"Gmail vacation":         {"Subject: Urlaub Re: Frage\r\nPrecedence: bulk\r\nAuto-Submitted: auto-replied\r\nX-Autoreply: yes", intake.Replied},
		"Postfix vacation":       {"Subject: Re: x\r\nAuto-Submitted: auto-replied (vacation)\r\nX-Mailer: vacation 1.2", intake.Replied},
		"Plesk":                  {"X-Autorespond: Frage\r\nMIME-Version: 1.0", intake.Replied},
		"cPanel":                 {"X-Autorespond: x\r\nX-Loop: kim@x.example\r\nX-Precedence: auto_reply", intake.Replied},
		"FirstClass":             {"X-FC-MachineGenerated: true", intake.Replied},
		"qmail autoresponder":    {"Delivered-To: Autoresponder", intake.Replied},
		"X-Autoreply: no":        {"X-Autoreply: no", intake.Person},
		"GitHub":                 {"From: octo <notifications@github.example>\r\nList-ID: a/b <b.a.github.example>\r\nPrecedence: list\r\nX-GitHub-Reason: mention", intake.Bulk},
		"GitHub, no list":        {"From: octo <octo@github.example>\r\nX-GitHub-Reason: mention", intake.Generated},
		"GitLab":                 {"From: GitLab <gitlab@x.example>\r\nX-GitLab-Project: demo\r\nX-GitLab-NotificationReason: assigned", intake.Generated},
		"Jira":                   {"From: Jira <jira@x.example>\r\nX-JIRA-FingerPrint: 0123\r\nPrecedence: bulk", intake.Bulk},
		"Jira, plain":            {"From: Jira <jira@x.example>\r\nX-JIRA-FingerPrint: 0123", intake.Generated},
		"Bugzilla":               {"X-Bugzilla-Reason: CC\r\nX-Bugzilla-Type: changed\r\nAuto-Submitted: auto-generated", intake.Generated},
		"Redmine":                {"X-Redmine-Host: x.example\r\nX-Auto-Response-Suppress: All\r\nAuto-Submitted: auto-generated\r\nList-Id: <x.example>", intake.Bulk},
		"cron":                   {"From: Cron Daemon <root@x.example>\r\nX-Cron-Env: <SHELL=/bin/sh>", intake.Generated},
		"cron, old":              {"From: root@x.example\r\nSubject: Cron <root@x> run-parts", intake.Generated},
		"another service desk":   {"X-OTRS-Loop: yes\r\nX-Loop: help@x.example", intake.Generated},
		"request tracker":        {"RT-Originator: kim@x.example\r\nX-RT-Loop-Prevention: x.example", intake.Generated},
		"Mailman":                {"X-BeenThere: list@x.example\r\nX-Mailman-Version: 2.1\r\nErrors-To: list-bounces@x.example", intake.Bulk},
		"Google group":           {"Mailing-list: list x@x.example; contact x+owners@x.example\r\nX-Google-Group-Id: 1", intake.Bulk},
		"newsletter":             {"List-Unsubscribe: <https://x.example/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nFeedback-ID: 1:2:3:x", intake.Bulk},
		"Feedback-ID alone":      {"Feedback-ID: 1:2:3:x", intake.Bulk},
		"Precedence: junk":       {"Precedence: junk", intake.Bulk},
		"monitor":                {"From: monitor@x.example\r\nAuto-Submitted: auto-notified", intake.Generated},
		"order of a shop":        {"From: no-reply@shop.example\r\nX-Mailer: PHPMailer", intake.Generated},
		"order-noreply":          {"From: orders-noreply@shop.example", intake.Generated},
		"null value":             {"Precedence: first-class\r\nAuto-Submitted: no\r\nX-Auto-Response-Suppress: DR, RN, NRN", intake.Person},
		"Outlook user":           {"X-Mailer: Microsoft Outlook 16.0\r\nThread-Index: Adx\r\nX-MS-Has-Attach:\r\nX-MS-TNEF-Correlator:\r\nX-MS-Exchange-Organization-AuthAs: Internal\r\nImportance: High", intake.Person},
		"Gmail user":             {"X-Google-DKIM-Signature: v=1\r\nX-Gm-Message-State: AOJu\r\nX-Received: by 2002", intake.Person},
		"Apple user":             {"X-Mailer: Apple Mail (2.3774)\r\nX-Universally-Unique-Identifier: 1\r\nX-Uniform-Type-Identifier: com.apple.mail-draft", intake.Person},
		"webmail behind filter":  {"X-Spam-Status: No\r\nX-Provags-ID: V03\r\nX-UI-Out-Filterresults: notjunk:1\r\nX-Originating-IP: 192.0.2.1\r\nX-Priority: 3", intake.Person},
		"receipt wanted":         {"Disposition-Notification-To: jana@post.example\r\nReturn-Receipt-To: jana@post.example", intake.Person},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			head := c.head
			if !strings.Contains(head, "From:") {
				head = "From: jana@post.example\r\n" + head
			}
			l, err := testAdapter(t, nil).readAll([]byte(head+"\r\n\r\nEin Text.\r\n"), customerTrace)
			if err != nil {
				t.Fatal(err)
			}
			if l.in.Automation != c.want || l.why == "" {
				t.Errorf("got %d (%s), want %d", l.in.Automation, l.why, c.want)
			}
		})
	}
}

func TestIdentity(t *testing.T) {
	base := "From: a@x.example\r\nMessage-ID: <1@x>\r\nSubject: Lange\r\n Zeile\r\nDate: Tue, 03 Mar 2026 08:15:00 +0100\r\n\r\nText\r\nmehr\r\n"
	same := map[string]string{
		"another hop":        "Received: from a by b\r\nReturn-Path: <a@x.example>\r\nDelivered-To: z@x\r\nX-Spam: no\r\n" + base,
		"other line endings": strings.ReplaceAll(base, "\r\n", "\n"),
		"unfolded":           strings.Replace(base, "Lange\r\n Zeile", "Lange Zeile", 1),
		"empty line at end":  base + "\r\n",
	}
	different := map[string]string{
		"body":    strings.Replace(base, "mehr", "weniger", 1),
		"subject": strings.Replace(base, "Lange", "Kurze", 1),
		"from":    strings.Replace(base, "a@x.example", "b@x.example", 1),
		"date":    strings.Replace(base, "08:15", "08:16", 1),
		"id":      strings.Replace(base, "<1@x>", "<2@x>", 1),
	}
	want := readOK(t, base, customerTrace).Identity
	for name, raw := range same {
		if readOK(t, raw, customerTrace).Identity != want {
			t.Errorf("%s: should be the same mail", name)
		}
	}
	for name, raw := range different {
		if readOK(t, raw, customerTrace).Identity == want {
			t.Errorf("%s: should be another mail", name)
		}
	}
}

func TestTokens(t *testing.T) {
	trace := customerTrace
	trace.To = []string{"hilfe+Env1@lindenau.example"}
	in := readOK(t, "From: a+mine@x.example\r\nTo: hilfe+to1@lindenau.example, hilfe@lindenau.example\r\nCc: x+cc1@y.example, hilfe+to1@lindenau.example\r\nDelivered-To: hilfe+del1@lindenau.example\r\nX-Original-To: hilfe+orig1@lindenau.example\r\n\r\nx\r\n", trace)
	if want := []string{"to1", "cc1", "del1", "orig1", "Env1"}; !slices.Equal(in.Tokens, want) {
		t.Errorf("got %q, want %q", in.Tokens, want)
	}
}

func TestFlowed(t *testing.T) {
	in := readOK(t, letterOf("From: a@x.example", "Content-Type: text/plain; charset=utf-8; format=flowed", "",
		"Dies ist ein ", "Absatz.", "> zitiert ", "> weiter", ">> tiefer ", "Eigenes", " >kein Zitat", "-- ", "Jana"), customerTrace)
	want := "Dies ist ein Absatz.\n> zitiert weiter\n>> tiefer \nEigenes\n>kein Zitat\n-- \nJana"
	if in.Text != want {
		t.Errorf("got %q, want %q", in.Text, want)
	}
	if got := unflow("ab \ncd\n", true); got != "abcd\n" {
		t.Errorf("delsp: %q", got)
	}
}

func TestStructures(t *testing.T) {
	png := base64.StdEncoding.EncodeToString([]byte("\x89PNG picture"))
	in := readOK(t, letterOf("From: a@x.example", "MIME-Version: 1.0", `Content-Type: multipart/mixed; boundary="o"`, "", "preamble", "--o",
		`Content-Type: multipart/related; boundary=r`, "", "--r",
		`Content-Type: multipart/alternative; boundary=a`, "", "--a", "Content-Type: text/plain; charset=utf-8", "", "Hallo Welt", "--a",
		"Content-Type: text/html; charset=utf-8", "", `<p>Hallo <b>Welt</b><script>alert(1)</script><img src="cid:pic@x"></p>`, "--a--",
		"--r", "Content-Type: image/png", "Content-ID: <pic@x>", "Content-Transfer-Encoding: base64", "", png, "--r--",
		"--o", "Content-Type: application/pdf", `Content-Disposition: attachment; filename*=iso-8859-1''..%2FB%FCcher.pdf`, "", "%PDF",
		"--o", "Content-Type: text/calendar; method=REQUEST", "", "BEGIN:VCALENDAR",
		"--o", "Content-Type: message/rfc822", "", "From: z@x.example", "Subject: Alter Brief", "", "alt",
		"--o", "Content-Type: text/plain", "", "Fusszeile", "--o--", "epilogue"), customerTrace)
	if in.Text != "Hallo Welt\n\nFusszeile" {
		t.Errorf("Text = %q", in.Text)
	}
	if html := string(in.HTML); strings.Contains(html, "script") || !strings.Contains(html, "<b>Welt</b>") || !strings.Contains(html, "Fusszeile") {
		t.Errorf("HTML = %q", html)
	}
	type part struct {
		name, kind string
		inline     bool
	}
	var got []part
	for _, p := range in.Parts {
		got = append(got, part{p.Name, p.ContentType, p.Inline})
	}
	want := []part{{"attachment-1.png", "image/png", true}, {"Bücher.pdf", "application/pdf", false}, {"attachment-3.ics", "text/calendar", false}, {"Alter Brief.eml", "message/rfc822", false}}
	if !slices.Equal(got, want) {
		t.Errorf("Parts = %+v", got)
	}
	if string(in.Parts[0].Content) != "\x89PNG picture" || in.Parts[0].ContentID != "pic@x" {
		t.Errorf("inline part %q %q", in.Parts[0].Content, in.Parts[0].ContentID)
	}
}

func TestExcusesGiveWayToHTML(t *testing.T) {
	long := strings.Repeat("Ihr Vertrag wurde verlängert. ", 40)
	in := readOK(t, letterOf("From: a@x.example", "Content-Type: multipart/alternative; boundary=a", "", "--a", "Content-Type: text/plain", "", "Bitte HTML ansehen.", "--a",
		"Content-Type: text/html; charset=utf-8", "", "<p>"+long+"</p>", "--a--"), customerTrace)
	if !strings.Contains(in.Text, "Vertrag") {
		t.Errorf("Text = %q", in.Text)
	}
}

func TestFileNames(t *testing.T) {
	cases := map[string]string{
		"rechnung.pdf":                     "rechnung.pdf",
		"../../etc/passwd":                 "passwd",
		`C:\Users\x\brief.doc`:             "brief.doc",
		".htaccess":                        "htaccess",
		"a\u202Egpj.exe":                   "agpj.exe",
		"a\u200B.php":                      "a.php",
		"a\x00b\r\nc.txt":                  "ab c.txt",
		"..":                               "",
		strings.Repeat("ä", 900) + ".docx": strings.Repeat("ä", 195) + ".docx",
		`a<b>"c|d.txt`:                     "a_b__c_d.txt",
	}
	for in, want := range cases {
		if got := cleanFileName(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// partsOf builds a multipart of n text parts.
func partsOf(n int) string {
	return "From: a@x.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", n) + "--b--\r\n"
}

// nestOf nests multiparts n deep around one text.
func nestOf(n int) string {
	var b strings.Builder
	b.WriteString("From: a@x.example\r\n")
	for i := range n {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary*0=b; boundary*1=%d\r\n\r\n--b%d\r\n", i, i)
	}
	b.WriteString("\r\ntief\r\n")
	return b.String()
}

func TestLimits(t *testing.T) {
	small := testAdapter(t, map[string]string{"max_bytes": "65536"})
	normal := testAdapter(t, nil)
	unreadable := map[string]struct {
		raw, reason string
		trace       intake.Trace
	}{
		"5,000 parts":   {partsOf(5000), reasonParts, customerTrace},
		"1,000 nested":  {nestOf(1000), reasonDeep, customerTrace},
		"51 nested":     {nestOf(51), reasonDeep, customerTrace},
		"empty":         {"", reasonEmpty, customerTrace},
		"blank":         {"\r\n\r\n", reasonEmpty, customerTrace},
		"nobody":        {"Subject: x\r\n\r\nx\r\n", reasonNoSender, intake.Trace{}},
		"from is empty": {"From: <>\r\n\r\nx\r\n", reasonNoSender, intake.Trace{}},
		"picture":       {"\x89PNG\r\n\x1a\n\x00\x00\x00", reasonNotMail, customerTrace},
		"too large":     {"From: a@x.example\r\n\r\n" + strings.Repeat("x", 70_000), reasonTooLarge, customerTrace},
	}
	for name, c := range unreadable {
		t.Run(name, func(t *testing.T) {
			a := normal
			if c.reason == reasonTooLarge {
				a = small
			}
			in, err := a.Read(t.Context(), strings.NewReader(c.raw), c.trace)
			var u *intake.Unreadable
			if !errors.As(err, &u) || u.Reason != c.reason || in != nil {
				t.Errorf("got %v, %v, want %s", in, err, c.reason)
			}
		})
	}
	t.Run("999 parts", func(t *testing.T) {
		if in := readOK(t, partsOf(999), customerTrace); strings.Count(in.Text, "x") != 999 {
			t.Errorf("%d of 999 parts", strings.Count(in.Text, "x"))
		}
	})
	t.Run("50 nested", func(t *testing.T) {
		if in := readOK(t, nestOf(50), customerTrace); in.Text != "tief" {
			t.Errorf("Text = %q", in.Text)
		}
	})
	t.Run("header line of 1 MB", func(t *testing.T) {
		in := readOK(t, "From: a@x.example\r\nSubject: "+strings.Repeat("A", 1<<20)+"\r\nTo: b@x.example\r\n\r\nText\r\n", customerTrace)
		if in.Text != "Text" || len(in.Subject) > 4*maxSubject || len(in.To) != 1 || !slices.Contains(in.Warnings, warnHeader) {
			t.Errorf("text %q, subject of %d bytes, warnings %q", in.Text, len(in.Subject), in.Warnings)
		}
	})
	t.Run("header without end", func(t *testing.T) {
		in := readOK(t, "From: a@x.example\r\n"+strings.Repeat("X-A: b\r\n", 100_000), customerTrace)
		if !slices.Contains(in.Warnings, warnHeader) {
			t.Errorf("warnings %q", in.Warnings)
		}
	})
	t.Run("empty message id", func(t *testing.T) {
		for _, id := range []string{"", " ", "<>", "< >"} {
			if in := readOK(t, "From: a@x.example\r\nMessage-ID: "+id+"\r\n\r\nx\r\n", customerTrace); in.ExternalID != "" {
				t.Errorf("%q: %q", id, in.ExternalID)
			}
		}
	})
	t.Run("date of 500 characters", func(t *testing.T) {
		in := readOK(t, "From: a@x.example\r\nDate: "+strings.Repeat("9", 500)+"\r\n\r\nx\r\n", customerTrace)
		if !in.Date.IsZero() || !slices.Contains(in.Warnings, warnDate) {
			t.Errorf("date %v, warnings %q", in.Date, in.Warnings)
		}
	})
	t.Run("NUL bytes", func(t *testing.T) {
		in := readOK(t, "From: a@x.example\r\nSubject: a\x00b\r\n\r\nvor\x00her\r\n", customerTrace)
		if in.Text != "vorher" || in.Subject != "ab" || !slices.Contains(in.Warnings, warnNUL) {
			t.Errorf("text %q subject %q warnings %q", in.Text, in.Subject, in.Warnings)
		}
	})
	t.Run("text of 3 MB", func(t *testing.T) {
		in := readOK(t, "From: a@x.example\r\n\r\n"+strings.Repeat("wort ", 600_000), customerTrace)
		if len(in.Text) > maxText+100 || len(in.Parts) != 1 || len(in.Parts[0].Content) < 2_900_000 {
			t.Errorf("text %d, parts %d", len(in.Text), len(in.Parts))
		}
	})
}

// TestWorkIsLinear feeds the scanner what is quadratic for a naive one, at two
// sizes, and counts allocations, which follow the work.
func TestWorkIsLinear(t *testing.T) {
	a := testAdapter(t, nil)
	for name, build := range map[string]func(n int) string{
		"delimiters": func(n int) string { return strings.Replace(nestOf(40), "tief", strings.Repeat("--b\r\n", n), 1) },
		"encoded words": func(n int) string {
			return "From: a@x.example\r\nSubject: " + strings.Repeat("=?a?b?! ", n/8) + "\r\n\r\nx"
		},
		"commas": func(n int) string { return "From: a@x.example\r\nTo: " + strings.Repeat("(,", n/2) + "\r\n\r\nx" },
		"quotes": func(n int) string { return "From: a@x.example\r\nTo: " + strings.Repeat("\"<", n/2) + "\r\n\r\nx" },
		"parameters": func(n int) string {
			return "From: a@x.example\r\nContent-Type: text/plain" + strings.Repeat(";a=b", n/4) + "\r\n\r\nx"
		},
		"broken headers": func(n int) string {
			return "From: a@x.example\r\n" + strings.Repeat("bad\r\n", n) + "To: x@y.example\r\n\r\nx"
		},
	} {
		t.Run(name, func(t *testing.T) {
			cost := func(n int) float64 {
				raw := []byte(build(n))
				return testing.AllocsPerRun(1, func() { _, _ = a.Read(context.Background(), bytes.NewReader(raw), customerTrace) })
			}
			if one, four := cost(20_000), cost(80_000); four > 6*one+1000 {
				t.Errorf("%.0f allocations at 20,000, %.0f at 80,000", one, four)
			}
		})
	}
}

func TestReadIsPure(t *testing.T) {
	a := testAdapter(t, nil)
	corpus(t, func(name string, raw []byte) {
		if len(raw) > 100_000 {
			return
		}
		kept := bytes.Clone(raw)
		one, err1 := a.Read(t.Context(), bytes.NewReader(raw), corpusTrace)
		two, err2 := a.Read(t.Context(), bytes.NewReader(raw), corpusTrace)
		if !reflect.DeepEqual(one, two) || (err1 == nil) != (err2 == nil) {
			t.Errorf("%s: two readings differ", name)
		}
		if !bytes.Equal(raw, kept) {
			t.Errorf("%s: the input was changed", name)
		}
	})
}

func TestReadStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := testAdapter(t, nil).Read(ctx, strings.NewReader("From: a@x.example\r\n\r\nx"), customerTrace); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestLanguage(t *testing.T) {
	cases := map[string]string{
		"Guten Tag, ich habe eine Frage zu der Rechnung.":     "de",
		"Hello, I have a question about the invoice please.":  "en",
		"Bonjour, une question":                               "",
		"ok":                                                  "",
		"> und der die das\nthe answer is not what you think": "en",
	}
	for text, want := range cases {
		if got := language(text, nil); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := language("ok", header{{"content-language", "de-AT"}}); got != "de" {
		t.Errorf("Content-Language: %q", got)
	}
}

func FuzzRead(f *testing.F) {
	corpus(f, func(_ string, raw []byte) {
		if len(raw) < 8<<10 {
			f.Add(raw)
		}
	})
	f.Add([]byte(nestOf(5)))
	f.Add([]byte(partsOf(5)))
	a := testAdapter(f, nil)
	f.Fuzz(func(t *testing.T, raw []byte) {
		in, err := a.Read(t.Context(), bytes.NewReader(raw), corpusTrace)
		var u *intake.Unreadable
		switch {
		case err == nil:
			checkSane(t, "input", in)
		case !errors.As(err, &u) || u.Reason == "":
			t.Fatalf("neither message nor Unreadable: %v", err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	a := testAdapter(b, nil)
	text := letterOf("Received: from mx.post.example by mx.lindenau.example; Tue, 03 Mar 2026 08:15:00 +0100", "From: =?utf-8?q?Jana_M=C3=BCller?= <jana@post.example>", "To: hilfe+abc@lindenau.example",
		"Subject: =?utf-8?q?Stra=C3=9Fe?=", "Date: Tue, 03 Mar 2026 08:15:00 +0100", "Message-ID: <1@post.example>", "References: <a@x> <b@x>", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "",
		strings.Repeat("Guten Tag, die Straße ist seit Montag gesperrt, bitte um Auskunft.\r\n", 40))
	page := "<html><head><style>p{color:red}</style></head><body><table>" + strings.Repeat(`<tr><td style="padding:4px"><p>Ein Absatz mit <a href="https://x.example/?a=b">Verweis</a> und <b>fett</b>.</p></td></tr>`, 500) + "</table></body></html>"
	html := letterOf("From: jana@post.example", "To: hilfe@lindenau.example", "Subject: Seite", "MIME-Version: 1.0", "Content-Type: multipart/alternative; boundary=b", "",
		"--b", "Content-Type: text/plain; charset=utf-8", "", strings.Repeat("Ein Absatz mit Verweis und fett.\r\n", 100), "--b", "Content-Type: text/html; charset=utf-8", "", page, "--b--")
	for name, raw := range map[string]string{"text3K": text, "html60K": html} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.Read(b.Context(), strings.NewReader(raw), customerTrace); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
		})
	}
}
