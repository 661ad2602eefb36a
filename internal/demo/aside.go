package demo

import (
	"context"
	"strings"

	"lotse/internal/access"
	"lotse/internal/desk"
)

// partners are who the desk talks cases over with, in side conversations. They
// are no customers.
func partners() []customer {
	return []customer{
		{name: "Lindkurier, Nachforschung", email: "nachforschung@lindkurier.example"},
		{name: "Wärmetechnik Brehme", email: "disposition@brehme-waermetechnik.example"},
	}
}

// ask begins a side conversation with a partner.
func (w *world) ask(ctx context.Context, who access.Actor, c *cast, st step) error {
	partner, _ := writerBy(st.to)
	s, _, err := w.app.Desk.OpenSide(ctx, who, c.id, desk.SideForm{
		To: st.to, Name: partner.name, Subject: st.title, SideLetter: desk.SideLetter{Text: st.text}})
	c.side = s.ID
	return err
}

// hear lets the partner who was asked answer by mail.
func (w *world) hear(ctx context.Context, c *cast, st step) error {
	s, _, letters, err := w.app.Desk.Side(ctx, access.Lotse(w.brand), c.side)
	if err != nil {
		return err
	}
	w.mails++
	_, err = w.accept(ctx, letter{name: s.Name, email: s.Address, subject: "Re: " + s.Subject, answers: letters[len(letters)-1].ExternalID, text: st.text})
	return err
}

// writerBy returns the customer or partner with an address.
func writerBy(email string) (customer, bool) {
	for _, c := range append(customers(), partners()...) {
		if strings.EqualFold(c.email, email) {
			return c, true
		}
	}
	return customer{}, false
}
