package api

import (
	"context"
	"net/http"

	"lotse/internal/access"
)

func me(s *Server) {
	add(s, op{ID: "getMe", Method: http.MethodGet, Path: "/me", Tag: "Account", Summary: "Read who the key acts for", About: "And what it may be used for. Any key may."}, s.getMe)
	add(s, op{ID: "setMyLanguage", Method: http.MethodPut, Path: "/me/language", Tag: "Account", Scope: access.StaffWrite, Summary: "Change the language of the staff member's pages",
		About: "Of the one the key acts for."}, s.setMyLanguage)
}

// Me is who the key acts for.
type Me struct {
	StaffID   string   `json:"staff_id" format:"uuid" example:"0198c5d2-7a10-7000-8000-000000000007" doc:"The staff member."`
	Name      string   `json:"name" example:"Mia Sommer" doc:"As customers read it."`
	Role      string   `json:"role" enum:"agent,lead,admin" example:"agent" doc:"What they are trusted with."`
	Language  string   `json:"language" example:"de" doc:"The language of their pages."`
	Teams     []Named  `json:"teams" doc:"The teams they belong to."`
	BrandID   string   `json:"brand_id" format:"uuid" example:"0198c5d2-7a10-7000-8000-00000000000c" doc:"The brand they work for."`
	KeyID     string   `json:"key_id" format:"uuid" example:"0198c5d2-7a10-7000-8000-00000000000e" doc:"The key."`
	KeyName   string   `json:"key_name" example:"Shop" doc:"What it is for."`
	Scopes    []string `json:"scopes" example:"[\"cases:read\"]" doc:"What it may be used for."`
	PerMinute int      `json:"per_minute" example:"1200" doc:"Requests per minute."`
}

type meAnswer struct{ Body Me }

func (s *Server) getMe(ctx context.Context, a access.Actor, _ *struct{}) (*meAnswer, error) {
	known, err := s.names(ctx, a)
	if err != nil {
		return nil, err
	}
	key := keyOf(ctx)
	return &meAnswer{Body: Me{StaffID: a.ID.String(), Name: a.Name, Role: a.Role.String(), Language: a.Language, Teams: each(a.Teams, known.team),
		BrandID: a.BrandID.String(), KeyID: key.ID.String(), KeyName: key.Name, PerMinute: key.PerMinute,
		Scopes: each(key.Scopes, func(s access.Scope) string { return string(s) })}}, nil
}

// LanguageChange is a new language.
type LanguageChange struct {
	Language string `json:"language" enum:"de,en" example:"de" doc:"The new language."`
}

func (s *Server) setMyLanguage(ctx context.Context, a access.Actor, in *struct{ Body LanguageChange }) (*meAnswer, error) {
	if err := s.Staff.SetLanguage(ctx, a, a.ID, in.Body.Language); err != nil {
		return nil, err
	}
	a.Language = in.Body.Language
	return s.getMe(ctx, a, nil)
}
