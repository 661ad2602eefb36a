package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// KeyPrefix begins every key, so that one that was published by mistake is
// recognised by people and scanners.
const KeyPrefix = "lotse_"

// Limits of keys.
const (
	DefaultPerMinute = 1200    // requests
	MaxPerMinute     = 600_000 // requests
	maxKeyName       = 60      // runes
	maxKeys          = 200     // of a brand that are not revoked
	maxListed        = 500
	keyTouched       = 5 * time.Minute
	hintLength       = 4
)

// Key is what a program shows to use the API in the name of a staff member. The
// secret itself is known only to whoever it was shown to.
type Key struct {
	ID        ids.ID
	BrandID   ids.ID
	StaffID   ids.ID // in whose name it acts
	Name      string // what it is for
	Hint      string // how the secret begins, after the prefix
	Scopes    []Scope
	PerMinute int // requests
	CreatedBy ids.ID
	CreatedAt clock.Stamp
	UsedAt    clock.Stamp // up to five minutes behind; zero for never
	ExpiresAt clock.Stamp // zero for never
	RevokedAt clock.Stamp // zero while it is good
}

// Good reports whether the key opens something at a moment.
func (k Key) Good(now clock.Stamp) bool {
	return k.RevokedAt.IsZero() && (k.ExpiresAt.IsZero() || k.ExpiresAt > now)
}

// Actor returns who uses the key: its staff member, as staff.Directory knows
// them, within the key's scopes.
func (k Key) Actor(member Actor) Actor {
	member.Key, member.Scopes = k.ID, k.Scopes
	return member
}

// KeyForm is what an administrator says about a new key. Fields: name, scopes,
// staff, per_minute, expires.
type KeyForm struct {
	ID        ids.ID // made with the form: a form that is sent twice makes one key; zero makes one
	Name      string // up to 60 runes
	StaffID   ids.ID // zero: the actor
	Scopes    []Scope
	PerMinute int         // 1 to MaxPerMinute; 0 is DefaultPerMinute
	ExpiresAt clock.Stamp // zero for never
}

// Keys keeps the keys of programs. A secret is 256 random bits and kept as
// SHA-256: what can't be guessed needs no slow hash at every request.
type Keys struct {
	db    *db.DB
	clock clock.Clock
}

// NewKeys returns the keys in d.
func NewKeys(d *db.DB, c clock.Clock) *Keys { return &Keys{db: d, clock: c} }

type keyRow struct {
	bun.BaseModel `bun:"table:api_keys,alias:k"`
	ID            ids.ID `bun:",pk"`
	TokenHash     []byte
	BrandID       ids.ID
	StaffID       ids.ID
	Name          string
	Hint          string
	Scopes        string
	PerMinute     int64
	CreatedBy     ids.ID
	CreatedAt     clock.Stamp
	UsedAt        clock.Stamp `bun:",nullzero"`
	ExpiresAt     clock.Stamp `bun:",nullzero"`
	RevokedAt     clock.Stamp `bun:",nullzero"`
}

func (r keyRow) key() Key {
	return Key{ID: r.ID, BrandID: r.BrandID, StaffID: r.StaffID, Name: r.Name, Hint: r.Hint, Scopes: splitScopes(r.Scopes),
		PerMinute: int(r.PerMinute), CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt, UsedAt: r.UsedAt, ExpiresAt: r.ExpiresAt, RevokedAt: r.RevokedAt}
}

// Create makes a key and returns its secret, which exists nowhere else. It needs
// ManageKeys. A program can pass on no more than its own scopes, in its own name.
func (k *Keys) Create(ctx context.Context, a Actor, f KeyForm) (Key, string, error) {
	if err := a.Require(ManageKeys); err != nil {
		return Key{}, "", err
	}
	if err := k.check(a, &f); err != nil {
		return Key{}, "", err
	}
	secret := KeyPrefix + string(ids.NewToken())
	row := keyRow{ID: f.ID, TokenHash: ids.Token(secret).Hash(), BrandID: a.BrandID, StaffID: f.StaffID, Name: f.Name,
		Hint: secret[len(KeyPrefix):][:hintLength], Scopes: joinScopes(f.Scopes), PerMinute: int64(f.PerMinute), CreatedBy: a.ID,
		CreatedAt: clock.Now(k.clock), ExpiresAt: f.ExpiresAt}
	err := k.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := mayAct(ctx, tx, a.BrandID, f.StaffID); err != nil {
			return err
		}
		if err := roomForKeys(ctx, tx, a.BrandID); err != nil {
			return err
		}
		res, err := tx.NewInsert().Model(&row).On("CONFLICT (id) DO NOTHING").Returning("NULL").Exec(ctx)
		if err != nil {
			return fmt.Errorf("making a key: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return errs.New(errs.Conflict, "access.key.made")
	})
	if err != nil {
		return Key{}, "", err
	}
	return row.key(), secret, nil
}

