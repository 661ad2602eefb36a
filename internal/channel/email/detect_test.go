package email

import (
	"strings"
	"testing"
)

// mails are what people write, in languages whose mail often comes without a
// charset or with a wrong one, and the charsets they come in.
var mails = []struct {
	language string
	charsets string
	text     string
}{
	{"ru", "windows-1251 koi8-r iso-8859-5 ibm866 x-mac-cyrillic", "Здравствуйте! Я не получил счёт за прошлый месяц. Пожалуйста, пришлите его ещё раз.\nС уважением, Иван Петров"},
	{"ru short", "windows-1251 koi8-r ibm866", "Добрый день, когда будет ответ?"},
	{"uk", "windows-1251 koi8-u", "Доброго дня! Я не отримав рахунок за минулий місяць. Будь ласка, надішліть його ще раз. Дякую, її підпис."},
	{"bg", "windows-1251", "Здравейте, не съм получил фактурата за миналия месец. Моля, изпратете я отново."},
	{"el", "windows-1253 iso-8859-7", "Καλημέρα σας, δεν έχω λάβει ακόμη το τιμολόγιο του προηγούμενου μήνα. Παρακαλώ στείλτε το ξανά."},
	{"he", "windows-1255", "שלום רב, עדיין לא קיבלתי את החשבונית של החודש שעבר. אנא שלחו אותה שוב."},
	{"ar", "windows-1256 iso-8859-6", "مرحبا، لم أستلم فاتورة الشهر الماضي بعد. يرجى إرسالها مرة أخرى إلى عنواني الجديد."},
	{"th", "windows-874", "สวัสดีครับ ผมยังไม่ได้รับใบแจ้งหนี้ของเดือนที่แล้ว กรุณาส่งอีกครั้ง ขอบคุณครับ"},
	{"zh simplified", "gb18030", "您好，我还没有收到上个月的发票。请您再发一次，谢谢！"},
	{"zh traditional", "big5", "您好，我還沒有收到上個月的發票。請您再寄一次，謝謝！"},
	{"ja", "shift_jis euc-jp iso-2022-jp", "お世話になっております。先月の請求書がまだ届いておりません。再送していただけますでしょうか。"},
	{"ko", "euc-kr", "안녕하세요. 지난달 청구서를 아직 받지 못했습니다. 다시 보내 주시기 바랍니다. 감사합니다."},
	{"pl", "iso-8859-2 windows-1250", "Dzień dobry, nie otrzymałem jeszcze faktury za zeszły miesiąc. Proszę o ponowne wysłanie. Łączę pozdrowienia, Michał Wiśniewski"},
	{"cs", "iso-8859-2 windows-1250", "Dobrý den, ještě jsem neobdržel fakturu za minulý měsíc. Prosím, pošlete ji znovu. Děkuji, Jiří Novák"},
	{"sk", "iso-8859-2 windows-1250", "Dobrý deň, ešte som nedostal faktúru za minulý mesiac. Prosím, pošlite ju znova. Ďakujem, Ľubomír"},
	{"hu", "iso-8859-2 windows-1250", "Tisztelt Ügyfélszolgálat! Még nem kaptam meg a múlt havi számlát. Kérem, küldjék el újra. Előre is köszönöm, Győző"},
	{"ro", "iso-8859-2 windows-1250", "Bună ziua, încă nu am primit factura de luna trecută. Vă rog să o trimiteţi din nou. Mulţumesc, Ştefan"},
	{"tr", "windows-1254", "Merhaba, geçen ayın faturasını henüz almadım. Lütfen tekrar gönderin. Saygılarımla, Ayşe Yıldız, İstanbul"},
	{"lt", "windows-1257", "Laba diena, dar negavau praėjusio mėnesio sąskaitos. Prašau atsiųsti ją dar kartą. Ačiū, Živilė"},
	{"lv", "windows-1257", "Labdien, es vēl neesmu saņēmis pagājušā mēneša rēķinu. Lūdzu, atsūtiet to vēlreiz. Paldies, Jānis Bērziņš"},
	{"de old machine", "ibm850 macintosh", "Guten Tag, ich möchte die Rechnung für März noch einmal haben. Viele Grüße, Jörg Müller, Straße 5"},
}

func encoded(t testing.TB, charset, text string) []byte {
	t.Helper()
	b, err := lookUp(charset).NewEncoder().String(text)
	if err != nil {
		t.Fatalf("%s: %v", charset, err)
	}
	return []byte(b)
}

