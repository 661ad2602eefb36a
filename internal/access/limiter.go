package access

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/seal"
)

// Limit says how often something may be tried within a window: per account (an
// address, a code) and per network.
type Limit struct {
	Name       string // keeps the counts of different limits apart
	PerAccount int
	PerNetwork int
	Window     time.Duration
}

// The limits of the desk.
var (
	SignInLimit = Limit{Name: "sign-in", PerAccount: 5, PerNetwork: 30, Window: 15 * time.Minute}
	// Writing to the desk is meant to be easy: these keep machines out, not people.
	AskLimit  = Limit{Name: "ask", PerAccount: 20, PerNetwork: 60, Window: time.Hour}
	FileLimit = Limit{Name: "file", PerAccount: 1000, PerNetwork: 200, Window: time.Hour}
	PostLimit = Limit{Name: "post", PerAccount: 10, PerNetwork: 40, Window: time.Hour}
	// Whoever asks for a link makes us write to somebody.
	TrackLimit    = Limit{Name: "track", PerAccount: 3, PerNetwork: 20, Window: time.Hour}
	FileLinkLimit = Limit{Name: "file-link", PerAccount: 3, PerNetwork: 20, Window: time.Hour}
	ResetLimit    = Limit{Name: "reset", PerAccount: 3, PerNetwork: 20, Window: time.Hour}
	// Everybody types the same setup code, so the count per account is high:
	// it must not let a stranger lock the administrator out.
	SetupLimit = Limit{Name: "setup", PerAccount: 1000, PerNetwork: 10, Window: 15 * time.Minute}
)

// Limiter bounds guessing. It counts in the database, so that a restart forgets
// nothing and all nodes count together; accounts and networks are kept as keyed
// hashes only.
type Limiter struct {
	db    *db.DB
	seal  *seal.Sealer
	clock clock.Clock
}

// NewLimiter returns a limiter that counts in d.
func NewLimiter(d *db.DB, s *seal.Sealer, c clock.Clock) *Limiter {
	return &Limiter{db: d, seal: s, clock: c}
}

type guessRow struct {
	bun.BaseModel `bun:"table:guesses,alias:g"`
	Key           []byte `bun:",pk"`
	Failures      int
	WindowEndsAt  clock.Stamp
}

// Attempt is one counted try.
type Attempt struct {
	limiter          *Limiter
	account, network []byte
}

// Try counts one try and returns it, or an errs.TooMany error that says how many
// minutes to wait. It counts before the outcome is known, so that a hundred
// guesses at the same moment are a hundred guesses. A try that turns out to be
// right is taken back with Succeeded.
func (l *Limiter) Try(ctx context.Context, limit Limit, account, network string) (*Attempt, error) {
	a := &Attempt{limiter: l, account: l.key(limit, "account", account), network: l.key(limit, "network", network)}
	// Who is shut out already costs a read, not a write.
	if err := l.shutOut(ctx, limit, a); err != nil {
		return nil, err
	}
	var byAccount, byNetwork guessRow
	err := l.db.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if byAccount, err = l.count(ctx, tx, a.account, limit.Window); err != nil {
			return err
		}
		byNetwork, err = l.count(ctx, tx, a.network, limit.Window)
		return err
	})
	if err != nil {
		return nil, err
	}
	if byAccount.Failures > limit.PerAccount {
		return nil, l.tooMany(byAccount)
	}
	if byNetwork.Failures > limit.PerNetwork {
		return nil, l.tooMany(byNetwork)
	}
	return a, nil
}

// Succeeded forgets the failures of the account and takes this try off the
// network's count.
func (a *Attempt) Succeeded(ctx context.Context) error {
	return a.limiter.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.NewDelete().Model((*guessRow)(nil)).Where("key = ?", a.account).Exec(ctx); err != nil {
			return fmt.Errorf("forgetting failures: %w", err)
		}
		_, err := tx.NewUpdate().Model((*guessRow)(nil)).Set("failures = failures - 1").
			Where("key = ? AND failures > 0", a.network).Exec(ctx)
		if err != nil {
			return fmt.Errorf("taking a try back: %w", err)
		}
		return nil
	})
}

