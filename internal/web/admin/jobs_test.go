package admin_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"lotse/internal/access"
	domain "lotse/internal/desk"
	"lotse/internal/operate"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/platform/queue"
	"lotse/internal/platform/seal"
	"lotse/internal/web/account"
	"lotse/internal/web/admin"
	"lotse/internal/web/webtest"
)

type sendArgs struct {
	Delivery ids.ID `json:"delivery"`
}

func (sendArgs) Kind() string { return "outbox.send" }

type strangeArgs struct {
	Text string `json:"text"`
}

func (strangeArgs) Kind() string { return "strange.kind" }

// machine is a desk whose jobs are real; of cases and deliveries there are only
// ids.
type machine struct {
	*webtest.Desk
	*webtest.Browser
	ada      access.Actor
	queue    *queue.Queue
	cases    map[ids.ID]ids.ID // by delivery
	hastened []ids.ID
	scanners []operate.Scanner
}

func (m *machine) CasesOf(context.Context, []ids.ID) (map[ids.ID]ids.ID, error) { return m.cases, nil }

func (m *machine) HastenTx(_ context.Context, _ *db.Tx, delivery ids.ID) error {
	m.hastened = append(m.hastened, delivery)
	return nil
}

func eachMachine(t *testing.T, f func(t *testing.T, m *machine)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, database *db.DB) {
		m := &machine{cases: map[ids.ID]ids.ID{}, queue: queue.New(database, queue.Options{})}
		queue.Register(m.queue, func(context.Context, sendArgs) error { return nil })
		queue.Register(m.queue, func(context.Context, strangeArgs) error { return errors.New(hostile) })
		webtest.Must(t, m.queue.Open(context.Background()))
		m.Desk = webtest.New(t, database, func(d *webtest.Desk, mux *http.ServeMux) {
			sealer, err := seal.Load(context.Background(), database, d.Clock)
			webtest.Must(t, err)
			cases := domain.New(database, sealer, d.Clock, d.Kit.Staff, live.NewHub(), slog.New(slog.DiscardHandler))
			jobs := operate.New(operate.Parts{DB: database, Queue: m.queue, Desk: cases, Deliveries: m, Scanners: func() []operate.Scanner { return m.scanners }})
			account.New(account.Parts{Kit: d.Kit, Setup: d.Setup}).Routes(mux)
			admin.New(admin.Parts{Kit: d.Kit, Jobs: jobs}).Routes(mux)
		})
		m.ada = m.Furnish()
		m.Browser = m.SignedIn(webtest.Ada)
		f(t, m)
	})
}

// add puts a job into a state and returns its page.
func (m *machine) add(t *testing.T, args queue.Args, state queue.State, failure string) string {
	t.Helper()
	var id int64
	webtest.Must(t, m.DB.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		if err := m.queue.Add(ctx, tx, queue.Job{Args: args, Queue: queue.Delivery}); err != nil {
			return err
		}
		if err := tx.NewRaw("SELECT max(id) FROM river_job").Scan(ctx, &id); err != nil {
			return err
		}
		ended := "NULL"
		if state == queue.GivenUp || state == queue.Done {
			ended = "CURRENT_TIMESTAMP"
		}
		text := `{"at":"2026-03-02T12:00:00Z","attempt":3,"error":` + strconv.Quote(failure) + `,"trace":"secret trace"}`
		failures := "jsonb('[" + text + "]')"
		if tx.Postgres() {
			failures = "ARRAY['" + text + "'::jsonb]"
		}
		if failure == "" {
			failures = "NULL"
		}
		_, err := tx.NewRaw("UPDATE river_job SET state = ?, attempt = 3, finalized_at = "+ended+", errors = "+strings.ReplaceAll(failures, "?", "")+" WHERE id = ?", string(state), id).Exec(ctx)
		return err
	}))
	return "/admin/jobs/" + strconv.FormatInt(id, 10)
}

