package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/app"
	"lotse/internal/calendar"
	"lotse/internal/catalog"
	"lotse/internal/config"
	"lotse/internal/desk"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/setup"
	"lotse/internal/staff"
	"lotse/test/program"
)

const (
	houseURL      = "http://desk.lindenau.example"
	houseMailbox  = "hilfe@lindenau.example"
	housePassword = "Laterne-Zaunkoenig-47"
)

// house is a whole desk as it runs: web server, mail server, jobs. What is
// private in it is marked by words that exist nowhere else.
type house struct {
	t       *testing.T
	app     *app.App
	sink    *program.Sink
	log     *memory
	web     *http.Client
	http    string // address of the web server
	smtp    string
	network int // raised by every request, so that no limit is met by chance
	brand   ids.ID
	account catalog.Account
	grid    ids.ID // a restricted team

	boss, agent, outsider access.Actor
	mails                 map[ids.ID]string // addresses of staff
	sessions              map[ids.ID]string // cookies of staff who signed in

	words   map[string]string // private words, and where they stand
	numbers map[string]string // ids, likewise: not private among staff and in the database
	keys    map[string]string // tokens of links, passes and sessions, likewise
	once    map[string]bool   // private words that were public before
	public  []string          // words everybody may read
}

// memory keeps what is logged.
type memory struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (m *memory) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.b.Write(p)
}

func (m *memory) String() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.b.String()
}

// newHouse opens an empty desk and furnishes it.
func newHouse(t *testing.T, database string) *house {
	t.Helper()
	h := &house{t: t, log: &memory{}, words: map[string]string{}, numbers: map[string]string{}, keys: map[string]string{}, once: map[string]bool{}, mails: map[ids.ID]string{}, sessions: map[ids.ID]string{}}
	var err error
	h.sink, err = program.NewSink(false)
	h.must(err)
	t.Cleanup(h.sink.Close)
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.app, err = app.New(context.Background(), config.Config{Data: filepath.Join(t.TempDir(), "data"), Database: database, HTTP: "127.0.0.1:0",
		SMTP: "127.0.0.1:0", URL: houseURL, MaxMail: 4 << 20, TrustedProxy: []string{"127.0.0.1"}}, app.Options{Log: log})
	h.must(err)
	t.Cleanup(func() { h.app.Close() })
	h.furnish()
	h.start()
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// word returns a new private word and remembers where it stands.
func (h *house) word(where string) string {
	w := newWord()
	h.words[w] = where
	return w
}

// newWord is a word nobody has written before. An index keeps it as it is: it ends
// in q, which no stemmer takes for an ending, and has no letters that are one
// letter written as two (ae, oe, ue, ss).
func newWord() string {
	var raw [9]byte
	_, _ = rand.Read(raw[:])
	return "qxv" + strings.NewReplacer("0", "g", "1", "h", "2", "j", "3", "k", "4", "m", "5", "n", "6", "p", "7", "r", "8", "v", "9", "t", "a", "w", "e", "z").Replace(hex.EncodeToString(raw[:])[1:]) + "q"
}

// said returns a new word that everybody may read, in a sentence.
func (h *house) said() (word, sentence string) {
	w := newWord()
	h.public = append(h.public, w)
	return w, "Wie lese ich den neuen Zähler " + w + " richtig ab?"
}

func (h *house) furnish() {
	ctx := context.Background()
	code, err := h.app.Setup.Code(ctx)
	h.must(err)
	address := h.word("mail address of staff") + "@lindenau.example"
	made, err := h.app.Setup.Run(ctx, setup.Form{Code: code, Name: h.word("name of staff"), Email: address,
		Password: housePassword, BrandName: "Stadtwerke Lindenau", Language: "de", Region: "DE-SN", Address: houseMailbox,
		RelayHost: "127.0.0.1", RelayPort: h.sink.Port, RelaySecurity: "none"}, "setup")
	h.must(err)
	h.boss, err = h.app.Staff.Actor(ctx, made.ID)
	h.must(err)
	h.brand, h.mails[made.ID] = h.boss.BrandID, address
	accounts, err := h.app.Catalog.Accounts(ctx, "email")
	h.must(err)
	h.account = accounts[0]
	h.must(catalog.UndoSeconds.Set(ctx, h.app.Catalog, h.boss, 0))
	hours := calendar.Default("DE-SN")
	hours.Zone = "Indian/Kerguelen"
	h.words["kerguelen"] = "calendar of a team"
	grid, err := h.app.Staff.CreateTeam(ctx, h.boss, staff.TeamForm{Name: h.word("name of a restricted team"), Calendar: hours, AnswerWithin: 16 * time.Hour, Restricted: true})
	h.must(err)
	h.grid = grid.ID
	h.must(h.app.Staff.SetTeams(ctx, h.boss, h.boss.ID, []ids.ID{h.boss.Teams[0], h.grid}))
	h.boss, err = h.app.Staff.Actor(ctx, made.ID)
	h.must(err)
	h.agent = h.hire("Mia Sommer", access.Agent, h.boss.Teams[0], h.grid)
	h.outsider = h.hire(h.word("name of a colleague"), access.Agent, h.boss.Teams[0])
	_, err = h.app.Catalog.CreateAccount(ctx, h.boss, catalog.AccountForm{TeamID: h.grid, Address: h.word("address of a mailbox") + "@lindenau.example",
		Aliases: []string{h.word("alias of a mailbox") + "@lindenau.example"}, Name: h.word("name of a mailbox"), Language: "de",
		Relay: catalog.RelaySettings{Host: h.word("relay") + ".example", Port: 587, Security: "starttls", User: h.word("user of a relay"), Password: h.word("password of a relay")}})
	h.must(err)
	fetched, err := h.app.Catalog.CreateAccount(ctx, h.boss, catalog.AccountForm{TeamID: h.grid, Address: h.word("address of a mailbox") + "@lindenau.example", Name: h.word("name of a mailbox"), Language: "de",
		Receive: catalog.ReceiveSettings{Way: catalog.ByIMAP, Host: h.word("incoming server") + ".example", Port: 993, Security: catalog.TLS, User: h.word("user of a mailbox"), Auth: catalog.ByXOAuth2,
			OAuth: catalog.OAuthSettings{TokenURL: "https://" + h.word("token server") + ".example/", ClientID: h.word("client"), ClientSecret: h.word("secret of a client"), RefreshToken: h.word("refresh token")}},
		Relay: catalog.RelaySettings{Host: h.word("relay") + ".example", Port: 587, Security: "starttls", User: h.word("user of a relay"), Password: h.word("password of a relay")}})
	h.must(err)
	_, err = h.app.Catalog.SetAccountActive(ctx, h.boss, fetched.ID, false) // nobody is to look for that server
	h.must(err)
	h.must(h.app.People.BlockAddress(ctx, h.boss, h.word("blocked address")+"@werbung.example", h.word("reason of a block")))
}

func (h *house) hire(name string, role access.Role, teams ...ids.ID) access.Actor {
	h.t.Helper()
	ctx := context.Background()
	address := h.word("mail address of staff") + "@lindenau.example"
	form, err := h.app.Staff.PrepareAdmin(ctx, staff.AdminForm{Email: address, Name: name, Language: "de", Password: housePassword})
	h.must(err)
	var made staff.Staff
	h.must(h.app.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		made, err = h.app.Staff.CreateAdminTx(ctx, tx, h.brand, teams, form)
		return err
	}))
	h.must(h.app.Staff.SetRole(ctx, h.boss, made.ID, role))
	a, err := h.app.Staff.Actor(ctx, made.ID)
	h.must(err)
	h.numbers[made.ID.String()], h.mails[made.ID] = "id of staff", address
	return a
}