// ForgetTx clears the account's count within a transaction: whoever proved to
// be the owner some other way starts afresh.
func (l *Limiter) ForgetTx(ctx context.Context, tx *db.Tx, limit Limit, account string) error {
	_, err := tx.NewDelete().Model((*guessRow)(nil)).Where("key = ?", l.key(limit, "account", account)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("forgetting failures: %w", err)
	}
	return nil
}

func (l *Limiter) key(limit Limit, kind, value string) []byte {
	return l.seal.Lookup("guess:"+limit.Name+":"+kind, strings.ToLower(value))
}

func (l *Limiter) shutOut(ctx context.Context, limit Limit, a *Attempt) error {
	var rows []guessRow
	err := l.db.Read().NewSelect().Model(&rows).
		Where("(key = ? AND failures >= ?) OR (key = ? AND failures >= ?)", a.account, limit.PerAccount, a.network, limit.PerNetwork).
		Where("window_ends_at > ?", clock.Now(l.clock)).Scan(ctx)
	if err != nil {
		return db.Classify(fmt.Errorf("reading failures: %w", err))
	}
	if len(rows) == 0 {
		return nil
	}
	last := rows[0]
	for _, r := range rows[1:] {
		if r.WindowEndsAt > last.WindowEndsAt {
			last = r
		}
	}
	return l.tooMany(last)
}

// count adds one try to a key, in a new window if the old one is over.
func (l *Limiter) count(ctx context.Context, tx *db.Tx, key []byte, window time.Duration) (guessRow, error) {
	now := clock.Now(l.clock)
	row := guessRow{Key: key, Failures: 1, WindowEndsAt: now.Add(window)}
	_, err := tx.NewInsert().Model(&row).On("CONFLICT (key) DO UPDATE").
		Set("failures = CASE WHEN g.window_ends_at <= ? THEN 1 ELSE g.failures + 1 END", now).
		Set("window_ends_at = CASE WHEN g.window_ends_at <= ? THEN EXCLUDED.window_ends_at ELSE g.window_ends_at END", now).
		Returning("failures, window_ends_at").Exec(ctx)
	if err != nil {
		return guessRow{}, fmt.Errorf("counting a try: %w", err)
	}
	return row, nil
}

func (l *Limiter) tooMany(r guessRow) error {
	left := r.WindowEndsAt.Time().Sub(l.clock.Now())
	minutes := max(1, int((left+time.Minute-1)/time.Minute))
	e := errs.New(errs.TooMany, "access.too_many")
	e.Args = map[string]any{"Count": minutes}
	return e
}

// NetworkOf returns the network of a peer for the limits: the address itself for
// IPv4, its /64 for IPv6, where one customer usually has at least that. addr may
// carry a port; what is no address is returned as it is.
func NetworkOf(addr string) string { return networkOf(addr, 32, 64) }

// regionOf returns a coarser network (/24, /48) to show in a session list:
// enough to recognise an own session, too little to find a person.
func regionOf(addr string) string { return networkOf(addr, 24, 48) }

func networkOf(addr string, bits4, bits6 int) string {
	if host, _, err := net.SplitHostPort(addr); err == nil {
		addr = host
	}
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return addr
	}
	ip = ip.Unmap().WithZone("")
	bits := bits6
	if ip.Is4() {
		bits = bits4
	}
	prefix, err := ip.Prefix(bits)
	if err != nil {
		return addr
	}
	if prefix.IsSingleIP() {
		return ip.String()
	}
	return prefix.String()
}

// Sweep removes what has run out: sessions, counts of failures, and links a
// month after they ended. It is cheap and runs every few minutes.
func Sweep(ctx context.Context, d *db.DB, c clock.Clock) error {
	now := clock.Now(c)
	return d.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, q := range []*bun.DeleteQuery{
			tx.NewDelete().Model((*sessionRow)(nil)).Where("expires_at <= ?", now),
			tx.NewDelete().Model((*guessRow)(nil)).Where("window_ends_at <= ?", now),
			tx.NewDelete().Model((*passRow)(nil)).Where("expires_at <= ?", now),
			tx.NewDelete().Model((*linkRow)(nil)).Where("expires_at <= ?", now.Add(-30*24*time.Hour)),
		} {
			if _, err := q.Exec(ctx); err != nil {
				return fmt.Errorf("sweeping: %w", err)
			}
		}
		return nil
	})
}
