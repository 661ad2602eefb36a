package staff_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/calendar"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/snapshot"
	"lotse/internal/staff"
)

func TestList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, n := db.WithCounter(context.Background())
		h := newHouse(t, d)
		_, err := h.Invite(ctx, h.ada, "abc@lindenau.example", "Abc", access.Agent, []ids.ID{h.service})
		must(t, err)
		must(t, h.SetActive(ctx, h.ada, h.ben.ID, false))
		n.Store(0)
		list, err := h.List(ctx, h.lea)
		must(t, err)
		if n.Load() != 2 {
			t.Errorf("the list costs %d statements", n.Load())
		}
		var names []string
		for _, s := range list {
			names = append(names, s.Name)
		}
		if !slices.Equal(names, []string{"ada", "lea", "Abc", "ben"}) || len(list[2].Teams) != 1 || !list[2].Invited {
			t.Errorf("list %v %+v", names, list[2])
		}
		some, err := h.Names(ctx, h.lindenau, h.ada.ID, h.ben.ID, h.eve.ID, ids.ID{}, ids.New())
		if err != nil || len(some) != 2 || some[h.ben.ID] != "ben" {
			t.Errorf("names %v, %v", some, err)
		}
		if none, err := h.Names(ctx, h.lindenau); err != nil || len(none) != 0 {
			t.Errorf("names of nobody: %v, %v", none, err)
		}
	})
}

func TestSetRole(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		h.session(h.ben.ID)
		must(t, h.SetRole(ctx, h.ada, h.ben.ID, access.Agent))
		if h.sessions(h.ben.ID) != 1 {
			t.Error("the role he had signs Ben out")
		}
		must(t, h.SetRole(ctx, h.ada, h.ben.ID, access.Lead))
		if h.sessions(h.ben.ID) != 0 || h.get(h.ben.ID).Role != access.Lead {
			t.Error("a new role leaves old sessions")
		}
		if err := h.SetRole(ctx, h.ada, h.ben.ID, 0); fields(err) != "role" {
			t.Errorf("no role: %v", err)
		}
	})
}

func TestSetActive(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		h.session(h.ben.ID)
		must(t, h.RequestReset(ctx, "ben@lindenau.example", network))
		token := h.mailed(staff.ResetTemplate)
		must(t, h.SetActive(ctx, h.ada, h.ben.ID, false))
		if h.sessions(h.ben.ID) != 0 || h.get(h.ben.ID).Active {
			t.Error("who left is still signed in")
		}
		must(t, h.SetActive(ctx, h.ada, h.ben.ID, true))
		_, err := h.Reset(ctx, token, newPassword)
		wantKind(t, "a link from before", err, errs.Gone)
		if _, err := h.SignIn(ctx, "ben@lindenau.example", password, network); err != nil {
			t.Errorf("who came back: %v", err)
		}
	})
}

func TestLastAdminStays(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		_, err := h.Invite(ctx, h.ada, "neu@lindenau.example", "Neu", access.Admin, nil)
		must(t, err) // an administrator who has not come yet is none
		wantKind(t, "demoting", h.SetRole(ctx, h.ada, h.ada.ID, access.Lead), errs.Conflict)
		wantKind(t, "switching off", h.SetActive(ctx, h.ada, h.ada.ID, false), errs.Conflict)
		must(t, h.SetRole(ctx, h.ada, h.ben.ID, access.Admin))
		must(t, h.SetRole(ctx, h.ada, h.ada.ID, access.Lead))
		h.ben.Role = access.Admin
		wantKind(t, "the one who remains", h.SetActive(ctx, h.ben, h.ben.ID, false), errs.Conflict)
	})
}

