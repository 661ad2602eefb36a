package api

import (
	"context"
	"net/http"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

func mailboxes(s *Server) {
	places := map[string]string{"team": "body.team_id", "relay_host": "body.relay.host", "relay_port": "body.relay.port", "relay_security": "body.relay.security",
		"relay_user": "body.relay.user", "relay_password": "body.relay.password"}
	for _, field := range []string{"host", "port", "security", "user", "password"} { // as the test of a relay calls them
		places[field] = "body.relay." + field
	}
	admin := " Needs the role of an administrator."
	add(s, op{ID: "listMailboxes", Method: http.MethodGet, Path: "/mailboxes", Tag: "Settings", Scope: access.SettingsScope, Summary: "List mailboxes", About: "The oldest first." + admin}, s.listMailboxes)
	add(s, op{ID: "getMailbox", Method: http.MethodGet, Path: "/mailboxes/{id}", Tag: "Settings", Scope: access.SettingsScope, Summary: "Read a mailbox",
		About: "The relay's password is never shown." + admin}, s.getMailbox)
	add(s, op{ID: "createMailbox", Method: http.MethodPost, Path: "/mailboxes", Tag: "Settings", Scope: access.SettingsScope, Status: http.StatusCreated, Summary: "Add a mailbox",
		About: "It receives and sends at once." + admin, Places: places, Errors: []int{http.StatusConflict}}, s.createMailbox)
	add(s, op{ID: "updateMailbox", Method: http.MethodPut, Path: "/mailboxes/{id}", Tag: "Settings", Scope: access.SettingsScope, Summary: "Change a mailbox",
		About: "Without a password the relay keeps the one it has." + admin, Places: places, Errors: []int{http.StatusConflict}}, s.updateMailbox)
	add(s, op{ID: "setMailboxActive", Method: http.MethodPut, Path: "/mailboxes/{id}/active", Tag: "Settings", Scope: access.SettingsScope, Summary: "Switch a mailbox on or off",
		About: "What comes to one that is off is refused." + admin}, s.setMailboxActive)
	add(s, op{ID: "testMailbox", Method: http.MethodPost, Path: "/mailboxes/{id}/test", Tag: "Settings", Scope: access.SettingsScope, Status: http.StatusNoContent, Summary: "Test a mailbox",
		About: "A test mail goes to the key's staff member at once; what is wrong is said field by field." + admin, Places: places}, s.testMailbox)
}

// MailboxForm is what is said about a mailbox.
type MailboxForm struct {
	Address  string   `json:"address" minLength:"1" maxLength:"254" example:"netz@lindenau.example" doc:"Where customers write."`
	Aliases  []string `json:"aliases,omitempty" maxItems:"20" doc:"Further addresses that arrive here."`
	Name     string   `json:"name" minLength:"1" maxLength:"200" example:"Stadtwerke Lindenau" doc:"Shown as sender."`
	Language string   `json:"language" enum:"de,en" example:"de" doc:"Of automatic answers, if nothing better is known."`
	TeamID   string   `json:"team_id" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000001" doc:"The team in charge of what arrives."`
	Relay    Relay    `json:"relay" doc:"Where it hands over what it sends."`
}

// Relay is a mail server that takes what a mailbox sends.
type Relay struct {
	Host     string `json:"host" minLength:"1" maxLength:"253" example:"smtp.lindenau.example" doc:"Its name."`
	Port     int    `json:"port" minimum:"1" maximum:"65535" example:"587" doc:"Its port."`
	Security string `json:"security" enum:"none,starttls,tls" example:"starttls" doc:"How the connection is secured."`
	User     string `json:"user,omitempty" maxLength:"320" example:"lotse" doc:"Whom to sign in as."`
	Password string `json:"password,omitempty" maxLength:"1000" writeOnly:"true" example:"geheimes Relaywort" doc:"Is never shown again."`
}

// Mailbox is a mailbox of the desk.
type Mailbox struct {
	ID string `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-00000000000d" doc:"The mailbox's id."`
	MailboxForm
	Active      bool      `json:"active" example:"true" doc:"It receives and sends."`
	HasPassword bool      `json:"has_password" example:"true" doc:"The relay is given a password."`
	CreatedAt   time.Time `json:"created_at" example:"2026-01-05T09:00:00Z" doc:"When it was added."`
}

func mailbox(p catalog.PublicAccount) Mailbox {
	f := MailboxForm{Address: p.Address, Aliases: p.Aliases, Name: p.Name, Language: p.Language, TeamID: p.TeamID.String(),
		Relay: Relay{Host: p.Relay.Host, Port: p.Relay.Port, Security: p.Relay.Security, User: p.Relay.User}}
	return Mailbox{ID: p.ID.String(), MailboxForm: f, Active: p.Active, HasPassword: p.HasPassword, CreatedAt: p.CreatedAt.Time()}
}

func (f MailboxForm) form() (catalog.AccountForm, error) {
	team, err := ids.Parse(f.TeamID)
	if err != nil {
		return catalog.AccountForm{}, errs.Field("team", "catalog.team.unknown")
	}
	return catalog.AccountForm{TeamID: team, Address: f.Address, Aliases: f.Aliases, Name: f.Name, Language: f.Language,
		Relay: catalog.RelaySettings{Host: f.Relay.Host, Port: f.Relay.Port, Security: f.Relay.Security, User: f.Relay.User, Password: f.Relay.Password}}, nil
}

func (s *Server) listMailboxes(ctx context.Context, a access.Actor, _ *struct{}) (*list[Mailbox], error) {
	all, err := s.Catalog.AccountsFor(ctx, a)
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(all, mailbox), ""), nil
}

