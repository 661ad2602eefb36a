package staff

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"lotse/internal/access"
	"lotse/internal/calendar"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
)

// maxSender bounds the name a team writes under, in runes.
const maxSender = 100

// maxAnswerWithin bounds a team's answer time: sixty days around the clock.
const maxAnswerWithin = 60 * 24 * time.Hour

// Team works on cases together. Its duty roster owns what nobody took yet.
type Team struct {
	ID           ids.ID
	BrandID      ids.ID
	Name         string // unique in the brand
	Calendar     calendar.Calendar
	AnswerWithin time.Duration // working time by the calendar, in whole minutes
	Restricted   bool          // only members read its cases
	// SenderName stands as sender above what the team writes; "" is the mailbox's own.
	SenderName string
	// MailboxID is the mailbox the team writes from; zero is the one a case came in by.
	MailboxID ids.ID
	CreatedAt clock.Stamp

	hours *calendar.Hours // the calendar, ready to compute
}

type teamRow struct {
	bun.BaseModel `bun:"table:teams,alias:t"`
	ID            ids.ID `bun:",pk"`
	BrandID       ids.ID
	Name          string
	Calendar      []byte
	AnswerMinutes int64
	Restricted    bool
	SenderName    string
	MailboxID     ids.ID `bun:",nullzero"`
	CreatedAt     clock.Stamp
}

func (r teamRow) team() (Team, error) {
	t := Team{ID: r.ID, BrandID: r.BrandID, Name: r.Name, AnswerWithin: time.Duration(r.AnswerMinutes) * time.Minute,
		Restricted: r.Restricted, SenderName: r.SenderName, MailboxID: r.MailboxID, CreatedAt: r.CreatedAt}
	if err := json.Unmarshal(r.Calendar, &t.Calendar); err != nil {
		return Team{}, fmt.Errorf("reading a calendar: %w", err)
	}
	hours, err := calendar.Compile(t.Calendar)
	if err != nil {
		return Team{}, fmt.Errorf("compiling a calendar: %w", err)
	}
	t.hours = hours
	return t, nil
}

// TeamForm is what an administrator says about a team. Fields: name,
// answer_within, sender_name, mailbox, and those of the calendar (zone, region,
// week.1 and so on).
type TeamForm struct {
	Name         string
	Calendar     calendar.Calendar
	AnswerWithin time.Duration // a minute to 60 days; parts of a minute are dropped
	Restricted   bool
	SenderName   string // up to 100 runes
	MailboxID    ids.ID // of the same brand, or zero
	Was          *Team  // as it was read: if it is otherwise now, nothing changes (errs.Conflict). nil: whatever it is now
}

// Check mends the form and returns what is wrong with it.
func (f *TeamForm) Check() error {
	name, wrongName := cleanName("name", f.Name)
	f.Name = name
	f.AnswerWithin = f.AnswerWithin.Truncate(time.Minute)
	var wrongTime, wrongSender error
	if f.SenderName = markup.CleanLine(f.SenderName, 0); utf8.RuneCountInString(f.SenderName) > maxSender {
		wrongSender = errs.Field("sender_name", "staff.team.sender_long", "Max", maxSender)
	}
	if f.AnswerWithin < time.Minute || f.AnswerWithin > maxAnswerWithin {
		wrongTime = errs.Field("answer_within", "staff.team.answer_within")
	}
	return errors.Join(wrongName, wrongTime, wrongSender, f.Calendar.Validate())
}

func (f *TeamForm) row() (teamRow, error) {
	hours, err := json.Marshal(f.Calendar)
	if err != nil {
		return teamRow{}, fmt.Errorf("writing a calendar: %w", err)
	}
	return teamRow{Name: f.Name, Calendar: hours, AnswerMinutes: int64(f.AnswerWithin / time.Minute), Restricted: f.Restricted,
		SenderName: f.SenderName, MailboxID: f.MailboxID}, nil
}

// Teams returns the teams of the actor's brand by name, from memory. It needs
// ReadStaff.
func (d *Directory) Teams(ctx context.Context, a access.Actor) ([]Team, error) {
	if err := a.Require(access.ReadStaff); err != nil {
		return nil, err
	}
	all, err := d.allTeams(ctx)
	if err != nil {
		return nil, err
	}
	var found []Team
	for _, t := range all {
		if t.BrandID == a.BrandID {
			found = append(found, t)
		}
	}
	return found, nil
}

// Team returns one team of the actor's brand, from memory. It needs ReadStaff;
// the program asks as access.Lotse.
func (d *Directory) Team(ctx context.Context, a access.Actor, id ids.ID) (Team, error) {
	if err := a.Require(access.ReadStaff); err != nil {
		return Team{}, err
	}
	all, err := d.allTeams(ctx)
	if err != nil {
		return Team{}, err
	}
	for _, t := range all {
		if t.ID == id && t.BrandID == a.BrandID {
			return t, nil
		}
	}
	return Team{}, errs.New(errs.NotFound, "staff.team.not_found")
}

