package spam_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/internal/platform/i18n"
	"lotse/internal/spam"
)

type class int

const (
	clean class = iota
	look        // doubtful, not spam
	junk
)

func (c class) String() string { return [...]string{"clean", "doubtful", "spam"}[c] }

func classOf(v spam.Verdict) class {
	switch {
	case v.Spam():
		return junk
	case v.Doubtful():
		return look
	}
	return clean
}

type example struct {
	subject, text string
	want          class
}

var honest = []example{
	{"Internet zu langsam", "Seit zwei Wochen kommen statt 250 nur 31 Mbit an. Messung: https://www.speedtest.net/result/15823471234", clean},
	{"", "Speed test: https://www.speedtest.net/result/d/98231. I pay for 500.", clean},
	{"Rechnung", "Wo finde ich meine Rechnung?", clean},
	{"", "Hilfe!!!", clean},
	{"Strom weg", "Strom weg seit 5", clean},
	{"Order 4711-2231", "Where is my parcel? It was due on Monday.", clean},
	{"Bestellung L-4F7K-92", "Die Bestellnummer A1B2-9931-XZ ist seit 12.03. auf „versandt“. Sendungsnummer 00340434161094042557. Wo bleibt das Paket?", clean},
	{"FRECHHEIT", "ICH HABE DIE SCHNAUZE VOLL!!!!!!!! SEIT DREI WOCHEN KEIN INTERNET UND IHR VERDAMMTEN IDIOTEN LEGT EINFACH AUF! WAS FÜR EIN SCHEISSLADEN!!!! ICH WILL MEIN GELD ZURÜCK!!!", clean},
	{"WHAT THE HELL", "THIS IS BULLSHIT!!!!! YOU CHARGED ME TWICE AND YOUR FUCKING HOTLINE HANGS UP ON ME. I WANT MY MONEY BACK NOW!!!!!!!", clean},
	{"Neeeeeeeeeein", "Schon wieder kein Warmwasser, verdammte Scheiße, das ist jetzt der vierte Tag.", clean},
	{"Kündigung", "Hiermit kündige ich meinen Vertrag 88123 zum nächstmöglichen Zeitpunkt. Bitte bestätigen Sie mir das schriftlich.", clean},
	{"Zählerstand", "Zählernummer 1ESY1160123456, Stand 14.332 am 01.02.", clean},
	{"Paying with Bitcoin?", "Can I pay my bill with bitcoin or only by transfer?", clean},
	{"Fremde Abbuchung", "Jemand hat mit meiner Karte in einem Online-Casino bezahlt, 120 € am Samstag. Bitte sperren Sie die Karte.", clean},
	{"Phishing?", "Ich habe eine Mail in Ihrem Namen bekommen: „Sie haben gewonnen, klicken Sie hier“. Ist die echt?", clean},
	{"Ratenzahlung", "Ich verdiene nur 1.450 Euro im Monat und kann die Nachzahlung von 620 € nicht auf einmal zahlen. Geht das in Raten?", clean},
	{"Kredit zurückzahlen", "Kann ich meinen Kredit vorzeitig zurückzahlen und was kostet das?", clean},
	{"Wallbox", "Ist die Wallbox mit 11 kW anmeldepflichtig? Der Isolationswiderstand wurde mit 500 kΩ gemessen, die Leitung hat 6 mm².", clean},
	{"Website kaputt", "I visited your website and the login button does nothing. Firefox 131, Windows 11.", clean},
	{"Zwei Links", "Auf https://example.org/tarife steht 29,90 €, auf https://example.org/hilfe/preise steht 34,90 €. Was stimmt?", clean},
	{"Ihr Techniker", "War nicht da. Ich habe mir freigenommen und von 8 bis 12 gewartet. Neuer Termin bitte!", clean},
	{"WLAN", "wlan geht nich mehr seit dem gewitter, router blinkt rot, was soll ich machen", clean},
	{"Missing item", "My order number is 99-1823. The box had two chargers instead of three.", clean},
	{"Moving house", "We are moving on 1 April. How do I take my contract with me? The new flat has fibre already.", clean},
	{"Danke", "Danke, jetzt geht es wieder :-)", clean},
	{"DSL", "Log vom Router: DSL ist verfügbar (DSL-Synchronisierung besteht mit 98541/38210 kbit/s). PPPoE-Fehler: Zeitüberschreitung. ------------------------------ Bitte prüfen.", clean},
	{"Double charge", "You double charged me $49.90 on 3 May. Please refund one of the payments.", clean},
	{"Router Angebot", "In Ihrer Werbung steht ein Rabattcode für Neukunden. Gilt der auch, wenn ich den Tarif wechsle?", clean},
	{"Werbeanrufe", "Ständig ruft mich jemand an und will mir in Ihrem Namen ein Sonderangebot verkaufen. Ist das von Ihnen?", clean},
	{"SEO im Hosting-Paket", "Ist im Hosting-Paket M die Suchmaschinenoptimierung enthalten?", clean},
	{"Kırık ürün", "Merhaba, paketim hasarlı geldi. Ne yapmalıyım? Sipariş 5512.", clean},
	{"Faktura", "Dzień dobry, nie mogę otworzyć faktury z marca. Proszę o kopię.", clean},
	{"Нет интернета", "Здравствуйте, у меня с понедельника не работает интернет. Договор 88123.", look},
	{"السلام عليكم", "لا يعمل الإنترنت في بيتي منذ ثلاثة أيام، أرجو المساعدة", look},
	{"Рахунок", "Добрий день, я отримала рахунок двічі (Rechnung 2231, Kundennummer 77120). Що робити?", clean},
	{"Screenshot", "https://example.org/bild.png", look},
}

