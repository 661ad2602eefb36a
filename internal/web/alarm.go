package web

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"lotse/internal/access"
	"lotse/internal/platform/i18n"
	"lotse/internal/web/ui"
)

// AlarmsPath is where an open page asks for the alarms anew.
const AlarmsPath = "/alarms"

const mailboxesPath = "/admin/mailboxes"

// shownAlarms is how many alarms have a line of their own; more become one.
const shownAlarms = 3

// Alarms are the mailboxes that have failed for a while, for who can do something
// about it: administrators, who are led to the mailbox, and leads. They come from
// memory. A page is worth more than the alarms on it.
func (k *Kit) Alarms(r *http.Request) ui.AlarmsProps {
	ctx, a := r.Context(), access.FromContext(r.Context())
	if k.Boxes == nil || !a.May(access.RepairIntake) {
		return ui.AlarmsProps{}
	}
	props := ui.AlarmsProps{Path: AlarmsPath}
	all := k.alarms(r)
	if props.List = all; len(all) > shownAlarms {
		props.List = []ui.Alarm{manyAlarms(ctx, a, all)}
	}
	return props
}

// alarms are all of them, also for the page that shows them in full.
func (k *Kit) alarms(r *http.Request) []ui.Alarm {
	ctx, a := r.Context(), access.FromContext(r.Context())
	found, err := k.Boxes.Alarms(ctx, a)
	if err != nil {
		k.Log.Warn("the alarms could not be found", "route", r.Pattern, "error", err)
		return nil
	}
	p := i18n.From(ctx)
	var alarms []ui.Alarm
	for _, h := range found {
		alarm := ui.Alarm{Title: p.T("mailbox.alarm.title", "Address", h.Account.Address), Text: p.T("mailbox.failed." + string(h.Step)), Detail: p.Err(h.Key, h.Args),
			At: h.Since.Time(), Since: p.T("mailbox.state.first"), Now: k.Clock.Now(), Href: AlarmsPath, Link: p.T("mailbox.alarm.more")}
		if a.May(access.ManageCatalog) {
			alarm.Href, alarm.Link = mailboxesPath+"/"+h.Account.ID.String(), p.T("mailbox.alarm.open")
		}
		alarms = append(alarms, alarm)
	}
	return alarms
}

// manyAlarms is one notice for all of them.
func manyAlarms(ctx context.Context, a access.Actor, all []ui.Alarm) ui.Alarm {
	p := i18n.From(ctx)
	one := ui.Alarm{Title: p.N("mailbox.alarm.many", len(all)), Text: p.T("mailbox.alarm.many_text"), Href: AlarmsPath, Link: p.T("mailbox.alarm.more")}
	if a.May(access.ManageCatalog) {
		one.Href, one.Link = mailboxesPath, p.T("mailbox.alarm.open_all")
	}
	return one
}

// ShowAlarms is a page of the alarms alone: what an open page takes its own from.
func (k *Kit) ShowAlarms(w http.ResponseWriter, r *http.Request) error {
	if err := access.FromContext(r.Context()).Require(access.RepairIntake); err != nil {
		return err
	}
	p := i18n.From(r.Context())
	frame := k.Shell(r, p.T("mailbox.alarm.page"), "")
	lead, body := p.T("mailbox.alarm.tell"), ui.Empty("success", p.T("mailbox.alarm.none"), p.T("mailbox.alarm.none_text"), nil)
	if len(frame.Alarms.List) == 0 || access.FromContext(r.Context()).May(access.ManageCatalog) {
		lead = ""
	}
	if len(frame.Alarms.List) > 0 {
		body = ui.AlarmDetails(k.alarms(r))
	}
	body = templ.Join(ui.PageHeader(ui.PageHeaderProps{Title: frame.Title, Lead: lead}), body)
	return Render(w, r, http.StatusOK, within(ui.Shell(frame), body))
}
