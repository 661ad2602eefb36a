package admin

import (
	"context"
	"net/http"
	"slices"

	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

// presetMailbox returns the form with a provider's servers filled in. Nothing is
// stored.
func (p *Pages) presetMailbox(w http.ResponseWriter, r *http.Request) error {
	m, err := p.typedMailbox(r)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(presets, func(p preset) bool { return p.name == m.form.Get("preset") })
	if i < 0 {
		m.form.Errors = []ui.FieldError{{Name: "preset", Text: t(r.Context(), "mailbox.preset.unknown")}}
		return p.renderMailbox(w, r, http.StatusUnprocessableEntity, m)
	}
	presets[i].fillIn(m.form)
	m.filled = presets[i].name
	return p.renderMailbox(w, r, http.StatusOK, m)
}

// typedMailbox is the page of a mailbox with what was typed, sent from the page of
// a new one or of one that is stored.
func (p *Pages) typedMailbox(r *http.Request) (box, error) {
	f, err := form.Read(r)
	if err != nil {
		return box{}, err
	}
	if r.PathValue("id") == "" {
		return box{form: f}, nil
	}
	account, err := p.accountOf(r)
	return box{PublicAccount: account, form: f}, err
}

// checkMailbox tries what was typed, without storing it, and shows each step.
func (p *Pages) checkMailbox(w http.ResponseWriter, r *http.Request) error {
	m, err := p.typedMailbox(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), testTimeout)
	defer cancel()
	typed := readMailbox(m.form)
	trial, err := p.boxes.Try(ctx, actor(r), m.ID, &typed)
	if err != nil {
		return p.refuseMailbox(w, r, err, m, "address")
	}
	m.trial = &trial
	fault := trial.Fault()
	if fault == nil {
		return p.renderMailbox(w, r, http.StatusOK, m)
	}
	m.form.Errors = []ui.FieldError{{Name: trialField(fault.Field), Text: faultText(r.Context(), *fault)}}
	return p.renderMailbox(w, r, http.StatusUnprocessableEntity, m)
}

// trialField is the control a step that failed leads to: of those that are not on
// the page, the way mail comes in.
func trialField(field string) string {
	if slices.Contains(mailboxFields, field) {
		return field
	}
	return "receive"
}
