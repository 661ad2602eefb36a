package desk

import (
	"encoding/json"
	"reflect"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// Findings are what reading a message found besides its text, and how it got to
// where it is. Trust, Forwarded and Report are the intake's (package intake reads
// them); the desk only keeps them.
type Findings struct {
	Trust     json.RawMessage `json:"trust,omitempty"`
	Warnings  []string        `json:"warnings,omitempty"` // catalogue keys
	Forwarded json.RawMessage `json:"forwarded,omitempty"`
	Report    json.RawMessage `json:"report,omitempty"`
	Key       string          `json:"key,omitempty"`      // the channel's id of the message that decided on its case
	By        string          `json:"by,omitempty"`       // name of the colleague who passed it on
	Moved     []Move          `json:"moved,omitempty"`    // where it was before, first to last
	Enclosed  []Enclosed      `json:"enclosed,omitempty"` // files of the case that went along with a letter of a side conversation
	// Of an entry that marks the place of a message that was moved away:
	Message ids.ID `json:"message,omitzero"` // the message
	To      string `json:"to,omitempty"`     // number of the case it was moved to
}

// Move is one time a message was moved to another case by hand.
type Move struct {
	From   ids.ID      `json:"from"`   // case
	Number string      `json:"number"` // of that case
	Place  int64       `json:"place"`  // its number in that case's timeline
	Joined Joined      `json:"joined"` // why it was there
	Key    string      `json:"key,omitempty"`
	By     access.Kind `json:"by"`
	Staff  ids.ID      `json:"staff,omitzero"`
	Name   string      `json:"name,omitempty"` // of who moved it
	At     clock.Stamp `json:"at"`
}

// Visible is what the writer of a message says: its text without what is folded.
// A message in which everything is folded is visible as a whole.
func (m Message) Visible() string {
	if text := markup.Visible(m.Body, m.Folds); text != "" {
		return text
	}
	return m.Body
}

// Because says in words why a message is in its case: a text of the catalogue and
// what fills it in.
func (m Message) Because() (key string, args []any) {
	if n := len(m.Found.Moved); n > 0 && (m.Joined == ByHand || m.Joined == ByMerge) {
		last := m.Found.Moved[n-1]
		return "case.joined.moved", []any{"Name", last.Name, "Number", last.Number}
	}
	name := m.AuthorName
	if m.Joined == ByForward {
		name = m.Found.By
	}
	return "case.joined." + m.Joined.String(), []any{"Name", name}
}

func (f Findings) isZero() bool { return reflect.ValueOf(f).IsZero() }

// pack returns findings as they are sealed, nil for none. What can't be written is
// none: it came out of JSON.
func (f Findings) pack() []byte {
	if f.isZero() {
		return nil
	}
	b, err := json.Marshal(f)
	if err != nil {
		return nil
	}
	return b
}

// unpackFindings reads what pack wrote. A message is shown without findings that
// can't be read rather than not at all.
func unpackFindings(b []byte) (f Findings) {
	if len(b) > 0 && json.Unmarshal(b, &f) != nil {
		return Findings{}
	}
	return f
}

func packFolds(folds []markup.Fold) []byte {
	if len(folds) == 0 {
		return nil
	}
	b, err := json.Marshal(folds)
	if err != nil {
		return nil
	}
	return b
}

func unpackFolds(b []byte) (folds []markup.Fold) {
	if len(b) > 0 && json.Unmarshal(b, &folds) != nil {
		return nil
	}
	return folds
}