func TestLastAdminStaysInARace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		admins := []access.Actor{h.ada}
		for _, name := range []string{"al", "bo", "cy", "di", "ed", "fi", "gi"} {
			admins = append(admins, h.person(h.lindenau, name, access.Admin))
		}
		var late atomic.Int32
		var all sync.WaitGroup
		for i, a := range admins {
			all.Go(func() {
				var err error
				if i%2 == 0 {
					err = h.SetRole(ctx, h.ada, a.ID, access.Agent)
				} else {
					err = h.SetActive(ctx, h.ada, a.ID, false)
				}
				if errs.Is(err, errs.Conflict) {
					late.Add(1)
				} else if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		list, err := h.List(ctx, h.ada)
		must(t, err)
		remain := 0
		for _, s := range list {
			if s.Role == access.Admin && s.Active {
				remain++
			}
		}
		if remain != 1 || late.Load() != 1 {
			t.Errorf("%d administrators remain, %d were refused", remain, late.Load())
		}
	})
}

func TestSetTeamsAndLanguage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		must(t, h.SetTeams(ctx, h.ada, h.ben.ID, []ids.ID{h.service}))
		must(t, h.SetTeams(ctx, h.ada, h.ben.ID, []ids.ID{h.service}))
		if err := h.SetTeams(ctx, h.ada, h.ben.ID, []ids.ID{h.otherTeam}); fields(err) != "teams" {
			t.Errorf("another brand's team: %v", err)
		}
		if teams := h.get(h.ben.ID).Teams; !slices.Equal(teams, []ids.ID{h.service}) {
			t.Errorf("teams %v: a refused change must change nothing", teams)
		}
		must(t, h.SetTeams(ctx, h.ada, h.ben.ID, nil))
		if teams := h.get(h.ben.ID).Teams; len(teams) != 0 {
			t.Errorf("teams %v", teams)
		}
		must(t, h.SetLanguage(ctx, h.ben, h.ben.ID, "en"))
		if h.get(h.ben.ID).Language != "en" {
			t.Error("the language did not change")
		}
		if err := h.SetLanguage(ctx, h.ben, h.ben.ID, "tlh"); fields(err) != "language" {
			t.Errorf("an unknown language: %v", err)
		}
	})
}

func TestTeams(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, n := db.WithCounter(context.Background())
		h := newHouse(t, d)
		f := teamForm(" Beschwerden ")
		f.AnswerWithin, f.Restricted = 90*time.Minute+time.Second, true
		made, err := h.CreateTeam(ctx, h.ada, f)
		if err != nil || made.Name != "Beschwerden" || made.AnswerWithin != 90*time.Minute || !made.Restricted || made.Calendar.Region != "DE-SN" {
			t.Fatalf("made %+v, %v", made, err)
		}
		teams, err := h.Teams(ctx, h.ben)
		if err != nil || len(teams) != 2 || teams[0].ID != made.ID || teams[1].ID != h.service {
			t.Fatalf("teams %+v, %v", teams, err)
		}
		n.Store(0)
		if one, err := h.Team(ctx, access.Lotse(h.lindenau), made.ID); err != nil || one.Name != "Beschwerden" || n.Load() != 0 {
			t.Errorf("team %+v, %v after %d statements", one, err, n.Load())
		}
		f.Name, f.Calendar = "Lob", calendar.Default("DE-BY")
		changed, err := h.UpdateTeam(ctx, h.ada, made.ID, f)
		if err != nil || changed.Name != "Lob" || changed.ID != made.ID || changed.Calendar.Region != "DE-BY" {
			t.Errorf("changed %+v, %v", changed, err)
		}
		if one, _ := h.Team(ctx, h.ben, made.ID); one.Name != "Lob" {
			t.Errorf("the own change is not seen: %+v", one)
		}
		f.Name = "Service"
		_, err = h.UpdateTeam(ctx, h.ada, made.ID, f)
		if !errs.Is(err, errs.Conflict) || fields(err) != "name" {
			t.Errorf("a name that is taken: %v", err)
		}
		_, err = h.CreateTeam(ctx, h.ada, f)
		if !errs.Is(err, errs.Conflict) || fields(err) != "name" {
			t.Errorf("a name that is taken: %v", err)
		}
		_, err = h.CreateTeam(ctx, h.ada, staff.TeamForm{Calendar: calendar.Calendar{Zone: "Mars", Region: "DE-XX"}})
		if fields(err) != "answer_within name region zone" {
			t.Errorf("faults: %v", err)
		}
		_, err = h.UpdateTeam(ctx, h.ada, ids.New(), teamForm("X"))
		wantKind(t, "a team nobody has", err, errs.NotFound)
		d.Close()
		h.clock.Advance(10 * snapshot.Fresh)
		if teams, err := h.Teams(ctx, h.ben); err != nil || len(teams) != 2 {
			t.Errorf("with the database away: %d teams, %v", len(teams), err)
		}
	})
}