func (m *machine) events(t *testing.T) (kinds []string) {
	t.Helper()
	webtest.Must(t, m.DB.Read().NewRaw("SELECT kind FROM events WHERE case_id IS NULL AND kind LIKE 'job.%' ORDER BY seq").Scan(context.Background(), &kinds))
	return kinds
}

func TestJobsAreShown(t *testing.T) {
	eachMachine(t, func(t *testing.T, m *machine) {
		page := m.Get("/admin/jobs")
		if page.Status != http.StatusOK || !strings.Contains(page.Text("main"), "Nichts ist gescheitert") || page.Find("#job-kinds").Length() != 0 {
			t.Errorf("without jobs: %d %q", page.Status, page.Text("main"))
		}
		failing := m.add(t, strangeArgs{Text: "x"}, queue.Failing, hostile)
		given := m.add(t, sendArgs{ids.New()}, queue.GivenUp, "relay away")
		m.add(t, sendArgs{ids.New()}, queue.Done, "")
		waiting := m.add(t, sendArgs{ids.New()}, queue.Waiting, "")
		page = m.Get("/admin/jobs")
		rows := page.Find("#jobs tbody tr")
		if rows.Length() != 2 || rows.Eq(0).Find("a.entry").AttrOr("href", "") != given || rows.Eq(1).Find("a.entry").AttrOr("href", "") != failing {
			t.Errorf("failed jobs: %q", page.Text("#jobs tbody"))
		}
		if text := page.Text("#jobs tbody"); !contains(text, "E-Mail senden", "strange.kind", "Aufgegeben", "3 von 25", "relay away", hostile) {
			t.Errorf("failed jobs: %q", text)
		}
		if text := page.Text("#job-kinds tbody"); !contains(text, "E-Mail senden Versand", "strange.kind") {
			t.Errorf("overview: %q", text)
		}
		if list := m.Get("/admin/jobs?view=waiting"); list.Find("#jobs tbody tr").Length() != 1 || list.Find("#jobs a.entry").AttrOr("href", "") != waiting {
			t.Errorf("waiting: %q", list.Text("#jobs"))
		}
		page = m.Get(failing)
		if text := page.Text("main"); !contains(text, hostile, `"text"`, "Versuch 3", "02.03.2026") || strings.Contains(page.Body, "secret trace") {
			t.Errorf("a job: %q", text)
		}
		english := m.Get(failing + "?lang=en")
		if !strings.Contains(english.Text("main"), "Attempt 3") {
			t.Errorf("in English: %q", english.Text("main"))
		}
	})
}

func TestScannersAreShown(t *testing.T) {
	eachMachine(t, func(t *testing.T, m *machine) {
		if text := m.Get("/admin/jobs").Text("main"); contains(text, "clamd") {
			t.Errorf("no scanners: %q", text)
		}
		m.scanners = []operate.Scanner{{Name: "clamd"}, {Name: "rspamd", Away: true, Since: m.Clock.Now(), Reason: hostile}}
		page := m.Get("/admin/jobs")
		if text := page.Text("main"); !contains(text, "clamd prüft eingehende E-Mails", "rspamd antwortet seit", hostile) {
			t.Errorf("scanners: %q", text)
		}
		if n := page.Find("main .notice[data-tone=warning]").Length(); n != 1 {
			t.Errorf("%d warnings", n)
		}
	})
}

