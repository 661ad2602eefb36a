package admin_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/ids"
	"lotse/internal/web/webtest"
)

const cataloguePath = "/admin/catalogue"

func (d *desk) entries(t *testing.T, kind catalog.EntryKind) []catalog.Entry {
	t.Helper()
	list, err := d.Kit.Catalog.Entries(context.Background(), d.ada.BrandID, kind)
	webtest.Must(t, err)
	return list
}

func TestCatalogue(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		for list, empty := range map[string]string{"": "Noch kein Thema", "?list=product": "Noch kein Produkt", "?list=region": "Noch keine Region", "?list=x": "Noch kein Thema"} {
			if page := d.Get(cataloguePath + list); page.Status != http.StatusOK || !strings.Contains(page.Text("main"), empty) || page.Find(".tabs [aria-current]").Length() != 1 {
				t.Errorf("%s: %d, %s", list, page.Status, page.Text("main"))
			}
		}
		add := func(more ...string) *webtest.Page { return d.Post(cataloguePath+"?list=topic", more...) }
		refused(t, "no name", add("key", "Ä"), "name_de key")
		want(t, "no list", d.Post(cataloguePath+"?list=x", "name_de", "Rechnung"), http.StatusNotFound, "")
		refused(t, "no such parent", add("name_de", "Rechnung", "parent", "x"), "parent")
		page := d.saved(t, "a topic", add("name_de", "Rechnung", "name_en", "Bill"), cataloguePath+"?list=topic", "„Rechnung“ ist hinzugefügt.")
		if got := page.Text("#entries tbody, table tbody"); !strings.Contains(got, "Rechnung") || !strings.Contains(got, "Bill") || !strings.Contains(got, "rechnung") {
			t.Errorf("the list reads %q", got)
		}
		bill := d.entries(t, catalog.Topic)[0]
		if page := add("name_de", "Rechnung"); page.Status != http.StatusUnprocessableEntity && page.Status != http.StatusConflict || page.Faults() != "name_de" || page.Value("name_de") != "Rechnung" {
			t.Errorf("the same name: %d, faults %q", page.Status, page.Faults())
		}
		d.saved(t, "a second", add("name_de", hostile), cataloguePath+"?list=topic", "hinzugefügt")
		d.saved(t, "one below", add("name_de", "Abschlag", "parent", bill.ID.String()), cataloguePath+"?list=topic", "Abschlag")
		page = d.Get(cataloguePath)
		if page.Find("script:not([src])").Length() != 0 || page.Find(".entry-below").Length() != 1 || page.Find(".entry-moves [disabled]").Length() != 4 {
			t.Errorf("%d below, %d buttons that do nothing", page.Find(".entry-below").Length(), page.Find(".entry-moves [disabled]").Length())
		}
		want(t, "down", d.Post(cataloguePath+"/"+bill.ID.String()+"/move", "move", "down"), http.StatusSeeOther, cataloguePath+"?list=topic")
		if got := d.entries(t, catalog.Topic); got[1].ID != bill.ID || got[2].Key != "abschlag" {
			t.Errorf("after moving down %+v", got)
		}
	})
}

