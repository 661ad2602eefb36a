package db

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/platform/errs"
)

// maxGroup and maxGroupTime bound one shared transaction: readers see new data
// only after it, and a waiting request waits for all before it.
const (
	maxGroup     = 128
	maxGroupTime = 25 * time.Millisecond
)

// group is the single writer of SQLite. Requests queue up; the loop takes the
// first, and as long as others wait and the transaction is young, those too.
type group struct {
	db       *bun.DB
	requests chan *request
	closing  sync.Once
	stop     chan struct{} // closed to ask the loop to end
	ended    chan struct{} // closed when it has
}

type request struct {
	ctx   context.Context
	fn    func(context.Context, *Tx) error
	reply chan error
	after []func()
}

func newGroup(db *bun.DB) *group {
	g := &group{db: db, requests: make(chan *request, maxGroup), stop: make(chan struct{}), ended: make(chan struct{})}
	go g.loop()
	return g
}

func (g *group) close() {
	g.closing.Do(func() { close(g.stop) })
	<-g.ended
}

func (g *group) write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	r := &request{ctx: ctx, fn: fn, reply: make(chan error, 1)}
	select {
	case g.requests <- r:
	case <-ctx.Done():
		return ctx.Err()
	case <-g.stop:
		return errClosed
	}
	// From here on the request may be running: its true outcome is awaited even
	// if the caller lost interest, so that "error" never means "perhaps stored".
	select {
	case err := <-r.reply:
		return err
	case <-g.ended:
	}
	select {
	case err := <-r.reply:
		return err
	default:
		return errClosed
	}
}

var errClosed = errs.Wrap(errs.Unavailable, errors.New("database is closed"), "writing")

func (g *group) loop() {
	defer close(g.ended)
	for {
		select {
		case r := <-g.requests:
			g.commitGroup(r)
		case <-g.stop:
			for {
				select {
				case r := <-g.requests:
					r.reply <- errClosed
				default:
					return
				}
			}
		}
	}
}

// commitGroup runs first and those waiting behind it in one transaction.
func (g *group) commitGroup(first *request) {
	begin := time.Now()
	btx, err := g.db.BeginTx(context.Background(), nil)
	if err != nil {
		first.reply <- err
		return
	}
	tx := &Tx{Tx: btx}
	if !g.runFirst(tx, first) {
		return
	}
	members := []*request{first}
	for len(members) < maxGroup && time.Since(begin) < maxGroupTime {
		r := g.waiting()
		if r == nil {
			break
		}
		var lost *lostTransaction
		switch err := g.runMember(tx, r); {
		case errors.As(err, &lost):
			_ = btx.Rollback()
			g.reply(append(members, r), err)
			return
		case err != nil:
			r.reply <- err
		default:
			members = append(members, r)
		}
	}
	if err := btx.Commit(); err != nil {
		_ = btx.Rollback()
		g.reply(members, err)
		return
	}
	g.reply(members, nil)
}

// runFirst runs a request without the cost of a savepoint: if it fails, nothing
// else is in the transaction yet. It reports whether the transaction goes on.
func (g *group) runFirst(tx *Tx, r *request) bool {
	if err := r.ctx.Err(); err != nil {
		_ = tx.Rollback()
		r.reply <- err
		return false
	}
	if err := protect(context.WithoutCancel(r.ctx), tx, r.fn); err != nil {
		_ = tx.Rollback()
		r.reply <- err
		return false
	}
	r.after, tx.after = tx.after, nil
	return true
}

// runMember runs a request behind a savepoint. Its context can't be cancelled:
// an interrupted statement would make SQLite give up the neighbours' work too.
func (g *group) runMember(tx *Tx, r *request) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	ctx := context.WithoutCancel(r.ctx)
	err := tx.Savepoint(ctx, func(ctx context.Context) error { return protect(ctx, tx, r.fn) })
	r.after, tx.after = tx.after, nil
	return err
}

func (g *group) waiting() *request {
	select {
	case r := <-g.requests:
		return r
	default:
		return nil
	}
}

func (g *group) reply(members []*request, err error) {
	for _, r := range members {
		if err == nil {
			for _, f := range r.after {
				f()
			}
		}
		r.reply <- err
	}
}
