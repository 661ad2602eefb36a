package email

import (
	"context"
	"errors"

	"lotse/internal/catalog"
	"lotse/internal/channel/email/imap"
	"lotse/internal/mailbox"
	"lotse/internal/outbox"
)

var _ outbox.Copier = (*Adapter)(nil)

var errNoFetchers = errors.New("this program fetches no mailboxes")

// Copy puts a copy of a mail into the folder of sent mails of an account, see
// imap.Fetchers.Append. It is not signed: nobody sends it. A failure is a
// *outbox.CopyError, or outbox.ErrBusy.
func (a *Adapter) Copy(ctx context.Context, account catalog.Account, m outbox.Outgoing) error {
	if a.fetchers == nil {
		return &outbox.CopyError{Result: mailbox.Result{Step: mailbox.Connect, Field: "receive", Key: "mailbox.fault.no_fetcher"}, Cause: errNoFetchers}
	}
	mail, err := a.compose(m)
	if err != nil {
		return &outbox.CopyError{Result: mailbox.Failed(mailbox.Filed, err), Cause: err}
	}
	defer a.discard(mail)
	err = a.fetchers.Append(ctx, account, account.SentFolder, imap.Letter{MessageID: m.ExternalID, At: m.Date, Size: mail.Size(), Raw: mail})
	if errors.Is(err, imap.ErrBusy) {
		return outbox.ErrBusy
	}
	if err != nil {
		return &outbox.CopyError{Result: imap.ResultOf(err), Cause: err}
	}
	return nil
}
