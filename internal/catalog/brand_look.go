package catalog

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// LookPrefix is the path under which brands' colours and logos are served.
const LookPrefix = "/brand/"

// LookPath is the address of the style sheet with the brand's colours, "" if it
// wears ours. It changes with each change of the look, so it may be kept for long.
func (b Brand) LookPath() string {
	if b.Color == "" {
		return ""
	}
	return b.lookPath("look.css")
}

// LogoPath is the address of the brand's logo, "" if it has none.
func (b Brand) LogoPath() string {
	if b.LogoType == "" {
		return ""
	}
	return b.lookPath("logo")
}

func (b Brand) lookPath(name string) string {
	return fmt.Sprintf("%s%s/%d/%s", LookPrefix, b.ID, b.LookVersion, name)
}

var hexColor = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// CheckColor returns the colour in the form it is kept in ("#0b5563", "" for
// ours), or a field error for "color".
func CheckColor(color string) (string, error) {
	color = strings.ToLower(strings.TrimSpace(color))
	if color == "" {
		return "", nil
	}
	color = "#" + strings.TrimPrefix(color, "#")
	if len(color) == 4 { // #rgb
		color = "#" + strings.Repeat(color[1:2], 2) + strings.Repeat(color[2:3], 2) + strings.Repeat(color[3:], 2)
	}
	if !hexColor.MatchString(color) {
		return "", errs.Field("color", "catalog.color.wrong")
	}
	return color, nil
}

// SetColor changes the colour of the actor's brand; "" is ours. It needs
// ManageCatalog.
func (c *Catalog) SetColor(ctx context.Context, a access.Actor, color string) error {
	if err := a.Require(access.ManageCatalog); err != nil {
		return err
	}
	color, err := CheckColor(color)
	if err != nil {
		return err
	}
	return c.changeLook(ctx, a, "color = ?", color)
}

// SetLogo changes the logo of the actor's brand to a picture CheckLogo likes. It
// needs ManageCatalog.
func (c *Catalog) SetLogo(ctx context.Context, a access.Actor, picture []byte) error {
	if err := a.Require(access.ManageCatalog); err != nil {
		return err
	}
	kind, err := CheckLogo(picture)
	if err != nil {
		return err
	}
	return c.changeLook(ctx, a, "logo = ?, logo_type = ?", picture, kind)
}

// RemoveLogo takes the logo of the actor's brand away. It needs ManageCatalog.
func (c *Catalog) RemoveLogo(ctx context.Context, a access.Actor) error {
	if err := a.Require(access.ManageCatalog); err != nil {
		return err
	}
	return c.changeLook(ctx, a, "logo = NULL, logo_type = ''")
}

func (c *Catalog) changeLook(ctx context.Context, a access.Actor, set string, args ...any) error {
	return c.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		var row brandRow
		err := tx.NewUpdate().Model(&row).Set(set, args...).Set("look_version = look_version + 1").
			Where("id = ?", a.BrandID).Returning(brandColumns).Scan(ctx)
		return notFound(err, "changing the look of a brand", "catalog.brand.not_found")
	})
}

// Logo returns a brand's logo and its media type, errs.NotFound if it has none.
// It takes no actor: a logo is on every page.
func (c *Catalog) Logo(ctx context.Context, brand ids.ID) (picture []byte, kind string, err error) {
	err = c.db.Read().NewSelect().Table("brands").Column("logo", "logo_type").
		Where("id = ? AND logo IS NOT NULL", brand).Scan(ctx, &picture, &kind)
	return picture, kind, notFound(err, "reading a logo", "catalog.logo.not_found")
}
