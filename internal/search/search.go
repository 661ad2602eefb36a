// Package search finds what is public: it holds one index of all released
// threads and answers "which of them may help this reader?" in milliseconds,
// with German compounds, umlauts, typing mistakes and half-typed words.
//
// The index is derived. It lies in a folder of its own beside the database and
// is fed from a Source, which tells what changed since a Mark; so it can be
// thrown away at any time, and is: when it is damaged or was made by other
// rules, Open makes it anew and the next catch-up fills it. Nothing is kept in
// it that could not be shown to anybody, and not even that in clear: only words
// cut to their stems, pieces of words, and ids.
//
// How text becomes findable is in words.go, how a question becomes a query in
// query.go, how the index follows the database in follow.go. Bleve does the
// rest: it stores, counts and ranks (BM25).
//
// Put, Remove and Find may be called from anywhere at the same time. Who shows
// a hit reads the thread from the database first: the index may be a moment
// behind.
package search

import (
	"time"

	"lotse/internal/platform/ids"
)

// Doc is one public thread as the index sees it. ID names it; putting it again
// replaces it. All text is plain text that was released for everybody.
type Doc struct {
	ID, Brand ids.ID
	Language  string // "de" or "en"; others are indexed without stemming
	Title     string
	Question  string
	Answers   string    // the official answers
	Posts     string    // what others wrote
	Answered  bool      // there is a substantive official answer
	At        time.Time // of two equal hits the later one comes first
}

// Query is what somebody looks for. Text is hostile: of it the first 200
// characters and 12 words are used, and no sign in it has a meaning.
type Query struct {
	Brand    ids.ID // mandatory
	Text     string
	Language string // of the reader; threads in it come first
	Partial  bool   // the reader is still typing: the last word may be half a word
	Limit    int    // 1 to 50; 0 means 10
}

// Hit is a thread that was found. Scores compare hits of one query only.
type Hit struct {
	ID    ids.ID
	Score float64
}

const (
	defaultLimit = 10
	maxLimit     = 50
)
