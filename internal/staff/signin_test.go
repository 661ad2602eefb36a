package staff_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/staff"
)

func TestSignIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		must(t, h.SetTeams(ctx, h.ada, h.ben.ID, []ids.ID{h.service}))
		in, err := h.SignIn(ctx, " Ben@Lindenau.example", password, network)
		if err != nil || in.ID != h.ben.ID || in.BrandID != h.lindenau || len(in.Teams) != 1 || in.LastSeenAt.IsZero() {
			t.Errorf("signed in %+v, %v", in, err)
		}
		_, err = h.SignIn(ctx, "", "", network)
		if fields(err) != "email password" {
			t.Errorf("empty: %v", err)
		}
		must(t, h.SetActive(ctx, h.ada, h.ben.ID, false))
		invited, err := h.Invite(ctx, h.ada, "neu@lindenau.example", "Neu", access.Agent, nil)
		must(t, err)
		// Who is there, who is not, who left and who has not come yet: one answer,
		// and one password hashed for each.
		for i, c := range [][2]string{
			{"lea@lindenau.example", "not the password"},
			{"nobody@lindenau.example", password},
			{"ben@lindenau.example", password},
			{invited.Email, password},
			{"lea@lindenau.example\x00", strings.Repeat("x", 1000)},
			{strings.Repeat("l", 10000) + "@x.example", password},
		} {
			before := h.PasswordsChecked()
			_, err := h.SignIn(ctx, c[0], c[1], fmt.Sprintf("192.0.2.%d", i+10))
			f := errs.Fields(err)
			if len(f) != 1 || f[0].Field != "password" || f[0].Key != "staff.sign_in.wrong" {
				t.Errorf("%.40q: %v", c[0], err)
			}
			if n := h.PasswordsChecked() - before; n != 1 {
				t.Errorf("%.40q: %d passwords hashed, want 1", c[0], n)
			}
		}
	})
}

func TestSignInIsLimited(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		for _, email := range []string{"ben@lindenau.example", "nobody@lindenau.example"} {
			for range 5 {
				_, err := h.SignIn(ctx, email, "wrong", network)
				wantKind(t, email, err, errs.Invalid)
			}
			before := h.PasswordsChecked()
			_, err := h.SignIn(ctx, email, password, "192.0.2.99")
			wantKind(t, email+" with the right password", err, errs.TooMany)
			if h.PasswordsChecked() != before {
				t.Error("who is shut out costs a hash")
			}
		}
		if _, err := h.SignIn(ctx, "lea@lindenau.example", password, network); err != nil {
			t.Errorf("a colleague is shut out too: %v", err)
		}
		h.clock.Advance(15 * time.Minute)
		if _, err := h.SignIn(ctx, "ben@lindenau.example", password, network); err != nil {
			t.Errorf("after the window: %v", err)
		}
	})
}

func TestSignInLimitPerNetwork(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"))
	ctx := context.Background()
	h := newHouse(t, d)
	for i := range 30 {
		_, err := h.SignIn(ctx, fmt.Sprintf("a%d@x.example", i), "wrong", network)
		wantKind(t, "guess", err, errs.Invalid)
	}
	_, err := h.SignIn(ctx, "ben@lindenau.example", password, network)
	wantKind(t, "from the same network", err, errs.TooMany)
	if _, err := h.SignIn(ctx, "ben@lindenau.example", password, "192.0.2.2"); err != nil {
		t.Errorf("from another network: %v", err)
	}
}

