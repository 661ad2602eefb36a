package app_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"lotse/internal/access"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
)

// TestNoRequestBreaksTheAPI sends every operation what its document allows, what
// lies at the edge of it, and what it does not allow: nothing is a fault of ours,
// and nobody is told of a restricted case or of a secret. SOAK sends more.
func TestNoRequestBreaksTheAPI(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, database string) {
		rounds, seed := 4, uint64(7)
		if os.Getenv("SOAK") != "" {
			rounds, seed = 60, rand.Uint64()
		}
		f := newFuzzer(t, database, seed)
		operations, schemas := description(t)
		f.schemas = schemas
		sent := 0
		for range rounds {
			for _, o := range operations {
				for _, who := range f.callers {
					f.try(t, o, who)
					sent++
				}
			}
		}
		statuses := []string{}
		for status, n := range f.statuses {
			statuses = append(statuses, fmt.Sprintf("%d: %d", status, n))
		}
		slices.Sort(statuses)
		t.Logf("%d requests with seed %d: %s", sent, seed, strings.Join(statuses, ", "))
		if f.statuses[http.StatusOK] == 0 || f.statuses[http.StatusCreated] == 0 || f.statuses[http.StatusUnprocessableEntity] == 0 {
			t.Error("the requests are all right, or all wrong")
		}
		(&crawler{town: f.town}).logs(t)
	})
}

type fuzzCaller struct {
	*caller
	name    string
	outside bool // of the restricted team: is also given its case
}

type fuzzer struct {
	*town
	random   *rand.Rand
	schemas  map[string]any
	callers  []fuzzCaller
	key      string              // of a public question
	numbers  []string            // of cases anybody may work on
	pool     map[string][]string // ids, by the part of the path they stand behind
	secret   map[string]string   // words nobody outside may read
	statuses map[int]int
}

func newFuzzer(t *testing.T, database string, seed uint64) *fuzzer {
	t.Helper()
	f := &fuzzer{town: &town{house: newHouse(t, database)}, random: rand.New(rand.NewPCG(seed, seed)), secret: map[string]string{}, statuses: map[int]int{}}
	f.restricted, f.mailed = f.mail("restricted"), f.mail("mail")
	f.shown = f.ask("shown")
	f.shown.confirm()
	f.shown.publish()
	f.answer(f.shown)
	p := f.withKey(f.boss, access.AllScopes()...)
	f.key = f.shown.thread().Key
	given := p.post("/cases/"+f.restricted.Number+"/handover", object{"team_id": f.grid.String(), "reason": "Grund " + f.word("reason")}).wants(http.StatusOK)
	inside := map[string]bool{}
	f.caseWords(f.find(f.restricted.Number), inside)
	for word := range inside {
		if f.words[word] != "name of staff" { // colleagues know each other
			f.secret[word] = f.words[word]
		}
	}
	if len(f.secret) < 5 {
		t.Fatalf("only %d words are looked for", len(f.secret))
	}
	f.numbers = []string{f.mailed.Number, f.shown.number}
	for range 4 {
		f.numbers = append(f.numbers, p.post("/cases", newCase("fuzz")).wants(http.StatusCreated).at("number"))
	}
	spareStaff := p.post("/staff", object{"email": "spare@lindenau.example", "name": "Spare", "role": "agent"}).wants(http.StatusCreated).at("id")
	spareTeam := p.post("/teams", object{"name": "Spare", "answer_minutes": 60, "zone": "Europe/Berlin", "week": object{}}).wants(http.StatusCreated).at("id")
	box := object{"address": "spare@lindenau.example", "name": "Spare", "language": "de", "team_id": spareTeam, "relay": object{"host": "127.0.0.1", "port": 1, "security": "none"}}
	spareBox := p.post("/mailboxes", box).wants(http.StatusCreated).at("id")
	file := p.get("/cases/" + f.mailed.Number)
	f.pool = map[string][]string{
		"staff": {spareStaff}, "teams": {spareTeam}, "mailboxes": {spareBox}, "customers": {f.mailed.CustomerID.String(), f.restricted.CustomerID.String()},
		"messages": {file.at("timeline.0.id"), given.at("timeline.0.id")}, "attachments": {file.at("timeline.0.attachments.0.id"), given.at("timeline.0.attachments.0.id")},
		"posts":     {f.shown.thread().Posts[0].ID.String(), f.shown.thread().Posts[1].ID.String()},
		"webhooks":  {p.post("/webhooks", object{"provider": "program", "mailbox_id": spareBox}).wants(http.StatusCreated).at("id")},
		"domains":   {"lindenau.example"},
		"catalogue": {p.post("/catalogue", object{"kind": "topic", "names": object{"de": "Spare"}}).wants(http.StatusCreated).at("id")},
	}
	lead := f.hire("Ina Leitung", access.Lead, f.boss.Teams[0], f.grid)
	f.callers = []fuzzCaller{{f.withKey(f.agent, access.AllScopes()...), "an agent", false}, {f.withKey(lead, access.AllScopes()...), "a lead", false},
		{p, "an administrator", false}, {f.withKey(f.outsider, access.AllScopes()...), "somebody of another team", true}, {&caller{h: f.house, secret: "lotse_" + string(ids.NewToken())}, "nobody", true}}
	return f
}

