package demo

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"lotse/internal/desk"
)

// telling one story: who does what when.
type teller struct {
	*planner
	s       *story
	w       *words
	wording int
	at      time.Time
	staff   string // who works on it
	team    string
}

// tell makes a story of an outline. What would happen after now does not happen
// yet. With public, its question may become public.
func (p *planner) tell(o outline, wording int, start time.Time, public bool) (*story, error) {
	shows := -1
	if public && (o.age > 0 || p.shown < Threads) {
		shows = o.publicFor(wording)
	}
	who, err := p.pick(o, wording, shows > 0)
	if err != nil {
		return nil, err
	}
	if o.age == 0 {
		start = p.begins(who, start)
	}
	other := p.people[p.rng.IntN(len(p.people))]
	t := &teller{planner: p, s: &story{outline: o, who: who}, wording: wording, at: start, team: teamService,
		w: &words{rng: p.rng, hours: p.hours, who: who, other: other, picked: map[string]string{}}}
	t.staff = t.someone(teamService, o)
	t.s.web = o.age == 0 && p.rng.IntN(5) == 0
	for i, turn := range o.turns {
		if turn.do == reveal && i != shows || turn.do == tell && i != shows+1 {
			continue
		}
		if turn.maybe && p.rng.IntN(5) < 2 || turn.only > 0 && turn.only != wording+1 && turn.do != reveal {
			continue
		}
		if turn.do == take && turn.arg == "" && p.rng.IntN(2) == 0 && o.followedBy(i, answer) {
			continue // whoever answers takes it
		}
		if !t.turn(i, turn) {
			break
		}
	}
	if shows > 0 && o.age == 0 && !t.s.answered() { // its answer would come after now
		t.s.steps = slices.DeleteFunc(t.s.steps, func(st step) bool { return st.do == reveal })
	}
	return t.s, nil
}

func (s *story) answered() bool {
	return slices.ContainsFunc(s.steps, func(st step) bool { return st.do == tell })
}

// someone of a team works on it.
func (t *teller) someone(team string, o outline) string {
	var fits []string
	for _, c := range Colleagues() {
		if c.Team == team {
			fits = append(fits, c.Name)
		}
		if o.colleague != "" && team == o.team && strings.HasPrefix(c.Name, o.colleague) {
			return c.Name
		}
	}
	return fits[t.rng.IntN(len(fits))]
}

// turn adds a step; false means that the story has come to now.
func (t *teller) turn(i int, u turn) bool {
	own := u.byStaff()
	next := t.at
	switch {
	case i == 0:
	case own || u.do == told:
		next = t.working(u.delay)
	default:
		next = t.spare(u)
	}
	if u.do == done {
		return t.finish(u)
	}
	if next.After(t.now) {
		return false
	}
	t.at = next
	st := step{at: next, do: u.do, title: t.w.fill(pickOf(u.titles, t.wording), next), text: t.w.fill(pickOf(u.texts, t.wording), next)}
	if own {
		st.by = t.staff
	}
	t.shape(&st, i, u)
	t.s.steps = append(t.s.steps, st)
	return true
}

func pickOf(wordings []string, n int) string { return wordings[n%len(wordings)] }

// byStaff reports whether the turn is for the desk to do.
func (u turn) byStaff() bool {
	switch u.do {
	case take, note, give, giveTeam, answer, release, refuse, tell, merge, trash, aside:
		return true
	}
	return false
}

// shape finishes what differs by kind.
func (t *teller) shape(st *step, i int, u turn) {
	who := t.s.who
	switch u.do {
	case write, again:
		if i == 0 || u.do == again {
			st.text = who.letter(st.text)
			if t.s.outline.from != "" {
				st.text = t.w.fill(pickOf(u.texts, t.wording), st.at)
			}
		} else {
			st.title, st.text = "", who.later(st.text)
		}
		st.file = fileFor(st.text)
	case thanks:
		st.do, st.title = write, ""
		st.text = who.later(thankYous[t.thanks%len(thankYous)])
		t.thanks++
	case give, giveTeam:
		st.text, st.title = st.title, ""
		t.team = t.s.outline.team
		st.to = t.team
		t.staff = t.someone(t.team, t.s.outline)
		if u.do == give && !t.s.outline.followedBy(i, take) {
			st.to = t.staff
		}
	case take:
		if u.arg != "" {
			t.staff = t.named(u.arg)
			st.by = t.staff
		}
	case answer:
		st.next = desk.Answered
		if next, ok := desk.ParseState(u.arg); ok {
			st.next = next
		}
		st.text = who.answer(st.text, t.staff)
	case refuse:
		st.to = u.arg
	case aside:
		st.to, st.title, _ = strings.Cut(st.title, " ")
	}
}

