package api

import (
	"context"
	"net/http"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
)

func catalogue(s *Server) {
	admin := " Needs the role of an administrator."
	places := map[string]string{"name_de": "body.names.de", "name_en": "body.names.en", "parent": "body.parent_id", "active": "body.active"}
	add(s, op{ID: "listEntries", Method: http.MethodGet, Path: "/catalogue", Tag: "Catalogue", Scope: access.CatalogRead, Summary: "List topics, products or regions",
		About: "Retired ones too, in the order an administrator gave them, those with a parent behind it."}, s.listEntries)
	add(s, op{ID: "getEntry", Method: http.MethodGet, Path: "/catalogue/{id}", Tag: "Catalogue", Scope: access.CatalogRead, Summary: "Read an entry", About: "A topic, product or region." + versioned}, s.getEntry)
	add(s, op{ID: "createEntry", Method: http.MethodPost, Path: "/catalogue", Tag: "Catalogue", Scope: access.CatalogWrite, Status: http.StatusCreated, Summary: "Add an entry",
		About: "To the end of its list. Its key never changes." + admin, Places: places, Errors: []int{http.StatusConflict}}, s.createEntry)
	add(s, op{ID: "updateEntry", Method: http.MethodPut, Path: "/catalogue/{id}", Tag: "Catalogue", Scope: access.CatalogWrite, Summary: "Change names and parent of an entry",
		About: "Kind and key stay." + admin, Places: places, Errors: []int{http.StatusConflict, http.StatusPreconditionFailed}}, s.updateEntry)
	add(s, op{ID: "moveEntry", Method: http.MethodPost, Path: "/catalogue/{id}/move", Tag: "Catalogue", Scope: access.CatalogWrite, Summary: "Move an entry up or down",
		About: "Among the active ones below the same parent." + admin}, s.moveEntry)
	add(s, op{ID: "setEntryActive", Method: http.MethodPut, Path: "/catalogue/{id}/active", Tag: "Catalogue", Scope: access.CatalogWrite, Summary: "Retire an entry or bring it back",
		About: "With what is below it. It stays with the cases that have it." + admin, Places: places, Errors: []int{http.StatusConflict}}, s.setEntryActive)
	add(s, op{ID: "classifyCase", Method: http.MethodPut, Path: "/cases/{number}/classification", Tag: "Cases", Scope: access.CasesWrite, Summary: "Say what a case is about",
		About:  "What is absent is none.",
		Places: map[string]string{"topic": "body.topic_id", "product": "body.product_id", "region": "body.region_id"}, Errors: []int{http.StatusConflict, http.StatusPreconditionFailed}}, s.classifyCase)
}

// Entry is a topic, product or region.
type Entry struct {
	ID       string `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-00000000000f" doc:"The entry's id."`
	Kind     string `json:"kind" enum:"topic,product,region" example:"topic" doc:"Which list it is in."`
	Key      string `json:"key" example:"meter" doc:"Short and stable: unique among its kind."`
	Names    Names  `json:"names" doc:"What it is called."`
	ParentID string `json:"parent_id,omitempty" format:"uuid" doc:"The entry it is below."`
	Active   bool   `json:"active" example:"true" doc:"May be chosen."`
}

// Names are what an entry is called in each language.
type Names struct {
	German  string `json:"de,omitempty" maxLength:"200" example:"Zähler" doc:"In German."`
	English string `json:"en,omitempty" maxLength:"200" example:"Meter" doc:"In English."`
}

// Labelled is an entry as a case names it.
type Labelled struct {
	ID   string `json:"id" format:"uuid" example:"0198c5d2-7a10-7000-8000-00000000000f" doc:"Its id."`
	Key  string `json:"key" example:"meter" doc:"Its key."`
	Name string `json:"name" example:"Zähler" doc:"Its name, in the language of Accept-Language."`
}

func (n Names) domain() map[string]string {
	return map[string]string{string(i18n.German): n.German, string(i18n.English): n.English}
}

func entry(e catalog.Entry) Entry {
	return Entry{ID: e.ID.String(), Kind: e.Kind.String(), Key: e.Key, ParentID: e.ParentID.String(), Active: e.Active(),
		Names: Names{German: e.Names[string(i18n.German)], English: e.Names[string(i18n.English)]}}
}

func (s *Server) listEntries(ctx context.Context, a access.Actor, in *struct {
	Kind string `query:"kind" required:"true" enum:"topic,product,region" example:"topic" doc:"Which list."`
}) (*list[Entry], error) {
	kind, _ := catalog.ParseEntryKind(in.Kind) // the document allows no other
	all, err := s.Catalog.Entries(ctx, a.BrandID, kind)
	if err != nil {
		return nil, err
	}
	return page(requestOf(ctx).URL, each(all, entry), ""), nil
}

// EntryPath is the path of operations on an entry.
type EntryPath struct {
	ID string `path:"id" maxLength:"40" example:"0198c5d2-7a10-7000-8000-00000000000f" doc:"The entry's id."`
}

type entryAnswer struct {
	ETag string `header:"ETag" doc:"What it looks like; give it as If-Match when you change it."`
	Body Entry
}

func answerEntry(e catalog.Entry) *entryAnswer {
	return &entryAnswer{ETag: versionTag(fingerprint(entry(e))), Body: entry(e)}
}

func (s *Server) entryNow(ctx context.Context, a access.Actor, id ids.ID) (*entryAnswer, error) {
	e, err := s.Catalog.Entry(ctx, a.BrandID, id)
	if err != nil {
		return nil, err
	}
	return answerEntry(e), nil
}

