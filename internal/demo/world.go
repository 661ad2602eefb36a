package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"lotse/internal/access"
	"lotse/internal/app"
	"lotse/internal/calendar"
	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/setup"
	"lotse/internal/staff"
)

// state is whose holidays the Stadtwerke keep.
const state = "DE-SN"

// world is the desk while it is being made.
type world struct {
	app     *app.App
	clock   *clock.Fixed
	now     time.Time
	size    Size
	account catalog.Account
	brand   ids.ID
	staff   map[string]access.Actor // by name
	teams   map[string]ids.ID
	entries map[string]ids.ID // of the catalogue: "bill", "product/power", "region/hafen"
	mails   int
	told    func(done, all int)
}

// open makes brand, teams, staff, mailbox and catalogue.
func (w *world) open(ctx context.Context, relay relay) error {
	code, err := w.app.Setup.Code(ctx)
	if err != nil {
		return err
	}
	admin := Colleagues()[0]
	made, err := w.app.Setup.Run(ctx, setup.Form{
		Code: code, Name: admin.Name, Email: admin.Email, Password: Password, BrandName: "Stadtwerke Lindenau", Language: "de",
		Region: state, Address: Mailbox, RelayHost: relay.host, RelayPort: relay.port, RelaySecurity: "none",
	}, "demo")
	if err != nil {
		return err
	}
	boss, err := w.app.Staff.Actor(ctx, made.ID)
	if err != nil {
		return err
	}
	w.staff[admin.Name], w.brand = boss, boss.BrandID
	for _, step := range []func(context.Context, access.Actor) error{w.addTeams, w.addColleagues, w.addCatalogue} {
		if err := step(ctx, boss); err != nil {
			return err
		}
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
		if _, err := w.app.Staff.CreateTeam(ctx, boss, staff.TeamForm{Name: name, Calendar: calendar.Default(state), AnswerWithin: 16 * time.Hour}); err != nil {
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

// addColleagues adds the staff. Hashing their passwords is what takes time, so
// it is done side by side.
func (w *world) addColleagues(ctx context.Context, boss access.Actor) error {
	others := Colleagues()[1:]
	forms := make([]staff.NewAdmin, len(others))
	g, hashing := errgroup.WithContext(ctx)
	for i, c := range others {
		g.Go(func() (err error) {
			forms[i], err = w.app.Staff.PrepareAdmin(hashing, staff.AdminForm{Email: c.Email, Name: c.Name, Language: "de", Password: Password})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, c := range others {
		var made staff.Staff
		err := w.app.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			made, err = w.app.Staff.CreateAdminTx(ctx, tx, boss.BrandID, []ids.ID{w.teams[c.Team]}, forms[i])
			return err
		})
		if err != nil {
			return err
		}
		if err := w.app.Staff.SetRole(ctx, boss, made.ID, c.Role); err != nil {
			return err
		}
		if w.staff[c.Name], err = w.app.Staff.Actor(ctx, made.ID); err != nil {
			return err
		}
	}
	return nil
}

// addPortraits gives everybody a face, and lets customers see it.
func (w *world) addPortraits(ctx context.Context) error {
	for _, c := range Colleagues() {
		picture, err := portrait(c.face)
		if err != nil {
			return err
		}
		self := w.staff[c.Name]
		if err := w.app.Staff.SetPortrait(ctx, self, self.ID, picture); err != nil {
			return fmt.Errorf("the portrait of %s: %w", c.Name, err)
		}
		if err := w.app.Staff.ShowPortrait(ctx, self, self.ID, true); err != nil {
			return err
		}
	}
	return nil
}

// scene is one step of one story at its moment.
type scene struct {
	step
	cast *cast
}

// live plays all stories, woven into each other as time goes by. Meanwhile the
// portraits are drawn: nobody looks yet.
func (w *world) live(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return w.addPortraits(ctx) })
	g.Go(func() error { return w.tellAll(ctx) })
	return g.Wait()
}

func (w *world) tellAll(ctx context.Context) error {
	stories, err := plan(w.now, w.size)
	if err != nil {
		return err
	}
	all := scenes(stories)
	for i, s := range all {
		if w.told != nil {
			w.told(i, len(all))
		}
		if d := s.at.Sub(w.clock.Now()); d > 0 {
			w.clock.Advance(d)
		}
		if err := w.play(ctx, s); err != nil {
			return fmt.Errorf("the story %s of %s: %w", s.cast.outline.key, s.cast.who.name, err)
		}
		if err := w.app.Queue.Work(ctx); err != nil {
			return err
		}
	}
	if w.size == Full {
		if err := w.puzzle(ctx); err != nil {
			return err
		}
	}
	return catalog.UndoSeconds.Set(ctx, w.app.Catalog, w.staff[Colleagues()[0].Name], catalog.UndoSeconds.Default)
}

func scenes(stories []*story) []scene {
	var all []scene
	for _, s := range stories {
		c := &cast{story: s}
		for _, st := range s.steps {
			all = append(all, scene{st, c})
		}
	}
	slices.SortStableFunc(all, func(a, b scene) int { return a.at.Compare(b.at) })
	return all
}
