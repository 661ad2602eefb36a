package demo

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// someDays are days on which somebody may look at the demo: each weekday, night
// and day, before and after holidays, in each season.
func someDays() []time.Time {
	var days []time.Time
	for i := range 14 {
		days = append(days, time.Date(2026, 11, 16+i%7, 3+i*17%24, 20, 0, 0, time.UTC))
	}
	for _, s := range []string{"2026-12-27T09:00:00Z", "2027-01-02T11:00:00Z", "2027-03-29T08:00:00Z", "2027-07-14T13:30:00Z", "2027-08-30T22:15:00Z", "2028-02-29T06:00:00Z"} {
		t, _ := time.Parse(time.RFC3339, s)
		days = append(days, t)
	}
	return days
}

// TestPlanHoldsWhatItPromises: whatever the day, the numbers are right and every
// action is there.
func TestPlanHoldsWhatItPromises(t *testing.T) {
	for _, now := range someDays() {
		stories, err := plan(now, Full)
		if err != nil {
			t.Errorf("%s: %v", now, err)
			continue
		}
		cases, threads, web, english := 0, 0, 0, 0
		who, seen := map[string]bool{}, map[action]int{}
		for _, s := range stories {
			cases, threads = cases+s.cases(), threads+s.threads()
			if s.outline.from == "" {
				who[s.who.email] = true
			}
			if s.web {
				web++
			}
			if s.language() == "en" {
				english++
			}
			if len(s.steps) == 0 {
				t.Errorf("%s: the story %s has not begun", now, s.outline.key)
			}
			for i, st := range s.steps {
				seen[st.do]++
				if st.at.After(now) || now.Sub(st.at) > (Days+1)*day {
					t.Errorf("%s: %s happens at %s", now, s.outline.key, st.at)
				}
				if i > 0 && st.at.Before(s.steps[i-1].at) {
					t.Errorf("%s: %s goes back in time", now, s.outline.key)
				}
			}
		}
		if cases != Cases || threads != Threads || len(who) != Customers || web < 30 || english < 20 {
			t.Errorf("%s: %d cases, %d threads, %d customers, %d on the page, %d in English", now, cases, threads, len(who), web, english)
		}
		for _, do := range []action{write, again, take, note, give, giveTeam, answer, done, reveal, unconfirmed, release, refuse, tell, takeBack, contest, erase, merge, trash, aside, told} {
			if seen[do] == 0 {
				t.Errorf("%s: nothing is done by %q", now, do)
			}
		}
	}
}

// TestTwoPlansOfADayAreOne: the same world in every test.
func TestTwoPlansOfADayAreOne(t *testing.T) {
	now := someDays()[3]
	a, err := plan(now, Full)
	if err != nil {
		t.Fatal(err)
	}
	b, err := plan(now, Full)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a {
		if len(a[i].steps) != len(b[i].steps) || a[i].who != b[i].who {
			t.Fatalf("story %d is another", i)
		}
		for j := range a[i].steps {
			if a[i].steps[j] != b[i].steps[j] {
				t.Fatalf("step %d of story %d is another:\n%+v\n%+v", j, i, a[i].steps[j], b[i].steps[j])
			}
		}
	}
}

var (
	left     = regexp.MustCompile(`\{[^}]*\}|\[[^\]]*\|[^\]]*\]|(?i)lorem|todo|xxx|~~~|^---`)
	doubled  = regexp.MustCompile(`  |\.\.|,,| ,| \.(\s|$)`)
	sentence = regexp.MustCompile(`(?s)^.*?[.?!](\s|$)`)
)

