package catalog

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
	"lotse/internal/platform/seal"
	"lotse/internal/platform/snapshot"
)

// Catalog keeps brands, accounts and settings.
type Catalog struct {
	db       *db.DB
	seal     *seal.Sealer
	clock    clock.Clock
	snapshot snapshot.Of[*state]

	signature func(field, text string) error // see SetSignatureCheck
}

// New returns the catalog in d. A process has one.
func New(d *db.DB, s *seal.Sealer, c clock.Clock) *Catalog {
	cat := &Catalog{db: d, seal: s, clock: c}
	cat.snapshot.Alone = !d.Postgres()
	return cat
}

// Brand is one tenant: everything belongs to exactly one.
type Brand struct {
	ID        ids.ID
	Slug      string // "main" for the first; never changes
	Name      string // as customers read it
	Host      string // host name of its pages, lower case, without port; "" for any
	Language  string // of pages and automatic answers, if nothing better is known
	CreatedAt clock.Stamp

	Color       string // of its pages, such as "#0b5563"; "" for ours
	LogoType    string // media type of its logo, "" if it has none: see Logo
	LookVersion int64  // grows with every change of colour or logo
}

type brandRow struct {
	bun.BaseModel `bun:"table:brands,alias:b"`
	ID            ids.ID `bun:",pk"`
	Slug          string
	Name          string
	Host          string
	Language      string
	CreatedAt     clock.Stamp
	Color         string
	LogoType      string
	LookVersion   int64
}

// brandColumns are the columns of a brandRow: all but the picture itself.
const brandColumns = "id, slug, name, host, language, created_at, color, logo_type, look_version"

func (r brandRow) brand() Brand {
	return Brand{ID: r.ID, Slug: r.Slug, Name: r.Name, Host: r.Host, Language: r.Language, CreatedAt: r.CreatedAt,
		Color: r.Color, LogoType: r.LogoType, LookVersion: r.LookVersion}
}

// Brands returns all brands, the oldest first. It takes no actor: see the
// package.
func (c *Catalog) Brands(ctx context.Context) ([]Brand, error) {
	s, err := c.state(ctx)
	if err != nil {
		return nil, err
	}
	return append([]Brand(nil), s.brands...), nil
}

// Brand returns one brand. It takes no actor: a brand's name is no secret.
func (c *Catalog) Brand(ctx context.Context, id ids.ID) (Brand, error) {
	s, err := c.state(ctx)
	if err != nil {
		return Brand{}, err
	}
	for _, b := range s.brands {
		if b.ID == id {
			return b, nil
		}
	}
	return Brand{}, errs.New(errs.NotFound, "catalog.brand.not_found")
}

// BrandByHost returns the brand whose pages live at host (a Host header, with or
// without port); the oldest brand if none has that name, and errs.NotFound on a
// desk without any. It takes no actor: it is how a visitor gets a brand.
func (c *Catalog) BrandByHost(ctx context.Context, host string) (Brand, error) {
	s, err := c.state(ctx)
	if err != nil {
		return Brand{}, err
	}
	host = normalHost(host)
	for _, b := range s.brands {
		if host != "" && b.Host == host {
			return b, nil
		}
	}
	if len(s.brands) == 0 {
		return Brand{}, errs.New(errs.NotFound, "catalog.brand.not_found")
	}
	return s.brands[0], nil
}

func normalHost(host string) string {
	if h, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err == nil {
			host = h
		}
	}
	return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(host)), ".")
}

// BrandForm is what an administrator says about a brand. Fields: brand_name,
// host, language.
type BrandForm struct {
	Name     string
	Host     string
	Language string
	Was      *Brand // as it was read: if it is otherwise now, nothing changes (errs.Conflict). nil: whatever it is now
}

// errChanged is of a change of something that is no longer what the change was meant for.
func errChanged() error { return errs.New(errs.Conflict, "catalog.changed") }

// Check mends the form and returns what is wrong with it.
func (f *BrandForm) Check() error {
	f.Name = markup.CleanLine(f.Name, 0)
	f.Host = normalHost(f.Host)
	var faults []error
	faults = append(faults, checkName("brand_name", f.Name), CheckLanguage(f.Language))
	if f.Host != "" && !isHost(f.Host) {
		faults = append(faults, errs.Field("host", "catalog.host.wrong"))
	}
	return errors.Join(faults...)
}

