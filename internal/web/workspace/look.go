package workspace

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"lotse/internal/access"
	"lotse/internal/intake"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/web"
	"lotse/internal/web/ui"
)

// lookPageSize is how many envelopes intake.Parked returns at most.
const lookPageSize = 50

type lookPage struct {
	shell  ui.ShellProps
	parked []parked
	self   string
	newest string // "" on the first page
	older  string // "" on the last page
	from   string // position the page was read at
}

// parked is one envelope, put into words.
type parked struct {
	id, from, reason, size, channel, icon string
	at, now                               time.Time
}

func (w *Workspace) look(rw http.ResponseWriter, r *http.Request) error {
	ctx, from := r.Context(), w.Hub.Position()
	below, err := strconv.ParseInt(r.URL.Query().Get("below"), 10, 64)
	if r.URL.Query().Has("below") && (err != nil || below < 1) {
		return errs.Field("below", "list.cursor_invalid")
	}
	found, err := w.Intake.Parked(ctx, actor(r), below)
	if err != nil {
		return err
	}
	page := lookPage{from: from, shell: w.shell(r, t(ctx, "workspace.look.title"), "/look"), self: "/look"}
	if below > 0 {
		page.newest, page.self = "/look", lookAddress(below)
	}
	if len(found) == lookPageSize {
		page.older = lookAddress(found[len(found)-1].Seq)
	}
	for _, e := range found {
		page.parked = append(page.parked, describeParked(i18n.From(ctx), e, w.Kit.Clock.Now()))
	}
	return web.Render(rw, r, http.StatusOK, lookList(page))
}

func lookAddress(below int64) string { return "/look?below=" + strconv.FormatInt(below, 10) }

func describeParked(p *i18n.Printer, e intake.Parked, now time.Time) parked {
	return parked{
		id: e.ID.String(), from: orName(e.From, p.T("workspace.look.no_sender")), reason: p.T("look.reason." + e.Reason),
		size: p.Bytes(e.Size), channel: channelName(p, e.Channel), icon: channelIcon(e.Channel), at: e.ReceivedAt.Time(), now: now,
	}
}

func (w *Workspace) retry(ctx context.Context, a access.Actor, id ids.ID) (string, error) {
	return "workspace.flash.retried", w.Intake.Retry(ctx, a, id)
}

func (w *Workspace) dismissLook(ctx context.Context, a access.Actor, id ids.ID) (string, error) {
	return "workspace.flash.look_dismissed", w.Intake.Dismiss(ctx, a, id)
}

// settle makes a handler that does something about one envelope. One that a
// colleague settled first is a notice, not an error.
func (w *Workspace) settle(do func(context.Context, access.Actor, ids.ID) (string, error)) web.Handler {
	return func(rw http.ResponseWriter, r *http.Request) error {
		id, err := ids.Parse(r.PathValue("id"))
		if err != nil {
			return errs.New(errs.NotFound, "look.not_found")
		}
		tone := ui.Success
		done, err := do(r.Context(), actor(r), id)
		if errs.Is(err, errs.NotFound) {
			tone, done, err = ui.Info, "look.not_found", nil
		}
		if err != nil {
			return err
		}
		if err := w.Kit.Flash(r, tone, done); err != nil {
			return err
		}
		return web.Redirect(rw, r, "/look")
	}
}
