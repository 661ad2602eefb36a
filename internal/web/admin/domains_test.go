package admin_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"lotse/internal/domains"
	"lotse/internal/platform/queue"
	"lotse/internal/platform/seal"
	"lotse/internal/web/webtest"
)

// newDomains looks nothing up.
func newDomains(t *testing.T, desk *webtest.Desk) *domains.Domains {
	t.Helper()
	s, err := seal.Load(context.Background(), desk.DB, desk.Clock)
	webtest.Must(t, err)
	return domains.New(domains.Parts{DB: desk.DB, Seal: s, Clock: desk.Clock, Queue: queue.New(desk.DB, queue.Options{ByHand: true}), Accounts: desk.Kit.Catalog, MailHost: "desk.example"})
}

func TestADomainsKeys(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		const path = "/admin/domains/lindenau.example"
		if list := d.Get("/admin/domains"); list.Status != http.StatusOK || !strings.Contains(list.Text("main"), "hilfe@lindenau.example") {
			t.Errorf("list: %d %q", list.Status, list.Text("main"))
		}
		if none := d.Get("/admin/domains/fremd.example"); none.Status != http.StatusNotFound {
			t.Errorf("a domain nobody writes from: %d", none.Status)
		}
		want(t, "keys", d.Post(path+"/keys"), http.StatusSeeOther, path)
		page := d.Get(path)
		if name, value := page.Text("#lotse-2026a-name"), page.Text("#lotse-2026a-value"); name != "lotse-2026a._domainkey.lindenau.example" || !strings.HasPrefix(value, "v=DKIM1; k=rsa; p=MII") {
			t.Errorf("the record to set: %q %q", name, value)
		}
		zone := page.Text("#lotse-2026a-zone")
		for part := range strings.SplitSeq(zone, `"`) {
			if len(part) > 255 {
				t.Errorf("a part of %d bytes: %s", len(part), zone)
			}
		}
		if again := d.Post(path + "/keys"); again.Status != http.StatusConflict {
			t.Errorf("keys while others wait: %d", again.Status)
		}
		want(t, "check", d.Post(path+"/check"), http.StatusSeeOther, path)
		if text := d.Get(path).Text("#spf"); !strings.Contains(text, "abgeschaltet") {
			t.Errorf("nothing is looked up: %q", text)
		}
		want(t, "use", d.Post(path+"/keys/lotse-2026a/use"), http.StatusSeeOther, path)
		want(t, "drop", d.Post(path+"/keys/lotse-2026a-ed/drop"), http.StatusSeeOther, path)
		if text := d.Get(path).Text("#dkim"); !strings.Contains(text, "signiert") || strings.Contains(text, "2026a-ed") {
			t.Errorf("one key in use: %q", text)
		}
	})
}
