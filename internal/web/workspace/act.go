package workspace

import (
	"context"
	"net/http"
	"strings"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/web"
	"lotse/internal/web/ui"
)

// action is one form of a case page. do returns where to go on the page
// afterwards, a query or a fragment.
type action struct {
	do     func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, d draft) (string, error)
	fields map[string]string // names of the desk's fields as the form calls them
	done   string            // catalogue key of what to say afterwards; "" says nothing
}

// act makes a handler of an action: it finds the case, does it and redirects to
// it. What was refused comes back with what was typed: 422 with the fields that
// are wrong, 409 with what is new.
func (w *Workspace) act(what action) web.Handler {
	return func(rw http.ResponseWriter, r *http.Request) error {
		if err := parse(r); err != nil {
			return err
		}
		c, err := w.Desk.Find(r.Context(), actor(r), r.PathValue("number"))
		if err != nil {
			return err
		}
		d := readDraft(r)
		next, err := what.do(r.Context(), w, actor(r), c, d)
		if err != nil {
			return w.again(rw, r, c.Number, d, what.rename(r.Context(), err), err)
		}
		if what.done != "" {
			if err := w.Kit.Flash(r, ui.Success, what.done); err != nil {
				return err
			}
		}
		return web.Redirect(rw, r, "/cases/"+c.Number+next)
	}
}

func (what action) rename(ctx context.Context, err error) []ui.FieldError {
	wrong := web.FieldErrors(ctx, err)
	for i, e := range wrong {
		if name, ok := what.fields[e.Name]; ok {
			wrong[i].Name = name
		}
	}
	return wrong
}

// again shows the case once more with what was typed and why it was refused.
func (w *Workspace) again(rw http.ResponseWriter, r *http.Request, number string, d draft, wrong []ui.FieldError, cause error) error {
	kind := errs.KindOf(cause)
	if kind != errs.Invalid && kind != errs.Conflict {
		return cause
	}
	page, err := w.load(r, number)
	if err == nil && page.file.MergedInto != "" { // merged while the text was written: it goes on there
		page, err = w.load(r, page.file.MergedInto)
	}
	if err != nil {
		return err
	}
	if page.file.Restricted {
		return cause
	}
	d.wrong, d.notes = wrong, d.Note != "" || web.ErrorOf(wrong, "note") != ""
	d.handOver = d.To != "" || d.Reason != "" || web.ErrorOf(wrong, "to") != "" || web.ErrorOf(wrong, "reason") != ""
	page.draft, page.seen = d, d.Seen
	page.shell = w.shell(r, page.title(), "/cases")
	page.shell.Errors = wrong
	if kind == errs.Conflict || page.seen == 0 {
		page.seen = page.file.Case.Version // the new is in sight now
	}
	if kind == errs.Conflict {
		page.read = d.Read
		page.shell.Flash = &ui.FlashProps{Tone: ui.Warning, Text: web.Message(r.Context(), cause)}
	}
	page.fillLetter(r.Context(), w)
	page.markFresh()
	return web.Render(rw, r, kind.Status(), casePageView(page))
}

var note = action{
	fields: map[string]string{"text": "note"},
	do: func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, d draft) (string, error) {
		m, err := w.Desk.Note(ctx, a, c.ID, d.Note)
		return "#m-" + m.ID.String(), err
	},
}

var take = action{
	done: "workspace.flash.taken",
	do: func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, d draft) (string, error) {
		return "", w.Desk.Take(ctx, a, c.ID, d.Seen)
	},
}

var handOver = action{
	done:   "workspace.flash.handed_over",
	fields: map[string]string{"team": "to", "owner": "to"},
	do: func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, d draft) (string, error) {
		team, owner, err := readOwner(d.To)
		if err != nil {
			return "", err
		}
		return "", w.Desk.HandOver(ctx, a, c.ID, desk.HandOverForm{TeamID: team, Owner: owner, Reason: d.Reason, Seen: d.Seen})
	},
}

// ownerValue is a team, or a member of it, as one choice.
func ownerValue(team, person ids.ID) string {
	if person.IsZero() {
		return team.String()
	}
	return team.String() + ":" + person.String()
}

func readOwner(value string) (team, person ids.ID, err error) {
	if value == "" {
		return team, person, nil // the desk says what is missing
	}
	t, s, named := strings.Cut(value, ":")
	if team, err = ids.Parse(t); err != nil {
		return team, person, errs.Field("to", "case.team_missing")
	}
	if named {
		if person, err = ids.Parse(s); err != nil {
			return team, person, errs.Field("to", "case.owner_unknown")
		}
	}
	return team, person, nil
}

var setState = action{
	done: "workspace.flash.state_set",
	do: func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, d draft) (string, error) {
		to, _ := desk.ParseState(d.State) // what is none is refused by the desk
		return "", w.Desk.SetState(ctx, a, c.ID, to, d.Seen)
	},
}

var merge = action{
	do: func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, d draft) (string, error) {
		target, err := ids.Parse(d.Target)
		if err != nil {
			return "", errs.New(errs.NotFound, "case.not_found")
		}
		return "", w.Desk.Merge(ctx, a, c.ID, target) // its page leads to the other from now on
	},
}

var dismiss = action{
	done: "workspace.flash.dismissed",
	do: func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, d draft) (string, error) {
		target, err := ids.Parse(d.Target)
		if err != nil {
			return "", errs.New(errs.NotFound, "case.not_found")
		}
		return "", w.Desk.Dismiss(ctx, a, c.ID, target)
	},
}

var withdraw = action{
	done: "workspace.flash.withdrawn",
	do: func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, d draft) (string, error) {
		message, err := ids.Parse(d.Message)
		if err != nil {
			return "", errs.New(errs.NotFound, "case.not_found")
		}
		_, err = w.Desk.Withdraw(ctx, a, c.ID, message)
		return "?draft=" + message.String() + "#reply", err
	},
}
