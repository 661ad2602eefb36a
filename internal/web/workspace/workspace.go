// Package workspace holds the pages staff work on: the list of cases, a case
// with its timeline and forms, what needs a look, attachments, and the live
// signals that keep open pages fresh.
//
// All of it is plain HTML that works without a script: forms send, the answer to
// a POST is a redirect, a form that was refused comes back with what was typed.
// With a script, open pages hear by server-sent events that something changed
// and fetch themselves again; only what is read is replaced, never what is
// being written.
//
// The package holds no rule of its own: who may see or do what is decided in the
// domain packages, which get the actor. A page is its handler, its template and
// its style, side by side. Package app makes the Workspace and mounts its routes
// behind web.Kit's chain.
package workspace

import (
	"context"
	_ "embed"
	"net/http"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/people"
	"lotse/internal/platform/blob"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/live"
	"lotse/internal/platform/seal"
	"lotse/internal/publish"
	"lotse/internal/views"
	"lotse/internal/web"
	"lotse/internal/web/assets"
	"lotse/internal/web/letter"
	"lotse/internal/web/ui"
)

//go:embed workspace.css
var styleSource string

//go:embed workspace.js
var scriptSource string

var (
	style  = assets.RegisterStyle("workspace.css", letter.Style+styleSource)
	script = assets.RegisterScript("workspace.js", scriptSource)
)

// Parts are what the workspace is made of.
type Parts struct {
	Kit     *web.Kit
	Desk    *desk.Desk
	Views   *views.Views
	Outbox  *outbox.Outbox
	Intake  *intake.Intake
	People  *people.People
	Hub     *live.Hub
	Blobs   *blob.Folder
	Seal    *seal.Sealer
	Publish *publish.Publish
}

// Workspace answers the requests of staff.
type Workspace struct {
	Parts
	heartbeat time.Duration // pause between two signs of life on a live stream
}

// New returns the workspace. A process has one.
func New(p Parts) *Workspace { return &Workspace{Parts: p, heartbeat: heartbeat} }

// Routes mounts the pages.
func (w *Workspace) Routes(mux *http.ServeMux) {
	for pattern, h := range map[string]web.Handler{
		"GET /cases":                                  w.list,
		"GET /cases/{number}":                         w.show,
		"POST /cases/{number}/reply":                  w.reply,
		"POST /cases/{number}/files":                  w.stage,
		"POST /cases/{number}/note":                   w.act(note),
		"POST /cases/{number}/take":                   w.act(take),
		"POST /cases/{number}/handover":               w.act(handOver),
		"POST /cases/{number}/state":                  w.act(setState),
		"POST /cases/{number}/class":                  w.classify,
		"POST /cases/{number}/merge":                  w.act(merge),
		"POST /cases/{number}/dismiss":                w.act(dismiss),
		"POST /cases/{number}/move":                   w.act(move),
		"POST /cases/{number}/customer":               w.act(makeCustomer),
		"GET /messages/{id}/original":                 w.original,
		"GET /messages/{id}/original/html":            w.originalHTML,
		"GET /messages/{id}/original.eml":             w.originalRaw,
		"POST /cases/{number}/withdraw":               w.act(withdraw),
		"POST /cases/{number}/resend":                 w.act(resend),
		"POST /cases/{number}/correct":                w.act(correct),
		"POST /cases/{number}/settle":                 w.act(settleDelivery),
		"GET /cases/{number}/public":                  w.showPublic,
		"POST /cases/{number}/public/answer":          w.answerPublic,
		"POST /cases/{number}/public/{post}/release":  w.postAct("release"),
		"POST /cases/{number}/public/{post}/refuse":   w.postAct("refuse"),
		"POST /cases/{number}/public/{post}/withdraw": w.postAct("withdraw"),
		"POST /cases/{number}/trash":                  w.act(trash),
		"POST /cases/{number}/restore":                w.act(restore),
		"POST /cases/{number}/block":                  w.act(block),
		"POST /cases/{number}/erasure":                w.act(settleErasure),
		"POST /cases/{number}/delete":                 w.deleteCase,
		"GET /cases/{number}/side":                    w.askAside,
		"POST /cases/{number}/side":                   w.openSide,
		"GET /cases/{number}/side/{id}":               w.showSide,
		"POST /cases/{number}/side/{id}":              w.writeSide,
		"POST /cases/{number}/side/{id}/close":        w.endSide(true),
		"POST /cases/{number}/side/{id}/reopen":       w.endSide(false),
		"GET /duties":                                 w.duties,
		"GET /blocks":                                 w.blocks,
		"POST /blocks":                                w.addBlock,
		"POST /blocks/{id}/remove":                    w.unblock,
		"GET /attachments/{id}/{name...}":             w.attachment,
		"GET /look":                                   w.look,
		"GET /look/{id}/raw":                          w.raw,
		"POST /look/{id}/retry":                       w.settle(w.retry),
		"POST /look/{id}/dismiss":                     w.settle(w.dismissLook),
		"GET /deliveries":                             w.deliveries,
		"POST /deliveries":                            w.findDeliveries,
		"GET /deliveries/figures":                     w.deliveryFigures,
		"POST /deliveries/brakes/{id}/{how}":          w.releaseBrake,
		"GET /live":                                   w.live,
		"GET /alarms":                                 w.Kit.ShowAlarms,
	} {
		mux.Handle(pattern, w.Kit.StaffPage(h))
	}
}

// shell is the frame of our pages.
func (w *Workspace) shell(r *http.Request, title, current string) ui.ShellProps {
	s := w.Kit.Shell(r, title, current)
	s.Styles = append(s.Styles, style)
	s.Scripts = append(s.Scripts, "upload.js", script)
	s.Search = ui.SearchField(ui.SearchProps{
		Action: "/cases", Name: "q", Value: r.URL.Query().Get("q"), Label: t(r.Context(), "workspace.search.label"), Key: "/",
	})
	return s
}

// parse reads a form, within the limit the chain set.
func parse(r *http.Request) error {
	err := r.ParseForm()
	if err == nil {
		return nil
	}
	if _, tooLarge := err.(*http.MaxBytesError); tooLarge {
		return errs.Wrap(errs.TooLarge, err, "reading a form")
	}
	return errs.Wrap(errs.Invalid, err, "reading a form")
}

func actor(r *http.Request) access.Actor { return access.FromContext(r.Context()) }

// t returns a text of the catalogue in the reader's language.
func t(ctx context.Context, key string, args ...any) string {
	return i18n.From(ctx).T(key, args...)
}