// try sends one request that the document describes, more or less.
func (f *fuzzer) try(t *testing.T, o describedOperation, who fuzzCaller) {
	t.Helper()
	path, query := o.path, url.Values{}
	for _, p := range o.Parameters {
		value := f.parameter(o, who, p.In, p.Name, p.Schema)
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(value))
		case p.In == "query" && (p.Required && f.random.IntN(10) > 0 || f.random.IntN(3) == 0):
			query.Set(p.Name, value)
		}
	}
	if f.random.IntN(20) == 0 {
		query.Set("unknown", "x")
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	body, kind := f.body(o)
	a := who.ask(o.method, path, body, header("Content-Type", kind))
	f.statuses[a.status]++
	if a.status == http.StatusTemporaryRedirect { // an address that is not clean, such as /posts//release
		return
	}
	asked := path + body
	what := fmt.Sprintf("%s: %s %.200s %.200s", who.name, o.method, path, body)
	if a.status >= http.StatusInternalServerError {
		t.Errorf("%s: %d %.300s", what, a.status, a.body)
	}
	if who.name == "nobody" && a.status != http.StatusUnauthorized {
		t.Errorf("%s: %d", what, a.status)
	}
	if a.status >= 400 && (a.header.Get("Content-Type") != "application/problem+json" || a.at("code") == "") {
		t.Errorf("%s: %d is no problem: %.200s", what, a.status, a.body)
	}
	for word, where := range f.secret {
		if who.outside && strings.Contains(a.all(), word) && !strings.Contains(asked, word) {
			t.Errorf("%s shows %s of a restricted team", what, where)
		}
	}
	for word, where := range f.words {
		if slices.Contains([]string{"password of a relay", "secret of a client", "refresh token"}, where) && strings.Contains(a.all(), word) {
			t.Errorf("%s shows the %s", what, where)
		}
	}
	if o.id != "createKey" {
		(&crawler{town: f.town}).checkKeys(t, what, strings.ReplaceAll(a.all(), who.secret, ""), asked)
	}
}

// parameter is a value for a parameter: a thing that is there, or any text.
func (f *fuzzer) parameter(o describedOperation, who fuzzCaller, in, name string, schema map[string]any) string {
	switch {
	case name == "wait":
		return pick(f, "0", "-1", "31", "x")
	case name == "number":
		if who.outside && f.random.IntN(2) == 0 {
			return f.restricted.Number
		}
		if f.random.IntN(5) > 0 {
			return pick(f, f.numbers...)
		}
	case name == "key" && f.random.IntN(3) > 0:
		return f.key
	case in == "path" && f.random.IntN(5) > 0:
		part := strings.Split(strings.TrimPrefix(o.path, "/api/v1/"), "/")[0]
		if list := f.pool[part]; len(list) > 0 {
			if part == "customers" && !who.outside {
				return list[0] // what insiders change of the other would be seen by all
			}
			if (part == "messages" || part == "attachments") && !who.outside {
				return list[0]
			}
			return pick(f, list...)
		}
		return ids.New().String()
	}
	return fmt.Sprint(f.value(schema, 0))
}