func TestUndeclaredCharsets(t *testing.T) {
	for _, m := range mails {
		for _, charset := range strings.Fields(m.charsets) {
			b := encoded(t, charset, m.text)
			for _, said := range []string{"", "us-ascii", "utf-8", "x-unknown"} {
				if d := decodeHinted(b, said, nil); d.text != m.text || !d.guessed {
					t.Errorf("%s in %s, said %q: read as %s: %q", m.language, charset, said, d.charset, d.text)
				}
			}
		}
	}
}

// TestWrongCharsets reads texts that are said to be Western, as programs do
// that never heard of anything else.
func TestWrongCharsets(t *testing.T) {
	for _, m := range mails[:12] {
		if strings.Contains(m.language, "short") {
			continue
		}
		for _, charset := range strings.Fields(m.charsets) {
			if d := decodeHinted(encoded(t, charset, m.text), "iso-8859-1", nil); d.text != m.text {
				t.Errorf("%s in %s, said Latin-1: read as %s: %q", m.language, charset, d.charset, d.text)
			}
		}
	}
	cyrillic := mails[0].text
	for said, is := range map[string]string{"koi8-r": "windows-1251", "windows-1251": "koi8-r", "iso-8859-5": "windows-1251"} {
		if d := decodeHinted(encoded(t, is, cyrillic), said, nil); d.text != cyrillic || !d.guessed {
			t.Errorf("%s said to be %s: %q", is, said, d.text)
		}
	}
	for _, said := range []string{"gb2312", "big5", "shift_jis", "koi8-r", "windows-1251", "iso-8859-2", "euc-kr"} {
		for _, m := range mails {
			if strings.Contains(said, "-2") && m.language == "zh" {
				continue
			}
			if d := decodeHinted([]byte(m.text), said, nil); !isMultiByte(cleanCharset(said)) && (d.text != m.text || d.charset != "utf-8") {
				t.Errorf("UTF-8 in %s said to be %s: %q", m.language, said, d.text)
			}
		}
	}
	chinese := mails[8].text
	if d := decodeHinted([]byte(chinese), "gb2312", nil); d.text != chinese {
		t.Errorf("UTF-8 said to be gb2312: %q", d.text)
	}
	if d := decodeHinted(encoded(t, "big5", mails[9].text), "shift_jis", nil); d.text != mails[9].text {
		t.Errorf("Big5 said to be Shift_JIS: %s %q", d.charset, d.text)
	}
}

// TestDeclaredCharsetsAreFollowed reads each text as what it is said to be.
func TestDeclaredCharsetsAreFollowed(t *testing.T) {
	for _, m := range mails {
		for _, charset := range strings.Fields(m.charsets) {
			if d := decodeHinted(encoded(t, charset, m.text), charset, nil); d.text != m.text || d.guessed {
				t.Errorf("%s in %s: %v %q", m.language, charset, d.guessed, d.text)
			}
		}
	}
}

