package domains

import (
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/ids"
)

// tick lets the background do its work.
func (w *world) tick(d *Domains) {
	w.t.Helper()
	w.must(d.Due(w.ctx))
	w.must(d.Queue.Work(w.ctx))
}

func (w *world) alarms() int {
	w.t.Helper()
	lead := w.admin
	lead.Role = access.Lead
	found, err := w.Alarms(w.ctx, lead)
	w.must(err)
	n := 0
	for _, d := range found {
		n += len(d.Alarms())
	}
	return n
}

// A domain is looked at daily, by one of two nodes; a record that was right and is
// not any more is an alarm once that is certain, and until it is mended.
func TestDailyCheckAndAlarm(t *testing.T) {
	each(t, func(w *world) {
		other := w.node(w.DB, w.Seal)
		other.snapshot.Alone, w.snapshot.Alone = false, false
		w.good()
		for _, k := range w.prepare().Keys {
			w.publish(k)
		}
		looks := func(what string, want int) {
			t.Helper()
			before := w.names.Asked("_dmarc." + lindenau)
			w.clock.Advance(5 * time.Second) // what nodes remember of each other's changes
			w.tick(w.Domains)
			w.tick(other)
			if got := (w.names.Asked("_dmarc."+lindenau) - before); got != want {
				t.Errorf("%s: looked %d times, want %d", what, got, want)
			}
		}
		looks("keys were just made", 0)
		w.clock.Advance(recheckSoon)
		looks("keys wait", 1)
		expect(t, "signs", w.signs(), "lotse-2026a lotse-2026a-ed")
		looks("just looked", 0)
		w.clock.Advance(recheckDaily - time.Minute)
		looks("not a day later", 0)
		w.clock.Advance(time.Minute)
		looks("a day later", 1)

		w.set(lindenau, "TXT", "other=1")
		w.clock.Advance(recheckDaily)
		looks("broken", 1)
		if n := w.alarms(); n != 0 {
			t.Errorf("%d alarms after one look", n)
		}
		w.clock.Advance(recheckSoon)
		looks("certain", 1)
		if n := w.alarms(); n != 1 {
			t.Errorf("%d alarms for an SPF record that went away", n)
		}
		w.set(lindenau, "TXT", "v=spf1 a:"+deskHost+" -all")
		w.clock.Advance(recheckOften)
		looks("mended", 1)
		if n := w.alarms(); n != 0 {
			t.Errorf("%d alarms after mending", n)
		}
	})
}

// What was never right is no alarm: a desk that begins is not scolded. But a key
// that signs without a record is one.
func TestNoAlarmForWhatNeverWas(t *testing.T) {
	each(t, func(w *world) {
		d := w.prepare()
		w.check()
		w.check()
		if n := w.alarms(); n != 0 {
			t.Errorf("%d alarms of a domain without records", n)
		}
		_, err := w.Activate(w.ctx, w.admin, lindenau, d.Keys[0].Selector)
		w.must(err)
		w.check()
		if n := w.alarms(); n != 1 {
			t.Errorf("%d alarms for a key that signs without its record", n)
		}
	})
}

// While name servers do not answer nothing is known, and nothing is taken back.
func TestNameServersAway(t *testing.T) {
	each(t, func(w *world) {
		w.good()
		for _, k := range w.prepare().Keys {
			w.publish(k)
		}
		w.check()
		w.names.Break("example", true)
		for range 2 {
			d := w.check()
			for _, kind := range Kinds() {
				expect(t, string(kind), string(d.State(kind)), string(Unknown))
			}
		}
		expect(t, "signs on", w.signs(), "lotse-2026a lotse-2026a-ed")
		if n := w.alarms(); n != 0 {
			t.Errorf("%d alarms because of name servers", n)
		}
	})
}

// Where nothing may be looked up, the records to set are shown all the same, and an
// administrator says when a key is to be used.
func TestWithoutResolver(t *testing.T) {
	each(t, func(w *world) {
		w.Resolver = nil
		w.tick(w.Domains)
		w.prepare()
		d := w.check()
		for _, c := range d.Checks {
			if c.State != Unknown || c.Key != "domain.unknown.off" {
				t.Errorf("%s: %s, %s", c.Kind, c.State, c.Key)
			}
		}
		expect(t, "record", d.Of(DKIM)[0].Wanted, d.Keys[0].Record())
	})
}

// A domain nobody writes from any more is left alone.
func TestDomainWithoutMailbox(t *testing.T) {
	each(t, func(w *world) {
		w.good()
		w.tick(w.Domains)
		w.accounts = []catalog.Account{mailbox(w.admin.BrandID, "hilfe@neu.example", "127.0.0.1", catalog.BySMTP)}
		before := w.names.Asked("_dmarc." + lindenau)
		w.clock.Advance(2 * recheckDaily)
		w.tick(w.Domains)
		w.must(w.work(w.ctx, Job{Domain: ids.New()}))
		if w.names.Asked("_dmarc."+lindenau) != before || w.names.Asked("_dmarc.neu.example") != 1 {
			t.Error("the wrong domain was looked at")
		}
	})
}

// A policy of the organisation that goes away is looked for at another name, and
// missed all the same.
func TestAPolicyFromAboveIsMissed(t *testing.T) {
	each(t, func(w *world) {
		const domain = "netz.lindenau.example"
		w.accounts = []catalog.Account{mailbox(w.admin.BrandID, "hilfe@"+domain, "127.0.0.1", catalog.ByNone)}
		look := func() {
			_, err := w.Check(w.ctx, w.admin, domain)
			w.must(err)
		}
		w.set("_dmarc."+lindenau, "TXT", "v=DMARC1; p=none")
		look()
		w.set("_dmarc."+lindenau, "TXT")
		look()
		look()
		if n := w.alarms(); n != 1 {
			t.Errorf("%d alarms for a policy that went away", n)
		}
	})
}

// Where it can't be told whether our mail is proven, a strict policy is no fault.
func TestNothingIsSaidOfWhatCantBeTold(t *testing.T) {
	each(t, func(w *world) {
		w.good()
		w.set("_dmarc."+lindenau, "TXT", "v=DMARC1; p=reject")
		w.set(lindenau, "TXT", "other=1")
		for _, k := range w.prepare().Keys {
			w.publish(k)
		}
		w.check() // from now on it is signed
		expect(t, "signed", string(w.check().State(DMARC)), string(OK))
		w.names.Break("_domainkey."+lindenau, true)
		w.check()
		expect(t, "away", string(w.check().State(DMARC)), string(Unknown))
		if n := w.alarms(); n != 0 {
			t.Errorf("%d alarms because of name servers", n)
		}
	})
}

// The private part of a key is erased when its time is over, also where nothing is
// looked up and of domains nobody writes from any more.
func TestKeysEndByThemselves(t *testing.T) {
	each(t, func(w *world) {
		w.Resolver = nil
		name := w.prepare().Keys[0].Selector
		_, err := w.Activate(w.ctx, w.admin, lindenau, name)
		w.must(err)
		_, err = w.Drop(w.ctx, w.admin, lindenau, name)
		w.must(err)
		w.accounts = nil
		left := func(want int) {
			t.Helper()
			w.tick(w.Domains)
			n := -1
			w.must(w.DB.Read().NewRaw("SELECT count(*) FROM dkim_keys WHERE selector = ? AND length(private) > 0", name).Scan(w.ctx, &n))
			if n != want {
				t.Errorf("%d private parts, want %d", n, want)
			}
		}
		w.clock.Advance(KeepRecord - time.Second)
		left(1)
		w.clock.Advance(10 * time.Second)
		left(0)
	})
}
