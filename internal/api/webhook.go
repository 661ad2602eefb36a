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

func webhooks(s *Server) {
	admin := " Needs the role of an administrator."
	once := " The answer holds the secret, this once: an Idempotency-Key is not taken here, because no copy of the secret is kept."
	places := map[string]string{"account": "body.mailbox_id"}
	add(s, op{ID: "listWebhooks", Method: http.MethodGet, Path: "/webhooks", Tag: "Settings", Scope: access.SettingsScope, Summary: "List incoming webhooks",
		About: "By which providers hand over mail." + admin}, s.listWebhooks)
	add(s, op{ID: "getWebhook", Method: http.MethodGet, Path: "/webhooks/{id}", Tag: "Settings", Scope: access.SettingsScope, Summary: "Read an incoming webhook",
		About: "Without its secret." + admin}, s.getWebhook)
	add(s, op{ID: "createWebhook", Method: http.MethodPost, Path: "/webhooks", Tag: "Settings", Scope: access.SettingsScope, Status: http.StatusCreated, Summary: "Add an incoming webhook",
		About: "For a mailbox and a provider." + once + admin, Places: places}, s.createWebhook)
	add(s, op{ID: "setWebhookSecret", Method: http.MethodPost, Path: "/webhooks/{id}/secret", Tag: "Settings", Scope: access.SettingsScope, Summary: "Replace the secret of a webhook",
		About: "By the key of the provider, or by a new one that the desk makes. The old one is worthless at once." + once + admin}, s.setWebhookSecret)
	add(s, op{ID: "setWebhookActive", Method: http.MethodPut, Path: "/webhooks/{id}/active", Tag: "Settings", Scope: access.SettingsScope, Summary: "Switch a webhook on or off",
		About: "One that is off answers as if it did not exist." + admin}, s.setWebhookActive)
	add(s, op{ID: "deleteWebhook", Method: http.MethodDelete, Path: "/webhooks/{id}", Tag: "Settings", Scope: access.SettingsScope, Status: http.StatusNoContent, Summary: "Remove a webhook",
		About: "It must be switched off; what came by it stays." + admin, Errors: []int{http.StatusConflict}}, s.deleteWebhook)
}

// Webhook is an address at which mail for a mailbox is handed over.
type Webhook struct {
	ID         string     `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000010" doc:"The webhook's id."`
	Provider   string     `json:"provider" enum:"cloudmailin,mailgun,mandrill,postmark,sendgrid,program" example:"program" doc:"Who hands over."`
	MailboxID  string     `json:"mailbox_id" format:"uuid" example:"0198c5d2-7a10-7000-8000-00000000000d" doc:"The mailbox it feeds."`
	Name       string     `json:"name,omitempty" example:"Altes System" doc:"For administrators."`
	Path       string     `json:"path" example:"/hooks/0198c5d2-7a10-7000-8000-000000000010" doc:"Its address on this desk."`
	HasSecret  bool       `json:"has_secret" example:"true" doc:"Without one it lets nobody in."`
	Active     bool       `json:"active" example:"true" doc:"It takes what is handed over."`
	CreatedAt  time.Time  `json:"created_at" example:"2026-11-23T09:15:00Z" doc:"When it was added."`
	LastUsedAt *time.Time `json:"last_used_at,omitempty" example:"2026-11-23T10:00:00Z" doc:"When it was last used, up to five minutes behind."`
}

func webhook(h catalog.PublicHook) Webhook {
	return Webhook{ID: h.ID.String(), Provider: h.Provider, MailboxID: h.AccountID.String(), Name: h.Name, Path: "/hooks/" + h.ID.String(),
		HasSecret: h.HasSecret, Active: h.Active, CreatedAt: h.CreatedAt.Time(), LastUsedAt: at(h.LastUsedAt)}
}

func (s *Server) listWebhooks(ctx context.Context, a access.Actor, _ *struct{}) (*list[Webhook], error) {
	all, err := s.Catalog.HooksFor(ctx, a)
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(all, webhook), ""), nil
}

