// Package setup makes an empty desk ready: the first brand, its team, its
// mailbox and the first administrator, in one transaction and exactly once.
//
// Nobody can sign in to an empty desk, so its setup page is open to everybody who
// reaches it. What proves the right one is a code that the program prints at the
// start and keeps in a file beside its data (see code.go). The command line,
// where whoever types owns the machine anyway, needs none (CreateAdmin).
//
// None of its functions takes an actor: there is nobody yet.
package setup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lotse/internal/access"
	"lotse/internal/calendar"
	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
	"lotse/internal/staff"
)

// MainSlug is the slug of the first brand. That it is unique in the database is
// what makes setup happen once.
const MainSlug = "main"

// answerWithin is the first team's answer time, in working hours.
const answerWithin = 8 * time.Hour

// Setup makes a desk ready.
type Setup struct {
	db      *db.DB
	staff   *staff.Directory
	catalog *catalog.Catalog
	limiter *access.Limiter
	folder  string

	done atomic.Bool // once true it stays
	mu   sync.Mutex
	code string
}

// New returns the setup of d. The code is kept in folder, the data folder.
func New(d *db.DB, s *seal.Sealer, c clock.Clock, dir *staff.Directory, cat *catalog.Catalog, folder string) *Setup {
	return &Setup{db: d, staff: dir, catalog: cat, limiter: access.NewLimiter(d, s, c), folder: folder}
}

// Needed reports whether the desk has no staff yet. Once it has some, that is
// remembered and costs nothing.
func (s *Setup) Needed(ctx context.Context) (bool, error) {
	if s.done.Load() {
		return false, nil
	}
	some, err := s.db.Read().NewSelect().TableExpr("staff").Exists(ctx)
	if err != nil {
		return false, db.Classify(fmt.Errorf("looking for staff: %w", err))
	}
	if some {
		s.done.Store(true)
	}
	return !some, nil
}

// Form is what the setup page asks. Its fields are named as in the struct tags.
type Form struct {
	Code     string `form:"code"`
	Name     string `form:"name"` // of the administrator
	Email    string `form:"email"`
	Password string `form:"password"`

	BrandName string `form:"brand_name"`
	Language  string `form:"language"`
	Region    string `form:"region"` // whose holidays are free, such as "DE-SN"; see calendar.Regions

	Address       string `form:"address"` // of the mailbox
	RelayHost     string `form:"relay_host"`
	RelayPort     int    `form:"relay_port"`
	RelaySecurity string `form:"relay_security"`
	RelayUser     string `form:"relay_user"`
	RelayPassword string `form:"relay_password"`
}

func (f Form) admin() staff.AdminForm {
	return staff.AdminForm{Email: f.Email, Name: f.Name, Language: f.Language, Password: f.Password}
}

func (f Form) brand() catalog.BrandForm {
	return catalog.BrandForm{Name: f.BrandName, Language: f.Language}
}

func (f Form) team() staff.TeamForm {
	name := i18n.For(i18n.Locale(f.Language)).T("setup.team")
	return staff.TeamForm{Name: name, Calendar: calendar.Default(f.Region), AnswerWithin: answerWithin}
}

// account is the mailbox, named as the brand is.
func (f Form) account(team ids.ID) catalog.AccountForm {
	return catalog.AccountForm{TeamID: team, Address: f.Address, Name: f.BrandName, Language: f.Language,
		Relay: catalog.RelaySettings{Host: f.RelayHost, Port: f.RelayPort, Security: f.RelaySecurity, User: f.RelayUser, Password: f.RelayPassword}}
}

// Check returns everything that is wrong with the form but the code.
func (f Form) Check() error {
	admin, brand, team, account := f.admin(), f.brand(), f.team(), f.account(ids.ID{})
	faults := []error{admin.Check(), brand.Check(), team.Check(), account.Check()}
	// The mailbox borrows name and language: what is wrong with them is said
	// where they were typed.
	said := map[string]bool{}
	if brand.Check() != nil {
		said["name"] = true
	}
	var all []error
	for i, fault := range faults {
		for _, e := range errs.Fields(fault) {
			id := e.Field + " " + e.Key
			if said[id] || i == len(faults)-1 && said[e.Field] {
				continue
			}
			said[id] = true
			all = append(all, e)
		}
	}
	return errors.Join(all...)
}

