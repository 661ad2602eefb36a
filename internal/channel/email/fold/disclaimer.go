package fold

import (
	"slices"
	"strings"

	"lotse/internal/platform/markup"
)

// notices are phrases of legal notices, in small letters. Two of them make a
// paragraph one.
var notices = newPhrases(list(
	"intended recipient|intended solely|intended only|intended exclusively|solely for the use|solely for the person|for the sole use|the addressee|are not the named|received this e-mail in error|received this email in error|received this mail in error|received this message in error|received this communication in error|received this transmission in error|received it in error|is confidential|are confidential|be confidential|confidential information|confidential and|contain confidential|confidentiality notice|privileged|strictly prohibited|is prohibited|unauthorized|unauthorised|this e-mail and any|this email and any|this message and any|this e-mail may|this email may|this message contains|this e-mail contains|this email contains|accept no liability|accepts no liability|no responsibility|not necessarily those|notify the sender|any attachments|legally binding",
	"diese e-mail enthält|diese e-mail kann|diese mail enthält|diese nachricht enthält|diese nachricht ist|diese e-mail ist|dieser e-mail|vertrauliche|vertraulich|rechtlich geschützt|rechtlich geschützte|richtige adressat|beabsichtigte empfänger|vorgesehene empfänger|richtige empfänger|bestimmungsgemäße|irrtümlich|versehentlich|unerlaubte|unbefugte|informieren sie bitte|vernichten sie|löschen sie|nicht gestattet|ausschließlich für den|ausschliesslich für den|weitergabe|keine haftung|rechtsverbindlich",
	"ce message et|ce courriel|ce message est|cet e-mail|pièces jointes|confidentiel|confidentielle|confidentielles|à l'attention exclusive|usage exclusif|exclusivement|destinataire|par erreur|l'expéditeur|veuillez le détruire|strictement interdite|non autorisée|décline toute responsabilité",
	"este mensaje|este correo|confidencial|destinatario|por error|queda prohibid|está prohibid|información confidencial|notifíquelo|comuníquelo|eliminarlo|bórrelo|protección de datos|no autorizad|reglamento general",
	"questo messaggio|questa e-mail|informazioni contenute|riservate|riservato|riservati|confidenziale|destinatario|per errore|uso esclusivo|è vietat|ai sensi|d.lgs|gdpr|eliminarlo|cancellarlo|restituircelo|persone diverse|mittente",
	"dit bericht|deze e-mail|dit e-mailbericht|vertrouwelijk|vertrouwelijke|uitsluitend bestemd|geadresseerde|bedoelde ontvanger|abusievelijk|ten onrechte|per vergissing|afzender te|niet toegestaan|verboden|aansprakelijk",
	"niniejsza wiadomość|ta wiadomość|treść tej wiadomości|poufne|poufna|poufny|adresat|przez pomyłkę|omyłkowo|zabronion|nadawcę|usunięcie|usunąć|informacje zawarte|prawnie chronione",
	"esta mensagem|este e-mail|confidencia|destinatário|por engano|por erro|é proibid|uso exclusivo|não autorizad|apague|remetente|privilegiad",
	"denne e-mail|denne mail|denne e-post|detta meddelande|detta e-post|fortrolig|konfidentiel|konfidentiell|konfidensiell|tiltænkt|avsedd för|ved en fejl|av misstag|ved en feil|modtager|mottagare|afsender|avsändare|tämä viesti|luottamuksell|tarkoitettu|vastaanottaja",
	"tato zpráva|důvěrn|adresát|omylem|táto správa|dôvern|ez az e-mail|bizalmas|címzett|tévedésből|acest mesaj|acest e-mail|confidențial|din eroare|destinatarul|bu e-posta|bu mesaj|gizli|alıcı|yanlışlıkla",
	"данное сообщение|это сообщение|конфиденциаль|адресат|по ошибке|отправителя|це повідомлення|конфіденцій|помилково|το παρόν μήνυμα|εμπιστευτικ|παραλήπτη|本邮件|保密|机密|收件人|請勿|本メール|機密|宛先|이 메일은|기밀|수신자",
))

