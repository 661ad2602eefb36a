package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/mailbox"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/staff"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

const mailboxesPath = "/admin/mailboxes"

// testTimeout bounds how long somebody waits for the outcome of a test mail.
const testTimeout = 30 * time.Second

// box is what the page of one mailbox shows; the zero account is a new one.
type box struct {
	catalog.PublicAccount
	teams   []staff.Team
	form    form.Form
	failed  bool           // a test mail was not sent
	filled  string         // the provider whose servers were filled in; "" for none
	trial   *mailbox.Trial // how it went when it was tried; nil if it was not
	checked bool           // a script asks how it went, and shows nothing else of the page
	health  mailbox.Health
	now     time.Time
}

func (m box) isNew() bool { return m.ID.IsZero() }

func (m box) path() string {
	if m.isNew() {
		return mailboxesPath + "/new"
	}
	return mailboxesPath + "/" + m.ID.String()
}

func (p *Pages) listMailboxes(w http.ResponseWriter, r *http.Request) error {
	list, err := p.kit.Catalog.AccountsFor(r.Context(), actor(r))
	if err != nil {
		return err
	}
	teams, err := p.kit.Staff.Teams(r.Context(), actor(r))
	if err != nil {
		return err
	}
	names := map[ids.ID]string{}
	for _, team := range teams {
		names[team.ID] = team.Name
	}
	health, err := p.boxes.Health(r.Context(), actor(r))
	if err != nil {
		return err
	}
	boxes := make([]box, len(list))
	for i, a := range list {
		boxes[i] = box{PublicAccount: a, health: health[a.ID], now: p.kit.Clock.Now()}
	}
	frame := p.shell(r, t(r.Context(), "admin.mailbox.title"), mailboxesPath, nil)
	return web.Render(w, r, http.StatusOK, mailboxesPage(frame, boxes, names))
}

func (p *Pages) showNewMailbox(w http.ResponseWriter, r *http.Request) error {
	brand, err := p.kit.Catalog.Brand(r.Context(), actor(r).BrandID)
	if err != nil {
		return err
	}
	f := form.New("name", brand.Name, "language", brand.Language, "relay_port", "587", "relay_security", catalog.StartTLS)
	writeReceive(f, catalog.ReceiveSettings{})
	writeRelay(f, catalog.RelaySettings{})
	return p.renderMailbox(w, r, http.StatusOK, box{form: f})
}

func (p *Pages) createMailbox(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	made, err := p.kit.Catalog.CreateAccount(r.Context(), actor(r), readMailbox(f))
	if err == nil {
		return p.done(w, r, box{PublicAccount: made}.path(), "admin.mailbox.created", made.Address)
	}
	return p.refuseMailbox(w, r, err, box{form: f}, "address")
}

func (p *Pages) showMailbox(w http.ResponseWriter, r *http.Request) error {
	account, err := p.accountOf(r)
	if err != nil {
		return err
	}
	return p.renderMailbox(w, r, http.StatusOK, box{PublicAccount: account, form: writeMailbox(account)})
}

func (p *Pages) updateMailbox(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	account, err := p.accountOf(r)
	if err != nil {
		return err
	}
	saved, err := p.kit.Catalog.UpdateAccount(r.Context(), actor(r), account.ID, readMailbox(f))
	if err == nil {
		return p.done(w, r, box{PublicAccount: saved}.path(), "admin.mailbox.saved")
	}
	return p.refuseMailbox(w, r, err, box{PublicAccount: account, form: f}, "address")
}

func (p *Pages) setMailboxActive(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	key := "admin.mailbox.off"
	if f.Get("active") == "1" {
		key = "admin.mailbox.on"
	}
	account, err := p.kit.Catalog.SetAccountActive(r.Context(), actor(r), id, f.Get("active") == "1")
	if err != nil {
		return err
	}
	return p.done(w, r, box{PublicAccount: account}.path(), key)
}

