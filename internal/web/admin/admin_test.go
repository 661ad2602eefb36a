package admin_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/mailbox"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
	"lotse/internal/views"
	"lotse/internal/web"
	"lotse/internal/web/account"
	"lotse/internal/web/admin"
	"lotse/internal/web/webtest"
)

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>`

// desk is a furnished desk with Ada signed in.
type desk struct {
	*webtest.Desk
	*webtest.Browser
	ada access.Actor

	boxes     *mailbox.Boxes
	steps     []mailbox.Result // how fetching goes when it is tried
	tried     catalog.ReceiveSettings
	testError error // what a test mail, or trying a relay, ends with
	testedBy  access.Actor
	tested    ids.ID
	testedTo  string
	list      *views.Views
	asked     []string // cases whose data was asked for
}

func (d *desk) SendTest(_ context.Context, a access.Actor, account ids.ID, to string) error {
	d.testedBy, d.tested, d.testedTo = a, account, to
	return d.testError
}

func (d *desk) TryRelay(context.Context, catalog.Account) error { return d.testError }

func (d *desk) TestReceive(_ context.Context, r catalog.ReceiveSettings) []mailbox.Result {
	d.tried = r
	return d.steps
}

// watch makes what knows how the mailboxes are doing.
func (d *desk) watch(t *testing.T, w *webtest.Desk) {
	s, err := seal.Load(context.Background(), w.DB, w.Clock)
	webtest.Must(t, err)
	d.boxes = mailbox.New(mailbox.Parts{DB: w.DB, Seal: s, Clock: w.Clock, Accounts: w.Kit.Catalog, Candidates: w.Kit.Catalog, Relays: d, Fetchers: map[string]mailbox.Fetcher{"email": d}})
	w.Kit.Boxes = d.boxes
}

func each(t *testing.T, f func(t *testing.T, d *desk)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, database *db.DB) {
		d := &desk{}
		d.Desk = webtest.New(t, database, func(desk *webtest.Desk, mux *http.ServeMux) {
			account.New(account.Parts{Kit: desk.Kit, Setup: desk.Setup}).Routes(mux)
			d.watch(t, desk)
			mux.Handle("GET "+web.AlarmsPath, desk.Kit.StaffPage(desk.Kit.ShowAlarms))
			admin.New(admin.Parts{Kit: desk.Kit, Tester: d, Boxes: d.boxes, Domains: newDomains(t, desk), Keys: access.NewKeys(desk.DB, desk.Clock), Templates: d.texts(t, desk), Mails: d, Views: d.list}).Routes(mux)
		})
		d.ada = d.Furnish()
		d.Browser = d.SignedIn(webtest.Ada)
		f(t, d)
	})
}

func want(t *testing.T, what string, p *webtest.Page, status int, location string) {
	t.Helper()
	if p.Status != status || p.Location() != location {
		t.Errorf("%s: %d %q, want %d %q; %s", what, p.Status, p.Location(), status, location, p.Text(".error-summary"))
	}
}

// refused wants a page that says what is wrong with these controls.
func refused(t *testing.T, what string, p *webtest.Page, faults string) {
	t.Helper()
	want(t, what, p, http.StatusUnprocessableEntity, "")
	if got := p.Faults(); got != faults {
		t.Errorf("%s: faults %q, want %q", what, got, faults)
	}
}

// saved wants a redirect to a page that says key's text begins with notice.
func (d *desk) saved(t *testing.T, what string, p *webtest.Page, location, notice string) *webtest.Page {
	t.Helper()
	want(t, what, p, http.StatusSeeOther, location)
	next := d.Get(location)
	if got := next.Text("#flash"); next.Status != http.StatusOK || !strings.Contains(got, notice) {
		t.Errorf("%s: the next page is %d and says %q", what, next.Status, got)
	}
	return next
}

func (d *desk) team(t *testing.T) ids.ID {
	t.Helper()
	teams, err := d.Kit.Staff.Teams(context.Background(), d.ada)
	webtest.Must(t, err)
	return teams[0].ID
}

func (d *desk) mailbox(t *testing.T) string {
	t.Helper()
	accounts, err := d.Kit.Catalog.AccountsFor(context.Background(), d.ada)
	webtest.Must(t, err)
	return "/admin/mailboxes/" + accounts[0].ID.String()
}

func TestOnlyAdministratorsComeIn(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ben := d.Person(d.ada, "Ben", access.Agent)
		d.Person(d.ada, "Lea", access.Lead)
		agent, lead, nobody := d.SignedIn("ben@lindenau.example"), d.SignedIn("lea@lindenau.example"), d.Desk.Browser()
		person, team := "/admin/staff/"+ben.String(), "/admin/teams/"+d.team(t).String()
		for _, path := range []string{"/admin", "/admin/staff", "/admin/staff/invite", person, "/admin/teams", "/admin/teams/new", team,
			"/admin/mailboxes", "/admin/mailboxes/new", d.mailbox(t), "/admin/brand"} {
			for name, b := range map[string]*webtest.Browser{"agent": agent, "lead": lead} {
				page := b.Get(path)
				want(t, name+" "+path, page, http.StatusForbidden, "")
				if strings.Contains(page.Body, "relay") || strings.Contains(page.Text("main"), "lindenau.example") {
					t.Errorf("%s: the refusal tells something", path)
				}
			}
			if page := nobody.Get(path); page.Status != http.StatusSeeOther || !strings.HasPrefix(page.Location(), "/signin?next=") {
				t.Errorf("nobody at %s: %d %q", path, page.Status, page.Location())
			}
			if page := d.Get(path); page.Status != http.StatusOK && path != "/admin" {
				t.Errorf("an administrator at %s: %d", path, page.Status)
			}
		}
		for _, path := range []string{"/admin/staff/invite", person + "/role", person + "/teams", person + "/active", person + "/invite", "/admin/teams/new", team,
			"/admin/mailboxes/new", d.mailbox(t), d.mailbox(t) + "/active", d.mailbox(t) + "/test",
			"/admin/mailboxes/new/check", d.mailbox(t) + "/check", "/admin/mailboxes/new/preset", d.mailbox(t) + "/delete", "/admin/brand", "/admin/brand/answers"} {
			want(t, "agent "+path, agent.Post(path, "role", "admin", "active", "0", "acknowledge", "no"), http.StatusForbidden, "")
			if page := nobody.Post(path); page.Status != http.StatusUnauthorized {
				t.Errorf("nobody at %s: %d", path, page.Status)
			}
		}
		if got := d.Actor(ben); got.Role != access.Agent || !d.tested.IsZero() {
			t.Errorf("something was done: %+v", got)
		}
	})
}

func TestAddressesThatLeadNowhere(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		for _, id := range []string{"x", ids.New().String(), "%00", strings.Repeat("9", 400)} {
			for _, path := range []string{"/admin/staff/", "/admin/teams/", "/admin/mailboxes/"} {
				want(t, path+id, d.Get(path+id), http.StatusNotFound, "")
			}
			for _, path := range []string{"/admin/staff/" + id + "/role", "/admin/staff/" + id + "/active", "/admin/teams/" + id, "/admin/mailboxes/" + id, "/admin/mailboxes/" + id + "/active", "/admin/mailboxes/" + id + "/test"} {
				want(t, path, d.Post(path, "role", "agent", "active", "0", "name", "X", "answer_within", "8"), http.StatusNotFound, "")
			}
		}
	})
}

func TestFormTooLong(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		want(t, "3 MB", d.Post("/admin/brand", "brand_name", strings.Repeat("x", 3<<20)), http.StatusRequestEntityTooLarge, "")
	})
}
