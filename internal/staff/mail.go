package staff

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
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

// Render puts a queued mail into words, in the person's language, with a fresh
// link below baseURL ("https://hilfe.lindenau.example"). Whoever sends the mail
// calls it just before; it has no actor. A link from an earlier try stops
// working. If the mail makes no sense any more (invitation accepted, person
// left), the error is errs.Gone and nothing is to be sent.
func (d *Directory) Render(ctx context.Context, template string, staffID ids.ID, baseURL string) (subject, text string, err error) {
	kinds := map[string]struct {
		purpose  access.Purpose
		lifetime time.Duration
		path     string
	}{
		InviteTemplate: {access.InviteLink, InviteLifetime, "/invite/"},
		ResetTemplate:  {access.ResetLink, ResetLifetime, "/reset/"},
	}
	kind, ok := kinds[template]
	if !ok {
		return "", "", errs.Wrap(errs.NotFound, fmt.Errorf("no mail %q", template), "writing a mail")
	}
	var token ids.Token
	var row staffRow
	var brand string
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		row = staffRow{}
		err := tx.NewSelect().Model(&row).Where("id = ?", staffID).Scan(ctx)
		if err != nil && !errs.Is(db.Classify(err), errs.NotFound) {
			return fmt.Errorf("reading a staff member: %w", err)
		}
		if err != nil || !row.awaits(kind.purpose) {
			return errs.New(errs.Gone, "access.link.gone")
		}
		if err := tx.NewSelect().TableExpr("brands").Column("name").Where("id = ?", row.BrandID).Scan(ctx, &brand); err != nil {
			return fmt.Errorf("reading the brand: %w", err)
		}
		token, err = d.links.Issue(ctx, tx, kind.purpose, row.ID, kind.lifetime)
		return err
	})
	if err != nil {
		return "", "", err
	}
	p := i18n.For(i18n.Locale(row.Language))
	key := "staff.mail." + strings.TrimPrefix(template, "staff.")
	link := strings.TrimSuffix(baseURL, "/") + kind.path + string(token)
	return p.T(key+".subject", "Brand", brand), p.T(key+".text", "Name", row.Name, "Brand", brand, "Link", link), nil
}
