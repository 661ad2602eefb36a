package web

import (
	_ "embed"
	"net/http"
	"strings"

	"lotse/internal/access"
	"lotse/internal/platform/i18n"
	"lotse/internal/web/assets"
	"lotse/internal/web/ui"
)

//go:embed shell.css
var shellSource string

var shellStyle = assets.RegisterStyle("shell.css", shellSource)

// flashKey names what a session keeps to say on its next page.
const flashKey = "flash"

// Flash keeps a notice for the next page the same session opens: after a POST
// and its redirect it says what happened. key is of the catalogue; arg, a case
// number for instance and never a customer's words, fills its {{.Arg}}.
func (k *Kit) Flash(r *http.Request, tone ui.Tone, key string, arg ...string) error {
	return k.Sessions.Keep(r.Context(), flashKey, string(tone)+"|"+key+"|"+strings.Join(arg, ""))
}

// takeFlash returns the kept notice, nil if there is none. A part of a page that
// htmx asks for leaves it to the next whole page.
func (k *Kit) takeFlash(r *http.Request) *ui.FlashProps {
	if r.Header.Get("HX-Request") != "" {
		return nil
	}
	kept, err := k.Sessions.Take(r.Context(), flashKey)
	if err != nil {
		k.Log.Warn("a notice could not be taken from its session", "route", r.Pattern, "error", err)
	}
	parts := strings.SplitN(kept, "|", 3)
	if len(parts) != 3 {
		return nil
	}
	return &ui.FlashProps{Tone: ui.Tone(parts[0]), Text: i18n.From(r.Context()).T(parts[1], "Arg", parts[2])}
}

// Shell fills the frame of a workspace page for the staff member who asks.
// current is the address of the navigation entry the page belongs to, such as
// "/cases"; entries the actor has no use for are left out. It takes the notice
// kept by Flash.
func (k *Kit) Shell(r *http.Request, title, current string) ui.ShellProps {
	p := i18n.From(r.Context())
	a := access.FromContext(r.Context())
	page := k.bare(r, title)
	page.Home, page.Styles = "/cases", []string{shellStyle}
	page.Flash = k.takeFlash(r)
	return ui.ShellProps{
		Page:   page,
		Nav:    navigation(p, a, current),
		Alarms: k.Alarms(r),
		User: ui.User{Name: a.Name, Portrait: k.portrait(r, a), Detail: p.T("role." + a.Role.String()), Menu: []ui.MenuItem{
			{Label: p.T("shell.account"), Href: "/account", Icon: "settings"},
			{Label: p.T("shell.sign_out"), Href: "/signout", Icon: "log-out", Post: true},
		}},
	}
}

// portrait is the address of the actor's picture. A page is worth more than the
// picture on it.
func (k *Kit) portrait(r *http.Request, a access.Actor) string {
	colleagues, err := k.Staff.Colleagues(r.Context(), a)
	if err != nil {
		k.Log.Warn("a portrait could not be found", "route", r.Pattern, "error", err)
		return ""
	}
	for _, s := range colleagues {
		if s.ID == a.ID {
			return s.PortraitPath()
		}
	}
	return ""
}

func navigation(p *i18n.Printer, a access.Actor, current string) []ui.NavItem {
	entries := []struct {
		needs access.Permission
		item  ui.NavItem
	}{
		{access.ReadCases, ui.NavItem{Label: p.T("shell.cases"), Href: "/cases", Icon: "inbox", Key: "g c"}},
		{access.ReviewPosts, ui.NavItem{Label: p.T("shell.duties"), Href: "/duties", Icon: "globe", Key: "g d"}},
		{access.ReadCases, ui.NavItem{Label: p.T("shell.deliveries"), Href: "/deliveries", Icon: "send", Key: "g s"}},
		{access.RepairIntake, ui.NavItem{Label: p.T("shell.look"), Href: "/look", Icon: "alert", Key: "g l"}},
		{access.ManageStaff, ui.NavItem{Label: p.T("shell.staff"), Href: "/admin/staff", Icon: "users", Key: "g p"}},
		{access.ManageStaff, ui.NavItem{Label: p.T("shell.teams"), Href: "/admin/teams", Icon: "user-check", Key: "g t"}},
		{access.ManageCatalog, ui.NavItem{Label: p.T("shell.mailboxes"), Href: "/admin/mailboxes", Icon: "mail", Key: "g m"}},
		{access.ManageCatalog, ui.NavItem{Label: p.T("domain.nav"), Href: "/admin/domains", Icon: "shield", Key: "g o"}},
		{access.ManageCatalog, ui.NavItem{Label: p.T("template.nav"), Href: "/admin/templates", Icon: "file-text", Key: "g v"}},
		{access.ManageCatalog, ui.NavItem{Label: p.T("shell.catalogue"), Href: "/admin/catalogue", Icon: "tag", Key: "g k"}},
		{access.ManageCatalog, ui.NavItem{Label: p.T("hook.nav"), Href: "/admin/webhooks", Icon: "link", Key: "g w"}},
		{access.ManageCatalog, ui.NavItem{Label: p.T("shell.brand"), Href: "/admin/brand", Icon: "building", Key: "g b"}},
		{access.ManageKeys, ui.NavItem{Label: p.T("api.keys.nav"), Href: "/admin/keys", Icon: "key", Key: "g a"}},
		{access.OperateSystem, ui.NavItem{Label: p.T("shell.jobs"), Href: "/admin/jobs", Icon: "server", Key: "g j"}},
	}
	var nav []ui.NavItem
	for _, e := range entries {
		if a.May(e.needs) {
			e.item.Current, e.item.Admin = e.item.Href == current, strings.HasPrefix(e.item.Href, "/admin/")
			nav = append(nav, e.item)
		}
	}
	return nav
}
