package access

import (
	"context"
	"fmt"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Session is one browser somebody is signed in with.
type Session struct {
	ID        ids.ID // public: names the session, opens nothing
	StaffID   ids.ID
	Agent     string // such as "Firefox, Linux"
	Network   string // such as "192.0.2.0/24"
	CreatedAt clock.Stamp
	SeenAt    clock.Stamp // up to a minute behind
	Current   bool        // the session that asks
}

// List returns the sessions of a staff member that are still good, last seen
// first. Everybody sees their own; those of colleagues need ManageStaff.
func (s *Sessions) List(ctx context.Context, a Actor, staff ids.ID) ([]Session, error) {
	if err := requireSelfOrManager(a, staff); err != nil {
		return nil, err
	}
	var rows []sessionRow
	err := s.db.Read().NewSelect().Model(&rows).
		Where("se.staff_id = ? AND se.expires_at > ?", staff, clock.Now(s.clock)).
		Where(ofBrand, a.BrandID).OrderExpr("se.seen_at DESC, se.public_id DESC").Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading sessions: %w", err))
	}
	list := make([]Session, len(rows))
	for i, r := range rows {
		list[i] = Session{ID: r.PublicID, StaffID: r.StaffID, Agent: r.Agent, Network: r.Network,
			CreatedAt: r.CreatedAt, SeenAt: r.SeenAt, Current: r.PublicID.String() == a.Session}
	}
	return list, nil
}

// ofBrand keeps to sessions of staff of one brand.
const ofBrand = "EXISTS (SELECT 1 FROM staff WHERE staff.id = se.staff_id AND staff.brand_id = ?)"

// Revoke ends one session by its public id: an own one, or with ManageStaff a
// colleague's. The browser is signed out with its next request.
func (s *Sessions) Revoke(ctx context.Context, a Actor, session ids.ID) error {
	if err := requireStaff(a); err != nil {
		return err
	}
	return s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		q := tx.NewDelete().Model((*sessionRow)(nil)).Where("se.public_id = ?", session).Where(ofBrand, a.BrandID)
		if !a.May(ManageStaff) {
			q = q.Where("se.staff_id = ?", a.ID)
		}
		res, err := q.Exec(ctx)
		if err != nil {
			return fmt.Errorf("ending a session: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return errs.New(errs.NotFound, "access.session.not_found")
	})
}

// RevokeOthers ends all of the actor's own sessions but the one that asks, and
// returns how many.
func (s *Sessions) RevokeOthers(ctx context.Context, a Actor) (int, error) {
	if err := requireStaff(a); err != nil {
		return 0, err
	}
	current, err := ids.Parse(a.Session)
	if err != nil {
		return 0, errs.New(errs.SignedOut, "access.signed_out")
	}
	var n int64
	err = s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		res, err := tx.NewDelete().Model((*sessionRow)(nil)).
			Where("staff_id = ? AND public_id <> ?", a.ID, current).Exec(ctx)
		if err != nil {
			return fmt.Errorf("ending sessions: %w", err)
		}
		n, err = res.RowsAffected()
		return err
	})
	return int(n), err
}

// RevokeSessionsTx ends all sessions of a staff member: after a new password, a
// new role, or when somebody leaves. The caller has checked access.
func RevokeSessionsTx(ctx context.Context, tx *db.Tx, staff ids.ID) error {
	if _, err := tx.NewDelete().Model((*sessionRow)(nil)).Where("staff_id = ?", staff).Exec(ctx); err != nil {
		return fmt.Errorf("ending sessions: %w", err)
	}
	return nil
}

// requireStaff refuses everybody but a staff member who signed in.
func requireStaff(a Actor) error {
	if a.Kind == Staff && !a.ID.IsZero() {
		return nil
	}
	if a.Kind == Nobody {
		return errs.New(errs.SignedOut, "access.signed_out")
	}
	return errs.New(errs.Forbidden, "access.forbidden")
}

func requireSelfOrManager(a Actor, staff ids.ID) error {
	if a.Kind == Staff && !staff.IsZero() && a.ID == staff {
		return nil
	}
	return a.Require(ManageStaff)
}
