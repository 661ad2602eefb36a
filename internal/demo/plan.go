package demo

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"lotse/internal/calendar"
	"lotse/internal/desk"
)

// Size says how much of the world is built.
type Size uint8

// The sizes.
const (
	Full  Size = 0 // three hundred cases over ninety days
	Small Size = 1 // a dozen, for tests that want a desk with something on it
)

// How much the full world holds.
const (
	Cases     = 300
	Customers = 40
	Threads   = 60
	Days      = 90
)

const seed = 1921 // the founding year of the Stadtwerke

// story is what happens to one customer's concern.
type story struct {
	outline outline
	who     customer
	web     bool // asked on the page, else by mail
	steps   []step
}

// step is one thing that happens, with everything chosen.
type step struct {
	at    time.Time
	do    action
	by    string // name of staff; "" is the customer, or who was asked aside
	title string // subject of a mail, title of what becomes public
	text  string
	to    string // team, name of staff, or address of a partner
	next  desk.State
	file  string // name of a file that comes along
}

// planner makes the same stories for the same day.
type planner struct {
	rng    *rand.Rand
	hours  *calendar.Hours
	now    time.Time
	people []customer
	told   map[string]int // stories by customer's address
	thanks int
	shown  int // threads
}

// plan returns the stories of a world that ends now.
func plan(now time.Time, size Size) ([]*story, error) {
	hours, err := calendar.Compile(calendar.Default(state))
	if err != nil {
		return nil, err
	}
	p := &planner{rng: rand.New(rand.NewPCG(seed, 0)), hours: hours, now: now, people: customers(), told: map[string]int{}}
	stories, err := p.fixed("signature.txt")
	if err != nil || size == Small {
		return stories, err
	}
	for _, file := range []string{"special.txt", "werbung.txt"} {
		more, err := p.fixed(file)
		if err != nil {
			return nil, err
		}
		stories = append(stories, more...)
	}
	missing := Cases
	for _, s := range stories {
		missing -= s.cases()
		p.shown += s.threads()
	}
	more, err := p.any(missing)
	return append(stories, more...), err
}

// cases returns how many cases the story opens.
func (s *story) cases() int {
	n := 0
	for i, st := range s.steps {
		if st.do == again || (st.do == write && i == 0) {
			n++
		}
	}
	return n
}

// threads returns how many public pages the story leaves.
func (s *story) threads() int {
	n := 0
	for _, st := range s.steps {
		switch st.do {
		case tell, release:
			n++
		case takeBack:
			n--
		}
	}
	return n
}

// fixed tells every story of a file once, on its day.
func (p *planner) fixed(file string) ([]*story, error) {
	all, err := outlines(file)
	if err != nil {
		return nil, err
	}
	stories := make([]*story, 0, len(all))
	for _, o := range all {
		s, err := p.tell(o, 0, p.ago(o), true)
		if err != nil {
			return nil, err
		}
		stories = append(stories, s)
	}
	return stories, nil
}

// ago returns when a story with an age begins. Where staff do something, its
// days are working days: on a Monday morning nobody has answered since Saturday.
func (p *planner) ago(o outline) time.Time {
	start := p.now.Add(-time.Duration(o.age * float64(day)))
	if !slices.ContainsFunc(o.turns, turn.byStaff) || o.from != "" {
		return start
	}
	want := time.Duration(o.age * 7 / 10 * 9 * float64(time.Hour))
	for p.hours.Between(start, p.now) < want {
		start = start.Add(-time.Hour)
	}
	return start
}

// telling is an outline in one of its wordings.
type telling struct {
	outline outline
	wording int
}