// verdicts are phrases that make a line a notice alone, because nobody else
// writes so: notes of virus scanners and of mailing lists, pleas for trees,
// pointers to how a company treats data.
var verdicts = newPhrases(list(
	"virus-free. www|virus-free.www|checked by avg|this email has been checked for viruses|this e-mail has been checked for viruses|this email has been scanned|this message has been scanned|scanned by mailscanner|auf viren geprüft|auf viren überprüft|virenfrei. www|virenfrei.www|garanti sans virus|sans virus. www|libre de virus. www|libre de virus.www|privo di virus. www|privo di virus.www|virusvrij. www|virusvrij.www|wolny od wirusów. www|wolny od wirusów.www|livre de vírus. www|livre de vírus.www|без вирусов. www|не содержит вирусов",
	"consider the environment|think before you print|before printing this|denken sie an die umwelt|an die umwelt, bevor|bevor sie diese e-mail drucken|bevor sie diese mail ausdrucken|pensez à l'environnement|avant d'imprimer|medio ambiente antes de imprimir|antes de imprimir|prima di stampare|denk aan het milieu|zanim wydrukujesz|pense no meio ambiente",
	"you received this message because you are subscribed|to unsubscribe from this group|to unsubscribe from this list|to unsubscribe send|you are receiving this because|reply to this email directly|sie erhalten diese nachricht, weil",
	"circular 230 disclosure|informationen zum datenschutz finden sie|hinweise zum datenschutz finden sie|datenschutzhinweise finden sie|datenschutzerklärung finden sie|datenschutzinformationen finden sie|privacy policy can be found|privacy notice can be found|read our privacy notice at|klauzula informacyjna|administratorem danych osobowych jest|onze privacyverklaring vindt u|informativa sulla privacy è disponibile|politique de confidentialité est disponible",
	"external email:|[external]|caution: this email originated|this email originated from outside",
))

// banners are what mail servers put above mail from outside.
var banners = list("originated from outside|originated outside|comes from outside|came from outside|from an external sender|external email|external e-mail|externe e-mail|externe mail|von außerhalb|von ausserhalb|von extern|absender außerhalb|provient de l'extérieur|expéditeur externe|correo externo|fuera de la organización|mittente esterno|e-mail esterna|van buiten de organisatie|externe afzender")

// titles begin a legal notice.
var titles = list("disclaimer|confidentiality|confidential|legal notice|important notice|privacy notice|haftungsausschluss|vertraulichkeit|rechtlicher hinweis|wichtiger hinweis|avertissement|confidentialité|aviso legal|aviso de confidencialidad|avviso di riservatezza|avvertenza|vertrouwelijkheid|klauzula|uwaga|aviso|datenschutz|rgpd|gdpr|*** ")

const (
	minNotice = 90 // characters of a notice that no verdict names
	maxWork   = 4000
)

// findDisclaimersAtEnd marks the notices that end a segment. They leave
// something to read: a mail that is nothing else stays.
func (l *letter) findDisclaimersAtEnd(s segment) {
	from := l.noticeFrom(s)
	if from < s.to && l.saidBefore(from) {
		for i := from; i < s.to; i++ {
			if l.kind[i] == 0 {
				l.kind[i] = markup.FoldDisclaimer
			}
		}
	}
}

// findBanner marks the notice of a mail server above the message.
func (l *letter) findBanner() {
	from := l.skipBlank(0)
	to := from
	for to < len(l.rows) && !l.blank(to) && l.rows[to].depth == 0 {
		to++
	}
	if to-from == 0 || to-from > 6 || l.skipBlank(to) >= len(l.rows) {
		return
	}
	s := l.paragraph(from, to)
	if len(s) < 600 && slices.ContainsFunc(banners, func(b string) bool { return strings.Contains(s, b) }) && !speaksOfOneself(s) && isWarning(s) {
		l.mark(from, to, markup.FoldDisclaimer)
	}
}

