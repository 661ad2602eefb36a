package demo

import (
	"embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

//go:embed stories/*.txt
var storyFiles embed.FS

// outline is a story before it has a person, a street and a day. It is written
// down in stories/*.txt:
//
//	=== key
//	team Netz/Jonas     who works on it in the end; a name is optional
//	topic speed         and product, as in catalogue.go
//	who org             org, en or old; without it anybody who writes German
//	by heike.lorenz     exactly this customer; a,b is one of two, a|b goes by the wording
//	age 4.6             exactly this many days ago
//	months 10-4         only told in these months
//	uses 2              told at most so often
//	--- mail Subject    what happens, in order; see actions
//	first wording
//	~~~ Other subject
//	second wording
//
// A wording is chosen for the whole story: the second way to ask is followed by
// the second answer. [this|that] is chosen by chance, {street} is filled in.
type outline struct {
	key, topic, product, who, by, from string
	team, colleague                    string
	age                                float64 // days; 0 is any
	months                             [2]time.Month
	uses                               int
	turns                              []turn
}

// turn is one thing that happens, with all its wordings.
type turn struct {
	do     action
	maybe  bool // left out by chance
	only   int  // belongs to this wording, from 1; 0 to all
	arg    string
	delay  time.Duration // 0: by chance
	titles []string      // by wording, of mail and public
	texts  []string      // by wording
}

type action string

const (
	write       action = "mail"        // the customer writes
	again       action = "again"       // the customer writes a new mail about it
	thanks      action = "thanks"      // the customer says thank you
	take        action = "take"        // staff take the case
	note        action = "note"        // staff leave an internal note
	give        action = "give"        // staff hand it over; the text is the reason
	giveTeam    action = "giveteam"    // to the team, where nobody takes it
	answer      action = "answer"      // staff answer; the argument is the state afterwards
	done        action = "done"        // the customer confirms, or staff close; the argument says which
	reveal      action = "public"      // the customer makes it public
	unconfirmed action = "unconfirmed" // the same from an address nobody confirmed
	release     action = "release"     // staff release the question
	refuse      action = "refuse"      // staff do not release it; the argument is the reason
	tell        action = "official"    // staff release what waits and answer in public
	takeBack    action = "takeback"    // the customer takes it back
	contest     action = "contest"     // the customer says that it is not solved
	erase       action = "erase"       // the customer asks for erasure
	merge       action = "merge"       // staff merge the new mail into the case
	trash       action = "trash"       // staff throw it away
	aside       action = "aside"       // staff ask a partner; the argument is the address, then the subject
	told        action = "told"        // that partner answers
)

var header = regexp.MustCompile(`^([a-z]+)(\??)(?:@(\d))?(?: (.*))?$`)
var delayWord = regexp.MustCompile(`(?:^| )\+(\d+)([mhd])(?:$| )`)

// outlines reads a file of stories.
func outlines(name string) ([]outline, error) {
	text, err := storyFiles.ReadFile("stories/" + name)
	if err != nil {
		return nil, fmt.Errorf("reading stories: %w", err)
	}
	var all []outline
	for _, part := range strings.Split("\n"+string(text), "\n=== ")[1:] {
		o, err := parseOutline(part)
		if err != nil {
			return nil, fmt.Errorf("story %s in %s: %w", o.key, name, err)
		}
		all = append(all, o)
	}
	return all, nil
}

func parseOutline(part string) (outline, error) {
	pieces := strings.Split(part, "\n--- ")
	var o outline
	for i, line := range strings.Split(strings.TrimSpace(pieces[0]), "\n") {
		if i == 0 {
			o.key = line
			continue
		}
		if err := o.set(line); err != nil {
			return o, err
		}
	}
	for _, piece := range pieces[1:] {
		t, err := parseTurn(piece)
		if err != nil {
			return o, err
		}
		o.turns = append(o.turns, t)
	}
	return o, nil
}

func (o *outline) set(line string) (err error) {
	key, value, _ := strings.Cut(line, " ")
	switch key {
	case "topic":
		o.topic = value
	case "product":
		o.product = value
	case "who":
		o.who = value
	case "by":
		o.by = value
	case "from":
		o.from = value
	case "team":
		o.team, o.colleague, _ = strings.Cut(value, "/")
	case "age":
		o.age, err = strconv.ParseFloat(value, 64)
	case "uses":
		o.uses, err = strconv.Atoi(value)
	case "months":
		_, err = fmt.Sscanf(value, "%d-%d", &o.months[0], &o.months[1])
	default:
		err = fmt.Errorf("nobody knows %q", key)
	}
	return err
}

func parseTurn(piece string) (turn, error) {
	first, text, _ := strings.Cut(piece, "\n")
	m := header.FindStringSubmatch(strings.TrimSpace(first))
	if m == nil {
		return turn{}, fmt.Errorf("not a turn: %q", first)
	}
	t := turn{do: action(m[1]), maybe: m[2] != "", arg: m[4]}
	t.only, _ = strconv.Atoi(m[3]) // "" is 0
	if d := delayWord.FindStringSubmatch(t.arg); d != nil {
		n, _ := strconv.Atoi(d[1])
		t.delay = time.Duration(n) * map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": day}[d[2]]
		t.arg = strings.TrimSpace(strings.Replace(t.arg, d[0], " ", 1))
	}
	for i, wording := range strings.Split("\n"+text, "\n~~~") {
		title := t.arg
		if i > 0 {
			title, wording, _ = strings.Cut(wording, "\n")
			title = strings.TrimSpace(title)
		}
		t.titles = append(t.titles, title)
		t.texts = append(t.texts, strings.TrimSpace(wording))
	}
	return t, nil
}

const day = 24 * time.Hour

// wordings returns in how many ways the story begins.
func (o outline) wordings() int { return len(o.turns[0].texts) }

// in reports whether the story is told at that time of the year.
func (o outline) in(at time.Time) bool {
	first, last, m := o.months[0], o.months[1], at.Month()
	switch {
	case first == 0:
		return true
	case first <= last:
		return first <= m && m <= last
	}
	return m >= first || m <= last
}

// publicFor returns the place of what becomes public in the wording, 0 if none
// does.
func (o outline) publicFor(wording int) int {
	nth := 0
	for i, t := range o.turns {
		if t.do != reveal {
			continue
		}
		if nth++; t.only == wording+1 || (t.only == 0 && nth == wording+1) {
			return i
		}
	}
	return 0
}
