// Package demo makes one believable desk: a utility and telecom named Stadtwerke
// Lindenau, its staff, and customers who write to it. `lotse demo` shows it, and
// tests may build it.
//
// Nothing is put into the database behind the desk's back: every mail goes
// through the intake, every answer through the desk and the outbox, under a clock
// that is moved from story to story. What the desk sends goes to a mail server of
// the demo's own, which keeps it in a folder.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"lotse/internal/access"
	"lotse/internal/app"
	"lotse/internal/calendar"
	"lotse/internal/catalog"
	"lotse/internal/config"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/setup"
	"lotse/internal/staff"
)

// Password signs every staff member of the demo in.
const Password = "am-lindenufer-7"

// Mailbox is the address customers write to.
const Mailbox = "hilfe@lindenau.example"

// Colleague is a staff member of the demo.
type Colleague struct {
	Name, Email string
	Role        access.Role
	Team        string
}

// Colleagues are the staff, the administrator first.
func Colleagues() []Colleague {
	return []Colleague{
		{"Anna Richter", "anna@lindenau.example", access.Admin, teamService},
		{"Mia Krüger", "mia@lindenau.example", access.Agent, teamService},
		{"Jonas Weber", "jonas@lindenau.example", access.Lead, teamGrid},
		{"Selin Aydın", "selin@lindenau.example", access.Agent, teamBilling},
	}
}

const (
	teamService = "Service"
	teamGrid    = "Netz"
	teamBilling = "Abrechnung"
)

// Run shows the demo: it builds the desk in the data folder if that is empty,
// then serves it. ready is told once everything listens. A folder that holds
// anything but a demo is refused.
func Run(ctx context.Context, c config.Config, log *slog.Logger, ready func(app.Started)) error {
	if err := checkFolder(c.Data); err != nil {
		return err
	}
	sink, err := openSink(filepath.Join(c.Data, "sent"))
	if err != nil {
		return err
	}
	defer sink.close()
	if err := build(ctx, c, sink); err != nil {
		return err
	}
	a, err := app.New(ctx, c, app.Options{Log: log})
	if err != nil {
		return err
	}
	defer a.Close()
	if err := pointTo(ctx, a, sink); err != nil {
		return err
	}
	return a.Run(ctx, ready)
}

// build makes the desk, unless the folder holds one.
func build(ctx context.Context, c config.Config, sink *sink) error {
	c.SMTP, c.HTTP = "", "127.0.0.1:0"
	now := time.Now().UTC()
	fixed := clock.NewFixed(now.AddDate(0, 0, -9))
	a, err := app.New(ctx, c, app.Options{Clock: fixed})
	if err != nil {
		return err
	}
	defer a.Close()
	needed, err := a.Setup.Needed(ctx)
	if err != nil || !needed {
		return err
	}
	w := &world{app: a, clock: fixed, now: now, staff: map[string]access.Actor{}, teams: map[string]ids.ID{}}
	if err := w.furnish(ctx, sink); err != nil {
		return fmt.Errorf("furnishing the demo: %w", err)
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- a.Run(running, nil) }()
	err = w.live(ctx)
	stop()
	if runErr := <-done; err == nil {
		err = runErr
	}
	return err
}

// world is the desk while it is being made.
type world struct {
	app     *app.App
	clock   *clock.Fixed
	now     time.Time
	account catalog.Account
	staff   map[string]access.Actor // by first name
	teams   map[string]ids.ID
	mails   int
}

