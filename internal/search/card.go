package search

import (
	"encoding/binary"
	"time"
)

// card is what is kept with a document to weigh it when it was found.
type card struct {
	language string
	answered bool
	at       int64 // microseconds
}

func cardOf(d Doc) card { return card{d.Language, d.Answered, micros(d.At)} }

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// encode writes the card as nine bytes and the language.
func (c card) encode() []byte {
	b := make([]byte, 9, 9+len(c.language))
	if c.answered {
		b[0] = 1
	}
	binary.BigEndian.PutUint64(b[1:], uint64(c.at))
	return append(b, c.language...)
}

func decodeCard(s string) card {
	if len(s) < 9 {
		return card{}
	}
	return card{language: s[9:], answered: s[0] == 1, at: int64(binary.BigEndian.Uint64([]byte(s[1:9])))}
}
