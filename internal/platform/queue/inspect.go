package queue

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
)

// This file is what an operator sees of the queue. It reads River's table by
// itself, for two reasons: River's own listing sorts all jobs of a state, and on
// SQLite it would hold up the one writer. Each question here walks an index that
// exists and stops at a limit, so it costs the same at a million jobs.

// State is where a job stands, as River stores it.
type State string

// The states.
const (
	Waiting   State = "available" // runs as soon as a worker is free
	Planned   State = "scheduled" // runs at its time
	Running   State = "running"
	Failing   State = "retryable" // failed and runs again at its time
	GivenUp   State = "discarded" // failed as often as it may
	Done      State = "completed"
	Discarded State = "cancelled" // by a person
)

// States lists every state, those that need somebody first.
func States() []State {
	return []State{GivenUp, Failing, Waiting, Planned, Running, Done, Discarded}
}

// ended reports whether a job in the state is over.
func (s State) ended() bool { return s == GivenUp || s == Done || s == Discarded }

// queues are all there are. Every job has the default priority: an index is
// walked queue by queue.
var queues = []string{Default, Delivery}

// Info is a job as an operator sees it. Times that are not set are zero.
type Info struct {
	ID       int64
	Kind     string
	Queue    string
	State    State
	Attempts int             // so far
	Limit    int             // of attempts
	Args     json.RawMessage // ids, enums and numbers
	Failures []Failure       // the last few, newest first
	Created  time.Time
	Begun    time.Time // the last attempt
	Next     time.Time // the next attempt, or when it was first due
	Ended    time.Time
}

// Failure is one attempt that failed.
type Failure struct {
	At      time.Time
	Attempt int
	Cause   string // cut to a few lines
}

const (
	shownFailures = 5
	maxCause      = 500 // characters
)

type infoRow struct {
	ID          int64
	Kind        string
	Queue       string
	State       string
	Attempt     int64
	MaxAttempts int64
	Args        string
	Errors      string
	Created     string
	Begun       string
	Next        string
	Ended       string
}

// columns of infoRow. Times are text, exactly as stored: that is what SQLite
// compares.
func (q *Queue) columns() string {
	if q.db.Postgres() {
		return `id, kind, queue, state::text AS state, attempt, max_attempts, args::text AS args, coalesce(array_to_json(errors)::text, '[]') AS errors, ` +
			stamp("created_at", "created") + ", " + stamp("attempted_at", "begun") + ", " + stamp("scheduled_at", "next") + ", " + stamp("finalized_at", "ended")
	}
	return `id, kind, queue, state, attempt, max_attempts, json(args) AS args, coalesce(json(errors), '[]') AS errors, ` +
		`CAST(created_at AS TEXT) AS created, coalesce(CAST(attempted_at AS TEXT), '') AS begun, CAST(scheduled_at AS TEXT) AS next, coalesce(CAST(finalized_at AS TEXT), '') AS ended`
}

// stamp writes a time of PostgreSQL in the form SQLite has it.
func stamp(column, name string) string {
	return "coalesce(to_char(" + column + " AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), '') AS " + name
}

// place is where a page of a list ended.
type place struct {
	state State
	at    string // time as stored
	id    int64
}

func (p place) String() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s|%s|%d", p.state, p.at, p.id))
}

