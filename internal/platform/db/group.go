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

// maxTurn bounds how long patient requests stand back at a time.
const maxTurn = 250 * time.Millisecond

// group is the single writer of SQLite. Requests queue up; the loop takes the
// first, and as long as others wait and the transaction is young, those too.
//
// Somebody waits at the other end of most requests: a mail server for its 250, a
// person for a page. Those that can wait (see Patient) have a queue of their own
// and share no transaction with the others. When a turn of theirs made others
// wait, these have the writer to themselves for as long as that turn took: so
// each side gets half of a busy writer, and all of an idle one.
type group struct {
	db       *bun.DB
	requests chan *request
	patient  chan *request
	standOff time.Time // patient requests wait until then
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
	g := &group{db: db, requests: make(chan *request, maxGroup), patient: make(chan *request, maxGroup), stop: make(chan struct{}), ended: make(chan struct{})}
	go g.loop()
	return g
}

func (g *group) close() {
	g.closing.Do(func() { close(g.stop) })
	<-g.ended
}

func (g *group) write(ctx context.Context, fn func(context.Context, *Tx) error) error {
	r := &request{ctx: ctx, fn: fn, reply: make(chan error, 1)}
	queue := g.requests
	if isPatient(ctx) {
		queue = g.patient
	}
	select {
	case queue <- r:
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
		r, queue := g.next()
		if r == nil {
			g.refuse()
			return
		}
		begin := time.Now()
		g.commitGroup(r, queue)
		if queue == g.patient && len(g.requests) > 0 {
			g.standOff = time.Now().Add(min(time.Since(begin), maxTurn))
		}
	}
}

// next waits for a request and returns it with the queue it came from; nil when
// the group is to end.
func (g *group) next() (*request, chan *request) {
	select {
	case r := <-g.requests:
		return r, g.requests
	default:
	}
	patient := g.patient
	var turn <-chan time.Time
	if wait := time.Until(g.standOff); wait > 0 {
		patient = nil
		turn = time.After(wait)
	}
	for {
		select {
		case r := <-g.requests:
			return r, g.requests
		case r := <-patient:
			return r, g.patient
		case <-turn:
			patient = g.patient
		case <-g.stop:
			return nil, nil
		}
	}
}

// refuse answers whatever came too late.
func (g *group) refuse() {
	for {
		select {
		case r := <-g.requests:
			r.reply <- errClosed
		case r := <-g.patient:
			r.reply <- errClosed
		default:
			return
		}
	}
}

// commitGroup runs first and those waiting behind it in its queue in one
// transaction.
func (g *group) commitGroup(first *request, queue chan *request) {
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
		r := waiting(queue)
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

func waiting(queue chan *request) *request {
	select {
	case r := <-queue:
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

type patientKey struct{}

// Patient returns a context whose writes may wait a little behind others, while
// those keep coming: for work in the background at whose end nobody waits.
func Patient(ctx context.Context) context.Context {
	return context.WithValue(ctx, patientKey{}, true)
}

func isPatient(ctx context.Context) bool {
	p, _ := ctx.Value(patientKey{}).(bool)
	return p
}
