// Package intake takes in what arrives and brings it to its case.
//
// An adapter hands over an Arrival; Accept returns only after its bytes are on
// disk as an envelope. From there each account is a lane: a loop that holds the
// lane's lease reads up to a hundred waiting envelopes, parses them in parallel
// (pure, no database), and joins them to cases in the order they came, in one
// transaction. If the transaction fails, its envelopes are tried one by one, so
// that a poisonous one is found, parked in the "needs a look" list with its
// reason, and the next goes on.
//
//	waiting ──▶ done          became a message
//	   ├──────▶ duplicate     a copy of a message that is there
//	   └──────▶ look ──▶ waiting (try again) or dismissed
//
// A message joins a case by the signed token of a reply address, or because it
// answers a message of the case and comes from one who takes part in it. The order
// in which messages of one person come does not matter: a message that an earlier
// one answers joins it, and two answers to a message nobody has seen are one case;
// cases that a later message shows to be one are merged, as long as nobody works
// on them. A case number in the subject or the sender alone never joins, nor does a
// mail whose sender may be forged: such cases are shown as "belongs to?" for a
// person to decide.
//
// What a colleague passes on becomes a case of its first sender. What reports the
// fate of a message of ours goes to the delivery it speaks of.
//
// What comes by a page of the portal needs no lane: Ask and Write bring it to its
// case at once, in one transaction. Whom the brand blocks is not told: what they
// send is kept, in the trash.
package intake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/blob"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/platform/queue"
	"lotse/internal/platform/seal"
)

// State is where an envelope stands.
type State uint8

// The states. They are stored: never renumber.
const (
	Waiting   State = 1
	Done      State = 2
	Duplicate State = 3
	Look      State = 4 // a person must look at it
	Dismissed State = 5 // a person said that nothing is lost with it
	Gone      State = 6 // deleted for good; only the key is left, so that it does not come back
)

// inlineLimit is up to how many bytes an envelope lies in the database itself:
// one commit then makes it durable. Larger ones go to the blob store first.
const inlineLimit = 256 << 10

type envelopeRow struct {
	bun.BaseModel `bun:"table:envelopes,alias:e"`
	Seq           int64 `bun:",pk,autoincrement"`
	ID            ids.ID
	BrandID       ids.ID
	AccountID     ids.ID
	Channel       string
	Key           []byte
	Trace         []byte
	Raw           []byte `bun:",nullzero"`
	BlobID        ids.ID `bun:",nullzero"`
	Size          int64
	State         State
	Reason        string
	Tries         int64
	CaseID        ids.ID `bun:",nullzero"`
	MessageID     ids.ID `bun:",nullzero"`
	ReceivedAt    clock.Stamp
	ProcessedAt   clock.Stamp `bun:",nullzero"`
}

// Accounts is what the intake asks about mailboxes and channel accounts.
type Accounts interface {
	Accounts(ctx context.Context, kind string) ([]catalog.Account, error)
}

// Parts are what an intake is made of.
type Parts struct {
	DB       *db.DB
	Seal     *seal.Sealer
	Clock    clock.Clock
	Blobs    *blob.Folder
	Hub      *live.Hub
	Desk     *desk.Desk
	People   *people.People
	Accounts Accounts
	Readers  map[string]Reader // by channel
	Token    func(brand ids.ID, token string) (number string, ok bool)
	// SideToken is Token for side conversations: it returns their code. nil: there are
	// none.
	SideToken func(brand ids.ID, token string) (code string, ok bool)
	// Return is Token for return paths: it returns the delivery whose it is. nil:
	// nothing came back to any.
	Return func(token string) (delivery ids.ID, ok bool)
	Queue  *queue.Queue // removes bytes whose rows are gone
	// FirstTeam returns the team for what comes in by a page of a brand that has
	// no mailbox.
	FirstTeam func(ctx context.Context, brand ids.ID) (ids.ID, error)
	// Checks look at where mail comes from and what is in it; nil: nobody does.
	Checks Checks
	// Sends finds what left the desk, for reports of what became of it; nil: there
	// is nothing.
	Sends Sends
	// Colleague returns the active staff member of a brand who has an address, false
	// if none has. nil: nobody.
	Colleague func(ctx context.Context, brand ids.ID, address string) (id ids.ID, name string, ok bool, err error)
	// Held reports whether a backup runs that may still need bytes whose rows are
	// gone. nil: there are no backups.
	Held    func(ctx context.Context) (bool, error)
	Log     *slog.Logger
	Counted func(State) // told of each envelope's outcome, for figures; may be nil
}

// Intake takes in.
type Intake struct {
	Parts
	passes    *access.Passes
	holder    ids.ID
	wake      chan struct{}
	checkTime time.Duration // that the checks of a batch may take together
}

// New returns an intake, and registers its jobs with the queue and its hook with
// the desk. Readers may be added until Run is called.
func New(p Parts) *Intake {
	if p.Counted == nil {
		p.Counted = func(State) {}
	}
	in := &Intake{Parts: p, passes: access.NewPasses(p.DB, p.Clock), holder: ids.New(), wake: make(chan struct{}, 1), checkTime: checkTime}
	if p.Queue != nil {
		queue.Register(p.Queue, in.removeBlobs)
	}
	p.Desk.AddHook(in.hook)
	p.Desk.SetClaimer(in.enclose)
	return in
}

