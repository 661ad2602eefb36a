package app_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
)

func TestAPI(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, database string) {
		h := newHouse(t, database)
		for _, scenario := range []struct {
			name string
			run  func(*testing.T, *house)
		}{
			{"a case from its opening to its end", caseLife}, {"messages", messageLife}, {"messages that are moved", movedMessages}, {"files", fileLife}, {"customers", customerLife},
			{"public", publicLife}, {"repeating", repeating}, {"versions", versions}, {"versions of texts", textVersions}, {"versions of settings", settingVersions}, {"lists", listing}, {"keys", keyRules}, {"limits", rateLimits},
			{"refusals", refusals}, {"administration", administration}, {"restricted teams", restrictedTeams}, {"events", followingEvents},
			{"what is erased is forgotten", erased},
		} {
			t.Run(scenario.name, func(t *testing.T) {
				h.t = t
				scenario.run(t, h)
			})
		}
		h.t = t
		(&crawler{town: &town{house: h}}).logs(t)
	})
}

func newCase(who string) object {
	return object{"customer": object{"email": who + "@post.example", "name": "Erika Berg"}, "subject": "Zähler kam nicht an", "text": "Guten Tag, er fehlt."}
}

func caseLife(t *testing.T, h *house) {
	p := h.withKey(h.agent, access.CasesRead, access.CasesWrite)
	made := p.post("/cases", newCase("life")).wants(http.StatusCreated)
	number := made.at("number")
	for path, want := range map[string]string{"state": "new", "subject": "Zähler kam nicht an", "channel": "api", "language": "de", "version": "1",
		"timeline.0.kind": "inbound", "timeline.0.text": "Guten Tag, er fehlt.", "timeline.0.author.kind": "customer", "timeline.0.author.name": "Erika Berg", "more": "false"} {
		wantText(t, path, made.at(path), want)
	}
	wantText(t, "Location", made.header.Get("Location"), "/api/v1/cases/"+number)
	wantText(t, "events", h.recorded(number, 0), "case.opened message.received")
	if again := p.get(made.header.Get("Location")).wants(http.StatusOK); again.body != made.body {
		t.Errorf("read again: %s", differ(again.body, made.body))
	}
	path := "/cases/" + number
	wantText(t, "owner", p.post(path+"/take", nil).wants(http.StatusOK).at("owner.name"), "Mia Sommer")
	given := p.post(path+"/handover", object{"team_id": h.boss.Teams[0].String(), "reason": "Kennt den Anschluss."}).wants(http.StatusOK)
	if given.at("owner") != "" || given.at("timeline.1.kind") != "handover" || given.at("timeline.1.text") != "Kennt den Anschluss." {
		t.Errorf("handed over: %s", given.body)
	}
	wantText(t, "state", p.post(path+"/state", object{"state": "waiting_others"}).wants(http.StatusOK).at("state"), "waiting_others")
	wantText(t, "in the trash", fmt.Sprint(p.post(path+"/trash", nil).wants(http.StatusOK).at("trashed_at") != ""), "true")
	p.post(path+"/notes", object{"text": "Notiz"}).wants(http.StatusConflict)
	wantText(t, "restored", p.post(path+"/restore", nil).wants(http.StatusOK).at("trashed_at"), "")
	wantText(t, "solved", p.post(path+"/state", object{"state": "solved"}).wants(http.StatusOK).at("state"), "solved")
	wantText(t, "events", h.recorded(number, 2), "case.taken case.handed_over case.state_changed case.trashed case.restored case.state_changed")
	events := p.get(path + "/events").wants(http.StatusOK).items()
	if last := events[len(events)-1]; len(events) != 8 || valueAt(last, "params.to") != "solved" || valueAt(last, "key_id") != p.id.String() || valueAt(last, "actor.id") != h.agent.ID.String() {
		t.Errorf("%d events, last %v", len(events), last)
	}

	other := p.post("/cases", newCase("life")).wants(http.StatusCreated).at("number")
	merged := p.post("/cases/"+other+"/merge", object{"into": strings.ToLower(number)}).wants(http.StatusOK)
	wantText(t, "merged", merged.at("number"), number)
	wantText(t, "leads there", p.get("/cases/"+other).wants(http.StatusOK).at("merged_into"), number)
	wantText(t, "into nothing", p.post(path+"/merge", object{"into": "L-2222-22"}).wants(http.StatusUnprocessableEntity).faults(), "body.into")
	p.get("/cases/L-2222-22").wants(http.StatusNotFound)
	p.get("/cases/%00").wants(http.StatusNotFound)
}