// TestWesternStaysWestern holds what a guess must never touch: it is what most
// mail without a charset is.
func TestWesternStaysWestern(t *testing.T) {
	texts := []string{
		"Grüße aus Köln", "Ä Ö Ü ß", "ÄÖÜß", "über", "ß", "5 €", "„so“ – oder „so“…", "20 °C, 5 m³, ½ l", "§ 5 Abs. 2", "• eins\n• zwei\n• drei", "Größe: 10×20 mm²",
		"Où est passée ma commande ? À bientôt, Éric", "été à Noël", "Ça va être réglé dès aujourd’hui. Cœur", "¿Cuándo llegará mi pedido? El año pasado no hubo problemas, señor Núñez.", "Nº 5, 1ª planta",
		"Não recebi a fatura do mês passado. Atenção, informações e ações", "Perché non è arrivato? Città, più, così, già", "Één reünie, coöperatie", "Jag har inte fått någon räkning för förra månaden ännu. Hälsningar, Åsa",
		"Jeg har ikke fått regningen. På gjensyn, Bjørn Sæther", "Ég hef ekki fengið reikninginn ennþá. Kær kveðja, Þórður", "Encara no he rebut la factura. Gràcies, l·l", "naïve café résumé", "Müller-Lüdenscheidt\u00a0GmbH", "\u00a0\u00a0\u00a0\u00a0- eins\u00a0",
		"Straße 5\nMünchen\nTel.: +49 (0)89\u00a012345\nGeschäftsführer: Jörg Öztürk", "©2024 Müller®™", "»Ja«, sagte er.", "Müşteri"[:1] + "ü", "Señor", "français", "Ångström",
	}
	for _, text := range texts {
		b, err := lookUp("windows-1252").NewEncoder().String(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for _, said := range []string{"", "us-ascii", "iso-8859-1", "utf-8"} {
			if d := decodeHinted([]byte(b), said, nil); d.text != text {
				t.Errorf("%q said %q became %s: %q", text, said, d.charset, d.text)
			}
		}
	}
}

// TestHintsDecide reads words too short to be recognised by themselves.
func TestHintsDecide(t *testing.T) {
	cases := []struct {
		charset, text string
		known         hints
	}{
		{"windows-1251", "Вопрос", hints{"ru"}},
		{"koi8-r", "Ответ", hints{"ru"}},
		{"big5", "您好，請問", hints{"zh"}},
		{"iso-8859-2", "Wiśniewski", hints{"pl"}},
	}
	for _, c := range cases {
		if d := decodeHinted(encoded(t, c.charset, c.text), "", c.known); d.text != c.text {
			t.Errorf("%q in %s: read as %s: %q", c.text, c.charset, d.charset, d.text)
		}
	}
}

// TestHeadersFollowTheBody reads raw 8-bit headers with what the body is in.
func TestHeadersFollowTheBody(t *testing.T) {
	text := mails[0].text
	for name, contentType := range map[string]string{"declared": "text/plain; charset=koi8-r", "undeclared": "text/plain"} {
		raw := "From: " + string(encoded(t, "koi8-r", "Иван")) + " <i@post.example>\r\nSubject: " + string(encoded(t, "koi8-r", "Счёт")) +
			"\r\nContent-Type: " + contentType + "\r\n\r\n" + string(encoded(t, "koi8-r", text))
		in := readOK(t, raw, customerTrace)
		if in.Text != text || in.Subject != "Счёт" || in.From.Name != "Иван" {
			t.Errorf("%s: %q from %q: %q", name, in.Subject, in.From.Name, in.Text)
		}
	}
}

func TestSevenBitCharsets(t *testing.T) {
	cases := map[string]struct{ said, raw, want string }{
		"ISO-2022-JP undeclared": {"", "\x1b$B$3$s\x1b(B", "こん"},
		"ISO-2022-KR":            {"iso-2022-kr", "\x1b$)C\n\x0e>H3g\x0f abc", "\n안녕 abc"},
		"ISO-2022-KR undeclared": {"us-ascii", "\x1b$)C\n\x0e>H3g\x0f abc", "\n안녕 abc"},
		"HZ":                     {"hz-gb-2312", "~{DzCG:C~} ok", "您们好 ok"},
		"HZ undeclared":          {"", "~{ND5D2;TZ~} ok", "文的不在 ok"},
		"no HZ":                  {"", "a ~{b~} c", "a ~{b~} c"},
		"UTF-7":                  {"utf-7", "Gr+APwA3w-e +- 1", "Grüße + 1"},
		"UTF-7 broken":           {"unicode-1-1-utf-7", "a +!b +A", "a +!b +A"},
	}
	for name, c := range cases {
		if d := decodeHinted([]byte(c.raw), c.said, nil); d.text != c.want {
			t.Errorf("%s: got %q (%s), want %q", name, d.text, d.charset, c.want)
		}
	}
	if d := decodeHinted([]byte("G\x00u\x00t\x00e\x00n\x00 \x00T\x00a\x00g\x00"), "", nil); d.charset != "us-ascii" && d.text != "Guten Tag" {
		t.Errorf("UTF-16: %q %s", d.text, d.charset)
	}
}

func FuzzCharset(f *testing.F) {
	for _, m := range mails {
		for _, charset := range strings.Fields(m.charsets) {
			f.Add(encoded(f, charset, m.text), charset)
			f.Add(encoded(f, charset, m.text), "")
		}
	}
	f.Add([]byte("+AP8"), "utf-7")
	f.Fuzz(func(t *testing.T, b []byte, said string) {
		d := decodeHinted(b, said, hints{"ru", "pl"})
		if len(b) > 0 && d.charset == "" {
			t.Errorf("no charset for %q", b)
		}
	})
}
