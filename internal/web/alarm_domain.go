package web

import (
	"net/http"
	"strings"

	"lotse/internal/access"
	"lotse/internal/platform/i18n"
	"lotse/internal/web/ui"
)

const domainsPath = "/admin/domains"

// misled are the domains with a record that was right and is not any more: one
// alarm for each domain.
func (k *Kit) misled(r *http.Request) (alarms []ui.Alarm) {
	ctx, a := r.Context(), access.FromContext(r.Context())
	if k.Domains == nil {
		return nil
	}
	found, err := k.Domains.Alarms(ctx, a)
	if err != nil {
		k.Log.Warn("the alarms of domains could not be found", "route", r.Pattern, "error", err)
		return nil
	}
	p := i18n.From(ctx)
	for _, f := range found {
		var kinds, details []string
		for _, c := range f.Alarms() {
			kinds = append(kinds, p.T("domain.kind."+string(c.Kind)))
			details = append(details, p.Err(c.Key, c.Args))
		}
		alarm := ui.Alarm{Title: p.T("domain.alarm.title", "Domain", f.Shown()), Text: p.T("domain.alarm.text", "Records", strings.Join(kinds, ", ")),
			Detail: strings.Join(details, " "), At: f.Alarms()[0].Since.Time(), Since: p.T("mailbox.state.first"), Now: k.Clock.Now(),
			Href: AlarmsPath, Link: p.T("mailbox.alarm.more")}
		if a.May(access.ManageCatalog) {
			alarm.Href, alarm.Link = domainsPath+"/"+f.Name, p.T("domain.alarm.open")
		}
		alarms = append(alarms, alarm)
	}
	return alarms
}
