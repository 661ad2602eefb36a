package domains

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// A key signs once its record was seen, retires when the next one does, and is
// erased a week later.
func TestKeysRotate(t *testing.T) {
	each(t, func(w *world) {
		w.Domains.newKey = newKey
		w.good()
		d := w.prepare()
		expect(t, "prepared", w.keys(d)+w.signs(), "lotse-2026a prepared, lotse-2026a-ed prepared")
		first, second := d.Keys[0], d.Keys[1]
		expect(t, "not seen", w.keys(w.check()), "lotse-2026a prepared, lotse-2026a-ed prepared")
		w.publish(first)
		d = w.check()
		expect(t, "one seen", w.keys(d), "lotse-2026a active, lotse-2026a-ed prepared")
		expect(t, "one signs", w.signs(), "lotse-2026a")
		w.publish(second)
		w.check()
		expect(t, "both sign", w.signs(), "lotse-2026a lotse-2026a-ed")
		checkSigners(t, w)

		w.clock.Advance(300 * 24 * time.Hour)
		d = w.prepare()
		expect(t, "next", w.signs(), "lotse-2026a lotse-2026a-ed")
		expect(t, "next year", w.keys(d), "lotse-2027a prepared, lotse-2027a-ed prepared, lotse-2026a active, lotse-2026a-ed active")
		w.publish(d.Keys[0])
		w.publish(d.Keys[1])
		d = w.check()
		expect(t, "changed", w.keys(d), "lotse-2027a active, lotse-2027a-ed active, lotse-2026a retiring, lotse-2026a-ed retiring")
		expect(t, "new ones sign", w.signs(), "lotse-2027a lotse-2027a-ed")
		w.clock.Advance(KeepRecord - time.Minute)
		expect(t, "still there", w.keys(w.check()), "lotse-2027a active, lotse-2027a-ed active, lotse-2026a retiring, lotse-2026a-ed retiring")
		w.clock.Advance(time.Minute)
		d = w.check()
		expect(t, "erased", w.keys(d), "lotse-2027a active, lotse-2027a-ed active, lotse-2026a gone, lotse-2026a-ed gone")
		left := -1
		w.must(w.DB.Read().NewRaw("SELECT count(*) FROM dkim_keys WHERE state = 4 AND length(private) > 0").Scan(w.ctx, &left))
		if left != 0 {
			t.Errorf("%d private parts are left of keys that are gone", left)
		}
	})
}

// What signs fits the record.
func checkSigners(t *testing.T, w *world) {
	t.Helper()
	keys, err := w.SigningKeys(w.ctx, lindenau)
	w.must(err)
	d, err := w.Get(w.ctx, w.admin, lindenau)
	w.must(err)
	for _, signs := range keys {
		k, _ := d.Key(signs.Selector)
		switch private := signs.Signer.(type) {
		case *rsa.PrivateKey:
			if private.N.BitLen() != rsaBits || k.Algorithm != RSA {
				t.Errorf("%s: %d bits for %s", k.Selector, private.N.BitLen(), k.Algorithm)
			}
		case ed25519.PrivateKey:
			digest := sha256.Sum256([]byte("x"))
			signature, err := private.Sign(nil, digest[:], crypto.Hash(0))
			if err != nil || !ed25519.Verify(k.public, digest[:], signature) {
				t.Errorf("%s: the record does not fit: %v", k.Selector, err)
			}
		default:
			t.Errorf("%s is a %T", k.Selector, private)
		}
	}
}

func TestKeysByHand(t *testing.T) {
	each(t, func(w *world) {
		d := w.prepare()
		name := d.Keys[0].Selector
		if _, err := w.Prepare(w.ctx, w.admin, lindenau); !errs.Is(err, errs.Conflict) {
			t.Errorf("keys are prepared while others wait: %v", err)
		}
		d, err := w.Activate(w.ctx, w.admin, lindenau, name)
		w.must(err)
		expect(t, "used unseen", w.keys(d), "lotse-2026a active, lotse-2026a-ed prepared")
		expect(t, "signs unseen", w.signs(), "lotse-2026a")
		if _, err := w.Activate(w.ctx, w.admin, lindenau, name); !errs.Is(err, errs.Conflict) {
			t.Errorf("used twice: %v", err)
		}
		_, err = w.Drop(w.ctx, w.admin, lindenau, name+"-ed")
		w.must(err)
		d, err = w.Drop(w.ctx, w.admin, lindenau, name)
		w.must(err)
		expect(t, "dropped", w.keys(d)+w.signs(), "lotse-2026a retiring, lotse-2026a-ed gone")
		if _, err := w.Drop(w.ctx, w.admin, lindenau, name); !errs.Is(err, errs.Conflict) {
			t.Errorf("dropped twice: %v", err)
		}
		if _, err := w.Drop(w.ctx, w.admin, lindenau, "nothing"); !errs.Is(err, errs.NotFound) {
			t.Errorf("no such key: %v", err)
		}
		// A selector is never used twice: not one of ours, nor that of another desk.
		w.set("lotse-2026b._domainkey."+lindenau, "TXT", "v=DKIM1; p=")
		w.clock.Advance(time.Minute)
		expect(t, "next", w.prepare().Keys[0].Selector, "lotse-2026c")
	})
}

func TestManySelectors(t *testing.T) {
	for n, want := range map[int]string{0: "lotse-2026a", 25: "lotse-2026z", 26: "lotse-2026a1", 53: "lotse-2026b2"} {
		expect(t, "selector", nthSelector(2026, n), want)
	}
}

// A domain belongs to who writes from it.
func TestDomainsAreTheBrands(t *testing.T) {
	each(t, func(w *world) {
		other := access.Actor{Kind: access.Staff, ID: ids.New(), BrandID: ids.New(), Role: access.Admin}
		w.accounts = append(w.accounts, mailbox(other.BrandID, "hallo@stadtbad.example", "127.0.0.1", catalog.BySMTP),
			mailbox(w.admin.BrandID, "netz@Lindenau.Example", "127.0.0.1", catalog.ByNone), mailbox(w.admin.BrandID, "netz@strömung.example", "127.0.0.1", catalog.ByNone))
		all, err := w.List(w.ctx, w.admin)
		w.must(err)
		if len(all) != 2 || all[0].Name != lindenau || len(all[0].Addresses) != 2 || all[1].Name != "xn--strmung-c1a.example" || all[1].Shown() != "strömung.example" {
			t.Errorf("domains: %+v", all)
		}
		for what, act := range map[string]func() error{
			"Get":      func() error { _, err := w.Get(w.ctx, other, lindenau); return err },
			"Check":    func() error { _, err := w.Check(w.ctx, other, lindenau); return err },
			"Prepare":  func() error { _, err := w.Prepare(w.ctx, other, lindenau); return err },
			"Activate": func() error { _, err := w.Activate(w.ctx, other, lindenau, "x"); return err },
			"Drop":     func() error { _, err := w.Drop(w.ctx, other, lindenau, "x"); return err },
		} {
			if err := act(); !errs.Is(err, errs.NotFound) {
				t.Errorf("%s of another brand's domain: %v", what, err)
			}
		}
	})
}
