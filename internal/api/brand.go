package api

import (
	"context"
	"net/http"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/outbox"
)

func brand(s *Server) {
	add(s, op{ID: "getBrand", Method: http.MethodGet, Path: "/brand", Tag: "Settings", Scope: access.CatalogRead, Summary: "Read the brand", About: "The one the key's staff member works for." + versioned}, s.getBrand)
	add(s, op{ID: "updateBrand", Method: http.MethodPut, Path: "/brand", Tag: "Settings", Scope: access.SettingsScope, Summary: "Change the brand",
		About: "Needs the role of an administrator.", Places: map[string]string{"brand_name": "body.name"}, Errors: []int{http.StatusConflict, http.StatusPreconditionFailed}}, s.updateBrand)
	add(s, op{ID: "setLogo", Method: http.MethodPut, Path: "/brand/logo", Tag: "Settings", Scope: access.SettingsScope, Status: http.StatusNoContent, Summary: "Change the logo",
		About: "The body is the picture itself: PNG, JPEG or WebP. Needs the role of an administrator.", Places: map[string]string{"logo": "body"}, Errors: []int{http.StatusRequestEntityTooLarge}}, s.setLogo, picture)
	add(s, op{ID: "removeLogo", Method: http.MethodDelete, Path: "/brand/logo", Tag: "Settings", Scope: access.SettingsScope, Status: http.StatusNoContent, Summary: "Remove the logo",
		About: "Needs the role of an administrator."}, s.removeLogo)
	add(s, op{ID: "getSettings", Method: http.MethodGet, Path: "/settings", Tag: "Settings", Scope: access.SettingsScope, Summary: "Read the settings", About: "How the desk answers."}, s.getSettings)
	add(s, op{ID: "updateSettings", Method: http.MethodPatch, Path: "/settings", Tag: "Settings", Scope: access.SettingsScope, Summary: "Change settings",
		About: "What is absent stays. Needs the role of an administrator."}, s.updateSettings)
}

// BrandForm is what is said about a brand.
type BrandForm struct {
	Name     string `json:"name" minLength:"1" maxLength:"200" example:"Stadtwerke Lindenau" doc:"As customers read it."`
	Host     string `json:"host,omitempty" maxLength:"253" example:"hilfe.lindenau.example" doc:"Host name of its pages; absent: any."`
	Language string `json:"language" enum:"de,en" example:"de" doc:"If nothing better is known."`
	Color    string `json:"color,omitempty" maxLength:"20" example:"#0b5563" doc:"Of its pages; absent: that of Lotse."`
}

// Brand is a brand as its pages show it.
type Brand struct {
	ID string `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-00000000000c" doc:"The brand's id."`
	BrandForm
	Logo string `json:"logo,omitempty" example:"/brand/0198c5d2-7a10-7000-8000-00000000000c/1/logo" doc:"The address of its logo."`
}

func brandOf(b catalog.Brand) Brand {
	return Brand{ID: b.ID.String(), BrandForm: BrandForm{Name: b.Name, Host: b.Host, Language: b.Language, Color: b.Color}, Logo: b.LogoPath()}
}

type brandAnswer struct {
	ETag string `header:"ETag" doc:"What it looks like; give it as If-Match when you change it."`
	Body Brand
}

func brandVersion(b catalog.Brand) int64 { return fingerprint(brandOf(b).BrandForm) }

func (s *Server) getBrand(ctx context.Context, a access.Actor, _ *struct{}) (*brandAnswer, error) {
	b, err := s.Catalog.Brand(ctx, a.BrandID)
	if err != nil {
		return nil, err
	}
	return &brandAnswer{ETag: versionTag(brandVersion(b)), Body: brandOf(b)}, nil
}

