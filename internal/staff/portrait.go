package staff

import (
	"context"
	"fmt"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// PortraitPrefix is the path under which portraits are served.
const PortraitPrefix = "/portraits/"

// PortraitPath is the address of the person's picture, "" if there is none. It is
// another one with each change, so it may be kept for long.
func (s Staff) PortraitPath() string {
	if s.PortraitKey.IsZero() {
		return ""
	}
	return PortraitPrefix + s.PortraitKey.String()
}

// Portrait is a picture of somebody who works here, as it is served.
type Portrait struct {
	Picture []byte
	Type    string // media type
	Public  bool   // shown to everybody
}

// SetPortrait gives a person of the actor's brand a picture: PNG, JPEG or WebP up
// to MaxPortraitBytes. What is kept is its middle, PortraitSide pixels square,
// without what the file told besides, such as where it was taken. Everybody may
// set their own; that of colleagues needs ManageStaff, and is not public until
// they say so. Field: portrait.
func (d *Directory) SetPortrait(ctx context.Context, a access.Actor, id ids.ID, picture []byte) error {
	if !isSelf(a, id) {
		if err := a.Require(access.ManageStaff); err != nil {
			return err
		}
	}
	drawn, kind, err := d.drawPortrait(picture)
	if err != nil {
		return err
	}
	return d.changePortrait(ctx, a, id, "portrait = ?, portrait_type = ?, portrait_key = ?, portrait_public = (portrait_public AND ?)",
		drawn, kind, ids.Random(), isSelf(a, id))
}

// RemovePortrait takes a person's picture away. Everybody may remove their own;
// that of colleagues needs ManageStaff.
func (d *Directory) RemovePortrait(ctx context.Context, a access.Actor, id ids.ID) error {
	if !isSelf(a, id) {
		if err := a.Require(access.ManageStaff); err != nil {
			return err
		}
	}
	return d.changePortrait(ctx, a, id, "portrait = NULL, portrait_type = '', portrait_key = NULL")
}

// ShowPortrait says whether the actor's own picture stands beside public answers
// too. Nobody decides that for somebody else.
func (d *Directory) ShowPortrait(ctx context.Context, a access.Actor, id ids.ID, public bool) error {
	if err := a.Require(access.ReadStaff); err != nil {
		return err
	}
	if !isSelf(a, id) {
		return errs.New(errs.Forbidden, "access.forbidden")
	}
	// Another key: who knew the old address does not see the picture any more.
	return d.changePortrait(ctx, a, id, "portrait_public = ?, portrait_key = CASE WHEN portrait IS NULL THEN NULL ELSE ? END", public, ids.Random())
}

func (d *Directory) changePortrait(ctx context.Context, a access.Actor, id ids.ID, set string, args ...any) error {
	return d.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.NewUpdate().Model((*staffRow)(nil)).Set(set, args...).Where("id = ? AND brand_id = ?", id, a.BrandID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("changing a portrait: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return errUnknown()
	})
}

// Portrait returns the picture with a key, the last part of its address. One that
// is public everybody may see, others need ReadStaff in the same brand.
func (d *Directory) Portrait(ctx context.Context, a access.Actor, key ids.ID) (Portrait, error) {
	var rows []struct {
		BrandID        ids.ID
		Portrait       []byte
		PortraitType   string
		PortraitPublic bool
	}
	err := d.db.Read().NewSelect().TableExpr("staff").Column("brand_id", "portrait", "portrait_type", "portrait_public").
		Where("portrait_key = ?", key).Scan(ctx, &rows)
	if err != nil {
		return Portrait{}, db.Classify(fmt.Errorf("reading a portrait: %w", err))
	}
	if len(rows) == 1 && rows[0].PortraitPublic {
		return Portrait{rows[0].Portrait, rows[0].PortraitType, true}, nil
	}
	if err := a.Require(access.ReadStaff); err != nil {
		return Portrait{}, err
	}
	if len(rows) != 1 || rows[0].BrandID != a.BrandID {
		return Portrait{}, errs.New(errs.NotFound, "staff.portrait.not_found")
	}
	return Portrait{rows[0].Portrait, rows[0].PortraitType, false}, nil
}

// PublicPortraits are the addresses of the portraits a brand shows beside public
// answers.
type PublicPortraits struct {
	Version string // another one with each change; "" for none
	paths   map[ids.ID]string
}

// Path returns the address of somebody's public portrait, "" if there is none.
func (p PublicPortraits) Path(id ids.ID) string { return p.paths[id] }

// PublicPortraits returns the public portraits of a brand from memory: of those
// who chose so and still work here. It takes no actor: they are on public pages.
func (d *Directory) PublicPortraits(ctx context.Context, brand ids.ID) (PublicPortraits, error) {
	all, err := d.crowd(ctx)
	return all.public[brand], err
}

func publicPortraits(people []Staff) map[ids.ID]PublicPortraits {
	all := map[ids.ID]PublicPortraits{}
	for _, s := range people {
		if !s.Active || !s.PortraitPublic || s.PortraitKey.IsZero() {
			continue
		}
		p := all[s.BrandID]
		if p.paths == nil {
			p.paths = map[ids.ID]string{}
		}
		p.paths[s.ID] = s.PortraitPath()
		p.Version += string(s.PortraitKey[:])
		all[s.BrandID] = p
	}
	return all
}
