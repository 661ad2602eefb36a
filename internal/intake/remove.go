package intake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/desk"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/queue"
)

// blobsPerJob bounds the arguments of one job.
const blobsPerJob = 200

// removeArgs is the job that removes bytes whose rows are gone.
type removeArgs struct {
	Blobs []ids.ID `json:"blobs"`
}

// Kind names the job.
func (removeArgs) Kind() string { return "intake.remove" }

// removeLater removes blobs once the transaction is committed.
func (in *Intake) removeLater(ctx context.Context, tx *db.Tx, blobs []ids.ID) error {
	if in.Queue == nil {
		return nil
	}
	var jobs []queue.Job
	for part := range slices.Chunk(blobs, blobsPerJob) {
		jobs = append(jobs, queue.Job{Args: removeArgs{Blobs: part}})
	}
	return in.Queue.Add(ctx, tx, jobs...)
}

// heldPause is how long bytes that a backup may still need are left alone before
// the job looks again.
const heldPause = time.Minute

// removeBlobs is idempotent: what is gone stays gone.
func (in *Intake) removeBlobs(ctx context.Context, args removeArgs) error {
	if in.Held != nil {
		held, err := in.Held(ctx)
		if err != nil {
			return err
		}
		if held {
			return queue.Later(heldPause)
		}
	}
	var faults []error
	for _, id := range args.Blobs {
		faults = append(faults, in.Blobs.Remove(ctx, id))
	}
	return errors.Join(faults...)
}

// hook follows what arrived to another case, and removes what arrived for one that
// is deleted: the raw envelopes of its messages, copies that came twice, and the
// bytes of its files.
func (in *Intake) hook(ctx context.Context, tx *db.Tx, changes []desk.Change) error {
	for _, c := range changes {
		if c.Kind == desk.MessageMoved && c.Message != nil {
			if err := moveEnvelopes(ctx, tx, *c.Message); err != nil {
				return err
			}
		}
		if c.Kind != desk.Deleted {
			continue
		}
		blobs, err := removeEnvelopes(ctx, tx, c.Removed)
		if err != nil {
			return err
		}
		if err := in.removeLater(ctx, tx, append(blobs, c.Removed.Blobs...)); err != nil {
			return err
		}
	}
	return nil
}

// moveEnvelopes lets the envelope of a message, and copies that came twice, name
// the case it is in now.
func moveEnvelopes(ctx context.Context, tx *db.Tx, m desk.Message) error {
	for _, of := range []struct {
		where string
		id    ids.ID
	}{{"id = ?", m.EnvelopeID}, {"state = 3 AND message_id = ?", m.ID}} { // a literal: the partial index says the same
		if of.id.IsZero() {
			continue
		}
		if _, err := tx.NewUpdate().Model((*envelopeRow)(nil)).Set("case_id = ?", m.CaseID).Where(of.where, of.id).Exec(ctx); err != nil {
			return fmt.Errorf("moving envelopes: %w", err)
		}
	}
	return nil
}

// removeEnvelopes empties the envelopes of a case. Of each the key stays, which is
// a hash: who fetches mail from a mailbox elsewhere may meet the same mail again,
// and what was deleted here must not come back.
func removeEnvelopes(ctx context.Context, tx *db.Tx, r *desk.Removal) (blobs []ids.ID, err error) {
	remove := func(where string, which []ids.ID) error {
		for part := range slices.Chunk(which, 500) {
			var rows []envelopeRow
			err := tx.NewSelect().Model(&rows).Column("blob_id").Where(where, bun.List(part)).Where("blob_id IS NOT NULL").Scan(ctx)
			if err != nil {
				return fmt.Errorf("reading envelopes: %w", err)
			}
			_, err = tx.NewUpdate().Model((*envelopeRow)(nil)).Set("state = ?", Gone).Set("trace = ?", []byte{}).Set("reason = ''").Set("size = 0").
				Set("raw = NULL").Set("blob_id = NULL").Set("case_id = NULL").Set("message_id = NULL").Where(where, bun.List(part)).Exec(ctx)
			if err != nil {
				return fmt.Errorf("emptying envelopes: %w", err)
			}
			for _, e := range rows {
				blobs = append(blobs, e.BlobID)
			}
		}
		return nil
	}
	if err := remove("id IN (?)", r.Envelopes); err != nil {
		return nil, err
	}
	// A literal: the partial index says the same.
	return blobs, remove("state = 3 AND message_id IN (?)", r.Messages)
}
