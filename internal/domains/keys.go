package domains

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// KeyState is where a key stands; see the package's drawing.
type KeyState uint8

// The states of a key.
const (
	Prepared KeyState = 1 // waits for its record
	Active   KeyState = 2 // signs
	Retiring KeyState = 3 // signs nothing, its record has to stay
	Gone     KeyState = 4 // its private part is erased, its record can go
)

const (
	// KeepRecord is how long the record of a key stays after its last signature: as
	// long as mail may be on its way (RFC 5321 §4.5.4.1), and some more.
	KeepRecord = 7 * 24 * time.Hour
	// OldKey is the age at which a new key is advised.
	OldKey = 365 * 24 * time.Hour
)

// Key is one key without its private part.
type Key struct {
	Selector  string
	Algorithm Algorithm
	State     KeyState
	CreatedAt clock.Stamp
	ActiveAt  clock.Stamp // since when it signs; zero if it never did
	RetiredAt clock.Stamp // since when it does not any more
	GoneAt    clock.Stamp

	public []byte
}

// Record is the value of the TXT record that holds the key.
func (k Key) Record() string { return record(k.Algorithm, k.public) }

// RecordName is the name of that record.
func (k Key) RecordName(domain string) string { return k.Selector + "._domainkey." + domain }

// RecordUntil is until when the record of a retiring key has to stay.
func (k Key) RecordUntil() clock.Stamp { return k.RetiredAt.Add(KeepRecord) }

// Old reports whether a key has been in use for so long that a new one is advised.
func (k Key) Old(now clock.Stamp) bool {
	return k.State == Active && !k.ActiveAt.IsZero() && now > k.ActiveAt.Add(OldKey)
}

// Prepare makes the next keys of a domain, RSA and Ed25519. They sign nothing
// before their records were seen. It fails with errs.Conflict while earlier ones
// wait. It needs ManageCatalog.
func (d *Domains) Prepare(ctx context.Context, a access.Actor, name string) (Domain, error) {
	found, err := d.Get(ctx, a, name)
	if err != nil {
		return Domain{}, err
	}
	if found.Waits() {
		return Domain{}, errWaits
	}
	made, err := d.make(d.freeSelector(ctx, found))
	if err != nil {
		return Domain{}, err
	}
	err = d.write(ctx, func(ctx context.Context, tx *db.Tx) error { return d.prepareTx(ctx, tx, found.Name, made) })
	if err != nil {
		return Domain{}, err
	}
	return d.Get(ctx, a, found.Name)
}

var errWaits = errs.New(errs.Conflict, "domain.key.waits")

// make makes a key of each algorithm.
func (d *Domains) make(selector string) ([]keyRow, error) {
	var made []keyRow
	now := clock.Now(d.Clock)
	for _, algorithm := range []Algorithm{RSA, Ed25519} {
		name := selector
		if algorithm == Ed25519 {
			name += "-ed"
		}
		private, public, err := d.newKey(algorithm)
		if err != nil {
			return nil, err
		}
		id := ids.New()
		made = append(made, keyRow{ID: id, Selector: name, Algorithm: algorithm, Private: d.Seal.SealBytes(id, private), Public: public,
			State: Prepared, CreatedAt: now})
	}
	return made, nil
}

