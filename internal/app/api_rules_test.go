package app_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/platform/ids"
)

func keyRules(t *testing.T, h *house) {
	nobody := &caller{h: h}
	for _, shown := range []string{"", "Bearer", "Bearer x", "Basic bG90c2U6eA==", "Bearer lotse_" + string(ids.NewToken())} {
		a := nobody.get("/me", header("Authorization", shown)).wants(http.StatusUnauthorized)
		if a.at("code") != "unauthenticated" || !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%q: %s", shown, a.all())
		}
	}
	answer{h.do(http.MethodGet, "/api/v1/me", "", h.signedIn(h.boss)), h}.wants(http.StatusUnauthorized) // a session is no key
	reader := h.withKey(h.agent, access.CasesRead)
	wantText(t, "who", reader.get("/me").wants(http.StatusOK).at("name"), "Mia Sommer")
	wantText(t, "out of scope", reader.post("/cases", newCase("scope")).wants(http.StatusForbidden).at("code"), "forbidden")
	reader.get("/customers").wants(http.StatusForbidden)
	reader.get("/events").wants(http.StatusForbidden)
	agent := h.withKey(h.agent, access.AllScopes()...)
	agent.get("/keys").wants(http.StatusForbidden) // the scope is there, the role is not
	agent.ask(http.MethodDelete, "/cases/"+agent.post("/cases", newCase("scope")).at("number")+"?reason=spam", nil).wants(http.StatusForbidden)

	boss := h.withKey(h.boss, access.KeysScope, access.CasesRead)
	made := boss.post("/keys", object{"name": "Bericht", "scopes": []string{"cases:read"}}).wants(http.StatusCreated)
	second := &caller{h: h, secret: made.at("secret")}
	h.keys[second.secret] = "secret of a key"
	wantText(t, "the new key", second.get("/me").wants(http.StatusOK).at("key_name"), "Bericht")
	wantText(t, "more than it has", boss.post("/keys", object{"name": "x", "scopes": []string{"cases:write"}}).wants(http.StatusUnprocessableEntity).faults(), "body.scopes")
	wantText(t, "for others", boss.post("/keys", object{"name": "x", "scopes": []string{"keys"}, "staff_id": h.agent.ID.String()}).wants(http.StatusUnprocessableEntity).faults(), "body.staff_id")
	wantText(t, "no copy", boss.post("/keys", object{"name": "x", "scopes": []string{"keys"}}, header("Idempotency-Key", "x")).wants(http.StatusUnprocessableEntity).faults(), "header.Idempotency-Key")
	if list := boss.get("/keys").wants(http.StatusOK); strings.Contains(list.body, second.secret) || !strings.Contains(list.body, "Bericht") {
		t.Error("the list shows a secret, or not the key")
	}
	boss.ask(http.MethodDelete, "/keys/"+made.at("id"), nil).wants(http.StatusNoContent)
	second.get("/me").wants(http.StatusUnauthorized)

	left := h.hire("Lea Weg", access.Agent, h.boss.Teams[0])
	gone := h.withKey(left, access.CasesRead)
	gone.get("/me").wants(http.StatusOK)
	h.must(h.app.Staff.SetActive(context.Background(), h.boss, left.ID, false))
	gone.get("/me").wants(http.StatusUnauthorized)
}

func rateLimits(t *testing.T, h *house) {
	_, secret, err := h.app.Keys.Create(context.Background(), h.boss, access.KeyForm{Name: "Slow", StaffID: h.agent.ID, Scopes: []access.Scope{access.CasesRead}, PerMinute: 3})
	h.must(err)
	h.keys[secret] = "secret of a key"
	p := &caller{h: h, secret: secret}
	first := p.get("/me").wants(http.StatusOK)
	wantText(t, "policy", first.header.Get("RateLimit-Policy"), `"key";q=3;w=60`)
	wantText(t, "left", first.header.Get("RateLimit"), `"key";r=2;t=1`)
	var last answer
	for range 4 {
		last = p.get("/me")
	}
	last.wants(http.StatusTooManyRequests)
	if last.header.Get("Retry-After") == "" || last.at("code") != "too_many" || !strings.HasPrefix(last.header.Get("RateLimit"), `"key";r=0;`) {
		t.Errorf("%s", last.all())
	}
}

