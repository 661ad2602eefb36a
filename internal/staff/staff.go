// Package staff owns the people who work at the desk and their teams: who they
// are, how they come in (invitation, password, reset), what they are trusted
// with, and when a team works.
//
// Pages enter through Directory with the actor who asks. A few functions have no
// actor, because they make one or serve the program: SignIn, Actor, PeekInvite,
// Accept, RequestReset, PeekReset, Reset, Names, Render, and those ending in Tx.
//
// Nobody deletes a staff member: what they wrote keeps its author. Who leaves is
// switched off and signed out everywhere. One active administrator always stays.
package staff

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
	"lotse/internal/platform/seal"
	"lotse/internal/platform/snapshot"
)

// Directory keeps staff and teams.
type Directory struct {
	db        *db.DB
	clock     clock.Clock
	passwords *access.Passwords
	limiter   *access.Limiter
	links     *access.Links
	notifier  Notifier
	teams     snapshot.Of[[]Team]
	everybody snapshot.Of[crowd]
	drawing   sync.Mutex // one portrait at a time, see drawPortrait
}

// New returns the directory in d. A process has one. Without a notifier (nil)
// nobody can be invited or reset a password by mail.
func New(d *db.DB, s *seal.Sealer, c clock.Clock, n Notifier) *Directory {
	dir := &Directory{
		db:        d,
		clock:     c,
		passwords: access.NewPasswords(),
		limiter:   access.NewLimiter(d, s, c),
		links:     access.NewLinks(d, c),
		notifier:  n,
	}
	dir.teams.Alone, dir.everybody.Alone = !d.Postgres(), !d.Postgres()
	return dir
}

// PasswordsChecked returns how many passwords were checked since the start, for
// the metrics.
func (d *Directory) PasswordsChecked() uint64 { return d.passwords.Checked() }

// Staff is one person who works at the desk.
type Staff struct {
	ID         ids.ID
	BrandID    ids.ID
	Email      string // lower case, unique on the desk
	Name       string
	Role       access.Role
	Language   string   // "de" or "en"
	Active     bool     // may sign in
	Invited    bool     // has no password yet
	Teams      []ids.ID // in no order
	CreatedAt  clock.Stamp
	LastSeenAt clock.Stamp // zero for never; up to five minutes behind

	PortraitKey    ids.ID // of the picture's address, see PortraitPath; zero: no picture
	PortraitPublic bool   // beside public answers too
}

type staffRow struct {
	bun.BaseModel  `bun:"table:staff,alias:s"`
	ID             ids.ID `bun:",pk"`
	BrandID        ids.ID
	Email          string
	Name           string
	Role           access.Role
	PasswordHash   string
	Language       string
	Active         bool
	CreatedAt      clock.Stamp
	LastSeenAt     clock.Stamp `bun:",nullzero"`
	PortraitKey    ids.ID      `bun:",nullzero"`
	PortraitPublic bool
}

func (r staffRow) staff(teams []ids.ID) Staff {
	return Staff{ID: r.ID, BrandID: r.BrandID, Email: r.Email, Name: r.Name, Role: r.Role, Language: r.Language,
		Active: r.Active, Invited: r.PasswordHash == "", Teams: teams, CreatedAt: r.CreatedAt, LastSeenAt: r.LastSeenAt,
		PortraitKey: r.PortraitKey, PortraitPublic: r.PortraitPublic}
}

type membershipRow struct {
	bun.BaseModel `bun:"table:staff_teams,alias:st"`
	StaffID       ids.ID `bun:",pk"`
	TeamID        ids.ID `bun:",pk"`
}

// write is db.Write for what changes who works here.
func (d *Directory) write(ctx context.Context, fn func(context.Context, *db.Tx) error) error {
	return d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		tx.AfterCommit(d.everybody.Changed)
		return fn(ctx, tx)
	})
}

// crowd is everybody of all brands, and whose portraits are shown to the public.
type crowd struct {
	people []Staff
	public map[ids.ID]PublicPortraits // by brand
}

func (d *Directory) crowd(ctx context.Context) (crowd, error) {
	return d.everybody.Get(ctx, d.clock, func(ctx context.Context) (crowd, error) {
		people, err := d.list(ctx, ids.ID{})
		return crowd{people: people, public: publicPortraits(people)}, err
	})
}

// Colleagues returns the staff of the actor's brand from memory, in the order of
// List: for pages that name owners. LastSeenAt is not kept up to date. It needs
// ReadStaff.
func (d *Directory) Colleagues(ctx context.Context, a access.Actor) ([]Staff, error) {
	if err := a.Require(access.ReadStaff); err != nil {
		return nil, err
	}
	all, err := d.crowd(ctx)
	if err != nil {
		return nil, err
	}
	var found []Staff
	for _, s := range all.people {
		if s.BrandID == a.BrandID {
			found = append(found, s)
		}
	}
	return found, nil
}

// List returns everybody of the actor's brand: the active by name, then the
// invited, then those who left. It needs ReadStaff.
func (d *Directory) List(ctx context.Context, a access.Actor) ([]Staff, error) {
	if err := a.Require(access.ReadStaff); err != nil {
		return nil, err
	}
	return d.list(ctx, a.BrandID)
}

