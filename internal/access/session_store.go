package access

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

type sessionRow struct {
	bun.BaseModel `bun:"table:sessions,alias:se"`
	TokenHash     []byte `bun:",pk"`
	PublicID      ids.ID
	StaffID       ids.ID `bun:",nullzero"`
	Data          []byte
	Agent         string
	Network       string
	CreatedAt     clock.Stamp
	SeenAt        clock.Stamp
	ExpiresAt     clock.Stamp
}

// sessionStore keeps scs's sessions in the table. Names and times of a session
// stand in columns; data is scs's own.
type sessionStore struct {
	db    *db.DB
	clock clock.Clock
}

var _ scs.CtxStore = (*sessionStore)(nil)

const readSession = "SELECT token_hash, public_id, staff_id, data, agent, network, created_at, seen_at, expires_at " +
	"FROM sessions WHERE token_hash = $1 AND expires_at > $2"

// FindCtx reads a session that is still good and notes that it was seen.
func (st *sessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	hash, ok := hashBytes(token)
	if !ok {
		return nil, false, nil
	}
	var rows []sessionRow
	if err := st.db.Often(ctx, &rows, readSession, hash, clock.Now(st.clock)); err != nil {
		return nil, false, fmt.Errorf("reading a session: %w", err)
	}
	if len(rows) == 0 {
		return nil, false, nil
	}
	row := &rows[0]
	st.touch(ctx, row)
	if v := visitOf(ctx); v != nil {
		v.row = row
	}
	return row.Data, true, nil
}

// touch prolongs the session. That it can't be written (disk full, database
// read-only) is no reason to sign people out.
func (st *sessionStore) touch(ctx context.Context, row *sessionRow) {
	now := clock.Now(st.clock)
	if now < row.SeenAt.Add(touchEvery) {
		return
	}
	seen := row.SeenAt
	row.SeenAt, row.ExpiresAt = now, min(now.Add(SessionIdle), row.CreatedAt.Add(SessionLifetime))
	err := st.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewUpdate().Model(row).Column("seen_at", "expires_at").WherePK().Where("seen_at = ?", seen).Exec(ctx)
		return err
	})
	if err != nil && ctx.Err() == nil {
		slog.Warn("a session could not be prolonged", "error", err)
	}
}

// CommitCtx begins a session if the request is signing in. Otherwise it only
// changes one that still exists: a session revoked meanwhile stays revoked.
func (st *sessionStore) CommitCtx(ctx context.Context, token string, data []byte, _ time.Time) error {
	hash, ok := hashBytes(token)
	v := visitOf(ctx)
	if !ok || v == nil {
		return errors.New("saving a session outside a request")
	}
	return st.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if v.signsIn.IsZero() {
			_, err := tx.NewUpdate().Model((*sessionRow)(nil)).Set("data = ?", data).Where("token_hash = ?", hash).Exec(ctx)
			return err
		}
		now := clock.Now(st.clock)
		row := sessionRow{TokenHash: hash, PublicID: ids.New(), StaffID: v.signsIn, Data: data, Agent: v.agent, Network: v.network,
			CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(SessionIdle)}
		if _, err := tx.NewInsert().Model(&row).Returning("NULL").Exec(ctx); err != nil {
			return err
		}
		v.row = &row
		return nil
	})
}

// DeleteCtx ends a session.
func (st *sessionStore) DeleteCtx(ctx context.Context, token string) error {
	hash, ok := hashBytes(token)
	if !ok {
		return nil
	}
	return st.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewDelete().Model((*sessionRow)(nil)).Where("token_hash = ?", hash).Exec(ctx)
		return err
	})
}

// Find, Commit and Delete complete scs.Store; scs prefers those with a context.
func (st *sessionStore) Find(token string) ([]byte, bool, error) {
	return st.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (st *sessionStore) Commit(token string, b []byte, expiry time.Time) error {
	return st.CommitCtx(context.Background(), token, b, expiry)
}

// Delete is DeleteCtx without a context.
func (st *sessionStore) Delete(token string) error { return st.DeleteCtx(context.Background(), token) }

// hashBytes reads the hash scs made of a token.
func hashBytes(token string) ([]byte, bool) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	return b, err == nil && len(b) == 32
}

var browsers = []struct{ mark, name string }{
	{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"},
	{"CriOS", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"},
}

var systems = []struct{ mark, name string }{
	{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
}

// agentOf shortens a User-Agent to what its owner recognises, such as "Firefox,
// Linux". Versions and the rest would only tell people apart.
func agentOf(ua string) string {
	browser, system := "", ""
	for _, b := range browsers {
		if strings.Contains(ua, b.mark) {
			browser = b.name
			break
		}
	}
	for _, o := range systems {
		if strings.Contains(ua, o.mark) {
			system = o.name
			break
		}
	}
	switch {
	case browser != "" && system != "":
		return browser + ", " + system
	case browser+system != "":
		return browser + system
	}
	return markup.CleanLine(ua, 40)
}