// followedBy reports what the next turn is.
func (o outline) followedBy(i int, do action) bool {
	return i+1 < len(o.turns) && o.turns[i+1].do == do
}

func (t *teller) named(first string) string {
	for _, c := range Colleagues() {
		if strings.HasPrefix(c.Name, first+" ") {
			return c.Name
		}
	}
	return t.staff
}

// finish ends a story: two in five customers confirm, else staff close it after
// a while.
func (t *teller) finish(u turn) bool {
	st := step{do: done, next: desk.Closed, by: t.staff}
	said := t.s.steps[len(t.s.steps)-1].do == write && len(t.s.steps) > 1 // the customer's last word is thanks
	if u.arg == "solved" || said {
		st.next = desk.Solved
	} else if t.rng.IntN(5) < 2 {
		st.next, st.by = desk.Solved, ""
	}
	switch {
	case said:
		st.at = t.working(0)
	case st.by == "":
		st.at = t.spare(turn{delay: time.Duration(6+t.rng.IntN(60)) * time.Hour})
	case u.delay > 0:
		st.at = t.working(u.delay)
	default:
		st.at = t.working(time.Duration(3+t.rng.IntN(5)) * day)
	}
	if st.at.After(t.now) {
		return false
	}
	t.at = st.at
	t.s.steps = append(t.s.steps, st)
	return true
}

// working is when staff get to it: after a while of working time. A day is nine
// hours.
func (t *teller) working(delay time.Duration) time.Time {
	if delay == 0 {
		delay = time.Duration(8+t.rng.IntN(140)) * time.Minute
	}
	if delay >= day {
		delay = delay / day * 9 * time.Hour
	}
	delay += time.Duration(t.rng.IntN(900)) * time.Second
	at, ok := t.hours.Add(t.at, delay)
	if !ok {
		return t.now.Add(day)
	}
	return at
}

// spare is when the customer gets to it.
func (t *teller) spare(u turn) time.Time {
	delay := u.delay
	if delay == 0 {
		delay = time.Duration(90+t.rng.IntN(26*60)) * time.Minute
	}
	delay += time.Duration(t.rng.IntN(1800)) * time.Second
	if u.delay > 0 && t.s.outline.age > 0 { // on its day, be it night
		return t.at.Add(u.delay)
	}
	return t.awake(t.s.who, t.at.Add(delay))
}

// awake moves a moment to when the customer writes: people between half past six
// and eleven, companies on working days from seven to six.
func (p *planner) awake(who customer, at time.Time) time.Time {
	from, to := 6*60+30, 23*60
	if who.who == "org" {
		from, to = 7*60, 18*60
	}
	for {
		local := at.In(p.hours.Zone())
		minute := local.Hour()*60 + local.Minute()
		sunday := who.who == "org" && local.Weekday() == time.Sunday
		if minute >= from && minute < to && !sunday {
			return at
		}
		at = at.Add(time.Duration(20+p.rng.IntN(50)) * time.Minute)
	}
}

// begins is when somebody writes a first letter: then or some time before.
func (p *planner) begins(who customer, at time.Time) time.Time {
	for awake := p.awake(who, at); ; awake = p.awake(who, at) {
		if !awake.After(p.now) {
			return awake
		}
		at = at.Add(-time.Hour)
	}
}

// fileFor is what comes along with a letter that says so.
func fileFor(text string) string {
	switch {
	case strings.Contains(text, "anbei das Foto"), strings.Contains(text, "Foto hängt an"), strings.Contains(text, "mit Foto"):
		return "Zaehler.png"
	case strings.Contains(text, "as Protokoll"), strings.Contains(text, "sein Protokoll"):
		return "Messprotokoll.txt"
	case enclosed.MatchString(text):
		return "Unterlagen.pdf"
	}
	return ""
}

var enclosed = regexp.MustCompile(`h(ä|a)ng(t|en) an\b|lieg(t|en) bei\b|füge ich (als Kopie )?bei|im Anhang|hier das Datenblatt`)
