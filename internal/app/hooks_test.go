package app_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the provider signs with it
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
	"lotse/test/program"
)

const (
	twoFiles = "bold text + foo.txt bar.txt"
	pureSpam = "XJS*C4JDB +"
)

// handedOver are the payloads of the providers and what their messages say: the
// subject, how the text begins and the files; "" is refused.
var handedOver = map[string]string{
	"mailgun/raw/valid.txt": "Test: " + twoFiles, "mailgun/raw/spam.txt": ": " + pureSpam, "mailgun/raw/invalid.txt": "", "mailgun/raw/missing.txt": "",
	"mailgun/parsed/valid.txt": "Test: " + twoFiles, "mailgun/parsed/spam.txt": ": " + pureSpam, "mailgun/parsed/invalid.txt": "", "mailgun/parsed/missing.txt": "",
	"mandrill/valid.txt": "Test: " + twoFiles, "mandrill/multiple.txt": "This is an example webhook message: This is a +", "mandrill/spam.txt": ": " + pureSpam,
	"mandrill/invalid.txt": "", "mandrill/missing.txt": "",
	"postmark/valid.txt": "Test: " + twoFiles, "postmark/spam.txt": ": " + pureSpam,
	"sendgrid/valid.txt": "Test: bold text + msg-12415-313.html foo.txt bar.txt msg-12415-314.html", "sendgrid/spam.txt": ": " + pureSpam, "sendgrid/encoding.txt": "Hello €: World € +",
	"cloudmailin/json/valid.txt": "Test: " + twoFiles, "cloudmailin/json/spam.txt": "Test: " + twoFiles, "cloudmailin/json/attachment_store.txt": "Test: bold text + attachments.txt",
	"cloudmailin/multipart/valid.txt": "Test: " + twoFiles, "cloudmailin/multipart/spam.txt": "Test: " + twoFiles, "cloudmailin/multipart/attachment_store.txt": "Test: bold text + attachments.txt",
	"cloudmailin/raw/valid.txt": "Test: " + twoFiles, "cloudmailin/raw/spam.txt": "Test: " + twoFiles, "cloudmailin/raw/attachment_store.txt": "Test: bold text + attachments.txt",
	"simple/valid.txt": "", "simple/invalid.txt": "", "simple/missing.txt": "",
}

func TestMailIsHandedOver(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, database string) {
		h := newHouse(t, database)
		again := map[string]func() int{}
		var order []string
		for _, name := range slices.Sorted(maps.Keys(handedOver)) {
			post := h.handOver(name)
			status := post()
			switch {
			case handedOver[name] != "":
				again[name], order = post, append(order, name)
				if status != http.StatusOK {
					t.Fatalf("%s: %d", name, status)
				}
			case strings.HasPrefix(name, "simple/") && status != http.StatusUnsupportedMediaType || !strings.HasPrefix(name, "simple/") && status != http.StatusUnauthorized:
				t.Errorf("%s: %d", name, status)
			}
		}
		h.read()
		h.compare(t, order)
		messages := h.count("SELECT count(*) FROM messages")
		for name, post := range again {
			if status := post(); status != http.StatusOK {
				t.Errorf("%s again: %d", name, status)
			}
		}
		h.read()
		if got := h.count("SELECT count(*) FROM messages"); got != messages || h.count("SELECT count(*) FROM envelopes WHERE state = 4") > 0 {
			t.Errorf("%d messages, want %d", got, messages)
		}
		t.Run("by both ways", h.bothWays)
		t.Run("joins its case", h.joins)
		t.Run("unreadable", h.unreadable)
		for _, secret := range []string{"opennorth", "bold text", "lotse:", "whsec_"} {
			if strings.Contains(h.log.String(), secret) {
				t.Errorf("the log tells %q", secret)
			}
		}
	})
}

// read waits until everything that arrived was read.
func (h *house) read() {
	h.t.Helper()
	h.until("what was handed over", func() bool { return h.count("SELECT count(*) FROM envelopes WHERE state = 1") == 0 })
}