// check mends the form and returns all that is wrong with it.
func (k *Keys) check(a Actor, f *KeyForm) error {
	var faults []error
	if f.Name = markup.CleanLine(f.Name, 0); f.Name == "" {
		faults = append(faults, errs.Field("name", "access.key.name_missing"))
	} else if utf8.RuneCountInString(f.Name) > maxKeyName {
		faults = append(faults, errs.Field("name", "access.key.name_long", "Max", maxKeyName))
	}
	scopes, known := cleanScopes(f.Scopes)
	switch {
	case !known:
		faults = append(faults, errs.Field("scopes", "access.key.scope_unknown"))
	case len(scopes) == 0:
		faults = append(faults, errs.Field("scopes", "access.key.scope_missing"))
	case slices.ContainsFunc(scopes, func(s Scope) bool { return !a.Has(s) }):
		faults = append(faults, errs.Field("scopes", "access.key.scope_more"))
	}
	f.Scopes = scopes
	if f.PerMinute == 0 {
		f.PerMinute = DefaultPerMinute
	}
	if f.PerMinute < 1 || f.PerMinute > MaxPerMinute {
		faults = append(faults, errs.Field("per_minute", "access.key.per_minute", "Max", MaxPerMinute))
	}
	if !f.ExpiresAt.IsZero() && f.ExpiresAt <= clock.Now(k.clock) {
		faults = append(faults, errs.Field("expires", "access.key.expired"))
	}
	if f.StaffID.IsZero() {
		f.StaffID = a.ID
	}
	if !a.Key.IsZero() && f.StaffID != a.ID {
		faults = append(faults, errs.Field("staff", "access.key.staff_own"))
	}
	if f.ID.IsZero() {
		f.ID = ids.New()
	}
	return errors.Join(faults...)
}

// mayAct makes sure that a key's staff member is of the brand and active.
func mayAct(ctx context.Context, tx *db.Tx, brand, member ids.ID) error {
	there, err := tx.NewSelect().TableExpr("staff").Where("id = ? AND brand_id = ? AND active", member, brand).Exists(ctx)
	if err != nil {
		return fmt.Errorf("looking for a staff member: %w", err)
	}
	if !there {
		return errs.Field("staff", "access.key.staff_unknown")
	}
	return nil
}

func roomForKeys(ctx context.Context, tx *db.Tx, brand ids.ID) error {
	n, err := tx.NewSelect().Model((*keyRow)(nil)).Where("brand_id = ? AND revoked_at IS NULL", brand).Count(ctx)
	if err != nil {
		return fmt.Errorf("counting keys: %w", err)
	}
	if n >= maxKeys {
		return errs.Field("name", "access.key.too_many", "Max", maxKeys)
	}
	return nil
}

// List returns the brand's keys, the latest first, revoked ones too: the last
// five hundred. It needs ManageKeys.
func (k *Keys) List(ctx context.Context, a Actor) ([]Key, error) {
	if err := a.Require(ManageKeys); err != nil {
		return nil, err
	}
	var rows []keyRow
	if err := k.db.Read().NewSelect().Model(&rows).Where("brand_id = ?", a.BrandID).Order("id DESC").Limit(maxListed).Scan(ctx); err != nil {
		return nil, db.Classify(fmt.Errorf("reading keys: %w", err))
	}
	keys := make([]Key, len(rows))
	for i, r := range rows {
		keys[i] = r.key()
	}
	return keys, nil
}

// Revoke makes a key worthless, at once and on every node. Revoking again changes
// nothing. It needs ManageKeys.
func (k *Keys) Revoke(ctx context.Context, a Actor, id ids.ID) error {
	if err := a.Require(ManageKeys); err != nil {
		return err
	}
	return k.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.NewUpdate().Model((*keyRow)(nil)).Set("revoked_at = COALESCE(revoked_at, ?)", clock.Now(k.clock)).
			Where("id = ? AND brand_id = ?", id, a.BrandID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("revoking a key: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		return errs.New(errs.NotFound, "access.key.not_found")
	})
}

const findKey = `SELECT id, brand_id, staff_id, name, hint, scopes, per_minute, created_by, created_at, used_at, expires_at, revoked_at
	FROM api_keys WHERE token_hash = $1`

// Find returns the key a secret belongs to, with one query: nothing is
// remembered, so that a revoked key is worthless on every node at once. A secret
// that is none, was revoked or has run out is errs.SignedOut.
func (k *Keys) Find(ctx context.Context, secret string) (Key, error) {
	none := errs.New(errs.SignedOut, "access.key.unknown")
	if !strings.HasPrefix(secret, KeyPrefix) || len(secret) > 100 {
		return Key{}, none
	}
	var rows []keyRow
	if err := k.db.Often(ctx, &rows, findKey, ids.Token(secret).Hash()); err != nil {
		return Key{}, fmt.Errorf("finding a key: %w", err)
	}
	if len(rows) == 0 || !rows[0].key().Good(clock.Now(k.clock)) {
		return Key{}, none
	}
	return rows[0].key(), nil
}

// Used notes that a key is in use, at most once in five minutes.
func (k *Keys) Used(ctx context.Context, key Key) error {
	now := clock.Now(k.clock)
	if now < key.UsedAt.Add(keyTouched) {
		return nil
	}
	return k.db.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewUpdate().Model((*keyRow)(nil)).Set("used_at = ?", now).
			Where("id = ? AND (used_at IS NULL OR used_at < ?)", key.ID, now.Add(-keyTouched)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("noting the use of a key: %w", err)
		}
		return nil
	})
}