// MailboxPath is the path of operations on a mailbox.
type MailboxPath struct {
	ID string `path:"id" maxLength:"40" example:"0198c5d2-7a10-7000-8000-00000000000d" doc:"The mailbox's id."`
}

func (m MailboxPath) id() (ids.ID, error) { return parseID(m.ID, "catalog.account.not_found") }

type mailboxAnswer struct{ Body Mailbox }

func answerMailbox(p catalog.PublicAccount, err error) (*mailboxAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &mailboxAnswer{Body: mailbox(p)}, nil
}

func (s *Server) getMailbox(ctx context.Context, a access.Actor, in *MailboxPath) (*mailboxAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return answerMailbox(s.Catalog.AccountFor(ctx, a, id))
}

type createdMailbox struct {
	Location string `header:"Location" doc:"The address of the mailbox."`
	Body     Mailbox
}

func (s *Server) createMailbox(ctx context.Context, a access.Actor, in *struct{ Body MailboxForm }) (*createdMailbox, error) {
	form, err := in.Body.form()
	if err != nil {
		return nil, err
	}
	made, err := s.Catalog.CreateAccount(ctx, a, form)
	if err != nil {
		return nil, err
	}
	return &createdMailbox{Location: Prefix + "mailboxes/" + made.ID.String(), Body: mailbox(made)}, nil
}

func (s *Server) updateMailbox(ctx context.Context, a access.Actor, in *struct {
	MailboxPath
	Body MailboxForm
}) (*mailboxAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	form, err := in.Body.form()
	if err != nil {
		return nil, err
	}
	return answerMailbox(s.Catalog.UpdateAccount(ctx, a, id, form))
}

func (s *Server) setMailboxActive(ctx context.Context, a access.Actor, in *struct {
	MailboxPath
	Body ActiveChange
}) (*mailboxAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return answerMailbox(s.Catalog.SetAccountActive(ctx, a, id, in.Body.Active))
}

func (s *Server) testMailbox(ctx context.Context, a access.Actor, in *MailboxPath) (*struct{}, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	if err := a.Require(access.ManageCatalog); err != nil {
		return nil, err
	}
	me, err := s.Staff.ByID(ctx, access.Lotse(a.BrandID), a.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.Outbox.SendTest(ctx, a, id, me.Email)
}