// A change that was meant for what a team was happens only while it is that, also if
// its calendar was used since.
func TestTeamAsItWas(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		read, err := h.Team(ctx, h.ada, h.service)
		must(t, err)
		_, err = h.AnswerBy(ctx, h.service, h.clock.Now())
		must(t, err)
		f := teamForm("Dienst")
		f.Was = &read
		changed, err := h.UpdateTeam(ctx, h.ada, h.service, f)
		if err != nil || changed.Name != "Dienst" {
			t.Errorf("a team that is as it was: %+v, %v", changed, err)
		}
		f.Name = "Andere"
		_, err = h.UpdateTeam(ctx, h.ada, h.service, f)
		wantKind(t, "a team that is not as it was", err, errs.Conflict)
		_, err = h.UpdateTeam(ctx, h.ada, ids.New(), f)
		wantKind(t, "a team nobody has", err, errs.NotFound)
		if one, _ := h.Team(ctx, h.ada, h.service); one.Name != "Dienst" {
			t.Errorf("it was changed all the same: %+v", one)
		}
	})
}

// TestPermissions asks every function that takes an actor as everybody.
func TestPermissions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		invited, err := h.Invite(ctx, h.ada, "neu@lindenau.example", "Neu", access.Agent, nil)
		must(t, err)
		fresh := 0
		unused := func() string { fresh++; return string(rune('a'+fresh)) + "@fresh.example" }
		list := func(a access.Actor) error { _, err := h.List(ctx, a); return err }
		byID := func(a access.Actor) error { _, err := h.ByID(ctx, a, h.lea.ID); return err }
		teams := func(a access.Actor) error { _, err := h.Teams(ctx, a); return err }
		team := func(a access.Actor) error { _, err := h.Team(ctx, a, h.service); return err }
		const ok, out, no, gone = errs.Internal, errs.SignedOut, errs.Forbidden, errs.NotFound
		cases := []struct {
			name                                           string
			call                                           func(a access.Actor) error
			nobody, customer, agent, lead, admin, stranger errs.Kind
		}{
			{"List", list, out, no, ok, ok, ok, ok},
			{"ByID", byID, out, no, ok, ok, ok, gone},
			{"Teams", teams, out, no, ok, ok, ok, ok},
			{"Team", team, out, no, ok, ok, ok, gone},
			{"Invite", func(a access.Actor) error {
				_, err := h.Invite(ctx, a, unused(), "Neu", access.Agent, nil)
				return err
			}, out, no, no, no, ok, ok},
			{"ResendInvite", func(a access.Actor) error { return h.ResendInvite(ctx, a, invited.ID) }, out, no, no, no, ok, gone},
			{"SetRole", func(a access.Actor) error { return h.SetRole(ctx, a, h.lea.ID, access.Lead) }, out, no, no, no, ok, gone},
			{"SetActive", func(a access.Actor) error { return h.SetActive(ctx, a, h.lea.ID, true) }, out, no, no, no, ok, gone},
			{"SetTeams", func(a access.Actor) error { return h.SetTeams(ctx, a, h.lea.ID, nil) }, out, no, no, no, ok, gone},
			{"SetLanguage of another", func(a access.Actor) error { return h.SetLanguage(ctx, a, invited.ID, "de") }, out, no, no, no, ok, gone},
			{"CreateTeam", func(a access.Actor) error {
				_, err := h.CreateTeam(ctx, a, teamForm(unused()))
				return err
			}, out, no, no, no, ok, ok},
			{"UpdateTeam", func(a access.Actor) error {
				_, err := h.UpdateTeam(ctx, a, h.service, teamForm("Service"))
				return err
			}, out, no, no, no, ok, gone},
		}
		customer := access.Actor{Kind: access.Customer, ID: h.ben.ID, BrandID: h.lindenau}
		for _, c := range cases {
			for _, who := range []struct {
				name  string
				actor access.Actor
				want  errs.Kind
			}{
				{"nobody", access.Actor{}, c.nobody}, {"customer", customer, c.customer}, {"agent", h.ben, c.agent},
				{"lead", h.lea, c.lead}, {"admin", h.ada, c.admin}, {"admin of another brand", h.eve, c.stranger},
			} {
				if err := c.call(who.actor); errs.KindOf(err) != who.want || (err == nil) != (who.want == ok) {
					t.Errorf("%s as %s: %v", c.name, who.name, err)
				}
			}
		}
		for _, s := range must2(h.List(ctx, h.eve)) {
			if s.BrandID != h.other {
				t.Errorf("another brand's list shows %s", s.Name)
			}
		}
		for _, x := range must2(h.Teams(ctx, h.eve)) {
			if x.BrandID != h.other {
				t.Errorf("another brand's teams show %s", x.Name)
			}
		}
	})
}

