package access

import (
	"context"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
)

// maxCounted is where counting sessions stops.
const maxCounted = 10_000

// Active returns how many sessions are valid, up to 10,000, for figures.
func (s *Sessions) Active(ctx context.Context) (int, error) {
	var n int
	err := s.db.Read().NewRaw("SELECT count(*) FROM (SELECT 1 FROM sessions WHERE expires_at > ? LIMIT ?) AS valid", clock.Now(s.clock), maxCounted).Scan(ctx, &n)
	return n, db.Classify(err)
}