// Accept keeps an arrival. When it returns nil, the bytes are on disk. The same
// bytes, or the same key, for the same account are kept once. It fails with errs.Unavailable when
// nothing can be kept now.
func (in *Intake) Accept(ctx context.Context, a Arrival) error {
	row, err := in.rowFor(ctx, a)
	if err != nil {
		return err
	}
	known := false
	err = in.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		known, err = in.acceptTx(ctx, tx, row)
		return err
	})
	if (err != nil || known) && !row.BlobID.IsZero() {
		_ = in.Blobs.Remove(context.WithoutCancel(ctx), row.BlobID) // what is left behind does no harm
	}
	if err != nil {
		return fmt.Errorf("keeping an envelope: %w", err)
	}
	in.Wake()
	return nil
}

// keptTx reports whether the bytes of an envelope that exists already are there.
// If not, it gives the envelope those that came now: when the connection to the
// database broke during the first commit, nobody knew that it had succeeded, and
// the bytes were thrown away.
func (in *Intake) keptTx(ctx context.Context, tx *db.Tx, again envelopeRow) (bool, error) {
	var first envelopeRow
	err := tx.NewSelect().Model(&first).Column("seq", "blob_id").Where("account_id = ? AND key = ?", again.AccountID, again.Key).Scan(ctx)
	if err != nil || first.BlobID.IsZero() {
		return true, err
	}
	file, err := in.Blobs.Open(ctx, first.BlobID)
	if err == nil {
		return true, file.Close()
	}
	if !errs.Is(err, errs.NotFound) {
		return true, err
	}
	_, err = tx.NewUpdate().Model((*envelopeRow)(nil)).Set("blob_id = ?", again.BlobID).Set("state = ?", Waiting).
		Set("tries = 0").Set("reason = ''").Where("seq = ?", first.Seq).Exec(ctx)
	return false, err
}

// Wake makes the lanes look for waiting envelopes now.
func (in *Intake) Wake() {
	select {
	case in.wake <- struct{}{}:
	default:
	}
}

func (in *Intake) rowFor(ctx context.Context, a Arrival) (envelopeRow, error) {
	id := ids.New()
	trace, err := json.Marshal(a.Trace)
	if err != nil {
		return envelopeRow{}, fmt.Errorf("writing the trace: %w", err)
	}
	row := envelopeRow{
		ID: id, BrandID: a.BrandID, AccountID: a.AccountID, Channel: a.Channel, Trace: in.Seal.SealBytes(id, trace),
		State: Waiting, ReceivedAt: clock.Now(in.Clock),
	}
	if a.Spool == nil && len(a.Raw) <= inlineLimit {
		key := sha256.Sum256(a.Raw)
		row.Key, row.Raw, row.Size = keyOr(a.Key, key[:]), in.Seal.SealBytes(id, a.Raw), int64(len(a.Raw))
		return row, nil
	}
	return row, in.spill(ctx, a, &row)
}

// spill puts a large arrival into the blob store.
func (in *Intake) spill(ctx context.Context, a Arrival, row *envelopeRow) error {
	var src io.Reader = bytes.NewReader(a.Raw)
	if a.Spool != nil {
		src = io.NewSectionReader(a.Spool, 0, a.Spool.Size())
	}
	hash := sha256.New()
	info, err := in.Blobs.Put(ctx, io.TeeReader(src, hash))
	if err != nil {
		return fmt.Errorf("keeping a large envelope: %w", err)
	}
	row.Key, row.BlobID, row.Size = keyOr(a.Key, hash.Sum(nil)), info.ID, info.Size
	return nil
}

// keyOr returns the key an adapter chose, else that of the bytes. A chosen one is
// hashed, so that it can't be made to meet the key of any bytes.
func keyOr(chosen, ofBytes []byte) []byte {
	if chosen == nil {
		return ofBytes
	}
	key := sha256.Sum256(append([]byte("chosen key\x00"), chosen...))
	return key[:]
}

// open returns the raw bytes of an envelope.
func (in *Intake) open(ctx context.Context, row envelopeRow) (io.ReadCloser, error) {
	if row.BlobID.IsZero() {
		return io.NopCloser(bytes.NewReader(in.Seal.OpenBytes(row.ID, row.Raw))), nil
	}
	return in.Blobs.Open(ctx, row.BlobID)
}

// Backlog returns how many envelopes wait and how many need a look.
func (in *Intake) Backlog(ctx context.Context) (waiting, look int, err error) {
	for _, q := range []struct {
		where string
		n     *int
	}{{"state = 1", &waiting}, {"state = 4", &look}} {
		n, err := in.DB.Read().NewSelect().Model((*envelopeRow)(nil)).Where(q.where).Count(ctx)
		if err != nil {
			return 0, 0, db.Classify(err)
		}
		*q.n = int(n)
	}
	return waiting, look, nil
}

var errNotLeased = errs.New(errs.Conflict, "intake.lane_taken")