func (d *Directory) allTeams(ctx context.Context) ([]Team, error) {
	return d.teams.Get(ctx, d.clock, func(ctx context.Context) ([]Team, error) {
		var rows []teamRow
		if err := d.db.Read().NewSelect().Model(&rows).Scan(ctx); err != nil {
			return nil, fmt.Errorf("reading teams: %w", err)
		}
		teams := make([]Team, 0, len(rows))
		for _, r := range rows {
			t, err := r.team()
			if err != nil {
				return nil, err
			}
			teams = append(teams, t)
		}
		slices.SortFunc(teams, func(x, y Team) int { return strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)) })
		return teams, nil
	})
}

// CreateTeam adds a team to the actor's brand. It needs ManageStaff. A name that
// is taken is errs.Conflict of the field name.
func (d *Directory) CreateTeam(ctx context.Context, a access.Actor, f TeamForm) (Team, error) {
	if err := a.Require(access.ManageStaff); err != nil {
		return Team{}, err
	}
	if err := f.Check(); err != nil {
		return Team{}, err
	}
	var made Team
	err := d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		made, err = d.CreateTeamTx(ctx, tx, a.BrandID, f)
		return err
	})
	d.teams.Changed()
	return made, err
}

// CreateTeamTx adds a team within a transaction. The caller has checked access.
func (d *Directory) CreateTeamTx(ctx context.Context, tx *db.Tx, brand ids.ID, f TeamForm) (Team, error) {
	if err := f.Check(); err != nil {
		return Team{}, err
	}
	row, err := f.row()
	if err != nil {
		return Team{}, err
	}
	if err := checkMailboxTx(ctx, tx, brand, f.MailboxID); err != nil {
		return Team{}, err
	}
	row.ID, row.BrandID, row.CreatedAt = ids.New(), brand, clock.Now(d.clock)
	res, err := tx.NewInsert().Model(&row).On("CONFLICT (brand_id, name) DO NOTHING").Returning("NULL").Exec(ctx)
	if err != nil {
		return Team{}, fmt.Errorf("adding a team: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return Team{}, errors.Join(err, teamNameTaken())
	}
	tx.AfterCommit(d.teams.Changed)
	return row.team()
}

// UpdateTeam changes a team of the actor's brand. It needs ManageStaff. A name
// that is taken is errs.Conflict of the field name.
func (d *Directory) UpdateTeam(ctx context.Context, a access.Actor, id ids.ID, f TeamForm) (Team, error) {
	if err := a.Require(access.ManageStaff); err != nil {
		return Team{}, err
	}
	if err := f.Check(); err != nil {
		return Team{}, err
	}
	row, err := f.row()
	if err != nil {
		return Team{}, err
	}
	err = d.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := f.unchangedTx(ctx, tx, a.BrandID, id); err != nil {
			return err
		}
		if err := checkMailboxTx(ctx, tx, a.BrandID, f.MailboxID); err != nil {
			return err
		}
		return tx.NewUpdate().Model(&row).Column("name", "calendar", "answer_minutes", "restricted", "sender_name", "mailbox_id").
			Where("id = ? AND brand_id = ?", id, a.BrandID).Returning("*").Scan(ctx)
	})
	d.teams.Changed()
	switch {
	case errs.Is(err, errs.Invalid), errors.Is(err, errTeamChanged):
		return Team{}, err
	case errs.Is(err, errs.Conflict):
		return Team{}, teamNameTaken()
	case errs.Is(err, errs.NotFound):
		return Team{}, errs.New(errs.NotFound, "staff.team.not_found")
	case err != nil:
		return Team{}, fmt.Errorf("changing a team: %w", err)
	}
	return row.team()
}

var errTeamChanged = errs.New(errs.Conflict, "staff.team.changed")

// unchangedTx makes sure that the team still is as the form says it was.
func (f *TeamForm) unchangedTx(ctx context.Context, tx *db.Tx, brand, id ids.ID) error {
	if f.Was == nil {
		return nil
	}
	var row teamRow
	q := tx.NewSelect().Model(&row).Where("id = ? AND brand_id = ?", id, brand)
	if tx.Postgres() {
		q = q.For("UPDATE")
	}
	if err := q.Scan(ctx); err != nil {
		return db.Classify(err)
	}
	now, err := row.team()
	if err != nil {
		return err
	}
	was := *f.Was
	was.hours, now.hours = nil, nil // made of the calendar, and grow with use
	if !reflect.DeepEqual(now, was) {
		return errTeamChanged
	}
	return nil
}

// checkMailboxTx refuses a mailbox to write from that is not one of the brand.
func checkMailboxTx(ctx context.Context, tx *db.Tx, brand, mailbox ids.ID) error {
	if mailbox.IsZero() {
		return nil
	}
	known, err := tx.NewSelect().Table("accounts").Where("id = ? AND brand_id = ?", mailbox, brand).Exists(ctx)
	if err != nil {
		return fmt.Errorf("looking for a mailbox: %w", err)
	}
	if !known {
		return errs.Field("mailbox", "staff.team.mailbox_unknown")
	}
	return nil
}

func teamNameTaken() error {
	return &errs.Error{Kind: errs.Conflict, Field: "name", Key: "staff.team.taken"}
}
