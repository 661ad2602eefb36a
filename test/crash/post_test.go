//go:build crash

package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"lotse/test/program"
)

// letter is one mail of the plan.
type letter struct {
	mail   program.Mail
	parent *letter // the mail it answers; nil: it begins a thread
	answer *letter // the mail that answers it, if any
	twice  bool    // is sent again although it was acknowledged
	eager  bool    // follows the mail it answers at once, else later
	hasty  bool    // the connection is cut before the first acknowledgement is read
}

// plan is what will be sent.
type plan struct {
	letters []*letter
	threads int
}

// newPlan makes n mails: three quarters begin a thread, every other one answers
// one of those. Each customer begins up to two threads: who begins more within
// an hour gets no acknowledgement.
func newPlan(r *rand.Rand, n int) *plan {
	p := &plan{threads: n - n/4}
	for i := range n {
		l := &letter{twice: r.IntN(10) == 0, hasty: r.IntN(12) == 0}
		from := fmt.Sprintf("kunde%d@privat.example", i/2)
		id := fmt.Sprintf("%d.%x@privat.example", i, r.Uint32())
		text := program.Letter{ID: id, From: from, Name: "Kunde", Subject: fmt.Sprintf("Anliegen %d", i), Bytes: 300 + r.IntN(2000)}
		if i >= p.threads {
			l.parent = p.letters[i-p.threads]
			l.parent.answer, l.eager = l, r.IntN(2) == 0
			text.From, text.InReplyTo, text.Subject = l.parent.mail.From, l.parent.mail.ID, "Re: Anliegen"
		}
		l.mail = text.Mail(r.Uint64())
		p.letters = append(p.letters, l)
	}
	return p
}

// post sends the mails of a plan, each until it is acknowledged. An answer is
// sent only after what it answers was acknowledged: so a thread has one right
// order, and different threads have none.
type post struct {
	plan    *plan
	address string
	seed    uint64

	acknowledged atomic.Int64
	transfers    atomic.Int64 // begun, repetitions included
	lost         atomic.Int64 // connections that broke
	ready        chan *letter
	done         chan struct{} // closed at the end
	failed       error         // valid once done is closed

	mu       sync.Mutex
	progress chan struct{} // closed and replaced at every acknowledgement
}

func newPost(p *plan, address string, seed uint64) *post {
	return &post{plan: p, address: address, seed: seed, ready: make(chan *letter, len(p.letters)),
		done: make(chan struct{}), progress: make(chan struct{})}
}

// deliver sends everything and closes done.
func (p *post) deliver(ctx context.Context) {
	defer close(p.done)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	for _, l := range p.plan.letters {
		if l.parent == nil {
			p.ready <- l
		}
	}
	var wg sync.WaitGroup
	for n := range connections {
		wg.Go(func() {
			s := &sender{post: p, random: rand.New(rand.NewPCG(p.seed, uint64(100+n)))}
			if err := s.work(ctx); err != nil {
				stop(err)
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		p.failed = context.Cause(ctx)
	}
}

// acknowledge notes that a mail was acknowledged. It frees the mail that answers
// it, or returns it if it is to follow at once.
func (p *post) acknowledge(l *letter) (next *letter) {
	next = l.answer
	if next != nil && !next.eager {
		p.ready <- next
		next = nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.acknowledged.Add(1) == int64(len(p.plan.letters)) {
		close(p.ready)
	}
	close(p.progress)
	p.progress = make(chan struct{})
	return next
}

// waitFor returns true as soon as n mails are acknowledged, false if the post
// ended before.
func (p *post) waitFor(ctx context.Context, n int) bool {
	for {
		p.mu.Lock()
		progress := p.progress
		p.mu.Unlock()
		if p.acknowledged.Load() >= int64(n) {
			return true
		}
		select {
		case <-progress:
		case <-p.done:
			return p.failed == nil
		case <-ctx.Done():
			return false
		}
	}
}

// sender is one connection, opened again whenever it breaks.
type sender struct {
	post   *post
	random *rand.Rand
	conn   *program.Client
}

func (s *sender) work(ctx context.Context) error {
	defer s.hangUp()
	for {
		l := s.next(ctx)
		if l == nil {
			return nil
		}
		for ; l != nil; l = s.post.acknowledge(l) {
			if err := s.sendAs(ctx, l); err != nil {
				return err
			}
		}
		s.pause(30 * time.Millisecond) // customers do not write without a breath
	}
}

// sendAs sends a mail until it is acknowledged, in the way the plan says.
func (s *sender) sendAs(ctx context.Context, l *letter) error {
	if l.hasty {
		s.cutShort(l.mail)
	}
	err := s.send(ctx, l.mail)
	if err == nil && l.twice {
		err = s.send(ctx, l.mail)
	}
	return err
}

// next returns the next mail to send, nil at the end.
func (s *sender) next(ctx context.Context) *letter {
	select {
	case l := <-s.post.ready:
		return l
	case <-ctx.Done():
		return nil
	}
}

// send repeats a mail until it is acknowledged.
func (s *sender) send(ctx context.Context, m program.Mail) error {
	for ctx.Err() == nil {
		if !s.connect() {
			s.pause(20 * time.Millisecond)
			continue
		}
		s.post.transfers.Add(1)
		err := s.conn.Send(m)
		if err == nil {
			return nil
		}
		var said *program.Answer
		if errors.As(err, &said) && said.Code/100 == 5 {
			return fmt.Errorf("mail %s was refused for good: %w", m.ID, err)
		}
		s.post.lost.Add(1)
		s.hangUp()
	}
	return ctx.Err()
}

// cutShort sends a mail and cuts the connection at the final dot: nobody can say
// then whether it was taken.
func (s *sender) cutShort(m program.Mail) {
	if !s.connect() {
		return
	}
	s.post.transfers.Add(1)
	if err := s.conn.Begin(m); err == nil {
		_ = s.conn.Throw(m)
	}
	s.hangUp()
}

func (s *sender) connect() bool {
	if s.conn != nil {
		return true
	}
	c, err := program.Dial(s.post.address)
	s.conn = c
	return err == nil
}

func (s *sender) hangUp() {
	if s.conn != nil {
		s.conn.Break()
		s.conn = nil
	}
}

// pause waits for a random time below most.
func (s *sender) pause(most time.Duration) { time.Sleep(time.Duration(s.random.Int64N(int64(most)))) }
