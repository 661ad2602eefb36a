package api

import (
	"context"
	"net/http"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/mailbox"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

func mailboxes(s *Server) {
	places := map[string]string{"team": "body.team_id", "relay_host": "body.relay.host", "relay_port": "body.relay.port", "relay_security": "body.relay.security",
		"relay_user": "body.relay.user", "relay_password": "body.relay.password"}
	for _, field := range []string{"host", "port", "security", "user", "password"} { // as the test of a relay calls them
		places[field] = "body.relay." + field
	}
	for field, place := range map[string]string{"way": "way", "host": "host", "port": "port", "security": "security", "user": "user", "auth": "auth", "password": "password",
		"folder": "folder", "since": "since", "token_url": "oauth.token_url", "client_id": "oauth.client_id", "client_secret": "oauth.client_secret",
		"refresh_token": "oauth.refresh_token", "scope": "oauth.scope"} {
		places["receive_"+field] = "body.receive." + place
	}
	places["receive"] = "body.receive.way"
	places["relay_auth"] = "body.relay.auth"
	for _, field := range []string{"token_url", "client_id", "client_secret", "refresh_token", "scope"} {
		places["relay_"+field] = "body.relay.oauth." + field
	}
	for field, place := range map[string]string{"signature": "signatures", "signature_de": "signatures.de", "signature_en": "signatures.en", "sent_copy": "copies", "sent_folder": "copy_folder"} {
		places[field] = "body.sending." + place
	}
	admin := " Needs the role of an administrator."
	add(s, op{ID: "listMailboxes", Method: http.MethodGet, Path: "/mailboxes", Tag: "Settings", Scope: access.SettingsScope, Summary: "List mailboxes", About: "The oldest first." + admin}, s.listMailboxes)
	add(s, op{ID: "getMailbox", Method: http.MethodGet, Path: "/mailboxes/{id}", Tag: "Settings", Scope: access.SettingsScope, Summary: "Read a mailbox",
		About: "With how it is doing. Passwords and tokens are never shown." + versioned + admin}, s.getMailbox)
	add(s, op{ID: "createMailbox", Method: http.MethodPost, Path: "/mailboxes", Tag: "Settings", Scope: access.SettingsScope, Status: http.StatusCreated, Summary: "Add a mailbox",
		About: "It receives and sends at once." + admin, Places: places, Errors: []int{http.StatusConflict}}, s.createMailbox)
	add(s, op{ID: "updateMailbox", Method: http.MethodPut, Path: "/mailboxes/{id}", Tag: "Settings", Scope: access.SettingsScope, Summary: "Change a mailbox",
		About: "Passwords and tokens that are left out stay as they are; without \"receive\" the way mail comes in does." + admin, Places: places, Errors: []int{http.StatusConflict, http.StatusPreconditionFailed}}, s.updateMailbox)
	add(s, op{ID: "setMailboxActive", Method: http.MethodPut, Path: "/mailboxes/{id}/active", Tag: "Settings", Scope: access.SettingsScope, Summary: "Switch a mailbox on or off",
		About: "What comes to one that is off is refused, or stays at its provider." + admin}, s.setMailboxActive)
	add(s, op{ID: "deleteMailbox", Method: http.MethodDelete, Path: "/mailboxes/{id}", Tag: "Settings", Scope: access.SettingsScope, Status: http.StatusNoContent, Summary: "Delete a mailbox",
		About: "Only one that is off and by which nothing ever came or went." + admin, Errors: []int{http.StatusConflict}}, s.deleteMailbox)
	add(s, op{ID: "checkMailbox", Method: http.MethodPost, Path: "/mailboxes/{id}/check", Tag: "Settings", Scope: access.SettingsScope, Summary: "Check a mailbox's connections",
		About: "Signs in at both servers, step by step, with what is stored. Nothing is fetched or sent." + admin}, s.checkMailbox)
	add(s, op{ID: "checkMailboxForm", Method: http.MethodPost, Path: "/mailboxes/check", Tag: "Settings", Scope: access.SettingsScope, Summary: "Check connections before a mailbox is added",
		About: "As for one that is stored. Nothing is kept." + admin, Places: places}, s.checkMailboxForm)
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
	Receive  *Receive `json:"receive,omitempty" doc:"How mail comes in; absent: by SMTP, or as it was."`
	Relay    Relay    `json:"relay" doc:"Where it hands over what it sends."`
	Sending  *Sending `json:"sending,omitempty" doc:"What its mails look like; absent: as it was."`
}

// Relay is a mail server that takes what a mailbox sends.
type Relay struct {
	Host     string `json:"host" minLength:"1" maxLength:"253" example:"smtp.lindenau.example" doc:"Its name."`
	Port     int    `json:"port" minimum:"1" maximum:"65535" example:"587" doc:"Its port."`
	Security string `json:"security" enum:"none,starttls,tls" example:"starttls" doc:"How the connection is secured."`
	User     string `json:"user,omitempty" maxLength:"320" example:"lotse" doc:"Whom to sign in as."`
	Password string `json:"password,omitempty" maxLength:"1000" writeOnly:"true" example:"geheimes Relaywort" doc:"Is never shown again."`
	Auth     string `json:"auth,omitempty" enum:"same,password,xoauth2,oauthbearer" example:"password" doc:"How to sign in; same: with user and secrets of receiving; absent: password."`
	OAuth    *OAuth `json:"oauth,omitempty" doc:"Where access tokens come from, for xoauth2 and oauthbearer."`
}

// Mailbox is a mailbox of the desk.
type Mailbox struct {
	ID string `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-00000000000d" doc:"The mailbox's id."`
	MailboxForm
	Active      bool `json:"active" example:"true" doc:"It receives and sends."`
	HasPassword bool `json:"has_password" example:"true" doc:"The relay is given a password of its own."`
	MailboxSecrets
	State     MailboxState `json:"state" doc:"How it is doing."`
	CreatedAt time.Time    `json:"created_at" example:"2026-01-05T09:00:00Z" doc:"When it was added."`
}

func (s *Server) mailbox(ctx context.Context, p catalog.PublicAccount, state mailbox.Health) Mailbox {
	f := MailboxForm{Address: p.Address, Aliases: p.Aliases, Name: p.Name, Language: p.Language, TeamID: p.TeamID.String(), Receive: receive(p.Receive),
		Relay: relay(p.Relay), Sending: sending(p.Sending)}
	return Mailbox{ID: p.ID.String(), MailboxForm: f, Active: p.Active, HasPassword: p.HasPassword, CreatedAt: p.CreatedAt.Time(),
		MailboxSecrets: MailboxSecrets{HasReceivePassword: p.HasReceivePassword, HasClientSecret: p.HasClientSecret, HasRefreshToken: p.HasRefreshToken,
			HasRelayClientSecret: p.HasRelayClientSecret, HasRelayRefreshToken: p.HasRelayRefreshToken},
		State: mailboxState(ctx, state)}
}

// version tells its settings from other ones, whatever happens in it.
func (m Mailbox) version() int64 {
	return fingerprint([]any{m.MailboxForm, m.Active, m.HasPassword, m.MailboxSecrets})
}

func (f MailboxForm) form() (catalog.AccountForm, error) {
	team, err := ids.Parse(f.TeamID)
	if err != nil {
		return catalog.AccountForm{}, errs.Field("team", "catalog.team.unknown")
	}
	return catalog.AccountForm{TeamID: team, Address: f.Address, Aliases: f.Aliases, Name: f.Name, Language: f.Language, Receive: f.Receive.settings(),
		Relay: f.Relay.settings(), Sending: f.Sending.settings()}, nil
}

func (s *Server) listMailboxes(ctx context.Context, a access.Actor, _ *struct{}) (*list[Mailbox], error) {
	all, err := s.Catalog.AccountsFor(ctx, a)
	if err != nil {
		return nil, err
	}
	states, err := s.Boxes.Health(ctx, a)
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(all, func(p catalog.PublicAccount) Mailbox { return s.mailbox(ctx, p, states[p.ID]) }), ""), nil
}