// compare looks at the messages the envelopes became, in their order.
func (h *house) compare(t *testing.T, order []string) {
	t.Helper()
	var numbers []string
	h.must(h.app.DB.Read().NewRaw("SELECT c.number FROM envelopes e JOIN cases c ON c.id = e.case_id WHERE e.channel = 'webhook' ORDER BY e.seq").Scan(context.Background(), &numbers))
	if len(numbers) != len(order) {
		t.Fatalf("%d envelopes, want %d", len(numbers), len(order))
	}
	for i, name := range order {
		if got := summary(h.received(h.find(numbers[i]))[0]); got != handedOver[name] {
			t.Errorf("%s: %q, want %q", name, got, handedOver[name])
		}
	}
}

// received are the messages of a case that came from customers.
func (h *house) received(c desk.Case) []desk.Message {
	h.t.Helper()
	return slices.DeleteFunc(h.messages(c), func(m desk.Message) bool { return m.Kind != desk.Inbound })
}

// summary is what a message says, in one line.
func summary(m desk.Message) string {
	text := m.Body[:min(9, len(m.Body))]
	if strings.HasPrefix(m.Body, "World") {
		text = m.Body
	}
	said := m.Subject + ": " + text + " +"
	for _, a := range m.Attachments {
		said += " " + a.Name
	}
	if m.AuthorName != "James McKinney" && m.AuthorName != "example.sender@mandrillapp.com" {
		said += " of " + m.AuthorName
	}
	return said
}

func (h *house) newestCase() desk.Case {
	h.t.Helper()
	var number string
	h.must(h.app.DB.Read().NewRaw("SELECT c.number FROM envelopes e JOIN cases c ON c.id = e.case_id ORDER BY e.seq DESC LIMIT 1").Scan(context.Background(), &number))
	return h.find(number)
}

func (h *house) hook(provider, key string) (catalog.PublicHook, string) {
	h.t.Helper()
	made, secret, err := h.app.Catalog.CreateHook(context.Background(), h.boss, catalog.HookForm{ID: ids.New(), AccountID: h.account.ID, Provider: provider, Secret: key})
	h.must(err)
	return made, secret
}

var (
	timestampIn = regexp.MustCompile(`(?:timestamp=|name="timestamp"\r?\n\r?\n)(\d+)`)
	tokenIn     = regexp.MustCompile(`(?:[&]token=|name="token"\r?\n\r?\n)([a-z0-9-]+)`)
	signatureIn = regexp.MustCompile(`(?:[&]signature=|name="signature"\r?\n\r?\n)([0-9a-f]{64})`)
)

