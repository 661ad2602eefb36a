package trust

import (
	"context"
	"errors"
	"maps"
	"net"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"lotse/internal/platform/clock"
)

// Resolver looks names up. *net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// Limits of looking up.
const (
	firstTry  = 700 * time.Millisecond // a lost packet must not cost the answer
	lookupMax = 2 * time.Second
	cacheSize = 4096
	atOnce    = 256 // lookups
)

// How long answers are kept. The resolver does not tell their TTL, so none is
// kept longer than a domain that changes its records expects.
const (
	keepFound   = 5 * time.Minute
	keepMissing = time.Minute
	keepFailed  = 10 * time.Second
)

// SystemResolver asks the name server at an address ("host:port"), or the
// machine's own for "".
func SystemResolver(server string) Resolver {
	r := &net.Resolver{PreferGo: true}
	if server != "" {
		r.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server)
		}
	}
	return r
}

// Patient gives lookups a limit of time, asks twice if need be, remembers answers
// for a while, and knows two failures only: there is no such name, and the answer
// could not be had (temporary). It is safe for concurrent use.
func Patient(next Resolver, c clock.Clock) Resolver {
	return &patient{next: next, clock: c, answers: map[question]answer{}, slots: make(chan struct{}, atOnce)}
}

type patient struct {
	next   Resolver
	clock  clock.Clock
	slots  chan struct{}
	flight singleflight.Group

	mu      sync.Mutex
	answers map[question]answer
}

type question struct{ kind, name string }

type answer struct {
	value any
	err   error
	until time.Time
}

// LookupTXT returns the TXT records of a name.
func (p *patient) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return lookup(ctx, p, question{"TXT", rooted(name)}, p.next.LookupTXT)
}

// LookupMX returns the MX records of a name.
func (p *patient) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	return lookup(ctx, p, question{"MX", rooted(name)}, p.next.LookupMX)
}

// LookupIPAddr returns the addresses of a host.
func (p *patient) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	return lookup(ctx, p, question{"A", rooted(host)}, p.next.LookupIPAddr)
}

// LookupAddr returns the names of an address.
func (p *patient) LookupAddr(ctx context.Context, addr string) ([]string, error) {
	return lookup(ctx, p, question{"PTR", addr}, p.next.LookupAddr)
}

// rooted keeps the search list of the machine out of it.
func rooted(name string) string {
	if name == "" || name[len(name)-1] == '.' {
		return name
	}
	return name + "."
}

// lookup asks once for all who ask the same at the same time.
func lookup[T any](ctx context.Context, p *patient, q question, ask func(context.Context, string) ([]T, error)) ([]T, error) {
	a, known := p.known(q)
	if !known {
		pending := p.flight.DoChan(q.kind+" "+q.name, func() (any, error) {
			if a, known := p.known(q); known { // somebody's answer came since we looked
				return a, nil
			}
			return p.keep(q, fetch(context.WithoutCancel(ctx), p, q.name, ask)), nil
		})
		select {
		case <-ctx.Done():
			return nil, &net.DNSError{Err: "out of time", Name: q.name, IsTimeout: true, IsTemporary: true}
		case result := <-pending:
			a = result.Val.(answer)
		}
	}
	if a.err != nil {
		return nil, a.err
	}
	return a.value.([]T), nil
}

func fetch[T any](ctx context.Context, p *patient, name string, ask func(context.Context, string) ([]T, error)) answer {
	ctx, cancel := context.WithTimeout(ctx, lookupMax)
	defer cancel()
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return answer{err: plainError(name, ctx.Err())}
	}
	short, done := context.WithTimeout(ctx, firstTry)
	found, err := ask(short, name)
	done()
	if err != nil && !missing(err) && ctx.Err() == nil {
		found, err = ask(ctx, name)
	}
	if len(found) > 0 { // some answers come with a complaint about their neighbours
		return answer{value: found}
	}
	return answer{value: found, err: plainError(name, err)}
}

// plainError makes of every failure but "no such name" a temporary one: a name
// server that refuses a connection says nothing about the name.
func plainError(name string, err error) error {
	if err == nil {
		return nil
	}
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound && !dns.Temporary() {
		return &net.DNSError{Err: "no such name", Name: name, IsNotFound: true}
	}
	return &net.DNSError{Err: err.Error(), Name: name, IsTemporary: true}
}

func (p *patient) known(q question) (answer, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, ok := p.answers[q]
	return a, ok && p.clock.Now().Before(a.until)
}

func (p *patient) keep(q question, a answer) answer {
	now := p.clock.Now()
	a.until = now.Add(keepFound)
	if missing(a.err) {
		a.until = now.Add(keepMissing)
	} else if a.err != nil {
		a.until = now.Add(keepFailed)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.answers) >= cacheSize {
		maps.DeleteFunc(p.answers, func(_ question, old answer) bool { return !now.Before(old.until) })
	}
	if len(p.answers) >= cacheSize {
		clear(p.answers)
	}
	p.answers[q] = a
	return a
}

// missing reports whether a lookup found that there is no such name.
func missing(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}
