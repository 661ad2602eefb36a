package intake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"unicode/utf8"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/people"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// What staff, or programs in their name, hand in for a customer: a question that
// reached the company elsewhere becomes a case at once.

// Handed is a question that is handed in for a customer. Subject, Text and one of
// CustomerID and Email are mandatory. Field errors: customer, email, subject,
// text, team, upload.
type Handed struct {
	Key         string // the same key opens one case; empty: each call opens its own
	CustomerID  ids.ID // whom the actor may know of, as people.Directory says
	Name        string // with Email, for a customer who is new
	Email       string
	Subject     string
	Text        string
	Language    string   // "de", "en"; "" is German
	TeamID      ids.ID   // zero: the team of the brand's first mailbox
	Uploads     []string // tokens of staged files
	Acknowledge bool     // tell the customer that the case was opened
}

// Open opens a case at once, in one transaction that is on disk when it returns.
// The same key again, also at the same moment, gives the same case. It needs
// WorkCases.
func (in *Intake) Open(ctx context.Context, a access.Actor, h Handed) (Asked, error) {
	if err := a.Require(access.WorkCases); err != nil {
		return Asked{}, err
	}
	if err := in.checkHanded(ctx, &h); err != nil {
		return Asked{}, err
	}
	identity := handedIdentity(a, "case", h.Key)
	for range 3 {
		asked, err := in.openOnce(ctx, a, h, identity)
		if err == nil || identity == nil || !repeats(err) {
			return asked, err
		}
		again, found, rerr := in.openedBefore(ctx, a, identity)
		if found || rerr != nil {
			return again, rerr
		}
		if !errs.Is(err, errs.Conflict) {
			return Asked{}, err
		}
	}
	return Asked{}, errs.New(errs.Unavailable, "question.busy")
}

func (in *Intake) checkHanded(ctx context.Context, h *Handed) error {
	var faults []error
	h.Name = markup.CleanLine(h.Name, maxName)
	if h.CustomerID.IsZero() {
		address, err := catalog.ParseAddress("email", h.Email)
		if faults = append(faults, err); err == nil {
			faults = append(faults, in.notOwn(ctx, address))
		}
		h.Email = address
	} else if h.Email != "" || h.Name != "" {
		faults = append(faults, errs.Field("customer", "question.customer_twice"))
	}
	if h.Subject = markup.CleanLine(h.Subject, 0); h.Subject == "" {
		faults = append(faults, errs.Field("subject", "question.subject_missing"))
	} else if utf8.RuneCountInString(h.Subject) > maxSubject {
		faults = append(faults, errs.Field("subject", "question.subject_long", "Max", maxSubject))
	}
	text, err := desk.CheckText("text", hideLinks(h.Text))
	h.Text, faults = text, append(faults, err)
	if len(h.Uploads) > MaxUploads {
		faults = append(faults, errs.Field("upload", "upload.too_many", "Max", MaxUploads))
	}
	if h.Language == "" {
		h.Language = string(i18n.German)
	}
	h.Language = string(i18n.Match(h.Language))
	return errors.Join(faults...)
}

func (in *Intake) openOnce(ctx context.Context, a access.Actor, h Handed, identity []byte) (asked Asked, err error) {
	account, team, err := in.entrance(ctx, a.BrandID)
	if err != nil {
		return Asked{}, err
	}
	if !h.TeamID.IsZero() {
		team = h.TeamID
	}
	if err := in.Desk.Takes(ctx, a, team); err != nil {
		return Asked{}, err
	}
	from, err := in.handedBy(ctx, a, h)
	if err != nil {
		return Asked{}, err
	}
	err = in.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		r := desk.Receipt{
			BrandID: a.BrandID, AccountID: account, TeamID: team, CaseID: ids.New(), New: true, Joined: desk.Opened, CustomerID: h.CustomerID,
			AuthorName: cmp.Or(from.Name, from.Value), Channel: desk.API, Language: h.Language, Subject: h.Subject, Text: h.Text,
			HTML: markup.HTMLFromText(h.Text), Identity: identity,
		}
		if h.Acknowledge {
			r.Address = from.Value
		}
		if err := in.resolveHanded(ctx, tx, &r, from); err != nil {
			return err
		}
		if r.Attachments, err = in.claim(ctx, tx, a.BrandID, h.Uploads); err != nil {
			return err
		}
		received, err := in.Desk.ReceiveTx(ctx, tx, []desk.Receipt{r})
		if err != nil {
			return err
		}
		asked = Asked{CaseID: received[0].CaseID, CustomerID: r.CustomerID, TeamID: team, Number: received[0].Number, DueAt: received[0].DueAt}
		return nil
	})
	return asked, err
}

// handedBy is the customer for whom something is handed in: by address, or one
// the actor may know of.
func (in *Intake) handedBy(ctx context.Context, a access.Actor, h Handed) (people.Contact, error) {
	if h.CustomerID.IsZero() {
		return people.Contact{Kind: people.Email, Value: h.Email, Name: h.Name, Language: h.Language}, nil
	}
	a.Key, a.Scopes = ids.ID{}, nil // whoever may open cases may name whom they are for
	known, err := in.People.Lookup(ctx, a, h.CustomerID)
	if errs.Is(err, errs.NotFound) {
		err = errs.Field("customer", "question.customer_unknown")
	}
	if err != nil {
		return people.Contact{}, err
	}
	for _, i := range known.Identities {
		if i.Kind == people.Email {
			return people.Contact{Kind: i.Kind, Value: i.Value, Name: known.Label()}, nil
		}
	}
	return people.Contact{Name: known.Label()}, nil
}