// signedIn asks as a colleague who signed in on the page for that.
func (h *house) signedIn(a access.Actor) option {
	h.t.Helper()
	if h.sessions[a.ID] == "" {
		r := h.do(http.MethodPost, "/signin", values("email", h.mails[a.ID], "password", housePassword))
		cookies := (&http.Response{Header: r.header}).Cookies()
		if r.status != http.StatusSeeOther || len(cookies) != 1 {
			h.t.Fatalf("signing in gives %d and %d cookies", r.status, len(cookies))
		}
		h.keys[cookies[0].Value] = "token of a session"
		h.sessions[a.ID] = cookies[0].Name + "=" + cookies[0].Value
	}
	return header("Cookie", h.sessions[a.ID])
}

// start runs the desk until the test ends.
func (h *house) start() {
	ctx, stop := context.WithCancel(context.Background())
	ready, done := make(chan app.Started, 1), make(chan error, 1)
	go func() { done <- h.app.Run(ctx, func(s app.Started) { ready <- s }) }()
	select {
	case s := <-ready:
		h.http, h.smtp = s.HTTP, s.Addresses["email"]
	case err := <-done:
		h.t.Fatalf("the desk does not run: %v", err)
	}
	h.web = newClient(h.http)
	h.t.Cleanup(func() {
		h.web.CloseIdleConnections()
		stop()
		if err := <-done; err != nil {
			h.t.Errorf("the desk ended: %v", err)
		}
	})
}

// until waits for something that is done in the background.
func (h *house) until(what string, ready func() bool) {
	h.t.Helper()
	waitFor(h.t, what, ready)
}

// count is the number a query asks for.
func (h *house) count(query string, args ...any) (n int) {
	h.t.Helper()
	h.must(h.app.DB.Read().NewRaw(query, args...).Scan(context.Background(), &n))
	return n
}

// note remembers the ids of a case, none of which is for strangers.
func (h *house) note(c desk.Case) {
	h.numbers[strings.ToLower(c.Number)] = "case number"
	h.numbers[c.ID.String()], h.numbers[c.CustomerID.String()] = "id of a case", "id of a customer"
	for _, m := range h.messages(c) {
		h.numbers[m.ID.String()] = "id of a message"
		for _, a := range m.Attachments {
			h.numbers[a.ID.String()] = "id of an attachment"
		}
	}
}

