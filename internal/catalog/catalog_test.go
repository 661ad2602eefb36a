package catalog_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
	"lotse/internal/platform/snapshot"
)

// house is a desk of two brands with a team each.
type house struct {
	t       *testing.T
	db      *db.DB
	clock   *clock.Fixed
	seal    *seal.Sealer
	catalog *catalog.Catalog
	lindenau, other,
	team, otherTeam ids.ID
	admin access.Actor
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	ctx := context.Background()
	h := &house{t: t, db: d, clock: clock.NewFixed(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))}
	var err error
	if h.seal, err = seal.Load(ctx, d, h.clock); err != nil {
		t.Fatal(err)
	}
	h.catalog = h.anotherNode()
	h.lindenau, h.team = h.brand("main", "Lindenau", "")
	h.clock.Advance(time.Second)
	h.other, h.otherTeam = h.brand("other", "Other", "help.other.example")
	h.admin = h.actor(h.lindenau, access.Admin)
	return h
}

func (h *house) anotherNode() *catalog.Catalog { return catalog.New(h.db, h.seal, h.clock) }

func (h *house) actor(brand ids.ID, role access.Role) access.Actor {
	return access.Actor{Kind: access.Staff, ID: ids.New(), BrandID: brand, Role: role}
}

func (h *house) brand(slug, name, host string) (brand, team ids.ID) {
	h.t.Helper()
	team = ids.New()
	err := h.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		b, err := h.catalog.ClaimBrandTx(ctx, tx, slug, catalog.BrandForm{Name: name, Host: host, Language: "de"})
		if err != nil {
			return err
		}
		brand = b.ID
		_, err = tx.ExecContext(ctx, "INSERT INTO teams (id, brand_id, name, calendar, answer_minutes, restricted, created_at) VALUES (?, ?, 'T', ?, 1, ?, 1)", team, brand, []byte("{}"), false)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return brand, team
}

func (h *house) form(address string) catalog.AccountForm {
	return catalog.AccountForm{TeamID: h.team, Address: address, Name: "Kundenservice", Language: "de",
		Relay: catalog.RelaySettings{Host: "smtp.lindenau.example", Port: 587, Security: catalog.StartTLS, User: "lotse", Password: "geheim"}}
}

func (h *house) account(address string) catalog.PublicAccount {
	h.t.Helper()
	a, err := h.catalog.CreateAccount(context.Background(), h.admin, h.form(address))
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

func fields(err error) string {
	var names []string
	for _, f := range errs.Fields(err) {
		names = append(names, f.Field)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " ")
}

func TestBrandByHost(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		for host, want := range map[string]ids.ID{
			"help.other.example":       h.other,
			"HELP.other.example.:8443": h.other,
			"lindenau.example":         h.lindenau,
			"":                         h.lindenau,
			"[::1]:8080":               h.lindenau,
		} {
			if b, err := h.catalog.BrandByHost(context.Background(), host); err != nil || b.ID != want {
				t.Errorf("%q: %s, %v", host, b.Name, err)
			}
		}
	})
}

func TestEmptyDeskHasNoBrand(t *testing.T) {
	d := dbtest.Open(t, dbtest.URL(t, "sqlite"))
	if _, err := catalog.New(d, nil, clock.System{}).BrandByHost(context.Background(), "x"); !errs.Is(err, errs.NotFound) {
		t.Errorf("error %v", err)
	}
}

