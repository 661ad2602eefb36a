package spam

import (
	"regexp"
	"strings"
)

// topic is something that is advertised. Phrases are separated by "|" and
// written as plain leaves a text: small letters, no punctuation. Each matches
// from the beginning of a word: "casino bonus" finds "Casino-Bonusse".
type topic struct {
	reason string
	strong string // nobody who wants service writes this
	weak   string // occurs in honest messages, too
}

const (
	strongPoints = 60  // for the first strong phrase of a topic
	morePoints   = 20  // for each weak phrase, and each further strong one
	mostOfWeak   = 35  // weak phrases of a topic without a strong one
	mostOfTopics = 130 // all phrases together
)

var topics = []topic{
	{"seo",
		`guest post|sponsored post|link insertion|dofollow|do follow link|backlinks kaufen|buy backlinks|quality backlinks|` +
			`link building service|seo service|seo agentur|seo angebot|seo paket|seo expert|seo audit|first page of google|page one of google|top of google|page 1 of google|` +
			`seite 1 bei google|erste seite bei google|auf die erste seite von google|platz 1 bei google|rank your website|ranking your website|ranking ihrer website|ranking ihrer webseite|` +
			`traffic to your website|traffic to your site|boost your website|boost your traffic|mehr besucher auf ihre|mehr besucher für ihre|redesign your website|` +
			`google bewertungen kaufen|5 sterne bewertungen|bewertungen löschen lassen|buy google reviews|positive reviews for your|website visitors|` +
			`` +
			`ihre website analysiert|ihre webseite analysiert|продвижение сайт|раскрутка сайт|ссылки на ваш`,
		`came across your website|found your website|looking at your website|auf ihre website gestoßen|auf ihre webseite gestoßen|backlink|domain authority|high da|suchmaschinenoptimierung|search engine optimization|seo|organic traffic|web design|webdesign|mobile app development|` +
			`sichtbarkeit bei google|neukunden gewinnen|mehr neukunden|digital marketing|online marketing`},
	{"leads",
		`email list of|e mail list|database of companies|b2b leads|lead generation|qualified leads|leads for your|mailing list for|contact forms mailing|message to millions|` +
			`send your message to|just like you are reading this|firmenadressen kaufen|adressdatenbank|grow your business|business funding|increase your sales|` +
			`more customers for your|explainer video for|instagram followers|buy followers|follower kaufen|virtual assistant for|рассылк`,
		`unverbindliches angebot unterbreiten|unsubscribe here|to opt out|opt out of future|our company specializes|we are a leading manufacturer|we are a manufacturer|factory price|` +
			`schedule a quick call|book a quick call|15 minute call|kurzes telefonat vereinbaren|quick question about your website|cooperation with your company`},
	{"casino",
		`casino bonus|free spins|freispiele|no deposit bonus|bonus ohne einzahlung|best online casino|beste online casino|online casino mit|online casino with|play slots|slots online|slot online|slot gacor|` +
			`betting tips|sports betting site|sportwetten bonus|sportwetten tipps|jackpot knacken|win real money|echtgeld|казино|ставки на спорт|букмекер`,
		`casino|jackpot|poker|sportwetten|roulette|gambling|1xbet|pin up`},
	{"crypto",
		`crypto invest|bitcoin invest|invest in bitcoin|invest in crypto|in bitcoin investieren|krypto investment|double your bitcoin|double your money|double your investment|verdoppeln sie ihr|trading signal|trading bot|trading roboter|` +
			`guaranteed profit|guaranteed return|garantierte rendite|garantierter gewinn|passive income|passives einkommen|recover your lost|crypto recovery|recovery expert|` +
			`forex trad|claim your token|token presale|crypto airdrop|btc transfer|bitcoin transfer|wallet seed|криптовалют|пассивный доход`,
		`bitcoin|crypto|krypto|ethereum|usdt|forex|investor|investment opportunit|trading plattform|trading platform|btc`},
	{"loan",
		`loan offer|offer loans|we give out loan|business loan|personal loan at|kredit ohne schufa|kreditangebot|darlehensangebot|kredite zwischen|darlehen zwischen|` +
			`kredite ab|next of kin|late client|inheritance|lottery winner|lottogewinn|million dollars|million usd|millionen dollar|millionen euro|` +
			`atm card|spende für sie|donation for you|финансов помощь|займ онлайн|кредит онлайн`,
		`you have won|sie haben gewonnen|sofortkredit|beneficiary|fund transfer|interest rate|zinssatz|loan|barrister|payday|kreditgeber|schufafrei`},
	{"income",
		`work from home and|von zu hause aus geld|geld verdienen im internet|earn money online|make money online|earn from home|easy money|schnelles geld|` +
			`financial freedom|finanzielle freiheit|be your own boss|ihr eigener chef|заработок|заработать`,
		`nebenverdienst|extra income|zusatzeinkommen|network marketing|earn up to`},
	{"pharma",
		`buy viagra|cialis|cheap viagra|viagra kaufen|viagra online|kamagra|levitra|tramadol|xanax|online pharmacy|without prescription|weight loss pill|` +
			`penis enlarge|erectile|potenzmittel|cbd gummies|keto gummies|abnehmpille`,
		`viagra|rezeptfrei|ohne rezept|weight loss|pills|steroid|cbd oil`},
	{"adult",
		`hot girls|sexy girls|sexy singles|singles in your area|singles in deiner nähe|sex dating|sexdate|free porn|porn videos|adult dating|webcam girls|escort girls|escort service|` +
			`nude photos|nackte frauen|heiße frauen|my nudes|проститутк|порно|интим`,
		`onlyfans|porn|escort|camgirl|xxx|lonely|nude`},
	{"offer",
		`replica watches|rolex replica|cheap nike|cheap ray ban|luxury watches|buy fake|führerschein kaufen|buy drivers license|buy real passport|dokumente kaufen|` +
			`limited time offer only|act now|order now and|jetzt zugreifen|nur heute gratis|100 kostenlos|100 free`,
		`click here|hier klicken|klicken sie hier|limited time|discount code|rabattcode|telegram|whatsapp|special offer|sonderangebot|best price|bester preis|exclusive offer|exklusives angebot|` +
			`contact us today|visit our website|besuchen sie unsere website|this is not spam|kein spam|dear sir|dear webmaster|dear website owner|dear friend`},
}

