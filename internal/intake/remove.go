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

// hook removes what arrived for a case that is deleted: the raw envelopes of its
// messages, copies that came twice, and the bytes of its files.
func (in *Intake) hook(ctx context.Context, tx *db.Tx, changes []desk.Change) error {
	for _, c := range changes {
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

func removeEnvelopes(ctx context.Context, tx *db.Tx, r *desk.Removal) (blobs []ids.ID, err error) {
	remove := func(where string, which []ids.ID) error {
		for part := range slices.Chunk(which, 500) {
			var rows []envelopeRow
			_, err := tx.NewDelete().Model(&rows).Where(where, bun.List(part)).Returning("blob_id").Exec(ctx)
			if err != nil {
				return fmt.Errorf("deleting envelopes: %w", err)
			}
			for _, e := range rows {
				if !e.BlobID.IsZero() {
					blobs = append(blobs, e.BlobID)
				}
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
