// Package admin holds the pages with which a desk is run: who works here, in
// which teams, the mailboxes, the brand, the jobs in the background.
//
// It owns no data and no rule: staff and catalog decide, the pages show. Only app
// builds it, and hands in what sends a test mail.
package admin

import (
	"context"
	_ "embed"
	"net/http"

	"lotse/internal/access"
	"lotse/internal/domains"
	"lotse/internal/mailbox"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/templates"
	"lotse/internal/views"
	"lotse/internal/web"
	"lotse/internal/web/assets"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

//go:embed admin.css
var css string

var style = assets.RegisterStyle("admin.css", css)

// Tester sends a mail by way of a mailbox at once, to show whether its settings
// are right. An error for a field (relay_host and so on, also without the prefix)
// says which step failed and what to do.
type Tester interface {
	SendTest(ctx context.Context, a access.Actor, account ids.ID, to string) error
}

// Parts are what the pages stand on.
type Parts struct {
	Kit     *web.Kit
	Tester  Tester
	Boxes   *mailbox.Boxes
	Domains *domains.Domains
	Keys    *access.Keys
	Jobs    Jobs
	// Templates are the texts of mails, Mails shows what becomes of them with the
	// data of cases, which Views lists.
	Templates *templates.Templates
	Mails     Mails
	Views     *views.Views
}

// Pages are the handlers of this package.
type Pages struct {
	kit     *web.Kit
	tester  Tester
	boxes   *mailbox.Boxes
	domains *domains.Domains
	keys    *access.Keys
	jobs    Jobs

	templates *templates.Templates
	mails     Mails
	views     *views.Views
}

// New returns the pages.
func New(p Parts) *Pages {
	return &Pages{kit: p.Kit, tester: p.Tester, boxes: p.Boxes, domains: p.Domains, keys: p.Keys, jobs: p.Jobs, templates: p.Templates, mails: p.Mails, views: p.Views}
}

// Routes mounts the pages.
func (p *Pages) Routes(mux *http.ServeMux) {
	p.mount(mux, access.ManageStaff, map[string]web.Handler{
		"GET /admin":                      func(w http.ResponseWriter, r *http.Request) error { return web.Redirect(w, r, "/admin/staff") },
		"GET /admin/staff":                p.listStaff,
		"GET /admin/staff/invite":         p.showInvite,
		"POST /admin/staff/invite":        p.invite,
		"GET /admin/staff/{id}":           p.showMember,
		"POST /admin/staff/{id}/role":     p.setRole,
		"POST /admin/staff/{id}/teams":    p.setTeams,
		"POST /admin/staff/{id}/active":   p.setMemberActive,
		"POST /admin/staff/{id}/portrait": p.setMemberPortrait,
		"POST /admin/staff/{id}/invite":   p.resendInvite,
		"GET /admin/teams":                p.listTeams,
		"GET /admin/teams/new":            p.showNewTeam,
		"POST /admin/teams/new":           p.createTeam,
		"GET /admin/teams/{id}":           p.showTeam,
		"POST /admin/teams/{id}":          p.updateTeam,
	})
	p.mount(mux, access.ManageKeys, map[string]web.Handler{
		"GET /admin/keys":              p.listKeys,
		"GET /admin/keys/new":          p.showNewKey,
		"POST /admin/keys/new":         p.createKey,
		"POST /admin/keys/{id}/revoke": p.revokeKey,
	})
	p.mount(mux, access.OperateSystem, map[string]web.Handler{
		"GET /admin/jobs":               p.listJobs,
		"GET /admin/jobs/{id}":          p.showJob,
		"POST /admin/jobs/{id}/retry":   p.retryJob,
		"GET /admin/jobs/{id}/discard":  p.askDiscard,
		"POST /admin/jobs/{id}/discard": p.discardJob,
	})
	p.mount(mux, access.ManageCatalog, map[string]web.Handler{
		"GET /admin/mailboxes":                            p.listMailboxes,
		"GET /admin/mailboxes/new":                        p.showNewMailbox,
		"POST /admin/mailboxes/new":                       p.createMailbox,
		"GET /admin/mailboxes/{id}":                       p.showMailbox,
		"POST /admin/mailboxes/{id}":                      p.updateMailbox,
		"POST /admin/mailboxes/{id}/active":               p.setMailboxActive,
		"POST /admin/mailboxes/{id}/test":                 p.testMailbox,
		"POST /admin/mailboxes/new/check":                 p.checkMailbox,
		"POST /admin/mailboxes/{id}/check":                p.checkMailbox,
		"POST /admin/mailboxes/new/preset":                p.presetMailbox,
		"POST /admin/mailboxes/{id}/preset":               p.presetMailbox,
		"POST /admin/mailboxes/{id}/delete":               p.deleteMailbox,
		"GET /admin/domains":                              p.listDomains,
		"GET /admin/domains/{name}":                       p.showDomain,
		"POST /admin/domains/{name}/check":                p.checkDomain,
		"POST /admin/domains/{name}/keys":                 p.prepareKeys,
		"POST /admin/domains/{name}/keys/{selector}/use":  p.useKey,
		"POST /admin/domains/{name}/keys/{selector}/drop": p.dropKey,
		"GET /admin/catalogue":                            p.showCatalogue,
		"POST /admin/catalogue":                           p.addEntry,
		"GET /admin/catalogue/{id}":                       p.showEntry,
		"POST /admin/catalogue/{id}":                      p.updateEntry,
		"POST /admin/catalogue/{id}/move":                 p.moveEntry,
		"POST /admin/catalogue/{id}/active":               p.setEntryActive,
		"GET /admin/webhooks":                             p.listHooks,
		"GET /admin/webhooks/new":                         p.showNewHook,
		"POST /admin/webhooks/new":                        p.createHook,
		"GET /admin/webhooks/{id}":                        p.showHook,
		"POST /admin/webhooks/{id}/secret":                p.setHookSecret,
		"POST /admin/webhooks/{id}/active":                p.setHookActive,
		"POST /admin/webhooks/{id}/delete":                p.deleteHook,
		"GET /admin/templates":                            p.listTemplates,
		"GET /admin/templates/{key}/{language}":           p.showTemplate,
		"POST /admin/templates/{key}/{language}":          p.saveTemplate,
		"POST /admin/templates/{key}/{language}/try":      p.tryTemplate,
		"GET /admin/templates/{key}/{language}/look":      p.lookTemplate,
		"POST /admin/templates/{key}/{language}/look":     p.lookTemplate,
		"GET /admin/templates/{key}/{language}/reset":     p.askResetTemplate,
		"POST /admin/templates/{key}/{language}/reset":    p.resetTemplate,
		"GET /admin/brand":                                p.showBrand,
		"POST /admin/brand":                               p.updateBrand,
		"POST /admin/brand/answers":                       p.updateAnswers,
		"POST /admin/brand/look":                          p.updateColor,
		"POST /admin/brand/logo":                          p.updateLogo,
		"GET /admin/brand/look.svg":                       p.lookPicture,
		"GET /admin/design":                               func(w http.ResponseWriter, r *http.Request) error { return web.Redirect(w, r, "/admin/design/all") },
		"GET /admin/design/{name}":                        p.showDesign,
	})
}

// mount asks for the permission before a page reads what it shows: much of it,
// such as who works here, the domain tells everybody.
func (p *Pages) mount(mux *http.ServeMux, needs access.Permission, handlers map[string]web.Handler) {
	for pattern, h := range handlers {
		mux.Handle(pattern, p.kit.StaffPage(func(w http.ResponseWriter, r *http.Request) error {
			if err := actor(r).Require(needs); err != nil {
				return err
			}
			return h(w, r)
		}))
	}
}

// shell is the frame of a page; current is the entry of the navigation.
func (p *Pages) shell(r *http.Request, title, current string, faults []ui.FieldError) ui.ShellProps {
	frame := p.kit.Shell(r, title, current)
	frame.Styles = append(frame.Styles, form.Style, style)
	if frame.Errors = faults; len(faults) > 0 {
		frame.Flash = nil
	}
	return frame
}

// done says what happened on the page that comes next.
func (p *Pages) done(w http.ResponseWriter, r *http.Request, to, key string, arg ...string) error {
	if err := p.kit.Flash(r, ui.Success, key, arg...); err != nil {
		return err
	}
	return web.Redirect(w, r, to)
}

func actor(r *http.Request) access.Actor { return access.FromContext(r.Context()) }

// pathID reads the id in the address. One that is none leads nowhere.
func pathID(r *http.Request) (ids.ID, error) {
	id, err := ids.Parse(r.PathValue("id"))
	if err != nil {
		return ids.ID{}, errs.Wrap(errs.NotFound, err, "reading an address")
	}
	return id, nil
}

// t returns a text of the catalogue in the reader's language.
func t(ctx context.Context, key string, args ...any) string { return i18n.From(ctx).T(key, args...) }

// n returns a text of the catalogue with the plural form of a number.
func n(ctx context.Context, key string, count int) string { return i18n.From(ctx).N(key, count) }