// daily is money for nothing: an amount that is earned each day or week.
var daily = regexp.MustCompile(`(?i)\b(?:earn|make|making|profit|verdien\w*|income|einkommen)\b[^.!?\n]*(?:[$€£] ?\d|\d ?(?:[$€£]|usd|eur|euro|dollar))[\d.,k ]*(?:[$€£]|usd|eur|euro|dollars?)? ?(?:(?:per|a|an|each|every|pro|am|jeden) ?(?:day|week|hour|tag|woche|stunde)|daily|weekly|täglich|/ ?(?:day|tag|week))`)

// topics looks for what is usually advertised.
func (m *message) topics() []sign {
	var found []sign
	left := mostOfTopics
	for _, t := range topics {
		strong, weak := count(m.plain, t.strong), count(m.plain, t.weak)
		points := min(morePoints*weak, mostOfWeak)
		if strong > 0 {
			points = strongPoints + morePoints*(strong-1+weak)
		}
		if t.reason == "income" && daily.MatchString(m.prose) {
			points += strongPoints
		}
		points = min(points, left)
		left -= points
		found = append(found, sign{t.reason, points})
	}
	return found
}

// count returns how many of the phrases the text holds.
func count(plain, phrases string) int {
	n := 0
	for phrase := range strings.SplitSeq(phrases, "|") {
		if holds(plain, phrase) {
			n++
		}
	}
	return n
}

// holds reports whether a word of the text begins with the phrase.
func holds(plain, phrase string) bool {
	for rest := plain; ; {
		i := strings.Index(rest, phrase)
		if i < 0 {
			return false
		}
		if i > 0 && rest[i-1] == ' ' {
			return true
		}
		rest = rest[i+len(phrase):]
	}
}

// matters are the things of one's own that people write to a service desk about.
const matters = `meine rechnung|meiner rechnung|meine bestellung|meiner bestellung|mein vertrag|meinen vertrag|meinem vertrag|mein konto|meinem konto|kundennummer|vertragsnummer|bestellnummer|` +
	`rechnungsnummer|auftragsnummer|zählerstand|zählernummer|mein zähler|mein router|mein anschluss|mein internet|mein paket|meine lieferung|mein abschlag|meine kündigung|vorgangsnummer|` +
	`my order|my invoice|my bill|my contract|my account|my meter|my router|my internet|my parcel|my package|my delivery|order number|customer number|contract number|invoice number|` +
	`phishing|ihrem namen|in your name|your technician|ihr techniker`

// ownMatter reports whether the writer speaks of a contract, an order or a
// device of their own.
func (m *message) ownMatter() bool { return count(m.plain, matters) > 0 }
