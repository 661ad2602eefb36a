package admin

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"lotse/internal/calendar"
	"lotse/internal/catalog"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/staff"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

const teamsPath = "/admin/teams"

// teamFields are the controls of a team's page from top to bottom.
var teamFields = []string{"name", "answer_within", "sender_name", "mailbox", "week.1", "week.2", "week.3", "week.4", "week.5", "week.6", "week.0", "region", "closed", "restricted"}

// roster is what the list of teams shows.
type roster struct {
	teams   []staff.Team
	members map[ids.ID]int // active ones
}

func (p *Pages) listTeams(w http.ResponseWriter, r *http.Request) error {
	teams, err := p.kit.Staff.Teams(r.Context(), actor(r))
	if err != nil {
		return err
	}
	list, err := p.kit.Staff.List(r.Context(), actor(r))
	if err != nil {
		return err
	}
	members := map[ids.ID]int{}
	for _, s := range list {
		for _, team := range s.Teams {
			if s.Active {
				members[team]++
			}
		}
	}
	frame := p.shell(r, t(r.Context(), "admin.team.title"), teamsPath, nil)
	return web.Render(w, r, http.StatusOK, teamsPage(frame, roster{teams, members}))
}

func (p *Pages) showNewTeam(w http.ResponseWriter, r *http.Request) error {
	f := form.New("answer_within", "8", "region", "DE")
	writeWeek(f, calendar.Default("DE").Week)
	return p.renderTeam(w, r, http.StatusOK, "", f)
}

func (p *Pages) createTeam(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	team, err := readTeam(f, calendar.Default(""))
	if err == nil {
		_, err = p.kit.Staff.CreateTeam(r.Context(), actor(r), team)
	}
	return p.teamSaved(w, r, err, "", f)
}

func (p *Pages) showTeam(w http.ResponseWriter, r *http.Request) error {
	team, err := p.teamOf(r)
	if err != nil {
		return err
	}
	return p.renderTeam(w, r, http.StatusOK, team.Name, writeTeam(r.Context(), team))
}

func (p *Pages) updateTeam(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	stored, err := p.teamOf(r)
	if err != nil {
		return err
	}
	team, err := readTeam(f, stored.Calendar)
	if err == nil {
		_, err = p.kit.Staff.UpdateTeam(r.Context(), actor(r), stored.ID, team)
	}
	return p.teamSaved(w, r, err, stored.Name, f)
}

func (p *Pages) teamOf(r *http.Request) (staff.Team, error) {
	id, err := pathID(r)
	if err != nil {
		return staff.Team{}, err
	}
	return p.kit.Staff.Team(r.Context(), actor(r), id)
}

func (p *Pages) teamSaved(w http.ResponseWriter, r *http.Request, err error, name string, f form.Form) error {
	if err == nil {
		return p.done(w, r, teamsPath, "admin.team.saved", f.Get("name"))
	}
	status, err := f.Refused(r.Context(), err, "name")
	if err != nil {
		return err
	}
	f.Sort(teamFields...)
	return p.renderTeam(w, r, status, name, f)
}

// renderTeam shows a team's form; name is empty for a new one.
func (p *Pages) renderTeam(w http.ResponseWriter, r *http.Request, status int, name string, f form.Form) error {
	title := name
	if name == "" {
		title = t(r.Context(), "admin.team.new")
	}
	mailboxes, err := p.kit.Catalog.AccountsFor(r.Context(), actor(r))
	if err != nil {
		return err
	}
	frame := p.shell(r, title, teamsPath, f.Errors)
	return web.Render(w, r, status, teamPage(frame, title, r.URL.Path, f, mailboxOptions(r.Context(), mailboxes)))
}

// mailboxOptions are the mailboxes a team can write from, first the one a case came in
// by.
func mailboxOptions(ctx context.Context, all []catalog.PublicAccount) []ui.Option {
	options := []ui.Option{{Label: t(ctx, "admin.team.mailbox_case")}}
	for _, a := range all {
		options = append(options, ui.Option{Value: a.ID.String(), Label: a.Shown()})
	}
	return options
}

// readTeam reads what was typed and returns everything that is wrong with it.
// What the page does not show of the calendar stays as it was.
func readTeam(f form.Form, c calendar.Calendar) (staff.TeamForm, error) {
	week, faults := readWeek(f)
	c.Week, c.Region = week, f.Get("region")
	closed, err := readDays(f.Get("closed"))
	c.Closed = closed
	within, ok := parseWithin(f.Get("answer_within"))
	if !ok {
		within = 0 // which the domain refuses
	}
	team := staff.TeamForm{Name: f.Get("name"), Calendar: c, AnswerWithin: within, Restricted: f.Get("restricted") != "", SenderName: f.Get("sender_name")}
	var wrongMailbox error
	if id := f.Get("mailbox"); id != "" {
		if team.MailboxID, wrongMailbox = ids.Parse(id); wrongMailbox != nil {
			wrongMailbox = errs.Field("mailbox", "staff.team.mailbox_unknown")
		}
	}
	return team, errors.Join(append(faults, err, wrongMailbox, team.Check())...)
}

func writeTeam(ctx context.Context, team staff.Team) form.Form {
	f := form.New("name", team.Name, "answer_within", withinText(team.AnswerWithin), "region", team.Calendar.Region, "sender_name", team.SenderName)
	if !team.MailboxID.IsZero() {
		f.Typed.Set("mailbox", team.MailboxID.String())
	}
	writeWeek(f, team.Calendar.Week)
	var closed []string
	for _, d := range team.Calendar.Closed {
		closed = append(closed, dayText(ctx, d))
	}
	f.Typed.Set("closed", strings.Join(closed, "\n"))
	if team.Restricted {
		f.Typed.Set("restricted", "1")
	}
	return f
}
