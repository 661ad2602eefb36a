package workspace_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/outbox"
	"lotse/internal/platform/db"
)

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	must(w.t, w.db.Write(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewRaw(query, args...).Exec(ctx)
		return err
	}))
}

func TestDeliveriesPage(t *testing.T) {
	onBoth(t, func(w *world) {
		if got := text(w.mia.get("/deliveries").Find(".empty h2")); got != "Noch nichts versandt" {
			w.t.Errorf("an empty list says %q", got)
		}
		c := w.open(letter{From: "renate@post.example", Subject: "Zähler", Text: "Hallo"})
		w.open(letter{From: "karl@post.example", Subject: "Abschlag", Text: "Hallo"})
		w.exec("UPDATE deliveries SET state = 4, code = 550, words = ? WHERE case_id = ?", []byte("5.1.1 no such <mailbox>"), c.ID)
		page := w.mia.get("/deliveries")
		row := page.Find(".delivery").Last()
		if n := page.Find(".delivery").Length(); n != 2 || text(row.Find(".row-link")) != "renate@post.example" || text(row.Find(".badge")) != "Nicht zugestellt" ||
			text(row.Find(".delivery-why")) != "550 5.1.1 no such <mailbox>" || !strings.Contains(text(row.Find(".row-meta")), c.Number) {
			w.t.Errorf("%d rows, the last %q", n, text(row))
		}
		if href, _ := row.Find(".row-link").Attr("href"); !strings.HasPrefix(href, "/cases/"+c.Number+"#m-") {
			w.t.Errorf("it leads to %q", href)
		}
		if n := w.mia.get("/deliveries?state=failed").Find(".delivery").Length(); n != 1 {
			w.t.Errorf("%d failed ones", n)
		}
		for _, path := range []string{"/deliveries", "/deliveries?state=failed&kind=ack"} {
			if n := w.cost(w.mia, path); n > 6 {
				w.t.Errorf("%s costs %d statements", path, n)
			}
		}
	})
}

// TestAddressesStandInNoLink: who looks for an address finds it, and no log of a
// server in between learns it.
func TestAddressesStandInNoLink(t *testing.T) {
	onBoth(t, func(w *world) {
		w.open(letter{From: "renate@post.example", Subject: "Zähler", Text: "Hallo"})
		w.open(letter{From: "karl@post.example", Subject: "Abschlag", Text: "Hallo"})
		to, page := w.mia.goes("/deliveries", "address", " Renate@post.example ", "kind", "ack", "state", "")
		if strings.Contains(to, "renate") || strings.Contains(to, "%40") || !strings.Contains(to, "for=") {
			w.t.Errorf("it leads to %s", to)
		}
		if got := text(page.Find(".delivery .row-link")); got != "renate@post.example" {
			w.t.Errorf("found %q", got)
		}
		if got, _ := page.Find("#f-address").Attr("value"); got != "renate@post.example" {
			w.t.Errorf("the form forgot the address: %q", got)
		}
		if _, open := page.Find(".deliveries-narrow").Attr("open"); !open {
			w.t.Error("the form is folded")
		}
		_, page = w.mia.goes("/deliveries", "address", "nirgends")
		if got := text(page.Find(".empty h2")); got != "Dazu gibt es nichts" {
			w.t.Errorf("nothing found says %q", got)
		}
		wrong := w.mia.page(w.mia.post("/deliveries", "from", "gestern", "to", ""), http.StatusUnprocessableEntity)
		if got := text(wrong.Find("#f-from-error")); got == "" {
			w.t.Error("a day that is none is not named")
		}
		wrong = w.mia.page(w.mia.post("/deliveries", "from", "2026-11-23", "to", "2026-11-20"), http.StatusUnprocessableEntity)
		if got := wrong.Find(".error-summary a[href='#f-to']").Length(); got != 1 {
			w.t.Error("days in the wrong order are taken")
		}
	})
}

// TestRestrictedDeliveries: of a restricted team's case others see neither address nor
// words, and can't find out by asking for an address.
func TestRestrictedDeliveries(t *testing.T) {
	onBoth(t, func(w *world) {
		c := w.open(letter{From: "renate@post.example", Subject: "Zähler", Text: "Hallo"})
		must(w.t, w.desk.HandOver(context.Background(), w.mia.actor, c.ID, desk.HandOverForm{TeamID: w.vault, Reason: "Bitte"}))
		w.exec("UPDATE deliveries SET state = 4, code = 550, words = ?", []byte("renate unbekannt"))
		page := w.jonas.get("/deliveries")
		if got := text(page.Find("main")); page.Find(".delivery").Length() != 1 || strings.Contains(got, "renate") {
			w.t.Errorf("the list says %q", got)
		}
		w.exec("UPDATE deliveries SET state = 1, attempts = 2, next_at = created_at")
		if got := text(w.jonas.get("/deliveries").Find(".delivery-why")); got != "" {
			w.t.Errorf("of what is tried again it says %q", got)
		}
		_, page = w.jonas.goes("/deliveries", "address", "renate@post.example")
		if page.Find(".delivery").Length() != 0 {
			w.t.Error("the list tells that somebody wrote to the address")
		}
	})
}