func (s *Server) updateBrand(ctx context.Context, a access.Actor, in *struct {
	Precondition
	Body BrandForm
}) (*brandAnswer, error) {
	now, err := s.Catalog.Brand(ctx, a.BrandID)
	if err != nil {
		return nil, err
	}
	was, err := meant(in.Precondition, brandVersion(now), now)
	if err != nil {
		return nil, err
	}
	if _, err := catalog.CheckColor(in.Body.Color); err != nil && a.May(access.ManageCatalog) {
		return nil, err // nothing is changed by half
	}
	if _, err := s.Catalog.UpdateBrand(ctx, a, catalog.BrandForm{Name: in.Body.Name, Host: in.Body.Host, Language: in.Body.Language, Was: was}); err != nil {
		return nil, err
	}
	if err := s.Catalog.SetColor(ctx, a, in.Body.Color); err != nil {
		return nil, err
	}
	return s.getBrand(ctx, a, nil)
}

func (s *Server) setLogo(ctx context.Context, a access.Actor, _ *PictureInput) (*struct{}, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return nil, err
	}
	content, err := readPicture(ctx, "logo")
	if err != nil {
		return nil, err
	}
	return nil, s.Catalog.SetLogo(ctx, a, content)
}

func (s *Server) removeLogo(ctx context.Context, a access.Actor, _ *struct{}) (*struct{}, error) {
	return nil, s.Catalog.RemoveLogo(ctx, a)
}

// Settings say how the desk answers.
type Settings struct {
	UndoSeconds int  `json:"undo_seconds" example:"10" doc:"How long a reply waits before it leaves, so that it can be taken back."`
	Acknowledge bool `json:"acknowledge" example:"true" doc:"Customers are told that their message arrived."`
	Storm       int  `json:"storm" example:"200" doc:"How many automatic mails a mailbox writes within ten minutes before it holds them until a person decides."`
	MailFiles   int  `json:"mail_files_mb" example:"10" doc:"Up to how many MB together the files of a reply go with its mail; beyond that it holds a link to them."`
}

type settingsAnswer struct{ Body Settings }

func (s *Server) getSettings(ctx context.Context, a access.Actor, _ *struct{}) (*settingsAnswer, error) {
	if err := a.Require(access.ManageCatalog); err != nil {
		return nil, err
	}
	undo, err := catalog.UndoSeconds.Get(ctx, s.Catalog, a.BrandID)
	if err != nil {
		return nil, err
	}
	acknowledge, err := catalog.Acknowledge.Get(ctx, s.Catalog, a.BrandID)
	if err != nil {
		return nil, err
	}
	storm, err := outbox.Storm.Get(ctx, s.Catalog, a.BrandID)
	if err != nil {
		return nil, err
	}
	files, err := outbox.MailFiles.Get(ctx, s.Catalog, a.BrandID)
	return &settingsAnswer{Body: Settings{UndoSeconds: undo, Acknowledge: acknowledge, Storm: storm, MailFiles: files}}, err
}

// SettingsChange is what is to change of the settings.
type SettingsChange struct {
	UndoSeconds *int  `json:"undo_seconds,omitempty" minimum:"0" maximum:"120" example:"10" doc:"0 to 120 seconds."`
	Acknowledge *bool `json:"acknowledge,omitempty" example:"true" doc:"Whether customers are told."`
	Storm       *int  `json:"storm,omitempty" minimum:"10" maximum:"100000" example:"200" doc:"10 to 100,000."`
	MailFiles   *int  `json:"mail_files_mb,omitempty" minimum:"1" maximum:"18" example:"10" doc:"1 to 18."`
}

func (s *Server) updateSettings(ctx context.Context, a access.Actor, in *struct{ Body SettingsChange }) (*settingsAnswer, error) {
	if v := in.Body.UndoSeconds; v != nil {
		if err := catalog.UndoSeconds.Set(ctx, s.Catalog, a, *v); err != nil {
			return nil, err
		}
	}
	if v := in.Body.Acknowledge; v != nil {
		if err := catalog.Acknowledge.Set(ctx, s.Catalog, a, *v); err != nil {
			return nil, err
		}
	}
	if v := in.Body.Storm; v != nil {
		if err := outbox.Storm.Set(ctx, s.Catalog, a, *v); err != nil {
			return nil, err
		}
	}
	if v := in.Body.MailFiles; v != nil {
		if err := outbox.MailFiles.Set(ctx, s.Catalog, a, *v); err != nil {
			return nil, err
		}
	}
	return s.getSettings(ctx, a, nil)
}
