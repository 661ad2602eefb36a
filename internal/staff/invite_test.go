package staff_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
	"lotse/internal/staff"
	"lotse/internal/templates"
)

func TestInvitation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		made, err := h.Invite(ctx, h.ada, "Neu@Lindenau.example", " Neu\nMann ", access.Lead, []ids.ID{h.service, h.service})
		must(t, err)
		if made.Email != "neu@lindenau.example" || made.Name != "Neu Mann" || made.Active || !made.Invited || made.Language != "de" {
			t.Errorf("invited %+v", made)
		}
		want := staff.Notice{BrandID: h.lindenau, StaffID: made.ID, Template: "staff.invite", Address: made.Email, Name: made.Name, Language: "de"}
		if len(h.notices) != 1 || h.notices[0] != want {
			t.Errorf("notices %+v", h.notices)
		}
		first := h.mailed(staff.InviteTemplate)
		must(t, h.ResendInvite(ctx, h.ada, made.ID))
		token := h.mailed(staff.InviteTemplate)
		_, err = h.PeekInvite(ctx, first)
		wantKind(t, "the link mailed before", err, errs.Gone)
		for range 2 {
			if who, err := h.PeekInvite(ctx, token); err != nil || who.ID != made.ID {
				t.Fatalf("PeekInvite %+v, %v", who, err)
			}
		}
		if _, err := h.Accept(ctx, token, "kurz", ""); fields(err) != "name password" {
			t.Errorf("faults: %v", err)
		}
		in, err := h.Accept(ctx, token, newPassword, "Neo Mann")
		if err != nil || !in.Active || in.Invited || in.Name != "Neo Mann" || in.Role != access.Lead || len(in.Teams) != 1 {
			t.Fatalf("accepted %+v, %v", in, err)
		}
		if again, err := h.SignIn(ctx, made.Email, newPassword, network); err != nil || again.ID != made.ID {
			t.Error(err)
		}
		_, err = h.Accept(ctx, token, password, "Eve")
		wantKind(t, "a second time", err, errs.Gone)
		wantKind(t, "inviting again who is here", h.ResendInvite(ctx, h.ada, made.ID), errs.Conflict)
		_, err = h.Render(ctx, staff.InviteTemplate, made.ID, "https://desk.example")
		wantKind(t, "a mail that makes no sense any more", err, errs.Gone)
	})
}

func TestInviteChecks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		_, err := h.Invite(ctx, h.ada, "nix", "", 9, nil)
		if fields(err) != "email name role" {
			t.Errorf("faults: %v", err)
		}
		for name, team := range map[string]ids.ID{"of another brand": h.otherTeam, "nobody has": ids.New()} {
			_, err = h.Invite(ctx, h.ada, "neu@lindenau.example", "Neu", access.Agent, []ids.ID{h.service, team})
			if fields(err) != "teams" {
				t.Errorf("a team %s: %v", name, err)
			}
		}
		_, err = h.Invite(ctx, h.eve, "BEN@lindenau.example", "Ben", access.Agent, nil)
		if !errs.Is(err, errs.Conflict) || fields(err) != "email" {
			t.Errorf("an address that is taken: %v", err)
		}
		if len(h.notices) != 0 {
			t.Error("a refused invitation is mailed")
		}
	})
}

func TestInviteOnceInARace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		var won atomic.Int32
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				_, err := h.Invite(context.Background(), h.ada, "neu@lindenau.example", "Neu", access.Agent, nil)
				if err == nil {
					won.Add(1)
				} else if !errs.Is(err, errs.Conflict) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("%d invited", won.Load())
		}
	})
}

func TestAcceptOnceInARace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		_, err := h.Invite(context.Background(), h.ada, "neu@lindenau.example", "Neu", access.Agent, nil)
		must(t, err)
		token := h.mailed(staff.InviteTemplate)
		var won atomic.Int32
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				_, err := h.Accept(context.Background(), token, fmt.Sprintf("Passwort Nummer %d", i), "Neu")
				if err == nil {
					won.Add(1)
				} else if !errs.Is(err, errs.Gone) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("%d passwords were set", won.Load())
		}
	})
}

func TestInvitationTakenBack(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"))
	ctx := context.Background()
	h := newHouse(t, d)
	made, err := h.Invite(ctx, h.ada, "neu@lindenau.example", "Neu", access.Agent, nil)
	must(t, err)
	token := h.mailed(staff.InviteTemplate)
	wantKind(t, "switching on who has no password", h.SetActive(ctx, h.ada, made.ID, true), errs.Conflict)
	must(t, h.SetActive(ctx, h.ada, made.ID, false))
	_, err = h.Accept(ctx, token, newPassword, "Neu")
	wantKind(t, "an invitation taken back", err, errs.Gone)
	must(t, h.ResendInvite(ctx, h.ada, made.ID))
	token = h.mailed(staff.InviteTemplate)
	h.clock.Advance(staff.InviteLifetime)
	_, err = h.PeekInvite(ctx, token)
	wantKind(t, "after seven days", err, errs.Gone)
}

