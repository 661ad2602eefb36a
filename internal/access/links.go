package access

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Purpose says what a one-time link opens.
type Purpose uint8

// The purposes. They are stored: never renumber.
const (
	InviteLink Purpose = 1 // a new staff member chooses a password
	ResetLink  Purpose = 2 // a staff member who forgot the password
	FileLink   Purpose = 3 // a customer who wants to see the virtual file
)

// Links issues and redeems one-time links. The token is kept as SHA-256 only.
// A mail scanner follows links with GET, so GET may only Peek; a POST redeems.
type Links struct {
	db    *db.DB
	clock clock.Clock
}

// NewLinks returns the links in d.
func NewLinks(d *db.DB, c clock.Clock) *Links { return &Links{db: d, clock: c} }

type linkRow struct {
	bun.BaseModel `bun:"table:links,alias:l"`
	ID            ids.ID `bun:",pk"`
	TokenHash     []byte
	Purpose       Purpose
	SubjectID     ids.ID
	CreatedAt     clock.Stamp
	ExpiresAt     clock.Stamp
	UsedAt        clock.Stamp `bun:",nullzero"`
}

// Issue makes a link for a subject that is good for ttl. A link issued earlier
// for the same purpose and subject stops working, so that there is never more
// than one: the database's uniqueness sees to it.
func (l *Links) Issue(ctx context.Context, tx *db.Tx, p Purpose, subject ids.ID, ttl time.Duration) (ids.Token, error) {
	token := ids.NewToken()
	now := clock.Now(l.clock)
	row := linkRow{ID: ids.New(), TokenHash: token.Hash(), Purpose: p, SubjectID: subject, CreatedAt: now, ExpiresAt: now.Add(ttl)}
	_, err := tx.NewInsert().Model(&row).
		On("CONFLICT (purpose, subject_id) WHERE used_at IS NULL DO UPDATE").
		Set("token_hash = EXCLUDED.token_hash").
		Set("created_at = EXCLUDED.created_at").
		Set("expires_at = EXCLUDED.expires_at").
		Returning("NULL").Exec(ctx)
	if err != nil {
		return "", fmt.Errorf("issuing a link: %w", err)
	}
	return token, nil
}

// Peek returns what the link opens and changes nothing. A link that has expired,
// was used, was superseded or never was gives errs.Gone.
func (l *Links) Peek(ctx context.Context, p Purpose, token string) (ids.ID, error) {
	var row linkRow
	err := l.db.Read().NewSelect().Model(&row).Column("subject_id").
		Where("token_hash = ? AND purpose = ?", ids.Token(token).Hash(), p).
		Where("used_at IS NULL AND expires_at > ?", clock.Now(l.clock)).Scan(ctx)
	return row.SubjectID, linkError(err, "reading a link")
}

// RedeemTx uses the link up and returns what it opens: once, however many ask at
// the same moment. The others, and those who come too late, get errs.Gone.
func (l *Links) RedeemTx(ctx context.Context, tx *db.Tx, p Purpose, token string) (ids.ID, error) {
	now := clock.Now(l.clock)
	var subject ids.ID
	err := tx.NewUpdate().Model((*linkRow)(nil)).Set("used_at = ?", now).
		Where("token_hash = ? AND purpose = ?", ids.Token(token).Hash(), p).
		Where("used_at IS NULL AND expires_at > ?", now).
		Returning("subject_id").Scan(ctx, &subject)
	return subject, linkError(err, "redeeming a link")
}

// RevokeTx makes the subject's unused links of all purposes worthless.
func (l *Links) RevokeTx(ctx context.Context, tx *db.Tx, subject ids.ID) error {
	_, err := tx.NewDelete().Model((*linkRow)(nil)).Where("subject_id = ? AND used_at IS NULL", subject).Exec(ctx)
	if err != nil {
		return fmt.Errorf("revoking links: %w", err)
	}
	return nil
}

func linkError(err error, doing string) error {
	if err == nil {
		return nil
	}
	err = db.Classify(fmt.Errorf("%s: %w", doing, err))
	if errs.Is(err, errs.NotFound) {
		return errs.New(errs.Gone, "access.link.gone")
	}
	return err
}
