package admin_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/outbox"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
	"lotse/internal/templates"
	"lotse/internal/views"
	"lotse/internal/web/webtest"
)

const ackPath = "/admin/templates/ack_open/de"

// texts makes what keeps the texts of mails.
func (d *desk) texts(t *testing.T, w *webtest.Desk) *templates.Templates {
	s, err := seal.Load(context.Background(), w.DB, w.Clock)
	webtest.Must(t, err)
	d.list = views.New(w.DB, s, w.Clock, w.Kit.Staff)
	made := templates.New(w.DB, w.Clock, w.Kit.Catalog)
	made.SetSite(templates.Site{BaseURL: webtest.BaseURL})
	return made
}

func (d *desk) Sample(_ context.Context, a access.Actor, number string, _ ids.ID, _ i18n.Locale) (outbox.Sample, error) {
	d.asked = append(d.asked, number)
	if number == "L-2222-22" {
		return outbox.Sample{Values: templates.Values{templates.CaseNumber: "erdacht"}}, errs.New(errs.NotFound, "case.not_found")
	}
	return outbox.Sample{Number: number, Values: templates.Values{templates.CaseNumber: "Nr. " + number, templates.StaffName: a.Name}}, nil
}

func (d *desk) LookAt(_ context.Context, _ access.Actor, m templates.Mail) (text, html string, err error) {
	return m.Text, "<!doctype html><title>" + m.Subject + "</title><h1>" + m.HTML.String() + "</h1>", nil
}

func TestTemplatesAreListed(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		page := d.Get("/admin/templates")
		if n := page.Find("tbody tr").Length(); n != len(templates.Specs()) || page.Find("table").Length() != 3 || page.Find(".badge").Length() != 0 {
			t.Errorf("%d texts, %d tables, %d badges", n, page.Find("table").Length(), page.Find(".badge").Length())
		}
		of := "/admin/templates?mailbox=" + d.accountID(t)
		if page = d.Get(of); page.Find("tbody tr").Length() == 0 || strings.Contains(page.Text("main"), "Einladung") || !strings.Contains(page.Text("main"), "hilfe@lindenau.example") {
			t.Errorf("of a mailbox: %q", page.Text("main"))
		}
		for _, wrong := range []string{"/admin/templates?mailbox=x", "/admin/templates?mailbox=" + ids.New().String(), "/admin/templates/nothing/de", "/admin/templates/ack/fr",
			"/admin/templates/invite/de?mailbox=" + d.accountID(t)} {
			want(t, wrong, d.Get(wrong), http.StatusNotFound, "")
		}
		d.Person(d.ada, "Ben", access.Agent)
		want(t, "an agent", d.SignedIn("ben@lindenau.example").Get("/admin/templates"), http.StatusForbidden, "")
	})
}

