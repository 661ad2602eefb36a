package staff

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// seenEvery is how exact LastSeenAt is.
const seenEvery = 5 * time.Minute

// ownPasswordLimit bounds guessing the old password in a browser left open.
var ownPasswordLimit = access.Limit{Name: "own-password", PerAccount: 5, PerNetwork: 5, Window: 15 * time.Minute}

// SignIn returns who has this address and password. It has no actor: it is how
// one comes to be. network is access.NetworkOf the peer.
//
// Wrong address, wrong password, an invitation not accepted and somebody who
// left are one error, and take the same time: nobody learns who works here. Too
// many failures give errs.TooMany. After success the page begins a session with
// access.Sessions.
func (d *Directory) SignIn(ctx context.Context, email, password, network string) (Staff, error) {
	email = typedEmail(email)
	var missing []error
	if email == "" {
		missing = append(missing, errs.Field("email", "staff.sign_in.email_missing"))
	}
	if password == "" {
		missing = append(missing, errs.Field("password", "staff.sign_in.password_missing"))
	}
	if len(missing) > 0 {
		return Staff{}, errors.Join(missing...)
	}
	attempt, err := d.limiter.Try(ctx, access.SignInLimit, email, network)
	if err != nil {
		return Staff{}, err
	}
	row, err := d.byEmail(ctx, email)
	if err != nil {
		return Staff{}, err
	}
	hash := row.PasswordHash
	if !row.Active {
		hash = ""
	}
	right, err := d.passwords.Check(ctx, password, hash)
	if err != nil {
		return Staff{}, err
	}
	if !right {
		return Staff{}, errs.Field("password", "staff.sign_in.wrong")
	}
	if err := attempt.Succeeded(ctx); err != nil {
		return Staff{}, err
	}
	row, teams, err := d.read(ctx, row.ID)
	if err != nil {
		return Staff{}, err
	}
	d.seen(ctx, &row)
	return row.staff(teams), nil
}

// Actor returns the actor a session stands for, with one query: the web asks at
// each request. Who left since is errs.SignedOut. The caller sets Session.
func (d *Directory) Actor(ctx context.Context, id ids.ID) (access.Actor, error) {
	row, teams, err := d.read(ctx, id)
	if errs.Is(err, errs.NotFound) || err == nil && !row.Active {
		return access.Actor{}, errs.New(errs.SignedOut, "access.signed_out")
	}
	if err != nil {
		return access.Actor{}, err
	}
	d.seen(ctx, &row)
	return access.Actor{Kind: access.Staff, ID: row.ID, BrandID: row.BrandID, Role: row.Role, Teams: teams, Name: row.Name, Language: row.Language}, nil
}

// seen notes that somebody is here. That it can't be written is no reason to
// send them away.
func (d *Directory) seen(ctx context.Context, row *staffRow) {
	now := clock.Now(d.clock)
	if now < row.LastSeenAt.Add(seenEvery) {
		return
	}
	err := d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewUpdate().Model((*staffRow)(nil)).Set("last_seen_at = ?", now).Where("id = ?", row.ID).Exec(ctx)
		return err
	})
	if err == nil {
		row.LastSeenAt = now
	} else if ctx.Err() == nil {
		slog.Warn("when somebody was last seen could not be noted", "error", err)
	}
}

// ChangePassword gives the actor a new password. Fields: old_password, password.
// All sessions end, this one too: the page begins a new one, so that a stolen
// cookie is worth nothing afterwards.
func (d *Directory) ChangePassword(ctx context.Context, a access.Actor, old, password string) error {
	if a.Kind != access.Staff {
		return refuse(a)
	}
	row, _, err := d.read(ctx, a.ID)
	if err != nil {
		return err
	}
	if err := access.CheckPolicy(password, row.Email, row.Name); err != nil {
		return err
	}
	attempt, err := d.limiter.Try(ctx, ownPasswordLimit, a.ID.String(), a.ID.String())
	if err != nil {
		return err
	}
	right, err := d.passwords.Check(ctx, old, row.PasswordHash)
	if err != nil {
		return err
	}
	if !right {
		return errs.Field("old_password", "staff.password.wrong")
	}
	if err := attempt.Succeeded(ctx); err != nil {
		return err
	}
	hash, err := d.passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return d.setPasswordTx(ctx, tx, row.ID, hash)
	})
}

// setPasswordTx ends every other way in: sessions, and links on their way.
func (d *Directory) setPasswordTx(ctx context.Context, tx *db.Tx, id ids.ID, hash string) error {
	_, err := tx.NewUpdate().Model((*staffRow)(nil)).Set("password_hash = ?", hash).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("setting a password: %w", err)
	}
	return d.shutOutTx(ctx, tx, id)
}

func (d *Directory) shutOutTx(ctx context.Context, tx *db.Tx, id ids.ID) error {
	if err := d.links.RevokeTx(ctx, tx, id); err != nil {
		return err
	}
	return access.RevokeSessionsTx(ctx, tx, id)
}

// refuse is the error for an actor who is not a staff member.
func refuse(a access.Actor) error {
	if a.Kind == access.Nobody {
		return errs.New(errs.SignedOut, "access.signed_out")
	}
	return errs.New(errs.Forbidden, "access.forbidden")
}
