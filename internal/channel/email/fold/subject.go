package fold

import (
	"regexp"
	"strings"
)

// intent is what the first prefix of a subject says.
type intent uint8

const (
	noIntent intent = iota
	toReply
	toForward
	toEither // "VS" is a forward in Norwegian and a reply in Finnish
)

// prefixes holds the prefixes of subjects, in small letters without dots.
var prefixes = readPrefixes(map[intent]string{
	toForward: `fw fwd wg wtr weitergeleitet weiterleitung tr transf transfert rv reenv reenviado enc encaminhado i inoltro inol
		doorst dst vb vid vl vidarebefordrat videresendt pd prz fs redir továbbítás továbbított továbbítva tov přep přeposláno
		preposlané prosl proslijeđeno pr psl ilt iletilen yönlt пер пересл пересылка пересилання перенаправлено препр προώθηση πρθ ed edasi edastatud pārs persiųsta
		inoltrato doorgestuurd przekazane reenvío encaminhado vidarebefordran videresendelse přeposlaná 转发 转寄 轉寄 轉發 転送 전달 הועבר העברה توجيه trs ct`,
	toReply: `re aw antw antwort ref réf rép réponse r sv vá válasz odp odpověď odpoveď odg odgovor ynt yanıt rif res resp respuesta resposta
		bls ats atb tl отв ответ на відп відповідь отг απ σχετ απάντηση 回复 回覆 答复 答覆 返信 답장 회신 reply השב תגובה رد răsp răspuns`,
	toEither: `vs`,
})

func readPrefixes(table map[intent]string) map[string]intent {
	known := make(map[string]intent)
	for in, words := range table {
		for w := range strings.FieldsSeq(words) {
			known[labelKey(w)] = in
		}
	}
	return known
}

// aPrefix is one prefix with what may stand before and in it: "[External]",
// "(2)", "[3]".
var aPrefix = regexp.MustCompile(`^[\s\p{Z}]*(?:\[[^\]]{0,60}\][\s\p{Z}]*)*([\p{L}.]{1,20})[\s\p{Z}]?(?:\[\d+\]|\(\d+\)|\^\d+)?[\s\p{Z}]?[:：]`)

// intentOf says what the writer of a subject did, by its outermost prefix.
func intentOf(subject string) intent {
	if m := aPrefix.FindStringSubmatch(subject); m != nil {
		if in := prefixes[labelKey(m[1])]; in != noIntent {
			return in
		}
	}
	if strings.HasSuffix(strings.ToLower(strings.TrimSpace(subject)), "(fwd)") {
		return toForward
	}
	return noIntent
}

// Forwards reports whether a subject is that of a mail which passes on another
// one with the subject inner: "Fwd: Bill" of "Bill".
func Forwards(subject, inner string) bool {
	return intentOf(subject) == toForward && strings.EqualFold(withoutForward(subject), trim(inner))
}

// withoutForward is a subject without the prefixes of forwards in front.
func withoutForward(subject string) string {
	for {
		m := aPrefix.FindStringSubmatchIndex(subject)
		if m == nil {
			return trim(subject)
		}
		if in := prefixes[labelKey(subject[m[2]:m[3]])]; in != toForward && in != toEither {
			return trim(subject)
		}
		subject = subject[m[1]:]
	}
}

// finnic finds the labels of Finnish and Estonian header lines, in which "VS"
// is a reply.
var finnic = regexp.MustCompile(`(?im)^[>\s*]*(?:Lähettäjä|Saatja)\*?:`)

const maxFinnic = 64 << 10 // bytes of a text looked through for them
