// Package mailbox knows how the mailboxes are doing: how far each was fetched,
// whether it works, since when it does not and at which step, and when something
// last came.
//
// What a mailbox is (its address, where its mail lies, the passwords) belongs to
// package catalog and changes when an administrator says so. What is here changes
// while mail runs. An adapter that fetches keeps its place with Cursor and
// Advance and says with Note how it went, at least every Heartbeat; the outbox
// says with NoteSending when mail can't leave, or copies of it can't be kept. Pages,
// the API and the figures ask for Health and Alarms, which cost no statement while
// what was read is fresh.
package mailbox

import (
	"context"
	"sync"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
	"lotse/internal/platform/snapshot"
)

const (
	// Heartbeat is how often a mailbox that is fetched is reported on, at the
	// least, even if nothing happens: one nobody speaks of has no fetcher.
	Heartbeat = 30 * time.Second
	// AlarmAfter is how long a mailbox may fail before the workspace says so. A
	// server that restarts is no alarm; with what is remembered for a few seconds
	// two minutes are kept.
	AlarmAfter = time.Minute
	// LostAfter is how long nobody may have spoken of a mailbox.
	LostAfter = 3 * Heartbeat
)

// Accounts are the mailboxes there are; catalog.Catalog is one.
type Accounts interface {
	Accounts(ctx context.Context, channel string) ([]catalog.Account, error)
}

// Parts are what Boxes stands on.
type Parts struct {
	DB       *db.DB
	Seal     *seal.Sealer
	Clock    clock.Clock
	Accounts Accounts

	// For Try alone.
	Candidates Candidates
	Relays     Relays
	Fetchers   map[string]Fetcher // by channel
}

// Boxes knows how the mailboxes are doing.
type Boxes struct {
	Parts
	states  snapshot.Of[map[ids.ID]State]
	sending snapshot.Of[map[ids.ID]map[Part]Trouble] // what fails

	mu      sync.Mutex
	arrived map[ids.ID]clock.Stamp // since the last Flush
	watched map[ids.ID]clock.Stamp // since when somebody should fetch them
}

// New returns what knows how the mailboxes are doing.
func New(p Parts) *Boxes {
	b := &Boxes{Parts: p, arrived: map[ids.ID]clock.Stamp{}, watched: map[ids.ID]clock.Stamp{}}
	b.states.Alone, b.sending.Alone = !p.DB.Postgres(), !p.DB.Postgres()
	return b
}