func TestUpdateBrand(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		elsewhere := h.anotherNode()
		if _, err := elsewhere.Brands(ctx); err != nil {
			t.Fatal(err)
		}
		b, err := h.catalog.UpdateBrand(ctx, h.admin, catalog.BrandForm{Name: " Stadtwerke\u202e  Lindenau ", Host: "Hilfe.Lindenau.example", Language: "en"})
		if err != nil || b.Name != "Stadtwerke Lindenau" || b.Host != "hilfe.lindenau.example" || b.ID != h.lindenau {
			t.Fatalf("%+v, %v", b, err)
		}
		if found, _ := h.catalog.BrandByHost(ctx, "hilfe.lindenau.example"); found != b {
			t.Errorf("the own change is not seen: %+v", found)
		}
		if found, _ := elsewhere.Brand(ctx, h.lindenau); found.Name != "Lindenau" {
			t.Errorf("not from memory: %+v", found)
		}
		h.clock.Advance(snapshot.Fresh)
		if found, _ := elsewhere.Brand(ctx, h.lindenau); d.Postgres() && found != b { // on SQLite there is no other node
			t.Errorf("another node never learns: %+v", found)
		}
		_, err = h.catalog.UpdateBrand(ctx, h.admin, catalog.BrandForm{Name: "", Host: "https://x/", Language: "tlh"})
		if fields(err) != "brand_name host language" {
			t.Errorf("faults: %v", err)
		}
		_, err = h.catalog.UpdateBrand(ctx, h.admin, catalog.BrandForm{Name: "L", Host: "help.other.example", Language: "de"})
		if !errs.Is(err, errs.Conflict) || fields(err) != "host" {
			t.Errorf("a host that is taken: %v", err)
		}
	})
}

func TestCatalogOutlivesTheDatabase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		h.account("hilfe@lindenau.example")
		if _, err := h.catalog.Accounts(ctx, catalog.Email); err != nil {
			t.Fatal(err)
		}
		d.Close()
		h.clock.Advance(time.Hour)
		if found, err := h.catalog.Accounts(ctx, catalog.Email); err != nil || len(found) != 1 {
			t.Errorf("%d accounts, %v", len(found), err)
		}
		if _, err := h.anotherNode().Brands(ctx); !errs.Is(err, errs.Unavailable) {
			t.Errorf("a node that never read anything: %v", err)
		}
	})
}

func TestAccountsCostNothing(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	made := h.account("hilfe@lindenau.example")
	if _, err := h.catalog.Account(context.Background(), made.ID); err != nil {
		t.Fatal(err)
	}
	ctx, n := db.WithCounter(context.Background())
	for range 1000 {
		if _, err := h.catalog.Account(ctx, made.ID); err != nil {
			t.Fatal(err)
		}
	}
	if n.Load() != 0 {
		t.Errorf("%d statements", n.Load())
	}
}

func TestAccountLife(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		f := h.form(" Hilfe@Lindenau.example ")
		f.Aliases = []string{"info@lindenau.example", "", "INFO@lindenau.example", "hilfe@lindenau.example"}
		made, err := h.catalog.CreateAccount(ctx, h.admin, f)
		if err != nil {
			t.Fatal(err)
		}
		if made.Address != "hilfe@lindenau.example" || !slices.Equal(made.Aliases, []string{"info@lindenau.example"}) || !made.Active || !made.HasPassword {
			t.Errorf("made %+v", made)
		}
		full, err := h.catalog.Account(ctx, made.ID)
		if err != nil || full.Relay.Password != "geheim" || full.BrandID != h.lindenau || full.TeamID != h.team || full.Channel != "email" {
			t.Errorf("kept %+v, %v", full, err)
		}
		off, err := h.catalog.SetAccountActive(ctx, h.admin, made.ID, false)
		if err != nil || off.Active {
			t.Errorf("switched off: %+v, %v", off, err)
		}
		f.Name, f.Relay.Password, f.Relay.Port = "Service", "", 465
		changed, err := h.catalog.UpdateAccount(ctx, h.admin, made.ID, f)
		if err != nil || changed.Name != "Service" || changed.Active {
			t.Errorf("changed: %+v, %v", changed, err)
		}
		if full, _ := h.catalog.Account(ctx, made.ID); full.Relay.Password != "geheim" || full.Relay.Port != 465 {
			t.Errorf("an empty password was not kept: %+v", full.Relay)
		}
		f.Relay.Host = "evil.example"
		if _, err := h.catalog.UpdateAccount(ctx, h.admin, made.ID, f); fields(err) != "relay_password" {
			t.Errorf("the password goes to another server: %v", err)
		}
		f.Relay.User = ""
		if _, err := h.catalog.UpdateAccount(ctx, h.admin, made.ID, f); err != nil {
			t.Error(err)
		}
		if full, _ := h.catalog.Account(ctx, made.ID); full.Relay.HasPassword() {
			t.Error("without a user the password stays")
		}
	})
}

