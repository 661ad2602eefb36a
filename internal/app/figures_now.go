package app

import (
	"context"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lotse/internal/backup"
	"lotse/internal/domains"
	"lotse/internal/mailbox"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/queue"
)

// now looks figures up when somebody asks for them. Each question costs no more
// than what waits at the moment, or stops counting. What can't be answered, as
// while the database is away, is absent: a zero would be a lie.
type now struct {
	app   *App
	descs map[string]*prometheus.Desc
}

// nowFigures are the names, helps and labels of what is looked up.
var nowFigures = []struct {
	name, help string
	labels     []string
}{
	{"lotse_envelopes_waiting", "Envelopes accepted but not yet brought to a case.", nil},
	{"lotse_envelopes_oldest_seconds", "For how long the oldest of them waits; 0 if none does.", nil},
	{"lotse_envelopes_look", "Envelopes that need a look by a person, by reason.", []string{"reason"}},
	{"lotse_scanner_away_seconds", "For how long a scanner of mail does not answer; 0 if it does, or if none is set.", []string{"scanner"}},
	{"lotse_mailboxes", "Mailboxes by how they are doing, receiving and sending: works, failing, alarm (failing for longer than a minute) or off.", []string{"state"}},
	{"lotse_mailboxes_failing_seconds", "For how long the mailbox that has failed longest does; 0 if all work.", nil},
	{"lotse_mailboxes_waiting", "Mails seen at providers and not yet fetched.", nil},
	{"lotse_domain_checks", "Records of the domains mail is sent from, by kind (spf, dkim, dmarc, mx) and state (ok, missing, wrong, unknown).", []string{"kind", "state"}},
	{"lotse_domain_alarms", "Those of them that were right and are not any more.", nil},
	{"lotse_deliveries_pending", "Deliveries waiting to be sent.", nil},
	{"lotse_deliveries_held", "Automatic mails that wait for a person because their mailbox wrote too many; counting stops at 1000 for each mailbox.", nil},
	{"lotse_mailboxes_braked", "Mailboxes that hold their automatic mails until a person decides.", nil},
	{"lotse_deliveries_oldest_seconds", "For how long the next attempt of a delivery is overdue at most; 0 if none is.", nil},
	{"lotse_jobs", "Jobs by kind and state, without those done; counting stops at 1000 for each queue and state.", []string{"kind", "state"}},
	{"lotse_jobs_oldest_seconds", "For how long the oldest job waits that could run, by queue; 0 if none does.", []string{"queue"}},
	{"lotse_db_bytes", "Size of the database: its data, and on SQLite its write-ahead log (wal).", []string{"part"}},
	{"lotse_db_connections", "Open connections to the database, by pool and use.", []string{"pool", "use"}},
	{"lotse_db_connections_waited_seconds_total", "For how long statements waited for a connection, by pool.", []string{"pool"}},
	{"lotse_blob_written_bytes_total", "Bytes of attachments and large mails stored since the start.", nil},
	{"lotse_disk_free_bytes", "Room left for Lotse on the disk of the data folder.", nil},
	{"lotse_disk_bytes", "Size of the disk of the data folder.", nil},
	{"lotse_index_caught_up_timestamp_seconds", "When the public index last knew all that is published.", nil},
	{"lotse_live_listeners", "Open screens that hear of changes, and a few parts of the program.", nil},
	{"lotse_sessions", "Valid sessions; counting stops at 10000.", nil},
	{"lotse_certificate_expiry_timestamp_seconds", "When the certificate that is served expires; absent without one.", nil},
	{"lotse_backup_last_success_timestamp_seconds", "Of when the last backup by lotse backup is; absent before the first.", nil},
	{"lotse_build_info", "Always 1; says which version runs and on which database.", []string{"version", "database"}},
}

func newNow(a *App) *now {
	n := &now{app: a, descs: map[string]*prometheus.Desc{}}
	for _, f := range nowFigures {
		n.descs[f.name] = prometheus.NewDesc(f.name, f.help, f.labels, nil)
	}
	return n
}

