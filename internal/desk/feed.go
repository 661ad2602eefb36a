package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// FeedCursor is a place in the feed of events: the transaction that wrote an event and the
// event's number. The zero FeedCursor is the beginning.
//
// Numbers alone would not do on PostgreSQL: a transaction that took a lower
// number may commit later, and whoever had read past it would miss it. Among the
// transactions that are over, the order of their ids is final.
type FeedCursor struct{ Tx, Seq int64 }

// String returns the cursor for a link, "" for the beginning.
func (c FeedCursor) String() string {
	if c == (FeedCursor{}) {
		return ""
	}
	return strconv.FormatInt(c.Tx, 10) + "-" + strconv.FormatInt(c.Seq, 10)
}

// ParseFeedCursor reads a cursor; what is none is a field error for "after".
func ParseFeedCursor(s string) (FeedCursor, error) {
	if s == "" {
		return FeedCursor{}, nil
	}
	first, second, _ := strings.Cut(s, "-")
	tx, err := strconv.ParseInt(first, 10, 64)
	seq, serr := strconv.ParseInt(second, 10, 64)
	if err != nil || serr != nil || tx < 0 || seq < 0 {
		return FeedCursor{}, errs.Field("after", "list.cursor_invalid")
	}
	return FeedCursor{Tx: tx, Seq: seq}, nil
}

// FeedEntry is an event in the feed.
type FeedEntry struct {
	Event
	Cursor     FeedCursor
	CaseID     ids.ID // zero if it is about none
	CaseNumber string // "" if the case is gone
}

// Feed is one page of the feed.
type Feed struct {
	Entries []FeedEntry
	Next    FeedCursor // to go on from, also where Entries is empty
	More    bool       // there is more to read at once
}

type feedRow struct {
	Seq       int64
	Txid      int64
	CaseID    ids.ID
	Kind      EventKind
	ActorKind access.Kind
	ActorID   ids.ID
	Params    []byte
	CreatedAt clock.Stamp
	Number    *string
	TeamID    ids.ID
	OwnerID   ids.ID
}

// MaxFeed is the most events one page of the feed holds.
const MaxFeed = 500

// Feed returns what happened after a place, oldest first, at most limit events
// (1 to MaxFeed). Whoever goes on from Next is told of everything exactly once.
// What happened to cases the actor may not see is left out; of a deleted case
// remains that it was deleted. It needs FollowEvents.
func (d *Desk) Feed(ctx context.Context, a access.Actor, after FeedCursor, limit int) (Feed, error) {
	if err := a.Require(access.FollowEvents); err != nil {
		return Feed{}, err
	}
	limit = min(max(limit, 1), MaxFeed)
	rows, err := d.feedRows(ctx, a.BrandID, after, limit)
	if err != nil {
		return Feed{}, err
	}
	if len(rows) == 0 && d.db.Postgres() && after.Tx > 0 {
		if rows, err = d.feedOfAnotherCluster(ctx, a.BrandID, after, limit); err != nil {
			return Feed{}, err
		}
	}
	f := Feed{Next: after, More: len(rows) == limit}
	for _, r := range rows {
		f.Next = FeedCursor{Tx: r.Txid, Seq: r.Seq}
		shown, err := d.inFeed(ctx, a, r)
		if err != nil {
			return Feed{}, err
		}
		if !shown {
			continue
		}
		e, err := r.entry()
		if err != nil {
			return Feed{}, err
		}
		f.Entries = append(f.Entries, e)
	}
	return f, nil
}

func (d *Desk) feedRows(ctx context.Context, brand ids.ID, after FeedCursor, limit int) (rows []feedRow, err error) {
	q := d.db.Read().NewSelect().TableExpr("events AS e").
		ColumnExpr("e.seq, e.txid, e.case_id, e.kind, e.actor_kind, e.actor_id, e.params, e.created_at, c.number, c.team_id, c.owner_id").
		Join("LEFT JOIN cases AS c ON c.id = e.case_id").
		Where("e.brand_id = ? AND (e.txid, e.seq) > (?, ?)", brand, after.Tx, after.Seq).
		OrderExpr("e.txid, e.seq").Limit(int64(limit))
	if d.db.Postgres() { // what older transactions still write would come before
		q = q.Where("e.txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
	}
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, db.Classify(fmt.Errorf("reading the feed: %w", err))
	}
	return rows, nil
}

// feedOfAnotherCluster reads on by number alone where a cursor names a
// transaction that is yet to come: the database was restored since, and counts
// its transactions anew (see MendFeed).
func (d *Desk) feedOfAnotherCluster(ctx context.Context, brand ids.ID, after FeedCursor, limit int) ([]feedRow, error) {
	var foreign bool
	err := d.db.Read().NewRaw("SELECT ? >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint", after.Tx).Scan(ctx, &foreign)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading the feed: %w", err))
	}
	if !foreign {
		return nil, nil
	}
	return d.feedRows(ctx, brand, FeedCursor{Seq: after.Seq}, limit)
}

// inFeed reports whether the actor may know of an event.
func (d *Desk) inFeed(ctx context.Context, a access.Actor, r feedRow) (bool, error) {
	if r.CaseID.IsZero() || r.Number == nil {
		return r.CaseID.IsZero() || r.Kind == Deleted, nil
	}
	return d.visible(ctx, a, Case{TeamID: r.TeamID, OwnerID: r.OwnerID})
}

func (r feedRow) entry() (FeedEntry, error) {
	e := FeedEntry{Event: Event{Seq: r.Seq, Kind: r.Kind, ActorKind: r.ActorKind, ActorID: r.ActorID, CreatedAt: r.CreatedAt.Time()},
		Cursor: FeedCursor{Tx: r.Txid, Seq: r.Seq}, CaseID: r.CaseID}
	if r.Number != nil {
		e.CaseNumber = *r.Number
	}
	if err := json.Unmarshal(r.Params, &e.Params); err != nil {
		return FeedEntry{}, fmt.Errorf("reading an event's parameters: %w", err)
	}
	return e, nil
}

// MendFeed puts events that another database cluster wrote, of which this one is
// a restored copy, to the beginning of the feed: their transactions would seem
// to be yet to come. It is called at the start and usually finds none.
func (d *Desk) MendFeed(ctx context.Context) error {
	if !d.db.Postgres() {
		return nil
	}
	return d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewUpdate().Model((*eventRow)(nil)).Set("txid = 0").
			Where("brand_id IN (SELECT id FROM brands)").
			Where("txid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint").Exec(ctx)
		if err != nil {
			return fmt.Errorf("mending the feed: %w", err)
		}
		return nil
	})
}

// FeedEnd returns the place behind all that can be read now. It needs
// FollowEvents.
func (d *Desk) FeedEnd(ctx context.Context, a access.Actor) (FeedCursor, error) {
	if err := a.Require(access.FollowEvents); err != nil {
		return FeedCursor{}, err
	}
	var rows []feedRow
	q := d.db.Read().NewSelect().TableExpr("events").Column("txid", "seq").Where("brand_id = ?", a.BrandID).OrderExpr("txid DESC, seq DESC").Limit(1)
	if d.db.Postgres() {
		q = q.Where("txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
	}
	if err := q.Scan(ctx, &rows); err != nil {
		return FeedCursor{}, db.Classify(fmt.Errorf("reading the end of the feed: %w", err))
	}
	if len(rows) == 0 {
		return FeedCursor{}, nil
	}
	return FeedCursor{Tx: rows[0].Txid, Seq: rows[0].Seq}, nil
}
