package staff_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/calendar"
	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
	"lotse/internal/staff"
	"lotse/internal/templates"
)

const (
	password    = "drei Lotsen und ein Boot"
	newPassword = "vier Lotsen und kein Boot"
	network     = "192.0.2.1"
)

// house is a desk of two brands: Lindenau with Ada (administrator), Lea (lead)
// and Ben (agent), and Other with Eve (administrator).
type house struct {
	t     *testing.T
	db    *db.DB
	clock *clock.Fixed
	*staff.Directory
	lindenau, other    ids.ID
	service, otherTeam ids.ID
	ada, lea, ben, eve access.Actor

	mu      sync.Mutex
	notices []staff.Notice
}

func newHouse(t *testing.T, d *db.DB) *house {
	t.Helper()
	h := &house{t: t, db: d, clock: clock.NewFixed(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))}
	s, err := seal.Load(context.Background(), d, h.clock)
	if err != nil {
		t.Fatal(err)
	}
	h.Directory = staff.New(d, s, h.clock, staff.NotifierFunc(h.notify))
	cat := catalog.New(d, s, h.clock)
	h.write(func(ctx context.Context, tx *db.Tx) error {
		for slug, b := range map[string]struct{ brand, team *ids.ID }{"main": {&h.lindenau, &h.service}, "other": {&h.other, &h.otherTeam}} {
			brand, err := cat.ClaimBrandTx(ctx, tx, slug, catalog.BrandForm{Name: "Desk " + slug, Language: "de"})
			if err != nil {
				return err
			}
			team, err := h.CreateTeamTx(ctx, tx, brand.ID, teamForm("Service"))
			if err != nil {
				return err
			}
			*b.brand, *b.team = brand.ID, team.ID
		}
		return nil
	})
	h.ada = h.person(h.lindenau, "ada", access.Admin)
	h.lea = h.person(h.lindenau, "lea", access.Lead)
	h.ben = h.person(h.lindenau, "ben", access.Agent)
	h.eve = h.person(h.other, "eve", access.Admin)
	return h
}

func (h *house) write(fn func(ctx context.Context, tx *db.Tx) error) {
	h.t.Helper()
	if err := h.db.Write(context.Background(), fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) notify(_ context.Context, _ *db.Tx, n staff.Notice) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notices = append(h.notices, n)
	return nil
}

// hashed is the stored form of password, made once: hashing is slow on purpose.
var hashed = sync.OnceValues(func() (string, error) {
	return access.NewPasswords().Hash(context.Background(), password)
})

// person adds somebody who can sign in with password.
func (h *house) person(brand ids.ID, name string, role access.Role) access.Actor {
	h.t.Helper()
	hash, err := hashed()
	if err != nil {
		h.t.Fatal(err)
	}
	id := ids.New()
	h.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO staff (id, brand_id, email, name, role, password_hash, language, active, created_at) VALUES (?, ?, ?, ?, ?, ?, 'de', ?, 1)",
			id, brand, name+"@lindenau.example", name, role, hash, true)
		return err
	})
	return access.Actor{Kind: access.Staff, ID: id, BrandID: brand, Role: role, Name: name}
}

// session gives somebody a session, as a browser would.
func (h *house) session(staff ids.ID) {
	h.t.Helper()
	h.write(func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO sessions (token_hash, public_id, staff_id, data, agent, network, created_at, seen_at, expires_at) VALUES (?, ?, ?, ?, '', '', 1, 1, ?)",
			ids.NewToken().Hash(), ids.New(), staff, []byte{}, clock.Now(h.clock).Add(time.Hour))
		return err
	})
}

func (h *house) sessions(staff ids.ID) int {
	h.t.Helper()
	n, err := h.db.Read().NewSelect().TableExpr("sessions").Where("staff_id = ?", staff).Count(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	return int(n)
}

// mailed renders the last notice and returns the link's token.
func (h *house) mailed(template string) string {
	h.t.Helper()
	h.mu.Lock()
	n := h.notices[len(h.notices)-1]
	h.mu.Unlock()
	if n.Template != template {
		h.t.Fatalf("the last mail is %q", n.Template)
	}
	w, err := h.Render(context.Background(), n.Template, n.StaffID, "https://desk.example/")
	if err != nil {
		h.t.Fatal(err)
	}
	return tokenOf(h.t, w.Values[templates.ALink])
}

func tokenOf(t *testing.T, text string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "https://desk.example/"); ok {
			_, token, _ := strings.Cut(path, "/")
			return token
		}
	}
	t.Fatalf("no link in %q", text)
	return ""
}

func (h *house) get(id ids.ID) staff.Staff {
	h.t.Helper()
	for _, a := range []access.Actor{h.ada, h.eve} {
		if s, err := h.ByID(context.Background(), access.Lotse(a.BrandID), id); err == nil {
			return s
		}
	}
	h.t.Fatal("nobody has this id")
	return staff.Staff{}
}

func teamForm(name string) staff.TeamForm {
	return staff.TeamForm{Name: name, Calendar: calendar.Default("DE-SN"), AnswerWithin: 8 * time.Hour}
}

func fields(err error) string {
	var names []string
	for _, f := range errs.Fields(err) {
		names = append(names, f.Field)
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func wantKind(t *testing.T, what string, err error, want errs.Kind) {
	t.Helper()
	if err == nil || errs.KindOf(err) != want {
		t.Errorf("%s: %v, want kind %d", what, err, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// texts returns every value of every table as text.
func (h *house) texts() string {
	h.t.Helper()
	ctx := context.Background()
	var tables []string
	list := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if h.db.Postgres() {
		list = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
	}
	must(h.t, h.db.Read().NewRaw(list).Scan(ctx, &tables))
	var all strings.Builder
	for _, table := range tables {
		rows, err := h.db.Read().QueryContext(ctx, "SELECT * FROM "+table)
		must(h.t, err)
		columns, err := rows.Columns()
		must(h.t, err)
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			must(h.t, rows.Scan(values...))
			for _, v := range values {
				switch v := (*v.(*any)).(type) {
				case []byte:
					fmt.Fprintf(&all, "%s\n", v)
				default:
					fmt.Fprintf(&all, "%v\n", v)
				}
			}
		}
		must(h.t, rows.Err())
		rows.Close()
	}
	return all.String()
}