func TestLongListsOfJobs(t *testing.T) {
	eachMachine(t, func(t *testing.T, m *machine) {
		webtest.Must(t, m.DB.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
			jobs := make([]queue.Job, queue.CountLimit+1)
			for i := range jobs {
				jobs[i] = queue.Job{Args: sendArgs{ids.New()}, Queue: queue.Delivery}
			}
			return m.queue.Add(ctx, tx, jobs...)
		}))
		page := m.Get("/admin/jobs?view=waiting")
		if !contains(page.Text(".filters"), "Wartet (mindestens 1.000)") || !contains(page.Text("#job-kinds"), "1.000+") {
			t.Errorf("counts: %q, %q", page.Text(".filters"), page.Text("#job-kinds"))
		}
		next := page.Find(".pager a[rel=next]").AttrOr("href", "")
		second := m.Get(next)
		first := page.Find("#jobs a.entry").First().AttrOr("href", "")
		if second.Status != http.StatusOK || second.Find("#jobs tbody tr").Length() != operate.PageSize || strings.Contains(second.Text("#jobs"), first+" ") {
			t.Errorf("the second page, %s: %d, %d rows", next, second.Status, second.Find("#jobs tbody tr").Length())
		}
		if back := second.Find(".pager a[rel=prev]").AttrOr("href", ""); back != "/admin/jobs?view=waiting" {
			t.Errorf("back leads to %q", back)
		}
	})
}

func TestRetryAndDiscardJobs(t *testing.T) {
	eachMachine(t, func(t *testing.T, m *machine) {
		delivery := ids.New()
		failing := m.add(t, sendArgs{delivery}, queue.Failing, "away")
		want(t, "retrying", m.Post(failing+"/retry"), http.StatusSeeOther, failing)
		if page := m.Get(failing); !contains(page.Text("main"), "läuft noch einmal", "Wartet") || len(m.hastened) != 1 || m.hastened[0] != delivery {
			t.Errorf("retried: %q, hastened %v", page.Text("main"), m.hastened)
		}
		want(t, "retrying again", m.Post(failing+"/retry"), http.StatusSeeOther, failing)
		if page := m.Get(failing); !contains(page.Text("#flash"), "Nichts wurde geändert") {
			t.Errorf("retried twice: %q", page.Text("#flash"))
		}
		page := m.Get(failing + "/discard")
		if page.Status != http.StatusOK || !contains(page.Text("main"), "Diesen Auftrag verwerfen?", "zehn Minuten") || page.Find("form[action='"+failing+"/discard']").Length() != 1 {
			t.Errorf("asked: %d %q", page.Status, page.Text("main"))
		}
		want(t, "discarding", m.Post(failing+"/discard"), http.StatusSeeOther, failing)
		if page := m.Get(failing); !contains(page.Text("main"), "ist verworfen", "Verworfen") {
			t.Errorf("discarded: %q", page.Text("main"))
		}
		want(t, "asking to discard what is discarded", m.Get(failing+"/discard"), http.StatusConflict, "")
		want(t, "a job that is gone", m.Post("/admin/jobs/4711/retry"), http.StatusSeeOther, "/admin/jobs")
		if got := strings.Join(m.events(t), " "); got != "job.retried job.discarded" {
			t.Errorf("recorded: %s", got)
		}
		for _, path := range []string{"/admin/jobs/4711", "/admin/jobs/x", "/admin/jobs/4711/discard", "/admin/jobs?view=x"} {
			want(t, path, m.Get(path), http.StatusNotFound, "")
		}
		want(t, "a strange place", m.Get("/admin/jobs?after=x"), http.StatusUnprocessableEntity, "")
	})
}

func TestJobsAreForAdministrators(t *testing.T) {
	eachMachine(t, func(t *testing.T, m *machine) {
		job := m.add(t, sendArgs{ids.New()}, queue.Failing, "away")
		m.Person(m.ada, "Lea", access.Lead)
		lead := m.SignedIn("lea@lindenau.example")
		for _, path := range []string{"/admin/jobs", job, job + "/discard"} {
			want(t, "a lead at "+path, lead.Get(path), http.StatusForbidden, "")
		}
		for _, path := range []string{job + "/retry", job + "/discard"} {
			want(t, "a lead at "+path, lead.Post(path), http.StatusForbidden, "")
		}
		if len(m.events(t)) != 0 {
			t.Error("something was done")
		}
	})
}
