package publish

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxSubstance bounds what Substantive reads of an answer, in bytes.
const maxSubstance = 20_000

const (
	// statement is the number of telling words that make a clause a statement.
	statement = 2
	// statementOnUs is the same for a sentence about the house itself: most of
	// what deflects says what "we" feel, wish and do.
	statementOnUs = 5
	// wordsOfHours are more than opening hours alone have.
	wordsOfHours = 6
)

// Substantive reports whether a public answer of staff, in Markdown, says
// something: a fact, an action, a decision, a step, a cause or a promise with a
// date. "Please write us privately", "call our hotline", "we forwarded it" and
// "we are sorry" do not count, whatever politeness surrounds them.
//
// The text is cut into sentences. Quotations, greetings, closings with all that
// follows, and questions are dropped. A sentence that thanks, apologizes or
// sends the reader elsewhere counts only if another of its clauses reports
// something done. Every other sentence counts if it holds a date, a measure, a
// step, a cause or something done, or enough words that are not stock phrases
// of customer service.
func Substantive(text string) bool {
	if len(text) > maxSubstance {
		text = text[:maxSubstance]
	}
	for _, s := range statements(strings.ToValidUTF8(text, "")) {
		if says(s) {
			return true
		}
	}
	return false
}

func says(sentence string) bool {
	s := plainWords(sentence)
	if strings.HasSuffix(sentence, "?") && !tried.MatchString(s) {
		return false
	}
	switch {
	case empty.MatchString(s):
		return reported(sentence)
	case later.MatchString(s):
		return dated.MatchString(s) || reported(sentence)
	}
	n := telling(s)
	if n < wordsOfHours && hours.MatchString(s) {
		return false
	}
	if n == 0 {
		return dated.MatchString(s)
	}
	if yesNo.MatchString(s) || n > 1 && strings.ContainsAny(s, "0123456789") {
		return true
	}
	if n >= statementOnUs || stated(sentence) {
		return true
	}
	return signs.MatchString(s) || done.MatchString(s) || dated.MatchString(s) || strings.Contains(s, " "+linkWord+" ")
}

// reported reports whether a clause of a sentence tells of something done.
func reported(sentence string) bool {
	for _, c := range clauseEnd.Split(sentence, -1) {
		c = plainWords(c)
		if done.MatchString(c) && !empty.MatchString(c) && !vague.MatchString(c) && !dependent.MatchString(c) {
			return true
		}
	}
	return false
}

// stated reports whether a clause of a sentence, not about the house, makes a
// statement.
func stated(sentence string) bool {
	for _, c := range clauseEnd.Split(sentence, -1) {
		c = plainWords(c)
		if !onUs.MatchString(c) && !dependent.MatchString(c) && telling(c) >= statement {
			return true
		}
	}
	return false
}

// telling counts the different words of a sentence that are neither grammar nor
// part of the stock phrases of customer service.
func telling(s string) int {
	seen := map[string]bool{}
	for _, w := range strings.Fields(s) {
		if utf8.RuneCountInString(w) < 3 && !strings.ContainsAny(w, "0123456789") || w == contactWord || stock.MatchString(w) {
			continue
		}
		seen[w] = true
	}
	return len(seen)
}

const (
	linkWord    = "xlinkx"    // stands for a link to a page
	contactWord = "xcontactx" // stands for an address, a telephone number, a link to a contact form
)

