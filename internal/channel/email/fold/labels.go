package fold

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// field is what a header line says that a mail program printed into a text.
type field uint8

const (
	noField field = iota
	fieldFrom
	fieldDate
	fieldTo
	fieldCc
	fieldReplyTo
	fieldSubject
	otherField // known, but of no interest: importance, attachments ...
)

// language holds the labels of one language, as its mail programs, old and
// new, write them; variants stand between bars.
type language struct {
	code                                 string
	from, date, to, cc, replyTo, subject string
}

// languages holds the labels of header lines. Case, accents of the Romanian
// letters and the kind of space do not matter, see labelKey.
var languages = []language{
	{"ar", "من|المرسل", "التاريخ|تاريخ الإرسال|تم الإرسال|أرسل", "إلى|الى", "نسخة|نسخة إلى", "الرد على|الرد إلى", "الموضوع|موضوع"},
	{"bg", "От|Подател|Изпращач", "Дата|Изпратено|Изпратено на|Изпратен", "До|Получател", "Копие|Копие до|Як", "Отговор до", "Относно|Тема"},
	{"ca", "De|Remitent", "Data|Enviat|Enviat el|Data d'enviament", "A|Per|Per a|Destinatari", "Còpia|A/c", "Respon a|Respondre a", "Assumpte|Tema"},
	{"cs", "Od|Odesílatel|Odesilatel", "Datum|Odesláno|Odesláno dne|Posláno|Zasláno", "Komu|Pro|Příjemce|Adresát", "Kopie|Kopie komu", "Odpověď komu|Odpověď na|Odpovědět na|Odpovědět", "Předmět|Věc"},
	{"da", "Fra|Afsender", "Dato|Sendt|Sendt den|Dato sendt", "Til|Modtager", "Kopi|Kopi til", "Svar til|Besvar til", "Emne|Vedrørende|Vedr"},
	{"de", "Von|Absender", "Datum|Gesendet|Gesendet am|Verschickt|Datum/Uhrzeit|Sendedatum", "An|Empfänger|Gesendet an", "Kopie|Kopie (CC)|Kopie an|Kopien an", "Antwort an|Antworten an|Antwortadresse", "Betreff|Betr|Thema"},
	{"el", "Από|Αποστολέας", "Ημερομηνία|Στάλθηκε|Αποστολή|Εστάλη|Ημ/νία|Ημερομηνία αποστολής", "Προς|Παραλήπτης", "Κοιν|Κοινοποίηση|Αντίγραφο", "Απάντηση προς|Απάντηση σε", "Θέμα"},
	{"en", "From|Sender|Sent by|Sent from|From address", "Date|Sent|Sent on|Sent at|Date sent|Sent date|Sent time|Received|Date/Time|Time", "To|Recipient|Recipients|Sent to|To address", "Cc|Copy|Copies to", "Reply-To|Reply to|Respond to", "Subject|Subj|Topic|Title"},
	{"es", "De|Remitente|Desde|Enviado por", "Fecha|Enviado|Enviado el|Enviada|Enviado a las|Fecha de envío|Fecha y hora", "Para|A|Destinatario|Destinatarios", "Copia|Con copia|Copia a", "Responder a|Respuesta a", "Asunto|Tema"},
	{"et", "Saatja|Kellelt|Alates|Saadetud isikult", "Kuupäev|Saadetud|Saatmisaeg|Saatmise kuupäev|Aeg", "Saaja|Saajad|Kellele|Adressaat", "Koopia|Koopia saaja", "Vastus|Vastuse aadress|Vasta|Vastus aadressile", "Teema|Pealkiri"},
	{"eu", "Nork|Igorlea|Bidaltzailea", "Data|Bidaltze-data|Bidalia|Bidalita", "Nori|Hartzailea", "Kopia", "Erantzun", "Gaia"},
	{"fa", "از|فرستنده", "تاریخ|ارسال شده|ارسال", "به|گیرنده", "رونوشت", "پاسخ به", "موضوع|عنوان"},
	{"fi", "Lähettäjä|Keneltä|Mistä", "Päivämäärä|Päiväys|Lähetetty|Lähetysaika|Lähetyspäivä|Pvm|Aika", "Vastaanottaja|Vastaanottajat|Kenelle|Vast.ott|Saaja", "Kopio|Kopiot|Kopion saaja", "Vastaus|Vastaa|Vastausosoite|Vastauksen saaja", "Aihe|Otsikko"},
	{"fr", "De|Expéditeur|Envoyé par|Émetteur", "Date|Envoyé|Envoyé le|Date d'envoi|Envoyée|Le", "À|A|Pour|Destinataire|Destinataires|Envoyé à", "Copie|Copie à|Copies à|Copie carbone", "Répondre à|Réponse à|Adresse de réponse", "Objet|Sujet"},
	{"gl", "De|Remitente", "Data|Enviado|Enviado o", "Para|A|Destinatario", "Copia", "Responder a", "Asunto"},
	{"he", "מאת|שולח", "תאריך|נשלח|נשלח ב|בתאריך", "אל|נמען", "עותק|העתק", "השב אל|תשובה אל", "נושא|הנדון"},
	{"hi", "प्रेषक|से", "दिनांक|भेजा गया|तारीख|तिथि", "प्रति|को", "प्रतिलिपि", "उत्तर दें", "विषय"},
	{"hr", "Šalje|Od|Pošiljatelj|Pošiljaoc|Poslao", "Datum|Poslano|Poslato|Datum slanja|Vrijeme slanja|Vrijeme", "Prima|Za|Primatelj|Primalac|Kome", "Kopija|Kopije|Kopija za|Cc primatelj", "Odgovori na|Odgovor na|Odgovori", "Predmet|Naslov|Tema"},
	{"hu", "Feladó|Küldő|Feladja", "Dátum|Elküldve|Küldve|Küldés ideje|Küldés dátuma|Időpont", "Címzett|Címzettek", "Másolat|Másolatot kap|Másolatot kapnak", "Válaszcím|Válasz|Válasz ide", "Tárgy"},
	{"id", "Dari|Daripada|Pengirim", "Tanggal|Dikirim|Terkirim|Tarikh|Dihantar", "Kepada|Ke|Untuk|Penerima", "Salinan|Tembusan", "Balas ke|Balas kepada", "Subjek|Perihal|Hal|Judul"},
	{"is", "Frá|Sendandi", "Dagsetning|Sent|Dags", "Til|Viðtakandi", "Afrit", "Svar til|Svara til", "Efni"},
	{"it", "Da|Mittente|Inviato da", "Data|Inviato|Inviato il|Inviata|Data invio|Data di invio|Spedito", "A|Destinatario|Destinatari|Per", "Copia|Copia a|Copia per conoscenza|P.c", "Rispondi a|Rispondere a|Rispondi-a", "Oggetto"},
	{"ja", "差出人|送信者|送信元|発信者", "送信日時|日時|日付|送信日|送信|受信日時", "宛先|送信先|宛て先|受信者", "写し", "返信先|返信", "件名|題名|タイトル"},
	{"ko", "보낸 사람|보낸사람|보내는 사람|보낸이|발신자|발신", "보낸 날짜|보낸날짜|날짜|보냄|일시|보낸 시간|보낸일시", "받는 사람|받는사람|받은사람|받는이|수신자|수신", "참조", "회신 대상|회신|답장 받는 사람", "제목"},
	{"lt", "Nuo|Siuntėjas|Kas", "Data|Išsiųsta|Išsiuntimo data|Laikas", "Kam|Iki|Gavėjas|Skirta", "Kopija", "Atsakyti|Atsakymas", "Tema"},
	{"lv", "No|Sūtītājs|Nosūtītājs", "Datums|Nosūtīts|Nosūtīta|Sūtīts", "Kam|Līdz|Adresāts|Saņēmējs", "Kopija|Kopija kam", "Atbildēt|Atbilde", "Temats|Tēma|Temats/tēma"},
	{"nl", "Van|Afzender|Verzonden door", "Datum|Verzonden|Verzonden op|Verstuurd|Verzenddatum|Verstuurd op", "Aan|Ontvanger|Geadresseerde|Naar", "Kopie|Kopie aan", "Antwoord aan|Antwoorden aan|Antwoordadres|Beantwoorden aan", "Onderwerp|Betreft"},
	{"no", "Fra|Avsender|Frå", "Dato|Sendt|Dato sendt|Sendt dato", "Til|Mottaker|Mottakar", "Kopi|Kopi til", "Svar til", "Emne"},
	{"pl", "Od|Nadawca|Wysłane przez|Wysłał", "Data|Wysłano|Wysłane|Data wysłania|Wysłany|Wysłana", "Do|Adresat|Odbiorca|Adresaci", "Dw|DW|Kopia|Kopia do|Do wiadomości|UDW", "Odpowiedz do|Odpowiedź do|Odpowiedz|Adres zwrotny", "Temat|Dotyczy"},
	{"pt", "De|Remetente|Enviado por", "Data|Enviado|Enviada|Enviado em|Enviada em|Enviado às|Data de envio|Data/Hora", "Para|A|Destinatário|Destinatários", "Cópia|Com cópia|Com cópia para|Cópia para|C/c", "Responder a|Responder para|Responder-para|Resposta para", "Assunto|Tema"},
	{"ro", "De la|De|Expeditor|Expeditorul|Expediat de", "Data|Dată|Trimis|Trimisă|Trimis la|Trimis pe|Data trimiterii|Expediat", "Către|Catre|La|Pentru|Destinatar|Destinatarul|Destinatari", "Copie|Copie la|În copie", "Răspuns către|Răspunde la|Răspuns la|Răspundeți la", "Subiect|Subiectul"},
	{"ru", "От|От кого|Отправитель", "Дата|Отправлено|Дата отправки|Отправлен|Послано", "Кому|Получатель|Для", "Копия|Копии|Копия для", "Ответить|Ответ|Обратный адрес|Адрес для ответа|Кому ответить", "Тема|Тема письма"},
	{"sk", "Od|Odosielateľ|Odosielatel", "Dátum|Odoslané|Odoslaná|Odoslaný|Poslané|Posielané", "Komu|Pre|Príjemca|Adresát", "Kópia|Kópia pre|Kópie", "Odpovedať|Odpovedať na|Odpoveď na|Odpoveď pre|Odpoveď komu", "Predmet|Vec"},
	{"sl", "Od|Pošiljatelj", "Datum|Poslano|Poslano dne", "Za|Prejemnik|Komu", "Kp|Kopija|Kopija za", "Odgovori na|Odgovor za", "Zadeva"},
	{"sr", "Шаље|Од|Пошиљалац|Šalje|Pošiljalac", "Датум|Послато|Време слања|Poslato", "За|Прима|Коме|Прималац", "Копија|Умножак", "Одговор за|Одговори на", "Наслов|Тема|Предмет"},
	{"sv", "Från|Avsändare|Skickat av", "Datum|Skickat|Skickad|Sänt|Skickat den|Sändningsdatum", "Till|Mottagare", "Kopia|Kopia till|Kopior", "Svar till|Svara till|Svarsadress", "Ämne|Rubrik|Ang"},
	{"th", "จาก|ผู้ส่ง", "วันที่|ส่ง|ส่งเมื่อ|เวลา", "ถึง|ผู้รับ", "สำเนา|สำเนาถึง", "ตอบกลับ|ตอบกลับไปยัง", "เรื่อง|หัวเรื่อง|หัวข้อ"},
	{"tr", "Kimden|Gönderen|Gönderici", "Tarih|Gönderildi|Gönderilme tarihi|Gönderme tarihi|Gönderim tarihi|Gönderilen", "Kime|Alıcı|Alıcılar", "Bilgi|Kopya|Karbon kopya", "Yanıtla|Yanıt|Yanıt adresi|Cevap adresi|Yanıtlanacak adres", "Konu"},
	{"uk", "Від|Від кого|Відправник", "Дата|Надіслано|Відправлено|Дата надсилання|Послано", "Кому|Одержувач|Отримувач|До", "Копія|Копії|Копія для", "Відповісти|Відповідь|Кому відповісти|Адреса для відповіді|Зворотна адреса", "Тема|Тема листа"},
	{"vi", "Từ|Người gửi", "Ngày|Đã gửi|Gửi lúc|Ngày gửi|Vào lúc|Thời gian", "Đến|Tới|Gửi tới|Người nhận", "Sao chép|Đồng gửi", "Trả lời|Trả lời tới", "Chủ đề|Tiêu đề"},
	{"zh", "发件人|寄件者|寄件人|發件人|发信人|發信人|发送人|自", "发送时间|发送日期|日期|时间|發送時間|傳送時間|寄件日期|寄信日期|時間|已发送|已傳送|发件日期|发信日期|傳送日期", "收件人|收件者|收信人|至|发送至", "抄送|副本|抄送人", "回复|答复|回覆|回复至|回覆至", "主题|主旨|主題|标题|標題"},
}

