package api

import (
	"context"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/mailbox"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
)

// checkTimeout bounds how long a program waits for the outcome of a check.
const checkTimeout = 30 * time.Second

// Receive says how mail comes into a mailbox.
type Receive struct {
	Way      string `json:"way" enum:"smtp,imap,none" example:"imap" doc:"smtp: mail servers hand it over, also by LMTP; imap: it is fetched with what follows; none: nothing comes in."`
	Host     string `json:"host,omitempty" maxLength:"253" example:"imap.lindenau.example" doc:"The server it is fetched from."`
	Port     int    `json:"port,omitempty" minimum:"1" maximum:"65535" example:"993" doc:"Its port."`
	Security string `json:"security,omitempty" enum:"none,starttls,tls" example:"tls" doc:"How the connection is secured; none only to this machine."`
	User     string `json:"user,omitempty" maxLength:"320" example:"hilfe@lindenau.example" doc:"Whom to sign in as."`
	Auth     string `json:"auth,omitempty" enum:"password,xoauth2,oauthbearer" example:"password" doc:"How to sign in."`
	Password string `json:"password,omitempty" maxLength:"1000" writeOnly:"true" example:"geheimes Postfachwort" doc:"Is never shown again."`
	OAuth    *OAuth `json:"oauth,omitempty" doc:"Where access tokens come from, for xoauth2 and oauthbearer."`
	Folder   string `json:"folder,omitempty" maxLength:"255" example:"INBOX" doc:"What is fetched; absent: INBOX."`
	Since    string `json:"since,omitempty" maxLength:"10" example:"now" doc:"What is fetched the first time: now (only what arrives from then on), all, or since a day such as 2026-01-31."`
}

// OAuth says how to get access tokens: with a refresh token, or with client id and
// secret alone (client credentials).
type OAuth struct {
	TokenURL     string `json:"token_url" maxLength:"1000" example:"https://oauth2.googleapis.com/token" doc:"The token endpoint."`
	ClientID     string `json:"client_id" maxLength:"320" example:"lotse" doc:"Who asks."`
	ClientSecret string `json:"client_secret,omitempty" maxLength:"1000" writeOnly:"true" example:"geheimes Clientwort" doc:"Is never shown again."`
	RefreshToken string `json:"refresh_token,omitempty" maxLength:"4000" writeOnly:"true" example:"geheimes Token" doc:"Is never shown again; absent: client credentials."`
	Scope        string `json:"scope,omitempty" maxLength:"1000" example:"https://mail.google.com/" doc:"What for, divided by blanks."`
}

// MailboxSecrets say which secrets for fetching are stored.
type MailboxSecrets struct {
	HasReceivePassword bool `json:"has_receive_password" example:"false" doc:"There is a password for fetching."`
	HasClientSecret    bool `json:"has_client_secret" example:"false" doc:"There is a client secret."`
	HasRefreshToken    bool `json:"has_refresh_token" example:"false" doc:"There is a refresh token."`

	HasRelayClientSecret bool `json:"has_relay_client_secret" example:"false" doc:"There is a client secret for sending."`
	HasRelayRefreshToken bool `json:"has_relay_refresh_token" example:"false" doc:"There is a refresh token for sending."`
}

// MailboxState is how a mailbox is doing.
type MailboxState struct {
	Works      bool       `json:"works" example:"true" doc:"Mail can come in. One that is switched off does not work."`
	Alarm      bool       `json:"alarm" example:"false" doc:"A part of it has failed for so long that the workspace says so."`
	Step       string     `json:"step,omitempty" example:"signin" doc:"The step that fails: lookup, connect, secure, token, signin, folder, read, keep, or watch (nobody fetches)."`
	Reason     string     `json:"reason,omitempty" example:"The server refuses the password." doc:"Why, and what helps."`
	Waiting    int        `json:"waiting" example:"0" doc:"Mails that are still at the provider."`
	Since      *time.Time `json:"since,omitempty" example:"2026-11-23T10:02:00Z" doc:"Since when it works, or fails."`
	CheckedAt  *time.Time `json:"checked_at,omitempty" example:"2026-11-23T10:02:00Z" doc:"When it was last looked at."`
	Troubles   []Trouble  `json:"troubles" doc:"The parts of it that fail."`
	LastMailAt *time.Time `json:"last_mail_at,omitempty" example:"2026-11-23T10:02:00Z" doc:"When something last came, to a minute."`
}