func messageLife(t *testing.T, h *house) {
	ctx := context.Background()
	h.must(catalog.UndoSeconds.Set(ctx, h.app.Catalog, h.boss, 60))
	defer func() { h.must(catalog.UndoSeconds.Set(ctx, h.app.Catalog, h.boss, 0)) }()
	p := h.withKey(h.agent, access.CasesRead, access.CasesWrite)
	path := "/cases/" + p.post("/cases", newCase("messages")).wants(http.StatusCreated).at("number")
	note := p.post(path+"/notes", object{"text": "Ruft **morgen** an."}).wants(http.StatusCreated)
	wantText(t, "note", note.at("kind")+" "+note.at("visibility")+" "+note.at("author.kind"), "note internal staff")
	reply := p.post(path+"/replies", object{"text": "Er ist *unterwegs*.", "next": "waiting_customer"}).wants(http.StatusCreated)
	wantText(t, "reply", reply.at("html"), "<p>Er ist <em>unterwegs</em>.</p>\n")
	wantText(t, "delivery", reply.at("deliveries.0.state")+" "+reply.at("deliveries.0.address"), "queued messages@post.example")
	wantText(t, "state", p.get(path).at("state"), "waiting_customer")
	one := p.get(reply.header.Get("Location")).wants(http.StatusOK)
	wantText(t, "read again", one.body, reply.body)
	wantText(t, "nothing to repeat", p.post("/messages/"+reply.at("id")+"/deliveries/"+reply.at("deliveries.0.id")+"/retry", nil).wants(http.StatusOK).at("deliveries.0.state"), "queued")
	back := p.post("/messages/"+reply.at("id")+"/withdraw", nil).wants(http.StatusOK)
	wantText(t, "withdrawn", back.at("kind")+" "+back.at("deliveries.0.state"), "withdrawn cancelled")
	p.post("/messages/"+reply.at("id")+"/withdraw", nil).wants(http.StatusForbidden)
	said := p.post(path+"/messages", object{"text": "Er ist noch nicht da."}).wants(http.StatusCreated)
	wantText(t, "the customer", said.at("kind")+" "+said.at("author.kind")+" "+said.at("channel"), "inbound customer api")
	wantText(t, "state", p.get(path).at("state"), "open")
	all := p.get(path + "/messages").wants(http.StatusOK).items()
	if len(all) != 4 || valueAt(all[3], "text") != "Er ist noch nicht da." || valueAt(all[1], "seq") != "2" {
		t.Errorf("%d messages: %v", len(all), all)
	}
}

func fileLife(t *testing.T, h *house) {
	p := h.withKey(h.agent, access.CasesRead, access.CasesWrite)
	content := "<script>alert(1)</script> Der Zählerstand."
	up := p.ask(http.MethodPost, "/uploads?name=b%C3%B6se%2F..%2Fx.html", content, header("Content-Type", "text/html")).wants(http.StatusCreated)
	body := newCase("files")
	body["uploads"] = []string{up.at("token")}
	made := p.post("/cases", body).wants(http.StatusCreated)
	file := made.at("timeline.0.attachments.0.id")
	wantText(t, "name", p.get("/attachments/"+file).wants(http.StatusOK).at("name"), up.at("name"))
	got := p.get("/attachments/" + file + "/content").wants(http.StatusOK)
	wantText(t, "content", got.body, content)
	if h := got.header; h.Get("Content-Type") != "application/octet-stream" || h.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.HasPrefix(h.Get("Content-Disposition"), "attachment;") || !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("may run: %v", h)
	}
	wantText(t, "a part", p.get("/attachments/"+file+"/content", header("Range", "bytes=8-13")).wants(http.StatusPartialContent).body, "alert("[:6])
	p.get("/attachments/"+file+"/content", header("If-None-Match", got.header.Get("ETag"))).wants(http.StatusNotModified)
	again := newCase("files")
	again["uploads"] = []string{up.at("token")}
	wantText(t, "a file used twice", p.post("/cases", again).wants(http.StatusUnprocessableEntity).faults(), "body.uploads")
	wantText(t, "an empty file", p.ask(http.MethodPost, "/uploads?name=x", "").wants(http.StatusUnprocessableEntity).faults(), "body")
	p.ask(http.MethodPost, "/uploads?name=x", strings.Repeat("x", 25<<20+1)).wants(http.StatusRequestEntityTooLarge)
}

