package fold

import (
	"testing"
	"time"
)

// TestForwardsOfOtherPrograms holds the ways of programs that print something
// of their own, in one language each.
func TestForwardsOfOtherPrograms(t *testing.T) {
	const (
		day     = "2021-10-26"
		body    = "\n\nWhere are my keys?\n"
		address = "Ann Lee <ann@example.org>"
	)
	tests := []struct{ program, subject, text, at string }{
		{"Zimbra", "Fwd: Keys", "Hi\n\n----- Forwarded Message -----\nFrom: \"Ann Lee\" <ann@example.org>\nTo: \"bob\" <bob@example.org>\nSent: Tuesday, 26 October, 2021 14:25:08\nSubject: Keys" + body, "T14:25:08Z"},
		{"Roundcube", "Fwd: Keys", "Hi\n\n-------- Oryginalna wiadomość --------\nTemat: Keys\nData: 2021-10-26 14:25\nNadawca: " + address + "\nOdbiorca: bob@example.org" + body, "T14:25:00Z"},
		{"KMail", "Fwd: Keys", "Hi\n\n----------  Weitergeleitete Nachricht  ----------\n\nBetreff: Keys\nDatum: Dienstag, 26. Oktober 2021, 14:25:08 CEST\nVon: " + address + "\nAn: bob@example.org\n" + body, "T14:25:08+02:00"},
		{"Notes", "Fw: Keys", "Hi\n----- Forwarded by Bob Ray/ACME on 27.10.2021 08:00 -----\n\nFrom:\tAnn Lee <ann@example.org>\nTo:\tbob@example.org\nDate:\t26.10.2021 14:25\nSubject:\tKeys\n" + body, "T14:25:00Z"},
		{"Entourage", "FW: Keys", "\n------ Forwarded Message\nFrom: Ann Lee <ann@example.org>\nDate: Tue, 26 Oct 2021 14:25:08 +0200\nTo: <bob@example.org>\nConversation: Keys\nSubject: Keys" + body + "\n------ End of Forwarded Message\n", "T14:25:08+02:00"},
		{"Samsung", "Fwd: Keys", "Von meinem Samsung Gerät gesendet.\n\n-------- Ursprüngliche Nachricht --------\nVon: " + address + "\nDatum: 26.10.21 14:25 (GMT+01:00)\nAn: bob@example.org\nBetreff: Keys" + body, "T14:25:00+01:00"},
		{"Proton", "Fw: Keys", "Hi\n\n------- Forwarded Message -------\nFrom: Ann Lee <ann@example.org>\nDate: On Tuesday, October 26th, 2021 at 2:25 PM\nSubject: Keys\nTo: bob@example.org <bob@example.org>\n\n\n> Where are my keys?\n", "T14:25:00Z"},
		{"Yandex", "Fwd: Keys", "\n-------- Пересылаемое сообщение --------\n26.10.2021, 14:25, \"Ann Lee\" <ann@example.org>:" + body + "-------- Конец пересылаемого сообщения --------\n", "T14:25:00Z"},
		{"Mail.ru", "Fwd: Keys", "Привет\n\n-------- Пересылаемое сообщение --------\nОт кого: " + address + "\nКому: bob@example.org\nДата: Вторник, 26 октября 2021, 14:25 +03:00\nТема: Keys\n \n" + body, "T14:25:00+03:00"},
		{"Fastmail", "Fwd: Keys", "Hi\n\n----- Original message -----\nFrom: Ann Lee <ann@example.org>\nTo: bob@example.org\nSubject: Keys\nDate: Tuesday, October 26, 2021 2:25 PM" + body, "T14:25:00Z"},
		{"GMX", "Fw: Keys", "Hallo\n\n\nGesendet: Dienstag, 26. Oktober 2021 um 14:25 Uhr\nVon: \"Ann Lee\" <ann@example.org>\nAn: bob@example.org\nBetreff: Keys" + body, "T14:25:00Z"},
		{"old Yahoo", "Fwd: Keys", "Hi\n\n--- On Tue, 26/10/21, Bob wrote:\n\nFrom: Ann Lee <ann@example.org>\nSubject: Keys\nTo: bob@example.org\nDate: Tuesday, 26 October, 2021, 2:25 PM" + body, "T14:25:00Z"},
		{"IONOS", "", "Hallo\n> ---------- Ursprüngliche Nachricht ----------\n> Von: " + address + "\n> An: Bob <bob@example.org>\n> Datum: 26.10.2021 14:25 CEST\n> Betreff: Keys\n>  \n>  \n> Where are my keys?\n", "T14:25:00+02:00"},
		{"Outlook 2013 with bold labels", "WG: Keys", "Hallo\n\n*Von:* Ann Lee [mailto:ann@example.org]\n*Gesendet:* Dienstag, 26. Oktober 2021 14:25\n*An:* Bob\n*Betreff:* Keys" + body, "T14:25:00Z"},
		{"Markdown", "Fwd: Keys", "Hi\n\n**From:** Ann Lee <ann@example.org>\n**Date:** 26 October 2021 at 14:25\n**To:** bob@example.org\n**Subject:** Keys" + body, "T14:25:00Z"},
		{"Apple Mail, another's language", "Fwd: Keys", "Hi\n\nBegin forwarded message:\n\n> De: Ann Lee <ann@example.org>\n> Date: 26 octobre 2021 à 14:25:08 UTC+2\n> À: bob@example.org\n> Objet: Keys\n> \n> \ufeff\n> Where are my keys?\n", "T14:25:08+02:00"},
		{"Spark", "Fwd: Keys", "Hi\n---------- Forwarded message ----------\nOn 26 Oct 2021, 14:25 +0200, Ann Lee <ann@example.org>, wrote:\n> Where are my keys?\n", "T14:25:00+02:00"},
		{"line ends of Windows", "", "Hi\r\n\r\n---------- Forwarded message ---------\r\nFrom: Ann Lee <ann@example.org>\r\nDate: Tue, Oct 26, 2021 at 2:25 PM\r\nSubject: Keys\r\nTo: <bob@example.org>\r\n\r\n\r\nWhere are my keys?\r\n", "T14:25:00Z"},
		{"a wrapped subject", "", "---------- Forwarded message ---------\nFrom: Ann Lee <ann@example.org>\nDate: Tue, Oct 26, 2021 at 2:25 PM\nSubject:\n Keys\nTo: <bob@example.org>" + body, "T14:25:00Z"},
	}
	for _, test := range tests {
		t.Run(test.program, func(t *testing.T) {
			f, ok := Forwarded(test.subject, test.text)
			if !ok {
				t.Fatal("no forward")
			}
			if f.Name != "Ann Lee" || f.Address != "ann@example.org" || f.Subject != "Keys" {
				t.Errorf("%q <%s>: %q", f.Name, f.Address, f.Subject)
			}
			if at := f.At.Format(time.RFC3339); at != day+test.at {
				t.Errorf("date = %s of %q", at, f.DateText)
			}
			if got := bare(test.text[f.Body:]); len(got) < 5 || got[:5] != "Where" {
				t.Errorf("body = %q", got)
			}
			checkForward(t, test.text, f, ok)
		})
	}
}

