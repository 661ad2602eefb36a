package workspace

import (
	"context"
	"net/http"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

// What keeps the desk clean: the trash, blocked senders, erasure for good.

var (
	trash = action{done: "care.done.trashed", do: func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, _ draft) (string, error) {
		return "", w.Desk.Trash(ctx, a, c.ID)
	}}
	restore = action{done: "care.done.restored", do: func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, _ draft) (string, error) {
		return "", w.Desk.Restore(ctx, a, c.ID)
	}}
	block = action{done: "care.done.blocked", do: func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, d draft) (string, error) {
		return "", w.People.Block(ctx, a, c.CustomerID, d.Why)
	}}
	settleErasure = action{done: "care.done.settled", fields: map[string]string{"reason": "settled"},
		do: func(ctx context.Context, w *Workspace, a access.Actor, c desk.Case, d draft) (string, error) {
			return "", w.Desk.SettleErasure(ctx, a, c.ID, d.Settled)
		}}
)

// deleteCase erases a case for good and leads to the list: there is nothing to
// come back to.
func (w *Workspace) deleteCase(rw http.ResponseWriter, r *http.Request) error {
	if err := parse(r); err != nil {
		return err
	}
	ctx, a := r.Context(), actor(r)
	c, err := w.Desk.Find(ctx, a, r.PathValue("number"))
	if err != nil {
		return err
	}
	d := readDraft(r)
	if r.FormValue("sure") != "1" {
		err = errs.Field("sure", "care.not_sure")
	} else {
		err = w.Desk.Delete(ctx, a, c.ID, d.Why)
	}
	if err != nil {
		what := action{fields: map[string]string{"reason": "why"}}
		return w.again(rw, r, c.Number, d, what.rename(ctx, err), err)
	}
	if err := w.Kit.Flash(r, ui.Success, "care.done.deleted", c.Number); err != nil {
		return err
	}
	return web.Redirect(rw, r, "/cases")
}

// mayCare reports whether the actor sees the panel at all.
func (p casePage) mayCare() bool { return p.actor.May(access.BlockSenders) }

func (p casePage) mayDelete() bool { return p.actor.May(access.DeleteCases) }

// why is a choice of reasons, none chosen.
func (p casePage) why(list []string) []ui.Option {
	options := []ui.Option{{Label: p.p.T("care.reason.choose")}}
	for _, r := range list {
		options = append(options, ui.Option{Value: r, Label: p.p.T("case.reason." + r)})
	}
	return options
}

type blocksPage struct {
	shell  ui.ShellProps
	form   form.Form
	blocks []blockLine
	newest string
	older  string
}

// blockLine is one blocked sender, put into words.
type blockLine struct {
	id, value, reason, by string
	at, now               time.Time
}

func (w *Workspace) blocks(rw http.ResponseWriter, r *http.Request) error {
	return w.showBlocks(rw, r, http.StatusOK, form.Form{})
}

func (w *Workspace) showBlocks(rw http.ResponseWriter, r *http.Request, status int, f form.Form) error {
	ctx, a := r.Context(), actor(r)
	var after ids.ID
	if q := r.URL.Query().Get("after"); q != "" {
		var err error
		if after, err = ids.Parse(q); err != nil {
			return errs.Field("after", "list.cursor_invalid")
		}
	}
	list, next, err := w.People.Blocks(ctx, a, after)
	if err != nil {
		return err
	}
	c, err := w.crew(ctx, a)
	if err != nil {
		return err
	}
	page := blocksPage{shell: w.shell(r, t(ctx, "care.blocks.title"), "/blocks"), form: f}
	page.shell.Errors = f.Errors
	for _, b := range list {
		page.blocks = append(page.blocks, describeBlock(i18n.From(ctx), b, c, w.Kit.Clock.Now()))
	}
	if !after.IsZero() {
		page.newest = "/blocks"
	}
	if !next.IsZero() {
		page.older = "/blocks?after=" + next.String()
	}
	return web.Render(rw, r, status, blocksView(page))
}

func describeBlock(p *i18n.Printer, b people.Block, c crew, now time.Time) blockLine {
	return blockLine{id: b.ID.String(), value: b.Value, reason: b.Reason, by: orName(c.person(b.BlockedBy), p.T("care.blocks.by_lotse")), at: b.CreatedAt.Time(), now: now}
}

func (w *Workspace) addBlock(rw http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	if err := w.People.BlockAddress(r.Context(), actor(r), f.Get("address"), f.Get("reason")); err != nil {
		status, err := f.Refused(r.Context(), err, "address")
		if err != nil {
			return err
		}
		return w.showBlocks(rw, r, status, f)
	}
	if err := w.Kit.Flash(r, ui.Success, "care.done.blocked"); err != nil {
		return err
	}
	return web.Redirect(rw, r, "/blocks")
}

func (w *Workspace) unblock(rw http.ResponseWriter, r *http.Request) error {
	id, err := ids.Parse(r.PathValue("id"))
	if err != nil {
		return errs.New(errs.NotFound, "")
	}
	if err := w.People.Unblock(r.Context(), actor(r), id); err != nil {
		return err
	}
	if err := w.Kit.Flash(r, ui.Success, "care.done.unblocked"); err != nil {
		return err
	}
	return web.Redirect(rw, r, "/blocks")
}
