package intake

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"unicode/utf8"

	"lotse/internal/access"
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

const (
	maxSubject = 200 // runes
	maxName    = 100 // runes
	minKey     = 20  // bytes: who knows a key is given the case
)

// SpamLimit is from how many points of the spam score on a question goes to the
// trash.
const SpamLimit = 100

// Question is what somebody asks on the page of the portal. Nobody needs an
// account; Subject, Email and Text are mandatory.
type Question struct {
	BrandID  ids.ID
	Key      string // unguessable, made with the form: the same key asks once
	Name     string
	Email    string
	Subject  string
	Text     string
	Language string   // of the page: "de", "en"
	Uploads  []string // tokens of staged files
	Topic    ids.ID   // what it is about, if the customer chose; what can't be chosen is left out
	Spam     int      // points of the spam score
	Trap     bool     // the field that people do not see was filled in
}

// Asked is the case a question opened.
type Asked struct {
	CaseID     ids.ID
	CustomerID ids.ID
	TeamID     ids.ID
	Number     string
	DueAt      clock.Stamp // when the answer is announced; zero: nothing can be promised
	Pass       ids.Token   // of the secret link
	Repeated   bool        // the case was there already
}

// Ask opens a case at once: customer, case, message, files, acknowledgement and
// secret link in one transaction. The same key again, also at the same moment,
// gives the same case and a fresh link. What spam is, or comes from a blocked
// sender, is kept in the trash and not acknowledged; whoever asked sees no
// difference. It takes no actor: anybody may ask. Field errors: name, email,
// subject, text, upload.
func (in *Intake) Ask(ctx context.Context, q Question) (Asked, error) {
	if err := in.checkQuestion(ctx, &q); err != nil {
		return Asked{}, err
	}
	for range 3 {
		asked, err := in.askOnce(ctx, q)
		if err == nil || !repeats(err) {
			return asked, err
		}
		again, found, rerr := in.askedBefore(ctx, q)
		if found || rerr != nil {
			return again, rerr
		}
		if !errs.Is(err, errs.Conflict) {
			return Asked{}, err
		}
	}
	return Asked{}, errs.New(errs.Unavailable, "question.busy")
}

// repeats reports whether the reason of a failure may be that the key was used
// already: its message exists, or its files have found their message.
func repeats(err error) bool {
	return errs.Is(err, errs.Conflict) || errors.Is(err, errUploadGone)
}

func (in *Intake) checkQuestion(ctx context.Context, q *Question) error {
	if len(q.Key) < minKey {
		return errs.New(errs.Invalid, "question.key")
	}
	var faults [4]error
	q.Name = markup.CleanLine(q.Name, maxName)
	q.Email, faults[0] = catalog.ParseAddress("email", q.Email)
	if q.Subject = markup.CleanLine(q.Subject, 0); q.Subject == "" {
		faults[1] = errs.Field("subject", "question.subject_missing")
	} else if utf8.RuneCountInString(q.Subject) > maxSubject {
		faults[1] = errs.Field("subject", "question.subject_long", "Max", maxSubject)
	}
	q.Text, faults[2] = desk.CheckText("text", hideLinks(q.Text))
	if len(q.Uploads) > MaxUploads {
		faults[3] = errs.Field("upload", "upload.too_many", "Max", MaxUploads)
	}
	if q.Language = string(i18n.Match(q.Language)); q.Trap {
		q.Spam = max(q.Spam, SpamLimit)
	}
	if err := errors.Join(faults[:]...); err != nil {
		return err
	}
	return in.notOwn(ctx, q.Email)
}

// notOwn refuses the desk's own addresses: its answers would come back to it.
func (in *Intake) notOwn(ctx context.Context, address string) error {
	own, err := in.Accounts.Accounts(ctx, people.Email)
	if err != nil {
		return err
	}
	for _, a := range own {
		if a.Receives(address) {
			return errs.Field("email", "question.email_own")
		}
	}
	return nil
}

func (in *Intake) askOnce(ctx context.Context, q Question) (asked Asked, err error) {
	account, team, err := in.entrance(ctx, q.BrandID)
	if err != nil {
		return Asked{}, err
	}
	from := []people.Contact{{Kind: people.Email, Value: q.Email, Name: q.Name, Language: q.Language}}
	err = in.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		blocked, err := in.People.BlockedTx(ctx, tx, q.BrandID, from)
		if err != nil {
			return err
		}
		customer, err := in.People.ResolveTx(ctx, tx, q.BrandID, from)
		if err != nil {
			return err
		}
		files, err := in.claim(ctx, tx, q.BrandID, q.Uploads)
		if err != nil {
			return err
		}
		r := desk.Receipt{
			BrandID: q.BrandID, AccountID: account, TeamID: team, CaseID: ids.New(), New: true, Joined: desk.Opened, CustomerID: customer[0],
			AuthorName: q.Name, Address: q.Email, Channel: desk.Web, Language: q.Language, Subject: q.Subject, Text: q.Text,
			HTML: markup.HTMLFromText(q.Text), Identity: pageIdentity(q.BrandID, q.Key), Attachments: files,
			Trash: blocked[0] || q.Spam >= SpamLimit, Spam: int64(q.Spam),
			Class: desk.Classification{Topic: q.Topic},
		}
		if r.AuthorName == "" {
			r.AuthorName = q.Email
		}
		received, err := in.Desk.ReceiveTx(ctx, tx, []desk.Receipt{r})
		if err != nil {
			return err
		}
		at := received[0]
		asked = Asked{CaseID: at.CaseID, CustomerID: customer[0], TeamID: team, Number: at.Number, DueAt: at.DueAt}
		asked.Pass, err = in.passes.IssueTx(ctx, tx, access.Pass{BrandID: q.BrandID, CustomerID: customer[0], CaseID: at.CaseID, Origin: access.FromForm})
		return err
	})
	return asked, err
}

