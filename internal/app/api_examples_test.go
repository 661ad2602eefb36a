package app_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/api"
	"lotse/internal/catalog"
	"lotse/internal/domains"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// describedOperation is an operation of the document with its examples.
type describedOperation struct {
	method, path, id string
	Parameters       []struct {
		Name, In string
		Required bool
		Example  any
		Schema   map[string]any
	}
	RequestBody *struct {
		Content map[string]struct {
			Example any
			Schema  map[string]any
		}
	}
	Responses map[string]json.RawMessage
}

// description reads the document as it is served.
func description(t testing.TB) (operations []describedOperation, schemas map[string]any) {
	t.Helper()
	var doc struct {
		Paths      map[string]map[string]json.RawMessage
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(api.New(api.Parts{Clock: clock.System{}}).Document(), &doc); err != nil {
		t.Fatal(err)
	}
	for path, methods := range doc.Paths {
		for method, raw := range methods {
			o := describedOperation{method: strings.ToUpper(method), path: path}
			var named struct{ OperationID string }
			if json.Unmarshal(raw, &o) != nil || json.Unmarshal(raw, &named) != nil {
				t.Fatalf("%s %s can't be read", method, path)
			}
			o.id = named.OperationID
			operations = append(operations, o)
		}
	}
	slices.SortFunc(operations, func(a, b describedOperation) int { return strings.Compare(a.id, b.id) })
	return operations, doc.Components.Schemas
}

// success is the status of success.
func (o describedOperation) success() int {
	for status := range o.Responses {
		if status < "300" {
			n, _ := strconv.Atoi(status)
			return n
		}
	}
	return 0
}

// example is a request made of the examples of the document.
func (o describedOperation) example() (path, body, kind string) {
	path, query := o.path, url.Values{}
	for _, p := range o.Parameters {
		text, isText := p.Example.(string)
		if !isText && p.Example != nil {
			raw, _ := json.Marshal(p.Example)
			text = string(raw)
		}
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", text)
		case p.In == "query" && text != "":
			query.Set(p.Name, text)
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	if o.RequestBody == nil {
		return path, "", "application/json"
	}
	if raw, ok := o.RequestBody.Content["application/octet-stream"]; ok {
		return path, raw.Example.(string), "application/octet-stream"
	}
	text, _ := json.Marshal(o.RequestBody.Content["application/json"].Example)
	return path, string(text), "application/json"
}

// exampleWorld puts real things in the place of those the examples name.
func exampleWorld(t *testing.T, h *house, o describedOperation, p *caller) *strings.Replacer {
	t.Helper()
	ctx := context.Background()
	unique := newWord()
	body := newCase(unique)
	up := p.ask(http.MethodPost, "/uploads?name=a.txt", "Anhang").wants(http.StatusCreated)
	body["uploads"] = []string{up.at("token")}
	made := p.post("/cases", body).wants(http.StatusCreated)
	body = newCase(unique)
	other := p.post("/cases", body).wants(http.StatusCreated)
	h.must(catalog.UndoSeconds.Set(ctx, h.app.Catalog, h.boss, 100))
	message, delivery := made.at("timeline.0.id"), ids.New().String()
	if o.id == "withdrawReply" || strings.HasSuffix(o.id, "Delivery") {
		reply := p.post("/cases/"+made.at("number")+"/replies", object{"text": "Guten Tag"}).wants(http.StatusCreated)
		message, delivery = reply.at("id"), reply.at("deliveries.0.id")
	}
	if strings.HasSuffix(o.id, "Delivery") {
		failed, err := ids.Parse(delivery)
		h.must(err)
		h.must(h.app.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := tx.NewRaw("UPDATE deliveries SET state = 4, attempts = 1, next_at = NULL WHERE id = ?", failed).Exec(ctx)
			return err
		}))
	}
	if o.id == "removeIdentity" {
		p.post("/customers/"+made.at("customer_id")+"/identities", object{"kind": "email", "value": unique + "i@post.example"}).wants(http.StatusOK)
	}
	if o.id == "restoreCase" {
		p.post("/cases/"+made.at("number")+"/trash", nil).wants(http.StatusOK)
	}
	side, selector := ids.New().String(), ""
	if strings.Contains(o.path, "/sides/") {
		side = p.post("/cases/"+made.at("number")+"/sides", object{"to": "werkstatt@example.org", "subject": "Zähler", "text": "Guten Tag"}).wants(http.StatusCreated).at("id")
	}
	entry := p.post("/catalogue", object{"kind": "topic", "names": object{"de": unique}}).wants(http.StatusCreated)
	key := p.post("/keys", object{"name": "x", "scopes": []string{"cases:read"}}).wants(http.StatusCreated)
	h.keys[key.at("secret")] = "secret of a key"
	hook := ids.New().String()
	if strings.Contains(o.path, "/webhooks/") { // a mailbox has a hundred at most
		hook = p.post("/webhooks", object{"provider": "program", "mailbox_id": h.account.ID.String()}).wants(http.StatusCreated).at("id")
	}
	if o.id == "deleteWebhook" {
		p.ask(http.MethodPut, "/webhooks/"+hook+"/active", object{"active": false}).wants(http.StatusOK)
	}
	if strings.Contains(o.id, "DomainKey") {
		selector = exampleKey(h, o.id)
	}
	mailbox := h.account.ID.String()
	if o.id == "deleteMailbox" { // one that is off and was never used
		box := object{"address": unique + "b@lindenau.example", "name": "Alt", "language": "de", "team_id": h.boss.Teams[0].String(), "relay": object{"host": "127.0.0.1", "port": 1, "security": "none"}}
		mailbox = p.post("/mailboxes", box).wants(http.StatusCreated).at("id")
		p.ask(http.MethodPut, "/mailboxes/"+mailbox+"/active", object{"active": false}).wants(http.StatusOK)
	}
	person := p.post("/staff", object{"email": unique + "@lindenau.example", "name": "Neu", "role": "agent"}).wants(http.StatusCreated)
	member := h.agent.ID.String()
	if strings.HasPrefix(o.path, "/api/v1/staff/{id}") && o.id != "setStaffActive" {
		member = person.at("id")
	}
	if o.id == "createKey" { // a key makes keys in its own name
		member = h.boss.ID.String()
	}
	return strings.NewReplacer("/keys/lotse-2026a", "/keys/"+selector, "L-4F7K-92", made.at("number"), "L-7B2M-44", other.at("number"), example(1), h.boss.Teams[0].String(), example(2), made.at("id"),
		example(3), made.at("customer_id"), example(4), message, example(5), made.at("timeline.0.attachments.0.id"), example(6), delivery,
		example(7), member, example(12), h.brand.String(), example(13), mailbox, example(14), key.at("id"),
		example(32), side, example(15), entry.at("id"), example(16), hook, "karl@example.org", unique+"@post.example", "jonas@", unique+"j@", "netz@", unique+"n@", `"Netz"`, `"`+unique+`"`,
		`"Zähler"`, `"`+unique+`z"`, `"Meter"`, `"`+unique+`m"`, "hilfe.lindenau.example", "desk.lindenau.example", "erika.berg@example.org", unique+"i@post.example", "erika.berg%40example.org", unique+"i%40post.example")
}

