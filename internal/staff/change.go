package staff

import (
	"context"
	"errors"
	"fmt"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// SetRole changes what a person of the actor's brand is trusted with, and signs
// the person out. The last active administrator stays one (errs.Conflict). It
// needs ManageStaff.
func (d *Directory) SetRole(ctx context.Context, a access.Actor, id ids.ID, role access.Role) error {
	if err := a.Require(access.ManageStaff); err != nil {
		return err
	}
	if err := checkRole(role); err != nil {
		return err
	}
	return d.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		row, err := lockedTx(ctx, tx, a.BrandID, id)
		if err != nil || row.Role == role {
			return err
		}
		if role != access.Admin {
			if err := keepsAdminTx(ctx, tx, row); err != nil {
				return err
			}
		}
		if _, err := tx.NewUpdate().Model((*staffRow)(nil)).Set("role = ?", role).Where("id = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("changing a role: %w", err)
		}
		return access.RevokeSessionsTx(ctx, tx, id)
	})
}

// SetActive lets a person of the actor's brand sign in, or no longer. Who is
// switched off is signed out everywhere, and links on their way stop working.
// The last active administrator stays (errs.Conflict), and who has not accepted
// the invitation can't be switched on. It needs ManageStaff.
func (d *Directory) SetActive(ctx context.Context, a access.Actor, id ids.ID, active bool) error {
	if err := a.Require(access.ManageStaff); err != nil {
		return err
	}
	return d.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		row, err := lockedTx(ctx, tx, a.BrandID, id)
		if err != nil {
			return err
		}
		if active && row.PasswordHash == "" {
			return errs.New(errs.Conflict, "staff.invite.open")
		}
		if !active {
			if err := keepsAdminTx(ctx, tx, row); err != nil {
				return err
			}
			if err := d.shutOutTx(ctx, tx, id); err != nil {
				return err
			}
		}
		if _, err := tx.NewUpdate().Model((*staffRow)(nil)).Set("active = ?", active).Where("id = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("switching a staff member: %w", err)
		}
		return nil
	})
}

// SetTeams says which teams a person of the actor's brand belongs to. It needs
// ManageStaff. Field: teams.
func (d *Directory) SetTeams(ctx context.Context, a access.Actor, id ids.ID, teams []ids.ID) error {
	if err := a.Require(access.ManageStaff); err != nil {
		return err
	}
	return d.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := lockedTx(ctx, tx, a.BrandID, id); err != nil {
			return err
		}
		if _, err := tx.NewDelete().Model((*membershipRow)(nil)).Where("staff_id = ?", id).Exec(ctx); err != nil {
			return fmt.Errorf("leaving teams: %w", err)
		}
		return joinTeamsTx(ctx, tx, a.BrandID, id, teams)
	})
}

// SetLanguage says in which language Lotse speaks to a person. Everybody may
// choose their own; that of colleagues needs ManageStaff. Field: language.
func (d *Directory) SetLanguage(ctx context.Context, a access.Actor, id ids.ID, language string) error {
	if !isSelf(a, id) {
		if err := a.Require(access.ManageStaff); err != nil {
			return err
		}
	}
	if err := catalog.CheckLanguage(language); err != nil {
		return err
	}
	return d.write(ctx, func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.NewUpdate().Model((*staffRow)(nil)).Set("language = ?", language).
			Where("id = ? AND brand_id = ?", id, a.BrandID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("changing a language: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return errUnknown()
	})
}

// lockedTx reads a person of a brand while no other transaction can change who
// is an administrator there: counting those who remain would be a guess else.
func lockedTx(ctx context.Context, tx *db.Tx, brand, id ids.ID) (staffRow, error) {
	if _, err := tx.ExecContext(ctx, "UPDATE brands SET slug = slug WHERE id = ?", brand); err != nil {
		return staffRow{}, fmt.Errorf("locking the brand: %w", err)
	}
	return ofBrandTx(ctx, tx, brand, id)
}

func ofBrandTx(ctx context.Context, tx *db.Tx, brand, id ids.ID) (staffRow, error) {
	var row staffRow
	err := tx.NewSelect().Model(&row).Where("id = ? AND brand_id = ?", id, brand).Scan(ctx)
	if err == nil {
		return row, nil
	}
	if errs.Is(db.Classify(err), errs.NotFound) {
		return staffRow{}, errUnknown()
	}
	return staffRow{}, fmt.Errorf("reading a staff member: %w", err)
}

// keepsAdminTx returns errs.Conflict if row is the brand's last active
// administrator.
func keepsAdminTx(ctx context.Context, tx *db.Tx, row staffRow) error {
	if row.Role != access.Admin || !row.Active {
		return nil
	}
	others, err := tx.NewSelect().Model((*staffRow)(nil)).
		Where("brand_id = ? AND id <> ? AND role = ? AND active = ?", row.BrandID, row.ID, access.Admin, true).Exists(ctx)
	if err != nil {
		return fmt.Errorf("counting administrators: %w", err)
	}
	if !others {
		return errs.New(errs.Conflict, "staff.last_admin")
	}
	return nil
}

// AdminForm is what is asked of an administrator who is added without an
// invitation. Fields: email, name, language, password.
type AdminForm struct {
	Email    string
	Name     string
	Language string
	Password string
}

// Check mends the form and returns what is wrong with it.
func (f *AdminForm) Check() error {
	email, wrongEmail := catalog.ParseAddress("email", f.Email)
	name, wrongName := cleanName("name", f.Name)
	f.Email, f.Name = email, name
	return errors.Join(wrongEmail, wrongName, catalog.CheckLanguage(f.Language), access.CheckPolicy(f.Password, email, name))
}

// NewAdmin is an administrator ready to be added: checked, the password hashed.
type NewAdmin struct{ row staffRow }

// PrepareAdmin checks the form and hashes the password, which must not be done
// inside a transaction. It has no actor: setup and the command line use it.
func (d *Directory) PrepareAdmin(ctx context.Context, f AdminForm) (NewAdmin, error) {
	if err := f.Check(); err != nil {
		return NewAdmin{}, err
	}
	hash, err := d.passwords.Hash(ctx, f.Password)
	if err != nil {
		return NewAdmin{}, err
	}
	return NewAdmin{staffRow{Email: f.Email, Name: f.Name, Role: access.Admin, PasswordHash: hash, Language: f.Language, Active: true}}, nil
}

// CreateAdminTx adds an administrator to a brand within a transaction. It has no
// actor: setup and the command line use it. An address that is taken is
// errs.Conflict of the field email.
func (d *Directory) CreateAdminTx(ctx context.Context, tx *db.Tx, brand ids.ID, teams []ids.ID, n NewAdmin) (Staff, error) {
	row := n.row
	row.ID, row.BrandID, row.CreatedAt = ids.New(), brand, clock.Now(d.clock)
	if err := d.insertTx(ctx, tx, row, teams); err != nil {
		return Staff{}, err
	}
	return row.staff(teams), nil
}