func TestPasswordNeverReachesAPage(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	ctx := context.Background()
	made := h.account("hilfe@lindenau.example")
	list, err := h.catalog.AccountsFor(ctx, h.admin)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	one, err := h.catalog.AccountFor(ctx, h.admin, made.ID)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal([]any{made, list, one})
	if err != nil || strings.Contains(string(text)+fmt.Sprintf("%+v", list), "geheim") {
		t.Errorf("%s", text)
	}
	if !one.HasPassword {
		t.Error("a page can't tell that there is a password")
	}
}

func TestAccountAddressesAreUnique(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		f := h.form("hilfe@lindenau.example")
		f.Aliases = []string{"info@lindenau.example"}
		if _, err := h.catalog.CreateAccount(ctx, h.admin, f); err != nil {
			t.Fatal(err)
		}
		second := h.account("zwei@lindenau.example")
		for _, c := range []struct{ address, alias, field string }{
			{"hilfe@lindenau.example", "", "address"},
			{"info@lindenau.example", "", "address"},
			{"drei@lindenau.example", "hilfe@lindenau.example", "aliases"},
			{"drei@lindenau.example", "info@lindenau.example", "aliases"},
		} {
			f := h.form(c.address)
			f.Aliases = []string{c.alias}
			_, err := h.catalog.CreateAccount(ctx, h.admin, f)
			if !errs.Is(err, errs.Conflict) || fields(err) != c.field {
				t.Errorf("create %+v: %v", c, err)
			}
			_, err = h.catalog.UpdateAccount(ctx, h.admin, second.ID, f)
			if !errs.Is(err, errs.Conflict) || fields(err) != c.field {
				t.Errorf("update %+v: %v", c, err)
			}
		}
	})
}

func TestAccountAddressesAreUniqueInARace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := newHouse(t, d)
		var won, late atomic.Int32
		var all sync.WaitGroup
		for i := range 10 {
			f := h.form(fmt.Sprintf("postfach%d@lindenau.example", i))
			f.Aliases = []string{"hilfe@lindenau.example"}
			all.Go(func() {
				switch _, err := h.catalog.CreateAccount(context.Background(), h.admin, f); {
				case err == nil:
					won.Add(1)
				case errs.Is(err, errs.Conflict):
					late.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || late.Load() != 9 {
			t.Errorf("%d mailboxes got the alias, %d did not", won.Load(), late.Load())
		}
	})
}

func TestAccountForm(t *testing.T) {
	h := newHouse(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	for name, c := range map[string]struct {
		spoil func(*catalog.AccountForm)
		want  string
	}{
		"good":               {func(*catalog.AccountForm) {}, ""},
		"empty":              {func(f *catalog.AccountForm) { *f = catalog.AccountForm{} }, "address language name relay_host relay_port relay_security"},
		"another's team":     {func(f *catalog.AccountForm) { f.TeamID = h.otherTeam }, "team"},
		"no team":            {func(f *catalog.AccountForm) { f.TeamID = ids.ID{} }, "team"},
		"detail":             {func(f *catalog.AccountForm) { f.Address = "a+b@x.example" }, "address"},
		"alias":              {func(f *catalog.AccountForm) { f.Aliases = []string{"nix"} }, "aliases"},
		"long name":          {func(f *catalog.AccountForm) { f.Name = strings.Repeat("x", 101) }, "name"},
		"port":               {func(f *catalog.AccountForm) { f.Relay.Port = 65536 }, "relay_port"},
		"host with scheme":   {func(f *catalog.AccountForm) { f.Relay.Host = "smtp://x" }, "relay_host"},
		"host with port":     {func(f *catalog.AccountForm) { f.Relay.Host = "x:25" }, "relay_host"},
		"IP address":         {func(f *catalog.AccountForm) { f.Relay.Host = "2001:db8::1" }, ""},
		"short host":         {func(f *catalog.AccountForm) { f.Relay.Host = "mailpit" }, ""},
		"clear password":     {func(f *catalog.AccountForm) { f.Relay.Security = "none" }, "relay_security"},
		"clear to itself":    {func(f *catalog.AccountForm) { f.Relay.Security, f.Relay.Host = "none", "127.0.0.1" }, ""},
		"password alone":     {func(f *catalog.AccountForm) { f.Relay.User = "" }, "relay_user"},
		"NUL in a password":  {func(f *catalog.AccountForm) { f.Relay.Password = "a\x00b" }, "relay_password"},
		"too many aliases":   {func(f *catalog.AccountForm) { f.Aliases = manyAddresses(21) }, "aliases"},
		"as many as allowed": {func(f *catalog.AccountForm) { f.Aliases = manyAddresses(20) }, ""},
	} {
		f := h.form(strings.ReplaceAll(name, " ", "-") + "@lindenau.example")
		c.spoil(&f)
		_, err := h.catalog.CreateAccount(context.Background(), h.admin, f)
		if fields(err) != c.want || (err == nil) != (c.want == "") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func manyAddresses(n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("a%d@many.example", i))
	}
	return list
}

func TestSettings(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		get := func(want int) {
			t.Helper()
			if got, err := catalog.UndoSeconds.Get(ctx, h.catalog, h.lindenau); err != nil || got != want {
				t.Errorf("undo %d, %v, want %d", got, err, want)
			}
		}
		get(10)
		for _, n := range []int{30, 0} {
			if err := catalog.UndoSeconds.Set(ctx, h.catalog, h.admin, n); err != nil {
				t.Fatal(err)
			}
			get(n)
		}
		if err := catalog.UndoSeconds.Set(ctx, h.catalog, h.admin, 121); fields(err) != "undo_seconds" {
			t.Errorf("out of range: %v", err)
		}
		if n, _ := catalog.UndoSeconds.Get(ctx, h.catalog, h.other); n != 10 {
			t.Errorf("another brand got the setting too: %d", n)
		}
		if yes, err := catalog.Acknowledge.Get(ctx, h.catalog, h.lindenau); !yes || err != nil {
			t.Errorf("acknowledge %v, %v", yes, err)
		}
		// A value an older version wrote must not break a page.
		words := catalog.Setting[string]{Key: catalog.UndoSeconds.Key}
		if err := words.Set(ctx, h.catalog, h.admin, "many"); err != nil {
			t.Fatal(err)
		}
		get(10)
	})
}

