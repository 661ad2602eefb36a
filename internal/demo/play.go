package demo

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"mime"
	"strings"
	"time"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/people"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/publish"
)

// cast is a story while it is played: what the desk has made of it.
type cast struct {
	*story
	id, fresh ids.ID // its case; the one a new mail opened
	number    string
	customer  access.Actor
	last      string // id of the customer's latest mail
	thread    ids.ID
	question  publish.Post
	side      ids.ID // the latest conversation with a partner
}

// play lets one thing happen.
func (w *world) play(ctx context.Context, s scene) error {
	c := s.cast
	if s.do == told {
		return w.hear(ctx, c, s.step)
	}
	if s.by == "" {
		return w.customer(ctx, c, s.step)
	}
	who := w.staff[s.by]
	switch s.do {
	case take:
		return w.app.Desk.Take(ctx, who, c.id, 0)
	case note:
		_, err := w.app.Desk.Note(ctx, who, c.id, s.text)
		return err
	case give, giveTeam:
		return w.give(ctx, c, s.step)
	case answer:
		_, err := w.app.Desk.Reply(ctx, who, c.id, desk.ReplyForm{Text: s.text, Next: s.next})
		return err
	case done:
		return w.app.Desk.SetState(ctx, who, c.id, s.next, 0)
	case release, tell:
		return w.tell(ctx, who, c, s.step)
	case refuse:
		return w.app.Publish.Refuse(ctx, who, c.question.ID, c.question.Version, s.to)
	case merge:
		return w.app.Desk.Merge(ctx, who, c.fresh, c.id)
	case trash:
		return w.app.Desk.Trash(ctx, who, c.id)
	case aside:
		return w.ask(ctx, who, c, s.step)
	}
	return fmt.Errorf("nobody can play %q", s.do)
}

// customer plays what the customer does.
func (w *world) customer(ctx context.Context, c *cast, st step) error {
	switch st.do {
	case write, again:
		return w.write(ctx, c, st)
	case done:
		return w.app.Desk.Solved(ctx, c.customer, c.id)
	case contest:
		return w.app.Desk.Contest(ctx, c.customer, c.id, st.text)
	case erase:
		return w.app.Desk.AskErasure(ctx, c.customer, c.id)
	case reveal, unconfirmed:
		return w.reveal(ctx, c, st)
	case takeBack:
		found, err := w.find(ctx, c)
		if err != nil {
			return err
		}
		return w.app.Publish.TakeBack(ctx, c.customer, found)
	}
	return fmt.Errorf("no customer can play %q", st.do)
}

// write sends what the customer writes, on the page or by mail.
func (w *world) write(ctx context.Context, c *cast, st step) error {
	w.mails++
	if !c.web {
		return w.mail(ctx, c, st)
	}
	if !c.id.IsZero() {
		return w.app.Intake.Write(ctx, c.customer, intake.Addition{CaseID: c.id, Key: w.key(), Text: st.text})
	}
	asked, err := w.app.Intake.Ask(ctx, intake.Question{
		BrandID: w.brand, Key: w.key(), Name: c.who.name, Email: c.who.email, Subject: st.title, Text: st.text,
		Language: c.language(), Topic: w.entries[c.outline.topic],
	})
	if err != nil {
		return err
	}
	c.number = asked.Number
	c.id, c.customer = asked.CaseID, access.Actor{Kind: access.Customer, ID: asked.CustomerID, BrandID: w.brand}
	return w.classify(ctx, c)
}

func (w *world) key() string { return fmt.Sprintf("demo-form-of-lindenau-%d", w.mails) }

func (s *story) language() string {
	if s.who.who == "en" {
		return "en"
	}
	return "de"
}

// mail sends a customer's mail through the intake.
func (w *world) mail(ctx context.Context, c *cast, st step) error {
	l := letter{name: c.who.name, email: c.who.email, subject: st.title, text: st.text, file: st.file}
	if st.title == "" {
		l.subject, l.answers = "Re: "+c.steps[0].title, c.last
	}
	id, err := w.accept(ctx, l)
	if err != nil {
		return err
	}
	c.last = id
	if st.title == "" { // an answer
		return nil
	}
	found, err := w.newest(ctx)
	if err != nil {
		return err
	}
	if st.do == again {
		c.fresh = found.ID
		return nil
	}
	c.number = found.Number
	c.id, c.customer = found.ID, access.Actor{Kind: access.Customer, ID: found.CustomerID, BrandID: w.brand}
	if c.outline.from != "" {
		return nil
	}
	return w.classify(ctx, c)
}

// opened is a new case.
type opened struct {
	ID, CustomerID ids.ID
	Number         string
}

// newest returns the case that was opened last; there is one brand.
func (w *world) newest(ctx context.Context) (c opened, err error) {
	err = w.app.DB.Read().NewRaw("SELECT id, number, customer_id FROM cases ORDER BY id DESC LIMIT 1").Scan(ctx, &c)
	return c, err
}

// letter is what somebody outside writes by mail.
type letter struct{ name, email, subject, answers, text, file string } // answers is the id of a mail