func (s *Server) getEntry(ctx context.Context, a access.Actor, in *EntryPath) (*entryAnswer, error) {
	id, err := parseID(in.ID, "catalog.entry.not_found")
	if err != nil {
		return nil, err
	}
	return s.entryNow(ctx, a, id)
}

// NewEntry is an entry to be added.
type NewEntry struct {
	Kind     string `json:"kind" enum:"topic,product,region" example:"topic" doc:"Which list."`
	Key      string `json:"key,omitempty" maxLength:"60" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" example:"tariff" doc:"Small letters, digits and hyphens; absent: made of the name."`
	Names    Names  `json:"names" doc:"At least one."`
	ParentID string `json:"parent_id,omitempty" format:"uuid" doc:"An entry of the same kind that has no parent itself."`
}

type createdEntry struct {
	Location string `header:"Location" doc:"The address of the entry."`
	Body     Entry
}

// parentOf reads the id of a parent; empty is none.
func parentOf(s string) (ids.ID, error) {
	if s == "" {
		return ids.ID{}, nil
	}
	id, err := ids.Parse(s)
	if err != nil {
		return ids.ID{}, errs.Field("parent", "catalog.entry.parent")
	}
	return id, nil
}

func (s *Server) createEntry(ctx context.Context, a access.Actor, in *struct{ Body NewEntry }) (*createdEntry, error) {
	parent, err := parentOf(in.Body.ParentID)
	if err != nil {
		return nil, err
	}
	kind, _ := catalog.ParseEntryKind(in.Body.Kind) // the document allows no other
	made, err := s.Catalog.CreateEntry(ctx, a, catalog.EntryForm{Kind: kind, Key: in.Body.Key, Names: in.Body.Names.domain(), ParentID: parent})
	if err != nil {
		return nil, err
	}
	return &createdEntry{Location: Prefix + "catalogue/" + made.ID.String(), Body: entry(made)}, nil
}

// EntryChange is what is to change of an entry.
type EntryChange struct {
	Names    Names  `json:"names" doc:"At least one."`
	ParentID string `json:"parent_id,omitempty" format:"uuid" doc:"Absent: none."`
}

func (s *Server) updateEntry(ctx context.Context, a access.Actor, in *struct {
	EntryPath
	Precondition
	Body EntryChange
}) (*entryAnswer, error) {
	id, err := parseID(in.ID, "catalog.entry.not_found")
	if err != nil {
		return nil, err
	}
	parent, err := parentOf(in.Body.ParentID)
	if err != nil {
		return nil, err
	}
	now, err := s.Catalog.Entry(ctx, a.BrandID, id)
	if err != nil {
		return nil, err
	}
	was, err := meant(in.Precondition, fingerprint(entry(now)), now)
	if err != nil {
		return nil, err
	}
	changed, err := s.Catalog.UpdateEntry(ctx, a, id, catalog.EntryForm{Names: in.Body.Names.domain(), ParentID: parent, Was: was})
	if err != nil {
		return nil, err
	}
	return answerEntry(changed), nil
}

// Move is a step up or down.
type Move struct {
	By int `json:"by" enum:"-1,1" example:"1" doc:"-1 is up, 1 is down."`
}

func (s *Server) moveEntry(ctx context.Context, a access.Actor, in *struct {
	EntryPath
	Body Move
}) (*entryAnswer, error) {
	id, err := parseID(in.ID, "catalog.entry.not_found")
	if err != nil {
		return nil, err
	}
	if err := s.Catalog.MoveEntry(ctx, a, id, in.Body.By); err != nil {
		return nil, err
	}
	return s.entryNow(ctx, a, id)
}

func (s *Server) setEntryActive(ctx context.Context, a access.Actor, in *struct {
	EntryPath
	Body ActiveChange
}) (*entryAnswer, error) {
	id, err := parseID(in.ID, "catalog.entry.not_found")
	if err != nil {
		return nil, err
	}
	if err := s.Catalog.SetEntryActive(ctx, a, id, in.Body.Active); err != nil {
		return nil, err
	}
	return s.entryNow(ctx, a, id)
}

// Classification says what a case is about.
type Classification struct {
	TopicID   string `json:"topic_id,omitempty" format:"uuid" example:"0198c5d2-7a10-7000-8000-00000000000f" doc:"The topic."`
	ProductID string `json:"product_id,omitempty" format:"uuid" doc:"The product."`
	RegionID  string `json:"region_id,omitempty" format:"uuid" doc:"The region."`
}

func (c Classification) domain() (to desk.Classification, err error) {
	for _, x := range []struct {
		field, id string
		to        *ids.ID
	}{{"topic", c.TopicID, &to.Topic}, {"product", c.ProductID, &to.Product}, {"region", c.RegionID, &to.Region}} {
		if x.id == "" {
			continue
		}
		if *x.to, err = ids.Parse(x.id); err != nil {
			return to, errs.Field(x.field, "catalog.entry.not_found")
		}
	}
	return to, nil
}

func (s *Server) classifyCase(ctx context.Context, a access.Actor, in *struct {
	Numbered
	Precondition
	Body Classification
}) (*caseAnswer, error) {
	to, err := in.Body.domain()
	if err != nil {
		return nil, err
	}
	return s.do(ctx, a, in.Number, in.Precondition, func(c desk.Case, seen int64) error { return s.Desk.Classify(ctx, a, c.ID, seen, to) })
}
