// Package channeltest is the conformance kit every channel adapter passes.
//
// An adapter's test fills a Kit, which says how its messages look and how its
// peers are played, and calls Run. The kit asserts what the rest of Lotse
// relies on, whatever the channel: reading is pure and never fails in another
// way than *intake.Unreadable, the identity of a message is the message's own,
// a refusal by the host reaches the peer as "try again", and the outcome of a
// send is told as it was. Only tests import it.
package channeltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"lotse/internal/catalog"
	"lotse/internal/channel"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
)

// Kit says how to try an adapter.
type Kit struct {
	// Kind is the name the adapter is registered under.
	Kind string
	// Settings are given to the adapter's Maker.
	Settings map[string]string
	// Env completes what the adapter is made from; nil if it needs nothing more.
	Env func(*channel.Env)
	// Account is one that receives what Deliver sends.
	Account catalog.Account
	// Trace is what the transport would say beside the messages.
	Trace intake.Trace

	// Message returns the n-th of any number of different, readable messages.
	Message func(n int) []byte
	// Copy returns the same message as it looks after another hop; nil if the
	// channel changes nothing on the way.
	Copy func(raw []byte) []byte
	// Garbage is broken or hostile input of this channel, beside what the kit
	// makes up itself.
	Garbage [][]byte

	// Deliver hands a raw message to the adapter's receiver as a peer would.
	// temporary reports that the peer was asked to try again. Nil if the
	// adapter receives nothing by itself.
	Deliver func(t *testing.T, address string, raw []byte) (accepted, temporary bool)

	// Outgoing is a message the adapter can send. Nil Accepting: it sends nothing.
	Outgoing outbox.Outgoing
	// Accepting and Refusing start a peer that takes every message, or refuses
	// every message for good, and return where it is.
	Accepting, Refusing func(t *testing.T) outbox.Relay
}

// Run tries everything. Parts an adapter does not have must not be in the kit,
// and the other way round.
func Run(t *testing.T, kit Kit) {
	t.Run("registered", kit.registered)
	t.Run("read is deterministic and parallel", kit.deterministic)
	t.Run("read survives garbage", kit.garbage)
	t.Run("read yields clean text", kit.clean)
	t.Run("identity", kit.identity)
	t.Run("receiver", kit.receiver)
	t.Run("sender", kit.sender)
}

// host is a desk that can be closed for a while.
type host struct {
	mu      sync.Mutex
	account catalog.Account
	closed  bool
	kept    [][]byte
}

// Accounts returns the kit's account.
func (h *host) Accounts(_ context.Context, kind string) ([]catalog.Account, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, errs.New(errs.Unavailable, "")
	}
	if kind != h.account.Channel {
		return nil, nil
	}
	return []catalog.Account{h.account}, nil
}

// Accept keeps the arrival's bytes.
func (h *host) Accept(_ context.Context, a intake.Arrival) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return errs.New(errs.Unavailable, "")
	}
	raw := bytes.Clone(a.Raw)
	if a.Spool != nil {
		raw = make([]byte, a.Spool.Size())
		if n, err := a.Spool.ReadAt(raw, 0); n < len(raw) {
			return fmt.Errorf("reading the spool: %w", err)
		}
	}
	h.kept = append(h.kept, raw)
	return nil
}

func (h *host) close(closed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = closed
}

func (h *host) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.kept)
}

func (k Kit) adapter(t *testing.T, h *host) channel.Adapter {
	t.Helper()
	env := channel.Env{
		Host: h, Settings: k.Settings, SpoolDir: t.TempDir(), Log: slog.New(slog.DiscardHandler),
		Clock: clock.NewFixed(time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC)),
	}
	if k.Env != nil {
		k.Env(&env)
	}
	a, err := channel.Make(k.Kind, env)
	if err != nil {
		t.Fatalf("making the adapter: %v", err)
	}
	return a
}

func (k Kit) registered(t *testing.T) {
	if !slices.Contains(channel.Kinds(), k.Kind) {
		t.Fatalf("%q is not registered", k.Kind)
	}
	a := k.adapter(t, &host{})
	if a.Kind() != k.Kind || k.Kind == "" || k.Kind != strings.ToLower(k.Kind) {
		t.Errorf("Kind() = %q, registered as %q", a.Kind(), k.Kind)
	}
	if _, ok := a.(channel.Receiver); ok != (k.Deliver != nil) {
		t.Errorf("the adapter is a Receiver: %v, the kit delivers: %v", ok, k.Deliver != nil)
	}
	if _, ok := a.(channel.Sender); ok != (k.Accepting != nil) {
		t.Errorf("the adapter is a Sender: %v, the kit has a peer: %v", ok, k.Accepting != nil)
	}
}

// read reads and asserts that a failure is *intake.Unreadable with a reason.
func (k Kit) read(t *testing.T, a channel.Adapter, raw []byte) *intake.Incoming {
	t.Helper()
	in, err := a.Read(t.Context(), bytes.NewReader(raw), k.Trace)
	var u *intake.Unreadable
	switch {
	case err == nil && in == nil:
		t.Errorf("%.40q: neither message nor error", raw)
	case err != nil && (!errors.As(err, &u) || u.Reason == "" || in != nil):
		t.Errorf("%.40q: got %v, want *intake.Unreadable with a reason", raw, err)
	}
	return in
}

