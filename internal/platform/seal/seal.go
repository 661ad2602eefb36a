// Package seal stands between Lotse and every stored word of a customer.
//
// Columns and blobs that can hold a customer's words or data (bodies, subjects,
// names, addresses, envelopes, rendered mail) are written with Seal and read
// with Open, together with the id of whom they belong to. Today the bytes pass
// through unchanged; a later version encrypts with a key per owner, and this
// package is then the only one that changes.
//
// What is sealed can't be searched, so Lookup gives a keyed hash to find an
// address or a message id again. Sign makes and checks short signatures, for
// example of the token in a reply address.
package seal

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// Sealer seals, looks up and signs with the keys of one desk.
type Sealer struct {
	lookupKey []byte
	signKey   []byte
}

type keyRow struct {
	bun.BaseModel `bun:"table:signing_keys"`
	Purpose       string `bun:",pk"`
	Secret        []byte
	CreatedAt     clock.Stamp
}

// Load reads the desk's keys from the database and makes them at the first
// start. They live in the database so that a backup can't lose them and every
// node has the same.
func Load(ctx context.Context, d *db.DB, c clock.Clock) (*Sealer, error) {
	s := &Sealer{}
	err := d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for purpose, key := range map[string]*[]byte{"lookup": &s.lookupKey, "sign": &s.signKey} {
			fresh := make([]byte, 32)
			_, _ = rand.Read(fresh) // never fails on a supported system
			row := keyRow{Purpose: purpose, Secret: fresh, CreatedAt: clock.Now(c)}
			if _, err := tx.NewInsert().Model(&row).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
				return fmt.Errorf("making the %s key: %w", purpose, err)
			}
			if err := tx.NewSelect().Model(&row).WherePK().Scan(ctx); err != nil {
				return fmt.Errorf("reading the %s key: %w", purpose, err)
			}
			*key = row.Secret
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Seal returns the stored form of plain, which belongs to owner.
func (s *Sealer) Seal(owner ids.ID, plain string) []byte { return []byte(plain) }

// Open returns what Seal was given.
func (s *Sealer) Open(owner ids.ID, sealed []byte) string { return string(sealed) }

// SealBytes is Seal for blobs and envelopes. It may return plain itself.
func (s *Sealer) SealBytes(owner ids.ID, plain []byte) []byte { return plain }

// OpenBytes returns what SealBytes was given. It may return sealed itself.
func (s *Sealer) OpenBytes(owner ids.ID, sealed []byte) []byte { return sealed }

// Lookup returns 16 bytes by which a value can be found again without being
// stored. kind keeps equal values of different kinds apart.
func (s *Sealer) Lookup(kind, value string) []byte {
	return mac(s.lookupKey, kind, value)[:16]
}

// Sign returns a signature of value for a purpose: 20 letters and digits in
// lower case (100 bits), which survive being typed, lower-cased or upper-cased.
func (s *Sealer) Sign(purpose, value string) string {
	text := base32.StdEncoding.EncodeToString(mac(s.signKey, purpose, value))
	return strings.ToLower(text[:20])
}

// Verify reports whether signature is Sign's for value, in constant time.
func (s *Sealer) Verify(purpose, value, signature string) bool {
	return hmac.Equal([]byte(s.Sign(purpose, value)), []byte(strings.ToLower(signature)))
}

func mac(key []byte, kind, value string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(kind))
	m.Write([]byte{0})
	m.Write([]byte(value))
	return m.Sum(nil)
}