func parsePlace(s string, states []State) (place, error) {
	if s == "" {
		return place{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	parts := strings.Split(string(raw), "|")
	if err != nil || len(parts) != 3 {
		return place{}, errs.Field("after", "list.cursor_invalid")
	}
	p := place{state: State(parts[0]), at: parts[1]}
	if p.id, err = strconv.ParseInt(parts[2], 10, 64); err != nil || !slices.Contains(states, p.state) || moment(p.at).IsZero() {
		return place{}, errs.Field("after", "list.cursor_invalid")
	}
	return p, nil
}

// List returns up to limit jobs in the states, state by state: those that ended
// newest first, the others by when they run. after is "" or what List returned
// as next; next is "" at the end. A strange after is an errs.Field error.
func (q *Queue) List(ctx context.Context, states []State, after string, limit int) (list []Info, next string, err error) {
	from, err := parsePlace(after, states)
	if err != nil {
		return nil, "", err
	}
	if from.state != "" {
		states = states[slices.Index(states, from.state):]
	}
	var rows []infoRow
	for _, s := range states {
		more, err := q.ofState(ctx, s, from, limit+1-len(rows))
		if err != nil {
			return nil, "", err
		}
		if rows = append(rows, more...); len(rows) > limit {
			break
		}
		from = place{}
	}
	if len(rows) > limit {
		last := rows[limit-1]
		at := last.Next
		if State(last.State).ended() {
			at = last.Ended
		}
		rows, next = rows[:limit], place{State(last.State), at, last.ID}.String()
	}
	for _, r := range rows {
		info, err := r.info()
		if err != nil {
			return nil, "", err
		}
		list = append(list, info)
	}
	return list, next, nil
}

// ofState reads jobs of one state behind a place along the index that fits.
func (q *Queue) ofState(ctx context.Context, s State, from place, limit int) (rows []infoRow, err error) {
	var parts []string
	var args []any
	column, order, than := "scheduled_at", "scheduled_at, id", ">"
	each := queues
	if s.ended() {
		column, order, than, each = "finalized_at", "finalized_at DESC, id DESC", "<", []string{""}
	}
	for _, name := range each {
		part := "SELECT * FROM (SELECT " + q.columns() + ", " + column + " AS place FROM river_job WHERE state = ?"
		args = append(args, string(s))
		if s.ended() {
			part += " AND finalized_at IS NOT NULL"
		} else {
			part += " AND queue = ? AND priority = 1"
			args = append(args, name)
		}
		if from.at != "" {
			part += " AND (" + column + ", id) " + than + " (" + q.asStored() + ", ?)"
			args = append(args, from.at, from.id)
		}
		parts = append(parts, part+" ORDER BY "+order+" LIMIT ?) AS part")
		args = append(args, limit)
	}
	outer := strings.ReplaceAll(order, column, "place")
	query := "SELECT id, kind, queue, state, attempt, max_attempts, args, errors, created, begun, next, ended FROM (" +
		strings.Join(parts, " UNION ALL ") + ") AS every ORDER BY " + outer + " LIMIT ?"
	if err := q.db.Read().NewRaw(query, append(args, limit)...).Scan(ctx, &rows); err != nil {
		return nil, db.Classify(fmt.Errorf("listing jobs: %w", err))
	}
	return rows, nil
}

// asStored turns the text of a time back into what its column holds.
func (q *Queue) asStored() string {
	if q.db.Postgres() {
		return "(CAST(? AS timestamp) AT TIME ZONE 'UTC')"
	}
	return "?"
}

// Find returns one job; errs.NotFound if there is none, any more.
func (q *Queue) Find(ctx context.Context, id int64) (Info, error) {
	var row infoRow
	if err := q.db.Read().NewRaw("SELECT "+q.columns()+" FROM river_job WHERE id = ?", id).Scan(ctx, &row); err != nil {
		return Info{}, db.Classify(fmt.Errorf("reading a job: %w", err))
	}
	return row.info()
}

func (r infoRow) info() (Info, error) {
	i := Info{
		ID: r.ID, Kind: r.Kind, Queue: r.Queue, State: State(r.State), Attempts: int(r.Attempt), Limit: int(r.MaxAttempts), Args: json.RawMessage(r.Args),
		Created: moment(r.Created), Begun: moment(r.Begun), Next: moment(r.Next), Ended: moment(r.Ended),
	}
	var failures []struct {
		At      time.Time `json:"at"`
		Attempt int       `json:"attempt"`
		Error   string    `json:"error"`
	}
	if err := json.Unmarshal([]byte(r.Errors), &failures); err != nil {
		return Info{}, fmt.Errorf("reading the failures of job %d: %w", r.ID, err)
	}
	for n := len(failures) - 1; n >= 0 && len(i.Failures) < shownFailures; n-- {
		f := failures[n]
		i.Failures = append(i.Failures, Failure{At: f.At, Attempt: f.Attempt, Cause: shorten(f.Error)})
	}
	return i, nil
}

func shorten(s string) string {
	if r := []rune(s); len(r) > maxCause {
		return string(r[:maxCause]) + "…"
	}
	return s
}

// moment reads a time of the table; what is none is zero. SQLite holds them as
// River writes them, with or without a fraction and a zone, which is always UTC.
func moment(s string) time.Time {
	s, _, _ = strings.Cut(s, " +0000 UTC")
	t, err := time.ParseInLocation("2006-01-02 15:04:05", s, time.UTC) // a fraction is taken too
	if err != nil {
		return time.Time{}
	}
	return t
}
