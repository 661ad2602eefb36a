package fold

import (
	"strings"
	"testing"

	"lotse/internal/platform/markup"
)

// intros are introducing lines as mail programs write them.
var intros = []struct{ program, line string }{
	// English
	{"Gmail en", `On Mon, Jan 6, 2025 at 10:15 AM Ann Lee <ann@shop.example> wrote:`},
	{"Gmail en-GB", `On Mon, 6 Jan 2025 at 10:15, Ann Lee <ann@shop.example> wrote:`},
	{"Gmail mobile", `On Mon, Jan 6, 2025, 10:15 Ann Lee <ann@shop.example> wrote:`},
	{"Gmail without name", `On Mon, Jan 6, 2025 at 10:15 AM <ann@shop.example> wrote:`},
	{"Apple Mail en", `On 6 Jan 2025, at 10:15, Ann Lee <ann@shop.example> wrote:`},
	{"Apple Mail en-US", `On Jan 6, 2025, at 10:15 AM, Ann Lee <ann@shop.example> wrote:`},
	{"Outlook for Mac en", `On 06/01/2025, 10:15, "Ann Lee" <ann@shop.example> wrote:`},
	{"Thunderbird en", `On 06/01/2025 10:15, Ann Lee wrote:`},
	{"Thunderbird en-US", `On 1/6/25 10:15 AM, Ann Lee wrote:`},
	{"Yahoo en", `On Monday, January 6, 2025, 10:15:41 AM GMT+1, Ann Lee <ann@shop.example> wrote:`},
	{"Proton en", `On Monday, January 6th, 2025 at 10:15 AM, Ann Lee <ann@shop.example> wrote:`},
	{"Spark en", `On 6 Jan 2025, 10:15 +0100, Ann Lee <ann@shop.example>, wrote:`},
	{"K-9 en", `On 6 January 2025 10:15:41 CET, Ann Lee <ann@shop.example> wrote:`},
	{"Zoho en", `---- On Mon, 06 Jan 2025 10:15:41 +0100 Ann Lee <ann@shop.example> wrote ----`},
	{"mutt", `On Mon, Jan 06, 2025 at 10:15:41AM +0100, Ann Lee wrote:`},
	{"Notes", `Ann Lee <ann@shop.example> wrote on 01/06/2025 10:15:41 AM:`},
	// German
	{"Gmail de", `Am Mo., 6. Jan. 2025 um 10:15 Uhr schrieb Ann Lee <ann@shop.example>:`},
	{"Gmail de, name first", `Ann Lee <ann@shop.example> schrieb am Mo., 6. Jan. 2025, 10:15:`},
	{"Apple Mail de", `Am 06.01.2025 um 10:15 schrieb Ann Lee <ann@shop.example>:`},
	{"Outlook for Mac de", `Am 06.01.25, 10:15 schrieb "Ann Lee" <ann@shop.example>:`},
	{"Thunderbird de", `Am 06.01.25 um 10:15 schrieb Ann Lee:`},
	{"Yahoo de", `Am Montag, 6. Januar 2025, 10:15:41 MEZ hat Ann Lee <ann@shop.example> Folgendes geschrieben:`},
	{"Open-Xchange de", `Ann Lee <ann@shop.example> hat am 06.01.2025 10:15 CET geschrieben:`},
	{"K-9 de", `Am 6. Januar 2025 10:15:41 MEZ schrieb Ann Lee <ann@shop.example>:`},
	{"Roundcube de", `Am 2025-01-06 10:15, schrieb Ann Lee:`},
	{"SOGo de", `Am Montag, Januar 06, 2025 10:15 CET, schrieb Ann Lee <ann@shop.example>:`},
	{"Proton de", `Am Montag, 6. Januar 2025 um 10:15, schrieb Ann Lee <ann@shop.example>:`},
	// French
	{"Gmail fr", `Le lun. 6 janv. 2025 à 10:15, Ann Lee <ann@shop.example> a écrit :`},
	{"Apple Mail fr", `Le 6 janv. 2025 à 10:15, Ann Lee <ann@shop.example> a écrit :`},
	{"Thunderbird fr", `Le 06/01/2025 à 10:15, Ann Lee a écrit :`},
	{"Yahoo fr", `Le lundi 6 janvier 2025 à 10:15:41 UTC+1, Ann Lee <ann@shop.example> a écrit :`},
	{"Orange fr", `> Le 6 janvier 2025 à 10h15, Ann Lee <ann@shop.example> a écrit :`},
	// Spanish
	{"Gmail es", `El lun, 6 ene 2025 a las 10:15, Ann Lee (<ann@shop.example>) escribió:`},
	{"Apple Mail es", `El 6 ene 2025, a las 10:15, Ann Lee <ann@shop.example> escribió:`},
	{"Thunderbird es", `El 6/1/25 a las 10:15, Ann Lee escribió:`},
	{"Yahoo es", `En lunes, 6 de enero de 2025, 10:15:41 CET, Ann Lee <ann@shop.example> escribió:`},
	// Italian
	{"Gmail it", `Il giorno lun 6 gen 2025 alle ore 10:15 Ann Lee <ann@shop.example> ha scritto:`},
	{"Apple Mail it", `Il giorno 6 gen 2025, alle ore 10:15, Ann Lee <ann@shop.example> ha scritto:`},
	{"Thunderbird it", `Il 06/01/2025 10:15, Ann Lee ha scritto:`},
	{"Libero it", `Il 06/01/2025 10:15 CET Ann Lee <ann@shop.example> ha scritto:`},
	// Dutch
	{"Gmail nl", `Op ma 6 jan 2025 om 10:15 schreef Ann Lee <ann@shop.example>:`},
	{"Apple Mail nl", `Op 6 jan 2025, om 10:15 heeft Ann Lee <ann@shop.example> het volgende geschreven:`},
	{"Thunderbird nl", `Op 06-01-2025 om 10:15 schreef Ann Lee:`},
	{"KPN nl", `> Op 06-01-2025 10:15 CET schreef Ann Lee <ann@shop.example>:`},
	// Polish
	{"Gmail pl", `pon., 6 sty 2025 o 10:15 Ann Lee <ann@shop.example> napisał(a):`},
	{"Apple Mail pl", `Wiadomość napisana przez Ann Lee <ann@shop.example> w dniu 6 sty 2025, o godz. 10:15:`},
	{"Thunderbird pl", `W dniu 6.01.2025 o 10:15, Ann Lee pisze:`},
	{"WP pl", `Dnia 06 stycznia 2025 10:15 Ann Lee <ann@shop.example> napisał(a):`},
	// Portuguese
	{"Gmail pt-BR", `Em seg., 6 de jan. de 2025 às 10:15, Ann Lee <ann@shop.example> escreveu:`},
	{"Gmail pt", `Ann Lee <ann@shop.example> escreveu (segunda, 6/01/2025 à(s) 10:15):`},
	{"Thunderbird pt", `Às 10:15 de 06/01/2025, Ann Lee escreveu:`},
	{"Apple Mail pt", `No dia 06/01/2025, às 10:15, Ann Lee <ann@shop.example> escreveu:`},
	// Nordic
	{"Gmail da", `Den man. 6. jan. 2025 kl. 10.15 skrev Ann Lee <ann@shop.example>:`},
	{"Apple Mail da", `Den 6. jan. 2025 kl. 10.15 skrev Ann Lee <ann@shop.example>:`},
	{"Gmail sv", `Den mån 6 jan. 2025 kl 10:15 skrev Ann Lee <ann@shop.example>:`},
	{"Apple Mail sv", `6 jan. 2025 kl. 10:15 skrev Ann Lee <ann@shop.example>:`},
	{"Gmail no", `man. 6. jan. 2025 kl. 10:15 skrev Ann Lee <ann@shop.example>:`},
	{"Thunderbird no", `Den 06.01.2025 10:15, skrev Ann Lee:`},
	{"Gmail fi", `ma 6. tammik. 2025 klo 10.15 Ann Lee (ann@shop.example) kirjoitti:`},
	{"Thunderbird fi", `Ann Lee kirjoitti 6.1.2025 klo 10.15:`},
	// Central and eastern Europe
	{"Gmail cs", `po 6. 1. 2025 v 10:15 odesílatel Ann Lee <ann@shop.example> napsal:`},
	{"Thunderbird cs", `Dne 06. 01. 25 v 10:15 Ann Lee napsal(a):`},
	{"Gmail sk", `po 6. 1. 2025 o 10:15 Ann Lee <ann@shop.example> napísal(a):`},
	{"Gmail hu", `Ann Lee <ann@shop.example> ezt írta (időpont: 2025. jan. 6., H, 10:15):`},
	{"Thunderbird hu", `2025. 01. 06. 10:15 keltezéssel, Ann Lee írta:`},
	{"Gmail ro", `lun., 6 ian. 2025 la 10:15, Ann Lee <ann@shop.example> a scris:`},
	{"Gmail hr", `pon, 6. sij 2025. u 10:15 Ann Lee <ann@shop.example> napisao je:`},
	{"Gmail sl", `V V pon., 6. jan. 2025 ob 10:15 je oseba Ann Lee <ann@shop.example> napisala:`},
	{"Gmail tr", `Ann Lee <ann@shop.example>, 6 Oca 2025 Pzt, 10:15 tarihinde şunu yazdı:`},
	{"Thunderbird tr", `6.01.2025 10:15 tarihinde Ann Lee yazdı:`},
	{"Gmail el", `Στις Δευ 6 Ιαν 2025 στις 10:15 π.μ., ο χρήστης Ann Lee <ann@shop.example> έγραψε:`},
	{"Gmail ru", `пн, 6 янв. 2025 г. в 10:15, Ann Lee <ann@shop.example>:`},
	{"Apple Mail ru", `6 янв. 2025 г., в 10:15, Ann Lee <ann@shop.example> написал(а):`},
	{"Thunderbird ru", `06.01.2025 10:15, Ann Lee пишет:`},
	{"mail.ru", `Понедельник, 6 января 2025, 10:15 +03:00 от Ann Lee <ann@shop.example>:`},
	{"Yandex", `06.01.2025, 10:15, "Ann Lee" <ann@shop.example>:`},
	{"Gmail uk", `пн, 6 січ. 2025 р. о 10:15 Ann Lee <ann@shop.example> пише:`},
	{"Gmail bg", `На пн, 6.01.2025 г. в 10:15 Ann Lee <ann@shop.example> написа:`},
	{"Gmail lt", `2025-01-06, pr, 10:15 Ann Lee <ann@shop.example> rašė:`},
	// Asia and the Middle East
	{"Gmail zh-CN", `Ann Lee <ann@shop.example> 于2025年1月6日周一 10:15写道：`},
	{"Gmail zh-TW", `Ann Lee <ann@shop.example> 於 2025年1月6日 週一 上午10:15寫道：`},
	{"Apple Mail zh", `在 2025年1月6日，上午10:15，Ann Lee <ann@shop.example> 写道：`},
	{"Gmail ja", `2025年1月6日(月) 10:15 Ann Lee <ann@shop.example>:`},
	{"Apple Mail ja", `2025/01/06 10:15、Ann Lee <ann@shop.example>のメール:`},
	{"Gmail ko", `2025년 1월 6일 (월) 오전 10:15, Ann Lee <ann@shop.example>님이 작성:`},
	{"Gmail vi", `Vào Th 2, 6 thg 1, 2025 vào lúc 10:15 Ann Lee <ann@shop.example> đã viết:`},
	{"Gmail id", `Pada tanggal Sen, 6 Jan 2025 pukul 10.15 Ann Lee <ann@shop.example> menulis:`},
	{"Gmail th", `ในวันที่ จ. 6 ม.ค. 2025 เวลา 10:15 Ann Lee <ann@shop.example> เขียนว่า:`},
	{"Gmail he", "\u200fבתאריך יום ב׳, 6 בינו׳ 2025 ב-10:15 מאת \u200eAnn Lee\u200f <\u200eann@shop.example\u200e>:"},
	{"Gmail ar", `في الاثنين، ٦ يناير ٢٠٢٥ في ١٠:١٥ ص تمت كتابة ما يلي بواسطة Ann Lee <ann@shop.example>:`},
}