func TestReset(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		h.session(h.ben.ID)
		for range 5 {
			_, err := h.SignIn(ctx, "ben@lindenau.example", "forgotten", network)
			wantKind(t, "sign-in", err, errs.Invalid)
		}
		must(t, h.RequestReset(ctx, "Ben@lindenau.example ", network))
		token := h.mailed(staff.ResetTemplate)
		if who, err := h.PeekReset(ctx, token); err != nil || who.ID != h.ben.ID {
			t.Fatalf("PeekReset %+v, %v", who, err)
		}
		_, err := h.PeekInvite(ctx, token)
		wantKind(t, "as an invitation", err, errs.Gone)
		_, err = h.Accept(ctx, token, newPassword, "Ben")
		wantKind(t, "accepted as an invitation", err, errs.Gone)
		if _, err := h.Reset(ctx, token, "ben@lindenau.example"); fields(err) != "password" {
			t.Errorf("bad password: %v", err)
		}
		in, err := h.Reset(ctx, token, newPassword)
		if err != nil || in.ID != h.ben.ID {
			t.Fatalf("reset %+v, %v", in, err)
		}
		if h.sessions(h.ben.ID) != 0 {
			t.Error("sessions live on after a reset")
		}
		if _, err := h.SignIn(ctx, "ben@lindenau.example", newPassword, network); err != nil {
			t.Errorf("after a reset: %v", err)
		}
		_, err = h.Reset(ctx, token, password)
		wantKind(t, "a second time", err, errs.Gone)
	})
}

func TestResetOnceInARace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		must(t, h.RequestReset(ctx, "ben@lindenau.example", network))
		token := h.mailed(staff.ResetTemplate)
		var won atomic.Int32
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if _, err := h.Reset(ctx, token, fmt.Sprintf("Passwort Nummer %d", i)); err == nil {
					won.Add(1)
				} else if !errs.Is(err, errs.Gone) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("%d passwords were set", won.Load())
		}
	})
}

func TestResetTellsNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		must(t, h.SetActive(ctx, h.ada, h.ben.ID, false))
		_, err := h.Invite(ctx, h.ada, "neu@lindenau.example", "Neu", access.Agent, nil)
		must(t, err)
		h.notices = nil
		for i, email := range []string{"nobody@lindenau.example", "ben@lindenau.example", "neu@lindenau.example", "not an address", "lea@lindenau.example"} {
			for range 3 {
				if err := h.RequestReset(ctx, email, fmt.Sprintf("192.0.2.%d", i)); err != nil {
					t.Errorf("%s: %v", email, err)
				}
			}
			wantKind(t, email+" a fourth time", h.RequestReset(ctx, email, fmt.Sprintf("192.0.2.%d", i)), errs.TooMany)
		}
		if len(h.notices) != 3 || h.notices[0].StaffID != h.lea.ID {
			t.Errorf("mails %+v", h.notices)
		}
		token := h.mailed(staff.ResetTemplate)
		must(t, h.SetActive(ctx, h.ada, h.lea.ID, false))
		_, err = h.Reset(ctx, token, newPassword)
		wantKind(t, "a reset of who left", err, errs.Gone)
		_, err = h.Render(ctx, staff.ResetTemplate, h.lea.ID, "https://desk.example")
		wantKind(t, "a mail to who left", err, errs.Gone)
		h.clock.Advance(time.Hour)
		for i := range 20 {
			must(t, h.RequestReset(ctx, fmt.Sprintf("a%d@x.example", i), network))
		}
		wantKind(t, "a network", h.RequestReset(ctx, "new@x.example", network), errs.TooMany)
	})
}

func TestResetExpires(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"))
	ctx := context.Background()
	h := newHouse(t, d)
	must(t, h.RequestReset(ctx, "ben@lindenau.example", network))
	token := h.mailed(staff.ResetTemplate)
	h.clock.Advance(staff.ResetLifetime)
	_, err := h.Reset(ctx, token, newPassword)
	wantKind(t, "after an hour", err, errs.Gone)
}

func TestRender(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"))
	ctx := context.Background()
	h := newHouse(t, d)
	made, err := h.Invite(ctx, h.ada, "neu@lindenau.example", "Neu {{.Link}} <b>", access.Agent, nil)
	must(t, err)
	w, err := h.Render(ctx, staff.InviteTemplate, made.ID, "https://desk.example/")
	must(t, err)
	link := w.Values[templates.ALink]
	if w.Key != templates.Invite || w.Language != "de" || w.Values[templates.StaffName] != "Neu {{.Link}} <b>" || w.Values[templates.LinkDays] != "7" ||
		!strings.HasPrefix(link, "https://desk.example/invite/") {
		t.Errorf("%+v", w)
	}
	if len(tokenOf(t, link)) != 43 {
		t.Errorf("token %q", tokenOf(t, link))
	}
	must(t, h.SetLanguage(ctx, h.ada, h.ben.ID, "en"))
	w, err = h.Render(ctx, staff.ResetTemplate, h.ben.ID, "https://desk.example")
	must(t, err)
	if w.Key != templates.Reset || w.Language != "en" || w.Values[templates.LinkMinutes] != "60" || !strings.HasPrefix(w.Values[templates.ALink], "https://desk.example/reset/") {
		t.Errorf("%+v", w)
	}
	_, err = h.Render(ctx, "staff.other", h.ben.ID, "https://desk.example")
	wantKind(t, "an unknown mail", err, errs.NotFound)
	_, err = h.Render(ctx, staff.ResetTemplate, ids.New(), "https://desk.example")
	wantKind(t, "a mail to nobody", err, errs.Gone)
}

func TestWithoutNotifier(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"))
	ctx := context.Background()
	h := newHouse(t, d)
	s, err := seal.Load(ctx, d, h.clock)
	must(t, err)
	dir := staff.New(d, s, clock.System{}, nil)
	_, err = dir.Invite(ctx, h.ada, "neu@lindenau.example", "Neu", access.Agent, nil)
	wantKind(t, "invite", err, errs.Unavailable)
	wantKind(t, "reset", dir.RequestReset(ctx, "ben@lindenau.example", network), errs.Unavailable)
}
