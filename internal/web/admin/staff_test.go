package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/platform/ids"
	"lotse/internal/web/webtest"
)

func TestInvite(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		team := d.team(t).String()
		page := d.Post("/admin/staff/invite", "email", "ben@", "name", "", "role", "king", "teams", team)
		refused(t, "wrong in three ways", page, "name email role")
		if page.Value("email") != "ben@" || page.Find(`[name=teams][checked]`).Length() != 1 {
			t.Error("what was typed is lost")
		}
		refused(t, "an unknown team", d.Post("/admin/staff/invite", "email", "ben@lindenau.example", "name", "Ben", "role", "agent", "teams", ids.New().String()), "teams")
		refused(t, "an address that is taken", d.Post("/admin/staff/invite", "email", webtest.Ada, "name", "Ada", "role", "agent"), "email")
		if d.Notices() != 0 {
			t.Fatal("somebody was invited")
		}
		page = d.saved(t, "inviting", d.Post("/admin/staff/invite", "email", "ben@lindenau.example", "name", hostile, "role", "lead", "teams", team), "/admin/staff", "unterwegs")
		row := page.Text("tbody tr:last-child")
		for _, part := range []string{hostile, "ben@lindenau.example", "Eingeladen", "Teamleitung", "Service"} {
			if !strings.Contains(row, part) {
				t.Errorf("the list says %q, %q is missing", row, part)
			}
		}
		member := page.Find("tbody tr:last-child a").AttrOr("href", "")
		first := d.Link()
		d.saved(t, "inviting again", d.Post(member+"/invite", "invite", "1"), member, "noch einmal")
		second := d.Link()
		if d.Notices() != 2 || first == second {
			t.Errorf("%d mails", d.Notices())
		}
		want(t, "the first link", d.Desk.Browser().Get(first), http.StatusGone, "")
		d.saved(t, "withdrawing", d.Post(member+"/active", "active", "0"), member, "gelten nicht mehr")
		want(t, "the second link", d.Desk.Browser().Get(second), http.StatusGone, "")
	})
}

func TestMember(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ben := d.Person(d.ada, "Ben", access.Agent)
		path, team := "/admin/staff/"+ben.String(), d.team(t).String()
		in := d.SignedIn("ben@lindenau.example")

		refused(t, "a role that is none", d.Post(path+"/role", "role", "king"), "role")
		page := d.saved(t, "a role", d.Post(path+"/role", "role", "lead"), path, "Rolle")
		if page.Value("role") != "lead" || d.Actor(ben).Role != access.Lead {
			t.Errorf("role %q", page.Value("role"))
		}
		want(t, "who got a role", in.Get("/account"), http.StatusSeeOther, "/signin?next=%2Faccount")

		refused(t, "an unknown team", d.Post(path+"/teams", "teams", ids.New().String(), "teams", "x"), "teams")
		page = d.saved(t, "a team", d.Post(path+"/teams", "teams", team), path, "Teams")
		if page.Value("teams") != team {
			t.Errorf("team %q", page.Value("teams"))
		}
		d.saved(t, "no team", d.Post(path+"/teams"), path, "Teams")
		if len(d.Actor(ben).Teams) != 0 {
			t.Error("Ben is in a team still")
		}

		d.saved(t, "blocking", d.Post(path+"/active", "active", "0"), path, "gesperrt")
		want(t, "who is blocked", d.Desk.Browser().Post("/signin", "email", "ben@lindenau.example", "password", webtest.Password), http.StatusUnprocessableEntity, "")
		d.saved(t, "allowing", d.Post(path+"/active", "active", "1"), path, "wieder anmelden")
		d.SignedIn("ben@lindenau.example")

		page = d.Post(path+"/invite", "invite", "1")
		want(t, "inviting who is here", page, http.StatusConflict, "")
	})
}

func TestLastAdministratorStays(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		path := "/admin/staff/" + d.ada.ID.String()
		for _, form := range [][2]string{{"role", "agent"}, {"active", "0"}} {
			page := d.Post(path+"/"+form[0], form[0], form[1])
			want(t, form[0], page, http.StatusConflict, "")
			if page.Faults() != form[0] || !strings.Contains(page.Text(".error-summary"), "letzte") {
				t.Errorf("%s: faults %q, %q", form[0], page.Faults(), page.Text(".error-summary"))
			}
			if where := page.Find("#f-"+form[0]).Closest("section").AttrOr("id", ""); !strings.Contains(page.Text("#"+where), "letzte") {
				t.Errorf("%s: the error does not stand at its place", form[0])
			}
		}
		if a := d.Actor(d.ada.ID); a.Role != access.Admin {
			t.Error("nobody is an administrator")
		}
	})
}
