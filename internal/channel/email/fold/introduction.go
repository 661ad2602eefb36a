package fold

import "strings"

// introduction is what a line in words says of the message behind it: "On
// Monday, 1 May 2023 at 10:00, Ann <a@b> wrote:".
type introduction struct {
	name, address, date string
}

// phrase holds the small words around date and name in such a line; the verbs
// are in wrote. The name is what is left.
var phrase = wordSet(`on at the am um uhr le à il giorno alle ore el a las la op om den d kl de da em às dia no pe la ora
	dne v ve dnia w dniu o godz godzinie dňa u dana klo kello на в от у о pada tanggal pukul vào lúc r г р ч
	hat ha har je ai as heeft folgendes følgende følgjande följande het volgende ezt seuraavasti
	użytkownik użytkowniczka uživatel používateľ korisnik időpontban kasutaja tarihinde şunu şunları пользователь користувач
	στις ο η`)

// readIntroduction reads the date and the sender of an introducing line.
func readIntroduction(text string) (introduction, bool) {
	when, ok := findDate(text)
	if !ok {
		return introduction{}, false
	}
	// The name is behind the date or before it, where the address is.
	before, who := text[:when.from], text[when.to:]
	if strings.Contains(before, "@") || !strings.Contains(who, "@") && !hasName(who) {
		before, who = "", before
	}
	in := introduction{date: trim(weekday(before) + text[when.from:when.to])}
	in.name, in.address = sender(strings.TrimRight(who, ":： "))
	in.name = nameOf(in.name)
	return in, in.name+in.address != ""
}

// weekday is the last word before a date unless it is part of the phrase.
func weekday(before string) string {
	at := strings.LastIndexByte(strings.TrimRight(before, " "), ' ') + 1
	if isPhrase(before[at:]) {
		return ""
	}
	return before[at:]
}

// nameOf strips the words around a name that are not part of it.
func nameOf(s string) string {
	fields := strings.Fields(s)
	for len(fields) > 0 && isPhrase(fields[0]) {
		fields = fields[1:]
	}
	for len(fields) > 0 && isPhrase(fields[len(fields)-1]) {
		fields = fields[:len(fields)-1]
	}
	return cleanName(strings.Join(fields, " "))
}

// hasName reports whether a part of an introducing line holds more than phrases.
func hasName(s string) bool {
	for w := range strings.FieldsSeq(s) {
		if !isPhrase(w) {
			return true
		}
	}
	return false
}

// isPhrase reports whether a word belongs to the phrase, as its verb does, also
// in forms like "napsal(a)" and "napisao/la". A lone sign does too.
func isPhrase(w string) bool {
	key := wordKey(w)
	if i := strings.IndexAny(key, "(/"); i > 0 {
		key = key[:i]
	}
	return key == "" || phrase[key] || wrote[key]
}

func wordSet(s string) map[string]bool {
	set := make(map[string]bool)
	for w := range strings.FieldsSeq(s) {
		set[wordKey(w)] = true
	}
	return set
}

func wordKey(w string) string {
	return strings.Trim(labelKey(w), `,.:;"'“”„«»…-–—|`)
}
