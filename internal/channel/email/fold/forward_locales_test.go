package fold

import (
	"strings"
	"testing"
)

// printed is how a program in some language prints the header lines of a
// message it forwards.
type printed struct {
	program, subject, text, date, at string
}

const (
	someSubject = "Zwei Größen: S & M? (ołówek)"
	someBody    = "Guten Tag,\n\ndas Paket ist nicht da.\n"
)

// headers joins labels with values: sender, date, receiver, copy, subject in
// the order of the labels, each with its letter: "f Von|d Datum|t An".
func headers(labels, date string) string {
	values := map[byte]string{
		'f': "Jörg Müller-Weiß <joerg@example.org>", 'd': date, 't': "Hilfe <hilfe@example.com>",
		'c': "Ann <ann@example.net>; Bob <bob@example.net>", 's': someSubject,
	}
	var lines []string
	for label := range strings.SplitSeq(labels, "|") {
		lines = append(lines, label[2:]+": "+values[label[0]])
	}
	return strings.Join(lines, "\n")
}

// quote puts quote marks in front of all lines.
func quote(s string) string { return "> " + strings.ReplaceAll(s, "\n", "\n> ") }

// glue drops the line ends of header lines.
func glue(s string) string { return strings.ReplaceAll(s, "\n", "") }

func apple(code, marker, labels, date string) printed {
	return printed{"Apple Mail " + code, "", quote(marker + "\n\n" + headers(labels, date) + "\n\n" + someBody), date, "2021-10-26T14:25:08"}
}

func gmail(code, from, date string) printed {
	block := headers("f "+from+"|d Date|s Subject|t To|c Cc", date)
	return printed{"Gmail " + code, "", "---------- Forwarded message ---------\n" + block + "\n\n\n" + someBody, date, "2021-10-27T09:31:00"}
}

// outlook prints no marker; the line end before the body is often missing.
func outlook(code, prefix, labels, date string) printed {
	return printed{"Outlook " + code, prefix + ": " + someSubject, "Zur Info\n\n" + headers(labels, date) + "\n" + someBody, date, "2021-10-28T12:46:00"}
}

func live(code, prefix, labels, date string) printed {
	bar := strings.Repeat("_", 32)
	return printed{"Outlook live " + code, prefix + ": " + someSubject, "Zur Info\n\n" + bar + "\n" + headers(labels, date) + "\n\n" + someBody, date, "2021-10-27T15:14:00"}
}

func thunderbird(code, marker, labels string) printed {
	date := "Wed, 3 Nov 2021 15:51:30 +0100"
	block := ""
	for line := range strings.Lines(headers(labels, date)) {
		block += strings.Replace(line, ": ", ": \t", 1)
	}
	return printed{"Thunderbird " + code, "", "Zur Info\n\n-------- " + marker + " --------\n" + block + "\n\n\n\n" + someBody, date, "2021-11-03T14:51:30"}
}

func yahoo(code, marker, labels, date string) printed {
	return printed{"Yahoo " + code, "", "Zur Info\n   ----- " + marker + " ----- " + glue(headers(labels, date)) + "\n " + someBody, date, "2021-11-02T08:26:50"}
}

func hubspot(code, marker, labels, date string) printed {
	return printed{"HubSpot " + code, "", "---------- " + marker + " ---------\n" + headers(labels, date) + "\n\n" + someBody, date, "2022-09-19T21:55:44"}
}

