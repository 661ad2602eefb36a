package outbox

import (
	"context"
	"errors"
	"fmt"

	"lotse/internal/catalog"
	"lotse/internal/mailbox"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/queue"
)

// Copier keeps copies of what was sent in the Sent folder of a mailbox. An adapter
// that can is one.
//
// Copy is idempotent: what is in the folder already, by its id, is not put there
// again. A failure is a *CopyError, or ErrBusy if others are to be copied first.
type Copier interface {
	Copy(ctx context.Context, account catalog.Account, m Outgoing) error
}

// CopyError says at which step a copy failed, as the mailbox shows it.
type CopyError struct {
	Result mailbox.Result
	Cause  error
}

// Error returns the step; the server's words stand at the mailbox.
func (e *CopyError) Error() string {
	return "keeping a copy failed at the step " + string(e.Result.Step)
}

// Unwrap returns the cause.
func (e *CopyError) Unwrap() error { return e.Cause }

// copyArgs is the job that keeps a copy of one delivery.
type copyArgs struct {
	Delivery ids.ID `json:"delivery"`
}

// Kind names the job.
func (copyArgs) Kind() string { return "outbox.copy" }

// copyTx queues a copy of what was just sent, if its mailbox wants copies and a
// person wrote it. Of one letter to several people there is one copy. The copy has
// a job of its own: whatever becomes of it, nothing is sent for it.
func (o *Outbox) copyTx(ctx context.Context, tx *db.Tx, row deliveryRow) error {
	if !isLetter(row) {
		return nil
	}
	account, err := o.Catalog.Account(ctx, row.AccountID)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil || !wantsCopies(account) {
		return err
	}
	earlier, err := tx.NewSelect().Model((*deliveryRow)(nil)).Where("message_id = ? AND id <> ? AND state = ?", row.MessageID, row.ID, Sent).Exists(ctx)
	if err != nil {
		return fmt.Errorf("looking for an earlier copy: %w", err)
	}
	if earlier {
		return nil
	}
	return o.Queue.Add(ctx, tx, queue.Job{Args: copyArgs{Delivery: row.ID}})
}

// isLetter reports whether a person wrote what a delivery carries.
func isLetter(row deliveryRow) bool {
	return (row.Kind == ReplyKind || row.Kind == SideKind) && !row.MessageID.IsZero()
}

// wantsCopies reports whether copies of what an account sent are kept where its mail
// is fetched.
func wantsCopies(a catalog.Account) bool { return a.Active && a.SentCopy && a.Receive.Fetches() }

// keepCopy puts a copy of a sent delivery into the Sent folder. The mail is put
// together once more, without its secret links: they are for its receiver alone.
func (o *Outbox) keepCopy(ctx context.Context, args copyArgs) error {
	row, err := o.load(ctx, args.Delivery)
	if errs.Is(err, errs.NotFound) {
		return nil // its case was deleted
	}
	if err != nil {
		return err
	}
	account, err := o.Catalog.Account(ctx, row.AccountID)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	copier, ok := o.Senders[row.Channel].(Copier)
	if err != nil || !ok || row.State != Sent || !wantsCopies(account) {
		return err
	}
	mail, err := o.composeCopy(ctx, row)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	mail.Date = row.SentAt.Time()
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if err = copier.Copy(ctx, account, mail); errors.Is(err, ErrBusy) {
		return queue.Later(busyPause)
	}
	o.noteCopy(context.WithoutCancel(ctx), account.ID, err)
	return err
}

// noteCopy keeps at the mailbox whether copies can be kept.
func (o *Outbox) noteCopy(ctx context.Context, account ids.ID, err error) {
	if o.Boxes == nil {
		return
	}
	r := mailbox.Result{Step: mailbox.Filed, OK: err == nil}
	var failed *CopyError
	switch {
	case errors.As(err, &failed):
		r = failed.Result
	case err != nil:
		r = mailbox.Failed(mailbox.Filed, err)
	}
	if _, err := o.Boxes.NoteSending(ctx, account, mailbox.CopyPart, r); err != nil {
		o.Log.Warn("how a mailbox keeps copies could not be noted", "account", account, "error", err)
	}
}
