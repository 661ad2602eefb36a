package api

import (
	"context"
	"net/http"
	"time"

	"lotse/internal/access"
	"lotse/internal/calendar"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/staff"
)

func teams(s *Server) {
	places := map[string]string{"answer_within": "body.answer_minutes", "sender_name": "body.sender_name", "mailbox": "body.mailbox_id", "zone": "body.zone", "region": "body.region", "closed": "body.closed",
		"week.0": "body.week.sunday", "week.1": "body.week.monday", "week.2": "body.week.tuesday", "week.3": "body.week.wednesday",
		"week.4": "body.week.thursday", "week.5": "body.week.friday", "week.6": "body.week.saturday"}
	add(s, op{ID: "listTeams", Method: http.MethodGet, Path: "/teams", Tag: "Staff", Scope: access.StaffRead, Summary: "List teams", About: "By name."}, s.listTeams)
	add(s, op{ID: "getTeam", Method: http.MethodGet, Path: "/teams/{id}", Tag: "Staff", Scope: access.StaffRead, Summary: "Read a team", About: "With its working hours." + versioned}, s.getTeam)
	add(s, op{ID: "createTeam", Method: http.MethodPost, Path: "/teams", Tag: "Staff", Scope: access.StaffWrite, Status: http.StatusCreated, Summary: "Add a team",
		About: "Needs the role of an administrator.", Places: places, Errors: []int{http.StatusConflict}}, s.createTeam)
	add(s, op{ID: "updateTeam", Method: http.MethodPut, Path: "/teams/{id}", Tag: "Staff", Scope: access.StaffWrite, Summary: "Change a team",
		About: "Days with hours of their own, which the API does not show, stay. Needs the role of an administrator.", Places: places, Errors: []int{http.StatusConflict, http.StatusPreconditionFailed}}, s.updateTeam)
}

// TeamForm is what is said about a team.
type TeamForm struct {
	Name          string   `json:"name" minLength:"1" maxLength:"100" example:"Netz" doc:"Unique on the desk."`
	AnswerMinutes int      `json:"answer_minutes" minimum:"1" maximum:"86400" example:"480" doc:"Within how many minutes of its working time it answers."`
	Restricted    bool     `json:"restricted,omitempty" example:"false" doc:"Only members read its cases."`
	Zone          string   `json:"zone" maxLength:"100" example:"Europe/Berlin" doc:"The zone its clock hangs in."`
	Region        string   `json:"region,omitempty" maxLength:"10" example:"DE-SN" doc:"Whose holidays are free; absent: none."`
	Week          Week     `json:"week" doc:"When it works."`
	Closed        []string `json:"closed,omitempty" maxItems:"2000" doc:"Single days off, such as 2026-12-24."`
	SenderName    *string  `json:"sender_name,omitempty" maxLength:"100" example:"Netz, Stadtwerke Lindenau" doc:"As whom it writes; empty: the mailbox's own name; absent: as it was."`
	MailboxID     *string  `json:"mailbox_id,omitempty" maxLength:"40" example:"0198c5d2-7a10-7000-8000-00000000000d" doc:"The mailbox it writes from; empty: the one a case came in by; absent: as it was."`
}

// Week holds the openings of each day; a day without is closed.
type Week struct {
	Monday    []Span `json:"monday,omitempty" maxItems:"24" doc:"Openings."`
	Tuesday   []Span `json:"tuesday,omitempty" maxItems:"24" doc:"Openings."`
	Wednesday []Span `json:"wednesday,omitempty" maxItems:"24" doc:"Openings."`
	Thursday  []Span `json:"thursday,omitempty" maxItems:"24" doc:"Openings."`
	Friday    []Span `json:"friday,omitempty" maxItems:"24" doc:"Openings."`
	Saturday  []Span `json:"saturday,omitempty" maxItems:"24" doc:"Openings."`
	Sunday    []Span `json:"sunday,omitempty" maxItems:"24" doc:"Openings."`
}

// Span is an opening within a day.
type Span struct {
	From int `json:"from" minimum:"0" maximum:"1439" example:"480" doc:"Minutes since midnight."`
	To   int `json:"to" minimum:"1" maximum:"1440" example:"1020" doc:"Minutes since midnight."`
}

// Team is a team with its working hours.
type Team struct {
	ID string `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000001" doc:"The team's id."`
	TeamForm
	CreatedAt time.Time `json:"created_at" example:"2026-01-05T09:00:00Z" doc:"When it was added."`
}