// Describe names the figures.
func (n *now) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range n.descs {
		ch <- d
	}
}

// Collect answers one visit.
func (n *now) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	v := visit{now: n, ch: ch, at: n.app.Clock.Now()}
	for _, look := range []func(context.Context){v.mail, v.mailboxes, v.domains, v.scanners, v.deliveries, v.brakes, v.jobs, v.database, v.disk, v.parts, v.moments} {
		look(ctx)
	}
}

// visit is one answer to /metrics.
type visit struct {
	*now
	ch chan<- prometheus.Metric
	at time.Time
}

func (v visit) gauge(name string, value float64, labels ...string) {
	v.ch <- prometheus.MustNewConstMetric(v.descs[name], prometheus.GaugeValue, value, labels...)
}

func (v visit) counter(name string, value float64, labels ...string) {
	v.ch <- prometheus.MustNewConstMetric(v.descs[name], prometheus.CounterValue, value, labels...)
}

// moment is a time that is absent if it never was.
func (v visit) moment(name string, at time.Time) {
	if !at.IsZero() {
		v.gauge(name, float64(at.Unix()))
	}
}

// age is for how long something waits, 0 if nothing does.
func (v visit) age(since time.Time) float64 {
	if since.IsZero() {
		return 0
	}
	return max(0, v.at.Sub(since).Seconds())
}

func timeOf(s clock.Stamp) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return s.Time()
}

func (v visit) mail(ctx context.Context) {
	if waiting, _, err := v.app.Intake.Backlog(ctx); err == nil {
		v.gauge("lotse_envelopes_waiting", float64(waiting))
	}
	if oldest, err := v.app.Intake.OldestWaiting(ctx); err == nil {
		v.gauge("lotse_envelopes_oldest_seconds", v.age(timeOf(oldest)))
	}
	if reasons, err := v.app.Intake.LookReasons(ctx); err == nil {
		for reason, n := range reasons {
			v.gauge("lotse_envelopes_look", float64(n), reason)
		}
		if len(reasons) == 0 { // the name is there all the same
			v.gauge("lotse_envelopes_look", 0, "none")
		}
	}
}

func (v visit) scanners(context.Context) {
	away := map[string]float64{"clamd": 0, "rspamd": 0}
	for _, s := range v.app.scannerStates() {
		away[s.Name] = v.age(s.Since)
	}
	for name, seconds := range away {
		v.gauge("lotse_scanner_away_seconds", seconds, name)
	}
}

func (v visit) mailboxes(ctx context.Context) {
	all, err := v.app.Boxes.All(ctx)
	if err != nil {
		return
	}
	states, longest, waiting := map[string]int{"works": 0, "failing": 0, "alarm": 0, "off": 0}, 0.0, 0
	for _, h := range all {
		waiting += h.Waiting
		state := "works"
		for _, t := range h.Troubles {
			if t.Part != mailbox.CopyPart { // what was sent is sent
				state, longest = "failing", max(longest, v.age(timeOf(t.Since)))
			}
		}
		switch {
		case !h.Account.Active:
			state = "off"
		case h.Alarming():
			state = "alarm"
		}
		states[state]++
	}
	for state, n := range states {
		v.gauge("lotse_mailboxes", float64(n), state)
	}
	v.gauge("lotse_mailboxes_failing_seconds", longest)
	v.gauge("lotse_mailboxes_waiting", float64(waiting))
}

func (v visit) domains(ctx context.Context) {
	all, err := v.app.Domains.All(ctx)
	if err != nil {
		return
	}
	type series struct{ kind, state string }
	counted, alarms := map[series]int{}, 0
	for _, kind := range domains.Kinds() {
		for _, state := range []domains.State{domains.OK, domains.Missing, domains.Wrong, domains.Unknown} {
			counted[series{string(kind), string(state)}] = 0
		}
	}
	for _, d := range all {
		alarms += len(d.Alarms())
		for _, c := range d.Checks {
			counted[series{string(c.Kind), string(c.State)}]++
		}
	}
	for s, n := range counted {
		v.gauge("lotse_domain_checks", float64(n), s.kind, s.state)
	}
	v.gauge("lotse_domain_alarms", float64(alarms))
}