func must2[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestTeamWritesAs(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		mailbox, foreign := ids.New(), ids.New()
		h.write(func(ctx context.Context, tx *db.Tx) error {
			for id, of := range map[ids.ID][2]ids.ID{mailbox: {h.lindenau, h.service}, foreign: {h.other, h.otherTeam}} {
				_, err := tx.ExecContext(ctx, "INSERT INTO accounts (id, brand_id, team_id, channel, address, aliases, name, language, active, relay, created_at) VALUES (?, ?, ?, 'email', ?, ?, 'N', 'de', ?, ?, 1)",
					id, of[0], of[1], id.String()+"@lindenau.example", []byte("[]"), true, []byte("{}"))
				if err != nil {
					return err
				}
			}
			return nil
		})
		f := teamForm("Service")
		f.SenderName, f.MailboxID = " Netz,\r\nStadtwerke ", mailbox
		changed, err := h.UpdateTeam(ctx, h.ada, h.service, f)
		if err != nil || changed.SenderName != "Netz, Stadtwerke" || changed.MailboxID != mailbox {
			t.Fatalf("changed %+v, %v", changed, err)
		}
		if one, err := h.Team(ctx, h.ben, h.service); err != nil || one.SenderName != "Netz, Stadtwerke" || one.MailboxID != mailbox {
			t.Errorf("read %+v, %v", one, err)
		}
		f.MailboxID = foreign
		if _, err := h.UpdateTeam(ctx, h.ada, h.service, f); fields(err) != "mailbox" {
			t.Errorf("another brand's mailbox: %v", err)
		}
		f.Name = "Neu"
		if _, err := h.CreateTeam(ctx, h.ada, f); fields(err) != "mailbox" {
			t.Errorf("another brand's mailbox for a new team: %v", err)
		}
		f.MailboxID, f.SenderName = ids.ID{}, strings.Repeat("ä", 101)
		if _, err := h.UpdateTeam(ctx, h.ada, h.service, f); fields(err) != "sender_name" {
			t.Errorf("a long name: %v", err)
		}
		f.SenderName, f.Name = "", "Service"
		if changed, err := h.UpdateTeam(ctx, h.ada, h.service, f); err != nil || changed.SenderName != "" || !changed.MailboxID.IsZero() {
			t.Errorf("taken back: %+v, %v", changed, err)
		}
	})
}
