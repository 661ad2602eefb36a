package imap

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"lotse/internal/catalog"
	"lotse/internal/mailbox"
	"lotse/internal/platform/ids"
)

// Letter is a mail to put into a folder.
type Letter struct {
	MessageID string    // without brackets
	At        time.Time // when it was sent
	Size      int64     // in bytes
	Raw       io.Reader // the mail, with CRLF line ends
}

var (
	errNoSent   = errors.New("no folder is marked as the one of sent mails")
	errNoFolder = errors.New("there is no such folder")
	errShort    = errors.New("the mail could not be read to its end")
)

// ErrBusy is of an account whose copies are still being put away, or whose server is slow
// to say no. Nothing happened; the same may be tried again in a moment.
var ErrBusy = errors.New("another copy of this mailbox is being put away")

// turnTime is how long one waits for one's turn: whoever waits keeps copies for other
// mailboxes from being made.
const turnTime = 3 * time.Second

// usualSent are names of the folder of sent mails where a server marks none, in the
// order they are looked for. The hierarchy in front of them does not matter.
var usualSent = []string{"sent", "sent items", "sent messages", "sent mail", "gesendet", "gesendete objekte", "gesendete elemente", "gesendete nachrichten"}

// Append puts a mail that was read into a folder of the mailbox an account is fetched
// from; "" is the one for sent mails (RFC 6154). It is idempotent: a mail that is there
// already, by its Message-ID, is not put there again. What ResultOf says of an error
// names the step that failed and what helps.
//
// An account has one such connection at a time, so that two copies of one mail can't
// pass each other; who waits too long for it gets ErrBusy.
func (f *Fetchers) Append(ctx context.Context, account catalog.Account, folder string, l Letter) error {
	r := account.Receive
	done, ok := f.turns.take(ctx, account.ID)
	if !ok {
		return ErrBusy
	}
	defer done()
	c, err := f.signedIn(ctx, r, nil)
	if err != nil {
		return err
	}
	defer c.bye()
	if folder == "" {
		if folder, err = c.sentFolder(); err != nil {
			return failed(mailbox.Folder, r, "sent_folder", appendRemedy(err), err)
		}
	}
	r.Folder = folder
	there, err := c.holds(folder, l.MessageID)
	if err != nil {
		return failed(mailbox.Folder, r, "sent_folder", appendRemedy(err), err)
	}
	if there {
		return nil
	}
	if err := c.append(folder, l); err != nil {
		return failed(mailbox.Filed, r, "sent_folder", appendRemedy(err), err)
	}
	return nil
}

// ResultOf is what an error of this package says about a mailbox.
func ResultOf(err error) mailbox.Result { return resultOf(err) }

// appendRemedy says what helps: a refusal is about the folder, all else about the
// connection.
func appendRemedy(err error) string {
	var answer *goimap.Error
	switch {
	case errors.Is(err, errNoSent):
		return "copy_no_folder"
	case errors.Is(err, errNoFolder):
		return "copy_folder"
	case !errors.As(err, &answer):
		return "copy_lost"
	case answer.Code == goimap.ResponseCodeOverQuota || answer.Code == goimap.ResponseCodeTooBig:
		return "copy_full"
	case answer.Code == goimap.ResponseCodeTryCreate || answer.Code == goimap.ResponseCodeNonExistent:
		return "copy_folder"
	}
	return "copy_refused"
}

// sentFolder finds the folder of sent mails: the one that is marked so, else the first
// with a usual name.
func (c *client) sentFolder() (string, error) {
	offers, err := c.offers()
	if err != nil {
		return "", err
	}
	var options *goimap.ListOptions
	if offers.Has(goimap.CapSpecialUse) && (offers.Has(goimap.CapListExtended) || offers.Has(goimap.CapIMAP4rev2)) {
		options = &goimap.ListOptions{ReturnSpecialUse: true}
	}
	var all []*goimap.ListData
	err = c.within(bodyTime, func() (err error) {
		all, err = c.lib.List("", "*", options).Collect()
		return err
	})
	if err != nil {
		return "", err
	}
	best, rank := "", len(usualSent)
	for _, d := range all {
		if slices.Contains(d.Attrs, goimap.MailboxAttrSent) {
			return d.Mailbox, nil
		}
		name := d.Mailbox
		if d.Delim != 0 {
			name = name[strings.LastIndex(name, string(d.Delim))+1:]
		}
		if i := slices.Index(usualSent, strings.ToLower(name)); i >= 0 && i < rank {
			best, rank = d.Mailbox, i
		}
	}
	if best == "" {
		return "", errNoSent
	}
	return best, nil
}

// holds reports whether a mail is in a folder.
func (c *client) holds(folder, messageID string) (bool, error) {
	if _, err := c.open(folder); err != nil {
		if isRefusal(err) {
			return false, errors.Join(errNoFolder, err)
		}
		return false, err
	}
	found := false
	err := c.within(bodyTime, func() error {
		data, err := c.lib.UIDSearch(&goimap.SearchCriteria{Header: []goimap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: messageID}}}, nil).Wait()
		found = err == nil && len(data.AllUIDs()) > 0
		return err
	})
	return found, err
}

// append puts a mail into a folder, marked as read. If the mail can't be read to its
// end, the connection ends with it: the server keeps nothing.
func (c *client) append(folder string, l Letter) error {
	return c.within(bodyTime, func() error {
		cmd := c.lib.Append(folder, l.Size, &goimap.AppendOptions{Flags: []goimap.Flag{goimap.FlagSeen}, Time: l.At})
		source := &counted{Reader: l.Raw}
		_, err := io.Copy(uploading{cmd, c.wire}, io.LimitReader(source, l.Size))
		if source.err != nil || err == nil && source.n < l.Size {
			c.drop()
			_ = cmd.Close() // or the library would wait for the rest
			return errors.Join(errShort, source.err)
		}
		closed := cmd.Close()
		if _, refused := cmd.Wait(); refused != nil {
			return refused
		}
		return errors.Join(err, closed)
	})
}

// counted remembers how much was read, and what went wrong.
type counted struct {
	io.Reader
	n   int64
	err error
}

// Read reads.
func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	if c.n += int64(n); err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// uploading allows the answer a limit of its own after each piece: a large mail takes
// its time.
type uploading struct {
	io.Writer
	wire *wire
}

// Write writes a piece.
func (u uploading) Write(b []byte) (int, error) {
	u.wire.expect(bodyTime)
	return u.Writer.Write(b)
}

// turns lets one at a time use something of an account.
type turns struct {
	mu  sync.Mutex
	all map[ids.ID]chan struct{} // each with room for one
}

// take waits for a turn and returns how to end it; false if it took too long.
func (t *turns) take(ctx context.Context, account ids.ID) (done func(), ok bool) {
	ctx, cancel := context.WithTimeout(ctx, turnTime)
	defer cancel()
	turn := t.of(account)
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, true
	case <-ctx.Done():
		return nil, false
	}
}

func (t *turns) of(account ids.ID) chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil {
		t.all = map[ids.ID]chan struct{}{}
	}
	if t.all[account] == nil {
		t.all[account] = make(chan struct{}, 1)
	}
	return t.all[account]
}
