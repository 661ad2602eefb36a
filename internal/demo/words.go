package demo

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"lotse/internal/calendar"
)

// words fills in what differs from person to person and from day to day. What
// was chosen once stays the same for the whole story.
type words struct {
	rng    *rand.Rand
	hours  *calendar.Hours
	who    customer
	other  customer // whose street stands for another one
	picked map[string]string
}

var (
	slot   = regexp.MustCompile(`\{([a-z]+\d?)([+-]\d+)?\}`)
	choice = regexp.MustCompile(`\[([^\[\]|]+(?:\|[^\[\]|]+)+)\]`)
)

// fill returns a text as it is written at a moment.
func (w *words) fill(text string, at time.Time) string {
	text = choice.ReplaceAllStringFunc(text, func(all string) string {
		if w.picked[all] == "" {
			ways := strings.Split(all[1:len(all)-1], "|")
			w.picked[all] = ways[w.rng.IntN(len(ways))]
		}
		return w.picked[all]
	})
	return slot.ReplaceAllStringFunc(text, func(all string) string {
		m := slot.FindStringSubmatch(all)
		if m[2] != "" {
			var days int
			_, _ = fmt.Sscan(m[2], &days) // the pattern leaves nothing else
			return w.date(m[1], at, days)
		}
		switch m[1] {
		case "hour":
			return fmt.Sprint(at.In(w.hours.Zone()).Hour())
		case "year":
			return w.once("year", func() string { return fmt.Sprint(1996 + w.rng.IntN(12)) })
		case "lastyear":
			return fmt.Sprint(at.Year() - 1)
		case "wd":
			return w.picked["wd"]
		}
		return w.once(m[1], func() string { return w.value(m[1]) })
	})
}

func (w *words) once(name string, make func() string) string {
	if w.picked[name] == "" {
		w.picked[name] = make()
	}
	return w.picked[name]
}

func (w *words) value(name string) string {
	n := func(least, most int) int { return least + w.rng.IntN(most-least+1) }
	switch name {
	case "street":
		return w.who.street
	case "no":
		return w.who.no
	case "street2":
		return w.other.street
	case "no2":
		return fmt.Sprint(n(2, 60))
	case "district":
		return regionNames[w.who.district]
	case "customer":
		return w.who.number
	case "contract":
		return "V-" + strings.ReplaceAll(w.who.number, " ", "") + fmt.Sprintf("-%d", n(1, 4))
	case "meter":
		return fmt.Sprintf("1LIN%04d%06d", n(11, 64), n(100_000, 999_999))
	case "kwh", "kwh2":
		return thousands(n(3_200, 86_900), w.who.who)
	case "euro":
		return amount(n(18_000, 64_000), w.who.who)
	case "euro2":
		return amount(n(2_400, 15_900), w.who.who)
	case "abschlag":
		return fmt.Sprint(n(84, 148))
	case "abschlag2":
		return fmt.Sprint(n(42, 79))
	case "phone":
		return w.who.phone
	case "phone2":
		return fmt.Sprintf("030 23125%d", n(500, 540))
	case "iban":
		return []string{"DE89 3704 0044 0532 0130 00", "DE02 1203 0000 0000 2020 51"}[w.rng.IntN(2)] // published examples
	case "age":
		return fmt.Sprint(n(71, 84))
	case "count":
		return fmt.Sprint(n(6, 24))
	case "floor":
		return []string{"Erdgeschoss links", "1. Obergeschoss rechts", "2. Obergeschoss links", "Dachgeschoss"}[w.rng.IntN(4)]
	case "rival":
		return []string{"Kabelfix", "Nordnetz Direkt"}[w.rng.IntN(2)]
	case "staff":
		return "Frau Krüger"
	case "last":
		return lastName(w.who.name)
	case "domain":
		_, domain, _ := strings.Cut(w.who.email, "@")
		return domain
	}
	return "{" + name + "}" // a test finds it
}