// isWarning reports whether a paragraph begins as such a notice does.
func isWarning(lower string) bool {
	s := strings.TrimLeftFunc(lower, isDrawn)
	return slices.ContainsFunc(warnings, func(w string) bool { return strings.HasPrefix(s, w) })
}

var warnings = list("caution|warning|attention|external|externe|[ext|notice|alert|this email|this e-mail|this message|achtung|vorsicht|warnung|hinweis|diese e-mail|diese mail|diese nachricht|ce message|cet e-mail|prudence|avertissement|atención|precaución|este correo|attenzione|questa e-mail|let op|waarschuwing|deze e-mail|dit bericht|uwaga|atenção|⚠|[external")

// findDisclaimers marks the notices that end a signature.
func (l *letter) findDisclaimers(s segment) {
	for from := l.noticeFrom(s); from < s.to; from++ {
		l.kind[from] = markup.FoldDisclaimer
	}
}

// noticeFrom returns where the notices begin that end a segment, s.to if it
// ends in none. Signatures may stand among them.
func (l *letter) noticeFrom(s segment) int {
	begin := s.to
	for end := s.to; end > s.from; {
		from, to := l.paragraphBefore(s, end)
		if from == to {
			break
		}
		switch {
		case l.isNotice(from, to):
			begin = from
		case begin < s.to && l.isTitle(from, to):
			return from
		case l.kind[from] == 0 && !l.isRuleOnly(from, to):
			return begin
		}
		end = from
	}
	return begin
}

// paragraphBefore returns the last paragraph of the segment that ends before
// row end.
func (l *letter) paragraphBefore(s segment, end int) (from, to int) {
	to = end
	for to > s.from && l.blank(to-1) {
		to--
	}
	from = to
	for from > s.from && !l.blank(from-1) {
		from--
	}
	return from, to
}

func (l *letter) isRuleOnly(from, to int) bool { return to == from+1 && isRule(l.rows[from].bare) }

// isNotice reports whether a paragraph is a legal notice.
func (l *letter) isNotice(from, to int) bool {
	s := l.paragraph(from, to)
	if len(s) < 16 {
		return false
	}
	if verdicts.count(s, 1) > 0 {
		return to-from <= 8
	}
	if runes(s) < minNotice || !l.spend(20) {
		return false
	}
	found := notices.count(s, 3)
	return found >= 3 || found == 2 && !speaksOfOneself(s)
}

// isTitle reports whether a paragraph is the heading of a notice.
func (l *letter) isTitle(from, to int) bool {
	s := strings.TrimLeft(l.paragraph(from, to), "*_-= ")
	return to == from+1 && len(strings.Fields(s)) <= 6 && slices.ContainsFunc(titles, func(t string) bool { return strings.HasPrefix(s, t) })
}

// paragraph returns the words of rows in small letters, as far as they count.
func (l *letter) paragraph(from, to int) string {
	var out strings.Builder
	for i := from; i < to && out.Len() < maxWork; i++ {
		out.WriteString(l.rows[i].bare[:min(len(l.rows[i].bare), maxWork)])
		out.WriteByte(' ')
	}
	return strings.ToLower(strings.ReplaceAll(out.String(), "’", "'"))
}

// speaksOfOneself reports whether a paragraph says "I", which no company does.
func speaksOfOneself(lower string) bool {
	return slices.ContainsFunc(strings.Fields(lower), func(w string) bool { return oneself[strings.Trim(w, ",.!?")] })
}

var oneself = words("i|i'm|i've|my|me|ich|mir|mich|mein|meine|meinen|meiner|je|j'ai|mon|ma|mes|yo|mi|mío|io|mio|mia|ik|mijn|eu|meu|minha|ja|mój|moja|jag|jeg|я|мой|моя|мне")