func (d *Domains) prepareTx(ctx context.Context, tx *db.Tx, name string, made []keyRow) error {
	row, err := d.rowTx(ctx, tx, name)
	if err != nil {
		return err
	}
	have, err := keysTx(ctx, tx, row.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(have, func(k keyRow) bool { return k.State == Prepared }) {
		return errWaits
	}
	for i := range made {
		made[i].DomainID = row.ID
	}
	if _, err := tx.NewInsert().Model(&made).Returning("NULL").Exec(ctx); err != nil {
		return fmt.Errorf("adding signing keys: %w", err)
	}
	return d.dueTx(ctx, tx, row.ID, clock.Now(d.Clock).Add(recheckSoon))
}

// maxSelectors bounds how many selectors are asked for in the DNS.
const maxSelectors = 20

// freeSelector is the first of lotse-2026a, lotse-2026b … that was never used: by
// this desk, or by another one that writes from the same domain. Where nothing can
// be looked up, others have used none.
func (d *Domains) freeSelector(ctx context.Context, found Domain) string {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	year := d.Clock.Now().Year()
	for n := 0; ; n++ {
		selector := nthSelector(year, n)
		if _, used := found.Key(selector); used {
			continue
		}
		if d.Resolver == nil || n >= maxSelectors {
			return selector
		}
		if records, err := d.Resolver.LookupTXT(ctx, rooted(Key{Selector: selector}.RecordName(found.Name))); err != nil || len(records) == 0 {
			return selector
		}
	}
}

// nthSelector is lotse-2026a for 0 and lotse-2026a1 for 26.
func nthSelector(year, n int) string {
	s := fmt.Sprintf("lotse-%d%c", year, 'a'+n%26)
	if n >= 26 {
		s += strconv.Itoa(n / 26)
	}
	return s
}

// Activate lets a prepared key sign from now on, also if its record was not seen:
// an administrator says that it is there. The key of the same algorithm that signed
// so far retires. It fails with errs.Conflict for a key that is not prepared. It
// needs ManageCatalog.
func (d *Domains) Activate(ctx context.Context, a access.Actor, name, selector string) (Domain, error) {
	return d.change(ctx, a, name, selector, func(ctx context.Context, tx *db.Tx, keys []keyRow, at int) error {
		if keys[at].State != Prepared {
			return errs.New(errs.Conflict, "domain.key.not_prepared")
		}
		return d.activateTx(ctx, tx, keys, at)
	})
}

// Drop takes a key out of use: one that is prepared is gone, one that signs retires,
// and mail goes without it. It fails with errs.Conflict for all others. It needs
// ManageCatalog.
func (d *Domains) Drop(ctx context.Context, a access.Actor, name, selector string) (Domain, error) {
	return d.change(ctx, a, name, selector, func(ctx context.Context, tx *db.Tx, keys []keyRow, at int) error {
		switch keys[at].State {
		case Prepared:
			return d.endTx(ctx, tx, keys[at])
		case Active:
			return d.retireTx(ctx, tx, keys[at])
		}
		return errs.New(errs.Conflict, "domain.key.not_in_use")
	})
}

// change alters one key of a domain of the actor's brand while no other can change.
func (d *Domains) change(ctx context.Context, a access.Actor, name, selector string, alter func(ctx context.Context, tx *db.Tx, keys []keyRow, at int) error) (Domain, error) {
	found, err := d.Get(ctx, a, name)
	if err != nil {
		return Domain{}, err
	}
	err = d.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		row, err := d.rowTx(ctx, tx, found.Name)
		if err != nil {
			return err
		}
		keys, err := keysTx(ctx, tx, row.ID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(keys, func(k keyRow) bool { return k.Selector == strings.ToLower(selector) })
		if at < 0 {
			return errs.New(errs.NotFound, "domain.key.not_found")
		}
		return alter(ctx, tx, keys, at)
	})
	if err != nil {
		return Domain{}, err
	}
	return d.Get(ctx, a, found.Name)
}

// activateTx lets a key sign, and retires what it replaces.
func (d *Domains) activateTx(ctx context.Context, tx *db.Tx, keys []keyRow, at int) error {
	for _, k := range keys {
		if k.State == Active && k.Algorithm == keys[at].Algorithm {
			if err := d.retireTx(ctx, tx, k); err != nil {
				return err
			}
		}
	}
	keys[at].State, keys[at].ActiveAt = Active, clock.Now(d.Clock)
	return saveTx(ctx, tx, keys[at])
}

func (d *Domains) retireTx(ctx context.Context, tx *db.Tx, k keyRow) error {
	k.State, k.RetiredAt = Retiring, clock.Now(d.Clock)
	return saveTx(ctx, tx, k)
}

// endTx erases the private part.
func (d *Domains) endTx(ctx context.Context, tx *db.Tx, k keyRow) error {
	k.State, k.GoneAt, k.Private = Gone, clock.Now(d.Clock), []byte{}
	return saveTx(ctx, tx, k)
}

func saveTx(ctx context.Context, tx *db.Tx, k keyRow) error {
	if _, err := tx.NewUpdate().Model(&k).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("changing signing key %s: %w", k.Selector, err)
	}
	return nil
}