func TestIntroducedQuotes(t *testing.T) {
	for _, in := range intros {
		mark := ""
		if strings.HasPrefix(in.line, "> ") {
			mark = "> "
		}
		shapes := map[string]string{
			"quoted":    in.line + "\n\n> Old words.\n>\n> Ann",
			"unquoted":  in.line + "\n" + mark + "\n" + mark + "Old words.\n" + mark + "\n" + mark + "Ann",
			"wrapped":   wrapAt(in.line, " <", mark) + "\n\n> Old words.\n",
			"at 60":     wrapAt(in.line, in.line[:cutAt(in.line, 60)], mark) + "\n\n> Old words.\n",
			"with tail": in.line + "\n> Old words.\n> Ann\n\n-- \nMe\nShop\n",
		}
		for shape, old := range shapes {
			for _, above := range []string{"New words, thanks.\n\n", "New words, thanks.\n", "New words, thanks.\n\nSent from my iPhone\n\n"} {
				text := above + old
				folds := Text(text)
				if got := Visible(text, folds); got != "New words, thanks." {
					t.Errorf("%s, %s:\n%s\n--- visible:\n%s", in.program, shape, text, got)
				}
			}
		}
	}
}

// wrapAt breaks a line behind the first occurrence of s, or of its middle.
func wrapAt(line, s, mark string) string {
	i := strings.Index(line, s)
	if i < 0 {
		return line
	}
	i += len(s)
	return line[:i] + "\n" + mark + strings.TrimLeft(line[i:], " ")
}