// Trouble is a part of a mailbox that fails.
type Trouble struct {
	Part   string    `json:"part" enum:"receive,send,copy" example:"send" doc:"receive: mail does not come in; send: it does not leave; copy: copies of what was sent are not kept."`
	Step   string    `json:"step" example:"signin" doc:"The step that fails."`
	Reason string    `json:"reason" example:"The server refuses the password." doc:"Why, and what helps."`
	Alarm  bool      `json:"alarm" example:"true" doc:"It has failed for so long that the workspace says so."`
	Since  time.Time `json:"since" example:"2026-11-23T10:02:00Z" doc:"Since when."`
}

// MailboxCheck is how both ways of a mailbox went, step by step.
type MailboxCheck struct {
	Works   bool          `json:"works" example:"true" doc:"Every step went well."`
	Receive []MailboxStep `json:"receive" doc:"Fetching; empty if other servers hand mail over."`
	Send    []MailboxStep `json:"send" doc:"Sending."`
}

// MailboxStep is one step of a check.
type MailboxStep struct {
	Step   string `json:"step" example:"connect" doc:"What was done."`
	Works  bool   `json:"works" example:"true" doc:"It went well. Nothing follows a step that did not."`
	Reason string `json:"reason,omitempty" example:"The server cannot be reached." doc:"Why not, and what helps."`
}

func receive(r catalog.ReceiveSettings) *Receive {
	out := &Receive{Way: r.Way, Host: r.Host, Port: r.Port, Security: r.Security, User: r.User, Auth: r.Auth, Folder: r.Folder, Since: r.Since}
	if r.UsesOAuth() {
		out.OAuth = &OAuth{TokenURL: r.OAuth.TokenURL, ClientID: r.OAuth.ClientID, Scope: r.OAuth.Scope}
	}
	return out
}

// settings is what the domain knows; nothing changes for nil.
func (r *Receive) settings() catalog.ReceiveSettings {
	if r == nil {
		return catalog.ReceiveSettings{}
	}
	out := catalog.ReceiveSettings{Way: r.Way, Host: r.Host, Port: r.Port, Security: r.Security, User: r.User, Auth: r.Auth, Password: r.Password, Folder: r.Folder, Since: r.Since}
	if o := r.OAuth; o != nil {
		out.OAuth = catalog.OAuthSettings{TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret, RefreshToken: o.RefreshToken, Scope: o.Scope}
	}
	return out
}

func mailboxState(ctx context.Context, h mailbox.Health) MailboxState {
	out := MailboxState{Works: h.Account.Active && !h.Fails(), Alarm: h.Alarming(), Waiting: h.Waiting, CheckedAt: set(h.CheckedAt.Time()), LastMailAt: set(h.LastMailAt.Time())}
	if h.Known {
		out.Since = set(h.Since.Time())
	}
	if h.Fails() {
		out.Step, out.Reason = string(h.Step), i18n.From(ctx).Err(h.Key, h.Args)
	}
	out.Troubles = each(h.Troubles, func(t mailbox.Trouble) Trouble {
		return Trouble{Part: string(t.Part), Step: string(t.Step), Reason: i18n.From(ctx).Err(t.Key, t.Args), Alarm: t.Alarm, Since: t.Since.Time()}
	})
	return out
}

type mailboxCheckAnswer struct{ Body MailboxCheck }

func (s *Server) checkMailbox(ctx context.Context, a access.Actor, in *MailboxPath) (*mailboxCheckAnswer, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return s.tryMailbox(ctx, a, id, nil)
}

func (s *Server) checkMailboxForm(ctx context.Context, a access.Actor, in *struct{ Body MailboxForm }) (*mailboxCheckAnswer, error) {
	form, err := in.Body.form()
	if err != nil {
		return nil, err
	}
	return s.tryMailbox(ctx, a, ids.ID{}, &form)
}

func (s *Server) tryMailbox(ctx context.Context, a access.Actor, id ids.ID, f *catalog.AccountForm) (*mailboxCheckAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	trial, err := s.Boxes.Try(ctx, a, id, f)
	if err != nil {
		return nil, err
	}
	step := func(r mailbox.Result) MailboxStep {
		out := MailboxStep{Step: string(r.Step), Works: r.OK}
		if !r.OK {
			out.Reason = i18n.From(ctx).Err(r.Key, r.Args)
		}
		return out
	}
	return &mailboxCheckAnswer{Body: MailboxCheck{Works: trial.OK(), Receive: each(trial.Receive, step), Send: each(trial.Send, step)}}, nil
}