func (v visit) brakes(ctx context.Context) {
	all, err := v.app.Outbox.AllBrakes(ctx)
	if err != nil {
		return
	}
	held := 0
	for _, b := range all {
		held += b.Held
	}
	v.gauge("lotse_deliveries_held", float64(held))
	v.gauge("lotse_mailboxes_braked", float64(len(all)))
}

func (v visit) deliveries(ctx context.Context) {
	if b, err := v.app.Outbox.Backlog(ctx); err == nil {
		v.gauge("lotse_deliveries_pending", float64(b.Waiting))
		v.gauge("lotse_deliveries_oldest_seconds", v.age(timeOf(b.Oldest)))
	}
}

func (v visit) jobs(ctx context.Context) {
	census, err := v.app.Queue.Census(ctx)
	if err != nil {
		return
	}
	type of struct{ kind, state string }
	found := map[of]int{} // every kind that is known has every state
	for _, kind := range v.app.Queue.Kinds() {
		for _, state := range queue.States() {
			found[of{kind, string(state)}] = 0
		}
	}
	for _, c := range census.Counts {
		found[of{c.Kind, string(c.State)}] += c.N
	}
	for c, n := range found {
		if c.state != string(queue.Done) {
			v.gauge("lotse_jobs", float64(n), c.kind, c.state)
		}
	}
	for _, name := range []string{queue.Default, queue.Delivery} {
		age := 0.0
		if oldest := census.Oldest[name]; !oldest.IsZero() {
			age = max(0, time.Since(oldest).Seconds()) // the queue's clock is the machine's
		}
		v.gauge("lotse_jobs_oldest_seconds", age, name)
	}
}

func (v visit) database(ctx context.Context) {
	if data, wal, err := v.app.DB.Size(ctx); err == nil {
		v.gauge("lotse_db_bytes", float64(data), "data")
		v.gauge("lotse_db_bytes", float64(wal), "wal")
	}
	for pool, s := range v.app.DB.Pools() {
		v.gauge("lotse_db_connections", float64(s.InUse), pool, "busy")
		v.gauge("lotse_db_connections", float64(s.Idle), pool, "idle")
		v.counter("lotse_db_connections_waited_seconds_total", s.WaitDuration.Seconds(), pool)
	}
}

func (v visit) disk(context.Context) {
	v.counter("lotse_blob_written_bytes_total", float64(v.app.Blobs.Written()))
	var s syscall.Statfs_t
	if syscall.Statfs(v.app.Config.Data, &s) == nil {
		v.gauge("lotse_disk_free_bytes", float64(s.Bavail)*float64(s.Bsize))
		v.gauge("lotse_disk_bytes", float64(s.Blocks)*float64(s.Bsize))
	}
}

func (v visit) parts(ctx context.Context) {
	v.gauge("lotse_live_listeners", float64(v.app.Hub.Listeners()))
	if n, err := v.app.Kit.Sessions.Active(ctx); err == nil {
		v.gauge("lotse_sessions", float64(n))
	}
	database := "sqlite"
	if v.app.DB.Postgres() {
		database = "postgres"
	}
	v.gauge("lotse_build_info", 1, v.app.program, database)
}

func (v visit) moments(context.Context) {
	if v.app.Index != nil {
		v.moment("lotse_index_caught_up_timestamp_seconds", v.app.Index.CaughtUp())
	}
	v.moment("lotse_certificate_expiry_timestamp_seconds", v.app.tls.expires())
	if made, err := backup.Last(v.app.Config.Data); err == nil {
		v.moment("lotse_backup_last_success_timestamp_seconds", made)
	}
}
