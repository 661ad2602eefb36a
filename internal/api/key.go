package api

import (
	"context"
	"net/http"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

func keys(s *Server) {
	places := map[string]string{"staff": "body.staff_id", "expires": "body.expires_at"}
	add(s, op{ID: "listKeys", Method: http.MethodGet, Path: "/keys", Tag: "Keys", Scope: access.KeysScope, Summary: "List keys",
		About: "The latest first, revoked ones too. Secrets are never shown. Needs the role of an administrator."}, s.listKeys)
	add(s, op{ID: "createKey", Method: http.MethodPost, Path: "/keys", Tag: "Keys", Scope: access.KeysScope, Status: http.StatusCreated, Summary: "Make a key",
		About:  "The answer holds the secret, this once: an Idempotency-Key is not taken here, because no copy of the secret is kept. A key makes keys for its own staff member, with no more than its own scopes. Needs the role of an administrator.",
		Places: places}, s.createKey)
	add(s, op{ID: "revokeKey", Method: http.MethodDelete, Path: "/keys/{id}", Tag: "Keys", Scope: access.KeysScope, Status: http.StatusNoContent, Summary: "Revoke a key",
		About: "It is worthless at once. Needs the role of an administrator."}, s.revokeKey)
}

// Key is what a program shows to use the API.
type Key struct {
	ID        string     `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-00000000000e" doc:"The key's id, as events name it."`
	Name      string     `json:"name" example:"Shop" doc:"What it is for."`
	Hint      string     `json:"hint" example:"lotse_k3J9" doc:"How the secret begins."`
	Staff     *Named     `json:"staff" doc:"In whose name it acts."`
	Scopes    []string   `json:"scopes" example:"[\"cases:read\"]" doc:"What it may be used for."`
	PerMinute int        `json:"per_minute" example:"1200" doc:"Requests per minute."`
	CreatedAt time.Time  `json:"created_at" example:"2026-11-23T09:15:00Z" doc:"When it was made."`
	UsedAt    *time.Time `json:"used_at,omitempty" example:"2026-11-23T10:00:00Z" doc:"When it was last used, up to five minutes behind."`
	ExpiresAt *time.Time `json:"expires_at,omitempty" example:"2027-11-23T00:00:00Z" doc:"When it ends; absent: never."`
	RevokedAt *time.Time `json:"revoked_at,omitempty" example:"2026-12-01T00:00:00Z" doc:"When it was revoked."`
}

func (n names) key(k access.Key) Key {
	return Key{ID: k.ID.String(), Name: k.Name, Hint: access.KeyPrefix + k.Hint, Staff: n.person(k.StaffID), PerMinute: k.PerMinute,
		Scopes: each(k.Scopes, func(s access.Scope) string { return string(s) }), CreatedAt: k.CreatedAt.Time(), UsedAt: at(k.UsedAt),
		ExpiresAt: at(k.ExpiresAt), RevokedAt: at(k.RevokedAt)}
}

func (s *Server) listKeys(ctx context.Context, a access.Actor, _ *struct{}) (*list[Key], error) {
	all, err := s.Keys.List(ctx, a)
	if err != nil {
		return nil, err
	}
	known, err := s.names(ctx, a)
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(all, known.key), ""), nil
}

// NewKey is a key to be made.
type NewKey struct {
	Name      string     `json:"name" minLength:"1" maxLength:"60" example:"Monatsbericht" doc:"What it is for."`
	StaffID   string     `json:"staff_id,omitempty" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000007" doc:"In whose name it acts; absent: this key's."`
	Scopes    []string   `json:"scopes" minItems:"1" maxItems:"50" example:"[\"cases:read\"]" doc:"What it may be used for."`
	PerMinute int        `json:"per_minute,omitempty" minimum:"1" maximum:"600000" example:"1200" doc:"Requests per minute; absent: 1200."`
	ExpiresAt *time.Time `json:"expires_at,omitempty" example:"2099-01-01T00:00:00Z" doc:"When it ends; absent: never."`
}

// MadeKey is a new key with its secret.
type MadeKey struct {
	Key
	Secret string `json:"secret" example:"lotse_k3J9…" doc:"To be shown as Authorization: Bearer. It is never shown again."`
}

func (s *Server) createKey(ctx context.Context, a access.Actor, in *struct{ Body NewKey }) (*struct{ Body MadeKey }, error) {
	if err := namesSecret(ctx); err != nil {
		return nil, err
	}
	b := in.Body
	f := access.KeyForm{Name: b.Name, PerMinute: b.PerMinute, Scopes: each(b.Scopes, func(s string) access.Scope { return access.Scope(s) })}
	if b.ExpiresAt != nil {
		f.ExpiresAt = clock.At(*b.ExpiresAt)
	}
	if b.StaffID != "" {
		var err error
		if f.StaffID, err = ids.Parse(b.StaffID); err != nil {
			return nil, errs.Field("staff", "access.key.staff_unknown")
		}
	}
	made, secret, err := s.Keys.Create(ctx, a, f)
	if err != nil {
		return nil, err
	}
	known, err := s.names(ctx, a)
	return &struct{ Body MadeKey }{MadeKey{Key: known.key(made), Secret: secret}}, err
}

func (s *Server) revokeKey(ctx context.Context, a access.Actor, in *struct {
	ID string `path:"id" maxLength:"40" example:"0198c5d2-7a10-7000-8000-00000000000e" doc:"The key's id."`
}) (*struct{}, error) {
	id, err := parseID(in.ID, "access.key.not_found")
	if err != nil {
		return nil, err
	}
	return nil, s.Keys.Revoke(ctx, a, id)
}