func TestEntryPage(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.saved(t, "a county", d.Post(cataloguePath+"?list=region", "name_de", "Grünau"), cataloguePath+"?list=region", "Grünau")
		county := d.entries(t, catalog.Region)[0]
		d.saved(t, "a town", d.Post(cataloguePath+"?list=region", "name_de", "Altdorf", "parent", county.ID.String()), cataloguePath+"?list=region", "Altdorf")
		town := d.entries(t, catalog.Region)[1]
		at := cataloguePath + "/" + town.ID.String()
		page := d.Get(at)
		if page.Value("name_de") != "Altdorf" || page.Value("parent") != county.ID.String() || !strings.Contains(page.Text(".page-header"), "altdorf") {
			t.Errorf("the page of a town: %q, %q, %q", page.Value("name_de"), page.Value("parent"), page.Text(".page-header"))
		}
		if n := d.Get(cataloguePath + "/" + county.ID.String()).Find("[name=parent]").Length(); n != 0 {
			t.Error("a county with towns may be put below another")
		}
		page = d.Post(at, "name_de", "", "name_en", strings.Repeat("x", 81), "parent", county.ID.String())
		refused(t, "a name too long", page, "name_en")
		d.saved(t, "another name", d.Post(at, "name_de", "Altdorf an der Linde", "name_en", "", "parent", county.ID.String()), cataloguePath+"?list=region", "„Altdorf an der Linde“ ist gespeichert.")
		page = d.saved(t, "retired", d.Post(cataloguePath+"/"+county.ID.String()+"/active", "active", "0"), cataloguePath+"?list=region", "stillgelegt")
		if got := page.Text("details.retired"); !strings.Contains(got, "2 stillgelegt") || !strings.Contains(got, "Zurückholen") {
			t.Errorf("the retired read %q", got)
		}
		page = d.Post(at+"/active", "active", "1")
		if page.Status != http.StatusConflict || !strings.Contains(page.Text("#state"), "Holen Sie zuerst ihn zurück") {
			t.Errorf("a town without its county: %d, %q", page.Status, page.Text("#state"))
		}
		d.saved(t, "back", d.Post(cataloguePath+"/"+county.ID.String()+"/active", "active", "1"), cataloguePath+"?list=region", "wieder wählen")
		for _, path := range []string{cataloguePath + "/x", cataloguePath + "/" + ids.New().String()} {
			want(t, path, d.Get(path), http.StatusNotFound, "")
			want(t, path, d.Post(path+"/active", "active", "0"), http.StatusNotFound, "")
		}
		d.Person(d.ada, "Lea", access.Lead)
		lead := d.SignedIn("lea@lindenau.example")
		for _, path := range []string{cataloguePath, at} {
			want(t, "a lead at "+path, lead.Get(path), http.StatusForbidden, "")
			want(t, "a lead at "+path, lead.Post(path+"?list=topic", "name_de", "X"), http.StatusForbidden, "")
		}
		want(t, "a lead retires", lead.Post(at+"/active", "active", "0"), http.StatusForbidden, "")
		want(t, "a lead moves", lead.Post(at+"/move", "move", "up"), http.StatusForbidden, "")
	})
}

func TestPortraitOfAMember(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		ben := d.Person(d.ada, "Ben", access.Agent)
		at := "/admin/staff/" + ben.String()
		want(t, "an agent", d.upload(t, d.SignedIn("ben@lindenau.example"), at+"/portrait", "portrait", onePNG(t)), http.StatusForbidden, "")
		refused(t, "an SVG", d.upload(t, d.Browser, at+"/portrait", "portrait", []byte("<svg/>")), "portrait")
		refused(t, "3 MB", d.upload(t, d.Browser, at+"/portrait", "portrait", make([]byte, 3<<20)), "portrait")
		page := d.saved(t, "a picture", d.upload(t, d.Browser, at+"/portrait", "portrait", onePNG(t)), at, "Das Bild ist gespeichert.")
		shown := page.Find("#portrait img[alt]")
		if got := d.Get(shown.AttrOr("src", "")); got.Status != http.StatusOK || got.Header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("the picture: %d %s", got.Status, got.Header.Get("Content-Type"))
		}
		if page.Find(`#portrait [name=public]`).Length() != 0 {
			t.Error("an administrator may show it to everybody")
		}
		want(t, "nobody's", d.upload(t, d.Browser, "/admin/staff/"+ids.New().String()+"/portrait", "portrait", onePNG(t)), http.StatusNotFound, "")
		page = d.saved(t, "no picture", d.Post(at+"/portrait", "remove", "1"), at, "entfernt")
		if page.Find("#portrait img").Length() != 0 {
			t.Error("the picture is still shown")
		}
	})
}
