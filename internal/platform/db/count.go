package db

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"
)

type countKey struct{}

// WithCounter returns a context in which statements are counted, and the
// counter. Tests assert the number of statements a page costs with it.
func WithCounter(ctx context.Context) (context.Context, *atomic.Int64) {
	n := new(atomic.Int64)
	return context.WithValue(ctx, countKey{}, n), n
}

func count(ctx context.Context) {
	if n, ok := ctx.Value(countKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
}

type countHook struct{ told *watch }

func (countHook) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context {
	count(ctx)
	return ctx
}

func (h countHook) AfterQuery(_ context.Context, e *bun.QueryEvent) {
	h.told.query(time.Since(e.StartTime))
}
