package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/ids"
	"lotse/internal/staff"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

const staffPath = "/admin/staff"

// people is what the list of staff shows.
type people struct {
	list  []staff.Staff
	teams []staff.Team
	now   time.Time
}

func (p *Pages) listStaff(w http.ResponseWriter, r *http.Request) error {
	list, err := p.kit.Staff.List(r.Context(), actor(r))
	if err != nil {
		return err
	}
	teams, err := p.kit.Staff.Teams(r.Context(), actor(r))
	if err != nil {
		return err
	}
	frame := p.shell(r, t(r.Context(), "admin.staff.title"), staffPath, nil)
	return web.Render(w, r, http.StatusOK, staffPage(frame, people{list, teams, p.kit.Clock.Now()}))
}

func (p *Pages) showInvite(w http.ResponseWriter, r *http.Request) error {
	return p.renderInvite(w, r, http.StatusOK, form.New("role", access.Agent.String()))
}

func (p *Pages) invite(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	role, _ := access.ParseRole(f.Get("role")) // what is none is refused below
	made, err := p.kit.Staff.Invite(r.Context(), actor(r), f.Get("email"), f.Get("name"), role, teamIDs(f))
	if err == nil {
		return p.done(w, r, staffPath, "admin.staff.invited", made.Name)
	}
	status, err := f.Refused(r.Context(), err, "email")
	if err != nil {
		return err
	}
	f.Sort("name", "email", "role", "teams")
	return p.renderInvite(w, r, status, f)
}

func (p *Pages) renderInvite(w http.ResponseWriter, r *http.Request, status int, f form.Form) error {
	teams, err := p.kit.Staff.Teams(r.Context(), actor(r))
	if err != nil {
		return err
	}
	frame := p.shell(r, t(r.Context(), "admin.staff.invite"), staffPath, f.Errors)
	return web.Render(w, r, status, invitePage(frame, f, teams))
}

// teamIDs are the teams that were ticked. What is no id becomes the zero id,
// which the domain refuses as an unknown team.
func teamIDs(f form.Form) []ids.ID {
	var found []ids.ID
	for _, s := range f.Typed["teams"] {
		id, _ := ids.Parse(s)
		found = append(found, id)
	}
	return found
}

// teamNames puts the teams of a person into words.
func (p people) teamNames(s staff.Staff) string {
	var names []string
	for _, t := range p.teams {
		if slices.Contains(s.Teams, t.ID) {
			names = append(names, t.Name)
		}
	}
	return strings.Join(names, ", ")
}

func roleName(ctx context.Context, r access.Role) string { return t(ctx, "role."+r.String()) }

// roles are the choices of the control "role".
func roles(ctx context.Context) []ui.Option {
	var options []ui.Option
	for _, r := range access.Roles() {
		options = append(options, ui.Option{Value: r.String(), Label: roleName(ctx, r), Hint: t(ctx, "admin.role."+r.String())})
	}
	return options
}

// state says in a badge whether somebody may sign in.
func state(ctx context.Context, s staff.Staff) (ui.Tone, string) {
	switch {
	case s.Active:
		return ui.Success, t(ctx, "admin.staff.active")
	case s.Invited:
		return ui.Warning, t(ctx, "admin.staff.waiting")
	}
	return ui.Neutral, t(ctx, "admin.staff.inactive")
}
