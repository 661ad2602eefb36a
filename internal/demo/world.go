package demo

import (
	"context"
	"fmt"
	"mime"
	"slices"
	"strings"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/people"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/publish"
	"lotse/internal/views"
)

// step is one thing that happens in a story.
type step struct {
	hours float64 // after the step before
	by    string  // first name of staff; "" is the customer
	do    action
	text  string
	to    string // team or first name, for give; title, for reveal
	next  desk.State
}

type action uint8

const (
	write  action = iota // the customer writes a mail
	take                 // staff take the case
	answer               // staff answer
	note                 // staff leave an internal note
	give                 // staff hand the case over
	settle               // staff set a state
	reveal               // the customer makes the case public: title and text
	tell                 // staff release what waits, and answer in public
)

// story is one customer's concern from the first mail on.
type story struct {
	daysAgo float64
	name    string
	email   string
	subject string
	steps   []step

	number string // of the case, once it exists
	last   string // id of the customer's latest mail
}

// scene is one step of one story at its moment.
type scene struct {
	at    time.Time
	story *story
	step  step
}

// live plays all stories, woven into each other as time goes by.
func (w *world) live(ctx context.Context) error {
	for _, s := range w.scenes() {
		if d := s.at.Sub(w.clock.Now()); d > 0 {
			w.clock.Advance(d)
		}
		if err := w.play(ctx, s); err != nil {
			return fmt.Errorf("story of %s: %w", s.story.name, err)
		}
	}
	return catalog.UndoSeconds.Set(ctx, w.app.Catalog, w.staff["Anna"], catalog.UndoSeconds.Default)
}

func (w *world) scenes() []scene {
	all := stories()
	var scenes []scene
	for i := range all {
		at := w.now.Add(-time.Duration(all[i].daysAgo * 24 * float64(time.Hour)))
		for _, st := range all[i].steps {
			at = at.Add(time.Duration(st.hours * float64(time.Hour)))
			if at.After(w.now) {
				at = w.now
			}
			scenes = append(scenes, scene{at: at, story: &all[i], step: st})
		}
	}
	slices.SortStableFunc(scenes, func(a, b scene) int { return a.at.Compare(b.at) })
	return scenes
}

// play lets one thing happen and waits until the desk has dealt with it.
func (w *world) play(ctx context.Context, s scene) error {
	if s.step.do != write {
		if err := w.act(ctx, s.story.number, s.step); err != nil {
			return err
		}
	} else if err := w.mail(ctx, s.story, s.step); err != nil {
		return err
	}
	return w.until(ctx, func() (bool, error) { n, err := w.app.Outbox.Pending(ctx); return n == 0, err })
}

// mail sends a customer's mail through the intake.
func (w *world) mail(ctx context.Context, s *story, st step) error {
	w.mails++
	id := fmt.Sprintf("%d.%d@%s", w.now.Unix(), w.mails, s.email[strings.IndexByte(s.email, '@')+1:])
	subject, headers := s.subject, ""
	if s.last != "" {
		subject, headers = "Re: "+subject, "In-Reply-To: <"+s.last+">\r\nReferences: <"+s.last+">\r\n"
	}
	s.last = id
	raw := "From: " + mime.QEncoding.Encode("utf-8", s.name) + " <" + s.email + ">\r\n" +
		"To: Stadtwerke Lindenau <" + Mailbox + ">\r\n" +
		"Subject: " + mime.QEncoding.Encode("utf-8", subject) + "\r\n" +
		"Date: " + w.clock.Now().Format(time.RFC1123Z) + "\r\n" +
		"Message-ID: <" + id + ">\r\n" + headers +
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
		strings.ReplaceAll(st.text, "\n", "\r\n") + "\r\n"
	err := w.app.Intake.Accept(ctx, intake.Arrival{
		BrandID: w.account.BrandID, AccountID: w.account.ID, Channel: "email", Raw: []byte(raw),
		Trace: intake.Trace{Peer: "192.0.2.10", Hello: "mail.example", From: s.email, To: []string{Mailbox}},
	})
	if err != nil {
		return err
	}
	if err := w.until(ctx, func() (bool, error) { n, _, err := w.app.Intake.Backlog(ctx); return n == 0, err }); err != nil {
		return err
	}
	if s.number != "" {
		return nil
	}
	page, err := w.app.Views.List(ctx, w.staff["Anna"], views.Filter{Scope: views.All})
	if err != nil {
		return err
	}
	s.number = page.Rows[0].Number
	return nil
}

func (w *world) act(ctx context.Context, number string, st step) error {
	who, ok := w.staff[st.by]
	if !ok {
		who = access.Lotse(w.account.BrandID) // finds the case for its customer
	}
	c, err := w.app.Desk.Find(ctx, who, number)
	if err != nil {
		return err
	}
	switch st.do {
	case take:
		return w.app.Desk.Take(ctx, who, c.ID, 0)
	case answer:
		_, err = w.app.Desk.Reply(ctx, who, c.ID, desk.ReplyForm{Text: st.text, Next: st.next})
		return err
	case note:
		_, err = w.app.Desk.Note(ctx, who, c.ID, st.text)
		return err
	case give:
		return w.give(ctx, who, c.ID, st)
	case reveal:
		return w.reveal(ctx, c, st)
	case tell:
		return w.tell(ctx, who, c, st)
	case settle:
		return w.app.Desk.SetState(ctx, who, c.ID, st.next, 0)
	}
	return nil
}

func (w *world) give(ctx context.Context, who access.Actor, id ids.ID, st step) error {
	form := desk.HandOverForm{Reason: st.text, TeamID: w.teams[st.to]}
	if to, ok := w.staff[st.to]; ok {
		form.TeamID, form.Owner = to.Teams[0], to.ID
	}
	return w.app.Desk.HandOver(ctx, who, id, form)
}

// reveal makes a case public as its customer would: the address is known to be
// theirs, the text is theirs.
func (w *world) reveal(ctx context.Context, c desk.Case, st step) error {
	err := w.app.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		return w.app.People.ConfirmTx(ctx, tx, c.CustomerID, people.Email)
	})
	if err != nil {
		return err
	}
	customer := access.Actor{Kind: access.Customer, ID: c.CustomerID, BrandID: c.BrandID}
	_, _, err = w.app.Publish.Propose(ctx, customer, c, publish.Draft{Title: st.to, Text: st.text})
	return err
}

// tell releases a question that waits and, if there is something to say, answers
// it in public.
func (w *world) tell(ctx context.Context, who access.Actor, c desk.Case, st step) error {
	thread, err := w.app.Publish.OfCase(ctx, who, c)
	if err != nil {
		return err
	}
	if q := thread.Question(); q.State == publish.PostReview {
		if err := w.app.Publish.Release(ctx, who, q.ID, q.Version); err != nil {
			return err
		}
	}
	if st.text == "" {
		return nil
	}
	_, err = w.app.Publish.Answer(ctx, who, c, st.text)
	return err
}

// until waits for what the running desk does by itself.
func (w *world) until(ctx context.Context, done func() (bool, error)) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := done()
		if err != nil || ok {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
