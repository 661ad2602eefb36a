package admin

import (
	"net/http"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/ids"
	"lotse/internal/staff"
	"lotse/internal/web"
	"lotse/internal/web/form"
)

// member is what the page of one person shows.
type member struct {
	staff.Staff
	self  bool
	teams []staff.Team // all of the desk
	form  form.Form
	now   time.Time
}

func (m member) path() string { return staffPath + "/" + m.ID.String() }

func (p *Pages) showMember(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return p.renderMember(w, r, http.StatusOK, id, form.Form{})
}

// renderMember shows somebody with the form that was refused, or with an empty
// one. The other forms of the page show what is stored.
func (p *Pages) renderMember(w http.ResponseWriter, r *http.Request, status int, id ids.ID, f form.Form) error {
	ctx := r.Context()
	who, err := p.kit.Staff.ByID(ctx, actor(r), id)
	if err != nil {
		return err
	}
	teams, err := p.kit.Staff.Teams(ctx, actor(r))
	if err != nil {
		return err
	}
	shown := form.New("role", who.Role.String())
	for _, team := range who.Teams {
		shown.Typed.Add("teams", team.String())
	}
	shown = f.Over(shown)
	frame := p.shell(r, who.Name, staffPath, f.Errors)
	return web.Render(w, r, status, memberPage(frame, member{who, who.ID == actor(r).ID, teams, shown, p.kit.Clock.Now()}))
}

// change does one thing to the person in the address and says so, or shows at
// the control named at why it can't be.
func (p *Pages) change(w http.ResponseWriter, r *http.Request, at, key string, do func(id ids.ID, f form.Form) error) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	if err = do(id, f); err == nil {
		return p.done(w, r, staffPath+"/"+id.String(), key)
	}
	status, err := f.Refused(r.Context(), err, at)
	if err != nil {
		return err
	}
	return p.renderMember(w, r, status, id, f)
}

func (p *Pages) setRole(w http.ResponseWriter, r *http.Request) error {
	return p.change(w, r, "role", "admin.member.role_saved", func(id ids.ID, f form.Form) error {
		role, _ := access.ParseRole(f.Get("role")) // what is none is refused
		return p.kit.Staff.SetRole(r.Context(), actor(r), id, role)
	})
}

func (p *Pages) setTeams(w http.ResponseWriter, r *http.Request) error {
	return p.change(w, r, "teams", "admin.member.teams_saved", func(id ids.ID, f form.Form) error {
		return p.kit.Staff.SetTeams(r.Context(), actor(r), id, teamIDs(f))
	})
}

// setMemberActive lets somebody in again, or no longer; of an invitation that
// was not accepted yet it takes the link back.
func (p *Pages) setMemberActive(w http.ResponseWriter, r *http.Request) error {
	on := r.PostFormValue("active") == "1"
	key := "admin.member.off"
	if on {
		key = "admin.member.on"
	}
	return p.change(w, r, "active", key, func(id ids.ID, _ form.Form) error {
		return p.kit.Staff.SetActive(r.Context(), actor(r), id, on)
	})
}

func (p *Pages) resendInvite(w http.ResponseWriter, r *http.Request) error {
	return p.change(w, r, "active", "admin.member.invited", func(id ids.ID, _ form.Form) error {
		return p.kit.Staff.ResendInvite(r.Context(), actor(r), id)
	})
}

// setMemberPortrait takes a new picture of the person in the address, or with
// "remove" takes the old one away.
func (p *Pages) setMemberPortrait(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	key := "portrait.saved"
	picture, err := form.ReadPortrait(w, r)
	switch {
	case err == nil && picture == nil:
		key, err = "portrait.removed", p.kit.Staff.RemovePortrait(r.Context(), actor(r), id)
	case err == nil:
		err = p.kit.Staff.SetPortrait(r.Context(), actor(r), id, picture)
	}
	if err == nil {
		return p.done(w, r, staffPath+"/"+id.String(), key)
	}
	var f form.Form
	status, err := f.Refused(r.Context(), err, "portrait")
	if err != nil {
		return err
	}
	return p.renderMember(w, r, status, id, f)
}