// TestTextsReadLikeLetters: no placeholder is left, nobody begins like two
// others, and German has its umlauts.
func TestTextsReadLikeLetters(t *testing.T) {
	stories, err := plan(someDays()[0], Full)
	if err != nil {
		t.Fatal(err)
	}
	opening, german := map[string]int{}, strings.Builder{}
	for _, s := range stories {
		for i, st := range s.steps {
			for _, text := range []string{st.title, st.text} {
				if found := left.FindString(text); found != "" {
					t.Errorf("%s: %q is left in %q", s.outline.key, found, text)
				}
				if found := doubled.FindString(strings.ReplaceAll(text, "...", "")); found != "" {
					t.Errorf("%s: %q stands in %q", s.outline.key, found, text)
				}
			}
			if s.language() == "de" {
				german.WriteString(st.text)
			}
			if i == 0 {
				opening[sentence.FindString(strings.TrimPrefix(st.text, s.who.style.hello+"\n\n"))]++
			}
		}
	}
	for text, n := range opening {
		if n > 3 {
			t.Errorf("%d letters begin with %q", n, text)
		}
	}
	umlauts := 0
	for _, r := range german.String() {
		if strings.ContainsRune("äöüÄÖÜß", r) {
			umlauts++
		}
	}
	if all := utf8.RuneCountInString(german.String()); umlauts*100 < all || all < 80_000 {
		t.Errorf("%d umlauts in %d signs of German", umlauts, all)
	}
}

// TestNumbersBelongToNobody: addresses end in .example, telephone numbers are of
// the ranges that are kept free, account numbers are published examples.
func TestNumbersBelongToNobody(t *testing.T) {
	free := regexp.MustCompile(`^(030 23125\d{3}|0171 39200\d\d|0176 040690\d\d|0152 (28817386|28895456|54599371))$`)
	for _, p := range partners() {
		if !strings.HasSuffix(p.email, ".example") {
			t.Errorf("%s has %s", p.name, p.email)
		}
	}
	for _, c := range customers() {
		if !strings.HasSuffix(c.email, ".example") || !free.MatchString(c.phone) {
			t.Errorf("%s has %s and %s", c.name, c.email, c.phone)
		}
		if !regexp.MustCompile(`(straße|gasse|allee)$`).MatchString(c.street) {
			t.Errorf("nobody lives in der %s", c.street)
		}
		if _, ok := regionNames[c.district]; !ok {
			t.Errorf("%s lives in %q", c.name, c.district)
		}
	}
	stories, err := plan(someDays()[0], Full)
	if err != nil {
		t.Fatal(err)
	}
	number := regexp.MustCompile(`\b0\d{2,3} \d{6,8}\b`)
	iban := regexp.MustCompile(`\bDE\d{2}[ \d]{18,}`)
	address := regexp.MustCompile(`[\w.-]+@[\w.-]*\w|https?://[\w.]*\w`)
	for _, s := range stories {
		for _, st := range s.steps {
			for _, found := range number.FindAllString(st.text, -1) {
				if !free.MatchString(found) {
					t.Errorf("%s names the number %s", s.outline.key, found)
				}
			}
			for _, found := range iban.FindAllString(st.text, -1) {
				if !strings.HasPrefix(found, "DE89 3704 0044 0532 0130 00") && !strings.HasPrefix(found, "DE02 1203 0000 0000 2020 51") {
					t.Errorf("%s names the account %s", s.outline.key, found)
				}
			}
			for _, found := range address.FindAllString(st.text, -1) {
				if !strings.HasSuffix(found, ".example") {
					t.Errorf("%s names the address %s", s.outline.key, found)
				}
			}
		}
	}
}

// TestPublicTextsFit: titles and questions keep the bounds of what becomes public,
// and no title comes twice.
func TestPublicTextsFit(t *testing.T) {
	stories, err := plan(someDays()[0], Full)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range stories {
		for _, st := range s.steps {
			if st.do != reveal {
				continue
			}
			if n := utf8.RuneCountInString(st.title); n < 10 || n > 140 || seen[st.title] {
				t.Errorf("%s: the title %q", s.outline.key, st.title)
			}
			seen[st.title] = true
		}
	}
}
