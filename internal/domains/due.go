package domains

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/queue"
)

// How long until a domain is looked at again.
const (
	recheckDaily = 24 * time.Hour
	recheckOften = time.Hour        // something fails, or can't be told, or a key waits for its record
	recheckSoon  = 10 * time.Minute // something fails for the first time, or a key was just made
)

// certain is how often in a row a record has to be missing or wrong before it is an
// alarm: a name server may be mistaken once.
const certain = 2

// Job looks at one domain in the background.
type Job struct {
	Domain ids.ID `json:"domain"`
}

// Kind names the job.
func (Job) Kind() string { return "domains.check" }

// Due queues a job for each domain whose time has come, and ends keys whose time is
// over, also those of domains nobody writes from any more. It is called every minute,
// on every node: a domain is claimed, so that one looks.
func (d *Domains) Due(ctx context.Context) error {
	s, err := d.state(ctx)
	if err != nil {
		return err
	}
	if err := d.endKeys(ctx, s); err != nil || d.Resolver == nil {
		return err
	}
	all, err := d.All(ctx)
	if err != nil {
		return err
	}
	now := clock.Now(d.Clock)
	var due []string
	for _, f := range all {
		if k, stored := s.domains[f.Name]; !stored || k.dueAt <= now {
			due = append(due, f.Name)
		}
	}
	if len(due) == 0 {
		return nil
	}
	return d.write(ctx, func(ctx context.Context, tx *db.Tx) error { return d.claimTx(ctx, tx, due) })
}

func (d *Domains) claimTx(ctx context.Context, tx *db.Tx, due []string) error {
	var jobs []queue.Job
	for _, name := range due {
		row, err := d.rowTx(ctx, tx, name)
		if err != nil {
			return err
		}
		if row.DueAt > clock.Now(d.Clock) { // another node was faster
			continue
		}
		if err := d.dueTx(ctx, tx, row.ID, clock.Now(d.Clock).Add(recheckOften)); err != nil {
			return err
		}
		jobs = append(jobs, queue.Job{Args: Job{Domain: row.ID}})
	}
	return d.Queue.Add(ctx, tx, jobs...)
}

// dueTx says when a domain is looked at next.
func (d *Domains) dueTx(ctx context.Context, tx *db.Tx, id ids.ID, at clock.Stamp) error {
	if _, err := tx.NewUpdate().Model((*domainRow)(nil)).Set("due_at = ?", at).Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("changing when a domain is looked at: %w", err)
	}
	return nil
}

// work does a Job. A domain nobody writes from any more is left alone.
func (d *Domains) work(ctx context.Context, job Job) error {
	all, err := d.All(ctx)
	if err != nil {
		return err
	}
	s, err := d.state(ctx)
	if err != nil {
		return err
	}
	for _, f := range all {
		if s.domains[f.Name].id == job.Domain {
			return d.check(ctx, f)
		}
	}
	return nil
}

// Check looks at a domain of the actor's brand now. A prepared key whose record is
// seen signs from then on. It takes a few seconds, twelve at most, and needs
// ManageCatalog.
func (d *Domains) Check(ctx context.Context, a access.Actor, name string) (Domain, error) {
	found, err := d.Get(ctx, a, name)
	if err != nil {
		return Domain{}, err
	}
	if err := d.check(ctx, found); err != nil {
		return Domain{}, err
	}
	return d.Get(ctx, a, name)
}

func (d *Domains) check(ctx context.Context, f Domain) error {
	s, err := d.subject(ctx, f)
	if err != nil {
		return err
	}
	var checks []Check
	if d.Resolver == nil {
		checks = s.off()
	} else {
		checks = s.look(ctx)
	}
	if err := ctx.Err(); err != nil {
		return errs.Wrap(errs.Unavailable, err, "looking at a domain")
	}
	return d.write(ctx, func(ctx context.Context, tx *db.Tx) error { return d.keepTx(ctx, tx, f.Name, checks) })
}

