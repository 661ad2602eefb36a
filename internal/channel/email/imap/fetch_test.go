package imap

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"

	"lotse/internal/catalog"
	"lotse/internal/mailbox"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

func numbers(from, to int) []string {
	var all []string
	for i := from; i <= to; i++ {
		all = append(all, fmt.Sprintf("Frage %d", i))
	}
	return all
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("kept %d: %q\nwant %d: %q", len(got), got[:min(len(got), 12)], len(want), want[:min(len(want), 12)])
	}
}

func TestFetchesAllInOrderAndWaitsForMore(t *testing.T) {
	for name, caps := range map[string]goimap.CapSet{"idle": {goimap.CapIMAP4rev1: {}, goimap.CapIdle: {}}, "polling": {goimap.CapIMAP4rev1: {}}} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, func(s *server) { s.caps = caps })
			s.mail(numbers(1, 250)...)
			d := newDesk(s.account())
			run(t, newFetchers(t, d))
			d.wait(t, 250)
			s.mail(numbers(251, 260)...)
			d.wait(t, 260)
			same(t, d.subjects(), numbers(1, 260))
			if d.twice() != 0 {
				t.Errorf("%d came twice", d.twice())
			}
			a := d.all()[0].arrival
			if a.Trace.From != "jonas@kunde.example" || a.Trace.Host != "127.0.0.1" || a.Trace.Peer != "" || len(a.Trace.To) != 0 || a.Channel != catalog.Email {
				t.Errorf("arrival = %+v", a)
			}
			if got := d.last(a.AccountID); !got.OK || got.Step != mailbox.Read {
				t.Errorf("noted %+v", got)
			}
		})
	}
}

func TestNothingChangesOnTheServer(t *testing.T) {
	s := newServer(t)
	s.mail("eins", "zwei")
	d := newDesk(s.account())
	stop := run(t, newFetchers(t, d))
	d.wait(t, 2)
	stop()
	status, err := s.user.Status("INBOX", &goimap.StatusOptions{NumUnseen: true, NumMessages: true})
	if err != nil || *status.NumUnseen != 2 || *status.NumMessages != 2 {
		t.Fatalf("status = %+v, %v", status, err)
	}
}

func TestGoesOnWhereItStopped(t *testing.T) {
	s := newServer(t)
	d := newDesk(s.account())
	s.mail(numbers(1, 5)...)
	stop := run(t, newFetchers(t, d))
	d.wait(t, 5)
	stop()
	s.mail(numbers(6, 305)...)
	before := s.number(&s.fetches)
	run(t, newFetchers(t, d)) // another process
	d.wait(t, 305)
	same(t, d.subjects(), numbers(1, 305))
	if d.twice() != 0 || s.number(&s.fetches)-before > 4 {
		t.Errorf("%d came twice, %d commands", d.twice(), s.number(&s.fetches)-before)
	}
}

func TestFetchedAgainAfterACrashIsKnown(t *testing.T) {
	s := newServer(t)
	d := newDesk(s.account())
	s.mail(numbers(1, 3)...)
	stop := run(t, newFetchers(t, d))
	d.wait(t, 3)
	stop()
	d.set(func() { // kept, but the cursor was not
		for at, c := range d.cursors {
			c.UID = 1
			d.cursors[at] = c
		}
	})
	s.mail("Frage 4")
	run(t, newFetchers(t, d))
	d.wait(t, 4)
	same(t, d.subjects(), numbers(1, 4))
	if d.twice() != 2 {
		t.Errorf("%d came again, want 2", d.twice())
	}
}

func TestOtherUIDs(t *testing.T) {
	s := newServer(t)
	d := newDesk(s.account())
	s.mail(numbers(1, 4)...)
	run(t, newFetchers(t, d))
	d.wait(t, 4)
	if err := s.user.Delete("INBOX"); err != nil {
		t.Fatal(err)
	}
	s.create() // another UIDVALIDITY
	s.mail("Frage 3", "Frage 1", "Frage 5")
	s.hangUp()
	d.wait(t, 5)
	same(t, d.subjects(), numbers(1, 5))
	if d.twice() != 2 {
		t.Errorf("%d came again, want 2", d.twice())
	}
}