var (
	image       = regexp.MustCompile(`!\[[^\]]*\]\([^)]*\)`)
	markLink    = regexp.MustCompile(`\[([^\]]*)\]\(([^)\s]*)[^)]*\)`)
	bareLink    = regexp.MustCompile(`(?i)<?\b(?:https?://|www\.)[^\s<>)]+>?`)
	contactLink = regexp.MustCompile(`(?i)kontakt|contact|chat|support/?$|feedback|login|ticket|//(?:[\w.]*\.)?(?:facebook|twitter|x|instagram)\.com|m\.me|wa\.me|t\.me|mailto:|tel:|^(?:https?://)?[^/]+/?$`)
	mailAddress = regexp.MustCompile(`[\p{L}0-9._%+-]+@[\p{L}0-9-]+(?:\.[\p{L}0-9-]+)+`)
	telephone   = regexp.MustCompile(`(?:\+|\b0)[0-9][0-9 ()/.–-]{4,20}[0-9]\b`)
	emphasis    = regexp.MustCompile("[*_`#~|]+|<[^>]*>")
	listItem    = regexp.MustCompile(`^\s*(?:[-*+•]|[0-9]{1,2}[.)])\s+`)
	closing     = regexp.MustCompile(`(?i)^\W*(?:(?:mit )?(?:freundliche[nr]?|beste[nr]?|viele[n]?|liebe[nr]?|herzliche[nr]?|schöne[n]?|sonnige[n]?) (?:grüße|grüßen|gruß|gruss|grüsse)|(?:lg|vg|mfg|bg)\b|(?:(?:kind|best|warm|many)(?:est)? )?(?:regards|wishes)\b|yours\b|sincerely\b|cheers\b|all the best\b|(?:ihr|dein|euer|your) [^.!?]{0,30}(?:team|service)\b|\^\w{1,8}|[–—-]{1,2} ?\p{L}+\s*$)`)
	closingAt   = regexp.MustCompile(`(?i)[.!?:)] *(?:\p{So} *)?((?:(?:mit )?(?:freundlichen?|beste|viele|liebe|herzliche|schöne|sonnige) (?:grüße|grüßen)|lg|vg|mfg|(?:kind |best |warm )?regards|yours (?:faithfully|sincerely|truly)|\^\w{1,8}|ihr [^.!?]{0,20}team\b|thanks, )[^.!?]{0,60}[.!]?)$`)
	signedBy    = regexp.MustCompile(`^\p{Lu}\p{L}*[,.]?(?: \p{Lu}\p{L}*[,.]?){0,4}$`)
	greeting    = regexp.MustCompile(`(?i)^\s*(?:hallo|hi|hey|hello|dear|guten (?:tag|morgen|abend)|liebe[rs]?|sehr geehrte[rs]?|moin|servus|grüezi|good (?:morning|afternoon|evening|day))(?:\s+[^\s,!:.–-]+){0,5}?\s*[,!:.–-]+\s*`)
	sentenceEnd = regexp.MustCompile(`([!?…]+|[.]+)(?:["“”')]*)(?:\s+|$)|\s*\p{So}\s*|;\s|\s[–—]\s|,? (?:aber|jedoch|sondern|but|however) `)
	noEnd       = regexp.MustCompile(`(?i)(?:\b(?:z|b|d|h|u|a|e|g|i|nr|no|tel|str|ca|bzw|ggf|evtl|inkl|zzgl|usw|etc|dr|mr|mrs|st|mo|di|mi|do|fr|sa|so)|\b[0-9]{1,2})$`)
	clauseEnd   = regexp.MustCompile(`[,:;()]|\s[–—-]\s| (?:und|and|so|denn) `)
	notWord     = regexp.MustCompile(`[^\p{L}\p{N}€$£%§.,:'’/+-]+`)
)

// statements cuts an answer into its sentences, without quotations, greeting
// and closing.
func statements(text string) []string {
	text = image.ReplaceAllString(text, " ")
	text = markLink.ReplaceAllString(text, "$1 $2 ")
	text = bareLink.ReplaceAllStringFunc(text, func(l string) string {
		if contactLink.MatchString(strings.Trim(l, "<>.,")) {
			return " " + contactWord + " "
		}
		return " " + linkWord + " "
	})
	text = mailAddress.ReplaceAllString(text, contactWord)
	text = telephone.ReplaceAllString(text, contactWord)
	var out []string
	var paragraph strings.Builder
	flush := func() {
		out = append(out, sentences(paragraph.String())...)
		paragraph.Reset()
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, ">") {
			line = ""
		}
		item := listItem.MatchString(line)
		line = strings.TrimSpace(emphasis.ReplaceAllString(listItem.ReplaceAllString(line, ""), " "))
		if closing.MatchString(line) && !item {
			break
		}
		if line == "" || item {
			flush()
		}
		line = closingAt.ReplaceAllString(greeting.ReplaceAllString(line, ""), ".")
		paragraph.WriteString(line + " ")
	}
	flush()
	if n := len(out); n > 0 && signedBy.MatchString(out[n-1]) {
		out = out[:n-1]
	}
	return out
}