func customerLife(t *testing.T, h *house) {
	p := h.withKey(h.agent, access.CustomersRead, access.CustomersWrite, access.CasesRead, access.CasesWrite)
	made := p.post("/customers", object{"name": "Karl Tal", "identities": []object{{"kind": "email", "value": "Karl.Tal@Post.example"}, {"kind": "phone", "value": "+49 341 123456"}}}).wants(http.StatusCreated)
	wantText(t, "identities", made.at("identities.0.value")+" "+made.at("identities.1.value"), "karl.tal@post.example +49341123456")
	path := strings.TrimPrefix(made.header.Get("Location"), "/api/v1")
	wantText(t, "by address", valueAt(p.get("/customers?email=karl.tal%40post.example").wants(http.StatusOK).items(), "0.id"), made.at("id"))
	wantText(t, "by number", valueAt(p.get("/customers?phone=%2B49341123456").wants(http.StatusOK).items(), "0.id"), made.at("id"))
	if found := p.get("/customers?email=nobody%40post.example").wants(http.StatusOK).items(); len(found) != 0 {
		t.Errorf("nobody is %v", found)
	}
	wantText(t, "mended", p.ask(http.MethodPatch, path, object{"name": "Karl Berg"}).wants(http.StatusOK).at("name"), "Karl Berg")
	wantText(t, "language", p.get(path).at("language"), "de")
	p.post(path+"/identities", object{"kind": "email", "value": "karl@tal.example"}).wants(http.StatusOK)
	wantText(t, "taken", p.post("/customers", object{"identities": []object{{"kind": "email", "value": "KARL@tal.example"}}}).wants(http.StatusConflict).faults(), "body.identities")
	wantText(t, "no number", p.post(path+"/identities", object{"kind": "phone", "value": "112"}).wants(http.StatusUnprocessableEntity).faults(), "body.value")
	p.ask(http.MethodDelete, path+"/identities?kind=email&value=karl%40tal.example", nil).wants(http.StatusOK)
	p.ask(http.MethodDelete, path+"/identities?kind=email&value=karl.tal%40post.example", nil).wants(http.StatusOK)
	p.ask(http.MethodDelete, path+"/identities?kind=phone&value=%2B49341123456", nil).wants(http.StatusConflict)

	body := newCase("")
	body["customer"] = object{"id": made.at("id")}
	number := p.post("/cases", body).wants(http.StatusCreated).at("number")
	wantText(t, "their cases", valueAt(p.get(path+"/cases").wants(http.StatusOK).items(), "0.number"), number)
	wantText(t, "nobody's case", p.post("/cases", object{"customer": object{"id": ids.New().String()}, "subject": "x", "text": "y"}).wants(http.StatusUnprocessableEntity).faults(), "body.customer.id")

	p.post("/cases/"+number+"/block", object{"reason": "Werbung"}).wants(http.StatusNoContent)
	p.post("/blocks", object{"address": "angebot@api.example"}).wants(http.StatusNoContent)
	for _, b := range p.get("/blocks").wants(http.StatusOK).items() {
		if valueAt(b, "value") == "angebot@api.example" {
			p.ask(http.MethodDelete, "/blocks/"+valueAt(b, "id"), nil).wants(http.StatusNoContent)
		}
	}
	if p.get("/blocks").body == "" || strings.Contains(p.get("/blocks").body, "angebot@api.example") {
		t.Error("the block is still there")
	}
}