func (f *fuzzer) body(o describedOperation) (body, kind string) {
	if o.RequestBody == nil {
		return "", "application/json"
	}
	media, isJSON := o.RequestBody.Content["application/json"]
	if !isJSON {
		return f.hostile(), "application/octet-stream"
	}
	if f.random.IntN(25) == 0 {
		return pick(f, "{", "null", "[]", "\"\"", "{\"a\":", strings.Repeat("[", 9000), "\xff\xfe", ""), "application/json"
	}
	b, err := json.Marshal(f.value(media.Schema, 0))
	f.must(err)
	return string(b), pick(f, "application/json", "application/json", "application/json", "text/plain", "application/x-www-form-urlencoded")
}

// value is one that fits a schema, nearly fits, or does not.
func (f *fuzzer) value(schema map[string]any, depth int) any {
	if ref, ok := schema["$ref"].(string); ok {
		schema, _ = f.schemas[ref[strings.LastIndexByte(ref, '/')+1:]].(map[string]any)
	}
	if f.random.IntN(30) == 0 {
		return []any{nil, f.hostile(), -1, 1e308, true, []any{}, map[string]any{"x": 1}}[f.random.IntN(7)]
	}
	if list, ok := schema["enum"].([]any); ok && f.random.IntN(12) > 0 {
		return list[f.random.IntN(len(list))]
	}
	switch kind := schema["type"].(type) {
	case string:
		return f.ofType(kind, schema, depth)
	case []any:
		name, _ := kind[0].(string)
		return f.ofType(name, schema, depth)
	}
	return nil
}

func (f *fuzzer) ofType(kind string, schema map[string]any, depth int) any {
	switch kind {
	case "object":
		return f.object(schema, depth)
	case "array":
		items, _ := schema["items"].(map[string]any)
		list := []any{}
		for range f.random.IntN(3) {
			list = append(list, f.value(items, depth+1))
		}
		return list
	case "boolean":
		return f.random.IntN(2) == 0
	case "integer", "number":
		low, _ := schema["minimum"].(float64)
		high, has := schema["maximum"].(float64)
		if !has {
			high = 1 << 40
		}
		return []any{low, high, low - 1, high + 1, 0, 1, 0.5}[f.random.IntN(7)]
	}
	return f.text(schema)
}

func (f *fuzzer) object(schema map[string]any, depth int) any {
	made := map[string]any{}
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for name, property := range properties {
		if p, ok := property.(map[string]any); ok && depth < 5 && (slices.Contains(required, any(name)) || f.random.IntN(3) == 0) && f.random.IntN(40) > 0 {
			made[name] = f.value(p, depth+1)
		}
		if name == "host" { // the desk must not look for servers
			made[name] = "127.0.0.1"
		}
	}
	if f.random.IntN(25) == 0 {
		made[f.hostile()] = 1
	}
	return made
}

func (f *fuzzer) text(schema map[string]any) string {
	switch schema["format"] {
	case "uuid":
		return pick(f, ids.New().String(), f.boss.Teams[0].String(), f.mailed.CustomerID.String(), f.outsider.ID.String(), "00000000-0000-0000-0000-000000000000", f.hostile())
	case "date-time":
		return pick(f, "2099-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "2026-02-30T00:00:00Z", f.hostile())
	}
	if examples, ok := schema["examples"].([]any); ok && f.random.IntN(3) > 0 {
		if s, ok := examples[0].(string); ok {
			return s
		}
	}
	if most, ok := schema["maxLength"].(float64); ok && most < 1000 && f.random.IntN(6) == 0 {
		return strings.Repeat("ä", int(most)+f.random.IntN(2))
	}
	return f.hostile()
}

var hostileTexts = []string{"", " ", "\x00", "a\x00b", "\u202e\u2066", "\ufeff", "<script>alert(1)</script>", "'; DROP TABLE cases; --", `"\`, "%00", "../../etc/passwd",
	"😀", "\u0301\u0301", "null", "-1", "NaN", "{{.}}", "${x}", "a@b", "a@b.example", "L-2222-22", "l4f7k92", "erika@example.org", "x y\r\nX-Header: 1", "%", "_",
	"0-0", "9223372036854775807-9223372036854775807", "1-x", strings.Repeat("x", 5000), strings.Repeat("🦭", 300), "de", "de-DE", "now", "+49 341 1234567", "\xff\xfe"}

func (f *fuzzer) hostile() string { return pick(f, hostileTexts...) }

func pick[T any](f *fuzzer, from ...T) T { return from[f.random.IntN(len(from))] }
