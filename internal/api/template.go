package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"lotse/internal/access"
	"lotse/internal/digest"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/templates"
)

func texts(s *Server) {
	admin := " Needs the role of an administrator."
	places := map[string]string{"subject": "body.subject", "text": "body.text"}
	add(s, op{ID: "listTemplates", Method: http.MethodGet, Path: "/templates", Tag: "Settings", Scope: access.SettingsScope, Summary: "List templates",
		About: "The texts the desk writes by itself, in every language, as they are used: of the brand, or with `mailbox_id` of one mailbox." + admin}, s.listTemplates)
	add(s, op{ID: "getTemplate", Method: http.MethodGet, Path: "/templates/{key}/{language}", Tag: "Settings", Scope: access.SettingsScope, Summary: "Read a template",
		About: "As it is used there. The ETag begins with when the place's own text was changed; give it as If-Match when you change or reset it." + admin}, s.getTemplate)
	add(s, op{ID: "setTemplate", Method: http.MethodPut, Path: "/templates/{key}/{language}", Tag: "Settings", Scope: access.SettingsScope, Summary: "Change a template",
		About: "For the brand, or with `mailbox_id` for one mailbox alone." + admin, Places: places, Errors: []int{http.StatusConflict, http.StatusPreconditionFailed}}, s.setTemplate)
	add(s, op{ID: "resetTemplate", Method: http.MethodDelete, Path: "/templates/{key}/{language}", Tag: "Settings", Scope: access.SettingsScope, Summary: "Reset a template",
		About: "The text of the layer below counts again: the brand's, or the one that comes with the program. The answer is that one." + admin, Status: http.StatusOK, Errors: []int{http.StatusConflict, http.StatusPreconditionFailed}}, s.resetTemplate)
	add(s, op{ID: "tryTemplate", Method: http.MethodPost, Path: "/templates/{key}/{language}/try", Tag: "Settings", Scope: access.SettingsScope, Summary: "See what a text would become",
		About: "With the data of a case, for which the key needs the scope cases:read too, or made up. It keeps nothing; links are examples." + admin}, s.tryTemplate)
	add(s, op{ID: "getMyDigest", Method: http.MethodGet, Path: "/me/digest", Tag: "Account", Scope: access.StaffRead, Summary: "Read how often the overview comes",
		About: "The mail with the cases and duties of the staff member the key acts for."}, s.getMyDigest)
	add(s, op{ID: "setMyDigest", Method: http.MethodPut, Path: "/me/digest", Tag: "Account", Scope: access.StaffWrite, Summary: "Change how often the overview comes",
		About: "To the staff member the key acts for."}, s.setMyDigest)
}

// Template is a text in one language.
type Template struct {
	Key       string            `json:"key" example:"ack" doc:"Which text."`
	Language  string            `json:"language" enum:"de,en" example:"de" doc:"Its language."`
	Subject   string            `json:"subject,omitempty" example:"Vorgang {{case.number}}" doc:"Absent if it has none."`
	Text      string            `json:"text" example:"Ihre Nachricht ist da: {{case.number}}" doc:"With variables."`
	Layer     string            `json:"layer" enum:"program,brand,mailbox" example:"brand" doc:"Where it comes from."`
	ChangedAt *time.Time        `json:"changed_at,omitempty" example:"2026-11-23T09:15:00Z" doc:"When it was changed last; absent if it comes with the program."`
	Variables []string          `json:"variables" example:"[\"case.number\"]" doc:"What it may hold."`
	Findings  []TemplateFinding `json:"findings" doc:"What is to be said about it."`
}

// TemplateFinding is something about a text that somebody should look at.
type TemplateFinding struct {
	Field   string `json:"field,omitempty" enum:"subject,text" example:"text" doc:"Where; absent: the text as a whole."`
	Code    string `json:"code" example:"template.hint.link_gone" doc:"What, for programs."`
	Message string `json:"message" example:"https://desk.example/de/questions/x leads to a question that is not public." doc:"What, in the language of Accept-Language."`
	Wrong   bool   `json:"wrong" example:"false" doc:"It must not be kept so."`
}

