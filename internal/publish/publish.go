// Package publish owns what the public sees: threads and their posts.
//
// A post is a copy of its own, made of a customer's or a colleague's words for
// the public and released by an act of its own. Nothing a case holds is ever
// shown directly: pages, feeds, caches and the public index are fed from threads
// and posts alone. When in doubt, nothing is published.
//
// The question of a customer:
//
//	Propose ─▶ unconfirmed ──▶ review ──▶ shown ──▶ withdrawn (a tombstone)
//	   │        (address        │ ▲        ▲ │
//	   │         unknown)       ▼ │        │ └─▶ draft (case in the trash) ─▶ review
//	   │                      refused      │
//	   └───────────────────────────────────┘ known author, no doubts
//
// An edit of a shown question is a post of its own, the revision, that goes the
// same way while the old words stay shown; once released, its words take the
// place of the old ones, which become a row of post_versions. So no unreviewed
// word is ever shown, and an answered thread is never lost. A thread has at most
// one revision.
//
// Official answers are released by the act of writing them. A thread is shown
// while its question is; when the question is taken back, the thread is gone for
// good, its address answers 410 and the words of its author are erased.
//
// What follows from the posts of a thread (whether it is shown, its title, its
// counters, whether and until when it waits for an answer) is derived in one
// place: see settle in work.go.
//
// Reads without an actor return released words only. Everything else asks the
// actor: customers reach threads of their own cases, staff those of cases the
// desk let them see.
package publish

import (
	"context"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/platform/seal"
	"lotse/internal/spam"
	"lotse/internal/staff"
)

// Teams is what publish asks about teams; *staff.Directory answers.
type Teams interface {
	// AnswerBy returns until when the team answers what comes in at from. The zero
	// time means that nothing can be promised.
	AnswerBy(ctx context.Context, team ids.ID, from time.Time) (time.Time, error)
	// Restricted reports whether only members see the team's cases.
	Restricted(ctx context.Context, team ids.ID) (bool, error)
	// Team returns a team by id.
	Team(ctx context.Context, a access.Actor, id ids.ID) (staff.Team, error)
}

// Portraits is what publish asks about pictures of colleagues; *staff.Directory
// answers from memory.
type Portraits interface {
	PublicPortraits(ctx context.Context, brand ids.ID) (staff.PublicPortraits, error)
}

// People is what publish asks about customers; *people.People answers.
type People interface {
	// Get returns a customer with names and addresses, which never get into a post.
	Get(ctx context.Context, a access.Actor, id ids.ID) (people.Customer, error)
	// Confirmed reports whether the customer has shown to receive what is sent to
	// the address.
	Confirmed(ctx context.Context, customer ids.ID) (bool, error)
}

// Recorder writes events and notes on cases how far they are public; *desk.Desk
// does.
type Recorder interface {
	RecordTx(ctx context.Context, tx *db.Tx, changes ...desk.Change) error
	MarkPublicTx(ctx context.Context, tx *db.Tx, to desk.Publicity, cases ...ids.ID) error
}

// Scorer says how many points of spam a text has, and whether they are many
// enough that a person should look.
type Scorer func(title, text string) (points int64, doubtful bool)

// Parts are what a publish is made of.
type Parts struct {
	DB      *db.DB
	Seal    *seal.Sealer
	Clock   clock.Clock
	Hub     *live.Hub
	Teams   Teams
	People  People
	Catalog *catalog.Catalog
	Record  Recorder
	Spam    Scorer // nil is package spam
	// Portraits knows the pictures beside official answers; nil: there are none.
	Portraits Portraits
}

// Publish keeps threads and posts.
type Publish struct{ Parts }

// New returns a publish. Package app registers its Hook with the desk.
func New(p Parts) *Publish {
	if p.Spam == nil {
		p.Spam = score
	}
	return &Publish{p}
}

func score(title, text string) (int64, bool) {
	v := spam.Score(spam.Input{Subject: title, Text: text})
	return int64(v.Points), suspect(v)
}

func suspect(v spam.Verdict) bool { return v.Doubtful() || v.Spam() }

// The kinds of event publish records. Their parameters are ids and reasons.
const (
	ThreadPublished desk.EventKind = "thread.published"
	PostReleased    desk.EventKind = "post.released"
	PostTakenBack   desk.EventKind = "post.withdrawn"
	PostNotReleased desk.EventKind = "post.refused"
	ThreadGone      desk.EventKind = "thread.gone"
)