// sentences cuts a paragraph at the ends of sentences.
func sentences(p string) []string {
	var out []string
	start := 0
	for _, hit := range sentenceEnd.FindAllStringIndex(p, -1) {
		if p[hit[0]] == '.' && noEnd.MatchString(p[start:hit[0]]) {
			continue
		}
		s := strings.TrimSpace(p[start:hit[1]])
		if p[hit[0]] == '.' || p[hit[0]] == ',' || p[hit[0]] == ' ' {
			s = strings.TrimSpace(p[start:hit[0]])
		}
		out = append(out, s)
		start = hit[1]
	}
	return append(out, strings.TrimSpace(p[start:]))
}

// plainWords puts a sentence into the form the patterns are written for: small
// letters, one blank around each word.
func plainWords(s string) string {
	s = strings.ToLower(strings.ReplaceAll(s, "’", "'"))
	var b strings.Builder
	b.WriteByte(' ')
	for w := range strings.FieldsSeq(notWord.ReplaceAllString(s, " ")) {
		if w = strings.Trim(w, ".,:'/+-"); w != "" {
			b.WriteString(w + " ")
		}
	}
	return b.String()
}

// patterns compiles phrases, one per line or separated by "|". "~" stands for
// the rest of a word and "…" for any words between.
func patterns(lines string) *regexp.Regexp {
	lines = strings.Join(strings.FieldsFunc(lines, func(r rune) bool { return r == '\n' || r == '|' }), "|")
	p := strings.NewReplacer("\t", "", "~", `\S*`, " … ", ` (?:\S+ )*?`).Replace(lines)
	return regexp.MustCompile(` (?:` + p + `) `)
}