func refusals(t *testing.T, h *house) {
	p := h.withKey(h.agent, access.AllScopes()...)
	for name, tried := range map[string]struct {
		method, path, body string
		status             int
		code, faults       string
	}{
		"no JSON":          {http.MethodPost, "/cases", "{", 400, "malformed", "body"},
		"unknown field":    {http.MethodPost, "/cases", `{"customer":{"email":"a@b.example"},"subject":"x","text":"y","priority":1}`, 422, "invalid", "body.priority"},
		"unknown below":    {http.MethodPost, "/cases", `{"customer":{"email":"a@b.example","vip":true},"subject":"x","text":"y"}`, 422, "invalid", "body.customer.vip"},
		"another case":     {http.MethodPost, "/cases", `{"customer":{"email":"a@b.example"},"Subject":"x","text":"y"}`, 422, "invalid", "body body.Subject"},
		"missing":          {http.MethodPost, "/cases", `{}`, 422, "invalid", "body body body"},
		"wrong type":       {http.MethodPost, "/cases", `{"customer":[],"subject":1,"text":null}`, 422, "invalid", "body.customer body.subject body.text"},
		"wrong address":    {http.MethodPost, "/cases", `{"customer":{"email":"x"},"subject":" ","text":"\u0000"}`, 422, "invalid", "body.customer.email body.subject body.text"},
		"own address":      {http.MethodPost, "/cases", `{"customer":{"email":"` + houseMailbox + `"},"subject":"x","text":"y"}`, 422, "invalid", "body.customer.email"},
		"another's team":   {http.MethodPost, "/cases", `{"customer":{"email":"a@b.example"},"subject":"x","text":"y","team_id":"` + ids.New().String() + `"}`, 422, "invalid", "body.team_id"},
		"no operation":     {http.MethodGet, "/tickets", "", 404, "not_found", ""},
		"no method":        {http.MethodPatch, "/cases", "", 405, "method_not_allowed", ""},
		"nothing":          {http.MethodGet, "/", "", 404, "not_found", ""},
		"another type":     {http.MethodPost, "/cases", "a=b", 400, "malformed", "body"},
		"too large":        {http.MethodPost, "/cases", `{"text":"` + strings.Repeat("x", 3<<20) + `"}`, 413, "too_large", ""},
		"no id":            {http.MethodGet, "/customers/x", "", 404, "not_found", ""},
		"id of another":    {http.MethodGet, "/customers/" + h.agent.ID.String(), "", 404, "not_found", ""},
		"unknown reason":   {http.MethodDelete, "/cases/L-2222-22?reason=why", "", 422, "invalid", "query.reason"},
		"missing reason":   {http.MethodDelete, "/cases/L-2222-22", "", 422, "invalid", "query.reason"},
		"unknown language": {http.MethodPut, "/me/language", `{"language":"xx"}`, 422, "invalid", "body.language"},
	} {
		a := p.ask(tried.method, tried.path, tried.body)
		if a.status != tried.status || a.at("code") != tried.code || a.faults() != tried.faults {
			t.Errorf("%s: %d %s %q, want %d %s %q: %.300s", name, a.status, a.at("code"), a.faults(), tried.status, tried.code, tried.faults, a.body)
		}
		if a.header.Get("Content-Type") != "application/problem+json" || a.header.Get("X-Request-Id") == "" || a.at("request_id") != a.header.Get("X-Request-Id") {
			t.Errorf("%s: %s", name, a.all())
		}
	}
	wantText(t, "own id", p.get("/tickets", header("X-Request-Id", "abc-1")).header.Get("X-Request-Id"), "abc-1")
	wantText(t, "no own id", fmt.Sprint(p.get("/tickets", header("X-Request-Id", "a b")).header.Get("X-Request-Id") == "a b"), "false")
	wantText(t, "German", p.get("/cases/L-2222-22", header("Accept-Language", "de")).at("detail"), "Diesen Vorgang gibt es nicht.")
	if cors := p.ask(http.MethodOptions, "/cases", "", header("Origin", "https://evil.example"), header("Access-Control-Request-Method", "GET")); cors.status < 400 || cors.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("another site: %s", cors.all())
	}
}