// cutAt returns the last space within the first n bytes.
func cutAt(line string, n int) int {
	if i := strings.LastIndexByte(line[:min(n, len(line))], ' '); i > 0 {
		return i
	}
	return len(line)
}

// blocks are header lines above an earlier message as mail programs print them.
var blocks = []struct{ program, lines string }{
	{"Outlook en", "From: Ann Lee <ann@shop.example>\nSent: Monday, January 6, 2025 10:15 AM\nTo: Me <me@x.example>\nSubject: RE: Order"},
	{"Outlook de", "Von: Ann Lee <ann@shop.example>\nGesendet: Montag, 6. Januar 2025 10:15\nAn: Me <me@x.example>\nCc: Bob\nBetreff: AW: Bestellung"},
	{"Outlook fr", "De : Ann Lee <ann@shop.example>\nEnvoyé : lundi 6 janvier 2025 10:15\nÀ : Me <me@x.example>\nObjet : RE: Commande"},
	{"Outlook es", "De: Ann Lee <ann@shop.example>\nEnviado el: lunes, 6 de enero de 2025 10:15\nPara: Me <me@x.example>\nAsunto: RE: Pedido"},
	{"Outlook it", "Da: Ann Lee <ann@shop.example>\nInviato: lunedì 6 gennaio 2025 10:15\nA: Me <me@x.example>\nOggetto: R: Ordine"},
	{"Outlook nl", "Van: Ann Lee <ann@shop.example>\nVerzonden: maandag 6 januari 2025 10:15\nAan: Me <me@x.example>\nOnderwerp: RE: Order"},
	{"Outlook pl", "Od: Ann Lee <ann@shop.example>\nWysłane: poniedziałek, 6 stycznia 2025 10:15\nDo: Me <me@x.example>\nTemat: RE: Zamówienie"},
	{"Outlook pt", "De: Ann Lee <ann@shop.example>\nEnviada em: segunda-feira, 6 de janeiro de 2025 10:15\nPara: Me <me@x.example>\nAssunto: RE: Pedido"},
	{"Outlook sv", "Från: Ann Lee <ann@shop.example>\nSkickat: den 6 januari 2025 10:15\nTill: Me <me@x.example>\nÄmne: SV: Order"},
	{"Outlook cs", "Od: Ann Lee <ann@shop.example>\nOdesláno: pondělí 6. ledna 2025 10:15\nKomu: Me <me@x.example>\nPředmět: RE: Zakázka"},
	{"Outlook ru", "От: Ann Lee <ann@shop.example>\nОтправлено: 6 января 2025 г. 10:15\nКому: Me <me@x.example>\nТема: RE: Заказ"},
	{"Outlook web", "________________________________\nFrom: Ann Lee <ann@shop.example>\nSent: Monday, January 6, 2025 10:15:02 AM\nTo: Me <me@x.example>\nSubject: Re: Order"},
	{"Outlook in bold", "*From:* Ann Lee <ann@shop.example>\n*Sent:* Monday, January 6, 2025 10:15 AM\n*To:* Me\n*Subject:* Order"},
	{"GMX de", "Gesendet: Montag, 06. Januar 2025 um 10:15 Uhr\nVon: \"Ann Lee\" <ann@shop.example>\nAn: me@x.example\nBetreff: Bestellung"},
	{"Samsung de", "-------- Ursprüngliche Nachricht --------\nVon: Ann Lee <ann@shop.example>\nDatum: 06.01.25 10:15 (GMT+01:00)\nAn: me@x.example\nBetreff: Bestellung"},
	{"Samsung en", "-------- Original message --------\nFrom: Ann Lee <ann@shop.example>\nDate: 06/01/2025 10:15 (GMT+00:00)\nTo: me@x.example\nSubject: Order"},
	{"T-Online", "-----Original-Nachricht-----\nBetreff: Bestellung\nDatum: 2025-01-06T10:15:41+0100\nVon: \"Ann Lee\" <ann@shop.example>\nAn: \"me@x.example\""},
	{"Zimbra fr", "----- Mail original -----\nDe: \"Ann Lee\" <ann@shop.example>\nÀ: me@x.example\nEnvoyé: Lundi 6 Janvier 2025 10:15:41\nObjet: Commande"},
	{"eM Client", "------ Original Message ------\nFrom: \"Ann Lee\" <ann@shop.example>\nTo: me@x.example\nSent: 06/01/2025 10:15:41\nSubject: Order"},
	{"Proton", "------- Original Message -------\nOn Monday, January 6th, 2025 at 10:15 AM, Ann Lee <ann@shop.example> wrote:"},
	{"old Proton", "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\nOn Monday, January 6, 2025 10:15 AM, Ann Lee <ann@shop.example> wrote:"},
	{"Windows Live Mail", "From: Ann Lee \nSent: Monday, January 06, 2025 10:15 AM\nTo: Me \nSubject: Order"},
	{"Chinese", "发件人: Ann Lee <ann@shop.example>\n发送时间: 2025年1月6日 10:15\n收件人: me@x.example\n主题: 订单"},
	{"QQ", "------------------ 原始邮件 ------------------\n发件人: \"Ann Lee\" <ann@shop.example>;\n发送时间: 2025年1月6日(星期一) 上午10:15\n收件人: \"Me\"<me@x.example>;\n主题: 订单"},
	{"Japanese", "-----Original Message-----\n差出人: Ann Lee <ann@shop.example>\n送信日時: 2025年1月6日 10:15\n宛先: me@x.example\n件名: 注文"},
	{"marker alone", "-----Ursprüngliche Nachricht-----"},
	{"marker alone it", "----- Messaggio originale -----"},
}

