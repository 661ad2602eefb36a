package fold

import (
	"strings"
	"time"

	"lotse/internal/platform/markup"
)

// Forward is a message that was passed on inside another one.
type Forward struct {
	Name, Address string    // who wrote it, as printed there; one of the two may be empty
	At            time.Time // when, in the zone printed there, else UTC; zero if unreadable
	DateText      string    // the same as printed there
	Subject       string
	From          int // byte offset in the text where the forward begins, with its marker
	Body          int // the same of what it says, behind its header lines
}

const (
	maxNameRunes    = 200
	maxSubjectRunes = 500
	maxDateRunes    = 200
	maxStartRow     = 20000 // rows of a text looked at for the beginning of a forward
)

// Forwarded finds the message that a mail passes on, by the mail's subject and
// text. The first sign of an earlier message decides: a marker that says so is
// a forward; header lines or "On … Ann wrote:" alone are one if the subject
// says so, or if the writer put nothing above and the subject is no reply's.
func Forwarded(subject, text string) (Forward, bool) {
	s := newScan(subject, text)
	for i, row := range s.rows[:min(len(s.rows), maxStartRow)] {
		if row.bare == "" || isBar(row.bare) {
			continue
		}
		e, ok := s.at(i)
		if !ok {
			s.own = true
			continue
		}
		f := finish(e.Forward)
		if !s.counts(e) || f.Name+f.Address == "" {
			return Forward{}, false
		}
		return f, true
	}
	return Forward{}, false
}

// earlier is the first earlier message of a text.
type earlier struct {
	Forward
	says  marking
	words bool // introduced in words, not by header lines
}

// scan is one reading of a text.
type scan struct {
	*letter
	subject string
	intent  intent
	own     bool // the writer put words above
}

func newScan(subject, text string) *scan {
	s := &scan{letter: newLetter(text, nil), subject: subject, intent: intentOf(subject)}
	s.findIntros()
	if s.intent == toEither {
		s.intent = toForward
		if finnic.MatchString(text[:min(len(text), maxFinnic)]) {
			s.intent = toReply
		}
	}
	return s
}

// at reads the earlier message that begins at a line, with its marker if it
// has one.
func (s *scan) at(i int) (earlier, bool) {
	if m := readMarker(s.lines[i]); m.says != unmarked {
		if e, ok := s.behind(i, m); ok {
			return e, true
		}
	}
	if b, n := headerBlock(s.lines[i:]); n > 0 && b.fields > 2 && b.date != "" {
		return s.fromBlock(b, s.barAbove(i), i+n), true
	}
	return s.fromWords(i, s.barAbove(i))
}

// behind reads the message behind the marker at a line.
func (s *scan) behind(i int, m markerLine) (earlier, bool) {
	guess := m.drawn && m.says != markedOff
	if m.rest != "" {
		rest := append([]string{m.rest}, s.lines[i+1:min(i+maxBlock, len(s.lines))]...)
		b, n := readBlock(rest, guess)
		return s.fromBlock(b, i, i+n).marked(m), n > 0
	}
	j := s.skipBlank(i + 1)
	if j >= len(s.lines) || j > i+markerReach {
		return earlier{}, false
	}
	if b, n := readBlock(s.lines[j:], guess); n > 0 {
		return s.fromBlock(b, i, j+n).marked(m), true
	}
	e, ok := s.fromWords(j, i)
	return e.marked(m), ok && m.says != markedOff
}

func (e earlier) marked(m markerLine) earlier {
	e.says = m.says
	return e
}

// barAbove returns the row of a bar drawn right above row i, else i.
func (s *scan) barAbove(i int) int {
	j := i - 1
	for j > 0 && s.blank(j) && i-j < markerReach {
		j--
	}
	if j >= 0 && isBar(s.rows[j].bare) {
		return j
	}
	return i
}

// fromBlock makes a message of header lines; it begins at row first, its body
// behind the header lines at row next.
func (s *scan) fromBlock(b block, first, next int) earlier {
	f := Forward{DateText: b.date, Subject: b.subject, From: s.rows[first].from, Body: s.bodyAt(next)}
	f.Name, f.Address = sender(b.from)
	return earlier{Forward: f}
}

// fromWords makes a message of an introducing line at row i; it begins at row
// first, its subject is the mail's. Some programs print header lines besides.
func (s *scan) fromWords(i, first int) (earlier, bool) {
	end := s.intro[i]
	if end == 0 {
		return earlier{}, false
	}
	if next := s.skipBlank(end); next < len(s.rows) && s.rows[next].depth == s.rows[i].depth {
		if b, n := headerBlock(s.lines[next:]); n > 0 {
			return s.fromBlock(b, first, next+n), true
		}
	}
	var text []string
	for _, row := range s.rows[i:end] {
		text = append(text, row.bare)
	}
	in, ok := readIntroduction(strings.Join(text, " "))
	return earlier{words: true, Forward: Forward{
		Name: in.name, Address: in.address, DateText: in.date, Subject: withoutForward(s.subject),
		From: s.rows[first].from, Body: s.bodyAt(end),
	}}, ok
}

// bodyAt is the offset of the first row that says something, from row i on.
func (s *scan) bodyAt(i int) int {
	if i = s.skipBlank(i); i < len(s.rows) {
		return s.rows[i].from
	}
	return len(s.text)
}

// counts reports whether an earlier message is a forward.
func (s *scan) counts(e earlier) bool {
	switch {
	case s.intent == toForward:
		return true
	case e.says == markedForward: // a reply quotes what was forwarded earlier
		return s.intent != toReply || !strings.HasPrefix(trim(s.text[e.From:]), ">")
	case e.says == markedOff:
		return s.intent != toReply
	case s.own || s.intent == toReply || e.words && e.Address == "":
		return false
	}
	return s.marksAll(e)
}

// marksAll reports whether all text behind an earlier message's introduction is
// the message's, as far as quote marks tell. Without header lines there must be
// marks, or an indent, or an answer below could not be told from it.
func (s *scan) marksAll(e earlier) bool {
	body := s.text[e.Body:]
	marks := body[:len(body)-len(strings.TrimLeft(body, "> \t"))]
	switch {
	case strings.HasPrefix(marks, ">"):
		marks = ">"
	case e.words && marks != "":
		marks = marks[:1]
	case e.words:
		return false
	default:
		return true
	}
	for line := range strings.Lines(body) {
		if !strings.HasPrefix(line, marks) && !blank(line) {
			return false
		}
	}
	return true
}

// finish cleans what is handed out and reads the date.
func finish(f Forward) Forward {
	f.At, _ = parseDate(f.DateText)
	f.Name = markup.CleanLine(f.Name, maxNameRunes)
	f.Address = markup.CleanLine(f.Address, 0)
	f.DateText = markup.CleanLine(f.DateText, maxDateRunes)
	f.Subject = markup.CleanLine(f.Subject, maxSubjectRunes)
	return f
}