// resolveHanded fills in who the customer is and whether they are blocked.
func (in *Intake) resolveHanded(ctx context.Context, tx *db.Tx, r *desk.Receipt, from people.Contact) (err error) {
	if !r.CustomerID.IsZero() {
		r.Trash, err = in.People.CustomerBlockedTx(ctx, tx, r.CustomerID)
		return err
	}
	customer, err := in.People.ResolveTx(ctx, tx, r.BrandID, []people.Contact{from})
	if err != nil {
		return err
	}
	blocked, err := in.People.BlockedTx(ctx, tx, r.BrandID, []people.Contact{from})
	if err != nil {
		return err
	}
	r.CustomerID, r.Trash = customer[0], blocked[0]
	return nil
}

// openedBefore returns the case that a key opened already.
func (in *Intake) openedBefore(ctx context.Context, a access.Actor, identity []byte) (asked Asked, found bool, err error) {
	err = in.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		stored, err := in.Desk.StoredTx(ctx, tx, [][]byte{identity})
		if err != nil || len(stored) == 0 {
			return err
		}
		c, err := in.Desk.AdmitTx(ctx, tx, a, stored[string(identity)].CaseID)
		if err != nil {
			return err
		}
		found = true
		asked = Asked{CaseID: c.ID, CustomerID: c.CustomerID, TeamID: c.TeamID, Number: c.Number, DueAt: c.DueAt, Repeated: true}
		return nil
	})
	return asked, found, err
}

// Say adds a message of the customer to a case, as a program hands it in: the
// case is open again as when the customer writes. It returns the message; the
// same key again changes nothing and returns the first. It needs WorkCases. Field
// errors: text, upload.
func (in *Intake) Say(ctx context.Context, a access.Actor, w Addition) (message ids.ID, err error) {
	if err := a.Require(access.WorkCases); err != nil {
		return ids.ID{}, err
	}
	text, err := desk.CheckText("text", hideLinks(w.Text))
	if len(w.Uploads) > MaxUploads {
		err = errors.Join(err, errs.Field("upload", "upload.too_many", "Max", MaxUploads))
	}
	if err != nil {
		return ids.ID{}, err
	}
	w.Text = text
	identity := handedIdentity(a, "message "+w.CaseID.String(), w.Key)
	message, err = in.sayOnce(ctx, a, w, identity)
	if err == nil || identity == nil || !repeats(err) {
		return message, err
	}
	there, rerr := in.saidBefore(ctx, a, identity)
	if rerr != nil || !there.IsZero() {
		return there, rerr
	}
	return ids.ID{}, err
}

func (in *Intake) sayOnce(ctx context.Context, a access.Actor, w Addition, identity []byte) (message ids.ID, err error) {
	err = in.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		c, err := in.Desk.AdmitTx(ctx, tx, a, w.CaseID)
		if err != nil {
			return err
		}
		if !c.TrashedAt.IsZero() {
			return errs.New(errs.Conflict, "case.trashed")
		}
		name, err := in.Desk.OpenerTx(ctx, tx, c)
		if err != nil {
			return err
		}
		files, err := in.claim(ctx, tx, a.BrandID, w.Uploads)
		if err != nil {
			return err
		}
		received, err := in.Desk.ReceiveTx(ctx, tx, []desk.Receipt{{
			BrandID: c.BrandID, CaseID: c.ID, Joined: desk.ByHand, CustomerID: c.CustomerID, AuthorName: name, Channel: desk.API,
			Language: c.Language, Text: w.Text, HTML: markup.HTMLFromText(w.Text), Identity: identity, Attachments: files,
		}})
		if err != nil {
			return err
		}
		message = received[0].MessageID
		return nil
	})
	return message, err
}

// saidBefore returns the message that a key added already, zero if none.
func (in *Intake) saidBefore(ctx context.Context, a access.Actor, identity []byte) (message ids.ID, err error) {
	err = in.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		stored, err := in.Desk.StoredTx(ctx, tx, [][]byte{identity})
		if err != nil || len(stored) == 0 {
			return err
		}
		at := stored[string(identity)]
		if _, err := in.Desk.AdmitTx(ctx, tx, a, at.CaseID); err != nil {
			return err
		}
		message = at.MessageID
		return nil
	})
	return message, err
}

// handedIdentity is what copies of one request of a program share, nil if the
// program gave it no name.
func handedIdentity(a access.Actor, what, key string) []byte {
	if key == "" {
		return nil
	}
	h := sha256.New()
	h.Write([]byte(desk.API))
	h.Write(a.BrandID[:])
	h.Write(a.Key[:])
	h.Write(a.ID[:])
	h.Write([]byte(what + " " + key))
	return h.Sum(nil)
}
