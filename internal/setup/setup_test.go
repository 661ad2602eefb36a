package setup_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	"lotse/internal/platform/seal"
	"lotse/internal/setup"
	"lotse/internal/staff"
)

const (
	password = "drei Lotsen und ein Boot"
	network  = "192.0.2.1"
)

// desk is an empty desk.
type desk struct {
	t       *testing.T
	db      *db.DB
	clock   *clock.Fixed
	seal    *seal.Sealer
	folder  string
	staff   *staff.Directory
	catalog *catalog.Catalog
	*setup.Setup
}

func newDesk(t *testing.T, d *db.DB) *desk {
	t.Helper()
	c := clock.NewFixed(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))
	s, err := seal.Load(context.Background(), d, c)
	if err != nil {
		t.Fatal(err)
	}
	e := &desk{t: t, db: d, clock: c, seal: s, folder: t.TempDir()}
	e.restart()
	return e
}

func (e *desk) restart() {
	e.staff = staff.New(e.db, e.seal, e.clock, nil)
	e.catalog = catalog.New(e.db, e.seal, e.clock)
	e.Setup = setup.New(e.db, e.seal, e.clock, e.staff, e.catalog, e.folder)
}

func (e *desk) form() setup.Form {
	e.t.Helper()
	code, err := e.Code(context.Background())
	if err != nil {
		e.t.Fatal(err)
	}
	return setup.Form{Code: code, Name: "Ada Lovelace", Email: "Ada@Lindenau.example", Password: password,
		BrandName: "Stadtwerke Lindenau", Language: "de", Region: "DE-SN", Address: "hilfe@lindenau.example",
		RelayHost: "smtp.lindenau.example", RelayPort: 587, RelaySecurity: "starttls", RelayUser: "lotse", RelayPassword: "geheimes Relaywort"}
}

func (e *desk) count(table string) int {
	e.t.Helper()
	n, err := e.db.Read().NewSelect().TableExpr(table).Count(context.Background())
	if err != nil {
		e.t.Fatal(err)
	}
	return int(n)
}

func (e *desk) needed(want bool) {
	e.t.Helper()
	if got, err := e.Needed(context.Background()); err != nil || got != want {
		e.t.Errorf("Needed = %v, %v, want %v", got, err, want)
	}
}

func fields(err error) string {
	var names []string
	for _, f := range errs.Fields(err) {
		names = append(names, f.Field)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestRun(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		e := newDesk(t, d)
		e.needed(true)
		f := e.form()
		admin, err := e.Run(ctx, f, network)
		if err != nil {
			t.Fatal(err)
		}
		e.needed(false)
		if admin.Email != "ada@lindenau.example" || admin.Role != access.Admin || !admin.Active || admin.Invited || len(admin.Teams) != 1 {
			t.Errorf("administrator %+v", admin)
		}
		if in, err := e.staff.SignIn(ctx, "ada@lindenau.example", password, network); err != nil || in.ID != admin.ID {
			t.Errorf("the administrator can't sign in: %v", err)
		}
		e.restart()
		a, err := e.staff.Actor(ctx, admin.ID)
		if err != nil {
			t.Fatal(err)
		}
		teams, err := e.staff.Teams(ctx, a)
		if err != nil || len(teams) != 1 || teams[0].Name != "Service" || teams[0].AnswerWithin != 8*time.Hour || teams[0].Calendar.Region != "DE-SN" {
			t.Errorf("teams %+v, %v", teams, err)
		}
		brand, err := e.catalog.BrandByHost(ctx, "anything.example:8080")
		if err != nil || brand.Name != "Stadtwerke Lindenau" || brand.Slug != "main" || brand.ID != a.BrandID {
			t.Errorf("brand %+v, %v", brand, err)
		}
		accounts, err := e.catalog.Accounts(ctx, "email")
		if err != nil || len(accounts) != 1 || accounts[0].Address != "hilfe@lindenau.example" || accounts[0].TeamID != teams[0].ID || accounts[0].Relay.Password != "geheimes Relaywort" {
			t.Errorf("accounts %+v, %v", accounts, err)
		}
		if _, err := os.Stat(filepath.Join(e.folder, setup.CodeFile)); !os.IsNotExist(err) {
			t.Errorf("the file of the code is still there: %v", err)
		}
		_, err = e.Run(ctx, f, network)
		if !errs.Is(err, errs.Conflict) {
			t.Errorf("a second run: %v", err)
		}
		if code, err := e.Code(ctx); code != "" || err != nil {
			t.Errorf("a code after setup: %q, %v", code, err)
		}
	})
}