// others are labels a header block may hold besides.
const others = "User-Agent|X-Mailer|X-Originating-IP|MIME-Version|Content-Type|Content-Transfer-Encoding|Content-Language|Delivered-To|Bcc|Cci|Cco|Ccn|Blindkopie|Importance|Priority|X-Priority|Sensitivity|Attachments|Attachment|Organization|Message-ID|" +
	"In-Reply-To|References|Return-Path|Resent-From|Resent-To|Resent-Date|List-ID|Mailing list|Mailed-by|Signed-by|Security|Categories|" +
	"Wichtigkeit|Priorität|Vertraulichkeit|Anlagen|Anlage|Anhänge|Anhang|Organisation|Kategorien|Kategorie|" +
	"Pièces jointes|Pièce jointe|Importancia|Importance haute|Datos adjuntos|Adjuntos|Allegati|Allegato|Importanza|Priorità|" +
	"Bijlagen|Bijlage|Urgentie|Prioriteit|Prioritet|Vedhæftede filer|Vedlegg|Viktighet|Prioritetsgrad|Bifogade filer|" +
	"Liitteet|Tärkeys|Załączniki|Ważność|Přílohy|Důležitost|Priorita|Prílohy|Dôležitosť|Mellékletek|Fontosság|Anexos|Anexo|Importância|" +
	"Atașări|Importanță|Вложения|Важность|Вкладення|Важливість|Ekler|Önem|Privitci|Važnost|Manused|Tähtsus|" +
	"添付ファイル|重要度|附件|重要性|첨부 파일|첨부파일|중요도|Λανθάνουσα κοινοποίηση|Συνημμένα"