func publicLife(t *testing.T, h *house) {
	p := h.withKey(h.agent, access.PublishScope, access.CasesRead)
	k := h.ask("api thread")
	k.confirm()
	p.get("/cases/" + k.number + "/thread").wants(http.StatusNotFound)
	title, sentence := h.said()
	k.propose(sentence, "Der neue Zähler zeigt nur Striche. Petermann aus der Wohnung über mir hat dasselbe. "+title, "")
	own := p.get("/cases/" + k.number + "/thread").wants(http.StatusOK)
	if own.at("items.0.state") == "review" {
		review := p.get("/duties/review").wants(http.StatusOK).items()
		post := valueAt(review, "0.post.id")
		p.post("/posts/"+post+"/release", object{"version": 99}).wants(http.StatusConflict)
		p.post("/posts/"+post+"/release", object{"version": 1}).wants(http.StatusNoContent)
	}
	key := own.at("key")
	p.get("/threads/" + key).wants(http.StatusOK)
	if len(p.get("/threads?unanswered=true").wants(http.StatusOK).items()) == 0 {
		t.Error("nothing is unanswered")
	}
	answer := "Drücken Sie die Taste am Gehäuse zweimal, dann erscheint der Stand im Display."
	made := p.post("/threads/"+key+"/answers", object{"text": answer}).wants(http.StatusCreated)
	wantText(t, "answer", made.at("kind")+" "+made.at("state")+" "+made.at("author"), "answer shown Mia Sommer")
	edited := p.ask(http.MethodPatch, "/posts/"+made.at("id"), object{"version": 1, "text": answer + " Fertig."}).wants(http.StatusOK)
	wantText(t, "version", edited.at("version"), "2")
	p.ask(http.MethodPatch, "/posts/"+made.at("id"), object{"version": 1, "text": answer}).wants(http.StatusConflict)
	wantText(t, "shown", p.get("/threads/"+key).at("items.1.text"), answer+" Fertig.")
	p.post("/posts/"+made.at("id")+"/withdraw", object{}).wants(http.StatusNoContent)
	wantText(t, "counted", fmt.Sprint(p.get("/duties").wants(http.StatusOK).at("review") != ""), "true")
	wantText(t, "a customer's post needs a reason", p.post("/posts/"+own.at("items.0.id")+"/withdraw", object{}).wants(http.StatusUnprocessableEntity).faults(), "body.reason")
	p.post("/posts/"+own.at("items.0.id")+"/withdraw", object{"reason": "personal_data"}).wants(http.StatusNoContent)
	p.get("/threads/" + key).wants(http.StatusGone)
}

func repeating(t *testing.T, h *house) {
	p := h.withKey(h.agent, access.CasesRead, access.CasesWrite)
	name := header("Idempotency-Key", "order-4711")
	first := p.post("/cases", newCase("repeat"), name).wants(http.StatusCreated)
	again := p.post("/cases", newCase("repeat"), name).wants(http.StatusCreated)
	if again.body != first.body || again.header.Get("Location") != first.header.Get("Location") || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("again: %s", again.all())
	}
	wantText(t, "another request", p.post("/cases", newCase("other"), name).wants(http.StatusUnprocessableEntity).at("code"), "idempotency_key_reused")
	wantText(t, "no name", p.post("/cases", newCase("repeat"), header("Idempotency-Key", "a b")).wants(http.StatusUnprocessableEntity).faults(), "header.Idempotency-Key")
	wrong := object{"customer": object{}, "subject": "x", "text": "y"}
	refused := p.post("/cases", wrong, header("Idempotency-Key", "wrong")).wants(http.StatusUnprocessableEntity)
	wantText(t, "a refusal is repeated too", p.post("/cases", wrong, header("Idempotency-Key", "wrong")).body, refused.body)
	other := h.withKey(h.agent, access.CasesRead, access.CasesWrite)
	if other.post("/cases", newCase("repeat"), name).wants(http.StatusCreated).at("number") == first.at("number") {
		t.Error("another key is given the answer")
	}

	// At the same moment, one is carried out: the others hear the same, or to ask again.
	before := h.count("SELECT count(*) FROM cases")
	var wg sync.WaitGroup
	statuses := make([]int, 8)
	for i := range statuses {
		wg.Go(func() {
			r, err := http.NewRequest(http.MethodPost, houseURL+"/api/v1/cases", strings.NewReader(`{"customer":{"email":"race@post.example"},"subject":"x","text":"y"}`))
			if err != nil {
				return
			}
			r.Header.Set("Authorization", "Bearer "+p.secret)
			r.Header.Set("Idempotency-Key", "race")
			res, err := h.web.Do(r)
			if err == nil {
				statuses[i] = res.StatusCode
				res.Body.Close()
			}
		})
	}
	wg.Wait()
	created := 0
	for _, s := range statuses {
		if s == http.StatusCreated {
			created++
		} else if s != http.StatusConflict {
			t.Errorf("%d", s)
		}
	}
	if after := h.count("SELECT count(*) FROM cases"); after != before+1 || created == 0 {
		t.Errorf("%d cases of one request, %v", after-before, statuses)
	}
}

