package web

import (
	"context"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"lotse/internal/access"
	"lotse/internal/mailbox"
	"lotse/internal/outbox"
	"lotse/internal/platform/i18n"
	"lotse/internal/web/ui"
)

// AlarmsPath is where an open page asks for the alarms anew.
const AlarmsPath = "/alarms"

const mailboxesPath = "/admin/mailboxes"

// BrakePath is where the buttons of a mailbox that holds its mails are sent, before its id.
const BrakePath = "/deliveries/brakes/"

// shownAlarms is how many alarms have a line of their own; more become one.
const shownAlarms = 3

// Brakes knows which mailboxes hold their automatic mails; outbox.Outbox does.
type Brakes interface {
	Brakes(ctx context.Context, a access.Actor) ([]outbox.Brake, error)
}

// Alarms are the mailboxes that have failed for a while or hold what they should send,
// for who can do something about it: administrators, who are led to the mailbox, and
// leads. They come from memory. A page is worth more than the alarms on it.
func (k *Kit) Alarms(r *http.Request) ui.AlarmsProps {
	ctx, a := r.Context(), access.FromContext(r.Context())
	if k.Boxes == nil && k.Brakes == nil || !a.May(access.RepairIntake) {
		return ui.AlarmsProps{}
	}
	failing := k.failing(r)
	if len(failing) > shownAlarms {
		failing = []ui.Alarm{manyAlarms(ctx, a, failing)}
	}
	return ui.AlarmsProps{Path: AlarmsPath, List: slices.Concat(k.braked(r), failing, k.misled(r))}
}

// alarmTitles say what does not happen while a part of a mailbox fails.
var alarmTitles = map[mailbox.Part]string{mailbox.Receiving: "mailbox.alarm.title", mailbox.SendPart: "mailbox.alarm.title_send"}

// failing are the mailboxes that have failed for a while, all of them.
func (k *Kit) failing(r *http.Request) (alarms []ui.Alarm) {
	ctx, a := r.Context(), access.FromContext(r.Context())
	if k.Boxes == nil {
		return nil
	}
	found, err := k.Boxes.Alarms(ctx, a)
	if err != nil {
		k.Log.Warn("the alarms could not be found", "route", r.Pattern, "error", err)
		return nil
	}
	p := i18n.From(ctx)
	for _, h := range found {
		alarm := ui.Alarm{Title: p.T(alarmTitles[h.Part], "Address", h.Account.Shown()), Text: p.T("mailbox.failed." + string(h.Step)), Detail: p.Err(h.Key, h.Args),
			At: h.Since.Time(), Since: p.T("mailbox.state.first"), Now: k.Clock.Now(), Href: AlarmsPath, Link: p.T("mailbox.alarm.more")}
		if a.May(access.ManageCatalog) {
			alarm.Href, alarm.Link = mailboxesPath+"/"+h.Account.ID.String(), p.T("mailbox.alarm.open")
		}
		alarms = append(alarms, alarm)
	}
	return alarms
}

// braked are the mailboxes that hold their automatic mails, with the buttons that
// end it.
func (k *Kit) braked(r *http.Request) (alarms []ui.Alarm) {
	ctx := r.Context()
	if k.Brakes == nil {
		return nil
	}
	found, err := k.Brakes.Brakes(ctx, access.FromContext(ctx))
	if err != nil {
		k.Log.Warn("the brakes could not be found", "route", r.Pattern, "error", err)
		return nil
	}
	p := i18n.From(ctx)
	for _, b := range found {
		held := p.N("deliveries.brake.held", b.Held)
		if b.More {
			held = p.T("deliveries.brake.many", "Count", p.Number(int64(b.Held)))
		}
		path := BrakePath + b.Account.ID.String()
		alarms = append(alarms, ui.Alarm{Title: p.T("deliveries.brake.title", "Address", b.Account.Shown()), Text: held, Detail: p.T("deliveries.brake.text"),
			At: b.Since.Time(), Since: p.T("deliveries.brake.since"), Now: k.Clock.Now(),
			Href: "/deliveries?state=held&mailbox=" + b.Account.ID.String(), Link: p.T("deliveries.brake.look"), Acts: []ui.AlarmAct{
				{Label: p.T("deliveries.brake.send"), Action: path + "/send", Icon: "send"},
				{Label: p.T("deliveries.brake.discard"), Action: path + "/discard", Icon: "trash", Kind: ui.Quiet},
			}})
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
		body = ui.AlarmDetails(slices.Concat(k.braked(r), k.failing(r), k.misled(r)))
	}
	body = templ.Join(ui.PageHeader(ui.PageHeaderProps{Title: frame.Title, Lead: lead}), body)
	return Render(w, r, http.StatusOK, within(ui.Shell(frame), body))
}
