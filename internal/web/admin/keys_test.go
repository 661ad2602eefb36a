package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"lotse/internal/access"
)

func TestAKeyIsShownOnce(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		if empty := d.Get("/admin/keys"); empty.Status != http.StatusOK || !strings.Contains(empty.Text(".empty"), "Noch keine") {
			t.Errorf("no keys: %d %q", empty.Status, empty.Text(".empty"))
		}
		blank := d.Get("/admin/keys/new")
		form := []string{"id", blank.Value("id"), "name", hostile, "staff", d.ada.ID.String(), "scopes", "cases:read", "scopes", "cases:write", "expires", "2026-12-31"}
		made := d.Post("/admin/keys/new", form...)
		secret := made.Text("#secret")
		if made.Status != http.StatusCreated || !strings.HasPrefix(secret, access.KeyPrefix) || made.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %q", made.Status, secret)
		}
		// Sending the form again, as a reload of the page does, makes nothing new.
		d.saved(t, "again", d.Post("/admin/keys/new", form...), "/admin/keys", "einmal gezeigt")
		list := d.Get("/admin/keys")
		if strings.Contains(list.Text("body"), secret) || !strings.Contains(list.Text("#keys"), "cases:read, cases:write") || list.Find("#keys tbody tr").Length() != 1 {
			t.Errorf("list %q", list.Text("#keys"))
		}
		revoke, _ := list.Find("#keys form").Attr("action")
		d.saved(t, "revoking", d.Post(revoke), "/admin/keys", "widerrufen")
		if after := d.Get("/admin/keys"); !strings.Contains(after.Text("#keys"), "widerrufen") || after.Find("#keys form").Length() != 0 {
			t.Errorf("list %q", after.Text("#keys"))
		}
	})
}

func TestKeysThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id := d.Get("/admin/keys/new").Value("id")
		page := d.Post("/admin/keys/new", "id", id, "name", "", "staff", "x", "expires", "gestern", "per_minute", "-5")
		refused(t, "nothing right", page, "name scopes expires per_minute")
		page = d.Post("/admin/keys/new", "id", id, "name", "Shop", "staff", "x", "scopes", "cases:read")
		refused(t, "nobody", page, "staff")
		if page.Value("name") != "Shop" {
			t.Errorf("what was typed is lost: %q", page.Value("name"))
		}
		want(t, "no form", d.Post("/admin/keys/new", "name", "Shop"), http.StatusUnprocessableEntity, "")
		d.Person(d.ada, "Ben", access.Agent)
		agent := d.SignedIn("ben@lindenau.example")
		for _, path := range []string{"/admin/keys", "/admin/keys/new"} {
			want(t, path, agent.Get(path), http.StatusForbidden, "")
		}
		want(t, "an agent", agent.Post("/admin/keys/new", "id", id, "name", "Shop", "scopes", "cases:read"), http.StatusForbidden, "")
	})
}