func TestRunChecksEverythingAtOnce(t *testing.T) {
	e := newDesk(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	ctx := context.Background()
	f := setup.Form{Code: e.form().Code}
	_, err := e.Run(ctx, f, network)
	if got, want := fields(err), "address brand_name email language name password relay_host relay_port relay_security"; got != want {
		t.Errorf("an empty form: %q, want %q", got, want)
	}
	for want, spoil := range map[string]func(*setup.Form){
		"region":         func(f *setup.Form) { f.Region = "AT-9" },
		"password":       func(f *setup.Form) { f.Password = "ada@lindenau.example" },
		"email":          func(f *setup.Form) { f.Email = "Ada <ada@lindenau.example>" },
		"address":        func(f *setup.Form) { f.Address = "hilfe+x@lindenau.example" },
		"relay_security": func(f *setup.Form) { f.RelaySecurity = "none" },
		"code":           func(f *setup.Form) { f.Code = " " },
	} {
		f := e.form()
		spoil(&f)
		if _, err := e.Run(ctx, f, network); fields(err) != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	e.needed(true)
	if e.count("brands")+e.count("teams")+e.count("accounts") != 0 {
		t.Error("a refused setup left something behind")
	}
}

func TestRunOnceInARace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		e := newDesk(t, d)
		var won, late atomic.Int32
		var all sync.WaitGroup
		for i := range 4 {
			one := newDesk(t, d) // a process of its own each: only the database connects them
			f := one.form()
			f.Email = fmt.Sprintf("ada%d@lindenau.example", i)
			all.Go(func() {
				switch _, err := one.Run(context.Background(), f, network); {
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
		if won.Load() != 1 || late.Load() != 3 {
			t.Errorf("%d set the desk up, %d came late", won.Load(), late.Load())
		}
		for _, table := range []string{"brands", "teams", "staff", "accounts"} {
			if n := e.count(table); n != 1 {
				t.Errorf("%d rows in %s", n, table)
			}
		}
	})
}

func TestCode(t *testing.T) {
	e := newDesk(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	ctx := context.Background()
	code, err := e.Code(ctx)
	if err != nil || len(code) != 9 || code[4] != '-' {
		t.Fatalf("code %q, %v", code, err)
	}
	path := filepath.Join(e.folder, setup.CodeFile)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != fs.FileMode(0o600) {
		t.Errorf("file %v, %v", info, err)
	}
	e.restart()
	if again, err := e.Code(ctx); again != code || err != nil {
		t.Errorf("after a restart the code is %q, was %q (%v)", again, code, err)
	}
	if err := os.WriteFile(path, []byte("K7"), 0o600); err != nil {
		t.Fatal(err)
	}
	e.restart()
	if again, err := e.Code(ctx); len(again) != 9 || err != nil {
		t.Errorf("a file cut off gives %q, %v", again, err)
	}
}

// Whoever asks for the code while somebody sets the desk up gets that code or
// none, and leaves no new one behind.
func TestCodeWhileSetUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		e := newDesk(t, d)
		form := e.form()
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				for {
					code, err := e.Code(context.Background())
					if err != nil || code != "" && code != form.Code {
						t.Errorf("code %q, %v; want %q or none", code, err, form.Code)
					}
					if err != nil || code == "" {
						return
					}
				}
			})
		}
		if _, err := e.Run(context.Background(), form, network); err != nil {
			t.Error(err)
		}
		all.Wait()
		if _, err := os.Stat(filepath.Join(e.folder, setup.CodeFile)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a code is left in its file: %v", err)
		}
	})
}

func TestCodeAsPeopleTypeIt(t *testing.T) {
	for _, typed := range []func(string) string{
		strings.ToLower,
		func(s string) string { return " " + strings.ReplaceAll(s, "-", " – ") + "\n" },
		func(s string) string { return strings.ReplaceAll(s, "-", "") },
	} {
		e := newDesk(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
		f := e.form()
		f.Code = typed(f.Code)
		if _, err := e.Run(context.Background(), f, network); err != nil {
			t.Errorf("%q is refused: %v", f.Code, err)
		}
	}
}

func TestWrongCodesAreLimited(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		e := newDesk(t, d)
		good := e.form()
		bad := good
		bad.Code = "2222-2222"
		for range 10 {
			if _, err := e.Run(ctx, bad, network); fields(err) != "code" {
				t.Fatalf("a wrong code: %v", err)
			}
		}
		if _, err := e.Run(ctx, good, network); !errs.Is(err, errs.TooMany) {
			t.Errorf("after ten wrong codes: %v", err)
		}
		if _, err := e.Run(ctx, good, "192.0.2.2"); err != nil {
			t.Errorf("another network is shut out too: %v", err)
		}
	})
}

func TestCreateAdmin(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		e := newDesk(t, d)
		if _, err := e.CreateAdmin(ctx, setup.AdminForm{Email: "ada@lindenau.example", Name: "Ada", Password: "short"}); fields(err) != "password" {
			t.Errorf("a short password: %v", err)
		}
		first, err := e.CreateAdmin(ctx, setup.AdminForm{Email: "ada@lindenau.example", Name: "Ada", Password: password, Brand: "Lindenau"})
		if err != nil {
			t.Fatal(err)
		}
		e.needed(false)
		if e.count("brands") != 1 || e.count("teams") != 1 || e.count("accounts") != 0 || len(first.Teams) != 1 {
			t.Error("an empty desk gets a brand and a team, and no mailbox")
		}
		e.restart()
		second, err := e.CreateAdmin(ctx, setup.AdminForm{Email: "bob@lindenau.example", Name: "Bob", Password: password, Brand: "Other"})
		if err != nil || second.BrandID != first.BrandID || second.Role != access.Admin {
			t.Fatalf("on a filled desk: %+v, %v", second, err)
		}
		if brands, err := e.catalog.Brands(ctx); err != nil || len(brands) != 1 || brands[0].Name != "Lindenau" {
			t.Errorf("brands %+v, %v", brands, err)
		}
		if _, err := e.CreateAdmin(ctx, setup.AdminForm{Email: "BOB@lindenau.example", Name: "B", Password: password}); !errs.Is(err, errs.Conflict) || fields(err) != "email" {
			t.Errorf("an address that is taken: %v", err)
		}
	})
}

func TestDatabaseAwayIsNotAnEmptyDesk(t *testing.T) {
	e := newDesk(t, dbtest.Open(t, dbtest.URL(t, "sqlite")))
	e.db.Close()
	if needed, err := e.Needed(context.Background()); needed || !errs.Is(err, errs.Unavailable) {
		t.Errorf("Needed = %v, %v", needed, err)
	}
}