func (d *Domains) subject(ctx context.Context, f Domain) (subject, error) {
	all, err := d.Accounts.Accounts(ctx, catalog.Email)
	if err != nil {
		return subject{}, err
	}
	s := subject{Domain: f, names: names{d.Resolver}, mailHost: Normal(d.MailHost), listens: d.Listens, behind: d.Behind}
	for _, account := range all {
		if account.Active && Of(account.Address) == f.Name {
			s.accounts = append(s.accounts, account)
		}
	}
	s.arrived = slices.ContainsFunc(f.Of(MX), func(c Check) bool { return c.Key == "domain.mx.ok" || c.Key == "domain.mx.moved" })
	return s, nil
}

// keepTx keeps what was found, with what was known before, and moves keys on.
func (d *Domains) keepTx(ctx context.Context, tx *db.Tx, name string, checks []Check) error {
	row, err := d.rowTx(ctx, tx, name)
	if err != nil {
		return err
	}
	var before []Check
	if err := json.Unmarshal(row.Checks, &before); err != nil {
		return fmt.Errorf("reading the checks of a domain: %w", err)
	}
	now := clock.Now(d.Clock)
	checks = slices.Clone(checks) // a transaction may run twice
	for i := range checks {
		checks[i] = checks[i].after(before, now)
	}
	waits, err := d.moveKeysTx(ctx, tx, row.ID, checks)
	if err != nil {
		return err
	}
	if row.Checks, err = json.Marshal(checks); err != nil {
		return fmt.Errorf("writing the checks of a domain: %w", err)
	}
	row.CheckedAt, row.DueAt = now, now.Add(pause(checks, waits))
	if _, err := tx.NewUpdate().Model(&row).WherePK().Exec(ctx); err != nil {
		return fmt.Errorf("keeping the checks of a domain: %w", err)
	}
	return nil
}

// after is a check with what earlier ones of the same kind, or key, found. The name of
// a record does not tell them apart: a policy that is gone was looked for elsewhere.
func (c Check) after(before []Check, now clock.Stamp) Check {
	c.Since = now
	if i := slices.IndexFunc(before, func(b Check) bool { return b.Kind == c.Kind && b.Selector == c.Selector }); i >= 0 {
		b := before[i]
		c.OKAt, c.Fails = b.OKAt, b.Fails
		if b.State == c.State {
			c.Since = b.Since
		}
	}
	switch {
	case c.State == OK:
		c.OKAt, c.Fails = now, 0
	case c.failing():
		c.Fails++
	}
	return c
}

// pause is how long what was found is good for.
func pause(checks []Check, waits bool) time.Duration {
	d := recheckDaily
	if waits {
		d = recheckOften
	}
	for _, c := range checks {
		switch {
		case c.failing() && !c.OKAt.IsZero() && c.Fails < certain:
			return recheckSoon
		case c.failing() && !c.OKAt.IsZero(), c.Key == "domain.unknown.lookup":
			d = recheckOften
		}
	}
	return d
}

// endKeys ends the keys whose records had to stay until now.
func (d *Domains) endKeys(ctx context.Context, s *state) error {
	for _, known := range s.domains {
		if !slices.ContainsFunc(known.Keys, d.over) {
			continue
		}
		err := d.write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := d.moveKeysTx(ctx, tx, known.id, nil)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// over reports whether the time of a retiring key has come.
func (d *Domains) over(k Key) bool {
	return k.State == Retiring && clock.Now(d.Clock) >= k.RecordUntil()
}

// moveKeysTx lets keys whose record was seen sign, and ends those whose time is
// over. It reports whether a key waits for its record.
func (d *Domains) moveKeysTx(ctx context.Context, tx *db.Tx, domain ids.ID, checks []Check) (waits bool, err error) {
	keys, err := keysTx(ctx, tx, domain)
	if err != nil {
		return false, err
	}
	for i, k := range keys {
		seen := slices.ContainsFunc(checks, func(c Check) bool { return c.Selector == k.Selector && c.State == OK })
		switch {
		case k.State == Prepared && seen:
			err = d.activateTx(ctx, tx, keys, i)
		case k.State == Prepared:
			waits = true
		case d.over(k.key()):
			err = d.endTx(ctx, tx, k)
		}
		if err != nil {
			return false, err
		}
	}
	return waits, nil
}