func (k Kit) deterministic(t *testing.T) {
	a := k.adapter(t, &host{})
	const n = 8
	want := make([]*intake.Incoming, n)
	for i := range want {
		raw := k.Message(i)
		kept := bytes.Clone(raw)
		want[i] = k.read(t, a, raw)
		if want[i] == nil {
			t.Fatalf("message %d of the kit is not readable", i)
		}
		if !bytes.Equal(raw, kept) {
			t.Errorf("message %d was changed by reading", i)
		}
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range want {
				got, err := a.Read(context.Background(), bytes.NewReader(k.Message(i)), k.Trace)
				if err != nil || !reflect.DeepEqual(got, want[i]) {
					t.Errorf("message %d was read differently: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
}

// inputs returns garbage: none, random bytes, and the kit's messages cut,
// doubled and with bytes changed. It is the same in every run.
func (k Kit) inputs() [][]byte {
	list := append([][]byte{nil, {0}, []byte("\r\n\r\n"), bytes.Repeat([]byte{0}, 5000), bytes.Repeat([]byte("\xff"), 5000)}, k.Garbage...)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		raw := bytes.Clone(k.Message(i % 4))
		for range 1 + i/4 {
			raw[random.IntN(len(raw))] = byte(random.IntN(256))
		}
		list = append(list, raw, raw[:random.IntN(len(raw))], append(bytes.Clone(raw), raw...))
		noise := make([]byte, random.IntN(2000))
		for j := range noise {
			noise[j] = byte(random.IntN(256))
		}
		list = append(list, noise)
	}
	return list
}

func (k Kit) garbage(t *testing.T) {
	a := k.adapter(t, &host{})
	for _, raw := range k.inputs() {
		k.read(t, a, raw)
	}
}

func (k Kit) clean(t *testing.T) {
	a := k.adapter(t, &host{})
	inputs := k.inputs()
	for i := range 8 {
		inputs = append(inputs, k.Message(i))
	}
	for _, raw := range inputs {
		in := k.read(t, a, raw)
		if in == nil {
			continue
		}
		fields := []string{in.Text, in.Subject, string(in.HTML), in.ExternalID, in.From.Name, in.From.Value, in.Language}
		for _, p := range append(slices.Clone(in.To), in.Cc...) {
			fields = append(fields, p.Name, p.Value)
		}
		for _, p := range in.Parts {
			fields = append(fields, p.Name, p.ContentType, p.ContentID)
			if p.Name == "" || strings.ContainsAny(p.Name, "/\\\r\n") {
				t.Errorf("file name %q", p.Name)
			}
		}
		for _, s := range append(append(fields, in.References...), in.Tokens...) {
			if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
				t.Errorf("NUL or broken UTF-8 in %.60q", s)
			}
		}
		for _, s := range []string{in.Subject, in.From.Name, in.From.Value, in.ExternalID} {
			if strings.ContainsAny(s, "\r\n") {
				t.Errorf("a line break in %.60q", s)
			}
		}
		if in.From.Value == "" || in.From.Kind == "" {
			t.Errorf("a message without a correspondent: %+v", in.From)
		}
	}
}

func (k Kit) identity(t *testing.T) {
	a := k.adapter(t, &host{})
	seen := map[[32]byte]int{}
	for i := range 8 {
		raw := k.Message(i)
		in := k.read(t, a, raw)
		if in == nil {
			t.Fatalf("message %d of the kit is not readable", i)
		}
		if other, taken := seen[in.Identity]; taken {
			t.Errorf("messages %d and %d have one identity", other, i)
		}
		seen[in.Identity] = i
		if in.Identity == ([32]byte{}) {
			t.Errorf("message %d has no identity", i)
		}
		if k.Copy == nil {
			continue
		}
		if copied := k.read(t, a, k.Copy(raw)); copied == nil || copied.Identity != in.Identity {
			t.Errorf("message %d has another identity after another hop", i)
		}
	}
}

func (k Kit) receiver(t *testing.T) {
	if k.Deliver == nil {
		return
	}
	h := &host{account: k.Account}
	receiver := k.adapter(t, h).(channel.Receiver)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- receiver.Receive(ctx) }()
	select {
	case <-receiver.Ready():
	case err := <-done:
		t.Fatalf("Receive ended: %v", err)
	}
	h.close(true)
	if accepted, temporary := k.Deliver(t, receiver.Address(), k.Message(0)); accepted || !temporary {
		t.Errorf("closed host: accepted %v, temporary %v", accepted, temporary)
	}
	h.close(false)
	if accepted, _ := k.Deliver(t, receiver.Address(), k.Message(1)); !accepted || h.count() != 1 {
		t.Errorf("open host: accepted %v, kept %d", accepted, h.count())
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Receive did not stop cleanly: %v", err)
	}
}

func (k Kit) sender(t *testing.T) {
	if k.Accepting == nil {
		return
	}
	sender := k.adapter(t, &host{}).(channel.Sender)
	commits := 0
	commit := func() error { commits++; return nil }
	if _, err := sender.Send(t.Context(), k.Accepting(t), k.Outgoing, commit); err != nil || commits != 1 {
		t.Errorf("accepting peer: %v, commit was called %d times", err, commits)
	}
	_, err := sender.Send(t.Context(), k.Refusing(t), k.Outgoing, commit)
	var failed *outbox.SendError
	if !errors.As(err, &failed) || failed.Outcome != outbox.Rejected || failed.Words == "" {
		t.Errorf("refusing peer: %#v", err)
	}
	commits = 0
	_, err = sender.Send(t.Context(), k.Accepting(t), k.Outgoing, func() error { commits++; return errors.New("no") })
	if !errors.As(err, &failed) || failed.Outcome != outbox.Retry || commits != 1 {
		t.Errorf("failing commit: %#v, called %d times", err, commits)
	}
}
