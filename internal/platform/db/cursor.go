package db

import (
	"encoding/base64"
	"encoding/binary"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Cursor is a place in a list that is paged by key: time and id of the last
// entry of the page before. The zero Cursor is the list's beginning.
type Cursor struct {
	At clock.Stamp
	ID ids.ID
}

// IsZero reports whether the cursor is the beginning of a list.
func (c Cursor) IsZero() bool { return c.ID.IsZero() }

// String returns the cursor for a link; "" for the beginning.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	var b [24]byte
	binary.BigEndian.PutUint64(b[:8], uint64(c.At))
	copy(b[8:], c.ID[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// ParseCursor reads a cursor from a link; what is none is a field error for
// "after".
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 24 {
		return Cursor{}, errs.Field("after", "list.cursor_invalid")
	}
	c := Cursor{At: clock.Stamp(binary.BigEndian.Uint64(b[:8]))}
	copy(c.ID[:], b[8:])
	return c, nil
}