func administration(t *testing.T, h *house) {
	p := h.withKey(h.boss, access.StaffRead, access.StaffWrite, access.SettingsScope, access.CatalogRead, access.IntakeScope)
	week := object{"monday": []object{{"from": 480, "to": 1020}}}
	team := p.post("/teams", object{"name": "Netz", "answer_minutes": 480, "zone": "Europe/Berlin", "region": "DE-SN", "week": week, "closed": []string{"2026-12-24"}}).wants(http.StatusCreated)
	wantText(t, "hours", team.at("week.monday.0.to")+" "+team.at("closed.0"), "1020 2026-12-24")
	wantText(t, "wrong hours", p.ask(http.MethodPut, "/teams/"+team.at("id"), object{"name": "Netz", "answer_minutes": 480, "zone": "Mars/Base", "week": object{"tuesday": []object{{"from": 9, "to": 8}}}}).wants(http.StatusUnprocessableEntity).faults(), "body.week.tuesday body.zone")
	wantText(t, "taken", p.post("/teams", object{"name": "Netz", "answer_minutes": 480, "zone": "Europe/Berlin", "week": week}).wants(http.StatusConflict).faults(), "body.name")
	person := p.post("/staff", object{"email": "jonas@lindenau.example", "name": "Jonas Hafen", "role": "agent", "teams": []string{team.at("id")}}).wants(http.StatusCreated)
	wantText(t, "invited", person.at("invited")+" "+person.at("teams.0.name"), "true Netz")
	path := strings.TrimPrefix(person.header.Get("Location"), "/api/v1")
	wantText(t, "role", p.ask(http.MethodPut, path+"/role", object{"role": "lead"}).wants(http.StatusOK).at("role"), "lead")
	wantText(t, "teams", p.ask(http.MethodPut, path+"/teams", object{"teams": []string{}}).wants(http.StatusOK).at("teams"), "[]")
	p.post(path+"/invitation", nil).wants(http.StatusNoContent)
	wantText(t, "active", p.ask(http.MethodPut, path+"/active", object{"active": false}).wants(http.StatusOK).at("active"), "false")
	p.ask(http.MethodPut, "/staff/"+h.boss.ID.String()+"/role", object{"role": "agent"}).wants(http.StatusConflict)
	if len(p.get("/staff").wants(http.StatusOK).items()) < 4 || len(p.get("/teams").wants(http.StatusOK).items()) < 3 {
		t.Error("staff or teams are missing")
	}
	brand := p.get("/brand").wants(http.StatusOK)
	changed := p.ask(http.MethodPut, "/brand", object{"name": "Stadtwerke Lindenau", "language": "de", "color": "#0b5563"}).wants(http.StatusOK)
	wantText(t, "brand", changed.at("id")+changed.at("color"), brand.at("id")+"#0b5563")
	wantText(t, "undo", p.ask(http.MethodPatch, "/settings", object{"undo_seconds": 5}).wants(http.StatusOK).at("undo_seconds"), "5")
	wantText(t, "acknowledge", p.ask(http.MethodPatch, "/settings", object{"undo_seconds": 0}).wants(http.StatusOK).at("acknowledge"), "true")
	box := object{"address": "api@lindenau.example", "name": "Netz", "language": "de", "team_id": team.at("id"), "relay": object{"host": "127.0.0.1", "port": 1, "security": "none"}}
	made := p.post("/mailboxes", box).wants(http.StatusCreated)
	wantText(t, "mailbox", p.get("/mailboxes/"+made.at("id")).wants(http.StatusOK).at("relay.host"), "127.0.0.1")
	if wrong := p.post("/mailboxes/"+made.at("id")+"/test", nil).wants(http.StatusUnprocessableEntity); !strings.HasPrefix(wrong.faults(), "body.relay.") {
		t.Errorf("test: %s", wrong.body)
	}
	wantText(t, "off", p.ask(http.MethodPut, "/mailboxes/"+made.at("id")+"/active", object{"active": false}).wants(http.StatusOK).at("active"), "false")
	if all := p.get("/mailboxes").wants(http.StatusOK); strings.Contains(all.body, `"password":`) {
		t.Error("a password is shown")
	}
	box["receive"] = object{"way": "imap", "host": "127.0.0.1", "port": 1, "security": "none", "user": "netz", "auth": "xoauth2", "since": "2026-01-31",
		"oauth": object{"token_url": "https://127.0.0.1:1/token", "client_id": "lotse", "client_secret": "Clientwort", "refresh_token": "Tokenwort"}}
	checked := p.post("/mailboxes/check", box).wants(http.StatusOK)
	wantText(t, "check", checked.at("works")+" "+checked.at("send.0.step")+" "+checked.at("send.0.works"), "false connect false")
	fetched := p.ask(http.MethodPut, "/mailboxes/"+made.at("id"), box).wants(http.StatusOK)
	wantText(t, "fetched", fetched.at("receive.way")+fetched.at("receive.since")+fetched.at("has_client_secret")+fetched.at("has_refresh_token")+fetched.at("state.works"), "imap2026-01-31truetruefalse")
	if strings.Contains(fetched.body+checked.body, "wort") {
		t.Errorf("a secret is shown: %s", fetched.body)
	}
	delete(box, "receive")
	wantText(t, "left out", p.ask(http.MethodPut, "/mailboxes/"+made.at("id"), box).wants(http.StatusOK).at("receive.way"), "imap")
	box["receive"] = object{"way": "imap", "host": "x y", "port": 1, "security": "none", "user": "netz", "auth": "oauthbearer", "oauth": object{"token_url": "http://x", "client_id": "lotse"}}
	wantText(t, "wrong", p.ask(http.MethodPut, "/mailboxes/"+made.at("id"), box).wants(http.StatusUnprocessableEntity).faults(), "body.receive.host body.receive.oauth.token_url body.receive.security")
	p.ask(http.MethodDelete, "/mailboxes/"+made.at("id"), nil).wants(http.StatusNoContent)
	p.get("/mailboxes/" + made.at("id")).wants(http.StatusNotFound)
	p.get("/arrivals").wants(http.StatusOK)
	p.post("/arrivals/"+ids.New().String()+"/retry", nil).wants(http.StatusNotFound)
	wantText(t, "language", p.ask(http.MethodPut, "/me/language", object{"language": "en"}).wants(http.StatusOK).at("language"), "en")
	p.ask(http.MethodPut, "/me/language", object{"language": "de"}).wants(http.StatusOK)
}