func team(t staff.Team) Team {
	mailbox := ""
	if !t.MailboxID.IsZero() {
		mailbox = t.MailboxID.String()
	}
	f := TeamForm{Name: t.Name, AnswerMinutes: int(t.AnswerWithin / time.Minute), Restricted: t.Restricted, Zone: t.Calendar.Zone, Region: t.Calendar.Region,
		SenderName: &t.SenderName, MailboxID: &mailbox}
	for day, spans := range f.Week.days() {
		*spans = each(t.Calendar.Week[day], func(x calendar.Span) Span { return Span(x) })
	}
	for _, d := range t.Calendar.Closed {
		f.Closed = append(f.Closed, d.String())
	}
	return Team{ID: t.ID.String(), TeamForm: f, CreatedAt: t.CreatedAt.Time()}
}

// days are the days of a week as calendar knows them: Sunday is 0.
func (w *Week) days() [7]*[]Span {
	return [7]*[]Span{&w.Sunday, &w.Monday, &w.Tuesday, &w.Wednesday, &w.Thursday, &w.Friday, &w.Saturday}
}

// form is the form of the domain; what the API does not show, or was not told, stays
// as in before.
func (f TeamForm) form(before staff.Team) (staff.TeamForm, error) {
	c := before.Calendar
	c.Zone, c.Region, c.Closed = f.Zone, f.Region, nil
	for day, spans := range f.Week.days() {
		c.Week[day] = each(*spans, func(x Span) calendar.Span { return calendar.Span(x) })
	}
	for _, s := range f.Closed {
		d, err := calendar.ParseDate(s)
		if err != nil {
			return staff.TeamForm{}, errs.Field("closed", "calendar.error.format")
		}
		c.Closed = append(c.Closed, d)
	}
	form := staff.TeamForm{Name: f.Name, Calendar: c, AnswerWithin: time.Duration(f.AnswerMinutes) * time.Minute, Restricted: f.Restricted,
		SenderName: before.SenderName, MailboxID: before.MailboxID}
	if f.SenderName != nil {
		form.SenderName = *f.SenderName
	}
	if f.MailboxID != nil {
		form.MailboxID = ids.ID{}
	}
	if f.MailboxID != nil && *f.MailboxID != "" {
		id, err := ids.Parse(*f.MailboxID)
		if err != nil {
			return staff.TeamForm{}, errs.Field("mailbox", "staff.team.mailbox_unknown")
		}
		form.MailboxID = id
	}
	return form, nil
}

func (s *Server) listTeams(ctx context.Context, a access.Actor, _ *struct{}) (*list[Team], error) {
	all, err := s.Staff.Teams(ctx, a)
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(all, team), ""), nil
}

// TeamPath is the path of operations on a team.
type TeamPath struct {
	ID string `path:"id" maxLength:"40" example:"0198c5d2-7a10-7000-8000-000000000001" doc:"The team's id."`
}

type teamAnswer struct {
	ETag string `header:"ETag" doc:"What it looks like; give it as If-Match when you change it."`
	Body Team
}

func answerTeam(t staff.Team) *teamAnswer {
	return &teamAnswer{ETag: versionTag(teamVersion(t)), Body: team(t)}
}

func teamVersion(t staff.Team) int64 { return fingerprint(team(t).TeamForm) }

func (s *Server) getTeam(ctx context.Context, a access.Actor, in *TeamPath) (*teamAnswer, error) {
	id, err := parseID(in.ID, "staff.team.not_found")
	if err != nil {
		return nil, err
	}
	t, err := s.Staff.Team(ctx, a, id)
	if err != nil {
		return nil, err
	}
	return answerTeam(t), nil
}

type createdTeam struct {
	Location string `header:"Location" doc:"The address of the team."`
	Body     Team
}

func (s *Server) createTeam(ctx context.Context, a access.Actor, in *struct{ Body TeamForm }) (*createdTeam, error) {
	form, err := in.Body.form(staff.Team{})
	if err != nil {
		return nil, err
	}
	made, err := s.Staff.CreateTeam(ctx, a, form)
	if err != nil {
		return nil, err
	}
	return &createdTeam{Location: Prefix + "teams/" + made.ID.String(), Body: team(made)}, nil
}

func (s *Server) updateTeam(ctx context.Context, a access.Actor, in *struct {
	TeamPath
	Precondition
	Body TeamForm
}) (*teamAnswer, error) {
	id, err := parseID(in.ID, "staff.team.not_found")
	if err != nil {
		return nil, err
	}
	stored, err := s.Staff.Team(ctx, a, id)
	if err != nil {
		return nil, err
	}
	form, err := in.Body.form(stored)
	if err != nil {
		return nil, err
	}
	if form.Was, err = meant(in.Precondition, teamVersion(stored), stored); err != nil {
		return nil, err
	}
	changed, err := s.Staff.UpdateTeam(ctx, a, id, form)
	if err != nil {
		return nil, err
	}
	return answerTeam(changed), nil
}