var advertising = []example{
	{"Guest post", "Hello, I would like to publish a guest post on your site with a dofollow link. What is your price? Our sites have high DA.", junk},
	{"Quick question", "I came across your website and noticed you are not on the first page of Google. Our SEO services can fix that. Shall I send a quote?", junk},
	{"Ihre Website", "Guten Tag, ich bin auf Ihre Webseite gestoßen. Mit unserer SEO-Agentur kommen Sie auf Seite 1 bei Google. Wir gewinnen mehr Neukunden für Sie.", junk},
	{"Backlinks", "Buy backlinks from domains with high authority, DA 50+. Boost your traffic in 30 days! https://rankfast.example/offer", junk},
	{"Google-Bewertungen", "Google Bewertungen kaufen – 5-Sterne-Bewertungen ab 3 € pro Stück, bester Preis!", junk},
	{"B2B leads", "We have an email list of 40,000 IT managers in Germany. Qualified leads for your sales team. Schedule a quick call?", junk},
	{"Contact form blast", "We send your message to 2 million contact forms. It works: you are reading this. Grow your business today. To opt out reply STOP.", junk},
	{"Best online casino 2024", "Play slots and get free spins, no deposit bonus for new players! https://luckyspin.win/go", junk},
	{"Freispiele", "200 Freispiele und Bonus ohne Einzahlung – jetzt das beste Online-Casino mit Echtgeld testen!", junk},
	{"", "c a s i n o b o n u s 500% https://t.me/spinnow jackpot every day", look},
	{"Casino", "Best оnline саsinо bonus – free sрins for yоu", junk},
	{"Bitcoin", "Invest in Bitcoin today and double your money with our trading bot. Guaranteed profit of 15% weekly.", junk},
	{"Krypto", "Mit unserem Trading-Roboter in Bitcoin investieren: garantierte Rendite und passives Einkommen.", junk},
	{"Lost funds", "I lost 3 BTC to scammers, but a crypto recovery expert got everything back. Contact him on WhatsApp, he will recover your lost coins too.", junk},
	{"Loan offer", "We offer loans from 5,000 to 10 million euro at 2% interest rate to honest people. Contact us today.", junk},
	{"Kreditangebot", "Kreditangebot von privat: Kredit ohne Schufa, Zinssatz 2 %, Auszahlung in 48 Stunden. Schreiben Sie mir auf WhatsApp.", junk},
	{"Attention beneficiary", "Dear friend, I am barrister John Cole. My late client died as your next of kin and left 12 million dollars.", junk},
	{"Spende", "Ich bin unheilbar krank und habe eine Spende für Sie: 2,5 Millionen Euro. Sie sind Lottogewinner meiner Stiftung.", junk},
	{"Earn $5000 a day", "Make money online and be your own boss. I earn $4,800 per week from my sofa.", junk},
	{"Geld verdienen im Internet", "Schnelles Geld von zu Hause: Ich verdiene 900 Euro am Tag, finanzielle Freiheit für alle.", junk},
	{"Cheap meds", "Buy Viagra and Cialis without prescription. Online pharmacy, best price.", junk},
	{"V1agra", "Cheap V1agra, C1alis and Tramad0l, fast delivery", junk},
	{"Hot girls in your city", "Sexy singles in your area want to meet. https://flirt.click/x?id=7", junk},
	{"Einsam?", "Heiße Frauen und Sexdates in deiner Nähe, jetzt auf https://bit.ly/3abc", junk},
	{"Rolex replica", "Replica watches and luxury watches at factory price. Order now and save 80%!", junk},
	{"Führerschein", "Führerschein kaufen ohne Prüfung, echte Dokumente kaufen, Telegram @papiere24", junk},
	{"", "[url=https://pills.example]cheap pills[/url] [url=https://loans.example]payday loan[/url] [url=https://x.example]x[/url]", junk},
	{"Nice", "Great article! <a href=\"https://shop.example/bags\">designer bags</a> <a href='https://shop.example/shoes'>shoes</a>", look},
	{"hi", "https://cheap-deals.top/a https://cheap-deals.top/b https://cheap-deals.top/c https://cheap-deals.top/d https://cheap-deals.top/e https://cheap-deals.top/f", junk},
	{"", "https://bit.ly/2xYz", look},
	{"Раскрутка сайтов", "Продвижение сайтов в топ, рассылка по формам, пишите в телеграм https://t.me/promo", junk},
	{"Казино", "Лучшее казино, бонус без депозита, ставки на спорт", junk},
	{"𝐆𝐞𝐭 𝐫𝐢𝐜𝐡", "𝐈𝐧𝐯𝐞𝐬𝐭 𝐢𝐧 𝐁𝐢𝐭𝐜𝐨𝐢𝐧 and double your money", junk},
	{"Followers", "Buy followers and Instagram followers from 1 €. Explainer video for your shop included.", junk},
	{"xKjdFhQwPzLm", "zxJtkYvDnPQhRs", look},
	{"Funding", "Business funding and a business loan for your company within 24 hours, no credit check. Visit our website.", junk},
}

