package mailbox

import (
	"context"
	"slices"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/ids"
)

// Health is how a mailbox is doing now.
type Health struct {
	Account catalog.PublicAccount
	State
	// Known says that there is a state at all: one that waits for other mail servers
	// has none before its first mail, and is well.
	Known bool
	// Alarm says that it has failed for so long that somebody has to know.
	Alarm bool
	// Troubles are the parts that fail, this one too.
	Troubles []Trouble
}

// Alarm is a part of a mailbox that has failed for so long that somebody has to know.
type Alarm struct {
	Account catalog.PublicAccount
	Trouble
}

// Fails reports whether mail can't come in at the moment.
func (h Health) Fails() bool { return h.Account.Active && h.Known && !h.OK }

// Alarming reports whether a part of it has failed for so long that somebody has to
// know.
func (h Health) Alarming() bool {
	return slices.ContainsFunc(h.Troubles, func(t Trouble) bool { return t.Alarm })
}

// Health returns how the mailboxes of the actor's brand are doing, by account. It
// needs ManageCatalog.
func (b *Boxes) Health(ctx context.Context, a access.Actor) (map[ids.ID]Health, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return nil, err
	}
	all, err := b.All(ctx)
	if err != nil {
		return nil, err
	}
	found := map[ids.ID]Health{}
	for _, h := range all {
		if h.Account.BrandID == a.BrandID {
			found[h.Account.ID] = h
		}
	}
	return found, nil
}

// Alarms returns what has failed at the mailboxes of the actor's brand for longer
// than AlarmAfter: that nothing comes in, that nothing leaves. It needs
// RepairIntake, so that leads hear of it too.
func (b *Boxes) Alarms(ctx context.Context, a access.Actor) ([]Alarm, error) {
	if err := a.Require(access.RepairIntake); err != nil {
		return nil, err
	}
	all, err := b.All(ctx)
	if err != nil {
		return nil, err
	}
	var alarms []Alarm
	for _, h := range all {
		for _, t := range h.Troubles {
			if t.Alarm && h.Account.BrandID == a.BrandID {
				alarms = append(alarms, Alarm{Account: h.Account, Trouble: t})
			}
		}
	}
	return alarms, nil
}

// All returns how every mailbox of every brand is doing, from memory. It is for
// the program (figures, health) and takes no actor.
func (b *Boxes) All(ctx context.Context) ([]Health, error) {
	accounts, err := b.Accounts.Accounts(ctx, catalog.Email)
	if err != nil {
		return nil, err
	}
	states, err := b.states.Get(ctx, b.Clock, b.read)
	if err != nil {
		return nil, err
	}
	failing, err := b.sending.Get(ctx, b.Clock, b.readSending)
	if err != nil {
		return nil, err
	}
	now := clock.Now(b.Clock)
	all := make([]Health, len(accounts))
	for i, a := range accounts {
		s, known := states[a.ID]
		h := b.judge(Health{Account: a.Public(), State: s, Known: known}, now)
		h.Troubles = b.troubles(h, failing[a.ID], now)
		all[i] = h
	}
	return all, nil
}

// judge says what a state means now. Only mailboxes that are fetched can fail.
func (b *Boxes) judge(h Health, now clock.Stamp) Health {
	watched := b.watchedSince(h.Account.Account, now)
	if watched.IsZero() {
		h.State.Result, h.Waiting = Result{OK: true}, 0
		return h
	}
	if spoken := max(h.CheckedAt, watched); now > spoken.Add(LostAfter) {
		h.State.Result, h.Since = Result{Step: Watch, Key: "mailbox.fault.lost"}, spoken
		h.Known, h.Alarm = true, true
		return h
	}
	h.Alarm = h.Known && !h.OK && now >= h.Since.Add(AlarmAfter)
	return h
}

// watchedSince returns since when this process expects somebody to fetch a
// mailbox: it starts anew when one is switched on. Zero is for one that is not
// fetched.
func (b *Boxes) watchedSince(a catalog.Account, now clock.Stamp) clock.Stamp {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !a.Active || a.Receive.Way != catalog.ByIMAP {
		delete(b.watched, a.ID)
		return 0
	}
	if b.watched[a.ID].IsZero() {
		b.watched[a.ID] = now
	}
	return b.watched[a.ID]
}