func TestFromNowOn(t *testing.T) {
	s := newServer(t)
	s.put(letter("alt"), time.Now().AddDate(0, -1, 0))
	a := s.account()
	a.Receive.Since = catalog.SinceNow
	d := newDesk(a)
	run(t, newFetchers(t, d))
	until(t, "the mailbox is open", func() bool { return d.last(a.ID).OK })
	s.mail("neu")
	s.put(letter("hineingelegt"), time.Now().AddDate(-1, 0, 0)) // somebody moved it here
	d.wait(t, 2)
	if err := s.user.Delete("INBOX"); err != nil { // all have other UIDs
		t.Fatal(err)
	}
	s.create()
	s.put(letter("alt"), time.Now().AddDate(0, -1, 0))
	s.mail("neu", "neuer")
	s.hangUp()
	d.wait(t, 3)
	same(t, d.subjects(), []string{"neu", "hineingelegt", "neuer"})
}

func TestFromADayOn(t *testing.T) {
	s := newServer(t)
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	s.put(letter("lange her"), day.AddDate(-1, 0, 0))
	s.put(letter("knapp vorher"), day.Add(-time.Second))
	s.put(letter("an dem Tag"), day)
	s.put(letter("danach"), day.AddDate(0, 1, 0))
	a := s.account()
	a.Receive.Since = "2026-03-01"
	d := newDesk(a)
	run(t, newFetchers(t, d))
	d.wait(t, 2)
	s.put(letter("hineingelegt"), day.AddDate(-2, 0, 0))
	d.wait(t, 3)
	same(t, d.subjects(), []string{"an dem Tag", "danach", "hineingelegt"})
}

func TestPoisonGoesOn(t *testing.T) {
	for _, fault := range []string{"no", "cut"} {
		t.Run(fault, func(t *testing.T) {
			s := newServer(t)
			s.mail(numbers(1, 6)...)
			s.set(func() { s.poison[3] = fault })
			d := newDesk(s.account())
			stop := run(t, newFetchers(t, d))
			d.wait(t, 6)
			same(t, d.subjects(), numbers(1, 6)) // of the third the header
			for i, k := range d.all() {
				if reason := k.arrival.Trace.Fault; (reason == unreadable) != (i == 2) || strings.Contains(k.raw, "Text") == (i == 2) {
					t.Errorf("mail %d: fault %q, %q", i+1, reason, k.raw)
				}
			}
			s.mail("Frage 7")
			d.wait(t, 7)
			s.set(func() { clear(s.poison) }) // it can be read after all
			stop()
			run(t, newFetchers(t, d))
			d.wait(t, 8)
			if k := d.all()[7]; k.subject != "Frage 3" || k.arrival.Trace.Fault != "" {
				t.Errorf("at last came %+v", k)
			}
			until(t, "nothing is held back", func() bool {
				d.mu.Lock()
				defer d.mu.Unlock()
				for _, c := range d.cursors {
					return c.Held == "" && c.UID == 7
				}
				return false
			})
		})
	}
}

func TestAServerThatGivesNothingIsAFailure(t *testing.T) {
	s := newServer(t)
	s.mail(numbers(1, 5)...)
	s.set(func() {
		for uid := range 5 {
			s.poison[goimap.UID(uid+1)] = "no"
		}
	})
	d := newDesk(s.account())
	run(t, newFetchers(t, d))
	until(t, "it is noted", func() bool { return d.last(d.accounts[0].ID).Key == "mailbox.remedy.refused" })
	s.set(func() { clear(s.poison) })
	d.wait(t, 5)
	same(t, d.subjects(), numbers(1, 5))
	for _, k := range d.all() {
		if k.arrival.Trace.Fault != "" {
			t.Errorf("%s is a note", k.subject)
		}
	}
}

func TestLargeMails(t *testing.T) {
	s := newServer(t)
	big := letter("groß") + strings.Repeat("0123456789abcdef\r\n", 100_000) // a file
	s.put(big, time.Time{})
	s.put(letter("zu groß")+strings.Repeat("0123456789abcdef\r\n", 200_000), time.Time{})
	s.mail("klein")
	d := newDesk(s.account())
	f := newFetchers(t, d)
	run(t, f)
	d.wait(t, 3)
	same(t, d.subjects(), []string{"groß", "zu groß", "klein"})
	all := d.all()
	if all[0].raw != big || all[0].arrival.Trace.Fault != "" {
		t.Errorf("the large mail has %d bytes, want %d", len(all[0].raw), len(big))
	}
	if all[1].arrival.Trace.Fault != tooLarge || len(all[1].raw) > 1000 {
		t.Errorf("the too large mail: %q, %d bytes", all[1].arrival.Trace.Fault, len(all[1].raw))
	}
	until(t, "no file stays behind", func() bool { return len(files(t, f.SpoolDir)) == 0 })
}