// localized are the languages of the programs' own translations.
var localized = []printed{
	apple("cs", "Začátek přeposílané zprávy:", "f Od|s Předmět|d Datum|t Komu|c Kopie", "26. října 2021 14:25:08 UTC"),
	apple("da", "Start på videresendt besked:", "f Fra|s Emne|d Dato|t Til|c Cc", "26. oktober 2021 kl. 14.25.08 UTC"),
	apple("es", "Inicio del mensaje reenviado:", "f De|s Asunto|d Fecha|t Para|c Cc", "26 de octubre de 2021, 14:25:08 UTC"),
	apple("fi", "Välitetty viesti alkaa:", "f Lähettäjä|s Aihe|d Päiväys|t Vastaanottaja|c Kopio", "26. lokakuuta 2021 klo 14.25.08 UTC"),
	apple("fr", "Début du message réexpédié\u00a0:", "f De\u00a0|s Objet\u00a0|d Date\u00a0|t À\u00a0|c Cc\u00a0", "26 octobre 2021 à 14:25:08 UTC"),
	apple("fr", "Début du message transféré :", "f De |s Objet |d Date |t À |c Cc ", "26 octobre 2021 à 14:25:08 UTC"),
	apple("hr", "Početak proslijeđene poruke:", "f Šalje|s Predmet|d Datum|t Prima|c Kopija", "26. listopada 2021. u 14:25:08 UTC"),
	apple("nl", "Begin doorgestuurd bericht:", "f Van|s Onderwerp|d Datum|t Aan|c Kopie", "26 oktober 2021 om 14:25:08 UTC"),
	apple("pt", "Início da mensagem reencaminhada:", "f De|s Assunto|d Data|t Para|c Cc", "26 de outubro de 2021 às 14:25:08 UTC"),
	apple("pt-br", "Início da mensagem encaminhada:", "f De|s Assunto|d Data|t Para|c Cc", "26 de outubro de 2021 14:25:08 UTC"),
	apple("ru", "Начало переадресованного сообщения:", "f От|s Тема|d Дата|t Кому|c Копия", "26 октября 2021 г., 14:25:08 UTC"),
	apple("sk", "Začiatok preposlanej správy:", "f Od|s Predmet|d Dátum|t Komu|c Kópia", "26. októbra 2021 o 14:25:08 UTC"),
	apple("sv", "Vidarebefordrat brev:", "f Från|s Ämne|d Datum|t Till|c Kopia", "26 oktober 2021 kl. 14:25:08 UTC"),
	apple("tr", "Yönlendirilen ileti başlangıcı:", "f Kimden|s Konu|d Tarih|t Kime|c Bilgi", "26 Ekim 2021 Salı 14:25:08 UTC"),
	apple("ja", "転送されたメッセージ:", "f 差出人|s 件名|d 日付|t 宛先|c Cc", "2021年10月26日 14:25:08 UTC"),
	apple("zh", "开始转发邮件：", "f 发件人|s 主题|d 日期|t 收件人|c 抄送", "2021年10月26日 下午2:25:08 UTC"),
	apple("ko", "전달된 메시지 시작:", "f 보낸 사람|s 제목|d 날짜|t 받는 사람|c 참조", "2021년 10월 26일 오후 2:25:08 UTC"),
	apple("el", "Αρχή προωθημένου μηνύματος:", "f Από|s Θέμα|d Ημερομηνία|t Προς|c Κοιν.", "26 Οκτωβρίου 2021, 2:25:08 μ.μ. UTC"),

	gmail("cs", "Od", "st 27. 10. 2021 v 9:31"),
	gmail("et", "Saatja", "K, 27. oktoober 2021 kell 09:31"),
	gmail("fi", "Lähettäjä", "ke 27. lokak. 2021 klo 9.31"),
	gmail("fr", "De", "mer. 27 oct. 2021 à 09:31"),
	gmail("hr", "Od", "sri, 27. lis 2021. u 09:31"),
	gmail("hu", "Feladó", "2021. okt. 27., Sze, 9:31"),
	gmail("it", "Da", "mer 27 ott 2021 alle ore 09:31"),
	gmail("nl", "Van", "wo 27 okt. 2021 om 09:31"),
	gmail("pl", "Od", "śr., 27 paź 2021 o 09:31"),
	gmail("pt", "De", "quarta, 27/10/2021 à(s) 09:31"),
	gmail("pt-br", "De", "qua., 27 de out. de 2021 às 09:31"),
	gmail("ro", "De la", "mie., 27 oct. 2021 la 09:31"),
	gmail("ru", "От", "ср, 27 окт. 2021 г. в 09:31"),
	gmail("sv", "Från", "ons 27 okt. 2021 kl 09:31"),
	gmail("tr", "Gönderen", "27 Eki 2021 Çar, 09:31"),
	gmail("sl", "Od", "V sre., 27. okt. 2021 ob 09:31"),
	gmail("lt", "Nuo", "2021-10-27, tr, 09:31"),
	gmail("vi", "Từ", "Th 4, 27 thg 10, 2021 vào lúc 09:31"),

	outlook("cs", "FW", "f Od|d Datum|t Komu|c Kopie|s Předmět", "čtvrtek 28. října 2021 12:46"),
	outlook("de", "WG", "f Von|d Datum|t An|c Cc|s Betreff", "Donnerstag, 28. Oktober 2021 um 12:46"),
	outlook("es", "RV", "f De|d Fecha|t Para|c CC|s Asunto", "jueves, 28 de octubre de 2021, 12:46"),
	outlook("fi", "VL", "f Lähettäjä|d Päivämäärä|t Vastaanottaja|c Kopio|s Aihe", "torstai 28. lokakuuta 2021 klo 12.46"),
	outlook("it", "I", "f Da|d Data|t A|c Cc|s Oggetto", "giovedì, 28 ottobre 2021 12:46"),
	outlook("nl", "FW", "f Van|d Datum|t Aan|c CC|s Onderwerp", "donderdag 28 oktober 2021 om 12:46"),
	outlook("no", "VS", "f Fra|d Dato|t Til|c Kopi|s Emne", "torsdag 28. oktober 2021 kl. 12:46"),
	outlook("pl", "PD", "f Od|d Data|t Do|c DW|s Temat", "czwartek, 28 października 2021 12:46"),
	outlook("pt", "FW", "f De|d Data|t Para|c Cc|s Assunto", "quinta-feira, 28 de outubro de 2021 às 12:46"),
	outlook("pt-br", "ENC", "f De|d Data|t Para|c Cc|s Assunto", "quinta-feira, 28 de outubro de 2021 12:46"),
	outlook("sv", "VB", "f Från|d Datum|t Till|c Kopia|s Ämne", "torsdag, 28 oktober 2021 12:46"),
	outlook("tr", "İLT", "f Kimden|d Tarih|t Kime|c Bilgi|s Konu", "28 Ekim 2021 Perşembe 12:46"),
	outlook("et", "FW", "f Saatja|d Kuupäev|t Adressaat|c Koopia|s Teema", "neljapäev, 28. oktoober 2021 12:46"),
	outlook("uk", "FW", "f Від|d Дата|t Кому|c Копія|s Тема", "четвер, 28 жовтня 2021 р. о 12:46"),
	outlook("2016 en", "FW", "f From|d Sent|t To|c Cc|s Subject", "Thursday, October 28, 2021 12:46 PM"),
	outlook("2016 de", "WG", "f Von|d Gesendet|t An|c Cc|s Betreff", "Donnerstag, 28. Oktober 2021 12:46"),

	live("cs", "FW", "f Od|d Odesláno|t Komu|c Kopie|s Předmět", "středa 27. října 2021 15:14"),
	live("da", "VS", "f Fra|d Sendt|t Til|c Cc|s Emne", "27. oktober 2021 15:14"),
	live("de", "WG", "f Von|d Gesendet|t An|c Cc|s Betreff", "Mittwoch, 27. Oktober 2021 15:14"),
	live("es", "RV", "f De|d Enviado|t Para|c Cc|s Asunto", "miércoles, 27 de octubre de 2021 15:14"),
	live("et", "Fw", "f Saatja|d Saadetud|t Adressaat|c Koopia|s Teema", "kolmapäev, 27. oktoober 2021 15:14"),
	live("fi", "VL", "f Lähettäjä|d Lähetetty|t Vastaanottaja|c Kopio|s Aihe", "keskiviikko 27. lokakuuta 2021 15.14"),
	live("fr", "TR", "f De |d Envoyé |t À |c Cc |s Objet ", "mercredi 27 octobre 2021 15:14"),
	live("hr", "Fw", "f Šalje|d Poslano|t Prima|c Kopija|s Predmet", "srijeda, 27. listopada 2021. 15:14"),
	live("hu", "Továbbítás", "f Feladó|d Elküldve|t Címzett|c Másolatot kap|s Tárgy", "2021. október 27., szerda 15:14"),
	live("it", "I", "f Da|d Inviato|t A|c Cc|s Oggetto", "mercoledì 27 ottobre 2021 15:14"),
	live("nl", "FW", "f Van|d Verzonden|t Aan|c CC|s Onderwerp", "woensdag 27 oktober 2021 15:14"),
	live("no", "Vs", "f Fra|d Sendt|t Til|c Kopi|s Emne", "onsdag 27. oktober 2021 15:14"),
	live("pl", "PD", "f Od|d Wysłane|t Do|c DW|s Temat", "środa, 27 października 2021 15:14"),
	live("pt", "FW", "f De|d Enviado|t Para|c Cc|s Assunto", "27 de outubro de 2021 15:14"),
	live("pt-br", "ENC", "f De|d Enviado|t Para|c Cc|s Assunto", "quarta-feira, 27 de outubro de 2021 15:14"),
	live("ro", "Redir.", "f De la|d Trimis|t Către|c Cc|s Subiect", "miercuri, 27 octombrie 2021 15:14"),
	live("sk", "Fw", "f Od|d Odoslané|t Komu|c Kópia|s Predmet", "streda 27. októbra 2021 15:14"),
	live("sv", "VB", "f Från|d Skickat|t Till|c Kopia|s Ämne", "den 27 oktober 2021 15:14"),
	live("tr", "İlt", "f Gönderen|d Gönderildi|t Kime|c Bilgi|s Konu", "27 Ekim 2021 Çarşamba 15:14"),
	live("ru", "Fw", "f От|d Отправлено|t Кому|c Копия|s Тема", "27 октября 2021 г. 15:14"),
	live("ja", "Fw", "f 差出人|d 送信日時|t 宛先|c CC|s 件名", "2021年10月27日 15:14"),
	live("zh", "转发", "f 发件人|d 发送时间|t 收件人|c 抄送|s 主题", "2021年10月27日 15:14"),

	thunderbird("cs", "Přeposlaná zpráva", "s Předmět|d Datum|f Od|t Komu|c Kopie"),
	thunderbird("da", "Videresendt meddelelse", "s Emne|d Dato|f Fra|t Til|c CC"),
	thunderbird("de", "Weitergeleitete Nachricht", "s Betreff|d Datum|f Von|t An|c Kopie (CC)"),
	thunderbird("et", "Edastatud kiri", "s Teema|d Kuupäev|f Saatja|t Saaja|c CC"),
	thunderbird("fi", "Välitetty viesti", "s Aihe|d Päiväys|f Lähettäjä|t Vastaanottaja|c Kopio"),
	thunderbird("it", "Messaggio Inoltrato", "s Oggetto|d Data|f Mittente|t A|c CC"),
	thunderbird("pt", "Mensagem reencaminhada", "s Assunto|d Data|f De|t Para|c CC"),
	thunderbird("ro", "Mesaj înaintat", "s Subiect|d Dată|f De la|t Către|c CC"),
	thunderbird("ru", "Перенаправленное сообщение", "s Тема|d Дата|f От|t Кому|c Копия"),
	thunderbird("sl", "Posredovano sporočilo", "s Zadeva|d Datum|f Od|t Za|c Kp"),
	thunderbird("unknown", "Sodrast nuorti", "s Betreff|d Datum|f Von|t An|c Kopie"),
	thunderbird("unknown labels", "Forwarded Message", "s Xubrut|d Zmelm|f Qvonk|t Wilz|c Urgl"),

	yahoo("fr", "Mail transféré", "f De\u00a0|t À\u00a0|c Cc\u00a0|d Envoyé\u00a0|s Objet\u00a0", "mardi 2 novembre 2021 à 09:26:50 UTC+1"),
	yahoo("nl", "Doorgestuurd bericht", "f Van|t Aan|c Cc|d Verzonden|s Onderwerp", "dinsdag 2 november 2021 09:26:50 CET"),
	yahoo("pt", "Mensagem reencaminhada", "f De|t Para|c Cc|d Enviado|s Assunto", "terça-feira, 2 de novembro de 2021, 09:26:50 GMT+1"),
	yahoo("sv", "Vidarebefordrat meddelande", "f Från|t Till|c Kopia|d Skickat|s Ämne", "tisdag 2 november 2021 09:26:50 CET"),
	yahoo("tr", "İletilmiş Mesaj", "f Kimden|t Kime|c Cc|d Gönderildi|s Konu", "2 Kasım 2021 Salı 11:26:50 GMT+3"),
	yahoo("uk", "Переслане повідомлення", "f Від|t Кому|c Копія|d Надіслано|s Тема", "вівторок, 2 листопада 2021 р., 10:26:50 GMT+2"),
	yahoo("hr", "Proslijeđena poruka", "f Od|t Za|c Cc|d Poslano|s Predmet", "utorak, 2. studenoga 2021. 09:26:50 CET"),

	hubspot("en", "Forwarded Message", "f From|d Date|s Subject|t To|c Cc", "Monday, September 19, 2022, 5:55:44 PM -0400"),
	hubspot("fr", "Message transféré", "f De |d Date |s Objet |t À |c Cc ", "lundi 19 septembre 2022 17:55:44 -0400"),
	hubspot("pt-br", "Mensagem encaminhada", "f De|d Data|s Assunto|t Para|c Cc", "segunda-feira, 19 de setembro de 2022 17:55:44 -0400"),
	hubspot("pl", "Przekazana wiadomość", "f Od|d Data|s Temat|t Do|c Dw", "poniedziałek, 19 września 2022 17:55:44 -0400"),
	hubspot("sv", "Vidarebefordrat meddelande", "f Från|d Datum|s Ämne|t Till|c Cc", "måndag 19 september 2022 17:55:44 -0400"),
	hubspot("ja", "転送されたメッセージ", "f 差出人|d 日付|s 件名|t 宛先|c Cc", "2022年9月19日月曜日 17:55:44 -0400"),
}

func TestForwardsInManyLanguages(t *testing.T) {
	for _, p := range localized {
		t.Run(p.program, func(t *testing.T) {
			f, ok := Forwarded(p.subject, p.text)
			if !ok {
				t.Fatalf("no forward in\n%s", p.text)
			}
			if f.Name != "Jörg Müller-Weiß" || f.Address != "joerg@example.org" {
				t.Errorf("sender = %q <%s>", f.Name, f.Address)
			}
			if f.Subject != someSubject {
				t.Errorf("subject = %q", f.Subject)
			}
			if f.DateText != p.date || f.At.UTC().Format("2006-01-02T15:04:05") != p.at {
				t.Errorf("date = %q %v, want %q %s", f.DateText, f.At, p.date, p.at)
			}
			if own := strings.TrimSpace(p.text[:f.From]); own != "" && own != "Zur Info" {
				t.Errorf("own text = %q", own)
			}
			if !strings.HasPrefix(bare(p.text[f.Body:]), "Guten Tag") {
				t.Errorf("body = %q", p.text[f.Body:])
			}
		})
	}
}