func TestPermissions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := newHouse(t, d)
		account := h.account("hilfe@lindenau.example")
		calls := map[string]func(a access.Actor) error{
			"UpdateBrand": func(a access.Actor) error {
				_, err := h.catalog.UpdateBrand(ctx, a, catalog.BrandForm{Name: "N", Language: "de"})
				return err
			},
			"AccountsFor": func(a access.Actor) error {
				_, err := h.catalog.AccountsFor(ctx, a)
				return err
			},
			"AccountFor": func(a access.Actor) error {
				_, err := h.catalog.AccountFor(ctx, a, account.ID)
				return err
			},
			"CreateAccount": func(a access.Actor) error {
				_, err := h.catalog.CreateAccount(ctx, a, h.form("neu@lindenau.example"))
				return err
			},
			"UpdateAccount": func(a access.Actor) error {
				_, err := h.catalog.UpdateAccount(ctx, a, account.ID, h.form("hilfe@lindenau.example"))
				return err
			},
			"SetAccountActive": func(a access.Actor) error {
				_, err := h.catalog.SetAccountActive(ctx, a, account.ID, true)
				return err
			},
			"Setting.Set": func(a access.Actor) error { return catalog.UndoSeconds.Set(ctx, h.catalog, a, 10) },
		}
		// What an administrator of another brand meets; the rest act on their own.
		strangers := map[string]errs.Kind{"AccountFor": errs.NotFound, "UpdateAccount": errs.NotFound, "SetAccountActive": errs.NotFound, "CreateAccount": errs.Invalid}
		for name, call := range calls {
			for who, c := range map[string]struct {
				actor access.Actor
				want  errs.Kind
			}{
				"nobody":   {access.Actor{}, errs.SignedOut},
				"customer": {access.Actor{Kind: access.Customer, BrandID: h.lindenau, ID: ids.New()}, errs.Forbidden},
				"agent":    {h.actor(h.lindenau, access.Agent), errs.Forbidden},
				"lead":     {h.actor(h.lindenau, access.Lead), errs.Forbidden},
				"admin":    {h.admin, 0},
				"stranger": {h.actor(h.other, access.Admin), strangers[name]},
			} {
				if err := call(c.actor); errs.KindOf(err) != c.want || (err == nil) != (c.want == 0) {
					t.Errorf("%s as %s: %v", name, who, err)
				}
			}
		}
		if list, _ := h.catalog.AccountsFor(ctx, h.actor(h.other, access.Admin)); len(list) != 0 {
			t.Error("another brand sees the mailbox")
		}
		if b, _ := h.catalog.Brand(ctx, h.lindenau); b.Name != "N" {
			t.Errorf("the brand is called %q", b.Name)
		}
	})
}

