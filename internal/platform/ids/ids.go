// Package ids makes the identifiers of Lotse: UUIDv7 inside, short numbers and
// random tokens outside.
package ids

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/schema"
)

// ID is a UUIDv7 (RFC 9562 §5.7): unique without coordination and ordered by
// the time it was made, so that inserts touch the end of an index. It is stored
// as 16 bytes on SQLite and as uuid on PostgreSQL. The zero ID means "none" and
// is stored as NULL in columns tagged nullzero.
type ID [16]byte

// New returns a fresh ID.
func New() ID {
	id, err := uuid.NewV7()
	if err != nil {
		panic("no randomness: " + err.Error()) // crypto/rand never fails on a supported system
	}
	return ID(id)
}

// Random returns an ID that tells nothing, not even when it was made (a UUIDv4,
// RFC 9562 §5.4): for blobs.
func Random() ID { return ID(uuid.New()) }

// Parse reads the 36-character form.
func Parse(s string) (ID, error) {
	id, err := uuid.Parse(s)
	if err != nil {
		return ID{}, fmt.Errorf("reading id: %w", err)
	}
	return ID(id), nil
}

// String returns the 36-character form, or "" for the zero ID.
func (id ID) String() string {
	if id.IsZero() {
		return ""
	}
	return uuid.UUID(id).String()
}

// IsZero reports whether the ID is none.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText writes the 36-character form.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads the 36-character form; empty text is the zero ID.
func (id *ID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*id = ID{}
		return nil
	}
	parsed, err := Parse(string(b))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// AppendQuery writes the ID as a literal of the database at hand.
func (id ID) AppendQuery(gen schema.QueryGen, b []byte) ([]byte, error) {
	if id.IsZero() {
		return append(b, "NULL"...), nil
	}
	if gen.Dialect().Name() == dialect.PG {
		b = append(b, '\'')
		b = append(b, id.String()...)
		return append(b, "'::uuid"...), nil
	}
	b = append(b, "X'"...)
	b = hex.AppendEncode(b, id[:])
	return append(b, '\''), nil
}

// Value gives database/sql the 36-character form. Queries built with bun use
// AppendQuery instead.
func (id ID) Value() (driver.Value, error) {
	if id.IsZero() {
		return nil, nil
	}
	return id.String(), nil
}

// Scan reads 16 bytes, the 36-character form, or NULL.
func (id *ID) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*id = ID{}
		return nil
	case []byte:
		if len(v) == 16 {
			copy(id[:], v)
			return nil
		}
		return id.UnmarshalText(bytes.Clone(v))
	case string:
		return id.UnmarshalText([]byte(v))
	case [16]byte:
		*id = v
		return nil
	}
	return errors.New("an id is stored as bytes or text")
}

// Token is a secret of 256 random bits for links and keys. It is shown once and
// stored only as its Hash.
type Token string

// NewToken returns a fresh token: 43 characters, safe in URLs.
func NewToken() Token {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails on a supported system
	return Token(base64.RawURLEncoding.EncodeToString(b[:]))
}

// Hash returns the SHA-256 of the token, which is what is stored and looked up.
// No slow hash is needed: 256 random bits can't be guessed.
func (t Token) Hash() []byte {
	h := sha256.Sum256([]byte(t))
	return h[:]
}

// randomBelow returns an unbiased random number in [0, n) for n ≤ 256.
func randomBelow(n int) int {
	limit := 256 - 256%n
	var b [1]byte
	for {
		_, _ = rand.Read(b[:])
		if int(b[0]) < limit {
			return int(b[0]) % n
		}
	}
}
