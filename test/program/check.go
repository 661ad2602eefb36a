package program

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the drivers of both databases
	_ "modernc.org/sqlite"
)

// The states as the tables hold them.
const (
	EnvelopeWaiting   = 1
	EnvelopeDone      = 2
	EnvelopeDuplicate = 3
	EnvelopeLook      = 4

	DeliveryQueued    = 1
	DeliverySending   = 2
	DeliverySent      = 3
	DeliveryFailed    = 4
	DeliveryUncertain = 5
	DeliverySettled   = 6

	MessageInbound = 1
)

// Check reads a desk's database beside the program. It never writes.
type Check struct{ *sql.DB }

// Check opens the desk's database for reading.
func (d *Desk) Check() (*Check, error) { return d.open(true) }

func (d *Desk) open(readOnly bool) (*Check, error) {
	if strings.HasPrefix(d.Database, "postgres") {
		pool, err := sql.Open("pgx", d.Database)
		return &Check{pool}, err
	}
	q := url.Values{"_pragma": {"busy_timeout(10000)"}}
	if readOnly {
		q.Add("_pragma", "query_only(ON)")
	}
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: strings.TrimPrefix(d.Database, "sqlite:"), RawQuery: q.Encode()}
	pool, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	return &Check{pool}, nil
}

// Number returns the one number a query asks for.
func (c *Check) Number(ctx context.Context, query string, args ...any) (int, error) {
	var n int
	if err := c.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("%s: %w", query, err)
	}
	return n, nil
}

// Backlog returns how many envelopes wait and how many deliveries are under way.
func (c *Check) Backlog(ctx context.Context) (waiting, sending int, err error) {
	if waiting, err = c.Number(ctx, "SELECT count(*) FROM envelopes WHERE state = 1"); err != nil {
		return 0, 0, err
	}
	sending, err = c.Number(ctx, "SELECT count(*) FROM deliveries WHERE state IN (1, 2)")
	return waiting, sending, err
}

// Settle waits until nothing waits and nothing is under way any more. It
// returns an error that says what is left when the time is up.
func (c *Check) Settle(ctx context.Context, timeout time.Duration) error {
	deadline := time.Now().Add(timeout)
	for {
		waiting, sending, err := c.Backlog(ctx)
		if err == nil && waiting == 0 && sending == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("after %v %d envelopes wait and %d deliveries are under way (%v)", timeout, waiting, sending, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Entry is one inbound message.
type Entry struct {
	ExternalID string // Message-ID without brackets
	CaseID     string
	From       string
	Subject    string
	Body       string
}

// Inbound returns every message that came in. What a customer wrote is stored
// through platform/seal, which passes it on unchanged today.
func (c *Check) Inbound(ctx context.Context) ([]Entry, error) {
	rows, err := c.QueryContext(ctx, "SELECT external_id, case_id, author_name, subject, body FROM messages WHERE kind = 1 ORDER BY created_at, seq")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Entry
	for rows.Next() {
		var id, caseID, from, subject, body []byte
		if err := rows.Scan(&id, &caseID, &from, &subject, &body); err != nil {
			return nil, err
		}
		all = append(all, Entry{string(id), string(caseID), string(from), string(subject), string(body)})
	}
	return all, rows.Err()
}

// Delivery is one delivery as far as its outcome goes.
type Delivery struct {
	Address    string
	ExternalID string // Message-ID without brackets of what it sends
	State      int
	Attempts   int
	Code       int
	Words      string // the other server's
	Reason     string
	NextAt     time.Time // zero if it does not wait
}

// Deliveries returns every delivery of a message, the oldest first. Addresses and words
// are stored through platform/seal, which passes them on unchanged today.
func (c *Check) Deliveries(ctx context.Context) ([]Delivery, error) {
	rows, err := c.QueryContext(ctx, `SELECT d.address, m.external_id, d.state, d.attempts, d.code, d.words, d.reason, coalesce(d.next_at, 0)
		FROM deliveries d JOIN messages m ON m.id = d.message_id ORDER BY d.created_at, d.id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Delivery
	for rows.Next() {
		var address, id, words []byte
		var next int64
		var s Delivery
		if err := rows.Scan(&address, &id, &s.State, &s.Attempts, &s.Code, &words, &s.Reason, &next); err != nil {
			return nil, err
		}
		if next > 0 {
			s.NextAt = time.UnixMicro(next)
		}
		s.Address, s.ExternalID, s.Words = string(address), string(id), string(words)
		all = append(all, s)
	}
	return all, rows.Err()
}