// askedBefore returns the case that a key opened already, with a fresh link. A
// key that was used with another address opens nothing.
func (in *Intake) askedBefore(ctx context.Context, q Question) (asked Asked, found bool, err error) {
	identity := pageIdentity(q.BrandID, q.Key)
	err = in.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		stored, err := in.Desk.StoredTx(ctx, tx, [][]byte{identity})
		if err != nil || len(stored) == 0 {
			return err
		}
		customer, err := in.People.FindTx(ctx, tx, q.BrandID, []people.Contact{{Kind: people.Email, Value: q.Email}})
		if err != nil {
			return err
		}
		a := access.Actor{Kind: access.Customer, ID: customer[0], BrandID: q.BrandID}
		c, err := in.Desk.OwnTx(ctx, tx, a, stored[string(identity)].CaseID)
		if errs.Is(err, errs.NotFound) || errs.Is(err, errs.SignedOut) || errs.Is(err, errs.Forbidden) {
			return errs.New(errs.Conflict, "question.sent_already")
		}
		if err != nil {
			return err
		}
		found = true
		asked = Asked{CaseID: c.ID, CustomerID: c.CustomerID, TeamID: c.TeamID, Number: c.Number, DueAt: c.DueAt, Repeated: true}
		asked.Pass, err = in.passes.IssueTx(ctx, tx, access.Pass{BrandID: q.BrandID, CustomerID: c.CustomerID, CaseID: c.ID, Origin: access.FromForm})
		return err
	})
	return asked, found, err
}

// entrance returns the account and team for what comes in by a page: those of
// the brand's first active mailbox, else its first team.
func (in *Intake) entrance(ctx context.Context, brand ids.ID) (account, team ids.ID, err error) {
	all, err := in.Accounts.Accounts(ctx, people.Email)
	if err != nil {
		return ids.ID{}, ids.ID{}, err
	}
	for _, a := range all {
		if a.BrandID == brand && a.Active {
			return a.ID, a.TeamID, nil
		}
	}
	if in.FirstTeam == nil {
		return ids.ID{}, ids.ID{}, errs.New(errs.Unavailable, "question.no_team")
	}
	team, err = in.FirstTeam(ctx, brand)
	if err == nil && team.IsZero() {
		err = errs.New(errs.Unavailable, "question.no_team")
	}
	return ids.ID{}, team, err
}

// pageIdentity is what copies of one message from a page share within a brand.
func pageIdentity(brand ids.ID, key string) []byte {
	h := sha256.New()
	h.Write([]byte(desk.Web))
	h.Write(brand[:])
	h.Write([]byte(key))
	return h.Sum(nil)
}

// Addition is what a customer adds on the page of a case.
type Addition struct {
	CaseID  ids.ID
	Key     string // made with the form: the same key adds once
	Text    string
	Uploads []string
}

// Write adds a customer's message to the own case and opens it again, as a mail
// does. The same key again changes nothing. Field errors: text, upload.
func (in *Intake) Write(ctx context.Context, a access.Actor, w Addition) error {
	if err := a.RequireCustomer(); err != nil {
		return err
	}
	if len(w.Key) < minKey {
		return errs.New(errs.Invalid, "question.key")
	}
	text, err := desk.CheckText("text", hideLinks(w.Text))
	if len(w.Uploads) > MaxUploads {
		err = errors.Join(err, errs.Field("upload", "upload.too_many", "Max", MaxUploads))
	}
	if err != nil {
		return err
	}
	w.Text = text
	err = in.writeOnce(ctx, a, w)
	if err == nil || !repeats(err) {
		return err
	}
	there, rerr := in.writtenBefore(ctx, a, w)
	if there || rerr != nil {
		return rerr
	}
	if errs.Is(err, errs.Conflict) { // lost a race that is over now
		return in.writeOnce(ctx, a, w)
	}
	return err
}

func (in *Intake) writeOnce(ctx context.Context, a access.Actor, w Addition) error {
	return in.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		c, err := in.Desk.OwnTx(ctx, tx, a, w.CaseID)
		if err != nil {
			return err
		}
		blocked, err := in.People.CustomerBlockedTx(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		name, err := in.Desk.OpenerTx(ctx, tx, c)
		if err != nil {
			return err
		}
		files, err := in.claim(ctx, tx, a.BrandID, w.Uploads)
		if err != nil {
			return err
		}
		_, err = in.Desk.ReceiveTx(ctx, tx, []desk.Receipt{{
			BrandID: c.BrandID, CaseID: c.ID, Joined: desk.ByLink, CustomerID: a.ID, AuthorName: name, Channel: desk.Web,
			Language: c.Language, Text: w.Text, HTML: markup.HTMLFromText(w.Text), Identity: addIdentity(a.BrandID, w),
			Quiet: blocked, Attachments: files,
		}})
		return err
	})
}

func (in *Intake) writtenBefore(ctx context.Context, a access.Actor, w Addition) (there bool, err error) {
	identity := addIdentity(a.BrandID, w)
	err = in.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		stored, err := in.Desk.StoredTx(ctx, tx, [][]byte{identity})
		there = len(stored) > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("looking for a message: %w", err)
	}
	return there, nil
}

func addIdentity(brand ids.ID, w Addition) []byte {
	return pageIdentity(brand, w.CaseID.String()+" "+w.Key)
}
