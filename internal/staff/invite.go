package staff

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// maxName bounds names of people and teams, in runes.
const maxName = 100

// Invite adds somebody to the actor's brand, who may sign in once the invitation
// is accepted, and has it mailed. It needs ManageStaff. Fields: email, name,
// role, teams. The mail is in the brand's language until the person chooses one.
func (d *Directory) Invite(ctx context.Context, a access.Actor, email, name string, role access.Role, teams []ids.ID) (Staff, error) {
	if err := a.Require(access.ManageStaff); err != nil {
		return Staff{}, err
	}
	if err := d.canMail(); err != nil {
		return Staff{}, err
	}
	email, wrongEmail := catalog.ParseAddress("email", email)
	name, wrongName := cleanName("name", name)
	if err := errors.Join(wrongEmail, wrongName, checkRole(role)); err != nil {
		return Staff{}, err
	}
	row := staffRow{ID: ids.New(), BrandID: a.BrandID, Email: email, Name: name, Role: role, CreatedAt: clock.Now(d.clock)}
	err := d.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		err := tx.NewSelect().TableExpr("brands").Column("language").Where("id = ?", a.BrandID).Scan(ctx, &row.Language)
		if err != nil {
			return fmt.Errorf("reading the brand's language: %w", err)
		}
		if err := d.insertTx(ctx, tx, row, teams); err != nil {
			return err
		}
		return d.notifyTx(ctx, tx, row, InviteTemplate)
	})
	return row.staff(teams), err
}

// insertTx adds a person with teams of the same brand. The address decides who
// is one and the same, also when two invite at once.
func (d *Directory) insertTx(ctx context.Context, tx *db.Tx, row staffRow, teams []ids.ID) error {
	tx.AfterCommit(d.everybody.Changed)
	res, err := tx.NewInsert().Model(&row).On("CONFLICT (email) DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("adding a staff member: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, &errs.Error{Kind: errs.Conflict, Field: "email", Key: "staff.email.taken"})
	}
	return joinTeamsTx(ctx, tx, row.BrandID, row.ID, teams)
}

func joinTeamsTx(ctx context.Context, tx *db.Tx, brand, staff ids.ID, teams []ids.ID) error {
	teams = slices.Clone(teams)
	slices.SortFunc(teams, func(x, y ids.ID) int { return slices.Compare(x[:], y[:]) })
	teams = slices.Compact(teams)
	if len(teams) == 0 {
		return nil
	}
	res, err := tx.NewRaw("INSERT INTO staff_teams (staff_id, team_id) SELECT s.id, t.id FROM staff s, teams t WHERE s.id = ? AND t.brand_id = ? AND t.id IN (?)",
		staff, brand, bun.List(teams)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("joining teams: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || int(n) != len(teams) {
		return errors.Join(err, errs.Field("teams", "staff.teams.unknown"))
	}
	return nil
}

// ResendInvite mails the invitation once more; the link mailed before stops
// working. It needs ManageStaff.
func (d *Directory) ResendInvite(ctx context.Context, a access.Actor, id ids.ID) error {
	if err := a.Require(access.ManageStaff); err != nil {
		return err
	}
	if err := d.canMail(); err != nil {
		return err
	}
	return d.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		row, err := ofBrandTx(ctx, tx, a.BrandID, id)
		if err != nil {
			return err
		}
		if row.PasswordHash != "" {
			return errs.New(errs.Conflict, "staff.invite.accepted")
		}
		return d.notifyTx(ctx, tx, row, InviteTemplate)
	})
}

// PeekInvite returns who an invitation is for and changes nothing, so that a mail
// scanner may follow the link. An invitation that is over is errs.Gone. It has no
// actor: the token is what the asker has.
func (d *Directory) PeekInvite(ctx context.Context, token string) (Staff, error) {
	row, teams, err := d.peek(ctx, access.InviteLink, token)
	if err != nil {
		return Staff{}, err
	}
	return row.staff(teams), nil
}