// What is shown is what may be typed in again.
func TestShownAddress(t *testing.T) {
	for in, want := range map[string]string{
		"hilfe@lindenau.example":         "hilfe@lindenau.example",
		"hilfe@xn--mllheim-n2a.example":  "hilfe@müllheim.example",
		"hilfe@xn--mllheim-zzz9.example": "hilfe@xn--mllheim-zzz9.example", // says nothing
		"root@localhost":                 "root@localhost",
		"":                               "",
	} {
		got := catalog.ShownAddress(in)
		if got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
		if again, err := catalog.ParseAddress("address", got); in != "" && (err != nil || again != in) {
			t.Errorf("%q typed in again is %q, %v", got, again, err)
		}
	}
}

func TestParseAddress(t *testing.T) {
	for in, want := range map[string]string{
		"Ada@Lindenau.example":                   "ada@lindenau.example",
		" a.b-c_d@x.example\n":                   "a.b-c_d@x.example",
		"o'hara@x.example":                       "o'hara@x.example",
		"grüße@Bücher.example":                   "grüße@xn--bcher-kva.example", // as mails name it
		"ada@xn--bcher-kva.example":              "ada@xn--bcher-kva.example",
		"root@localhost":                         "root@localhost",
		"":                                       "",
		"ada":                                    "",
		"@x.example":                             "",
		"ada@":                                   "",
		"ada@x@y.example":                        "",
		"Ada <ada@x.example>":                    "",
		"ada@x.example, bob@x.example":           "",
		"ada@x.example\r\nBcc: eve@x.example":    "",
		"\"a b\"@x.example":                      "",
		"ada@[192.0.2.1]":                        "",
		"ada@-x.example":                         "",
		"ada@x..example":                         "",
		"ada\x00@x.example":                      "",
		strings.Repeat("a", 65) + "@x.example":   "",
		"a@" + strings.Repeat("x.", 130) + "com": "",
	} {
		got, err := catalog.ParseAddress("email", in)
		if got != want || (err == nil) != (want != "") || err != nil && fields(err) != "email" {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"ada@x.example", "a+b@x", "\"a\"@x", "a@[::1]", "ü@ü.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := catalog.ParseAddress("email", s)
		if err != nil {
			return
		}
		if again, err := catalog.ParseAddress("email", got); err != nil || again != got {
			t.Errorf("%q reads as %q, that as %q, %v", s, got, again, err)
		}
		if strings.ContainsAny(got, "\x00\r\n <>,\"") || strings.Count(got, "@") != 1 {
			t.Errorf("%q reads as %q", s, got)
		}
	})
}

func TestReceives(t *testing.T) {
	a := catalog.Account{Address: "hilfe@lindenau.example", Aliases: []string{"info@lindenau.example"}}
	for addr, want := range map[string]bool{
		"Hilfe@lindenau.example":     true,
		"hilfe+tok@lindenau.example": true,
		"info@LINDENAU.example":      true,
		"hilfe@other.example":        false,
		"":                           false,
		"hilfe":                      false,
	} {
		if a.Receives(addr) != want {
			t.Errorf("Receives(%q) = %v", addr, !want)
		}
	}
	if d := catalog.Detail("hilfe+A.b+c@lindenau.example"); d != "A.b+c" {
		t.Errorf("detail %q", d)
	}
}