var layerNames = map[templates.Layer]string{templates.FromProgram: "program", templates.FromBrand: "brand", templates.FromMailbox: "mailbox"}

func template(ctx context.Context, e templates.Entry) Template {
	return Template{Key: string(e.Spec.Key), Language: string(e.Language), Subject: e.Text.Subject, Text: e.Text.Text, Layer: layerNames[e.Layer], ChangedAt: at(e.ChangedAt),
		Variables: each(e.Spec.Variables, func(v templates.Variable) string { return string(v) }), Findings: findings(ctx, e.Findings)}
}

func findings(ctx context.Context, all []templates.Finding) []TemplateFinding {
	return each(all, func(f templates.Finding) TemplateFinding {
		return TemplateFinding{Field: f.Field, Code: f.Key, Message: f.Say(i18n.From(ctx)), Wrong: f.Wrong}
	})
}

// TemplatePlace says whose text is meant.
type TemplatePlace struct {
	MailboxID string `query:"mailbox_id" maxLength:"40" doc:"Of this mailbox alone; left out: of all of the brand."`
}

func (p TemplatePlace) id() (ids.ID, error) {
	if p.MailboxID == "" {
		return ids.ID{}, nil
	}
	return parseID(p.MailboxID, "catalog.account.not_found")
}

// TemplatePath is the path of operations on a text.
type TemplatePath struct {
	TemplatePlace
	Key      string `path:"key" maxLength:"40" example:"ack" doc:"Which text."`
	Language string `path:"language" enum:"de,en" example:"de" doc:"Its language."`
}

func (p TemplatePath) key() templates.Key { return templates.Key(p.Key) }

func (p TemplatePath) locale() i18n.Locale { return i18n.Locale(p.Language) }

func (s *Server) listTemplates(ctx context.Context, a access.Actor, in *TemplatePlace) (*list[Template], error) {
	account, err := in.id()
	if err != nil {
		return nil, err
	}
	all, err := s.Templates.List(ctx, a, account)
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(all, func(e templates.Entry) Template { return template(ctx, e) }), ""), nil
}

type templateAnswer struct {
	ETag string `header:"ETag" doc:"When the text of this place was changed and what it looks like; give it as If-Match when you change it."`
	Body Template
}

// entry reads the text that is meant.
func (s *Server) entry(ctx context.Context, a access.Actor, in TemplatePath) (ids.ID, templates.Entry, error) {
	account, err := in.id()
	if err != nil {
		return ids.ID{}, templates.Entry{}, err
	}
	e, err := s.Templates.Get(ctx, a, account, in.key(), in.locale())
	return account, e, err
}

func (s *Server) getTemplate(ctx context.Context, a access.Actor, in *TemplatePath) (*templateAnswer, error) {
	_, e, err := s.entry(ctx, a, *in)
	if err != nil {
		return nil, err
	}
	return &templateAnswer{ETag: versionTag(int64(e.Seen())), Body: template(ctx, e)}, nil
}

// TemplateText is a text to be kept or tried.
type TemplateText struct {
	Subject string `json:"subject,omitempty" maxLength:"400" example:"Vorgang {{case.number}}" doc:"For texts that have one."`
	Text    string `json:"text" maxLength:"20000" example:"Ihre Nachricht ist da: {{case.number}}" doc:"With variables."`
}

func (t TemplateText) domain() templates.Text {
	return templates.Text{Subject: t.Subject, Text: t.Text}
}

// TemplateChange is a new text.
type TemplateChange struct {
	TemplatePath
	Precondition
	Body TemplateText
}

// TemplateReset says which text is to be taken back.
type TemplateReset struct {
	TemplatePath
	Precondition
}

// seen is which text is to be changed: the one that was asked for, else what is now.
func (m Precondition) seen(e templates.Entry) (clock.Stamp, error) {
	n, asked, err := m.number()
	if !asked {
		return e.Seen(), err
	}
	return clock.Stamp(n), err
}