// labels maps the key of each label to its field.
var labels = readLabels()

func readLabels() map[string]field {
	known := make(map[string]field, 900)
	add := func(words string, f field) {
		for word := range strings.SplitSeq(words, "|") {
			if key := labelKey(word); known[key] == noField {
				known[key] = f
			}
		}
	}
	for _, l := range languages {
		add(l.from, fieldFrom)
		add(l.date, fieldDate)
		add(l.to, fieldTo)
		add(l.cc, fieldCc)
		add(l.replyTo, fieldReplyTo)
		add(l.subject, fieldSubject)
	}
	add(others, otherField)
	return known
}

// sameLetters maps letters that are written in two ways to one of them: mail
// programs mix cedilla and comma below, the Turkish dotted capital has no
// lower case of one letter, typographic apostrophes stand for plain ones.
var sameLetters = strings.NewReplacer("ș", "ş", "Ș", "Ş", "ț", "ţ", "Ț", "Ţ", "İ", "i", "’", "'")

// maxLabel is the longest label looked for, in bytes.
const maxLabel = 80

// labelKey makes a label comparable: composed, in lower case, without marks
// of bold print, with single plain spaces.
func labelKey(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) {
		s = sameLetters.Replace(norm.NFKC.String(s))
	}
	s = strings.TrimFunc(s, isDecor)
	return strings.ToLower(strings.Join(strings.Fields(s), " "))
}

// isDecor reports whether a rune stands around labels and markers without
// saying anything: space, emphasis, marks without width, a dot.
func isDecor(r rune) bool {
	return unicode.IsSpace(r) || isInvisible(r) || strings.ContainsRune("*_.•·", r)
}

// isInvisible reports whether a rune has no width of its own: byte order mark,
// joiners, marks of direction.
func isInvisible(r rune) bool {
	return r == '\uFEFF' || r >= '\u200B' && r <= '\u200F' || r >= '\u202A' && r <= '\u202E' || r >= '\u2060' && r <= '\u2069'
}