// Run sets the desk up and returns the administrator, who may be signed in at
// once. network is access.NetworkOf the peer. Errors: fields of the form, the
// code among them; errs.TooMany after too many wrong codes; errs.Conflict if the
// desk is set up already, also if two run at the same moment.
func (s *Setup) Run(ctx context.Context, f Form, network string) (staff.Staff, error) {
	needed, err := s.Needed(ctx)
	if err != nil {
		return staff.Staff{}, err
	}
	if !needed {
		return staff.Staff{}, errDone()
	}
	if err := s.checkCode(ctx, f.Code, network); err != nil {
		return staff.Staff{}, err
	}
	if err := f.Check(); err != nil {
		return staff.Staff{}, err
	}
	admin, err := s.staff.PrepareAdmin(ctx, f.admin())
	if err != nil {
		return staff.Staff{}, err
	}
	var made staff.Staff
	err = s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		brand, team, err := s.foundTx(ctx, tx, f.brand(), f.team())
		if err != nil {
			return err
		}
		if _, err := s.catalog.CreateAccountTx(ctx, tx, brand, f.account(team)); err != nil {
			return err
		}
		made, err = s.staff.CreateAdminTx(ctx, tx, brand, []ids.ID{team}, admin)
		return err
	})
	if err != nil {
		return staff.Staff{}, err
	}
	s.finish()
	return made, nil
}

// foundTx makes the brand and its team on a desk without staff. Of several that
// do so at the same moment one goes first; the others wait for its brand, find
// its administrator and get errs.Conflict.
func (s *Setup) foundTx(ctx context.Context, tx *db.Tx, b catalog.BrandForm, t staff.TeamForm) (brand, team ids.ID, err error) {
	claimed, err := s.catalog.ClaimBrandTx(ctx, tx, MainSlug, b)
	if err != nil {
		return ids.ID{}, ids.ID{}, err
	}
	some, err := tx.NewSelect().TableExpr("staff").Exists(ctx)
	if err != nil {
		return ids.ID{}, ids.ID{}, fmt.Errorf("looking for staff: %w", err)
	}
	if some {
		return ids.ID{}, ids.ID{}, errDone()
	}
	made, err := s.staff.CreateTeamTx(ctx, tx, claimed.ID, t)
	return claimed.ID, made.ID, err
}

// AdminForm is what the command line says of a new administrator. Brand and
// region count on an empty desk only.
type AdminForm struct {
	Email    string
	Name     string
	Password string
	Language string // "de" if empty
	Brand    string // "Lotse" if empty
	Region   string // "DE" if empty: the holidays of all states
}

// CreateAdmin adds an administrator for the command line: on an empty desk
// together with brand and team, without a mailbox; else to the first brand. An
// address that is taken is errs.Conflict of the field email.
func (s *Setup) CreateAdmin(ctx context.Context, f AdminForm) (staff.Staff, error) {
	full := Form{Name: f.Name, Email: f.Email, Password: f.Password, Language: orElse(f.Language, string(i18n.German)),
		BrandName: orElse(f.Brand, "Lotse"), Region: orElse(f.Region, "DE")}
	brand, team := full.brand(), full.team()
	if err := errors.Join(brand.Check(), team.Check()); err != nil {
		return staff.Staff{}, err
	}
	admin, err := s.staff.PrepareAdmin(ctx, full.admin())
	if err != nil {
		return staff.Staff{}, err
	}
	made, err := s.foundAdmin(ctx, brand, team, admin)
	if isDone(err) {
		made, err = s.joinAdmin(ctx, admin)
	}
	if err != nil {
		return staff.Staff{}, err
	}
	s.finish()
	return made, nil
}

func (s *Setup) foundAdmin(ctx context.Context, b catalog.BrandForm, t staff.TeamForm, admin staff.NewAdmin) (made staff.Staff, err error) {
	err = s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		brand, team, err := s.foundTx(ctx, tx, b, t)
		if err != nil {
			return err
		}
		made, err = s.staff.CreateAdminTx(ctx, tx, brand, []ids.ID{team}, admin)
		return err
	})
	return made, err
}

// joinAdmin adds the administrator to the first brand of a desk that has staff.
func (s *Setup) joinAdmin(ctx context.Context, admin staff.NewAdmin) (made staff.Staff, err error) {
	brands, err := s.catalog.Brands(ctx)
	if err != nil {
		return staff.Staff{}, err
	}
	first := slices.IndexFunc(brands, func(b catalog.Brand) bool { return b.Slug == MainSlug })
	if first < 0 {
		first = 0
	}
	err = s.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		made, err = s.staff.CreateAdminTx(ctx, tx, brands[first].ID, nil, admin)
		return err
	})
	return made, err
}

// finish forgets the code. That its file can't be removed is no fault of the
// setup: it opens nothing any more.
func (s *Setup) finish() {
	s.done.Store(true)
	if err := s.forgetCode(); err != nil {
		slog.Warn("the file of the setup code could not be removed", "error", err)
	}
}

func errDone() error { return errs.New(errs.Conflict, "setup.done") }

func isDone(err error) bool {
	var e *errs.Error
	return errors.As(err, &e) && e.Key == "setup.done"
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