// WebhookPath is the path of operations on a webhook.
type WebhookPath struct {
	ID string `path:"id" maxLength:"40" example:"0198c5d2-7a10-7000-8000-000000000010" doc:"The webhook's id."`
}

func (p WebhookPath) id() (ids.ID, error) { return parseID(p.ID, "hook.not_found") }

type webhookAnswer struct{ Body Webhook }

func (s *Server) getWebhook(ctx context.Context, a access.Actor, in *WebhookPath) (*webhookAnswer, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return nil, err
	}
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	found, err := s.Catalog.HookFor(ctx, a, id)
	if err != nil {
		return nil, err
	}
	return &webhookAnswer{Body: webhook(found)}, nil
}

// NewWebhook is a webhook to be added.
type NewWebhook struct {
	Provider  string `json:"provider" enum:"cloudmailin,mailgun,mandrill,postmark,sendgrid,program" example:"program" doc:"Who hands over; program is any that signs by Standard Webhooks."`
	MailboxID string `json:"mailbox_id" format:"uuid" example:"0198c5d2-7a10-7000-8000-00000000000d" doc:"The mailbox it feeds."`
	Name      string `json:"name,omitempty" maxLength:"80" example:"Altes System" doc:"For administrators."`
	Secret    string `json:"secret,omitempty" maxLength:"500" doc:"The provider's key, for mailgun and mandrill; of others it is made."`
}

// MadeWebhook is a webhook with its new secret.
type MadeWebhook struct {
	Webhook
	Secret string `json:"secret,omitempty" example:"whsec_…" doc:"To be entered at the provider. It is never shown again; absent if the provider makes it."`
}

type madeWebhook struct{ Body MadeWebhook }

// namesSecret refuses an Idempotency-Key where the answer holds a secret.
func namesSecret(ctx context.Context) error {
	if requestOf(ctx).Header.Get(repeatHeader) != "" {
		return errs.Field(repeatHeader, "api.repeat.not_here")
	}
	return nil
}

func (s *Server) createWebhook(ctx context.Context, a access.Actor, in *struct{ Body NewWebhook }) (*madeWebhook, error) {
	if err := namesSecret(ctx); err != nil {
		return nil, err
	}
	account, err := ids.Parse(in.Body.MailboxID)
	if err != nil {
		return nil, errs.Field("account", "hook.account_unknown")
	}
	made, secret, err := s.Catalog.CreateHook(ctx, a, catalog.HookForm{ID: ids.New(), AccountID: account, Provider: in.Body.Provider, Name: in.Body.Name, Secret: in.Body.Secret})
	if err != nil {
		return nil, err
	}
	return &madeWebhook{Body: MadeWebhook{Webhook: webhook(made), Secret: secret}}, nil
}

// SecretChange is the key of a provider.
type SecretChange struct {
	Secret string `json:"secret,omitempty" maxLength:"500" doc:"The provider's key, for mailgun and mandrill; for others absent: a new one is made."`
}

func (s *Server) setWebhookSecret(ctx context.Context, a access.Actor, in *struct {
	WebhookPath
	Body SecretChange
}) (*madeWebhook, error) {
	if err := namesSecret(ctx); err != nil {
		return nil, err
	}
	if err := a.Require(access.ManageCatalog); err != nil {
		return nil, err
	}
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	changed, secret, err := s.Catalog.SetHookSecret(ctx, a, id, in.Body.Secret)
	if err != nil {
		return nil, err
	}
	return &madeWebhook{Body: MadeWebhook{Webhook: webhook(changed), Secret: secret}}, nil
}

func (s *Server) setWebhookActive(ctx context.Context, a access.Actor, in *struct {
	WebhookPath
	Body ActiveChange
}) (*webhookAnswer, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return nil, err
	}
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	if err := s.Catalog.SetHookActive(ctx, a, id, in.Body.Active); err != nil {
		return nil, err
	}
	return s.getWebhook(ctx, a, &in.WebhookPath)
}

func (s *Server) deleteWebhook(ctx context.Context, a access.Actor, in *WebhookPath) (*struct{}, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return nil, err
	}
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return nil, s.Catalog.DeleteHook(ctx, a, id)
}
