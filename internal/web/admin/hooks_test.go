package admin_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/ids"
)

func (d *desk) accountID(t *testing.T) string {
	t.Helper()
	return strings.TrimPrefix(d.mailbox(t), "/admin/mailboxes/")
}

func TestAHookIsShownOnce(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		if empty := d.Get("/admin/webhooks"); empty.Status != http.StatusOK || !strings.Contains(empty.Text(".empty"), "Noch keine") {
			t.Errorf("no hooks: %d %q", empty.Status, empty.Text(".empty"))
		}
		id := d.Get("/admin/webhooks/new").Value("id")
		form := []string{"id", id, "provider", catalog.Postmark, "account", d.accountID(t), "name", hostile}
		made := d.Post("/admin/webhooks/new", form...)
		address := made.Text("#address")
		if made.Status != http.StatusCreated || !strings.HasPrefix(address, "https://lotse:") || !strings.HasSuffix(address, "@desk.example/hooks/"+id) || made.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %q", made.Status, address)
		}
		password := strings.Split(strings.TrimPrefix(address, "https://lotse:"), "@")[0]
		d.saved(t, "again", d.Post("/admin/webhooks/new", form...), "/admin/webhooks", "einmal gezeigt")
		for _, path := range []string{"/admin/webhooks", "/admin/webhooks/" + id} {
			if page := d.Get(path); strings.Contains(page.Body, password) || !strings.Contains(page.Text("main"), "Postmark") || !strings.Contains(page.Text("main"), "nie") {
				t.Errorf("%s: %q", path, page.Text("main"))
			}
		}
		renewed := d.Post("/admin/webhooks/" + id + "/secret")
		if got := renewed.Text("#address"); renewed.Status != http.StatusOK || got == address || !strings.HasPrefix(got, "https://lotse:") {
			t.Errorf("%d %q", renewed.Status, got)
		}

		own := d.Post("/admin/webhooks/new", "id", ids.New().String(), "provider", catalog.OwnProgram, "account", d.accountID(t))
		if !strings.HasPrefix(own.Text("#secret"), "whsec_") || strings.Contains(own.Text("#address"), "whsec_") {
			t.Errorf("%q %q", own.Text("#secret"), own.Text("#address"))
		}
	})
}

func TestAHookWithAKeyOfTheProvider(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id := ids.New()
		path := "/admin/webhooks/" + id.String()
		d.saved(t, "creating", d.Post("/admin/webhooks/new", "id", id.String(), "provider", catalog.Mailgun, "account", d.accountID(t)), path, "Schlüssel")
		page := d.Get(path)
		if !strings.Contains(page.Text(".page-header"), "Schlüssel fehlt") || page.Text("#address") != "https://desk.example/hooks/"+id.String()+"/mime" {
			t.Errorf("%q %q", page.Text(".page-header"), page.Text("#address"))
		}
		refused(t, "no key", d.Post(path+"/secret", "secret", ""), "secret")
		refused(t, "a wrong one", d.Post(path+"/secret", "secret", "a b"), "secret")
		page = d.saved(t, "a key", d.Post(path+"/secret", "secret", "key-123"), path, "gespeichert")
		if strings.Contains(page.Body, "key-123") || !strings.Contains(page.Text(".page-header"), "in Betrieb") {
			t.Error("the page holds the key, or does not say that there is one")
		}
		if got, err := d.Kit.Catalog.Hook(context.Background(), id); err != nil || got.Secret != "key-123" {
			t.Errorf("%+v %v", got, err)
		}
		want(t, "deleting one that is on", d.Post(path+"/delete"), http.StatusConflict, "")
		d.saved(t, "off", d.Post(path+"/active", "active", "0"), path, "abgeschaltet")
		d.saved(t, "on", d.Post(path+"/active", "active", "1"), path, "in Betrieb")
		d.saved(t, "off", d.Post(path+"/active", "active", "0"), path, "abgeschaltet")
		d.saved(t, "deleting", d.Post(path+"/delete"), "/admin/webhooks", "gelöscht")
		want(t, "after that", d.Get(path), http.StatusNotFound, "")
	})
}

func TestHooksThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		id := ids.New().String()
		refused(t, "nothing right", d.Post("/admin/webhooks/new", "id", id, "name", strings.Repeat("x", 90)), "provider name")
		page := d.Post("/admin/webhooks/new", "id", id, "provider", catalog.Postmark, "account", "x", "name", "Eingang")
		refused(t, "no mailbox", page, "account")
		if page.Value("name") != "Eingang" {
			t.Error("what was typed is lost")
		}
		want(t, "no form", d.Post("/admin/webhooks/new"), http.StatusUnprocessableEntity, "")
		d.Person(d.ada, "Ben", access.Agent)
		agent := d.SignedIn("ben@lindenau.example")
		for _, path := range []string{"/admin/webhooks", "/admin/webhooks/new", "/admin/webhooks/" + id} {
			want(t, path, agent.Get(path), http.StatusForbidden, "")
		}
		want(t, "an agent", agent.Post("/admin/webhooks/"+id+"/secret"), http.StatusForbidden, "")
		for _, path := range []string{"/admin/webhooks/x", "/admin/webhooks/" + id} {
			want(t, path, d.Get(path), http.StatusNotFound, "")
			want(t, path, d.Post(path+"/active", "active", "0"), http.StatusNotFound, "")
			want(t, path, d.Post(path+"/secret"), http.StatusNotFound, "")
			want(t, path, d.Post(path+"/delete"), http.StatusNotFound, "")
		}
	})
}