func TestTheSameMailTwiceInTheBox(t *testing.T) {
	s := newServer(t)
	s.mail("eins", "eins", "zwei")
	d := newDesk(s.account())
	run(t, newFetchers(t, d))
	d.wait(t, 2)
	same(t, d.subjects(), []string{"eins", "zwei"})
}

func TestExpungedMeanwhile(t *testing.T) {
	s := newServer(t)
	s.mail(numbers(1, 4)...)
	d := newDesk(s.account())
	d.down = errDown
	run(t, newFetchers(t, d))
	if err := s.expunge(2, 4); err != nil {
		t.Fatal(err)
	}
	d.set(func() { d.down = nil })
	d.wait(t, 2)
	s.mail("Frage 5")
	d.wait(t, 3)
	same(t, d.subjects(), []string{"Frage 1", "Frage 3", "Frage 5"})
}

var errDown = errs.New(errs.Unavailable, "error.unavailable")

func TestDatabaseAwayInMidFetch(t *testing.T) {
	s := newServer(t)
	s.mail(numbers(1, 400)...)
	d := newDesk(s.account())
	outages := 0
	d.accepted = func(n int) {
		if outages++; outages <= 3 { // kept, but the cursor is not
			d.down = errDown
			time.AfterFunc(30*time.Millisecond, func() { d.set(func() { d.down = nil }) })
		}
	}
	run(t, newFetchers(t, d))
	d.wait(t, 400)
	same(t, d.subjects(), numbers(1, 400))
}

func TestServerRestartsWhileWeWait(t *testing.T) {
	s := newServer(t)
	d := newDesk(s.account())
	s.mail("Frage 1")
	run(t, newFetchers(t, d))
	d.wait(t, 1)
	s.restart(func() {
		s.mail("Frage 2")
		until(t, "it is noted", func() bool { r := d.last(d.accounts[0].ID); return !r.OK && r.Step == mailbox.Connect })
	})
	d.wait(t, 2)
	until(t, "it is well again", func() bool { return d.last(d.accounts[0].ID).OK })
	same(t, d.subjects(), numbers(1, 2))
}

func TestLostConnectionIsOpenedAgain(t *testing.T) {
	s := newServer(t)
	d := newDesk(s.account())
	run(t, newFetchers(t, d))
	until(t, "it is open", func() bool { return d.last(d.accounts[0].ID).OK })
	n := s.number(&s.sessions)
	s.hangUp() // nothing is noted of a connection that can be opened again
	until(t, "it is opened again", func() bool { return s.number(&s.sessions) > n })
	s.mail("Frage 1")
	d.wait(t, 1)
	for _, r := range d.noted(d.accounts[0].ID) {
		if !r.OK {
			t.Errorf("noted %+v", r)
		}
	}
}

// TestSilentServerIsNoticed: the connection is there and nobody answers, as when a
// machine hangs or a firewall forgets a connection.
func TestSilentServerIsNoticed(t *testing.T) {
	s := newServer(t)
	p := newProxy(t, s)
	d := newDesk(account("127.0.0.1", p.port()))
	id := d.accounts[0].ID
	f := newFetchers(t, d)
	f.timing.command = 300 * time.Millisecond
	run(t, f)
	until(t, "it is open", func() bool { return d.last(id).OK })
	p.mu.Lock() // nothing passes
	until(t, "it is noted", func() bool { return d.last(id).Key == "mailbox.remedy.greeting" })
	p.mu.Unlock()
	s.mail("Frage 1")
	d.wait(t, 1)
	until(t, "it is well again", func() bool { return d.last(id).OK })
}