func versions(t *testing.T, h *house) {
	p := h.withKey(h.agent, access.CasesRead, access.CasesWrite)
	path := "/cases/" + p.post("/cases", newCase("versions")).wants(http.StatusCreated).at("number")
	seen := p.get(path).wants(http.StatusOK).header.Get("ETag")
	if !strings.HasPrefix(seen, `"1.`) {
		t.Errorf("ETag %s", seen)
	}
	p.get(path, header("If-None-Match", seen)).wants(http.StatusNotModified)
	p.get(path, header("If-None-Match", `"x", W/`+seen)).wants(http.StatusNotModified)
	p.post(path+"/take", nil, header("If-Match", seen)).wants(http.StatusOK)
	p.get(path, header("If-None-Match", seen)).wants(http.StatusOK)
	wantText(t, "changed since", p.post(path+"/replies", object{"text": "Guten Tag"}, header("If-Match", seen)).wants(http.StatusPreconditionFailed).at("code"), "precondition_failed")
	p.post(path+"/replies", object{"text": "Guten Tag"}, header("If-Match", "*")).wants(http.StatusCreated)
	wantText(t, "no version", p.post(path+"/state", object{"state": "open"}, header("If-Match", `"x"`)).wants(http.StatusUnprocessableEntity).faults(), "header.If-Match")
	wantText(t, "one reply", fmt.Sprint(len(p.get(path+"/messages").items())), "2")
}

func textVersions(t *testing.T, h *house) {
	p := h.withKey(h.boss, access.SettingsScope)
	const path = "/templates/ack/de"
	text := func(s string) object { return object{"subject": "Vorgang", "text": s + " {{case.number}}"} }
	fresh := p.get(path).wants(http.StatusOK).header.Get("ETag")
	if !strings.HasPrefix(fresh, `"0.`) {
		t.Errorf("ETag %s", fresh)
	}
	first := p.ask(http.MethodPut, path, text("Eins"), header("If-Match", fresh)).wants(http.StatusOK).header.Get("ETag")
	wantText(t, "two editors", p.ask(http.MethodPut, path, text("Zwei"), header("If-Match", fresh)).wants(http.StatusPreconditionFailed).at("code"), "precondition_failed")
	p.ask(http.MethodDelete, path, nil, header("If-Match", fresh)).wants(http.StatusPreconditionFailed)
	wantText(t, "the first one's text", p.get(path).at("text"), "Eins {{case.number}}")
	p.ask(http.MethodPut, path, text("Drei"), header("If-Match", first)).wants(http.StatusOK)
	p.ask(http.MethodPut, path, text("Vier"), header("If-Match", "*")).wants(http.StatusOK)
	seen := p.get(path).header.Get("ETag")
	wantText(t, "no version", p.ask(http.MethodPut, path, text("Fünf"), header("If-Match", `"x"`)).wants(http.StatusUnprocessableEntity).faults(), "header.If-Match")
	p.ask(http.MethodDelete, path, nil, header("If-Match", seen)).wants(http.StatusOK)
	p.ask(http.MethodDelete, path, nil, header("If-Match", seen)).wants(http.StatusPreconditionFailed)
}