func TestHonestMessages(t *testing.T) { check(t, honest) }

func TestAdvertising(t *testing.T) { check(t, advertising) }

func check(t *testing.T, examples []example) {
	t.Helper()
	for _, e := range examples {
		v := spam.Score(spam.Input{Subject: e.subject, Text: e.text, Name: "Kim Sommer", Open: time.Minute})
		if got := classOf(v); got != e.want {
			t.Errorf("%q %q: %v (%d, %v), want %v", e.subject, e.text, got, v.Points, v.Reasons, e.want)
		}
	}
}

func TestHonestMessagesFilledInAtOnceAreNotSpam(t *testing.T) {
	for _, e := range honest {
		if e.want != clean {
			continue
		}
		if v := spam.Score(spam.Input{Subject: e.subject, Text: e.text, Open: time.Second}); v.Spam() {
			t.Errorf("%q: %d, %v", e.text, v.Points, v.Reasons)
		}
	}
}

func TestForm(t *testing.T) {
	const words = "Wo finde ich die Rechnung vom März?"
	for name, tc := range map[string]struct {
		in     spam.Input
		points int
		reason string
	}{
		"at leisure":           {spam.Input{Text: words, Open: 40 * time.Second}, 0, ""},
		"time unknown":         {spam.Input{Text: words}, 0, ""},
		"two seconds":          {spam.Input{Text: words, Open: 2 * time.Second}, 0, ""},
		"at once":              {spam.Input{Text: words, Open: 1900 * time.Millisecond}, 60, "spam.reason.hasty"},
		"at once, known":       {spam.Input{Text: words, Open: time.Second, Known: true}, 20, "spam.reason.hasty"},
		"trap":                 {spam.Input{Text: words, Trap: "https://x.example"}, 100, "spam.reason.trap"},
		"trap, known":          {spam.Input{Text: words, Trap: "x", Known: true}, 100, "spam.reason.trap"},
		"trap holds a blank":   {spam.Input{Text: words, Trap: " "}, 0, ""},
		"known, nothing found": {spam.Input{Text: words, Known: true}, 0, ""},
		"link as a name":       {spam.Input{Text: words, Name: "Win https://x.example"}, 60, "spam.reason.name"},
		"random name":          {spam.Input{Text: words, Name: "xKjdFhQwPzLm"}, 40, "spam.reason.gibberish"},
		"random all over":      {spam.Input{Text: "zxJtkYvDnPQhRs", Name: "xKjdFhQwPzLm"}, 100, "spam.reason.gibberish"},
		"nothing at all":       {spam.Input{}, 0, ""},
	} {
		v := spam.Score(tc.in)
		if v.Points != tc.points || strings.Join(v.Reasons, " ") != tc.reason {
			t.Errorf("%s: %d, %v", name, v.Points, v.Reasons)
		}
	}
}