// messages is the timeline of a case.
func (h *house) messages(c desk.Case) []desk.Message {
	h.t.Helper()
	f, err := h.app.Desk.File(context.Background(), access.Lotse(h.brand), c.Number)
	h.must(err)
	return f.Messages
}

func (h *house) find(number string) desk.Case {
	h.t.Helper()
	c, err := h.app.Desk.Find(context.Background(), access.Lotse(h.brand), number)
	h.must(err)
	return c
}

var linkIn = regexp.MustCompile(`/[lfd]/([A-Za-z0-9_-]{20,})`)

// linkFor returns the secret link in the latest mail to an address.
func (h *house) linkFor(address, kind string) string {
	h.t.Helper()
	token := ""
	h.until("a mail to "+address, func() bool {
		for _, m := range h.sink.Mails() {
			body := strings.NewReplacer("=\r\n", "", "=\n", "").Replace(string(m.Body))
			if found := linkIn.FindStringSubmatch(body); strings.Contains(m.To, address) && found != nil && strings.HasPrefix(found[0], kind) {
				token = found[1]
			}
		}
		return token != ""
	})
	h.keys[token] = "token of a link in a mail"
	return token
}

// hide makes what was published private again.
func (h *house) hide(where string, texts ...string) {
	for _, text := range texts {
		for _, w := range regexp.MustCompile(`qxv[a-z]+`).FindAllString(text, -1) {
			h.words[w], h.once[w] = where, true
			for i, p := range h.public {
				if p == w {
					h.public = append(h.public[:i], h.public[i+1:]...)
					break
				}
			}
		}
	}
}

func values(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// letter has a place for a word wherever a mail can hold one.
const letter = `Received: from %s.example (%s.example [192.0.2.9]) by mx.lindenau.example
From: "%s Berg" <%s>
To: %s <%s>
Cc: %s <%s@post.example>
Reply-To: %s
Subject: Rechnung %s
Message-ID: <%s>
Date: Mon, 16 Nov 2026 09:00:00 +0100
X-Private: %s
User-Agent: %s
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=aa

--aa
Content-Type: multipart/alternative; boundary=bb

--bb
Content-Type: text/plain; charset=utf-8

Die Rechnung %s ist zu hoch.
--bb
Content-Type: text/html; charset=utf-8

<p>Die Rechnung <b>%s</b> ist zu hoch.<!-- %s --></p><img src="cid:%s@post.example" alt="%s">
--bb--
--aa
Content-Type: text/html; name="%s.html"
Content-Disposition: attachment; filename="%s.html"

<script>alert(1)</script>%s
--aa
Content-Type: image/svg+xml
Content-Disposition: attachment; filename="%s.svg"

<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>
--aa
Content-Type: image/png
Content-ID: <%s@post.example>
Content-Disposition: inline; filename="bild.png"

nopicture
--aa--
`

// mail sends a letter with a private word in every place a mail has, and returns
// its case.
func (h *house) mail(who string) desk.Case {
	h.t.Helper()
	w := func(where string) string { return h.word(who + ": " + where) }
	before := h.count("SELECT count(*) FROM cases")
	address := w("address") + "@post.example"
	id := w("message id") + "@post.example"
	raw := fmt.Sprintf(letter, w("header Received"), w("header Received"), w("name"), address, w("header To"), houseMailbox, w("header Cc"), w("address in Cc"), address,
		w("subject"), id, w("header X-Private"), w("header User-Agent"), w("text"), w("html"), w("comment in html"), w("cid"), w("alt"),
		w("name of a part"), w("name of an attachment"), w("content of an attachment"), w("name of a picture"), w("content id"))
	h.must(program.SendOne(h.smtp, program.NewMail(id, w("envelope sender")+"@post.example", houseMailbox, []byte(strings.ReplaceAll(raw, "\n", "\r\n")))))
	h.until("a mail becomes a case", func() bool { return h.count("SELECT count(*) FROM cases") > before })
	var number string
	h.must(h.app.DB.Read().NewRaw("SELECT number FROM cases WHERE channel = ? ORDER BY created_at DESC, id DESC LIMIT 1", "email").Scan(context.Background(), &number))
	c := h.find(number)
	h.note(c)
	return c
}

// settle waits until nothing waits in the background and the index knows all.
func (h *house) settle(public, private string) {
	h.t.Helper()
	h.until("mails and deliveries", func() bool {
		return h.count("SELECT count(*) FROM envelopes WHERE state = 1")+h.count("SELECT count(*) FROM deliveries WHERE state IN (1, 2)") == 0
	})
	h.until("the index", func() bool { return h.hits(public) == 1 && (private == "" || h.hits(private) == 0) })
}

func (h *house) hits(word string) int {
	h.t.Helper()
	return strings.Count(h.get("/de/suggest?q="+word).body, "/questions/")
}

// stage leaves a file that no form claims.
func (h *house) stage() {
	h.t.Helper()
	up, err := h.app.Intake.Stage(context.Background(), h.brand, h.word("name of a file without a form")+".pdf", strings.NewReader(h.word("content of a file without a form")))
	h.must(err)
	h.keys[up.Token] = "token of an upload"
}