func TestATemplateIsChangedAndReset(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		page := d.Get(ackPath)
		if page.Value("subject") != "Ihre Nachricht an {{brand.name}} – Vorgang {{case.number}}" || page.Value("seen") != "0" || page.Find("[href$='/reset']").Length() != 0 {
			t.Errorf("%q %q", page.Value("subject"), page.Value("seen"))
		}
		if csp := page.Header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "frame-src 'self'") || page.Find("iframe[sandbox][name=look]").Length() != 1 {
			t.Errorf("the preview can't be framed: %q", csp)
		}
		refused(t, "a wrong text", d.Post(ackPath, "seen", "0", "subject", "", "text", "a\n{{case.nummer}} "+hostile), "subject text")
		refused(t, "a secret link", d.Post(ackPath, "seen", "0", "subject", "a", "text", "{{case.number}} https://desk.example/l/geheim"), "text")
		d.saved(t, "a good one", d.Post(ackPath, "seen", "0", "subject", "Da: {{case.number}}", "text", "Nummer **{{case.number}}** "+hostile), ackPath, "gespeichert")
		page = d.Get(ackPath)
		if !strings.Contains(page.Value("text"), hostile) || !strings.Contains(page.Text("#findings"), "Englisch") || !strings.Contains(page.Text(".page-header"), "eigener Text") || !strings.Contains(page.Text("#history"), "Ada Lovelace") {
			t.Errorf("%q %q %q", page.Value("text"), page.Text("#findings"), page.Text("#history"))
		}
		if list := d.Get("/admin/templates"); !strings.Contains(list.Text("tbody"), "eigener Text") || !strings.Contains(list.Text("tbody"), "1 Hinweis") {
			t.Errorf("the list: %q", list.Text("tbody"))
		}
		late := d.Post(ackPath, "seen", "0", "subject", "Zu spät {{case.number}}", "text", "{{case.number}}")
		if late.Status != http.StatusConflict || late.Value("subject") != "Zu spät {{case.number}}" || late.Value("seen") == "0" {
			t.Errorf("who saw an older one: %d, the form has %q", late.Status, late.Value("subject"))
		}
		box := ackPath + "?mailbox=" + d.accountID(t)
		if of := d.Get(box); !strings.Contains(of.Text(".page-header"), "von der Marke") || of.Value("seen") != "0" {
			t.Errorf("of the mailbox: %q", of.Text(".page-header"))
		}
		d.saved(t, "of the mailbox", d.Post(box, "seen", "0", "subject", "a", "text", "{{case.number}}"), box, "gespeichert")
		ask := d.Get(ackPath + "/reset")
		d.saved(t, "reset", d.Post(ackPath+"/reset", "seen", ask.Value("seen")), ackPath, "zurückgesetzt")
		page = d.Get(ackPath)
		if strings.Contains(page.Value("text"), hostile) || page.Find("#history li").Length() != 2 {
			t.Errorf("after the reset: %q, %q", page.Value("text"), page.Text("#history"))
		}
		want(t, "nothing to reset", d.Get(ackPath+"/reset"), http.StatusSeeOther, ackPath)
		if of := d.Get(box); of.Value("subject") != "a" {
			t.Errorf("the mailbox lost its own: %q", of.Value("subject"))
		}
	})
}

func TestATemplateIsTried(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		page := d.Get(ackPath + "?case=L-4F7K-92")
		if page.Value("case") == "" || !strings.Contains(page.Text("#preview"), "Nr. L-4F7K-92") {
			t.Errorf("%q", page.Text("#preview"))
		}
		if page = d.Get(ackPath + "?case=L-2222-22"); page.Status != http.StatusOK || !strings.Contains(page.Text("#preview"), "gibt es nicht") || !strings.Contains(page.Text("#preview"), "erdacht") {
			t.Errorf("a case that is not there: %d %q", page.Status, page.Text("#preview"))
		}
		page = d.Post(ackPath+"/try", "seen", "0", "subject", "a", "text", "{{case.nummer}}\nhttps://desk.example/cases", "case", "L-4F7K-92")
		if found := page.Text("#findings"); page.Status != http.StatusOK || !strings.Contains(found, "{{case.number}}") || !strings.Contains(found, "nur Mitarbeitende") || page.Value("text") == "" {
			t.Errorf("%d %q", page.Status, found)
		}
		look := d.Post(ackPath+"/look", "subject", "Neu {{case.number}}", "text", "**{{case.number}}** "+hostile, "case", "L-4F7K-92")
		csp := look.Header.Get("Content-Security-Policy")
		if look.Text("title") != "Neu Nr. L-4F7K-92" || look.Find("strong").Text() != "Nr. L-4F7K-92" || look.Find("h1 script").Length() != 0 || !strings.HasPrefix(csp, "sandbox ") || !strings.Contains(csp, "frame-ancestors 'self'") {
			t.Errorf("%s\n%s", look.Body, csp)
		}
		if stored := d.Get(ackPath + "/look?case=L-4F7K-92"); !strings.Contains(stored.Text("title"), "Ihre Nachricht an Stadtwerke Lindenau") {
			t.Errorf("%s", stored.Body)
		}
		if page := d.Get(ackPath); strings.Contains(page.Value("text"), hostile) || page.Value("seen") != "0" {
			t.Error("looking has kept something")
		}
	})
}