// accept lets a letter arrive at the desk. It returns the id of its mail.
func (w *world) accept(ctx context.Context, l letter) (id string, err error) {
	_, domain, _ := strings.Cut(l.email, "@")
	id = fmt.Sprintf("%d.%d@%s", w.now.Unix(), w.mails, domain)
	err = w.app.Intake.Accept(ctx, intake.Arrival{
		BrandID: w.brand, AccountID: w.account.ID, Channel: "email", Raw: l.mail(id, w.clock.Now()),
		Trace: intake.Trace{Peer: "192.0.2.10", Hello: "mail.example", From: l.email, To: []string{Mailbox}},
	})
	if err != nil {
		return "", err
	}
	return id, w.app.Intake.Drain(ctx)
}

// mail is the letter as a mail program writes it (RFC 5322).
func (l letter) mail(id string, date time.Time) []byte {
	headers := ""
	if l.answers != "" {
		headers = "In-Reply-To: <" + l.answers + ">\r\nReferences: <" + l.answers + ">\r\n"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: %s <%s>\r\nTo: Stadtwerke Lindenau <%s>\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%s>\r\n%sMIME-Version: 1.0\r\n",
		mime.QEncoding.Encode("utf-8", l.name), l.email, Mailbox, mime.QEncoding.Encode("utf-8", l.subject), date.Format(time.RFC1123Z), id, headers)
	text := "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + strings.ReplaceAll(l.text, "\n", "\r\n") + "\r\n"
	if l.file == "" {
		b.WriteString(text)
		return b.Bytes()
	}
	kind, content := enclosure(l.file)
	fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=\"=_lindenau\"\r\n\r\n--=_lindenau\r\n%s--=_lindenau\r\n", text)
	fmt.Fprintf(&b, "Content-Type: %s; name=%q\r\nContent-Disposition: attachment; filename=%q\r\nContent-Transfer-Encoding: base64\r\n\r\n", kind, l.file, l.file)
	for code := base64.StdEncoding.EncodeToString(content); len(code) > 0; {
		n := min(76, len(code))
		b.WriteString(code[:n] + "\r\n")
		code = code[n:]
	}
	b.WriteString("--=_lindenau--\r\n")
	return b.Bytes()
}

// find returns the case as Lotse sees it, for its customer.
func (w *world) find(ctx context.Context, c *cast) (desk.Case, error) {
	return w.app.Desk.Find(ctx, access.Lotse(w.brand), c.number)
}

// give hands the case to a team, or to one of its members.
func (w *world) give(ctx context.Context, c *cast, st step) error {
	form := desk.HandOverForm{Reason: st.text, TeamID: w.teams[st.to]}
	if to, ok := w.staff[st.to]; ok {
		form.TeamID, form.Owner = to.Teams[0], to.ID
	}
	return w.app.Desk.HandOver(ctx, w.staff[w.receptionist(c)], c.id, form)
}

// receptionist is who of the service hands a case over: who took it, else Mia.
func (w *world) receptionist(c *cast) string {
	for _, st := range c.steps {
		if st.do == take && w.staff[st.by].InTeam(w.teams[teamService]) {
			return st.by
		}
		if st.do == give || st.do == giveTeam {
			break
		}
	}
	return "Mia Krüger"
}

// reveal makes a case public as its customer would: the address is known to be
// theirs, the text is theirs.
func (w *world) reveal(ctx context.Context, c *cast, st step) error {
	if st.do == reveal {
		err := w.app.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			return w.app.People.ConfirmTx(ctx, tx, c.customer.ID, people.Email)
		})
		if err != nil {
			return err
		}
	}
	found, err := w.find(ctx, c)
	if err != nil {
		return err
	}
	c.question, _, err = w.app.Publish.Propose(ctx, c.customer, found, publish.Draft{Title: st.title, Text: st.text, Language: c.language()})
	c.thread = c.question.ThreadID
	return err
}

// tell releases a question that waits and, if there is something to say, answers
// it in public.
func (w *world) tell(ctx context.Context, who access.Actor, c *cast, st step) error {
	if c.question.State == publish.PostReview {
		if err := w.app.Publish.Release(ctx, who, c.question.ID, c.question.Version); err != nil {
			return err
		}
		c.question.State = publish.PostShown
	}
	if st.do == release {
		return nil
	}
	_, err := w.app.Publish.AnswerThread(ctx, who, c.thread, st.text)
	return err
}

// puzzle sends two mails that can't be read: they need a look.
func (w *world) puzzle(ctx context.Context) error {
	for _, raw := range []string{
		"To: " + Mailbox + "\r\nSubject: Ohne Absender\r\nDate: " + w.now.Format(time.RFC1123Z) + "\r\n\r\nWer liest das?\r\n",
		"\x89PNG\r\n\x1a\nkein Brief, nur ein Bild\r\n",
	} {
		err := w.app.Intake.Accept(ctx, intake.Arrival{BrandID: w.brand, AccountID: w.account.ID, Channel: "email", Raw: []byte(raw),
			Trace: intake.Trace{Peer: "192.0.2.44", Hello: "mail.example", To: []string{Mailbox}}})
		if err != nil {
			return err
		}
	}
	return w.app.Intake.Drain(ctx)
}