// any tells n stories from the other files, each wording as seldom as possible.
func (p *planner) any(n int) ([]*story, error) {
	rounds, err := p.rounds()
	if err != nil {
		return nil, err
	}
	starts := make([]time.Time, n)
	for i := range starts {
		back := (float64(i) + p.rng.Float64()) * float64(Days) / float64(n)
		starts[i] = p.now.Add(-time.Duration(back * float64(day)))
	}
	p.rng.Shuffle(n, func(i, j int) { starts[i], starts[j] = starts[j], starts[i] })
	used := map[string]int{}
	var stories []*story
	for _, t := range rounds {
		if len(starts) == 0 {
			break
		}
		o := t.outline
		if o.uses > 0 && used[o.key] == o.uses {
			continue
		}
		i := slices.IndexFunc(starts, o.in)
		if o.publicFor(t.wording) > 0 && p.shown < Threads && used[fmt.Sprint(o.key, t.wording)] == 0 {
			i = slices.IndexFunc(starts, func(at time.Time) bool { return o.in(at) && p.now.Sub(at) > 30*day })
		}
		if i < 0 {
			continue
		}
		s, err := p.tell(o, t.wording, starts[i], used[fmt.Sprint(o.key, t.wording)] == 0)
		if err != nil {
			return nil, err
		}
		starts = slices.Delete(starts, i, i+1)
		used[o.key]++
		used[fmt.Sprint(o.key, t.wording)]++
		p.shown += s.threads()
		stories = append(stories, s)
	}
	if len(starts) > 0 {
		return nil, fmt.Errorf("%d stories are missing", len(starts))
	}
	return stories, nil
}

// rounds returns every wording of every story three times, mixed within each
// time.
func (p *planner) rounds() ([]telling, error) {
	var once []telling
	for _, file := range []string{"netz", "internet", "rechnung", "vertrag", "zaehler", "haus", "service", "firmen", "english"} {
		all, err := outlines(file + ".txt")
		if err != nil {
			return nil, err
		}
		for _, o := range all {
			for i := range o.wordings() {
				once = append(once, telling{o, i})
			}
		}
	}
	var rounds []telling
	for range 3 {
		p.rng.Shuffle(len(once), func(i, j int) { once[i], once[j] = once[j], once[i] })
		rounds = append(rounds, once...)
	}
	return rounds, nil
}

// unseen are those who have published nothing yet, or never confirmed their
// address.
var unseen = map[string]bool{"tarek.haddad": true, "uwe.brinkmann": true, "dieter.mahnke": true, "nicole.herzberg": true}

// pick finds somebody to tell the story of, those with few stories first. Who is
// called like a word of the story is left out: the word would be masked as their
// name. What becomes public is not by those whose first question still waits:
// nobody would have to look at it.
func (p *planner) pick(o outline, wording int, public bool) (customer, error) {
	if o.from != "" {
		name, email, _ := strings.Cut(strings.TrimSuffix(o.from, ">"), " <")
		return customer{name: name, email: email, district: "altstadt", style: bare}, nil
	}
	by := strings.Split(o.by, "|")
	named := strings.Split(by[wording%len(by)], ",")
	var fits []customer
	for _, c := range p.people {
		email, _, _ := strings.Cut(c.email, "@")
		right := c.who == o.who || (o.who == "" && c.who == "old")
		if slices.Contains(named, email) || (o.by == "" && right && !o.says(lastName(c.name)) && !(public && unseen[email])) {
			fits = append(fits, c)
		}
	}
	if len(fits) == 0 {
		return customer{}, fmt.Errorf("nobody to tell %s of", o.key)
	}
	p.rng.Shuffle(len(fits), func(i, j int) { fits[i], fits[j] = fits[j], fits[i] })
	who := slices.MinFunc(fits, func(a, b customer) int { return cmp.Compare(p.told[a.email], p.told[b.email]) })
	p.told[who.email] += 1 + p.rng.IntN(3) // some write more often than others
	return who, nil
}

func (o outline) says(name string) bool {
	for _, t := range o.turns {
		if strings.Contains(strings.Join(t.texts, " ")+strings.Join(t.titles, " "), name) {
			return true
		}
	}
	return false
}
