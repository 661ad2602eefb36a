package imap

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"slices"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"lotse/internal/catalog"
	"lotse/internal/mailbox"
)

// session is what we ask of a mail server, whatever library speaks IMAP. It is for
// one goroutine at a time. After an error that is no refusal it is useless.
type session interface {
	// open looks at a folder without changing anything in it (EXAMINE).
	open(name string) (folder, error)
	// find returns the UIDs from first to last (zero: to the end) in order; with
	// since, only mail that arrived on that day or later.
	find(first, last uint32, since time.Time) ([]uint32, error)
	// index returns what is there of some UIDs, in order.
	index(uids []uint32) ([]entry, error)
	// bodies hands out the mails that are there of some UIDs, each whole.
	bodies(uids []uint32, take func(uid uint32, size int64, r io.Reader) error) error
	// header returns up to headerBytes of a mail's header.
	header(uid uint32) ([]byte, error)
	// wait returns when something may have come, when d is over, or with an error.
	wait(ctx context.Context, d time.Duration) error
	// bye ends the session.
	bye()
}

// folder is a folder as it was when it was opened.
type folder struct {
	validity uint32 // of its UIDs (RFC 9051 §2.3.1.1)
	next     uint32 // UID the next mail gets, at least; zero if the server does not say
}

// entry is a mail in a folder.
type entry struct {
	uid  uint32
	size int64     // as the server says; it may be an estimate
	date time.Time // when it arrived there
}

const headerBytes = 64 << 10

// client is a session over the IMAP library.
type client struct {
	lib     *imapclient.Client
	wire    *wire
	limit   time.Duration // of a read for a command that is answered at once
	news    chan struct{} // filled when the server says that there is more
	canIdle bool
	passed  func(mailbox.Step) // told of each step on the way
	stop    func() bool
}

var (
	_ session = (*client)(nil)

	errGone  = errors.New("the server closed the connection")
	errEmpty = errors.New("the server gives no text")
	// errRefused is of a server that lists mails and gives none of them.
	errRefused = errors.New("the server lists mails and gives none of them")
)

// connect opens a connection and signs in. Errors are *fault. The session ends
// with ctx.
func (f *Fetchers) connect(ctx context.Context, r catalog.ReceiveSettings, token func(context.Context) (string, error), passed func(mailbox.Step)) (*client, error) {
	if passed == nil {
		passed = func(mailbox.Step) {}
	}
	if err := lookUp(ctx, r.Host); err != nil {
		return nil, failed(mailbox.Lookup, r, "receive_host", "lookup", err)
	}
	passed(mailbox.Lookup)
	w, err := dial(ctx, r.Host, r.Port, f.timing.command)
	if err != nil {
		return nil, failed(mailbox.Connect, r, "receive_port", "connect", err)
	}
	c := &client{wire: w, limit: f.timing.command, news: make(chan struct{}, 1), passed: passed}
	c.stop = context.AfterFunc(ctx, func() { _ = w.Close() })
	if err := f.greet(ctx, c, r); err != nil {
		c.drop()
		return nil, err
	}
	if err := c.signIn(ctx, r, token); err != nil {
		c.drop()
		return nil, err
	}
	passed(mailbox.SignIn)
	// Asked for again: many servers offer IDLE only after the sign-in.
	err = c.timed(func() error {
		offers, err := c.lib.Capability().Wait()
		c.canIdle = offers.Has(goimap.CapIdle)
		return err
	})
	if err != nil {
		c.drop()
		return nil, failed(mailbox.SignIn, r, "receive_host", "signin_lost", err)
	}
	return c, nil
}

// greet secures the connection and hears the greeting.
func (f *Fetchers) greet(ctx context.Context, c *client, r catalog.ReceiveSettings) error {
	options := &imapclient.Options{TLSConfig: f.tlsConfig(r.Host), UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(m *imapclient.UnilateralDataMailbox) {
			if m.NumMessages != nil {
				c.wake()
			}
		},
	}}
	switch r.Security {
	case catalog.TLS:
		c.passed(mailbox.Connect)
		secured := tls.Client(c.wire, options.TLSConfig)
		if err := secured.HandshakeContext(ctx); err != nil {
			return failed(mailbox.Secure, r, "receive_security", tlsRemedy(err), err)
		}
		c.passed(mailbox.Secure)
		c.lib = imapclient.New(secured, options)
		return c.greeted(r)
	case catalog.StartTLS:
		return c.startTLS(r, options)
	}
	c.lib = imapclient.New(c.wire, options)
	if err := c.greeted(r); err != nil {
		return err
	}
	c.passed(mailbox.Connect)
	return nil
}

func (c *client) greeted(r catalog.ReceiveSettings) error {
	if err := c.lib.WaitGreeting(); err != nil {
		return failed(mailbox.Connect, r, "receive_security", "greeting", err)
	}
	return nil
}

// startTLS asks for encryption before anything else (RFC 9051 §6.2.1). The library
// throws away what it had learned before and refuses PREAUTH.
func (c *client) startTLS(r catalog.ReceiveSettings, options *imapclient.Options) error {
	lib, err := imapclient.NewStartTLS(c.wire, options)
	switch {
	case err == nil:
	case isRefusal(err):
		return failed(mailbox.Secure, r, "receive_security", "no_starttls", err)
	default:
		return failed(mailbox.Secure, r, "receive_security", tlsRemedy(err), err)
	}
	c.passed(mailbox.Connect)
	c.passed(mailbox.Secure)
	c.lib = lib
	return nil
}