func TestForwardsAsHTML(t *testing.T) {
	tests := []struct{ file, subject, name, address, title, at string }{
		{"apple_forward.html", "", "Foo Bar", "foo@bar.example", "The Subject", "2016-03-24T20:16:25+01:00"},
		{"gmail_forward.html", "", "Foo Bar", "foo@bar.example", "The Subject", "2016-03-24T17:17:00Z"},
		{"mailru_forward.html", "", "Иван Иванов", "ivanivanov@example.com", "Тестовая тема", "2017-06-14T15:19:00+03:00"},
		{"outlook_forward.html", "FW: The subject!", "John Doe", "", "The subject!", "2014-07-09T10:27:00Z"},
		{"thunderbird_forward.html", "", "John Doe", "johndoe@example.com", "Re: Example subject", "2016-05-03T14:54:27+02:00"},
	}
	for _, test := range tests {
		text, _ := HTML(readText(t, "replies", "quotequail", test.file))
		f, ok := Forwarded(test.subject, text)
		if !ok || f.Name != test.name || f.Address != test.address || f.Subject != test.title || f.At.Format(time.RFC3339) != test.at {
			t.Errorf("%s: %v %+v", test.file, ok, f)
		}
	}
	for _, file := range []string{"apple_reply.html", "gmail_reply.html", "yahoo_reply_unescaped_address.html"} {
		text, _ := HTML(readText(t, "replies", "quotequail", file))
		if f, ok := Forwarded("Re: x", text); ok {
			t.Errorf("%s: %+v", file, f)
		}
	}
}
