package digest

import (
	"context"
	"fmt"
	"strings"

	"lotse/internal/access"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/publish"
	"lotse/internal/staff"
	"lotse/internal/templates"
	"lotse/internal/views"
)

// Render says what the mail to a person says, at the moment it is sent. If they
// chose otherwise since, left, or have nothing to do, the error is errs.Gone. It has
// no actor: the outbox asks.
func (d *Digest) Render(ctx context.Context, _ string, who ids.ID, baseURL string) (templates.Writing, error) {
	s, err := d.reader(ctx, who)
	if err != nil {
		return templates.Writing{}, err
	}
	a := access.Actor{Kind: access.Staff, ID: s.ID, BrandID: s.BrandID, Role: s.Role, Teams: s.Teams, Name: s.Name, Language: s.Language}
	counts, err := d.Views.Counts(ctx, a)
	if err != nil {
		return templates.Writing{}, err
	}
	duties, err := d.Publish.Duties(ctx, a)
	if err != nil {
		return templates.Writing{}, err
	}
	base := strings.TrimSuffix(baseURL, "/")
	lines := list(i18n.For(i18n.Locale(s.Language)), base, counts, duties)
	if len(lines) == 0 {
		return templates.Writing{}, nothing()
	}
	unsubscribe := base + "/unsubscribe/" + d.Token(who)
	return templates.Writing{Key: templates.Digest, Language: s.Language, Unsubscribe: unsubscribe, Values: templates.Values{
		templates.StaffName: s.Name, templates.ALink: base + "/cases?scope=mine", templates.UnsubscribeLink: unsubscribe,
		templates.DigestList: strings.Join(lines, "\n"),
	}}, nil
}

// reader returns who still wants the mail.
func (d *Digest) reader(ctx context.Context, who ids.ID) (staff.Staff, error) {
	var rows []row
	if err := d.DB.Read().NewSelect().Model(&rows).Where("staff_id = ?", who).Scan(ctx); err != nil {
		return staff.Staff{}, fmt.Errorf("reading a digest: %w", err)
	}
	if len(rows) == 0 {
		return staff.Staff{}, nothing()
	}
	s, err := d.Staff.ByID(ctx, access.Lotse(rows[0].BrandID), who)
	if errs.Is(err, errs.NotFound) || err == nil && !s.Active {
		return staff.Staff{}, nothing()
	}
	return s, err
}

func nothing() error { return errs.New(errs.Gone, "digest.nothing") }

// list puts what waits into lines: words, a tab, and where it is to be found.
func list(p *i18n.Printer, base string, c views.Counts, duties publish.Duties) []string {
	var lines []string
	for _, part := range []struct {
		key, path string
		n         int
	}{
		{"mine", "/cases?scope=mine", c.Mine}, {"awaits", "/cases?scope=mine", c.Awaits}, {"late", "/cases?scope=mine", c.Late},
		{"roster", "/cases?scope=unowned", c.Roster}, {"review", "/duties?tab=review", duties.Review}, {"overdue", "/duties?tab=overdue", duties.Overdue},
	} {
		if part.n > 0 {
			lines = append(lines, p.N("digest."+part.key, part.n)+"\t"+base+part.path)
		}
	}
	return lines
}