// handOver returns what posts a payload as its provider would today. Those that
// were recorded as wrong stay wrong.
func (h *house) handOver(name string) func() int {
	h.t.Helper()
	head, body := recorded(h.t, name)
	provider, _, _ := strings.Cut(name, "/")
	broken := strings.Contains(name, "invalid") || strings.Contains(name, "missing")
	set := []option{header("Content-Type", head.Get("Content-Type"))}
	if provider == "simple" {
		provider = catalog.OwnProgram
	}
	made, secret := h.hook(provider, map[string]string{catalog.Mailgun: "key", catalog.Mandrill: "key"}[provider])
	path := "/hooks/" + made.ID.String()
	switch {
	case provider == catalog.Mailgun && !broken:
		now := strconv.FormatInt(time.Now().Unix(), 10)
		old, token := timestampIn.FindStringSubmatch(body)[1], tokenIn.FindStringSubmatch(body)[1]
		mac := hmac.New(sha256.New, []byte("key"))
		mac.Write([]byte(now + token))
		body = strings.ReplaceAll(body, signatureIn.FindStringSubmatch(body)[1], hex.EncodeToString(mac.Sum(nil)))
		body = strings.ReplaceAll(body, old, now)
	case provider == catalog.Mandrill && !broken:
		fields, err := url.ParseQuery(body)
		h.must(err)
		mac := hmac.New(sha1.New, []byte("key"))
		mac.Write([]byte(houseURL + path + "mandrill_events" + fields.Get("mandrill_events")))
		set = append(set, header("X-Mandrill-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil))))
	case provider == catalog.Mandrill:
		set = append(set, header("X-Mandrill-Signature", head.Get("X-Mandrill-Signature")))
	case secret != "" && provider != catalog.OwnProgram:
		set = append(set, func(r *http.Request) { r.SetBasicAuth(catalog.HookUser, secret) })
	}
	return func() int { return h.do(http.MethodPost, path, body, set...).status }
}

// recorded reads a payload of package webhook.
func recorded(t *testing.T, name string) (http.Header, string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "channel", "webhook", "testdata", "multimail", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(bytes.NewReader(b))
	_, err1 := r.ReadString('\n')
	head, err2 := textproto.NewReader(r).ReadMIMEHeader()
	var body bytes.Buffer
	_, err3 := body.ReadFrom(r)
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return http.Header(head), body.String()
}

// own posts as a program of one's own does.
func (h *house) own(made catalog.PublicHook, secret, id, contentType, body string) reply {
	h.t.Helper()
	now := strconv.FormatInt(time.Now().Unix(), 10)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	h.must(err)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + now + "." + body))
	return h.do(http.MethodPost, "/hooks/"+made.ID.String(), body, header("Content-Type", contentType), header("webhook-id", id),
		header("webhook-timestamp", now), header("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil))))
}

// bothWays sends one mail by SMTP and by a webhook: it is one message.
func (h *house) bothWays(t *testing.T) {
	raw := "From: jana@post.example\r\nTo: " + houseMailbox + "\r\nSubject: Beides\r\nMessage-ID: <beides@post.example>\r\n\r\nHallo\r\n"
	h.must(program.SendOne(h.smtp, program.NewMail("beides@post.example", "jana@post.example", houseMailbox, []byte(raw))))
	h.read()
	h.until("the case", func() bool { return h.newestCase().Subject == "Beides" })
	before := h.count("SELECT count(*) FROM messages")
	made, secret := h.hook(catalog.OwnProgram, "")
	if r := h.own(made, secret, "1", "message/rfc822", raw); r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	h.read()
	if got := h.count("SELECT count(*) FROM messages"); got != before || h.count("SELECT count(*) FROM envelopes WHERE state = 3") == 0 {
		t.Errorf("%d messages, want %d", got, before)
	}
	hooks, err := h.app.Catalog.HooksFor(context.Background(), h.boss)
	if err != nil || hooks[0].LastUsedAt.IsZero() || hooks[0].Secret != "" || !hooks[0].HasSecret {
		t.Errorf("%+v %v", hooks[0], err)
	}
}

// joins answers a case by its address token and by reference.
func (h *house) joins(t *testing.T) {
	made, secret := h.hook(catalog.OwnProgram, "")
	post := func(id, more string) desk.Case {
		t.Helper()
		r := h.own(made, secret, id, "application/json", fmt.Sprintf(`{"from":"lea@post.example","text":"Nachricht %s"%s}`, id, more))
		if r.status != http.StatusOK {
			t.Fatalf("%d %s", r.status, r.body)
		}
		h.read()
		return h.newestCase()
	}
	first := post("a", `,"message_id":"a@shop.example","subject":"Bestellung"`)
	if again := post("b", `,"in_reply_to":"a@shop.example"`); again.ID != first.ID || len(h.received(first)) != 2 {
		t.Errorf("an answer opened case %s", again.Number)
	}
	if other := post("c", ""); other.ID == first.ID {
		t.Error("another question joined the case")
	}
	if r := h.own(made, secret, "d", "application/json", `{"from":"lea@post.example","text":"x","colour":"red"}`); r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, "body.colour") {
		t.Errorf("%d %s", r.status, r.body)
	}
	if first.Channel != catalog.Email {
		t.Errorf("the case came by %q: answers would not leave", first.Channel)
	}
}

// unreadable hands over what is no mail: it waits for a person.
func (h *house) unreadable(t *testing.T) {
	made, secret := h.hook(catalog.Postmark, "")
	r := h.do(http.MethodPost, "/hooks/"+made.ID.String(), "{]", header("Content-Type", "application/json"), func(r *http.Request) { r.SetBasicAuth(catalog.HookUser, secret) })
	if r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	h.read()
	parked, err := h.app.Intake.Parked(context.Background(), h.boss, 0)
	if err != nil || len(parked) != 1 || parked[0].Reason != "hook_payload" || parked[0].Channel != "webhook" {
		t.Errorf("%+v %v", parked, err)
	}
	h.must(h.app.Catalog.SetHookActive(context.Background(), h.boss, made.ID, false))
	if r := h.do(http.MethodGet, "/hooks/"+made.ID.String(), ""); r.status != http.StatusNotFound {
		t.Errorf("one that is off answers %d", r.status)
	}
}
