package app_test

import (
	"net/http"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/test/program"
)

const forwardedMail = `From: Jonas Weg <jonas@post.example>
To: <hilfe@lindenau.example>
Subject: WG: Strom weg
Message-ID: <wg-1@post.example>

Bitte ansehen.

-------- Weitergeleitete Nachricht --------
Von: Carla Kunde <carla@post.example>
Datum: Mo, 23. Nov. 2026 10:00
An: Jonas Weg <jonas@post.example>
Betreff: Strom weg

Seit heute ist der Strom weg.
`

// movedMessages moves what a mail says and gives it to who wrote it first.
func movedMessages(t *testing.T, h *house) {
	before := h.count("SELECT count(*) FROM cases")
	h.must(program.SendOne(h.smtp, program.NewMail("wg-1@post.example", "jonas@post.example", houseMailbox, []byte(strings.ReplaceAll(forwardedMail, "\n", "\r\n")))))
	h.until("a mail becomes a case", func() bool { return h.count("SELECT count(*) FROM cases") > before })
	p := h.withKey(h.agent, access.CasesRead, access.CasesWrite, access.CustomersRead)
	number := p.get("/cases?scope=all").wants(http.StatusOK).at("items.0.number")
	file := p.get("/cases/" + number).wants(http.StatusOK)
	wantText(t, "the first reason", file.at("timeline.0.joined_because.reason"), "opened")
	wantText(t, "who wrote first", file.at("timeline.0.forwarded.address"), "carla@post.example")
	id, customer := file.at("timeline.0.id"), file.at("customer_id")
	p.post("/messages/"+id+"/customer", object{}).wants(http.StatusOK)
	theirs := p.get("/cases/" + number).wants(http.StatusOK).at("customer_id")
	wantText(t, "the customer", p.get("/customers/"+theirs).wants(http.StatusOK).at("name"), "Carla Kunde")
	p.post("/messages/"+id+"/customer", object{"back": true}, header("If-Match", `"1"`)).wants(http.StatusPreconditionFailed)
	p.post("/messages/"+id+"/customer", object{"back": true}).wants(http.StatusOK)
	wantText(t, "back", p.get("/cases/"+number).wants(http.StatusOK).at("customer_id"), customer)

	other := p.post("/cases", newCase("moving")).wants(http.StatusCreated).at("number")
	moved := p.post("/messages/"+id+"/move", object{"into": other}).wants(http.StatusOK)
	wantText(t, "moved", moved.at("joined_because.moved_from")+" "+moved.at("joined_because.reason"), number+" merge")
	wantText(t, "its place", p.get("/cases/"+number).wants(http.StatusOK).at("timeline.0.kind"), "moved_away")
	wantText(t, "into nothing", p.post("/messages/"+id+"/move", object{"into": "L-2222-22"}).wants(http.StatusUnprocessableEntity).faults(), "body.into")
	wantText(t, "moved back", p.post("/messages/"+id+"/move", object{"into": number}).wants(http.StatusOK).at("seq"), "1")
	if raw := p.get("/messages/" + id + "/original").wants(http.StatusOK); !strings.Contains(raw.body, "Seit heute ist der Strom weg.") || !strings.HasPrefix(raw.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the original: %s", raw.all())
	}
}