func TestTheLimitsOfTheClasses(t *testing.T) {
	for points, want := range map[int]class{0: clean, 39: clean, 40: look, 99: look, 100: junk, 240: junk} {
		if got := classOf(spam.Verdict{Points: points}); got != want {
			t.Errorf("%d points are %v", points, got)
		}
	}
}

func TestReasonsAreInTheCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range slices.Concat(honest, advertising) {
		for _, r := range spam.Score(spam.Input{Subject: e.subject, Text: e.text}).Reasons {
			seen[r] = true
		}
	}
	for _, r := range []string{"trap", "hasty", "name"} {
		seen["spam.reason."+r] = true
	}
	if len(seen) < 15 {
		t.Errorf("the examples show only %d reasons", len(seen))
	}
	for key := range seen {
		for _, l := range i18n.Locales() {
			if text := i18n.For(l).T(key); text == key {
				t.Errorf("%s is missing in %s", key, l)
			}
		}
	}
}

func FuzzScore(f *testing.F) {
	for _, e := range slices.Concat(honest, advertising) {
		f.Add(e.subject, e.text, "Kim", false)
	}
	f.Add("\xff\xfe", "[url=<a href=\u200b", "\x00", true)
	f.Fuzz(func(t *testing.T, subject, text, name string, known bool) {
		in := spam.Input{Subject: subject, Text: text, Name: name, Known: known}
		v := spam.Score(in)
		if v.Points < 0 || v.Points > 600 || v.Points > 0 && len(v.Reasons) == 0 {
			t.Fatalf("%d points, reasons %v", v.Points, v.Reasons)
		}
		if in.Trap = "x"; !spam.Score(in).Spam() {
			t.Fatal("the trap did not catch it")
		}
	})
}

// Twice the text takes at most about twice the time, and what lies behind the
// first 32 kB takes none.
func BenchmarkScore(b *testing.B) {
	for name, text := range map[string]string{
		"short": honest[0].text, "8kB": strings.Repeat("earn verdiene <a [url= ", 356), "16kB": strings.Repeat("earn verdiene <a [url= ", 712), "1MB": strings.Repeat("a b c d e ", 100_000),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				spam.Score(spam.Input{Text: text})
			}
		})
	}
}
