package portal_test

import (
	"bytes"
	"context"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/people"
	"lotse/internal/platform/blob"
	"lotse/internal/platform/db"
	"lotse/internal/platform/db/dbtest"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/platform/queue"
	"lotse/internal/platform/seal"
	"lotse/internal/publish"
	"lotse/internal/views"
	"lotse/internal/web/portal"
	"lotse/internal/web/webtest"
)

// world is a whole desk behind its real web chain. Its clock stands still, its
// mails leave when a test says so and are kept.
type world struct {
	*webtest.Desk
	t       *testing.T
	desk    *desk.Desk
	intake  *intake.Intake
	outbox  *outbox.Outbox
	people  *people.People
	publish *publish.Publish
	passes  *access.Passes
	catalog *catalog.Catalog
	queue   *queue.Queue
	brand   ids.ID
	ada     access.Actor

	mu   sync.Mutex
	sent []outbox.Outgoing
}

// Send makes the world the mail server.
func (w *world) Send(_ context.Context, _ outbox.Relay, out outbox.Outgoing, leaving func() error) (string, error) {
	if leaving != nil {
		if err := leaving(); err != nil {
			return "", err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, out)
	return "250 ok", nil
}

func onBoth(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, newWorld(t, d)) })
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{t: t}
	w.Desk = webtest.New(t, d, w.mount)
	w.ada = w.Furnish()
	w.brand = w.ada.BrandID
	return w
}

func (w *world) mount(d *webtest.Desk, mux *http.ServeMux) {
	ctx, t, log := context.Background(), w.t, slog.New(slog.DiscardHandler)
	sealer, err := seal.Load(ctx, d.DB, d.Clock)
	webtest.Must(t, err)
	blobs, err := blob.Open(t.TempDir())
	webtest.Must(t, err)
	hub := live.NewHub()
	w.catalog = d.Kit.Catalog
	w.queue = queue.New(d.DB, queue.Options{Log: log})
	w.desk = desk.New(d.DB, sealer, d.Clock, d.Kit.Staff, hub, log)
	w.desk.SetEntries(d.Kit.Catalog)
	w.desk.AddHook(views.New(d.DB, sealer, d.Clock, d.Kit.Staff).Hook)
	w.people = people.New(d.DB, sealer, d.Clock)
	w.outbox = outbox.New(outbox.Parts{DB: d.DB, Seal: sealer, Clock: d.Clock, Queue: w.queue, Hub: hub, Desk: w.desk, People: w.people,
		Catalog: w.catalog, Blobs: blobs, Senders: map[string]outbox.Sender{"email": w}, Log: log, BaseURL: webtest.BaseURL})
	w.intake = intake.New(intake.Parts{DB: d.DB, Seal: sealer, Clock: d.Clock, Blobs: blobs, Hub: hub, Desk: w.desk, People: w.people,
		Accounts: w.catalog, Readers: map[string]intake.Reader{}, Queue: w.queue, Log: log})
	w.publish = publish.New(publish.Parts{DB: d.DB, Seal: sealer, Clock: d.Clock, Hub: hub, Teams: d.Kit.Staff, People: w.people,
		Catalog: w.catalog, Record: w.desk})
	w.desk.AddHook(w.publish.Hook)
	w.desk.SetForgetter(w.people.ForgetTx)
	w.people.OnConfirmed(w.publish.ConfirmedTx)
	webtest.Must(t, w.queue.Open(ctx))
	w.passes = access.NewPasses(d.DB, d.Clock)
	portal.New(portal.Parts{Kit: d.Kit, Seal: sealer, Desk: w.desk, Intake: w.intake, Outbox: w.outbox, People: w.people,
		Publish: w.publish, Passes: w.passes, Limiter: access.NewLimiter(d.DB, sealer, d.Clock), Blobs: blobs}).Routes(mux)
}

// question is a form filled in rightly, as names and values; more overrides.
func question(page *webtest.Page, more ...string) []string {
	values := map[string]string{"key": page.Value("key"), "rendered": page.Value("rendered"), "subject": "Zähler springt nach dem Tausch",
		"text": "Seit dem Tausch am Montag zeigt der Zähler jeden Tag 40 kWh mehr.", "email": "heike.brandt@post.example", "visibility": "private"}
	for i := 0; i+1 < len(more); i += 2 {
		values[more[i]] = more[i+1]
	}
	var pairs []string
	for name, value := range values {
		pairs = append(pairs, name, value)
	}
	return pairs
}

// ask opens a case from a browser and returns its number.
func (w *world) ask(b *webtest.Browser, more ...string) string {
	w.t.Helper()
	w.Clock.Advance(time.Minute)
	form := b.Get("/ask")
	w.Clock.Advance(time.Minute)
	page := b.Post("/ask", question(form, more...)...)
	number, _, _ := strings.Cut(strings.TrimPrefix(page.Location(), "/my/"), "?")
	number, _, _ = strings.Cut(number, "/")
	if page.Status != http.StatusSeeOther || ids.ParseNumber(number) == "" {
		w.t.Fatalf("asking gives %d to %q: %s", page.Status, page.Location(), page.Text("main"))
	}
	return number
}

func (w *world) find(number string) desk.Case {
	w.t.Helper()
	c, err := w.desk.Find(context.Background(), access.Lotse(w.brand), number)
	webtest.Must(w.t, err)
	return c
}

// reply answers a case as Ada and lets the time to take it back pass.
func (w *world) reply(number, text string, state desk.State) {
	w.t.Helper()
	c := w.find(number)
	_, err := w.desk.Reply(context.Background(), w.ada, c.ID, desk.ReplyForm{Text: text, Next: state, Seen: c.Version})
	webtest.Must(w.t, err)
	w.Clock.Advance(time.Hour)
}

// upload sends a form with files. Names of files start with "@".
func upload(b *webtest.Browser, path string, fields []string, files ...string) *webtest.Page {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i+1 < len(fields); i += 2 {
		_ = form.WriteField(fields[i], fields[i+1])
	}
	for i := 0; i+2 < len(files)+0; i += 3 {
		part, _ := form.CreateFormFile(files[i], files[i+1])
		_, _ = part.Write([]byte(files[i+2]))
	}
	_ = form.Close()
	r := httptest.NewRequest(http.MethodPost, webtest.BaseURL+path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.Do(r)
}
