// Package webtest builds a desk for tests of its pages: a database, the domain,
// the real chain of the web, and browsers that keep cookies. Every page a browser
// opens is checked for what no page may have (see check.go). Only tests use it.
package webtest

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
	"lotse/internal/setup"
	"lotse/internal/staff"
	"lotse/internal/templates"
	"lotse/internal/web"
)

const (
	// Password is everybody's.
	Password = "drei Lotsen und ein Boot"
	// Ada is the first administrator's address.
	Ada = "ada@lindenau.example"
	// BaseURL is the desk's public address.
	BaseURL = "https://desk.example"
)

// Desk is a desk under test. It is empty until Furnish.
type Desk struct {
	DB      *db.DB
	Clock   *clock.Fixed
	Kit     *web.Kit
	Setup   *setup.Setup
	Handler http.Handler
	Log     bytes.Buffer

	t       *testing.T
	mu      sync.Mutex
	notices []staff.Notice
}

// New returns an empty desk in d whose pages mount adds.
func New(t *testing.T, d *db.DB, mount func(*Desk, *http.ServeMux)) *Desk {
	t.Helper()
	desk := &Desk{DB: d, t: t, Clock: clock.NewFixed(time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC))}
	s, err := seal.Load(context.Background(), d, desk.Clock)
	Must(t, err)
	directory := staff.New(d, s, desk.Clock, staff.NotifierFunc(desk.notify))
	cat := catalog.New(d, s, desk.Clock)
	desk.Setup = setup.New(d, s, desk.Clock, directory, cat, t.TempDir())
	desk.Kit = &web.Kit{Log: slog.New(slog.NewTextHandler(&desk.Log, nil)), Clock: desk.Clock, Staff: directory, Catalog: cat,
		BaseURL: BaseURL, Secure: true, NeedsSetup: desk.Setup.Needed}
	desk.Kit.Sessions = access.NewSessions(d, desk.Clock, access.SessionOptions{Secure: true, Address: desk.Kit.Client, Failed: desk.Kit.Fail})
	mux := http.NewServeMux()
	mount(desk, mux)
	desk.Handler = desk.Kit.Chain(mux)
	return desk
}

// Must ends the test on an error.
func Must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (d *Desk) notify(_ context.Context, _ *db.Tx, n staff.Notice) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notices = append(d.notices, n)
	return nil
}

// Notices returns how many mails to staff were asked for.
func (d *Desk) Notices() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.notices)
}

// SetupForm is the setup page filled in rightly, as names and values.
func (d *Desk) SetupForm() []string {
	d.t.Helper()
	code, err := d.Setup.Code(context.Background())
	Must(d.t, err)
	return []string{"code", code, "name", "Ada Lovelace", "email", Ada, "password", Password,
		"brand_name", "Stadtwerke Lindenau", "language", "de", "region", "DE-SN", "address", "hilfe@lindenau.example",
		"relay_host", "smtp.lindenau.example", "relay_port", "587", "relay_security", "starttls", "relay_user", "lotse", "relay_password", "geheimes Relaywort"}
}

// Furnish sets the desk up with Ada, the team Service and one mailbox, and
// returns Ada.
func (d *Desk) Furnish() access.Actor {
	d.t.Helper()
	code, err := d.Setup.Code(context.Background())
	Must(d.t, err)
	made, err := d.Setup.Run(context.Background(), setup.Form{Code: code, Name: "Ada Lovelace", Email: Ada, Password: Password,
		BrandName: "Stadtwerke Lindenau", Language: "de", Region: "DE-SN", Address: "hilfe@lindenau.example",
		RelayHost: "smtp.lindenau.example", RelayPort: 587, RelaySecurity: "starttls", RelayUser: "lotse", RelayPassword: "geheimes Relaywort"}, "192.0.2.1")
	Must(d.t, err)
	return d.Actor(made.ID)
}

// Person adds somebody who has accepted an invitation and returns their id.
func (d *Desk) Person(by access.Actor, name string, role access.Role) ids.ID {
	d.t.Helper()
	made, err := d.Kit.Staff.Invite(context.Background(), by, strings.ToLower(name)+"@lindenau.example", name, role, nil)
	Must(d.t, err)
	_, token, _ := strings.Cut(d.Link(), "/invite/")
	_, err = d.Kit.Staff.Accept(context.Background(), token, Password, name)
	Must(d.t, err)
	return made.ID
}

// Actor returns the actor somebody is when signed in.
func (d *Desk) Actor(id ids.ID) access.Actor {
	d.t.Helper()
	a, err := d.Kit.Staff.Actor(context.Background(), id)
	Must(d.t, err)
	return a
}

// Link writes the last mail that was asked for and returns the path in it.
func (d *Desk) Link() string {
	d.t.Helper()
	d.mu.Lock()
	last := d.notices[len(d.notices)-1]
	d.mu.Unlock()
	mail, err := d.Kit.Staff.Render(context.Background(), last.Template, last.StaffID, BaseURL)
	Must(d.t, err)
	link := mail.Values[templates.ALink]
	path, ok := strings.CutPrefix(link, BaseURL)
	if !ok {
		d.t.Fatalf("%q leads elsewhere", link)
	}
	return path
}