// Accept takes an invitation: once, with the password and name the person
// chooses. Fields: password, name. It has no actor: the token is what the asker
// has. Input that is wrong leaves the link good.
func (d *Directory) Accept(ctx context.Context, token, password, name string) (Staff, error) {
	row, teams, err := d.peek(ctx, access.InviteLink, token)
	if err != nil {
		return Staff{}, err
	}
	name, wrongName := cleanName("name", name)
	if err := errors.Join(wrongName, access.CheckPolicy(password, row.Email, name)); err != nil {
		return Staff{}, err
	}
	hash, err := d.passwords.Hash(ctx, password)
	if err != nil {
		return Staff{}, err
	}
	row.Name, row.PasswordHash, row.Active = name, hash, true
	err = d.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := d.links.RedeemTx(ctx, tx, access.InviteLink, token); err != nil {
			return err
		}
		_, err := tx.NewUpdate().Model(&row).Column("name", "password_hash", "active").WherePK().Exec(ctx)
		if err != nil {
			return fmt.Errorf("accepting an invitation: %w", err)
		}
		return nil
	})
	return row.staff(teams), err
}

// RequestReset has a link mailed with which a new password can be chosen, if
// somebody active has this address. Whether so, the asker does not learn: the
// answer is nil in any case, but for errs.TooMany and outages. It has no actor:
// who asks could not sign in.
func (d *Directory) RequestReset(ctx context.Context, email, network string) error {
	email = typedEmail(email)
	if email == "" {
		return errs.Field("email", "staff.sign_in.email_missing")
	}
	if err := d.canMail(); err != nil {
		return err
	}
	if _, err := d.limiter.Try(ctx, access.ResetLimit, email, network); err != nil {
		return err
	}
	row, err := d.byEmail(ctx, email)
	if err != nil {
		return err
	}
	return d.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if !row.awaits(access.ResetLink) {
			// Something is written either way, so that time does not tell.
			_, err := tx.ExecContext(ctx, "UPDATE brands SET slug = slug")
			return err
		}
		return d.notifyTx(ctx, tx, row, ResetTemplate)
	})
}

// PeekReset returns who a reset link is for and changes nothing. A link that is
// over is errs.Gone. It has no actor: the token is what the asker has.
func (d *Directory) PeekReset(ctx context.Context, token string) (Staff, error) {
	row, teams, err := d.peek(ctx, access.ResetLink, token)
	if err != nil {
		return Staff{}, err
	}
	return row.staff(teams), nil
}

// Reset sets a new password with a link from a mail, once, and ends all sessions.
// Field: password. It has no actor: the token is what the asker has. Input that
// is wrong leaves the link good.
func (d *Directory) Reset(ctx context.Context, token, password string) (Staff, error) {
	row, teams, err := d.peek(ctx, access.ResetLink, token)
	if err != nil {
		return Staff{}, err
	}
	if err := access.CheckPolicy(password, row.Email, row.Name); err != nil {
		return Staff{}, err
	}
	hash, err := d.passwords.Hash(ctx, password)
	if err != nil {
		return Staff{}, err
	}
	err = d.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := d.links.RedeemTx(ctx, tx, access.ResetLink, token); err != nil {
			return err
		}
		if err := d.limiter.ForgetTx(ctx, tx, access.SignInLimit, row.Email); err != nil {
			return err
		}
		return d.setPasswordTx(ctx, tx, row.ID, hash)
	})
	return row.staff(teams), err
}

// peek reads whom a link is for, if it still makes sense: an invitation is for
// who has no password, a reset for who may sign in.
func (d *Directory) peek(ctx context.Context, p access.Purpose, token string) (staffRow, []ids.ID, error) {
	id, err := d.links.Peek(ctx, p, token)
	if err != nil {
		return staffRow{}, nil, err
	}
	row, teams, err := d.read(ctx, id)
	if err != nil {
		return staffRow{}, nil, err
	}
	if !row.awaits(p) {
		return staffRow{}, nil, errs.New(errs.Gone, "access.link.gone")
	}
	return row, teams, nil
}

func (r staffRow) awaits(p access.Purpose) bool {
	if p == access.InviteLink {
		return r.PasswordHash == ""
	}
	return r.Active && r.PasswordHash != ""
}

func cleanName(field, name string) (string, error) {
	name = markup.CleanLine(name, 0)
	switch n := utf8.RuneCountInString(name); {
	case n == 0:
		return "", errs.Field(field, "staff.name.missing")
	case n > maxName:
		return "", errs.Field(field, "staff.name.long", "Max", maxName)
	}
	return name, nil
}

func checkRole(r access.Role) error {
	if slices.Contains(access.Roles(), r) {
		return nil
	}
	return errs.Field("role", "staff.role.unknown")
}