func example(n int) string {
	s := strconv.FormatInt(int64(n), 16)
	return "0198c5d2-7a10-7000-8000-" + strings.Repeat("0", 12-len(s)) + s
}

// needsMore are operations whose example needs a thing this world has not: what
// they answer without it shows that the request itself is right.
var needsMore = map[string]int{
	"answerThread": 404, "editAnswer": 404, "releasePost": 404, "refusePost": 404, "withdrawPost": 404, "getThread": 404, "getCaseThread": 404,
	"retryArrival": 404, "dismissArrival": 404, "downloadArrival": 404, "getJob": 404, "retryJob": 404, "discardJob": 404,
	"downloadMessage": 404, "setMessageCustomer": 409, // what the API hands in came by no mail
	"setLogo": 422, "setPortrait": 422, // the example is no picture
}

// TestExamplesRun sends every example of the document to a desk. That operations
// do the same on both databases is shown by TestAPI.
func TestExamplesRun(t *testing.T) {
	h := newHouse(t, "")
	operations, _ := description(t)
	p := h.withKey(h.boss, access.AllScopes()...)
	for _, o := range operations {
		real := exampleWorld(t, h, o, p)
		path, body, kind := o.example()
		want := o.success()
		if status, ok := needsMore[o.id]; ok {
			want = status
		}
		a := p.ask(o.method, real.Replace(path), real.Replace(body), header("Content-Type", kind))
		if a.status != want {
			t.Errorf("%s %s: %d, want %d: %.400s\nbody %.300s", o.method, path, a.status, want, a.body, real.Replace(body))
		}
	}
}

// exampleKey prepares a signing key, or makes room for one to be prepared.
func exampleKey(h *house, operation string) string {
	h.t.Helper()
	ctx, name := context.Background(), "lindenau.example"
	found, err := h.app.Domains.Get(ctx, h.boss, name)
	h.must(err)
	for _, k := range found.Keys {
		if k.State == domains.Prepared {
			_, err := h.app.Domains.Drop(ctx, h.boss, name, k.Selector)
			h.must(err)
		}
	}
	if operation == "prepareDomainKeys" {
		return ""
	}
	found, err = h.app.Domains.Prepare(ctx, h.boss, name)
	h.must(err)
	return found.Keys[0].Selector
}