// TestTimesAddUp: a server that is silently gone is an alarm before two minutes
// are over.
func TestTimesAddUp(t *testing.T) {
	noticed := usual.idle + usual.command + 2*usual.backoff + dialTime
	if total := noticed + mailbox.AlarmAfter + 5*time.Second; total > 2*time.Minute {
		t.Errorf("it takes %v", total)
	}
	if usual.idle > 29*time.Minute || usual.beat >= mailbox.Heartbeat || usual.lease/3 >= mailbox.Heartbeat {
		t.Errorf("timing = %+v", usual)
	}
}

func TestOneFetcherOverAllNodes(t *testing.T) {
	s := newServer(t)
	d := newDesk(s.account())
	s.mail(numbers(1, 120)...)
	first := newFetchers(t, d)
	stop := run(t, first)
	d.wait(t, 120)
	run(t, newFetchers(t, d))
	s.mail("Frage 121")
	d.wait(t, 121)
	if n := s.number(&s.sessions); n != 1 {
		t.Errorf("%d sessions", n)
	}
	stop()
	s.mail("Frage 122")
	d.wait(t, 122) // by the other one
	same(t, d.subjects(), numbers(1, 122))
	if d.twice() != 0 {
		t.Errorf("%d were fetched twice", d.twice())
	}
}

func TestWhoLosesTheLeaseStops(t *testing.T) {
	s := newServer(t)
	d := newDesk(s.account())
	run(t, newFetchers(t, d))
	id := d.accounts[0].ID
	until(t, "it is open", func() bool { return d.last(id).OK })
	d.set(func() { d.leases[id] = lease{ids.New(), time.Now().Add(time.Hour)} })
	until(t, "the session ends", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.open) == 0 })
	d.set(func() { delete(d.leases, id) })
	s.mail("Frage 1")
	d.wait(t, 1)
}

func TestOneBadMailboxBlocksNoOther(t *testing.T) {
	s := newServer(t)
	good, bad, away := s.account(), s.account(), s.account()
	bad.Receive.Password = "falsch"
	away.Receive.Port = closedPort(t)
	d := newDesk(bad, away, good)
	s.mail(numbers(1, 3)...)
	run(t, newFetchers(t, d))
	d.wait(t, 3)
	until(t, "both are noted", func() bool {
		return d.last(bad.ID).Key == "mailbox.remedy.password" && d.last(away.ID).Key == "mailbox.remedy.connect"
	})
	if r := d.last(bad.ID); r.Step != mailbox.SignIn || r.Field != "receive_password" || r.Args["User"] != "hilfe" {
		t.Errorf("noted %+v", r)
	}
	d.set(func() { d.accounts[0].Receive.Password = "geheim" }) // an administrator mends it
	until(t, "it is well", func() bool { return d.last(bad.ID).OK })
}

func TestSwitchedOffAndOn(t *testing.T) {
	s := newServer(t)
	d := newDesk(s.account())
	s.mail("Frage 1")
	run(t, newFetchers(t, d))
	d.wait(t, 1)
	d.set(func() { d.accounts[0].Active = false })
	until(t, "the session ends", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.open) == 0 })
	s.mail("Frage 2")
	d.set(func() { d.accounts[0].Active = true })
	d.wait(t, 2)
	same(t, d.subjects(), numbers(1, 2))
}

func TestProgressIsSeen(t *testing.T) {
	s := newServer(t)
	s.mail(numbers(1, 950)...)
	d := newDesk(s.account())
	run(t, newFetchers(t, d))
	d.wait(t, 950)
	until(t, "nothing waits", func() bool { d.mu.Lock(); defer d.mu.Unlock(); return d.waiting[len(d.waiting)-1] == 0 })
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.waiting[0] != 950 {
		t.Errorf("waiting = %v", d.waiting)
	}
}

func TestBeat(t *testing.T) {
	s := newServer(t)
	d := newDesk(s.account())
	run(t, newFetchers(t, d))
	until(t, "it is repeated", func() bool { return len(d.noted(d.accounts[0].ID)) > 3 })
}

func TestFaultOfOurOwnIsToldApart(t *testing.T) {
	r := account("mail.example", 993).Receive
	err := failed(mailbox.Keep, r, "", "keep", errors.New("disk full"))
	if got := resultOf(err); got.Step != mailbox.Keep || got.Args["Words"] != "disk full" {
		t.Errorf("result = %+v", got)
	}
	if got := resultOf(errors.New("x")); got.Key != "mailbox.fault.other" {
		t.Errorf("result = %+v", got)
	}
}