// settingVersions changes what has no number of its own: of those who read the same,
// one may change it, and the others are told.
func settingVersions(t *testing.T, h *house) {
	p := h.withKey(h.boss, access.SettingsScope, access.CatalogRead, access.CatalogWrite, access.StaffRead, access.StaffWrite)
	entry := "/catalogue/" + p.post("/catalogue", object{"kind": "topic", "names": object{"en": "Versions"}}).wants(http.StatusCreated).at("id")
	team := "/teams/" + p.post("/teams", object{"name": "Versions", "answer_minutes": 60, "zone": "Europe/Berlin", "week": object{}}).wants(http.StatusCreated).at("id")
	for _, path := range []string{"/brand", entry, team, "/mailboxes/" + p.get("/mailboxes").at("items.0.id")} {
		read := p.get(path).wants(http.StatusOK)
		seen, now := read.header.Get("ETag"), read.object()
		put := func(name, version string) answer {
			form := object{"name": name, "names": object{"en": name}}
			for _, field := range []string{"language", "address", "team_id", "relay", "answer_minutes", "zone", "week"} {
				form[field] = now[field]
			}
			for field := range form { // each takes its own fields and no others
				if now[field] == nil {
					delete(form, field)
				}
			}
			return p.ask(http.MethodPut, path, form, header("If-Match", version))
		}
		wantText(t, path+": read again", p.get(path).header.Get("ETag"), seen)
		answers := make([]answer, 4)
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() { answers[i] = put(fmt.Sprint("Writer ", i), seen) })
		}
		wg.Wait()
		after := ""
		for _, a := range answers {
			switch {
			case a.status == http.StatusOK && after == "":
				after = a.header.Get("ETag")
			case a.status != http.StatusPreconditionFailed || a.at("code") != "precondition_failed":
				t.Errorf("%s: of several at once: %d %s", path, a.status, a.body)
			}
		}
		put("Writer 5", after).wants(http.StatusOK)
		put("Writer 6", "*").wants(http.StatusOK)
		wantText(t, path+": no version", put("Writer 7", `"x"`).wants(http.StatusUnprocessableEntity).faults(), "header.If-Match")
	}
	wantText(t, "a change that depends on nothing", p.ask(http.MethodPut, entry+"/active", object{"active": true}, header("If-Match", `"7"`)).wants(http.StatusUnprocessableEntity).faults(), "header.If-Match")
}

func listing(t *testing.T, h *house) {
	p := h.withKey(h.agent, access.CasesRead, access.CasesWrite, access.CustomersRead)
	for i := range 5 {
		p.post("/cases", newCase(fmt.Sprint("list", i))).wants(http.StatusCreated)
	}
	for _, start := range []string{"/cases?scope=all&limit=2", "/customers?limit=2"} {
		seen, pages := map[string]bool{}, 0
		for next := "/api/v1" + start; next != ""; pages++ {
			got := p.get(next).wants(http.StatusOK)
			for _, item := range got.items() {
				id := valueAt(item, "number") + valueAt(item, "id")
				if seen[id] {
					t.Errorf("%s shows %s twice", start, id)
				}
				seen[id] = true
			}
			link, after := got.header.Get("Link"), got.at("next")
			if (link == "") != (after == "") || after != "" && !strings.Contains(link, "limit=2") {
				t.Errorf("%s: next %q, Link %q", start, after, link)
			}
			next, _, _ = strings.Cut(strings.TrimPrefix(link, "<"), ">")
		}
		if pages < 3 || len(seen) < 5 {
			t.Errorf("%s: %d pages, %d entries", start, pages, len(seen))
		}
	}
	wantText(t, "limit", p.get("/cases?limit=0").wants(http.StatusUnprocessableEntity).faults(), "query.limit")
	wantText(t, "cursor", p.get("/cases?after=x").wants(http.StatusUnprocessableEntity).faults(), "query.after")
	wantText(t, "unknown parameter", p.get("/cases?scop=mine").wants(http.StatusUnprocessableEntity).faults(), "query.scop")
	wantText(t, "scope", p.get("/cases?scope=yours").wants(http.StatusUnprocessableEntity).faults(), "query.scope")
	wantText(t, "no team", p.get("/cases?scope=team").wants(http.StatusUnprocessableEntity).faults(), "query.team_id")
	if len(p.get("/cases?scope=team&team_id="+h.boss.Teams[0].String()).wants(http.StatusOK).items()) == 0 {
		t.Error("the team has no cases")
	}
	p.get("/cases?scope=mine").wants(http.StatusOK)
	p.get("/cases?scope=unowned").wants(http.StatusOK)
	p.get("/erasures").wants(http.StatusOK)
}