// offers returns what the server can do.
func (c *client) offers() (goimap.CapSet, error) {
	var caps goimap.CapSet
	_ = c.timed(func() error { caps = c.lib.Caps(); return nil })
	if caps == nil {
		return nil, errGone
	}
	return caps, nil
}

// timed runs commands that a server answers at once.
func (c *client) timed(do func() error) error { return c.within(c.limit, do) }

// within runs commands, each of whose pieces comes within d. Between commands
// nothing is expected.
func (c *client) within(d time.Duration, do func() error) error {
	c.wire.expect(d)
	defer c.wire.expect(0)
	return do()
}

func (c *client) wake() {
	select {
	case c.news <- struct{}{}:
	default:
	}
}

func (c *client) open(name string) (folder, error) {
	var f folder
	err := c.timed(func() error {
		data, err := c.lib.Select(name, &goimap.SelectOptions{ReadOnly: true}).Wait()
		if err == nil {
			f = folder{validity: data.UIDValidity, next: uint32(data.UIDNext)}
		}
		return err
	})
	return f, err
}

func (c *client) find(first, last uint32, since time.Time) ([]uint32, error) {
	select {
	case <-c.news: // what was announced so far is found now
	default:
	}
	var set goimap.UIDSet
	set.AddRange(goimap.UID(first), goimap.UID(last))
	var uids []uint32
	err := c.within(bodyTime, func() error {
		data, err := c.lib.UIDSearch(&goimap.SearchCriteria{UID: []goimap.UIDSet{set}, Since: since}, nil).Wait()
		if err != nil {
			return err
		}
		for _, uid := range data.AllUIDs() {
			if uid := uint32(uid); uid >= first && (last == 0 || uid <= last) { // "n:*" finds the last mail too
				uids = append(uids, uid)
			}
		}
		return nil
	})
	slices.Sort(uids)
	return slices.Compact(uids), err
}

func (c *client) index(uids []uint32) ([]entry, error) {
	var found []entry
	err := c.within(bodyTime, func() error {
		rows, err := c.lib.Fetch(setOf(uids), &goimap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true}).Collect()
		for _, r := range rows {
			found = append(found, entry{uid: uint32(r.UID), size: r.RFC822Size, date: r.InternalDate})
		}
		return err
	})
	slices.SortFunc(found, func(a, b entry) int { return int(int64(a.uid) - int64(b.uid)) })
	return found, err
}

func (c *client) bodies(uids []uint32, take func(uid uint32, size int64, r io.Reader) error) error {
	return c.within(bodyTime, func() error {
		section := &goimap.FetchItemBodySection{Peek: true}
		cmd := c.lib.Fetch(setOf(uids), &goimap.FetchOptions{UID: true, BodySection: []*goimap.FetchItemBodySection{section}})
		var fault error
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			var uid uint32
			for item := m.Next(); item != nil; item = m.Next() {
				switch item := item.(type) {
				case imapclient.FetchItemDataUID:
					uid = uint32(item.UID)
				case imapclient.FetchItemDataBodySection:
					if item.Literal != nil && uid != 0 && fault == nil {
						fault = take(uid, item.Literal.Size(), item.Literal)
					}
				}
			}
		}
		return errors.Join(cmd.Close(), fault)
	})
}

func (c *client) header(uid uint32) ([]byte, error) {
	var head []byte
	err := c.within(bodyTime, func() error {
		section := &goimap.FetchItemBodySection{Peek: true, Specifier: goimap.PartSpecifierHeader, Partial: &goimap.SectionPartial{Size: headerBytes}}
		rows, err := c.lib.Fetch(setOf([]uint32{uid}), &goimap.FetchOptions{UID: true, BodySection: []*goimap.FetchItemBodySection{section}}).Collect()
		if err != nil {
			return err
		}
		for _, r := range rows {
			if uint32(r.UID) == uid {
				head = r.FindBodySection(section)
			}
		}
		return nil
	})
	if err == nil && len(head) == 0 {
		err = errEmpty
	}
	return head, err
}

func setOf(uids []uint32) goimap.UIDSet {
	var set goimap.UIDSet
	for _, uid := range uids {
		set.AddNum(goimap.UID(uid))
	}
	return set
}

func (c *client) wait(ctx context.Context, d time.Duration) error {
	if !c.canIdle {
		return c.poll(ctx, d)
	}
	var idle *imapclient.IdleCommand
	err := c.timed(func() (err error) { idle, err = c.lib.Idle(); return err })
	if isRefusal(err) {
		c.canIdle = false
		return c.poll(ctx, d)
	}
	if err != nil {
		return err
	}
	cause := c.rest(ctx, d)
	err = c.timed(func() error { return errors.Join(idle.Close(), idle.Wait()) })
	return errors.Join(cause, err)
}

// poll is for servers without IDLE (RFC 2177).
func (c *client) poll(ctx context.Context, d time.Duration) error {
	if err := c.rest(ctx, d); err != nil {
		return err
	}
	return c.timed(func() error { return c.lib.Noop().Wait() })
}

func (c *client) rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.lib.Closed():
		return errGone
	case <-c.news:
	case <-t.C:
	}
	return nil
}

func (c *client) bye() {
	c.wire.expect(2 * time.Second)
	_ = c.lib.Logout().Wait()
	c.drop()
}

// drop closes the connection without a word.
func (c *client) drop() {
	c.stop()
	if c.lib != nil {
		_ = c.lib.Close()
		return
	}
	_ = c.wire.Close()
}
