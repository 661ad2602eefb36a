package api

import (
	"context"
	"net/http"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/staff"
)

func members(s *Server) {
	change := func(id, path, summary, about string) op {
		return op{ID: id, Method: http.MethodPut, Path: "/staff/{id}/" + path, Tag: "Staff", Scope: access.StaffWrite, Summary: summary,
			About: about + " Needs the role of an administrator.", Errors: []int{http.StatusConflict}}
	}
	add(s, op{ID: "listStaff", Method: http.MethodGet, Path: "/staff", Tag: "Staff", Scope: access.StaffRead, Summary: "List staff",
		About: "The active by name, then the invited, then those who left."}, s.listStaff)
	add(s, op{ID: "getStaff", Method: http.MethodGet, Path: "/staff/{id}", Tag: "Staff", Scope: access.StaffRead, Summary: "Read a staff member", About: "With role and teams."}, s.getStaff)
	add(s, op{ID: "inviteStaff", Method: http.MethodPost, Path: "/staff", Tag: "Staff", Scope: access.StaffWrite, Status: http.StatusCreated, Summary: "Invite somebody",
		About: "A mail with a link goes to the address. Needs the role of an administrator.", Errors: []int{http.StatusConflict}}, s.inviteStaff)
	add(s, op{ID: "resendInvitation", Method: http.MethodPost, Path: "/staff/{id}/invitation", Tag: "Staff", Scope: access.StaffWrite, Status: http.StatusNoContent,
		Summary: "Send an invitation again", About: "The link sent before stops working. Needs the role of an administrator.", Errors: []int{http.StatusConflict}}, s.resendInvitation)
	add(s, change("setStaffRole", "role", "Change a role", "One active administrator stays."), s.setRole)
	add(s, change("setStaffTeams", "teams", "Change the teams of a staff member", "The list replaces the one before."), s.setTeams)
	add(s, change("setStaffActive", "active", "Let somebody in or shut them out", "Who is shut out is signed out everywhere, and keys in their name stop."), s.setActive)
}

// Member is somebody who works at the desk.
type Member struct {
	ID         string     `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000007" doc:"The staff member's id."`
	Email      string     `json:"email" example:"mia@lindenau.example" doc:"The address to sign in with."`
	Name       string     `json:"name" example:"Mia Sommer" doc:"The name, as customers read it."`
	Role       string     `json:"role" enum:"agent,lead,admin" example:"agent" doc:"What they are trusted with."`
	Language   string     `json:"language" example:"de" doc:"The language of their pages."`
	Active     bool       `json:"active" example:"true" doc:"May sign in."`
	Invited    bool       `json:"invited" example:"false" doc:"Has not accepted the invitation yet."`
	Teams      []Named    `json:"teams" doc:"The teams they belong to."`
	CreatedAt  time.Time  `json:"created_at" example:"2026-01-05T09:00:00Z" doc:"When they were invited."`
	LastSeenAt *time.Time `json:"last_seen_at,omitempty" example:"2026-11-23T09:15:00Z" doc:"When they, or a program with their key, were last here."`
}

func (n names) member(m staff.Staff) Member {
	teams := each(m.Teams, n.team)
	return Member{ID: m.ID.String(), Email: m.Email, Name: m.Name, Role: m.Role.String(), Language: m.Language, Active: m.Active, Invited: m.Invited,
		Teams: teams, CreatedAt: m.CreatedAt.Time(), LastSeenAt: at(m.LastSeenAt)}
}

func (s *Server) listStaff(ctx context.Context, a access.Actor, _ *struct{}) (*list[Member], error) {
	all, err := s.Staff.List(ctx, a)
	if err != nil {
		return nil, err
	}
	known, err := s.names(ctx, a)
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(all, known.member), ""), nil
}

// StaffPath is the path of operations on a staff member.
type StaffPath struct {
	ID string `path:"id" maxLength:"40" example:"0198c5d2-7a10-7000-8000-000000000007" doc:"The staff member's id."`
}

type memberAnswer struct{ Body Member }

// member answers with a staff member as they are now.
func (s *Server) member(ctx context.Context, a access.Actor, id ids.ID) (*memberAnswer, error) {
	m, err := s.Staff.ByID(ctx, a, id)
	if err != nil {
		return nil, err
	}
	known, err := s.names(ctx, a)
	return &memberAnswer{Body: known.member(m)}, err
}

