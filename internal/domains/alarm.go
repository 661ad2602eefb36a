package domains

import (
	"context"
	"slices"

	"lotse/internal/access"
)

// Alarms returns the domains of the actor's brand with a record that was right and is
// not any more. It needs RepairIntake, so that leads hear of it too.
func (d *Domains) Alarms(ctx context.Context, a access.Actor) ([]Domain, error) {
	if err := a.Require(access.RepairIntake); err != nil {
		return nil, err
	}
	all, err := d.ofBrand(ctx, a.BrandID)
	return slices.DeleteFunc(all, func(f Domain) bool { return len(f.Alarms()) == 0 }), err
}

// Alarms are the checks somebody has to know of: they failed more than once, after
// they had been right; of DKIM only that of a key that signs.
func (d Domain) Alarms() []Check {
	var alarms []Check
	for _, c := range d.Checks {
		k, _ := d.Key(c.Selector)
		switch {
		case !c.failing() || c.Fails < certain:
		case c.Kind == DKIM && k.State != Active:
		case c.Kind != DKIM && c.OKAt.IsZero():
		default:
			alarms = append(alarms, c)
		}
	}
	return alarms
}