// date returns a day as it is written: a weekday or a date. Days to come are
// working days, and the last weekday announced is kept.
func (w *words) date(form string, at time.Time, days int) string {
	t := at.In(w.hours.Zone())
	if days < 0 || form == "date" {
		t = t.AddDate(0, 0, days)
	}
	switch {
	case form == "wd" && days > 0:
		for range days {
			t = t.AddDate(0, 0, 1)
			for !w.works(t) {
				t = t.AddDate(0, 0, 1)
			}
		}
	case form == "date" && days > 0:
		for !w.works(t) {
			t = t.AddDate(0, 0, 1)
		}
	}
	if form == "date" {
		if w.who.who == "en" {
			return t.Format("2 January")
		}
		return fmt.Sprintf("%d. %s", t.Day(), months[t.Month()-1])
	}
	name := weekdays[t.Weekday()]
	if w.who.who == "en" {
		name = t.Weekday().String()
	}
	if days > 0 {
		w.picked["wd"] = name
	}
	return name
}

// works reports whether the desk works on a day.
func (w *words) works(t time.Time) bool {
	noon := time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, t.Location())
	return w.hours.Open(noon)
}

var (
	months   = []string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
	weekdays = []string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"}
)

func thousands(n int, who string) string {
	point := "."
	if who == "en" {
		point = ","
	}
	return fmt.Sprintf("%d%s%03d", n/1000, point, n%1000)
}

func amount(cents int, who string) string {
	comma := ","
	if who == "en" {
		comma = "."
	}
	return fmt.Sprintf("%d%s%02d", cents/100, comma, cents%100)
}

func firstName(name string) string {
	first, _, _ := strings.Cut(name, " ")
	return first
}

func lastName(name string) string { return name[strings.LastIndexByte(name, ' ')+1:] }

// letter is a customer's first letter: what they say between their way to
// begin and their way to end.
func (c customer) letter(text string) string {
	if c.style.hello == "" || c.who == "en" {
		text = upper(text)
	}
	return join(c.style.hello, text, c.sign(c.style.bye))
}

// later is a letter in a conversation that goes on.
func (c customer) later(text string) string { return join(upper(text), c.sign(c.style.short)) }

func (c customer) sign(as string) string {
	first := firstName(c.name)
	if c.title == "" {
		first = c.name
	}
	return strings.NewReplacer("%s", c.name, "%f", first).Replace(as)
}

// answer is what staff write to the customer.
func (c customer) answer(text string, by string) string {
	name := c.title
	if name == "" {
		name = c.name
	}
	hello := "Guten Tag " + name + ","
	switch {
	case c.who == "en":
		hello, text = "Dear "+name+",", upper(text)
	case firstName(by) == "Mia" || firstName(by) == "David":
		hello = "Hallo " + name + ","
	case firstName(by) == "Petra" && c.title != "":
		hello = map[bool]string{true: "Sehr geehrter ", false: "Sehr geehrte "}[strings.HasPrefix(name, "Herr ")] + name + ","
	}
	return join(hello, text)
}

func join(parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n\n")
}

func upper(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:]
}

// thankYous are what people write when all is well.
var thankYous = []string{
	"Vielen Dank, damit ist alles geklärt.", "Danke! Das ging schneller als gedacht.", "Prima, herzlichen Dank für Ihre Mühe.",
	"Danke für die klare Antwort.", "Super, vielen Dank und ein schönes Wochenende, wann immer es kommt.", "Jetzt verstehe ich es. Danke.",
	"Das hat mir sehr geholfen.", "Alles klar, danke für die Info.", "Besten Dank, ich bin beruhigt.", "Danke, dann ist das für mich erledigt.",
	"So macht das Spaß. Vielen Dank!", "Herzlichen Dank auch an Ihren Kollegen.", "Ich danke Ihnen, genau das wollte ich wissen.",
	"Vielen Dank für die schnelle Rückmeldung!", "Perfekt, danke.", "Danke sehr. Das hätte ich nicht erwartet.", "Wunderbar, dann warte ich ab.",
	"Danke, das ist mehr als fair.", "Ganz herzlichen Dank, auch von meiner Familie.", "Danke für die Geduld mit meinen Fragen.",
	"Alles bestens, danke.", "Das ist eine gute Lösung. Danke.", "Vielen Dank, ich melde mich, falls noch etwas ist.", "Danke, ich habe es notiert.",
}
