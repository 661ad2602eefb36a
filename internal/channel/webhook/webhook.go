// Package webhook takes mail that is handed over by HTTP: from mail providers that
// post what they received, and from programs of one's own that sign what they post.
//
// A hook (catalog.Hook) is an address below /hooks/ that feeds one mailbox. What
// comes goes the way of mail by SMTP, in three steps that know little of each
// other:
//
//   - Taking (http.go, auth.go, limits.go) checks who posts, as the provider's own
//     documentation says, and answers 200 only after the host has put the payload
//     on disk, exactly as it came (envelope.go).
//   - Reading (one file for each provider, form.go, rfc.go) is pure. It finds in a
//     payload the mail as it was sent, or builds one from the fields the provider
//     gives. A field no one can read never costs the mail.
//   - The reader of the mail channel, which the host lends, then reads that mail:
//     limits, charsets, sanitising, threads and the rules about automatic mail are
//     the same for both ways, and the same mail by both is one message.
//
// A payload nobody can read is taken too: it waits for a person in the list of what
// needs a look.
package webhook

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"golang.org/x/sync/semaphore"

	"lotse/internal/catalog"
	"lotse/internal/channel"
	"lotse/internal/intake"
	"lotse/internal/platform/clock"
)

// Kind is the name of the channel. Its accounts are the mailboxes of channel
// "email": it is only another way to them.
const Kind = "webhook"

// maxBytes is the largest body taken, in bytes: 50 MiB.
const maxBytes = 50 << 20

// maxUnderWay bounds the bytes of all bodies that are in memory at once.
const maxUnderWay = 3 * maxBytes

// Reasons of intake.Unreadable, keys below "look.reason.".
const (
	reasonPayload  = "hook_payload"
	reasonProvider = "hook_provider"
)

// Warnings of intake.Incoming.
const (
	warnSpam      = "hook.warning.spam"
	warnElsewhere = "hook.warning.files_elsewhere"
)

func init() {
	channel.Register(Kind, func(env channel.Env) (channel.Adapter, error) { return New(env), nil })
}

// Adapter takes and reads payloads. It is safe for concurrent use.
type Adapter struct {
	env    channel.Env
	log    *slog.Logger
	clock  clock.Clock
	limits *limits
	room   *semaphore.Weighted // bytes of bodies under way
}

var (
	_ channel.Adapter = (*Adapter)(nil)
	_ channel.Web     = (*Adapter)(nil)
	_ intake.Reader   = (*Adapter)(nil)
)

// New builds the adapter. It has no settings.
func New(env channel.Env) *Adapter {
	a := &Adapter{env: env, log: env.Log, clock: env.Clock, room: semaphore.NewWeighted(maxUnderWay)}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.clock == nil {
		a.clock = clock.System{}
	}
	a.limits = newLimits(a.clock)
	return a
}

// Kind returns "webhook".
func (a *Adapter) Kind() string { return Kind }

// Read turns an envelope into an Incoming. It is pure and safe for concurrent use.
// The only error about the input is *intake.Unreadable.
func (a *Adapter) Read(ctx context.Context, raw io.Reader, t intake.Trace) (*intake.Incoming, error) {
	b, err := io.ReadAll(io.LimitReader(raw, maxBytes+maxHead))
	if err != nil {
		return nil, fmt.Errorf("reading a payload: %w", err)
	}
	p, err := unpack(b)
	if err != nil {
		return nil, &intake.Unreadable{Reason: reasonPayload, Cause: err}
	}
	by, known := providers[p.provider]
	if !known {
		return nil, &intake.Unreadable{Reason: reasonProvider}
	}
	l, err := by.read(p)
	if err != nil {
		return nil, &intake.Unreadable{Reason: reasonPayload, Cause: err}
	}
	mail := a.env.Reader(catalog.Email)
	if mail == nil {
		return nil, fmt.Errorf("reading a payload: no reader of mail")
	}
	in, err := mail.Read(ctx, bytes.NewReader(l.mail()), l.trace(t))
	if err != nil {
		return nil, err
	}
	l.complete(in)
	return in, nil
}

// trace adds what the provider says of the envelope to what the transport knew.
func (l *letter) trace(t intake.Trace) intake.Trace {
	if t.From == "" {
		t.From = l.from
	}
	t.To = slices.Clone(t.To)
	for _, to := range l.to {
		if !slices.Contains(t.To, to) {
			t.To = append(t.To, to)
		}
	}
	return t
}

// complete adds to a message what only the provider knows. Its verdict about spam
// is a hint for people: whom to believe, they decide.
func (l *letter) complete(in *intake.Incoming) {
	if l.spam {
		in.Warnings = append(in.Warnings, warnSpam)
	}
	if len(l.elsewhere) > 0 {
		in.Warnings = append(in.Warnings, warnElsewhere)
		in.Parts = append(in.Parts, l.list())
	}
}