func TestHeaderBlocks(t *testing.T) {
	for _, b := range blocks {
		for _, body := range []string{"\n\nOld words.\n\nAnn\n", "\n\n> Old words.\n> Ann\n"} {
			text := "New words, thanks.\n\nMit freundlichen Grüßen\nMax Muster\n\n" + b.lines + body
			folds := Text(text)
			if got := Visible(text, folds); got != "New words, thanks.\n\nMit freundlichen Grüßen\nMax Muster" {
				t.Errorf("%s:\n%s\n--- visible:\n%s", b.program, text, got)
			}
			if len(folds) != 1 || folds[0].Kind != markup.FoldQuote {
				t.Errorf("%s: folds %v", b.program, folds)
			}
		}
	}
}

func TestDeviceLines(t *testing.T) {
	for line, want := range map[string]bool{
		"Sent from my iPhone": true, "Sent from my iPad": true, "Sent from my Samsung Galaxy smartphone.": true,
		"Sent from my T-Mobile 4G LTE Device": true, "Sent from Yahoo Mail on Android": true, "Sent from Mail for Windows": true,
		"Sent from my Verizon, Samsung Galaxy smartphone": true, "Sent from my iPhone, please excuse typos.": true,
		"Sent from Proton Mail mobile": true, "Sent with Proton Mail secure email.": true, "Sent via the Samsung Galaxy S21 5G, an AT&T 5G smartphone": true,
		"Get Outlook for iOS": true, "Get Outlook for Android<https://aka.ms/x>": true, "Get Outlook for iOS (https://aka.ms/x)": true,
		"Von meinem iPhone gesendet": true, "Von meinem iPad gesendet": true, "Von meinem Samsung Galaxy Smartphone gesendet.": true,
		"Gesendet von Mail für Windows 10": true, "Gesendet von Outlook für iOS": true, "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.": true,
		"Gesendet mit der GMX Mail App": true, "Gesendet von meinem Handy": true, "Von unterwegs gesendet": true, "Outlook für Android herunterladen": true,
		"Diese Nachricht wurde von meinem Android Mobiltelefon mit WEB.DE Mail gesendet.": true,
		"Envoyé de mon iPhone": true, "Envoyé depuis mon mobile Orange": true, "Envoyé à partir d’Outlook pour iOS": true, "Télécharger Outlook pour iOS": true,
		"Enviado desde mi iPhone": true, "Enviado desde Correo para Windows": true, "Obtener Outlook para Android": true,
		"Inviato da iPhone": true, "Inviato dal mio Galaxy": true, "Scarica Outlook per iOS": true, "Inviato da Libero Mail": true,
		"Verstuurd vanaf mijn iPhone": true, "Verzonden vanuit Outlook voor Android": true, "Outlook voor iOS downloaden": true,
		"Wysłane z iPhone'a": true, "Wysłane z telefonu Samsung": true, "Pobierz aplikację Outlook dla systemu iOS": true,
		"Enviado do meu iPhone": true, "Enviado do Gmail para celular": true, "Obter o Outlook para iOS": true,
		"Sendt fra min iPhone": true, "Skickat från min iPhone": true, "Lähetetty iPhonesta": true, "Odesláno z iPhonu": true,
		"Odoslané z iPhonu": true, "Elküldve az iPhone-omról": true, "iPhone’umdan gönderildi": true, "Отправлено с iPhone": true,
		"Отправлено из мобильной Почты Mail.ru": true, "Надіслано з iPhone": true, "Στάλθηκε από το iPhone μου": true, "发自我的iPhone": true,
		"從我的 iPhone 傳送": true, "iPhoneから送信": true, "나의 iPhone에서 보냄": true, "Đã gửi từ iPhone của tôi": true, "נשלח מה-iPhone שלי": true,
		"*Sent from my iPhone*": true, "- Sent from my iPhone": true, "Trimis de pe iPhone": true,

		"Sent from my desk, is much easier then my mobile phone.": false, "The mail was sent from my iPhone": false,
		"Gesendet von mir an Sie am Montag, bitte prüfen Sie es": false, "Sent by post on Monday, the parcel has not arrived.": false,
		"Von meinem Konto wurde doppelt abgebucht": false, "Vom Kauf trete ich zurück": false, "Sent from us to you: two parcels.": false,
		"Inviato da noi ieri, non ancora arrivato": false, "Get the refund": false, "Verzonden door ons op maandag": false, "": false,
	} {
		if got := isDeviceLine(line); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}

// letters are whole texts and what stays visible of them, with the kinds of
// what is folded.
var letters = []struct {
	name, text, visible string
	kinds               []markup.FoldKind
}{
	{"plain closing", "Hallo,\n\ndanke.\n\nViele Grüße\nAnna", "@all", nil},
	{"RFC 3676", "Text.\n-- \nAnna\nBerlin", "Text.", kinds(markup.FoldSignature)},
	{"without space", "Text.\n\n--\nAnna Muster", "Text.", kinds(markup.FoldSignature)},
	{"dashes as bullets", "Wir brauchen:\n-- zwei Karten\n-- einen Plan\n\nDanke", "@all", nil},
	{"line that parts topics", "Thema eins ist erledigt.\n\n---\n\nThema zwei ist noch offen, weil die Lieferung fehlt.\n", "@all", nil},
	{"dashes that part topics", "Point one.\n\n--\n\nAnd point two: the parcel has still not arrived, can you have a look?\n", "@all", nil},
	{"card below the name", "Bitte um Rückruf.\n\nMit freundlichen Grüßen\n\nMax Muster\nLeiter Einkauf\n\nMuster GmbH\nHauptstr. 1\n12345 Berlin\nTel.: +49 30 123456-0\nwww.muster.example\n",
		"Bitte um Rückruf.\n\nMit freundlichen Grüßen\n\nMax Muster", kinds(markup.FoldSignature)},
	{"card without closing", "The parcel has arrived.\n\nGina Doe\ngina@x.example\n(555) 346-9947\nwww.x.example\n", "The parcel has arrived.", kinds(markup.FoldSignature)},
	{"data that was asked for", "Hier meine Daten:\n\nMax Muster\nTel. 030 1234567\nmax@x.example\n", "@all", nil},
	{"data without announcement", "You asked for my phone number.\n\nMax Muster\n+49 30 1234567\nmax@x.example\n", "@all", nil},
	{"number in the closing", "Rufen Sie mich an: 030 1234567.\n\nDanke\nMax", "@all", nil},
	{"postscript", "Text.\n\nGruß\nMax\n\nPS: Die Rechnung fehlt auch noch, bitte schicken.", "@all", nil},
	{"rule above a card", "Text.\n\n________________\nMax Muster\nTel 030 1234567\n", "Text.", kinds(markup.FoldSignature)},
	{"company line", "Text.\n\nFreundliche Grüße\nMax Muster\n\nMuster GmbH, Hauptstr. 1, 12345 Berlin\nGeschäftsführer: Eva Muster\nAmtsgericht Berlin HRB 1234\n",
		"Text.\n\nFreundliche Grüße\nMax Muster", kinds(markup.FoldSignature)},
	{"notice en", "Text.\n\nRegards\nAnn\n\nThis email and any files transmitted with it are confidential and intended solely for the use of the individual to whom they are addressed. If you are not the intended recipient, please notify the sender.",
		"Text.\n\nRegards\nAnn", kinds(markup.FoldDisclaimer)},
	{"notice de", "Text.\n\nGruß\nAnn\n\nDiese E-Mail enthält vertrauliche und/oder rechtlich geschützte Informationen. Wenn Sie nicht der richtige Adressat sind,\ninformieren Sie bitte sofort den Absender und vernichten Sie diese Mail.",
		"Text.\n\nGruß\nAnn", kinds(markup.FoldDisclaimer)},
	{"notice fr", "Texte.\n\nCordialement\nAnn\n\nCe message et ses pièces jointes sont confidentiels et destinés à l'attention exclusive de leur destinataire. Si vous l'avez reçu par erreur, veuillez le détruire et en informer l'expéditeur.",
		"Texte.\n\nCordialement\nAnn", kinds(markup.FoldDisclaimer)},
	{"notice es", "Texto.\n\nSaludos\nAnn\n\nEste mensaje y sus archivos adjuntos van dirigidos exclusivamente a su destinatario y pueden contener información confidencial. Si lo ha recibido por error, le rogamos lo elimine.",
		"Texto.\n\nSaludos\nAnn", kinds(markup.FoldDisclaimer)},
	{"notice it", "Testo.\n\nSaluti\nAnn\n\nLe informazioni contenute in questo messaggio sono riservate e per uso esclusivo del destinatario. Se ricevete questo messaggio per errore, vi preghiamo di cancellarlo.",
		"Testo.\n\nSaluti\nAnn", kinds(markup.FoldDisclaimer)},
	{"notice nl", "Tekst.\n\nGroeten\nAnn\n\nDit bericht is vertrouwelijk en uitsluitend bestemd voor de geadresseerde. Indien u dit bericht per vergissing heeft ontvangen, verzoeken wij u dit te melden en te wissen.",
		"Tekst.\n\nGroeten\nAnn", kinds(markup.FoldDisclaimer)},
	{"notice pl", "Tekst.\n\nPozdrawiam\nAnn\n\nNiniejsza wiadomość zawiera poufne informacje przeznaczone wyłącznie dla adresata. Jeśli otrzymali ją Państwo przez pomyłkę, prosimy o jej usunięcie.",
		"Tekst.\n\nPozdrawiam\nAnn", kinds(markup.FoldDisclaimer)},
	{"notice pt", "Texto.\n\nAtenciosamente\nAnn\n\nEsta mensagem pode conter informação confidencial ou privilegiada. Se você recebeu esta mensagem por engano, por favor avise o remetente e apague.",
		"Texto.\n\nAtenciosamente\nAnn", kinds(markup.FoldDisclaimer)},
	{"notice behind a title", "Text.\n\nDISCLAIMER\n\nThis message contains confidential information and is intended only for the addressee. Unauthorised use is strictly prohibited.",
		"Text.", kinds(markup.FoldDisclaimer)},
	{"notice in a signature", "Text.\n\n-- \nAnn Lee\n\nThis e-mail may contain confidential and privileged material for the sole use of the intended recipient. Any review is strictly prohibited.",
		"Text.", kinds(markup.FoldSignature, markup.FoldDisclaimer)},
	{"virus scanner", "Text.\n\n--\nDiese E-Mail wurde von Avast Antivirus auf Viren geprüft.\nwww.avast.com", "Text.", kinds(markup.FoldDisclaimer)},
	{"complaint that sounds like a notice", "Hello,\n\nI am not the intended recipient of your letter: you sent me confidential information about another customer, and I want my data deleted at once.", "@all", nil},
	{"answer below", "Am 06.01.25 um 10:15 schrieb Ann Lee:\n> Haben Sie die Nummer?\n> Ann\n\nJa, 4711.", "Ja, 4711.", kinds(markup.FoldQuote)},
	{"answers in between", "Am 06.01.25 um 10:15 schrieb Ann Lee:\n> Welche Farbe?\nBlau.\n> Wann?\nMorgen.\n>\n> Gruß, Ann", "> Welche Farbe?\nBlau.\n> Wann?\nMorgen.", kinds(markup.FoldQuote, markup.FoldQuote)},
	{"picked quote", "Sie schreiben\n\n> zwei Wochen Lieferzeit\n\nDas ist zu lang.", "@all", nil},
	{"greeting above a quote", "Hallo Frau Lee,\n\nAm 06.01.25 um 10:15 schrieb Ann Lee:\n> Welche Farbe?\n\nBlau bitte.", "Hallo Frau Lee,\n\n\nBlau bitte.", kinds(markup.FoldQuote)},
	{"quote alone", "Am 06.01.25 um 10:15 schrieb Ann Lee:\n> Welche Farbe?", "", kinds(markup.FoldQuote)},
	{"unquoted earlier mail alone", "Am 06.01.25 um 10:15 schrieb Ann Lee <ann@shop.example>:\n\nWelche Farbe?", "Welche Farbe?", kinds(markup.FoldQuote)},
	{"only a forward", "---------- Forwarded message ---------\nFrom: Ann Lee <ann@shop.example>\nDate: Mon, Jan 6, 2025 at 10:15 AM\nSubject: Order\nTo: <me@x.example>\n\nWhere is it?", "Where is it?", kinds(markup.FoldForward)},
	{"forward with a comment", "FYI\n\n---------- Weitergeleitete Nachricht ---------\nVon: Ann Lee <ann@shop.example>\nDate: Mo., 6. Jan. 2025 um 10:15 Uhr\nSubject: Order\nTo: <me@x.example>\n\nWhere is it?", "FYI", kinds(markup.FoldForward)},
	{"Apple forward", "FYI\n\nAnfang der weitergeleiteten Nachricht:\n\nVon: Ann Lee <ann@shop.example>\nBetreff: Bestellung\nDatum: 6. Januar 2025 um 10:15:41 MEZ\nAn: me@x.example\n\nWo ist sie?", "FYI", kinds(markup.FoldForward)},
	{"sentence that ends like an introduction", "Am Montag um 10:15 schrieb mir Ihr Kollege Folgendes:\n\nDas Paket kommt morgen.\n\nEs kam nicht.", "@all", nil},
	{"reported speech", "On 3 May 2024 at 10:15 your colleague wrote me the following:\n\nThe parcel arrives tomorrow.\n\nIt did not.", "@all", nil},
	{"reported speech of a third", "On 3 May 2024 at 10:15 the driver wrote:\n\nNobody home.\n\nI was.", "@all", nil},
	{"letter that was written before", "Guten Tag,\n\nich habe am 06.01.2025 um 10:15 an service@shop.example geschrieben\nund keine Antwort bekommen.", "@all", nil},
	{"letter that is told again", "Am 06.01.2025 um 10:15 habe ich an service@shop.example geschrieben:\n\nBitte kündigen.\n\nWarum kommt nichts?", "@all", nil},
	{"letter that came", "Am 06.01.2025 um 10:15 kam eine Mail von service@shop.example:\n\nGekündigt.\n\nDas will ich nicht.", "@all", nil},
	{"letter that was sent", "Hi,\n\nOn 6 Jan 2025 at 10:15 I wrote to service@shop.example:\n\nPlease cancel.\n\nNothing happened.", "@all", nil},
	{"a list with a colon", "Bitte liefern Sie am 12.03.2025 um 10:00 an max@x.example:\n\n- zwei Karten\n- einen Plan", "@all", nil},
	{"route that looks like headers", "From: Berlin\nTo: Hamburg\nDate: 1 May 2025\n\nIs there a seat left?", "@all", nil},
	{"escaped From", "Hello\n\n>From now on I want letters only.\n\nAnn", "@all", nil},
	{"signature above a quote", "Text.\n\n-- \nAnn Lee\n\nOn 6 Jan 2025, at 10:15, Bob <b@x.example> wrote:\n\n> Old.", "Text.", kinds(markup.FoldSignature, markup.FoldQuote)},
	{"list foot", "Text.\n\n_______________________________________________\nusers mailing list\nusers@lists.example.org\nhttps://lists.example.org/users\n", "Text.", kinds(markup.FoldSignature)},
	{"card on two lines", "The parcel is here.\n\nKind regards,\n\nJohn Smith | Head of Ops | ACME Ltd\nT: +44 20 7946 0000 | john@acme.example | www.acme.example\n", "The parcel is here.\n\nKind regards,", kinds(markup.FoldSignature)},
	{"card with an advert", "Das Paket ist da.\n\nViele Grüße\nMax Muster\nMuster GmbH\nTel. 030 1234567\nmax@muster.example\n\nBesuchen Sie uns auf der Messe in Leipzig!", "Das Paket ist da.\n\nViele Grüße\nMax Muster", kinds(markup.FoldSignature)},
	{"card with a postscript", "Das Paket ist da.\n\nViele Grüße\nMax Muster\nTel. 030 1234567\nmax@muster.example\n\nP.S. Die Rechnung fehlt.", "@all", nil},
	{"answers in red", "Hallo, meine Antworten in rot.\n\nVon: Ann <ann@shop.example>\nGesendet: Montag, 6. Januar 2025 10:15\nAn: Max\nBetreff: Farbe\n\nWelche Farbe? Blau.", "Hallo, meine Antworten in rot.\n\n\nWelche Farbe? Blau.", kinds(markup.FoldQuote)},
	{"reply above this line", "Danke, klappt.\n\n##- Bitte antworten Sie oberhalb dieser Zeile -##\n\nIhre Anfrage 4711 wurde beantwortet.\n", "Danke, klappt.", kinds(markup.FoldQuote)},
	{"banner", "CAUTION: This email originated from outside of the organization. Do not click links.\n\nWhere is my parcel?", "Where is my parcel?", kinds(markup.FoldDisclaimer)},
	{"forward that lost line ends", "FYI\n----- Forwarded Message ----- From: Ann <ann@shop.example>To: me@x.exampleSent: Monday, January 6, 2025, 10:15:00 AM GMT+1Subject: Order\n\nWhere?", "FYI", kinds(markup.FoldForward)},
	{"name in the closing", "Das Gerät geht nicht an.\n\nLG Anna\nMobil 0171/1234567", "Das Gerät geht nicht an.\n\nLG Anna", kinds(markup.FoldSignature)},
	{"number to be called", "Bitte rufen Sie mich an.\n\nDanke\nAnna Schulz\n0171/1234567", "@all", nil},
	{"quote of one's own at the end", "Laut Ihren AGB gilt:\n\n> Rückgabe innerhalb von 14 Tagen", "@all", nil},
	{"introduction in a language without words here", "Text.\n\nQwer 6 tyui 2025 op 10:15 asdf Ann <ann@shop.example> zxcv:\n\n> Old.", "Text.", kinds(markup.FoldQuote)},
	{"PGP", "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nText.\n-----BEGIN PGP SIGNATURE-----\n\niQEz\n=abcd\n-----END PGP SIGNATURE-----\n", "Text.", kinds(markup.FoldSignature, markup.FoldSignature)},
	{"old Gmail", "Text.\n\n2012/10/1 Ann Lee <ann@shop.example>\n\n> Old.", "Text.", kinds(markup.FoldQuote)},
	{"old phone", "Text.\n\nAnn Lee <ann@shop.example> wrote:\n\nOld.", "Text.", kinds(markup.FoldQuote)},
	{"writer without date", "Text.\n\nAnn Lee writes:\n> Old.", "Text.", kinds(markup.FoldQuote)},
	{"date without time", "Text.\n\nOn Thursday, June 27, 2013, Ann via Shop wrote:\n\nOld.", "Text.", kinds(markup.FoldQuote)},
	{"name after a dash", "Let me know.\n\n—Ryan", "@all", nil},
	{"dash and card", "Done.\n\n—\nJohn Doe\nCEO at Pandaland\n", "Done.", kinds(markup.FoldSignature)},
	{"table", "Item  Price\n-----------\nMap   5.00 EUR\nBook  7.00 EUR\n\nWhich one is it?", "@all", nil},
	{"order of numbers", "Bitte korrigieren:\n\nKundennummer 12345678\nRechnung 2025-0001\n\nDanke\nMax", "@all", nil},
	{"nothing", "", "", nil},
	{"broken lines of a quote", "Danke!\n\nAm 06.01.25 um 10:15 schrieb Ann Lee:\n> Wir haben Ihnen heute die Ware geschickt und hoffen, dass sie Ihnen sehr\ngut gefällt.\n> Ann", "Danke!", kinds(markup.FoldQuote)},
}

func kinds(k ...markup.FoldKind) []markup.FoldKind { return k }

func TestLetters(t *testing.T) {
	for _, c := range letters {
		folds := Text(c.text)
		checkFolds(t, c.name, c.text, folds)
		want := c.visible
		if want == "@all" {
			want = strings.TrimSpace(c.text)
		}
		if got := Visible(c.text, folds); got != want {
			t.Errorf("%s:\n--- got\n%s\n--- want\n%s", c.name, got, want)
		}
		got := []markup.FoldKind{}
		for _, f := range folds {
			got = append(got, f.Kind)
		}
		if len(got) != len(c.kinds) {
			t.Errorf("%s: kinds %v, want %v", c.name, got, c.kinds)
			continue
		}
		for i := range got {
			if got[i] != c.kinds[i] {
				t.Errorf("%s: kinds %v, want %v", c.name, got, c.kinds)
			}
		}
	}
}

func TestHTMLStructure(t *testing.T) {
	cases := []struct{ name, source, visible string }{
		{"Gmail in a language nobody knows", `<div dir="ltr">New.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Qwer 6 tyui 2025 10:15 Ann &lt;a@b.example&gt; asdf:<br></div><blockquote class="gmail_quote" style="border-left:1px solid">Old.</blockquote></div>`, "New."},
		{"Gmail, answers in between", `<div class="gmail_quote"><div class="gmail_attr">On Mon, Jan 6, 2025 at 10:15 AM Ann &lt;a@b.example&gt; wrote:<br></div><blockquote class="gmail_quote">One?</blockquote><div>Yes.</div><blockquote class="gmail_quote">Two?</blockquote><div>No.</div></div>`, "> One?\n\nYes.\n\n> Two?\n\nNo."},
		{"Thunderbird", `<p>New.</p><div class="moz-cite-prefix">Qwer 06.01.25 Ann:<br></div><blockquote type="cite" cite="mid:x">Old.</blockquote><div class="moz-signature">-- <br>Me</div>`, "New."},
		{"Outlook web", `<div>New.</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><b>Qwer:</b> Ann &lt;a@b.example&gt;<br><b>Asdf:</b> 6. Tyui 2025<br><b>Zxcv:</b> Order</div><div>Old.</div>`, "New."},
		{"Outlook of the one before", `<div>New.</div><div id="x_divRplyFwdMsg"><b>From:</b> Ann &lt;a@b.example&gt;<br><b>Sent:</b> Monday, January 6, 2025<br><b>Subject:</b> x</div><p>Old.</p>`, "New."},
		{"Outlook desktop", `<div class=WordSection1><p>New.</p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p><b>Von:</b> Ann &lt;a@b.example&gt;<br><b>Gesendet:</b> Montag, 6. Januar 2025 10:15<br><b>An:</b> Me<br><b>Betreff:</b> x</p></div></div><p>Old.</p></div>`, "New."},
		{"Yahoo", `<div>New.</div><div id="ydp1yahoo_quoted_12" class="ydp1yahoo_quoted"><div>Qwer asdf 2025, Ann:</div><div>Old.</div></div>`, "New."},
		{"Apple Mail", `<div>New.</div><div><br><blockquote type="cite"><div>Am 06.01.2025 um 10:15 schrieb Ann &lt;a@b.example&gt;:</div><br><div>Old.</div></blockquote></div>`, "New."},
		{"Proton", `<div>New.</div><div class="protonmail_signature_block"><div>Sent with Proton Mail</div></div><div class="protonmail_quote">On Monday, January 6th, 2025 at 10:15 AM, Ann &lt;a@b.example&gt; wrote:<br><blockquote class="protonmail_quote" type="cite">Old.</blockquote></div>`, "New."},
		{"web.de", `<div>New.<div name="quote" style="border-left:2px solid #C3D9E5"><div><b>Gesendet:</b>&nbsp;Montag, 06. Januar 2025 um 10:15 Uhr<br><b>Von:</b>&nbsp;"Ann" &lt;a@b.example&gt;<br><b>An:</b>&nbsp;me@x.example<br><b>Betreff:</b>&nbsp;x</div><div>Old.</div></div></div>`, "New."},
		{"Gmail signature", `<div>New.</div><div>-- <br><div dir="ltr" class="gmail_signature"><div>Ann Lee</div><div>Shop</div></div></div>`, "New."},
		{"signature without dashes", `<div>New.</div><div id="Signature"><div>Ann Lee</div><div>Head of Shop</div></div>`, "New."},
		{"all of it called a signature", `<div id="Signature"><div>Where is my parcel?</div></div>`, "Where is my parcel?"},
		{"indented text", `<div>As agreed:</div><blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>two maps</div></blockquote>`, "As agreed:\ntwo maps"},
		{"only a forward", `<div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: Ann &lt;a@b.example&gt;<br>Date: Mon, Jan 6, 2025 at 10:15 AM<br>Subject: x<br>To: me@x.example</div><br><div>Where is it?</div></div>`, "Where is it?"},
		{"left open", `<div>New.<div id="divRplyFwdMsg"><p>Old`, "New."},
		{"no structure", `New.<br><br>On Mon, 6 Jan 2025 at 10:15, Ann &lt;a@b.example&gt; wrote:<br>Old.`, "New."},
	}
	for _, c := range cases {
		text, folds := HTML(c.source)
		checkFolds(t, c.name, text, folds)
		if got := Visible(text, folds); got != c.visible {
			t.Errorf("%s:\n--- got\n%s\n--- want\n%s\n--- text\n%s\n%v", c.name, got, c.visible, text, folds)
		}
	}
}

func TestHTMLTextIsThatOfMarkup(t *testing.T) {
	for _, source := range []string{
		`<p>a</p><div class="gmail_quote"><div class="gmail_attr">b</div><blockquote>c<br>d</blockquote></div><p>e</p>`,
		`<table><tr><td><div id="Signature">a</div><td>b</table>`, `a<div class="moz-cite-prefix">b</div><div>c</div>`,
	} {
		text, _ := HTML(source)
		if want := markup.TextFromHTML(source); strings.Join(strings.Fields(text), " ") != strings.Join(strings.Fields(want), " ") {
			t.Errorf("%s:\n%q\n%q", source, text, want)
		}
	}
}
