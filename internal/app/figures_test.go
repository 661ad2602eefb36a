package app_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lotse/internal/backup"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/i18n"
)

var (
	figureName = regexp.MustCompile(`\b(?:lotse|go|process)_[a-z0-9_]+\b`)
	sampleName = regexp.MustCompile(`(?m)^([a-z][a-z0-9_]*)(?:\{([^}]*)\})? `)
	backticked = regexp.MustCompile("`(lotse_[a-z0-9_]+)`")
)

// TestFigures: what a running desk tells, and that dashboard, alert rules and
// documentation speak of nothing else.
func TestFigures(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, database string) {
		h := newHouse(t, database)
		h.must(backup.NoteLast(h.app.Config.Data, time.Now()))
		c := h.mail("who writes")
		h.get("/de/")
		h.do(http.MethodGet, "/cases/"+c.Number, "", h.signedIn(h.boss))
		h.do("BREW", "/qxv-invented", "")
		h.until("the index is followed", func() bool {
			return strings.Contains(h.get("/metrics", here).body, "lotse_index_caught_up_timestamp_seconds ")
		})
		h.until("the mail is acknowledged", func() bool { return h.count("SELECT count(*) FROM deliveries WHERE state IN (1, 2)") == 0 })
		text := h.get("/metrics", here).body
		there := map[string]bool{}
		for _, m := range sampleName.FindAllStringSubmatch(text, -1) {
			there[m[1]] = true
			if strings.Contains(m[2], "qxv") || strings.Contains(strings.ToUpper(m[2]), c.Number) || strings.Contains(m[2], "@") {
				t.Errorf("a label tells of somebody: %s", m[0])
			}
		}
		for _, want := range []string{
			`lotse_cases_opened_total{channel="email"} 1`, `lotse_arrivals_accepted_total 1`, `lotse_envelopes_settled_total{state="done"} 1`,
			`lotse_http_requests_total{method="GET",route="/cases/{number}",status="200"} 1`, `lotse_http_requests_total{method="other",route="/",status="404"} 1`,
			`lotse_public_pages_total{cache="miss"} 1`, `lotse_jobs{kind="outbox.send",state="discarded"} 0`, `lotse_envelopes_oldest_seconds 0`,
		} {
			if !strings.Contains(text, "\n"+want+"\n") {
				t.Errorf("/metrics lacks %s", want)
			}
		}
		for file, names := range figuresSpokenOf(t) {
			for _, name := range names {
				if !there[name] && !notHere[name] {
					t.Errorf("%s speaks of %s, which a running desk does not tell", file, name)
				}
			}
		}
		said := read(t, "../../docs/operate/monitoring.md")
		for name := range there {
			family := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count")
			if strings.HasPrefix(name, "lotse_") && !strings.Contains(said, "`"+family+"`") {
				t.Errorf("docs/operate/monitoring.md does not explain %s", family)
			}
		}
	})
}

// here asks from the machine itself.
func here(r *http.Request) { r.Header.Del("X-Forwarded-For") }

// notHere are figures of a desk with a certificate.
var notHere = map[string]bool{"lotse_certificate_expiry_timestamp_seconds": true}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// figuresSpokenOf are the names in the files operators use, by file.
func figuresSpokenOf(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for file, names := range map[string][]string{
		"deploy/grafana/lotse.json": dashboardFigures(t), "deploy/alerts/lotse.yml": alertFigures(t),
	} {
		if len(names) < 10 {
			t.Fatalf("%s speaks of %d figures only", file, len(names))
		}
		found[file] = names
	}
	for _, m := range backticked.FindAllStringSubmatch(read(t, "../../docs/operate/monitoring.md"), -1) {
		name := m[1]
		if strings.HasSuffix(name, "_seconds") && slices.Contains([]string{"lotse_http_request_seconds", "lotse_job_seconds", "lotse_db_query_seconds", "lotse_db_write_seconds", "lotse_db_write_wait_seconds"}, name) {
			name += "_bucket"
		}
		found["docs/operate/monitoring.md"] = append(found["docs/operate/monitoring.md"], name)
	}
	return found
}

// dashboardFigures reads the dashboard as Grafana would: panels with a grid
// position and a query each, and a data source to choose.
func dashboardFigures(t *testing.T) (names []string) {
	t.Helper()
	var d struct {
		Title, UID string
		Panels     []struct {
			ID      int
			Type    string
			Title   string
			GridPos struct{ H, W, X, Y int }
			Targets []struct{ Expr string }
		}
		Templating struct{ List []struct{ Name, Type string } }
	}
	if err := json.Unmarshal([]byte(read(t, "../../deploy/grafana/lotse.json")), &d); err != nil {
		t.Fatal(err)
	}
	if d.UID == "" || len(d.Templating.List) == 0 || d.Templating.List[0].Type != "datasource" {
		t.Error("the dashboard has no id or no data source to choose")
	}
	ids := map[int]bool{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.GridPos.W < 1 || p.GridPos.X+p.GridPos.W > 24 || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %d (%s) is not one", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			names = append(names, figureName.FindAllString(target.Expr, -1)...)
		}
	}
	return names
}

// alertFigures reads the rules line by line: an alert, its expression, how bad it
// is, and what it says.
func alertFigures(t *testing.T) (names []string) {
	t.Helper()
	said := read(t, "../../docs/operate/monitoring.md")
	rules := strings.Split(read(t, "../../deploy/alerts/lotse.yml"), "- alert: ")
	for _, rule := range rules[1:] {
		alert, _, _ := strings.Cut(rule, "\n")
		for _, part := range []string{" expr: ", " labels: {severity: ", " summary: \"", " description: \""} {
			if strings.Count(rule, part) != 1 {
				t.Errorf("alert %s lacks%s", alert, part)
			}
		}
		if !strings.Contains(said, alert) {
			t.Errorf("docs/operate/monitoring.md does not say what to do about %s", alert)
		}
		for line := range strings.Lines(rule) {
			if _, expr, ok := strings.Cut(line, " expr: "); ok {
				names = append(names, figureName.FindAllString(expr, -1)...)
			}
		}
	}
	return names
}

// TestJobsHaveWords: the page of jobs knows what to call every job there is.
func TestJobsHaveWords(t *testing.T) {
	a := newApp(t, dbtest.URL(t, dbtest.Kinds()[0]))
	for _, kind := range a.Queue.Kinds() {
		key := "jobs.kind." + strings.ReplaceAll(kind, ".", "_")
		for _, l := range i18n.Locales() {
			if i18n.For(l).T(key) == key {
				t.Errorf("%s: %s has no words", l, key)
			}
		}
	}
}
