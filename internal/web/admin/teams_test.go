package admin_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"lotse/internal/calendar"
	"lotse/internal/staff"
	"lotse/internal/web/webtest"
)

func (d *desk) teamNamed(t *testing.T, name string) staff.Team {
	t.Helper()
	teams, err := d.Kit.Staff.Teams(context.Background(), d.ada)
	webtest.Must(t, err)
	for _, team := range teams {
		if team.Name == name {
			return team
		}
	}
	t.Fatalf("no team %q", name)
	return staff.Team{}
}

func TestCreateTeam(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		page := d.Get("/admin/teams/new")
		if page.Value("week.1") != "8:00" || page.Value("week.5.to") != "17:00" || page.Value("week.6") != "" {
			t.Error("the page does not suggest the usual")
		}
		typed := []string{"name", "", "answer_within", "bald", "region", "AT-9", "closed", "24.12.2026\nWeihnachten",
			"week.1", "25", "week.1.to", "26", "week.2", "8", "week.3", "17", "week.3.to", "8", "week.0", "8", "week.0.to", "12", "week.0.from2", "11", "week.0.to2", "13", "restricted", "1"}
		page = d.Post("/admin/teams/new", typed...)
		refused(t, "wrong in many ways", page, "name answer_within week.1 week.2 week.3 week.0 region closed")
		for i := 0; i < len(typed); i += 2 {
			if typed[i] != "region" && page.Value(typed[i]) != typed[i+1] {
				t.Errorf("%s holds %q, typed was %q", typed[i], page.Value(typed[i]), typed[i+1])
			}
		}
		refused(t, "a name that is taken", d.Post("/admin/teams/new", "name", "Service", "answer_within", "8"), "name")

		page = d.saved(t, "creating", d.Post("/admin/teams/new", "name", hostile, "answer_within", "1,5", "region", "DE-SN",
			"week.1", "8", "week.1.to", "12.30", "week.1.from2", "1300", "week.1.to2", "24:00", "week.6", "9", "week.6.to", "12", "closed", "2026-12-31\r\n24.12.2026, 24.12.2026", "restricted", "1"),
			"/admin/teams", "gespeichert")
		if text := page.Text("tbody"); !contains(text, "1:30 Std.", "Mo 8:00–12:30 + 13:00–24:00, Sa 9:00–12:00", "Sachsen", "Vertraulich", hostile) {
			t.Errorf("the list says %q", text)
		}
		team := d.teamNamed(t, hostile)
		if !team.Restricted || team.AnswerWithin != 90*time.Minute || len(team.Calendar.Closed) != 2 || team.Calendar.Closed[0].String() != "2026-12-24" {
			t.Errorf("team %+v", team)
		}
	})
}

func TestChangeTeam(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		c := calendar.Default("DE-SN")
		c.Zone = "Europe/Vienna"
		c.Extra = []calendar.Special{{Date: calendar.Date{Year: 2026, Month: 12, Day: 23}}}
		c.Closed = []calendar.Date{{Year: 2026, Month: 12, Day: 24}}
		made, err := d.Kit.Staff.CreateTeam(context.Background(), d.ada, staff.TeamForm{Name: "Abo", Calendar: c, AnswerWithin: 8 * time.Hour, Restricted: true})
		webtest.Must(t, err)
		path := "/admin/teams/" + made.ID.String()
		page := d.Get(path)
		names := []string{"name", "answer_within", "region", "closed", "restricted"}
		for day := range 7 {
			name := "week." + string(rune('0'+day))
			names = append(names, name, name+".to", name+".from2", name+".to2")
		}
		var shown []string
		for _, name := range names {
			if v := page.Value(name); v != "" {
				shown = append(shown, name, v)
			}
		}
		d.saved(t, "saving it as it is", d.Post(path, shown...), "/admin/teams", "gespeichert")
		after := d.teamNamed(t, "Abo")
		if after.AnswerWithin != made.AnswerWithin || !after.Restricted || after.Calendar.Zone != "Europe/Vienna" || after.Calendar.Region != "DE-SN" ||
			len(after.Calendar.Extra) != 1 || len(after.Calendar.Closed) != 1 || len(after.Calendar.Week[1]) != 1 || after.Calendar.Week[1][0] != c.Week[1][0] || len(after.Calendar.Week[0]) != 0 {
			t.Errorf("the calendar became %+v", after.Calendar)
		}
		refused(t, "a name that is taken", d.Post(path, "name", "Service", "answer_within", "8"), "name")
		d.saved(t, "changing it", d.Post(path, "name", "Abos", "answer_within", "0:20"), "/admin/teams", "Abos")
		after = d.teamNamed(t, "Abos")
		if after.Restricted || after.AnswerWithin != 20*time.Minute || len(after.Calendar.Closed) != 0 {
			t.Errorf("team %+v", after)
		}
		if page := d.Get("/admin/teams"); !contains(page.Text("tbody"), "nie geöffnet", "Keine Feiertage") || page.Status != http.StatusOK {
			t.Errorf("the list says %q", page.Text("tbody"))
		}
	})
}

func TestTeamWritesFrom(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.mailbox(t)
		id := d.stored(t, "hilfe@lindenau.example").ID
		team := d.teamNamed(t, "Service")
		path := "/admin/teams/" + team.ID.String()
		if page := d.Get(path); !contains(page.Text("#f-mailbox"), "Das, in dem die Nachricht ankam", "hilfe@lindenau.example") || page.Value("mailbox") != "" {
			t.Errorf("the choices are %q", page.Text("#f-mailbox"))
		}
		form := []string{"name", "Service", "answer_within", "8", "region", "DE-SN", "week.1", "8", "week.1.to", "12", "sender_name", hostile, "mailbox", id.String()}
		d.saved(t, "saving", d.Post(path, form...), "/admin/teams", "gespeichert")
		if team = d.teamNamed(t, "Service"); team.SenderName != hostile || team.MailboxID != id {
			t.Errorf("it writes as %q from %s", team.SenderName, team.MailboxID)
		}
		if page := d.Get(path); page.Value("sender_name") != hostile || page.Value("mailbox") != id.String() {
			t.Error("the page does not show what is stored")
		}
		for _, wrong := range []string{"x", d.ada.ID.String()} {
			refused(t, "no mailbox of ours", d.Post(path, append(form[:12:12], "mailbox", wrong)...), "mailbox")
		}
	})
}
