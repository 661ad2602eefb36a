package mailbox

import (
	"context"
	"slices"
	"strings"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/ids"
)

// Fetcher tries, step by step, whether mail can be fetched; an adapter is one. It
// keeps and fetches nothing.
type Fetcher interface {
	// TestReceive returns the steps taken in order; the last one may have failed.
	TestReceive(ctx context.Context, r catalog.ReceiveSettings) []Result
}

// Relays tries the server a mailbox sends through; outbox.Outbox does.
type Relays interface {
	// TryRelay connects and signs in, and sends nothing. Its error names the setting
	// to look at and the step, see relaySteps.
	TryRelay(ctx context.Context, account catalog.Account) error
}

// Candidates puts together what a mailbox would be with a form; catalog.Catalog does.
type Candidates interface {
	Candidate(ctx context.Context, a access.Actor, id ids.ID, f *catalog.AccountForm) (catalog.Account, error)
}

// Trial is how both ways of a mailbox went when they were tried.
type Trial struct {
	Way     string   // how mail comes in: catalog.BySMTP and so on
	Receive []Result // empty unless mail is fetched
	Send    []Result
}

// OK reports whether every step went well.
func (t Trial) OK() bool { return t.Fault() == nil }

// Fault returns the first step that failed, nil if none did.
func (t Trial) Fault() *Result {
	for _, r := range slices.Concat(t.Receive, t.Send) {
		if !r.OK {
			return &r
		}
	}
	return nil
}

// Try finds out whether a mailbox of the actor's brand would work with a form;
// without one, whether it works as it is stored. The zero id is for a mailbox that
// is not stored yet. What is wrong with the form itself is an error, what fails on
// the way is in the result. It needs ManageCatalog.
func (b *Boxes) Try(ctx context.Context, a access.Actor, id ids.ID, f *catalog.AccountForm) (Trial, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return Trial{}, err
	}
	account, err := b.Candidates.Candidate(ctx, a, id, f)
	if err != nil {
		return Trial{}, err
	}
	trial := Trial{Way: account.Receive.Way}
	sent := make(chan []Result, 1)
	go func() { sent <- b.trySending(ctx, account) }()
	if account.Receive.Fetches() {
		trial.Receive = b.tryFetching(ctx, account)
	}
	trial.Send = <-sent
	return trial, nil
}

func (b *Boxes) tryFetching(ctx context.Context, account catalog.Account) []Result {
	fetcher := b.Fetchers[account.Channel]
	if fetcher == nil {
		return []Result{{Step: Connect, Field: "receive", Key: "mailbox.fault.no_fetcher"}}
	}
	return fetcher.TestReceive(ctx, account.Receive)
}

// relaySteps says which step a fault of a relay belongs to. What begins with
// mail.probe.token is about the access token.
var relaySteps = map[string]Step{"mail.probe.dial": Connect, "mail.probe.hello": Connect, "mail.probe.starttls": Secure, "mail.probe.tls": Secure,
	"mail.probe.auth": SignIn, "mail.probe.no_auth": SignIn, "mail.probe.bearer": SignIn}

// RelayFailed is what a fault of a relay, as TryRelay returns it, says about the
// mailbox.
func RelayFailed(err error) Result {
	failed := Failed(Connect, err)
	switch {
	case relaySteps[failed.Key] != "":
		failed.Step = relaySteps[failed.Key]
	case strings.HasPrefix(failed.Key, "mail.probe.token"):
		failed.Step = Token
	}
	if failed.Field != "" && !strings.HasPrefix(failed.Field, "relay_") && !strings.HasPrefix(failed.Field, "receive_") {
		failed.Field = "relay_" + failed.Field
	}
	return failed
}

func (b *Boxes) trySending(ctx context.Context, account catalog.Account) []Result {
	steps := []Step{Connect}
	if account.Relay.Security != catalog.NoSecurity {
		steps = append(steps, Secure)
	}
	if account.SignIn().UsesOAuth() {
		steps = append(steps, Token)
	}
	if account.SignIn().User != "" {
		steps = append(steps, SignIn)
	}
	err := b.Relays.TryRelay(ctx, account)
	if err == nil {
		return passed(steps)
	}
	failed := RelayFailed(err)
	before := max(0, slices.Index(steps, failed.Step))
	return append(passed(steps[:before]), failed)
}

func passed(steps []Step) []Result {
	results := make([]Result, len(steps))
	for i, s := range steps {
		results[i] = Result{Step: s, OK: true}
	}
	return results
}
