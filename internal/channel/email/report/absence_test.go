package report

import (
	"testing"

	"lotse/internal/intake"
)

// TestAbsence reads absence notices in several languages, with the return if
// they state it.
func TestAbsence(t *testing.T) {
	for _, c := range []struct{ subject, text, until string }{
		{"Automatische Antwort: Ihre Rechnung", "Ich bin bis einschließlich 16.05.2025 nicht im Büro.", "2025-05-16"},
		{"Automatische Antwort: Ihre Rechnung", "Guten Tag,\n\nvom 6. bis 20. Mai bin ich im Urlaub und ab dem 21. Mai wieder erreichbar.", "2025-05-21"},
		{"Abwesenheitsnotiz", "Ich bin am 12.05. wieder für Sie da.", "2025-05-12"},
		{"Abwesenheitsnotiz", "Ich bin zurzeit nicht erreichbar.", ""},
		{"Out of Office: Re: your order", "I am out of the office and will return on Monday, May 19th, 2025.", "2025-05-19"},
		{"Automatic reply: your order", "I will be traveling for work on July 10-31.", "2025-07-31"},
		{"Automatic reply: your order", "I am on vacation until 05/06/2025.", ""}, // May or June?
		{"Automatic reply: your order", "I'm away through 30/05/2025.", "2025-05-30"},
		{"Automatic reply: your order", "I'll be back on January 7.", "2026-01-07"},
		{"Auto: Anfrage", "Wir haben Betriebsferien bis 2025-06-01, unser Büro ist nicht besetzt. Ich bin abwesend.", "2025-06-01"},
		{"Réponse automatique : commande", "Je suis absente du bureau jusqu'au 23 mai 2025.", "2025-05-23"},
		{"Respuesta automática: pedido", "Estoy de vacaciones hasta el 2 de junio de 2025.", "2025-06-02"},
		{"Risposta automatica: ordine", "Sono in ferie fino al 18 maggio.", "2025-05-18"},
		{"Automatisch antwoord: bestelling", "Ik ben afwezig tot 12 mei 2025.", "2025-05-12"},
		{"Resposta automática: pedido", "Estou de férias até 30 de maio.", "2025-05-30"},
		{"Automatyczna odpowiedź: zamówienie", "Jestem na urlopie do 15 maja.", "2025-05-15"},
		{"Автоматический ответ: заказ", "Я в отпуске до 15 мая.", "2025-05-15"},
		{"自動応答: 注文", "休暇中です。", ""},
	} {
		m := textMail(map[string]string{"from": "Anna <Anna@Ziel.example>", "subject": c.subject, "date": "Mon, 05 May 2025 10:00:00 +0200", "auto-submitted": "auto-replied", "in-reply-to": "<9@lindenau.example>"}, c.text)
		r, ok := Read(m)
		if !ok || r.Kind != intake.Absent {
			t.Errorf("%q: %+v", c.text, r)
			continue
		}
		until := ""
		if !r.Until.IsZero() {
			until = r.Until.Format("2006-01-02")
		}
		if until != c.until || r.Recipients[0].Address != "anna@ziel.example" || r.Recipients[0].Reason != vacation || r.MessageID != "9@lindenau.example" {
			t.Errorf("%q: until %q, expected %q; %+v", c.text, until, c.until, r)
		}
	}
}

// TestAbsenceSubject finds the subject of the mail that was answered.
func TestAbsenceSubject(t *testing.T) {
	for subject, want := range map[string]string{
		"Automatische Antwort: Ihre Rechnung 4711": "Ihre Rechnung 4711",
		"Out of Office: Re: your order":            "Re: your order",
		"Automatic reply: Nyaan":                   "Nyaan",
	} {
		r, ok := Read(textMail(map[string]string{"from": "a@b.example", "subject": subject, "auto-submitted": "auto-replied"}, "I am away."))
		if !ok || r.Subject != want {
			t.Errorf("%q: %+v", subject, r)
		}
	}
}

// TestAbsenceWithoutMark tells notices without any field of a machine from
// letters of people who write of their holidays.
func TestAbsenceWithoutMark(t *testing.T) {
	for _, c := range []struct {
		subject, text string
		want          bool
	}{
		{"Automatische Antwort: Ihre Rechnung", "Ich bin nicht mehr für Sie zuständig.", true}, // no person writes such a subject
		{"Automatisk svar: Regning", "Jeg er på ferie.", true},
		{"Automatická odpověď: Faktura", "Jsem mimo kancelář.", true},
		{"Otomatik yanıt: Fatura", "22 Mart tarihine kadar ofis dışındayım.", true},
		{"Auto: Re: Anfrage", "Ich bin im Urlaub.", true}, // RFC 5230 §4.2
		{"Urlaub", "Ich bin im Urlaub und lese keine Mails.", true},
		{"Vacation: Re: bill", "I am on vacation.", true},
		{"AW: Automatische Antwort: Ihre Rechnung", "Danke, wann sind Sie wieder da", false},
		{"Re: Urlaub", "Ich bin vom 1. bis 14. Mai im Urlaub.", false},
		{"Urlaub", "Ich bin im Mai im Urlaub. Kann der Techniker vorher kommen?", false},
		{"Urlaub vom 1. bis 14. Mai", "Wir sind im Urlaub. Bitte stellen Sie in dieser Zeit nichts zu.", false},
		{"Vacation stop", "We are on vacation in May.", false},
		{"Out of office hours", "Your hotline is closed when I am out of work.", false},
		{"Auto: Unfall", "Mein Wagen steht in der Werkstatt.", false},
	} {
		_, ok := Read(textMail(map[string]string{"from": "a@b.example", "subject": c.subject}, c.text))
		if ok != c.want {
			t.Errorf("%q: %v, expected %v", c.subject, ok, c.want)
		}
	}
	list := map[string]string{"from": "a@b.example", "subject": "Urlaub: jetzt buchen", "list-unsubscribe": "<https://b.example/u>"}
	if r, ok := Read(textMail(list, "Wer bucht, ist bald im Urlaub.")); ok {
		t.Errorf("a newsletter: %+v", r)
	}
}