func TestActor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		ctx, n := db.WithCounter(context.Background())
		second, err := h.CreateTeam(ctx, h.ada, teamForm("Technik"))
		must(t, err)
		must(t, h.SetTeams(ctx, h.ada, h.ben.ID, []ids.ID{h.service, second.ID}))
		if _, err := h.Actor(ctx, h.ben.ID); err != nil { // notes that Ben is here
			t.Fatal(err)
		}
		n.Store(0)
		a, err := h.Actor(ctx, h.ben.ID)
		if err != nil || a.Kind != access.Staff || a.ID != h.ben.ID || a.BrandID != h.lindenau || a.Role != access.Agent || a.Name != "ben" || !a.InTeam(h.service) || !a.InTeam(second.ID) || len(a.Teams) != 2 {
			t.Errorf("actor %+v, %v", a, err)
		}
		if n.Load() != 1 {
			t.Errorf("it costs %d statements", n.Load())
		}
		seen := h.get(h.ben.ID).LastSeenAt
		h.clock.Advance(5 * time.Minute)
		if _, err := h.Actor(ctx, h.ben.ID); err != nil || h.get(h.ben.ID).LastSeenAt == seen {
			t.Errorf("nobody noted that Ben is still here (%v)", err)
		}
		must(t, h.SetActive(ctx, h.ada, h.ben.ID, false))
		_, err = h.Actor(ctx, h.ben.ID)
		wantKind(t, "who left", err, errs.SignedOut)
		_, err = h.Actor(ctx, ids.New())
		wantKind(t, "who never was", err, errs.SignedOut)
		d.Close()
		_, err = h.Actor(ctx, h.ada.ID)
		wantKind(t, "with the database away", err, errs.Unavailable)
	})
}

func TestChangePassword(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		h.session(h.ben.ID)
		h.session(h.lea.ID)
		if err := h.ChangePassword(ctx, h.ben, "wrong", newPassword); fields(err) != "old_password" {
			t.Errorf("wrong old password: %v", err)
		}
		if err := h.ChangePassword(ctx, h.ben, password, "short"); fields(err) != "password" {
			t.Errorf("short new password: %v", err)
		}
		if h.sessions(h.ben.ID) != 1 {
			t.Error("a refused change signs out")
		}
		must(t, h.ChangePassword(ctx, h.ben, password, newPassword))
		if h.sessions(h.ben.ID) != 0 || h.sessions(h.lea.ID) != 1 {
			t.Error("the sessions of Ben end, those of Lea do not")
		}
		_, err := h.SignIn(ctx, h.get(h.ben.ID).Email, password, network)
		wantKind(t, "the old password", err, errs.Invalid)
		if _, err := h.SignIn(ctx, h.get(h.ben.ID).Email, newPassword, network); err != nil {
			t.Error(err)
		}
		for range 5 {
			wantKind(t, "guess", h.ChangePassword(ctx, h.lea, "wrong", newPassword), errs.Invalid)
		}
		wantKind(t, "after five guesses", h.ChangePassword(ctx, h.lea, password, newPassword), errs.TooMany)
		wantKind(t, "nobody", h.ChangePassword(ctx, access.Actor{}, password, newPassword), errs.SignedOut)
		wantKind(t, "the program", h.ChangePassword(ctx, access.Lotse(h.lindenau), password, newPassword), errs.Forbidden)
	})
}

func TestNoSecretIsStored(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		_, err := h.Invite(ctx, h.ada, "neu@lindenau.example", "Neu", access.Agent, nil)
		must(t, err)
		unused := h.mailed(staff.InviteTemplate)
		must(t, h.RequestReset(ctx, "ben@lindenau.example", network))
		used := h.mailed(staff.ResetTemplate)
		_, err = h.Reset(ctx, used, newPassword)
		must(t, err)
		_, err = h.SignIn(ctx, "lea@lindenau.example", "wrong but secret", network)
		wantKind(t, "sign-in", err, errs.Invalid)
		all := h.texts()
		if !strings.Contains(all, "neu@lindenau.example") || !strings.Contains(all, "$argon2id$") {
			t.Fatal("the scan does not see what is there")
		}
		for name, secret := range map[string]string{"password": password, "new password": newPassword, "mistyped password": "wrong but secret", "unused link": unused, "used link": used} {
			if len(secret) < 10 || strings.Contains(all, secret) {
				t.Errorf("the %s is in a table", name)
			}
		}
		if strings.Contains(all, network) {
			t.Error("the network of who tried is in a table")
		}
	})
}