var (
	// empty marks a sentence that thanks, apologizes, wishes, or sends the
	// reader elsewhere.
	empty = patterns(`
nachvollziehbar|online-formular|discuss this|in person|raise … with|fingers crossed|should contact|contact their|contact your|sent over|würden … gern~|gern~ … würden|gern~ besprechen|würden … besprechen|am telefon|whatsapp|stell~ … frage|frage … erneut|blöd gelaufen|dumm gelaufen|schiefgelaufen|schief gelaufen|richtige adresse|die daumen|gucken … drauf|gucken … rein|schauen … drauf|schauen … rein|schauen … daten|bescheid|anschreiben|schreib~ … an|abzusehen|austauschen|äußern|welcome you|welcoming you|look forward|taking the time|aim for|in contact with|get hold|hang in there|hear from us|hear you|a bell|a shout|a line|take it from there|contact page|the form|quote your|über das formular|über diese~ kanal|auf diese~ kanal|auf diesem weg~|auskunft|auskünfte|pns|check … pn~|hören … nicht gern~|vereinbaren sie … termin|halten sie … bereit|unserer filiale~|schau … vorbei|schauen sie … vorbei|kommen sie … vorbei|komm … vorbei|kontaktaufnahme|kontaktdaten|hinterlass~|übermitteln sie|übermittle|sende uns|mail uns|mailen sie|rückruf|ihre~ rufnummer|aus der ferne|nicht beurteilen|they'll be able|they will be able|they can help|telefonnummer|unter der nummer|servicenummer|schildern sie|schilder … uns|so soll … nicht|so sollte … nicht|darf nicht passieren|darf nicht vorkommen|sollte nicht passieren|sollte nicht vorkommen|wertvoll~|einzelfall|einzelfälle|auf anderem weg~|chatten
our chat|our advis~|our agents|usual channels|speak to|speak with|talk to|talk with|in due course|comment on|strive|sound right|sort it out|sort this out|sort that out|valued|committed to|make it right|make this right|put … right|high standards|fall short|fell short|let you down|not acceptable|call cent~|a call|a ring|pop over|pop … message|pop … dm|get hold of|customer relations|customer team|billing team|follow us|can't discuss|cannot discuss|unable to discuss|social media|publicly|public forum|over the phone|by phone
tut … leid|leider … sagen|entschuldig~|bedauer~|verzeih~|unannehmlichkeit~|umstände|schade|ärgerlich~|ärger
dank|danke|danken|bedanken|vielen dank|freuen … uns|freut … uns|hoffen|hoffe|wünsche~|geduld|verständnis|am herzen|nehmen … ernst
nicht … anspruch|unserem anspruch|uns … wichtig|zufriedenheit|verstehen|verstehe|nachvollziehen|wie versprochen nicht|für sie da|für dich da|für euch da|zur verfügung
unzufrieden|alles daran|kundendialog|hotline|kundenservice|kundendienst|kundenbetreuung|kundencenter|servicecenter|service-center|serviceteam|kontaktformular|filialen|ansprechpartner
pn|dm|dms|per pm|via pm|a pm|eine pm|privatnachricht~|direktnachricht~|private~ nachricht~|persönliche~ nachricht~|privat|per chat|im chat|den chat|postfach|telefonisch|persönlich
schreib~ … uns|schick~ … uns|send~ … uns|teil~ … uns|nenn~ … uns|kontaktier~|wend~ sie|wend~ dich|wend~ euch|ruf~ … an|ruf~ … durch|ruf~ … hotline|anrufen|anzurufen|melde dich|melden sie sich|meldet euch|meld dich|kommen … auf uns zu|komm … auf uns zu
gib uns|geben sie uns|lass~ … uns|benötigen wir|brauchen wir bitte|brauchen wir … nummer|bräuchten wir|benötigen … angaben|erreichen sie|erreichst du|erreichbar|sprechen sie … an|sprich … an
helfen~ … gern~|helfen … ihnen|helfen … dir|hilft … weiter|helfen … weiter|weiterhelfen|beraten … gern|unterstützen … gern~
nicht öffentlich|öffentlich nicht|datenschutz~|keine auskunft|nicht äußern|ins gespräch|ticket eröffnen|ticket erstellen|anfrageaufkommen|aufkommen~|ihr~ angaben|folgendes|folgende angaben|rückfragen|bei fragen
sorry|apolog~|regret|thank~|appreciate~|inconvenience|frustrat~|disappoint~|understand|understanding|patience|bear with|hassle|hope|have a great|have a nice|have a good|have a lovely|enjoy your|not … experience|important to us|take … serious~|rest assured|be assured|hesitate|glad to|happy to|love to|like to know|delighted|here for you|here to help
contact us|contact our|contact … team|contact the|call us|call our|ring us|give us a|phone us|message us|message me|email us|e-mail us|email our|write to us|text us|tweet us|chat with us|live chat|drop us|send us|send me|send a|send your|share your|share … via|provide us|provide … details|provide … information|more information|let us know|let me know|tell us|get in touch|reach out|reach us|reach our|speak to our|talk to our|visit your nearest|local branch
private message~|direct message|privately|inbox|customer service|customer services|customer care|customer support|support team|billing team|helpline|help desk|contact form|this form|open a ticket|raise a ticket|new ticket|our agents|specialist|here … discuss|discuss … here|discuss … account|security reasons|privacy reasons|data protection|high volume|high demand|we need your|we'll need your|we need some|feedback
` + contactWord)

	// later marks a sentence about what the house does out of sight or has yet
	// to do; it counts with a date.
	later = patterns(`
übermittelt|gegeben|aufgearbeitet|bleib~ dran|bleibt dran|dauern|stelle gegeben|erhalten wir|haben … erhalten|received|is with|are with|asked our|asked the|hear back|weitergeleitet|weitergegeben|weiterleiten|weitergereicht|geben … weiter|gebe … weiter|leiten … weiter|leite … weiter|fachabteilung~|zuständige~|kolleg~|spezialist~|kümmer~|bearbeitet|bearbeitung|liegt … vor|melden uns|melde mich|melden … bei ihnen|meldet … bei|kommen … zu|hochdruck|schnellstmöglich~|so schnell wie möglich|baldmöglichst|zeitnah|umgehend|in kürze|demnächst|bald
arbeiten … daran|arbeiten … dran|arbeiten … an|dran|rückmeldung|anregung~|kritik|anliegen|notiert|aufgenommen|vermerkt|intern|schauen … an|schauen … nach|nachsehen|ansehen|anschauen|auf dem laufenden|verbessern|erfasst|unaufgefordert|gemeldet|am werk|hochtouren|tun … alles|geben … bestes|nachdruck|höchste priorität|in klärung|geprüft|überprüft|checken|klären|wir prüfen|prüfen wir|gern~ prüfen|prüfen … das|klären … das|checken … das|gern~ vereinbaren|im blick|ist bekannt|angekommen|eingegangen|informiert
forwarded|passed|pass … on|escalated|looking into|look into|take a look|have a look|investigat~|get back|be in touch|follow up|on it|working on|working hard|working with|as soon as|asap|at the earliest|shortly|soon|relevant department|right team|our team|our engineers|our technical|our logistics|colleague~|internally|noted|logged|aware|never mind|doing everything|improve|keep you posted|keep you updated|resolve|is known|been informed|acknowledge|assigned|be handled|replied|reviewing|under review|respond|response|sort|taking care|looked at|being looked|top priority|high priority|raised|flagged|chasing|monitoring|taken on board|everything we can|everything possible|check your|feedback`)

	// onUs marks a sentence about the house or about how somebody feels.
	onUs = patterns(`wir|uns|unser~|ich|mich|mir|we|we'\S+|us|our|ours|i|i'\S+|me|my|gefühl~|erwart~|möchten|wünsch~|feel~|expect~`)
	// vague is something that has not happened yet.
	vague = patterns(`want|möchten|wollen|würden|would|try|versuchen|schnellstmöglich~|so schnell wie möglich|baldmöglichst|zeitnah|in kürze|demnächst|bald|as soon as|asap|at the earliest|shortly|soon|working|arbeiten|soll|sollte|keep you|dass|ob`)
	// yesNo answers a question.
	yesNo = regexp.MustCompile(`^ (?:ja|nein|yes|no|doch|jein|stimmt|richtig|correct) \S`)
	// tried is a question that is a piece of advice.
	tried = patterns(`schon … versucht|schon … probiert|have you … tried|did you try|have you tried`)

	// done is what happened or was decided.
	done = patterns(`
erstattet|erstatten|gutgeschrieben|gutschrift|storniert|behoben|repariert|ausgetauscht|getauscht|tauschen … aus|ersetzt|korrigiert|berichtigt|gelöscht|freigeschaltet|entsperrt|gesperrt|zurückgenommen|zurückgesetzt|verlängert|beendet|gekündigt|verschickt|versandt|versendet|zugestellt|beauftragt|bestellt|vereinbart|eingespielt|geändert|angepasst|umgestellt|ausgezahlt|überwiesen|erlassen|verzichten|wiederhergestellt|aufgehoben|abgelehnt|abgeschlossen|eingerichtet|installiert|verlegt|verschoben|entfernt|abgeschaltet|festgestellt|bestätigt|gefunden|entschieden|beschlossen|gesenkt|erhöht|in betrieb genommen|läuft wieder|läuft … wieder|funktioniert wieder|funktioniert … wieder|geht wieder|geht … wieder|aktiviert|deaktiviert|hinterlegt|nachgeliefert|abgeholt|falsch|richtig sind
refunded|refund … today|refund … within|credited|reimbursed|cancelled|canceled|fixed|repaired|replaced|restored|corrected|removed|unlocked|blocked|waived|extended|shipped|dispatched|delivered|scheduled|booked|ordered|rolled back|rolled out|deployed|reverted|back online|back up|is resolved|was resolved|been resolved|now resolved|turned off|disabled|enabled|activated|approved|declined|rejected|withdrawn|changed|updated the|updated your|confirmed that|confirmed the|decided|found|paid out|transferred|caused by|left our|arrives|wrong`)

	// dated is a day or a time of the calendar.
	dated = patterns(`
\d{1,2}\.\d{1,2}(?:\.\d*)?|\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2}/\d+|\d{1,2}(?:st|nd|rd|th)?\.? (?:of )?(?:jan|feb|mär|mar|apr|mai|may|jun|jul|aug|sep|okt|oct|nov|dez|dec)~|(?:january|february|march|april|may|june|july|august|september|october|november|december) \d~
montag~|dienstag~|mittwoch~|donnerstag~|freitag~|samstag~|sonntag~|monday|tuesday|wednesday|thursday|friday|saturday|sunday|heute|gestern|morgen|übermorgen|today|yesterday|tomorrow|tonight|ende der woche|ende des monats|nächste~ woche|kommende~ woche|next week|next month|end of~ the week|end of~ the month|(?:ende|mitte|anfang) (?:januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember)
um \d~ uhr|\d~ uhr|at \d\S* ?(?:am|pm)`)

	// hours are opening hours.
	hours = regexp.MustCompile(` (?:mo|mon|montags?|monday) (?:bis |to |und |through )?(?:do|fr|fri|sa|sat|so|sun|donnerstags?|freitags?|friday|samstags?|saturday|sonntags?|sunday) .*\d`)

	// signs are measures, steps and causes.
	signs = patterns(`
\S*\d\S* ?(?:€|euro?|cent|%|prozent|percent|kwh|kw|watt|mbit\S*|mb|gb|km|m|cm|mm|stunden?|hours?|tagen?|days?|werktag\S*|wochen?|weeks?|monaten?|months?|jahren?|years?|minuten?|minutes?|grad|seconds?|sekunden?)|[€$£]\S*\d\S*|\S*\d\S*[€%$£]
weil|denn|da|grund ist|grund dafür|liegt … am|liegt … an|liegt … daran|lag … am|lag … an|lag … daran|ursache~|verursacht|wegen|aufgrund|deshalb|daher|dadurch|because|due to|caused|reason|that is why|that's why|therefore|owing to
(?:klick|tipp|wähl|öffn|drück|halt|start|schalt|zieh|steck|trenn|geh|lad|trag|setz|lösch|aktivier|deaktivier|entfern|folg|nutz|verwend|leg|stell|wart|beantrag|überweis|gib|geb|bring|les|such|scroll|prüf)~ sie|~neu starten|neustart|starten … neu|einstellungen
click|tap|select|choose|press|hold|restart|reboot|unplug|plug|switch|turn … off|turn … on|go to|enter|scroll|reset|install|reinstall|uninstall|update|download|reload|settings|disable|enable
never|only|nie|niemals|ausschließlich|kostenlos~|kostenfrei~|free of charge|for free`)

	// stock are words of grammar and of customer service: a sentence made of
	// them alone says nothing.
	stock = regexp.MustCompile(`^(?:` + strings.Join(strings.Fields(`
der die das den dem des ein eine einen einem einer eines kein keine keinen und oder aber auch nur noch schon sehr ganz so wie was wer wo wann warum dass daß ob wenn falls als bis bei mit von vom für auf aus an am im in ins um zu zum zur nach vor über unter durch gegen ohne seit während wegen
ich du er sie es wir ihr mich dich sich uns euch mir dir ihm ihnen mein\S* dein\S* sein\S* ihre?[nmrs]? unser\S* euer eure\S* dies\S* jed\S* all\S* man etwas nichts viel\S* mehr
ist sind war waren wird werden wurde\S* worden hat habe haben hatte\S* kann können könn\S* konnte\S* muss müssen soll\S* will woll\S* möcht\S* darf dürfen mag magst gibt geht gehen lassen sein bin bist seid machen macht tun hier da dort dann jetzt nun doch mal bitte gern\S* einfach kurz einmal wieder immer leider natürlich selbstverständlich sicher\S* nicht damit dazu dafür darüber davon daran hierzu hierfür solch\S* andere\S* weitere\S* nächst\S* möglich\S* schnell\S* direkt\S* offen\S* neu\S* gut\S* best\S* klar okay ok alles
the a an and or but also only still already very so how what who where when why that this these those if as to of for from with without by at on in into out up off about over under after before since than then there here it its he she they them you your yours we us our ours i me my is are was were be been being am do does did done have has had having will would can could may might must shall should not no yes just please kindly again always any all some more most much many further other another sure ok okay now new good best well quite get got make made take took let know one
anliegen\S* anfrage\S* frage\S* service\S* team\S* kolleg\S* hilfe\S* helf\S* hilf\S* unterstütz\S* freundlich\S* zufrieden\S* wichtig\S* herz\S* lösung\S* lösen problem\S* situation\S* umstände\S* verständnis geduld\S* frust\S* feedback rückmeld\S* nachricht\S* kontakt\S* persönlich\S* privat\S* daten\S* kund\S* prüf\S* klär\S* schau\S* weiter\S* intern\S* abteilung\S* zuständig\S* fach\S* sorgfält\S* qualität\S* anspruch\S* erfahrung\S* hinweis\S* verbesser\S* vertrau\S* interesse\S* bemüh\S* vorgang\S* fall\S* thema\S* sache\S* einzelheiten einzelne\S* details? bescheid moment\S* passiert passieren vorkommen öffentlich\S* konto\S* vertrag\S* unterlagen nummer\S* kundennummer\S* adresse\S* foto\S* anschrift\S* geburtsdatum melden meld\S* nehmen wirklich kommt inzwischen bekannt
stelle\S* beantwort\S* antwort\S* weg\S* blick\S* beschwer\S* erhalten vorfall\S* bewertung\S* stern\S* hör\S* schilder\S* mitteil\S* beschreib\S* genau\S* aufmerksam\S* sorge\S* engag\S* telefon\S* berat\S* klärung\S* richtige\S* blöd\S* gelaufen schief\S* hoppla uff puh oje ohje sachverhalt\S* grundsätzlich dringend\S* drück\S* daumen gegeben nachfrag\S* gucken drauf gemeinsam webseite website formular\S* gesagt lieb\S* rasch\S* erneut betroffen\S* ärger\S* verärger\S* hintergr\S* gespräch\S* austausch\S* worte\S* erlebnis\S* eindruck
complain\S* received appropriate hear\S* comment\S* review\S* time visit\S* back website form fill\S* quote lovely folks people talk\S* speak\S* sound\S* sort\S* bring\S* share\S* sincer\S* become welcom\S* forward\S* honest\S* today tomorrow ready available
concern\S* issue\S* team\S* colleague\S* help\S* assist\S* support\S* customer\S* experience\S* matter\S* look\S* investigat\S* reach\S* contact\S* message\S* private\S* direct\S* detail\S* relevant department\S* priorit\S* serious\S* value\S* ensure\S* resolv\S* soon possible quick\S* happy glad service\S* qualit\S* standard\S* improv\S* expect\S* case\S* question\S* request\S* enquir\S* inquir\S* feel\S* need\S* want\S* like try\S* attention bringing happen\S* account\S* number\S* order\S* name email phone hear\S* right wrong thing\S* something anything everything`), "|") + `)$`)
	dependent = regexp.MustCompile(`^ (?:dass|daß|that|wenn|falls|ob|if|damit|um|sobald|when|which|once|as|to|so that|until|bis) `)
)
