package staff

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/templates"
)

// The mails of this package, as named in a Notice.
const (
	InviteTemplate = "staff.invite"
	ResetTemplate  = "staff.reset"
)

// How long the links in the mails are good.
const (
	InviteLifetime = 7 * 24 * time.Hour
	ResetLifetime  = time.Hour
)

// Notice asks for a mail to a staff member. It holds no secret: the link is made
// by Render when the mail is about to be sent, and so is stored nowhere.
type Notice struct {
	BrandID  ids.ID
	StaffID  ids.ID
	Template string // InviteTemplate or ResetTemplate
	Address  string
	Name     string
	Language string
}

// Notifier queues a mail to a staff member within the transaction.
type Notifier interface {
	Notify(ctx context.Context, tx *db.Tx, n Notice) error
}

// NotifierFunc is a function as a Notifier.
type NotifierFunc func(ctx context.Context, tx *db.Tx, n Notice) error

// Notify calls the function.
func (f NotifierFunc) Notify(ctx context.Context, tx *db.Tx, n Notice) error { return f(ctx, tx, n) }

func (d *Directory) canMail() error {
	if d.notifier == nil {
		return errs.Wrap(errs.Unavailable, errors.New("no notifier"), "mailing a staff member")
	}
	return nil
}

func (d *Directory) notifyTx(ctx context.Context, tx *db.Tx, r staffRow, template string) error {
	n := Notice{BrandID: r.BrandID, StaffID: r.ID, Template: template, Address: r.Email, Name: r.Name, Language: r.Language}
	if err := d.notifier.Notify(ctx, tx, n); err != nil {
		return fmt.Errorf("queueing a mail: %w", err)
	}
	return nil
}

// links are what the mails lead to.
var links = map[string]struct {
	key      templates.Key
	purpose  access.Purpose
	lifetime time.Duration
	path     string
}{
	InviteTemplate: {templates.Invite, access.InviteLink, InviteLifetime, "/invite/"},
	ResetTemplate:  {templates.Reset, access.ResetLink, ResetLifetime, "/reset/"},
}

// Render says what a queued mail says, in the person's language, with a fresh
// link below baseURL ("https://hilfe.lindenau.example"). Whoever sends the mail
// calls it just before; it has no actor. A link from an earlier try stops
// working. If the mail makes no sense any more (invitation accepted, person
// left), the error is errs.Gone and nothing is to be sent.
func (d *Directory) Render(ctx context.Context, template string, staffID ids.ID, baseURL string) (templates.Writing, error) {
	mail, ok := links[template]
	if !ok {
		return templates.Writing{}, errs.Wrap(errs.NotFound, fmt.Errorf("no mail %q", template), "writing a mail")
	}
	var token ids.Token
	var row staffRow
	err := d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		row = staffRow{}
		err := tx.NewSelect().Model(&row).Where("id = ?", staffID).Scan(ctx)
		if err != nil && !errs.Is(db.Classify(err), errs.NotFound) {
			return fmt.Errorf("reading a staff member: %w", err)
		}
		if err != nil || !row.awaits(mail.purpose) {
			return errs.New(errs.Gone, "access.link.gone")
		}
		token, err = d.links.Issue(ctx, tx, mail.purpose, row.ID, mail.lifetime)
		return err
	})
	if err != nil {
		return templates.Writing{}, err
	}
	return templates.Writing{Key: mail.key, Language: row.Language, Values: templates.Values{
		templates.StaffName:   row.Name,
		templates.ALink:       strings.TrimSuffix(baseURL, "/") + mail.path + string(token),
		templates.LinkDays:    strconv.Itoa(int(mail.lifetime / (24 * time.Hour))),
		templates.LinkMinutes: strconv.Itoa(int(mail.lifetime / time.Minute)),
	}}, nil
}