// MailboxPath is the path of operations on a mailbox.
type MailboxPath struct {
	ID string `path:"id" maxLength:"40" example:"0198c5d2-7a10-7000-8000-00000000000d" doc:"The mailbox's id."`
}

func (m MailboxPath) id() (ids.ID, error) { return parseID(m.ID, "catalog.account.not_found") }

type mailboxAnswer struct {
	ETag string `header:"ETag" doc:"What its settings are; give it as If-Match when you change it."`
	Body Mailbox
}

// answerMailbox is a mailbox with how it is doing.
func (s *Server) answerMailbox(ctx context.Context, a access.Actor, p catalog.PublicAccount, err error) (*mailboxAnswer, error) {
	if err != nil {
		return nil, err
	}
	states, err := s.Boxes.Health(ctx, a)
	if err != nil {
		return nil, err
	}
	body := s.mailbox(ctx, p, states[p.ID])
	return &mailboxAnswer{ETag: versionTag(body.version()), Body: body}, nil
}

func (s *Server) getMailbox(ctx context.Context, a access.Actor, in *MailboxPath) (*mailboxAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	p, err := s.Catalog.AccountFor(ctx, a, id)
	return s.answerMailbox(ctx, a, p, err)
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
	answer, err := s.answerMailbox(ctx, a, made, err)
	if err != nil {
		return nil, err
	}
	return &createdMailbox{Location: Prefix + "mailboxes/" + made.ID.String(), Body: answer.Body}, nil
}

func (s *Server) updateMailbox(ctx context.Context, a access.Actor, in *struct {
	MailboxPath
	Precondition
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
	now, err := s.Catalog.AccountFor(ctx, a, id)
	if err != nil {
		return nil, err
	}
	if form.Was, err = meant(in.Precondition, s.mailbox(ctx, now, mailbox.Health{}).version(), now); err != nil {
		return nil, err
	}
	p, err := s.Catalog.UpdateAccount(ctx, a, id, form)
	return s.answerMailbox(ctx, a, p, err)
}

func (s *Server) setMailboxActive(ctx context.Context, a access.Actor, in *struct {
	MailboxPath
	Body ActiveChange
}) (*mailboxAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	p, err := s.Catalog.SetAccountActive(ctx, a, id, in.Body.Active)
	return s.answerMailbox(ctx, a, p, err)
}

func (s *Server) deleteMailbox(ctx context.Context, a access.Actor, in *MailboxPath) (*struct{}, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return nil, s.Catalog.DeleteAccount(ctx, a, id)
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
