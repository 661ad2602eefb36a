package workspace

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/web/ui"
)

// savedClass is the query of a case page on which its classification was saved
// without leaving it.
const savedClass = "?saved=class"

var classify = action{
	done: "workspace.class.saved",
	do: func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, d draft) (string, error) {
		return "", w.Desk.Classify(ctx, a, c.ID, d.Seen, readClass(d))
	},
}

// classify saves what a case is about. A script that asks for the panel alone is
// told there that it worked, not on the next page.
func (w *Workspace) classify(rw http.ResponseWriter, r *http.Request) error {
	what := classify
	if r.Header.Get("HX-Request") != "" {
		what.done = ""
		what.do = func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, d draft) (string, error) {
			_, err := classify.do(ctx, w, a, c, d)
			return savedClass, err
		}
	}
	return w.act(what)(rw, r)
}

// readClass reads what was chosen. What is no id is nothing the desk knows.
func readClass(d draft) desk.Classification {
	read := func(typed string) ids.ID {
		id, err := ids.Parse(typed)
		if err != nil && typed != "" {
			return ids.New()
		}
		return id
	}
	return desk.Classification{Topic: read(d.Topic), Product: read(d.Product), Region: read(d.Region)}
}

// class is what the page of a case says of topics, products and regions.
type class struct {
	lists map[catalog.EntryKind][]catalog.Entry
}

// class reads the lists from memory.
func (w *Workspace) class(ctx context.Context, a access.Actor) (class, error) {
	c := class{lists: map[catalog.EntryKind][]catalog.Entry{}}
	for _, kind := range catalog.EntryKinds() {
		list, err := w.Kit.Catalog.Entries(ctx, a.BrandID, kind)
		if err != nil {
			return class{}, err
		}
		c.lists[kind] = list
	}
	return c, nil
}

func (c class) name(p *i18n.Printer, kind catalog.EntryKind, id ids.ID) string {
	for _, e := range c.lists[kind] {
		if e.ID == id {
			return e.Name(p.Locale())
		}
	}
	return ""
}

// isEmpty reports whether there is nothing to choose from.
func (c class) isEmpty() bool {
	for _, list := range c.lists {
		if len(list) > 0 {
			return false
		}
	}
	return true
}

// options are the choices of one list: nothing, what is active, and what is chosen
// already. What belongs to something is named with it.
func (c class) options(p *i18n.Printer, kind catalog.EntryKind, chosen ids.ID) []ui.Option {
	options := []ui.Option{{Label: p.T("workspace.class.none")}}
	for _, e := range c.lists[kind] {
		if !e.Active() && e.ID != chosen {
			continue
		}
		label := e.Name(p.Locale())
		if parent := c.name(p, kind, e.ParentID); parent != "" {
			label = parent + " › " + label
		}
		if !e.Active() {
			label = p.T("workspace.class.retired", "Name", label)
		}
		options = append(options, ui.Option{Value: e.ID.String(), Label: label})
	}
	return options
}

func chosenOf(c desk.Classification, kind catalog.EntryKind) ids.ID {
	return map[catalog.EntryKind]ids.ID{catalog.Topic: c.Topic, catalog.Product: c.Product, catalog.Region: c.Region}[kind]
}

// classField is the control of one list.
func (p casePage) classField(kind catalog.EntryKind) ui.FieldProps {
	value := ""
	if id := chosenOf(p.file.Case.Class, kind); !id.IsZero() {
		value = id.String()
	}
	if p.draft.classed {
		value = map[catalog.EntryKind]string{catalog.Topic: p.draft.Topic, catalog.Product: p.draft.Product, catalog.Region: p.draft.Region}[kind]
	}
	return ui.FieldProps{Name: kind.String(), Label: p.p.T("catalog.kind." + kind.String()), NoMark: true, Value: value, Error: p.wrong(kind.String())}
}

// classLine names what the case is about: "Rechnung · Strom".
func (p casePage) classLine() string {
	var names []string
	for _, kind := range catalog.EntryKinds() {
		if name := p.class.name(p.p, kind, chosenOf(p.file.Case.Class, kind)); name != "" {
			names = append(names, name)
		}
	}
	return strings.Join(names, " · ")
}

// withFilings puts what was classified between the messages, by time.
func (p casePage) withFilings(entries []entry) []entry {
	for _, f := range p.file.Filings {
		if p.file.More && len(entries) > 0 && f.CreatedAt.Before(p.file.Messages[0].CreatedAt.Time()) {
			continue // of a part of the timeline that is not shown
		}
		said, icon := p.filing(f), "tag"
		if f.Kind == desk.SideClosed || f.Kind == desk.SideReopened {
			if said, icon = p.sideEnded(f), "users"; said == "" {
				continue
			}
		}
		if f.Kind == desk.CustomerChanged {
			said, icon = p.p.T("workspace.customer.changed", "Name", p.whoDid(f)), "user-check"
		}
		entries = append(entries, entry{said: said, props: ui.MessageProps{
			ID: "e-" + strconv.FormatInt(f.Seq, 10), From: ui.FromSystem, Icon: icon, At: f.CreatedAt, Now: p.now,
		}})
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return time.Time.Compare(a.props.At, b.props.At) })
	return entries
}

// whoDid names who is behind an event.
func (p casePage) whoDid(e desk.Event) string {
	if name := p.crew.person(e.ActorID); name != "" {
		return name
	}
	return "Lotse"
}

// filing puts a classification into words: "Mia Krüger hat eingeordnet: Thema
// Rechnung".
func (p casePage) filing(f desk.Event) string {
	name := p.whoDid(f)
	var what []string
	for _, kind := range catalog.EntryKinds() {
		text, _ := f.Params[kind.String()].(string)
		id, err := ids.Parse(text)
		if err != nil {
			continue
		}
		if chosen := p.class.name(p.p, kind, id); chosen != "" {
			what = append(what, p.p.T("catalog.kind."+kind.String())+" "+chosen)
		}
	}
	if len(what) == 0 {
		return p.p.T("workspace.class.cleared", "Name", name)
	}
	return p.p.T("workspace.class.set", "Name", name, "What", strings.Join(what, ", "))
}