// UpdateBrand changes the actor's brand. It needs ManageCatalog.
func (c *Catalog) UpdateBrand(ctx context.Context, a access.Actor, f BrandForm) (Brand, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return Brand{}, err
	}
	if err := f.Check(); err != nil {
		return Brand{}, err
	}
	var row brandRow
	err := c.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := lock(ctx, tx); err != nil {
			return err
		}
		if err := f.unchangedTx(ctx, tx, a.BrandID); err != nil {
			return err
		}
		if err := hostIsFree(ctx, tx, a.BrandID, f.Host); err != nil {
			return err
		}
		err := tx.NewUpdate().Model(&row).Set("name = ?", f.Name).Set("host = ?", f.Host).Set("language = ?", f.Language).
			Where("id = ?", a.BrandID).Returning(brandColumns).Scan(ctx)
		return notFound(err, "changing a brand", "catalog.brand.not_found")
	})
	return row.brand(), err
}

// unchangedTx makes sure that the brand still is as the form says it was.
func (f *BrandForm) unchangedTx(ctx context.Context, tx *db.Tx, id ids.ID) error {
	if f.Was == nil {
		return nil
	}
	var row brandRow
	err := tx.NewSelect().Model(&row).ColumnExpr(brandColumns).Where("id = ?", id).Scan(ctx)
	if err := notFound(err, "reading a brand", "catalog.brand.not_found"); err != nil {
		return err
	}
	if row.brand() != *f.Was {
		return errChanged()
	}
	return nil
}

// ClaimBrandTx makes the brand with this slug, or changes it if it exists, and
// holds it locked until the transaction ends: of several that set up the desk at
// the same moment, the others wait here. Only setup calls it.
func (c *Catalog) ClaimBrandTx(ctx context.Context, tx *db.Tx, slug string, f BrandForm) (Brand, error) {
	if err := f.Check(); err != nil {
		return Brand{}, err
	}
	row := brandRow{ID: ids.New(), Slug: slug, Name: f.Name, Host: f.Host, Language: f.Language, CreatedAt: clock.Now(c.clock)}
	_, err := tx.NewInsert().Model(&row).On("CONFLICT (slug) DO UPDATE").
		Set("name = EXCLUDED.name").Set("host = EXCLUDED.host").Set("language = EXCLUDED.language").
		Returning(brandColumns).Exec(ctx)
	if err != nil {
		return Brand{}, fmt.Errorf("making a brand: %w", err)
	}
	tx.AfterCommit(c.snapshot.Changed)
	return row.brand(), nil
}

// lock lets one transaction at a time change what must be unique across rows
// (hosts, addresses with aliases). Such changes are rare.
func lock(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.ExecContext(ctx, "UPDATE brands SET slug = slug"); err != nil {
		return fmt.Errorf("locking the catalog: %w", err)
	}
	return nil
}

func hostIsFree(ctx context.Context, tx *db.Tx, brand ids.ID, host string) error {
	if host == "" {
		return nil
	}
	taken, err := tx.NewSelect().Model((*brandRow)(nil)).Where("host = ? AND id <> ?", host, brand).Exists(ctx)
	if err != nil {
		return fmt.Errorf("looking for a host name: %w", err)
	}
	if taken {
		return &errs.Error{Kind: errs.Conflict, Field: "host", Key: "catalog.host.taken"}
	}
	return nil
}

func notFound(err error, doing, key string) error {
	if err == nil {
		return nil
	}
	err = db.Classify(fmt.Errorf("%s: %w", doing, err))
	if errs.Is(err, errs.NotFound) {
		return errs.New(errs.NotFound, key)
	}
	return err
}

// CheckLanguage returns a field error for "language" unless it is one Lotse
// speaks.
func CheckLanguage(language string) error {
	for _, l := range i18n.Locales() {
		if string(l) == language {
			return nil
		}
	}
	return errs.Field("language", "catalog.language.unknown")
}
