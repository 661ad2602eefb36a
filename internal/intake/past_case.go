package intake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// PastQuestion is a case of another system: who asked what. Email and Text are
// mandatory. Field errors: email, text.
type PastQuestion struct {
	Key      string // the other system's id of it: the same key opens one case
	Name     string
	Email    string
	Subject  string
	Text     string
	Language string     // "de", "en"; "" is the mailbox's
	At       time.Time  // when it was asked; zero is now
	State    desk.State // zero is that of the form
}

// Questions opens a case for each question, in order, and says of each what
// became of it. An error means that the database is away, or that ctx ended.
func (s *PastSession) Questions(ctx context.Context, all []PastQuestion) ([]Outcome, error) {
	out := make([]Outcome, len(all))
	var good []int
	for i := range all {
		if err := all[i].check(s.form.Account); err != nil {
			out[i] = Outcome{State: Look, Err: err}
			continue
		}
		good = append(good, i)
	}
	err := s.ask(ctx, all, good, out)
	if err == nil || errs.Is(err, errs.Unavailable) || ctx.Err() != nil {
		return out, err
	}
	for _, i := range good {
		err := s.ask(ctx, all, []int{i}, out)
		if errs.Is(err, errs.Unavailable) || ctx.Err() != nil {
			return out, errors.Join(err, ctx.Err())
		}
		if err != nil {
			s.in.Log.Warn("a case could not be brought in", "error", err)
			out[i] = Outcome{State: Look, Reason: "failed"}
		}
	}
	return out, nil
}

func (q *PastQuestion) check(account catalog.Account) error {
	q.Name, q.Subject = markup.CleanLine(q.Name, maxName), markup.CleanLine(q.Subject, maxSubject)
	address, wrongAddress := catalog.ParseAddress("email", q.Email)
	if wrongAddress == nil && account.Receives(address) {
		wrongAddress = errs.Field("email", "question.email_own")
	}
	text, wrongText := desk.CheckText("text", hideLinks(q.Text))
	q.Email, q.Text = address, text
	if q.Language = cmp.Or(q.Language, account.Language); q.Language != "" {
		q.Language = string(i18n.Match(q.Language))
	}
	return errors.Join(wrongAddress, wrongText)
}

// ask opens the cases of the questions that are not there yet.
func (s *PastSession) ask(ctx context.Context, all []PastQuestion, which []int, out []Outcome) error {
	if len(which) == 0 {
		return ctx.Err()
	}
	contacts := make([]people.Contact, len(which))
	identities := make([][]byte, len(which))
	for n, i := range which {
		contacts[n] = people.Contact{Kind: people.Email, Value: all[i].Email, Name: all[i].Name, Language: all[i].Language}
		identities[n] = s.identity(all[i])
	}
	return s.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		customers, err := s.in.People.ResolveTx(ctx, tx, s.form.Account.BrandID, contacts)
		if err != nil {
			return err
		}
		stored, err := s.in.Desk.StoredTx(ctx, tx, identities)
		if err != nil {
			return err
		}
		var receipts []desk.Receipt
		var opened []int
		seen := map[string]bool{}
		for n, i := range which {
			_, there := stored[string(identities[n])]
			if out[i] = (Outcome{State: Duplicate}); there || seen[string(identities[n])] {
				continue
			}
			seen[string(identities[n])] = true
			receipts, opened = append(receipts, s.question(all[i], customers[n], identities[n])), append(opened, i)
		}
		received, err := s.in.Desk.ReceiveTx(ctx, tx, receipts)
		for n, r := range received {
			out[opened[n]] = Outcome{State: Done, Opened: true, Number: r.Number}
		}
		return err
	})
}

func (s *PastSession) question(q PastQuestion, customer ids.ID, identity []byte) desk.Receipt {
	a, now := s.form.Account, clock.Now(s.in.Clock)
	r := desk.Receipt{
		BrandID: a.BrandID, AccountID: a.ID, TeamID: a.TeamID, CaseID: ids.New(), New: true, Joined: desk.Opened, CustomerID: customer,
		AuthorName: cmp.Or(q.Name, q.Email), Channel: a.Channel, Language: q.Language, Subject: q.Subject, Text: q.Text,
		HTML: markup.HTMLFromText(q.Text), Identity: identity, Past: clock.At(q.At), PastState: cmp.Or(q.State, s.form.State),
	}
	if r.Past.IsZero() || r.Past > now {
		r.Past = now
	}
	return r
}

// identity is what copies of a question share within a brand: its key, or all of it.
func (s *PastSession) identity(q PastQuestion) []byte {
	h := sha256.New()
	h.Write([]byte("past"))
	h.Write(s.form.Account.BrandID[:])
	parts := []string{"key", q.Key}
	if q.Key == "" {
		parts = []string{"all", q.Email, q.Subject, q.Text, q.At.UTC().Format(time.RFC3339)}
	}
	for _, part := range parts {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return h.Sum(nil)[:20]
}