// list reads the staff of a brand, or of all brands for the zero id.
func (d *Directory) list(ctx context.Context, brand ids.ID) ([]Staff, error) {
	var rows []staffRow
	people := d.db.Read().NewSelect().Model(&rows)
	var memberships []membershipRow
	members := d.db.Read().NewSelect().Model(&memberships)
	if !brand.IsZero() {
		people = people.Where("brand_id = ?", brand)
		members = members.Join("JOIN staff AS s ON s.id = st.staff_id").Where("s.brand_id = ?", brand)
	}
	if err := people.Scan(ctx); err != nil {
		return nil, db.Classify(fmt.Errorf("reading staff: %w", err))
	}
	if err := members.Scan(ctx); err != nil {
		return nil, db.Classify(fmt.Errorf("reading who is in which team: %w", err))
	}
	teams := map[ids.ID][]ids.ID{}
	for _, m := range memberships {
		teams[m.StaffID] = append(teams[m.StaffID], m.TeamID)
	}
	list := make([]Staff, len(rows))
	for i, r := range rows {
		list[i] = r.staff(teams[r.ID])
	}
	slices.SortFunc(list, func(x, y Staff) int {
		if n := x.rank() - y.rank(); n != 0 {
			return n
		}
		return strings.Compare(strings.ToLower(x.Name)+x.Email, strings.ToLower(y.Name)+y.Email)
	})
	return list, nil
}

func (s Staff) rank() int {
	switch {
	case s.Active:
		return 0
	case s.Invited:
		return 1
	}
	return 2
}

// ByID returns one person of the actor's brand. It needs ReadStaff.
func (d *Directory) ByID(ctx context.Context, a access.Actor, id ids.ID) (Staff, error) {
	if err := a.Require(access.ReadStaff); err != nil {
		return Staff{}, err
	}
	r, teams, err := d.read(ctx, id)
	if err != nil {
		return Staff{}, err
	}
	if r.BrandID != a.BrandID {
		return Staff{}, errUnknown()
	}
	return r.staff(teams), nil
}

// readStaff is asked for every page staff open.
const readStaff = "SELECT s.id, s.brand_id, s.email, s.name, s.role, s.password_hash, s.language, s.active, s.created_at, " +
	"s.last_seen_at, s.portrait_key, s.portrait_public, st.team_id FROM staff AS s LEFT JOIN staff_teams AS st ON st.staff_id = s.id WHERE s.id = $1"

// read costs one query, teams included.
func (d *Directory) read(ctx context.Context, id ids.ID) (staffRow, []ids.ID, error) {
	var rows []struct {
		staffRow `bun:",extend"`
		TeamID   ids.ID
	}
	if err := d.db.Often(ctx, &rows, readStaff, id); err != nil {
		return staffRow{}, nil, fmt.Errorf("reading a staff member: %w", err)
	}
	if len(rows) == 0 {
		return staffRow{}, nil, errUnknown()
	}
	var teams []ids.ID
	for _, r := range rows {
		if !r.TeamID.IsZero() {
			teams = append(teams, r.TeamID)
		}
	}
	return rows[0].staffRow, teams, nil
}

func errUnknown() error { return errs.New(errs.NotFound, "staff.not_found") }

// Names returns the names of people of a brand, of those who left too, for pages
// whose access was checked with what the people stand beside. It costs one query.
func (d *Directory) Names(ctx context.Context, brand ids.ID, people ...ids.ID) (map[ids.ID]string, error) {
	names := make(map[ids.ID]string, len(people))
	people = slices.DeleteFunc(slices.Clone(people), ids.ID.IsZero)
	if len(people) == 0 {
		return names, nil
	}
	var rows []staffRow
	err := d.db.Read().NewSelect().Model(&rows).Column("id", "name").
		Where("brand_id = ? AND id IN (?)", brand, bun.List(people)).Scan(ctx)
	if err != nil {
		return nil, db.Classify(fmt.Errorf("reading names: %w", err))
	}
	for _, r := range rows {
		names[r.ID] = r.Name
	}
	return names, nil
}

// byEmail returns the zero row if nobody has the address.
func (d *Directory) byEmail(ctx context.Context, email string) (staffRow, error) {
	var rows []staffRow
	if err := d.db.Read().NewSelect().Model(&rows).Where("email = ?", email).Scan(ctx); err != nil {
		return staffRow{}, db.Classify(fmt.Errorf("reading a staff member: %w", err))
	}
	if len(rows) == 0 {
		return staffRow{}, nil
	}
	return rows[0], nil
}

// typedEmail mends an address somebody typed to be recognised by. It is not
// checked: an address that is none belongs to nobody.
func typedEmail(s string) string { return strings.ToLower(markup.CleanLine(s, 254)) }

// isSelf reports whether the actor is this very person.
func isSelf(a access.Actor, id ids.ID) bool {
	return a.Kind == access.Staff && !id.IsZero() && a.ID == id
}