// restrictedTeams shows that others see number, team and state of a restricted
// team's case, and nothing of whose it is.
func restrictedTeams(t *testing.T, h *house) {
	inside, outside := h.withKey(h.agent, access.AllScopes()...), h.withKey(h.outsider, access.AllScopes()...)
	word := h.word("case of a restricted team")
	body := newCase(word)
	body["text"], body["team_id"] = "Vertraulich "+word, h.grid.String()
	made := inside.post("/cases", body).wants(http.StatusCreated)
	path := "/cases/" + made.at("number")
	seen := outside.get(path).wants(http.StatusOK)
	wantText(t, "seen", seen.at("restricted")+" "+seen.at("number")+" "+seen.at("state")+" "+seen.at("subject"), "true "+made.at("number")+" new ")
	for _, p := range []string{path + "/messages", path + "/events", "/messages/" + made.at("timeline.0.id"), path + "/thread"} {
		outside.get(p).wants(http.StatusForbidden)
	}
	outside.get("/customers/" + made.at("customer_id")).wants(http.StatusNotFound)
	outside.ask(http.MethodPatch, "/customers/"+made.at("customer_id"), object{"name": "x"}).wants(http.StatusNotFound)
	for _, p := range []string{path, "/cases?scope=all", "/customers", "/customers?email=" + word + "%40post.example", "/events?limit=500"} {
		if a := outside.get(p); strings.Contains(a.body, word) {
			t.Errorf("%s shows the word", p)
		}
	}
	if a := outside.get("/events?limit=500"); strings.Contains(a.body, made.at("id")) {
		t.Error("the feed tells of the case")
	}
	h.until("the feed tells its own team", func() bool { // what older transactions write comes first
		return strings.Contains(inside.get("/events?limit=500").body, made.at("id"))
	})
	// A case that is opened for a restricted team by somebody else is theirs from then on.
	body["customer"] = object{"email": word + "2@post.example"}
	handed := outside.post("/cases", body).wants(http.StatusCreated)
	wantText(t, "handed in", handed.at("restricted")+handed.at("timeline"), "true[]")
}

