package mailbox

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// Cursor is how far a folder of a mailbox elsewhere was fetched.
type Cursor struct {
	AccountID   ids.ID
	Folder      string
	UIDValidity uint32 // RFC 9051 §2.3.1.1; zero if it was never fetched
	UID         uint32 // the highest that was handed over or is held back
	// Held are UIDs up to UID that could not be read yet, as a set of IMAP such as
	// "17,20:22"; "" if there are none.
	Held string
	// OldUID is the highest UID that was there when this UIDVALIDITY was first seen:
	// up to it, mail from before the day the account asks for is passed over.
	OldUID    uint32
	StartedAt clock.Stamp // when the folder was looked at for the first time; kept when UIDVALIDITY changes
	ChangedAt clock.Stamp
}

// IsNew reports whether the folder was never fetched.
func (c Cursor) IsNew() bool { return c.UIDValidity == 0 }

type cursorRow struct {
	bun.BaseModel `bun:"table:mail_cursors,alias:c"`
	AccountID     ids.ID `bun:",pk"`
	Folder        string `bun:",pk"`
	UIDValidity   int64
	UID           int64
	Held          string
	OldUID        int64 `bun:"old_uid"`
	StartedAt     clock.Stamp
	ChangedAt     clock.Stamp
}

// Cursor returns how far a folder was fetched, a new one if it never was. It is
// for the program and takes no actor.
func (b *Boxes) Cursor(ctx context.Context, account ids.ID, folder string) (Cursor, error) {
	var rows []cursorRow
	err := b.DB.Read().NewSelect().Model(&rows).Where("account_id = ? AND folder = ?", account, folder).Scan(ctx)
	if err != nil {
		return Cursor{}, db.Classify(fmt.Errorf("reading a cursor: %w", err))
	}
	if len(rows) == 0 {
		return Cursor{AccountID: account, Folder: folder}, nil
	}
	r := rows[0]
	return Cursor{AccountID: r.AccountID, Folder: r.Folder, UIDValidity: uint32(r.UIDValidity), UID: uint32(r.UID), Held: r.Held,
		OldUID: uint32(r.OldUID), StartedAt: r.StartedAt, ChangedAt: r.ChangedAt}, nil
}

// Advance keeps a cursor once what it passed is on disk. Within one UIDVALIDITY
// it never goes back, so that a fetcher that was overtaken harms nothing; another
// UIDVALIDITY begins anew. It is for the program and takes no actor.
func (b *Boxes) Advance(ctx context.Context, c Cursor) error {
	now := clock.Now(b.Clock)
	row := cursorRow{AccountID: c.AccountID, Folder: c.Folder, UIDValidity: int64(c.UIDValidity), UID: int64(c.UID), Held: c.Held, OldUID: int64(c.OldUID), StartedAt: now, ChangedAt: now}
	return b.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewInsert().Model(&row).On("CONFLICT (account_id, folder) DO UPDATE").
			Set("uid_validity = EXCLUDED.uid_validity").Set("uid = EXCLUDED.uid").Set("held = EXCLUDED.held").Set("old_uid = EXCLUDED.old_uid").Set("changed_at = EXCLUDED.changed_at").
			Where("c.uid_validity <> EXCLUDED.uid_validity OR c.uid <= EXCLUDED.uid").Returning("NULL").Exec(ctx)
		if err != nil {
			return fmt.Errorf("keeping a cursor: %w", err)
		}
		return nil
	})
}