// TestABrakeIsReleasedWithOneClick shows the alarm on every page of a lead, and both
// its buttons work.
func TestABrakeIsReleasedWithOneClick(t *testing.T) {
	onBoth(t, func(w *world) {
		boss := w.jonas.actor
		boss.Role = access.Admin
		must(w.t, outbox.Storm.Set(context.Background(), w.catalog, boss, 10))
		for how, state := range map[string]outbox.State{"send": outbox.Queued, "discard": outbox.Cancelled} {
			var c desk.Case
			w.clock.Advance(time.Second)
			for i := range 11 {
				c = w.open(letter{From: fmt.Sprint(how, i, "@post.example"), Subject: "Zähler", Text: "Hallo"})
			}
			page := w.jonas.get("/cases")
			if got := text(page.Find("#alarms strong")); got != "hilfe@lindenau.example: Automatische E-Mails sind angehalten." {
				w.t.Fatalf("the alarm says %q", got)
			}
			if w.mia.get("/cases").Find("#alarms").Length() != 0 {
				w.t.Error("an agent sees it")
			}
			button := page.Find("#alarms form").FilterFunction(func(_ int, s *goquery.Selection) bool { return strings.HasSuffix(s.AttrOr("action", ""), "/"+how) })
			_, page = w.jonas.goes(button.AttrOr("action", ""))
			if page.Find("#alarms form").Length() != 0 || !strings.Contains(text(page.Find(".notice")), "1") {
				w.t.Errorf("after %s the page says %q", how, text(page.Find(".notice")))
			}
			var got outbox.State
			must(w.t, w.db.Read().NewRaw("SELECT state FROM deliveries WHERE case_id = ?", c.ID).Scan(context.Background(), &got))
			if got != state {
				w.t.Errorf("after %s it is %s", how, got)
			}
		}
		if res := w.mia.post("/deliveries/brakes/" + w.account.ID.String() + "/send"); res.StatusCode != http.StatusForbidden {
			w.t.Errorf("an agent releases: %d", res.StatusCode)
		}
		if res := w.jonas.post("/deliveries/brakes/" + w.account.ID.String() + "/etwas"); res.StatusCode != http.StatusNotFound {
			w.t.Errorf("another word: %d", res.StatusCode)
		}
	})
}

func TestFiguresPage(t *testing.T) {
	onBoth(t, func(w *world) {
		if res := w.mia.do(httptest.NewRequest("GET", "/deliveries/figures", nil)); res.StatusCode != http.StatusForbidden {
			w.t.Errorf("an agent sees figures: %d", res.StatusCode)
		}
		if got := text(w.jonas.get("/deliveries/figures").Find(".empty h2")); got != "Noch keine Zahlen" {
			w.t.Errorf("without figures it says %q", got)
		}
		zeros := strings.Repeat(", 0", 7)
		for i, domain := range []string{"a.example", "b.example", "<script>.example"} {
			w.exec(fmt.Sprintf("INSERT INTO delivery_figures VALUES (?, ?, ?, ?, 0, %d, 2, 3, 0, %d, 0, 40, 10, 0%s)", 50*(i+1), 3-i, zeros), w.brand, fmt.Sprintf("2026-11-%02d", 20+i), w.account.ID, domain)
		}
		page := w.jonas.get("/deliveries/figures?days=7")
		if page.Find("svg.chart-plot").Length() != 2 || page.Find("#volume rect.chart-column").Length() != 9 || page.Find("#volume-table tbody tr").Length() != 7 {
			w.t.Errorf("%d charts, %d columns", page.Find("svg.chart-plot").Length(), page.Find("#volume rect.chart-column").Length())
		}
		if got := text(page.Find("#volume-summary")); !strings.HasPrefix(got, "300 gesendet, 15 nicht zugestellt.") {
			w.t.Errorf("it says %q", got)
		}
		if got := text(page.Find(".bars li").First()); got != "a.example 6 von 53 (11,3 %)" {
			w.t.Errorf("the first domain says %q", got)
		}
		if n := w.cost(w.jonas, "/deliveries/figures?days=90"); n > 6 {
			w.t.Errorf("it costs %d statements", n)
		}
		if res := w.jonas.do(httptest.NewRequest("GET", "/deliveries/figures?days=9999", nil)); res.StatusCode != http.StatusUnprocessableEntity {
			w.t.Errorf("too many days: %d", res.StatusCode)
		}
	})
}