func followingEvents(t *testing.T, h *house) {
	p := h.withKey(h.agent, access.EventsRead, access.CasesRead, access.CasesWrite)
	start := p.get("/events?after=now").wants(http.StatusOK).at("next")
	number := p.post("/cases", newCase("events")).wants(http.StatusCreated).at("number")
	p.post("/cases/"+number+"/take", nil).wants(http.StatusOK)
	var kinds []string
	next := start
	h.until("three events", func() bool {
		a := p.get("/events?limit=2&wait=1&after=" + next).wants(http.StatusOK)
		for _, e := range a.items() { // what older transactions wrote may come after "now"
			if valueAt(e, "case_number") == number {
				kinds = append(kinds, valueAt(e, "kind"))
			}
		}
		next = a.at("next")
		return len(kinds) >= 3
	})
	wantText(t, "events", strings.Join(kinds, " "), "case.opened message.received case.taken")
	if again := p.get("/events?after=" + next).wants(http.StatusOK); len(again.items()) != 0 || again.at("next") != next {
		t.Errorf("again: %s", again.body)
	}
	wantText(t, "no cursor", p.get("/events?after=x-y").wants(http.StatusUnprocessableEntity).faults(), "query.after")
	whole := 0
	for from := ""; ; whole++ {
		a := p.get("/events?limit=500&after=" + from).wants(http.StatusOK)
		if from = a.at("next"); a.at("more") == "false" {
			break
		}
	}
}

// erased shows that what was answered about a case goes with it.
func erased(t *testing.T, h *house) {
	p := h.withKey(h.boss, access.CasesRead, access.CasesWrite, access.CasesDelete, access.CustomersRead, access.CustomersWrite)
	word := h.word("erased by the API")
	body := newCase(word)
	body["text"] = word
	made := p.post("/cases", body, header("Idempotency-Key", "erase")).wants(http.StatusCreated)
	kept := func() int { return h.count("SELECT count(*) FROM api_answers WHERE about_id IS NOT NULL") }
	before := kept()
	customer := access.Actor{Kind: access.Customer, ID: h.find(made.at("number")).CustomerID, BrandID: h.brand}
	h.must(h.app.Desk.AskErasure(context.Background(), customer, h.find(made.at("number")).ID))
	wantText(t, "wish", fmt.Sprint(p.get("/cases/"+made.at("number")).at("erasure_asked_at") != ""), "true")
	if len(p.get("/erasures").wants(http.StatusOK).items()) == 0 {
		t.Error("the wish is not in the list")
	}
	wantText(t, "settled", p.post("/cases/"+made.at("number")+"/erasure", object{"reason": desk.ReasonTakenBack}).wants(http.StatusOK).at("erasure_asked_at"), "")
	p.ask(http.MethodDelete, "/cases/"+made.at("number")+"?reason=erasure", nil).wants(http.StatusNoContent)
	p.get("/cases/" + made.at("number")).wants(http.StatusNotFound)
	p.get("/customers/" + made.at("customer_id")).wants(http.StatusNotFound)
	if kept() != before-1 {
		t.Errorf("%d answers are kept, %d before", kept(), before)
	}
	var bodies []string
	h.must(h.app.DB.Read().NewRaw("SELECT CAST(body AS text) FROM api_answers").Scan(context.Background(), &bodies))
	for _, b := range bodies {
		if strings.Contains(b, word) {
			t.Error("an answer holds what was erased")
		}
	}
}