func (s *Server) setTemplate(ctx context.Context, a access.Actor, in *TemplateChange) (*templateAnswer, error) {
	account, e, err := s.entry(ctx, a, in.TemplatePath)
	if err != nil {
		return nil, err
	}
	seen, err := in.seen(e)
	if err != nil {
		return nil, err
	}
	if err := s.Templates.Save(ctx, a, account, in.key(), in.locale(), in.Body.domain(), seen); err != nil {
		return nil, err
	}
	return s.getTemplate(ctx, a, &in.TemplatePath)
}

func (s *Server) resetTemplate(ctx context.Context, a access.Actor, in *TemplateReset) (*templateAnswer, error) {
	account, e, err := s.entry(ctx, a, in.TemplatePath)
	if err != nil {
		return nil, err
	}
	seen, err := in.seen(e)
	if err != nil {
		return nil, err
	}
	if err := s.Templates.Reset(ctx, a, account, in.key(), in.locale(), seen); err != nil {
		return nil, err
	}
	return s.getTemplate(ctx, a, &in.TemplatePath)
}

// TemplateTrial is a text to be looked at.
type TemplateTrial struct {
	TemplatePath
	Body struct {
		TemplateText
		Case string `json:"case,omitempty" maxLength:"20" doc:"Number of the case whose data is put in; left out: made-up data."`
	}
}

// TemplateLook is what a text becomes.
type TemplateLook struct {
	Subject  string            `json:"subject,omitempty" example:"Vorgang L-4F7K-92" doc:"The subject of the mail."`
	Text     string            `json:"text" example:"Ihre Nachricht ist da: L-4F7K-92" doc:"The mail as plain text."`
	HTML     string            `json:"html" example:"<p>Ihre Nachricht ist da: L-4F7K-92</p>" doc:"The mail as an HTML document."`
	Findings []TemplateFinding `json:"findings" doc:"What is to be said about the text."`
}

type templateLook struct{ Body TemplateLook }

func (s *Server) tryTemplate(ctx context.Context, a access.Actor, in *TemplateTrial) (*templateLook, error) {
	account, err := in.id()
	if err != nil {
		return nil, err
	}
	sample, err := s.Outbox.Sample(ctx, a, strings.TrimSpace(in.Body.Case), account, in.locale())
	if err != nil {
		return nil, err
	}
	mail, found, err := s.Templates.Try(ctx, a, account, in.key(), in.locale(), in.Body.domain(), sample.Values)
	if err != nil {
		return nil, err
	}
	text, document, err := s.Outbox.LookAt(ctx, a, mail)
	if err != nil {
		return nil, err
	}
	return &templateLook{Body: TemplateLook{Subject: mail.Subject, Text: text, HTML: document, Findings: findings(ctx, found)}}, nil
}

// DigestChoice is how often somebody gets the overview by mail.
type DigestChoice struct {
	Rhythm string `json:"rhythm" enum:"never,daily,weekly" example:"daily" doc:"daily: at the start of each working day; weekly: of each week."`
}

type digestAnswer struct{ Body DigestChoice }

func (s *Server) getMyDigest(ctx context.Context, a access.Actor, _ *struct{}) (*digestAnswer, error) {
	chosen, err := s.Digest.Chosen(ctx, a)
	if err != nil {
		return nil, err
	}
	return &digestAnswer{Body: DigestChoice{Rhythm: chosen.String()}}, nil
}

func (s *Server) setMyDigest(ctx context.Context, a access.Actor, in *struct{ Body DigestChoice }) (*digestAnswer, error) {
	rhythm, ok := digest.ParseRhythm(in.Body.Rhythm)
	if !ok {
		return nil, errs.Field("rhythm", "digest.rhythm.unknown")
	}
	if err := s.Digest.Choose(ctx, a, rhythm); err != nil {
		return nil, err
	}
	return s.getMyDigest(ctx, a, nil)
}