func (s *Server) getStaff(ctx context.Context, a access.Actor, in *StaffPath) (*memberAnswer, error) {
	id, err := parseID(in.ID, "staff.not_found")
	if err != nil {
		return nil, err
	}
	return s.member(ctx, a, id)
}

// Invitation is who is to be invited.
type Invitation struct {
	Email string   `json:"email" minLength:"1" maxLength:"254" example:"jonas@lindenau.example" doc:"Where the mail goes, and the address to sign in with."`
	Name  string   `json:"name" minLength:"1" maxLength:"100" example:"Jonas Hafen" doc:"The name, as customers read it."`
	Role  string   `json:"role" enum:"agent,lead,admin" example:"agent" doc:"What they are trusted with."`
	Teams []string `json:"teams,omitempty" maxItems:"100" doc:"Ids of teams."`
}

func (s *Server) inviteStaff(ctx context.Context, a access.Actor, in *struct{ Body Invitation }) (*struct {
	Location string `header:"Location" doc:"The address of the staff member."`
	Body     Member
}, error) {
	teams, err := teamIDs(in.Body.Teams)
	if err != nil {
		return nil, err
	}
	role, _ := access.ParseRole(in.Body.Role) // the document allows no other
	made, err := s.Staff.Invite(ctx, a, in.Body.Email, in.Body.Name, role, teams)
	if err != nil {
		return nil, err
	}
	known, err := s.names(ctx, a)
	if err != nil {
		return nil, err
	}
	return &struct {
		Location string `header:"Location" doc:"The address of the staff member."`
		Body     Member
	}{Prefix + "staff/" + made.ID.String(), known.member(made)}, nil
}

func teamIDs(list []string) ([]ids.ID, error) {
	var found []ids.ID
	for _, s := range list {
		id, err := ids.Parse(s)
		if err != nil {
			return nil, errs.Field("teams", "staff.team.not_found")
		}
		found = append(found, id)
	}
	return found, nil
}

func (s *Server) resendInvitation(ctx context.Context, a access.Actor, in *StaffPath) (*struct{}, error) {
	id, err := parseID(in.ID, "staff.not_found")
	if err != nil {
		return nil, err
	}
	return nil, s.Staff.ResendInvite(ctx, a, id)
}

// changeMember runs a change and answers with the staff member.
func (s *Server) changeMember(ctx context.Context, a access.Actor, id string, change func(ids.ID) error) (*memberAnswer, error) {
	who, err := parseID(id, "staff.not_found")
	if err != nil {
		return nil, err
	}
	if err := change(who); err != nil {
		return nil, err
	}
	return s.member(ctx, a, who)
}

// RoleChange is a new role.
type RoleChange struct {
	Role string `json:"role" enum:"agent,lead,admin" example:"agent" doc:"The new role."`
}

func (s *Server) setRole(ctx context.Context, a access.Actor, in *struct {
	StaffPath
	Body RoleChange
}) (*memberAnswer, error) {
	role, _ := access.ParseRole(in.Body.Role) // the document allows no other
	return s.changeMember(ctx, a, in.ID, func(id ids.ID) error { return s.Staff.SetRole(ctx, a, id, role) })
}

// TeamsChange is the new list of somebody's teams.
type TeamsChange struct {
	Teams []string `json:"teams" maxItems:"100" doc:"Ids of teams."`
}

func (s *Server) setTeams(ctx context.Context, a access.Actor, in *struct {
	StaffPath
	Body TeamsChange
}) (*memberAnswer, error) {
	teams, err := teamIDs(in.Body.Teams)
	if err != nil {
		return nil, err
	}
	return s.changeMember(ctx, a, in.ID, func(id ids.ID) error { return s.Staff.SetTeams(ctx, a, id, teams) })
}

// ActiveChange lets in or shuts out.
type ActiveChange struct {
	Active bool `json:"active" example:"true" doc:"On or off."`
}

func (s *Server) setActive(ctx context.Context, a access.Actor, in *struct {
	StaffPath
	Body ActiveChange
}) (*memberAnswer, error) {
	return s.changeMember(ctx, a, in.ID, func(id ids.ID) error { return s.Staff.SetActive(ctx, a, id, in.Body.Active) })
}