// deleteMailbox removes one that is off and was never used.
func (p *Pages) deleteMailbox(w http.ResponseWriter, r *http.Request) error {
	account, err := p.accountOf(r)
	if err != nil {
		return err
	}
	err = p.kit.Catalog.DeleteAccount(r.Context(), actor(r), account.ID)
	if err == nil {
		return p.done(w, r, mailboxesPath, "mailbox.delete.done", account.Shown())
	}
	at := "delete"
	if account.Active { // the page has no such button
		at = ""
	}
	return p.refuseMailbox(w, r, err, box{PublicAccount: account, form: writeMailbox(account)}, at)
}

// testMailbox sends whoever asks a mail and says which step failed, at the
// setting to look at.
func (p *Pages) testMailbox(w http.ResponseWriter, r *http.Request) error {
	account, err := p.accountOf(r)
	if err != nil {
		return err
	}
	me, err := p.kit.Staff.ByID(r.Context(), actor(r), actor(r).ID)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), testTimeout)
	defer cancel()
	err = p.tester.SendTest(ctx, actor(r), account.ID, me.Email)
	if err == nil {
		return p.done(w, r, box{PublicAccount: account}.path(), "admin.mailbox.tested", me.Email)
	}
	m := box{PublicAccount: account, form: writeMailbox(account), failed: true}
	if faults := testFaults(r.Context(), err); faults != nil {
		m.form.Errors = faults
		return p.renderMailbox(w, r, http.StatusUnprocessableEntity, m)
	}
	return err
}

// testFaults puts the outcome of a test mail to the controls of the page. It is
// nil if the mail was not even tried.
func testFaults(ctx context.Context, err error) []ui.FieldError {
	faults := web.FieldErrors(ctx, err)
	for i, fault := range faults {
		switch fault.Name {
		case "host", "port", "security", "user", "auth", "password", "token_url", "client_id", "refresh_token", "scope":
			faults[i].Name = "relay_" + fault.Name
		}
	}
	var e *errs.Error
	if len(faults) == 0 && errors.As(err, &e) && e.Key != "" && e.Kind != errs.Forbidden && e.Kind != errs.NotFound && e.Kind != errs.SignedOut {
		return []ui.FieldError{{Name: "test", Text: web.Message(ctx, err)}}
	}
	return faults
}

func (p *Pages) accountOf(r *http.Request) (catalog.PublicAccount, error) {
	id, err := pathID(r)
	if err != nil {
		return catalog.PublicAccount{}, err
	}
	return p.kit.Catalog.AccountFor(r.Context(), actor(r), id)
}

// refuseMailbox shows the page with what is wrong; what the domain refuses without
// naming a control is said at one of the page.
func (p *Pages) refuseMailbox(w http.ResponseWriter, r *http.Request, err error, m box, at string) error {
	status, err := m.form.Refused(r.Context(), err, at)
	if err != nil {
		return err
	}
	m.form.Sort(mailboxFields...)
	return p.renderMailbox(w, r, status, m)
}

func (p *Pages) renderMailbox(w http.ResponseWriter, r *http.Request, status int, m box) error {
	var err error
	if m.teams, err = p.kit.Staff.Teams(r.Context(), actor(r)); err != nil {
		return err
	}
	m.now, m.checked = p.kit.Clock.Now(), r.Header.Get("HX-Request") != ""
	title := m.Shown()
	if m.isNew() {
		title = t(r.Context(), "admin.mailbox.new")
	} else if m.health, err = p.healthOf(r, m.ID); err != nil {
		return err
	}
	frame := p.shell(r, title, mailboxesPath, m.form.Errors)
	return web.Render(w, r, status, mailboxPage(frame, title, m))
}

func (p *Pages) healthOf(r *http.Request, id ids.ID) (mailbox.Health, error) {
	all, err := p.boxes.Health(r.Context(), actor(r))
	return all[id], err
}

// teamOptions are the choices of the control "team".
func teamOptions(teams []staff.Team) []ui.Option {
	var options []ui.Option
	for _, team := range teams {
		options = append(options, ui.Option{Value: team.ID.String(), Label: team.Name})
	}
	return options
}
