package account_test

import (
	"context"
	"net/http"
	"testing"

	"lotse/internal/digest"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/seal"
	"lotse/internal/web/account"
	"lotse/internal/web/webtest"
)

const newPassword = "vier Lotsen und kein Boot"

func mount(t *testing.T) func(*webtest.Desk, *http.ServeMux) {
	return func(d *webtest.Desk, mux *http.ServeMux) {
		s, err := seal.Load(context.Background(), d.DB, d.Clock)
		webtest.Must(t, err)
		choices := digest.New(digest.Parts{DB: d.DB, Seal: s, Clock: d.Clock, Staff: d.Kit.Staff})
		account.New(account.Parts{Kit: d.Kit, Setup: d.Setup, Digest: choices}).Routes(mux)
	}
}

// empty runs a test on an empty desk, on both databases.
func empty(t *testing.T, f func(t *testing.T, d *webtest.Desk)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, webtest.New(t, d, mount(t))) })
}

// furnished runs a test on a desk that is set up, on both databases.
func furnished(t *testing.T, f func(t *testing.T, d *webtest.Desk)) {
	t.Helper()
	empty(t, func(t *testing.T, d *webtest.Desk) {
		d.Furnish()
		f(t, d)
	})
}

func want(t *testing.T, what string, p *webtest.Page, status int, location string) {
	t.Helper()
	if p.Status != status || p.Location() != location {
		t.Errorf("%s: %d %q, want %d %q; %s", what, p.Status, p.Location(), status, location, p.Text(".error-summary"))
	}
}

// with returns names and values with some of them changed.
func with(pairs []string, changed ...string) []string {
	out := append([]string(nil), pairs...)
	for i := 0; i < len(changed); i += 2 {
		for j := 0; j < len(out); j += 2 {
			if out[j] == changed[i] {
				out[j+1] = changed[i+1]
			}
		}
	}
	return out
}
