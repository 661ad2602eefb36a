package templates

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
)

// The fields of a text, as findings and errors name them.
const (
	SubjectField = "subject"
	TextField    = "text"
)

// Finding is something about a text that somebody should look at.
type Finding struct {
	Field string // SubjectField, TextField or "" for the text as a whole
	Key   string // of the message catalogue
	Args  []any  // its variables and their values, in turn
	// Wrong says that the text must not be kept so; else it is a hint.
	Wrong bool
}

// Say puts the finding into words.
func (f Finding) Say(p *i18n.Printer) string { return p.T(f.Key, f.Args...) }

// Check returns what is wrong with a text, as errors of the fields subject and
// text: the first of each.
func (s Spec) Check(t Text) error {
	var faults []error
	seen := map[string]bool{}
	for _, f := range s.inspect(t) {
		if f.Wrong && !seen[f.Field] {
			seen[f.Field] = true
			faults = append(faults, errs.Field(f.Field, f.Key, f.Args...))
		}
	}
	return errors.Join(faults...)
}

// CheckText is Check for a text of the key that is kept elsewhere, such as the
// signature of a mailbox: errors are of the field. An empty one is right.
func CheckText(field string, key Key, text string) error {
	s, _ := SpecOf(key)
	s.Subject, s.MayBeEmpty = false, true
	var e *errs.Error
	if errors.As(s.Check(Text{Text: text}), &e) {
		wrong := *e
		wrong.Field = field
		return &wrong
	}
	return nil
}

// inspect finds what a text alone shows to be wrong.
func (s Spec) inspect(t Text) []Finding {
	var found []Finding
	if s.Subject {
		found = append(found, s.inspectSubject(t.Subject)...)
	}
	return append(found, s.inspectText(t.Text)...)
}

func (s Spec) inspectSubject(subject string) []Finding {
	spans, faults := parseSubject(subject)
	found := named(SubjectField, faults)
	switch {
	case len(spans) == 0:
		return append(found, wrong(SubjectField, "template.fault.no_subject"))
	case utf8.RuneCountInString(subject) > maxSubject:
		return append(found, wrong(SubjectField, "template.fault.long_subject", "Max", maxSubject))
	}
	for _, v := range variablesOf(spans) {
		found = append(found, s.inspectVariable(SubjectField, v, 1)...)
		if kind := variables[v]; kind.link || kind.lines {
			found = append(found, wrong(SubjectField, "template.fault.not_in_subject", "Name", v.Sign()))
		}
	}
	return found
}

func (s Spec) inspectText(text string) []Finding {
	if len(text) > maxText {
		return []Finding{wrong(TextField, "template.fault.long_text", "Max", maxText)}
	}
	p := parse(text)
	if len(p.blocks) == 0 {
		if s.MayBeEmpty {
			return nil
		}
		return []Finding{wrong(TextField, "template.fault.no_text")}
	}
	found := named(TextField, p.faults)
	var used []Variable
	for number, line := range strings.Split(text, "\n") { // parsed alone, a line tells its number
		r := reader{rest: line}
		for _, v := range variablesOf(r.read()) {
			found, used = append(found, s.inspectVariable(TextField, v, number+1)...), append(used, v)
		}
	}
	for _, v := range s.Needed {
		if !slices.Contains(used, v) {
			found = append(found, wrong(TextField, "template.fault.needed", "Name", v.Sign()))
		}
	}
	return found
}

func (s Spec) inspectVariable(field string, v Variable, line int) []Finding {
	if s.Knows(v) {
		return nil
	}
	if _, known := variables[v]; known {
		return []Finding{wrong(field, "template.fault.not_here", "Name", v.Sign(), "Line", line)}
	}
	if near := s.nearest(v); near != "" {
		return []Finding{wrong(field, "template.fault.unknown_near", "Name", v.Sign(), "Line", line, "Near", near.Sign())}
	}
	return []Finding{wrong(field, "template.fault.unknown", "Name", v.Sign(), "Line", line)}
}

// nearest returns the variable that somebody who wrote v may have meant, or "".
func (s Spec) nearest(v Variable) Variable {
	best, least := Variable(""), 4
	for _, known := range s.Variables {
		if d := distance(string(v), string(known)); d < least {
			best, least = known, d
		}
	}
	return best
}

// distance is how many letters must be added, removed or changed to come from a
// to b (Levenshtein). Names of variables are short.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// variablesOf returns the variables of a line, those of links too.
func variablesOf(spans []span) []Variable {
	var found []Variable
	for _, s := range spans {
		if s.variable != "" {
			found = append(found, s.variable)
		}
		found = append(found, variablesOf(s.target)...)
		found = append(found, variablesOf(s.label)...)
	}
	return found
}

var faultKeys = map[faultKind]string{
	openVariable: "template.fault.open_variable", noVariable: "template.fault.no_variable",
	openStrong: "template.fault.open_strong", noAddress: "template.fault.no_address",
}

func named(field string, faults []fault) []Finding {
	var found []Finding
	for _, f := range faults {
		found = append(found, wrong(field, faultKeys[f.kind], "Line", f.line, "Text", f.text))
	}
	return found
}

func wrong(field, key string, args ...any) Finding {
	return Finding{Field: field, Key: key, Args: args, Wrong: true}
}