func (w *world) furnish(ctx context.Context, sink *sink) error {
	code, err := w.app.Setup.Code(ctx)
	if err != nil {
		return err
	}
	host, port := sink.address()
	admin := Colleagues()[0]
	made, err := w.app.Setup.Run(ctx, setup.Form{
		Code: code, Name: admin.Name, Email: admin.Email, Password: Password, BrandName: "Stadtwerke Lindenau", Language: "de",
		Region: "DE-SN", Address: Mailbox, RelayHost: host, RelayPort: port, RelaySecurity: "none",
	}, "demo")
	if err != nil {
		return err
	}
	boss, err := w.app.Staff.Actor(ctx, made.ID)
	if err != nil {
		return err
	}
	w.staff["Anna"] = boss
	if err := w.addTeams(ctx, boss); err != nil {
		return err
	}
	if err := w.addColleagues(ctx, boss); err != nil {
		return err
	}
	accounts, err := w.app.Catalog.Accounts(ctx, "email")
	if err != nil {
		return err
	}
	w.account = accounts[0]
	return catalog.UndoSeconds.Set(ctx, w.app.Catalog, boss, 0) // put back when the stories are told
}

func (w *world) addTeams(ctx context.Context, boss access.Actor) error {
	for _, name := range []string{teamGrid, teamBilling} {
		if _, err := w.app.Staff.CreateTeam(ctx, boss, staff.TeamForm{Name: name, Calendar: calendar.Default("DE-SN"), AnswerWithin: 16 * time.Hour}); err != nil {
			return err
		}
	}
	teams, err := w.app.Staff.Teams(ctx, boss)
	if err != nil {
		return err
	}
	for _, t := range teams {
		w.teams[t.Name] = t.ID
	}
	w.teams[teamService] = boss.Teams[0]
	return nil
}

func (w *world) addColleagues(ctx context.Context, boss access.Actor) error {
	for _, c := range Colleagues()[1:] {
		form, err := w.app.Staff.PrepareAdmin(ctx, staff.AdminForm{Email: c.Email, Name: c.Name, Language: "de", Password: Password})
		if err != nil {
			return err
		}
		var made staff.Staff
		err = w.app.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			made, err = w.app.Staff.CreateAdminTx(ctx, tx, boss.BrandID, []ids.ID{w.teams[c.Team]}, form)
			return err
		})
		if err != nil {
			return err
		}
		if err := w.app.Staff.SetRole(ctx, boss, made.ID, c.Role); err != nil {
			return err
		}
		if w.staff[firstName(c.Name)], err = w.app.Staff.Actor(ctx, made.ID); err != nil {
			return err
		}
	}
	return nil
}

func firstName(name string) string {
	var first string
	_, _ = fmt.Sscan(name, &first)
	return first
}

// pointTo makes the mailbox hand its mail to this run's sink, whose port may be
// another than last time.
func pointTo(ctx context.Context, a *app.App, s *sink) error {
	accounts, err := a.Catalog.Accounts(ctx, "email")
	if err != nil {
		return err
	}
	host, port := s.address()
	for _, acc := range accounts {
		if acc.Relay.Host != host || acc.Relay.Port == port {
			continue
		}
		acc.Relay.Port = port
		system := access.Lotse(acc.BrandID)
		_, err := a.Catalog.UpdateAccount(ctx, system, acc.ID, catalog.AccountForm{
			TeamID: acc.TeamID, Address: acc.Address, Aliases: acc.Aliases, Name: acc.Name, Language: acc.Language, Relay: acc.Relay})
		if err != nil {
			return err
		}
	}
	return nil
}

func splitPort(a net.Addr) (string, int) {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return "", 0
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return "", 0
	}
	return host, n
}

// Remove deletes a demo's folder. A folder that is not a demo's is refused.
func Remove(data string) error {
	if err := checkFolder(data); err != nil {
		return err
	}
	return os.RemoveAll(data)
}

// checkFolder makes sure that a folder is a demo's, or nothing yet: a real desk
// must not come to send into the sink, and nobody's files must be deleted.
func checkFolder(data string) error {
	entries, err := os.ReadDir(data)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking into the demo's folder: %w", err)
	}
	has := map[string]bool{}
	for _, e := range entries {
		has[e.Name()] = true
	}
	begun := len(has) == 1 || has["lock"] // perhaps stopped before there was a database
	if len(has) == 0 || has["sent"] && (begun || has["lotse.db"]) {
		return nil
	}
	return fmt.Errorf("%s holds something else than a demo, so it is left alone", data)
}
