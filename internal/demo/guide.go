package demo

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"lotse/internal/access"
	"lotse/internal/app"
	"lotse/internal/people"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/markup"
	"lotse/internal/web"
	"lotse/internal/web/assets"
	"lotse/internal/web/form"
	mailstyle "lotse/internal/web/letter"
	"lotse/internal/web/ui"
)

//go:embed demo.css
var styleSource string

var styleName = assets.RegisterStyle("demo.css", mailstyle.Style+styleSource)

// guide shows the pages that only the demo has: the tour and the mailbox.
type guide struct {
	box  *box
	app  *app.App
	smtp atomic.Value // string: where mail for the desk is taken, once it runs
}

// Pages of the demo, in addresses.
const (
	TourPath     = "/demo"
	MailPath     = "/demo/mail"
	CustomerPath = "/demo/customer"
)

func (g *guide) routes(a *app.App, mux *http.ServeMux) {
	g.app = a
	for pattern, h := range map[string]web.Handler{
		"GET " + TourPath:                     g.tour,
		"GET " + CustomerPath:                 g.customer,
		"GET " + MailPath:                     g.mails,
		"POST " + MailPath:                    g.send,
		"GET " + MailPath + "/{id}":           g.mail,
		"GET " + MailPath + "/{id}/html":      g.html,
		"GET " + MailPath + "/{id}/raw":       g.raw,
		"GET " + MailPath + "/{id}/file/{no}": g.file,
	} {
		mux.Handle(pattern, a.Kit.Page(h))
	}
}

func t(ctx context.Context, key string, args ...any) string { return i18n.From(ctx).T(key, args...) }

func (g *guide) frame(r *http.Request, title, current string) ui.PublicProps {
	page := g.app.Kit.Bare(r, title)
	page.Styles = []string{styleName}
	ctx := r.Context()
	return ui.PublicProps{Page: page, Ways: web.Ways(r), NoIndex: true, Wide: true, Nav: []ui.NavItem{
		{Label: t(ctx, "demo.tour.nav"), Href: form.Link(r, TourPath), Current: current == TourPath},
		{Label: t(ctx, "demo.mail.nav"), Href: form.Link(r, MailPath), Current: current == MailPath},
	}}
}

// stop is one step of the tour; href is "" while there is nothing to open yet.
type stop struct{ title, text, label, href string }

// stops are the steps of the tour, with what each opens.
func stops(ctx context.Context, hrefs [5]string) []stop {
	all := make([]stop, len(hrefs))
	for i, href := range hrefs {
		key := "demo.tour.step" + strconv.Itoa(i+1)
		all[i] = stop{t(ctx, key+".title"), t(ctx, key+".text"), t(ctx, key+".link"), href}
	}
	return all
}

type tourPage struct {
	frame ui.PublicProps
	stops []stop
	staff []Colleague
	signs string // where sign-in is sent
}

func (g *guide) tour(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := tourPage{frame: g.frame(r, t(ctx, "demo.tour.title"), TourPath), signs: "/signin",
		stops: stops(ctx, [5]string{form.Link(r, "/ask"), "/cases", "/cases", "/" + string(i18n.From(ctx).Locale()) + "/questions", "/duties"})}
	all := Colleagues()
	p.staff = []Colleague{all[1], all[3], all[0]} // one of each role
	return web.Render(w, r, http.StatusOK, tourView(p))
}

// customer opens the file of the first customer, as the link in a mail to her
// would.
func (g *guide) customer(w http.ResponseWriter, r *http.Request) error {
	brand, err := g.brand(r.Context())
	if err != nil {
		return err
	}
	var link ids.Token
	err = g.app.DB.Write(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		found, err := g.app.People.FindTx(ctx, tx, brand, []people.Contact{{Kind: people.Email, Value: customers()[0].email}})
		if err != nil {
			return err
		}
		if len(found) == 0 || found[0].IsZero() {
			return errs.New(errs.NotFound, "demo.customer_gone")
		}
		link, err = access.NewLinks(g.app.DB, g.app.Clock).Issue(ctx, tx, access.FileLink, found[0], time.Hour)
		return err
	})
	if err != nil {
		return err
	}
	return web.Redirect(w, r, form.Link(r, "/f/"+string(link)))
}

func (g *guide) brand(ctx context.Context) (ids.ID, error) {
	accounts, err := g.app.Catalog.Accounts(ctx, people.Email)
	if err != nil || len(accounts) == 0 {
		return ids.ID{}, err
	}
	return accounts[0].BrandID, nil
}

// pageSize is how many mails a page of the mailbox shows.
const pageSize = 40

type mailsPage struct {
	frame        ui.PublicProps
	form         form.Form
	writers      []ui.Option
	mails        []posted
	to           string
	now          time.Time
	newer, older string
}

func (g *guide) mails(w http.ResponseWriter, r *http.Request) error {
	return g.showMails(w, r, http.StatusOK, form.New("from", customers()[0].email))
}

func (g *guide) showMails(w http.ResponseWriter, r *http.Request, status int, f form.Form) error {
	list, err := g.box.all()
	if err != nil {
		return err
	}
	p := mailsPage{frame: g.frame(r, t(r.Context(), "demo.mail.title"), MailPath), form: f, now: g.app.Clock.Now(), to: r.URL.Query().Get("to")}
	p.frame.Errors = f.Errors
	if r.URL.Query().Get("sent") != "" {
		p.frame.Flash = &ui.FlashProps{Tone: ui.Success, Text: t(r.Context(), "demo.mail.sent")}
	}
	for _, c := range customers() {
		p.writers = append(p.writers, ui.Option{Value: c.email, Label: c.name})
	}
	if p.to != "" {
		list = slices.DeleteFunc(list, func(m posted) bool { return !strings.EqualFold(m.To, p.to) })
	}
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	page = min(max(page, 0), len(list)/pageSize)
	at := func(n int) string { return mailLink(r, "to", p.to, "page", strconv.Itoa(n)) }
	if page > 0 {
		p.newer = at(page - 1)
	}
	if (page+1)*pageSize < len(list) {
		p.older = at(page + 1)
	}
	p.mails = list[page*pageSize : min((page+1)*pageSize, len(list))]
	return web.Render(w, r, status, mailsView(p))
}

// mailLink is the address of the mailbox with parameters, in the language of the
// page.
func mailLink(r *http.Request, pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	if lang := r.URL.Query().Get("lang"); lang != "" {
		q.Set("lang", lang)
	}
	return MailPath + "?" + q.Encode()
}

type mailPage struct {
	frame     ui.PublicProps
	mail      posted
	text      markup.SafeHTML
	html      bool
	files     []ui.AttachmentProps
	form      form.Form
	answering bool // whoever got it is a customer or a partner
}

func (g *guide) mail(w http.ResponseWriter, r *http.Request) error {
	return g.showMail(w, r, http.StatusOK, form.New())
}

func (g *guide) showMail(w http.ResponseWriter, r *http.Request, status int, f form.Form) error {
	m, raw, err := g.box.open(cmp.Or(r.PathValue("id"), f.Get("answer")))
	if err != nil {
		return err
	}
	text, html, files, err := read(raw)
	if err != nil {
		return err
	}
	p := mailPage{frame: g.frame(r, m.Subject, MailPath), mail: m, text: markup.HTMLFromText(text), html: html != "", form: f}
	p.frame.Errors = f.Errors
	for i, file := range files {
		p.files = append(p.files, ui.AttachmentProps{Name: file.name, Size: i18n.From(r.Context()).Bytes(int64(len(file.content))), Href: fmt.Sprintf("%s/%s/file/%d", MailPath, m.ID, i)})
	}
	_, p.answering = writerBy(m.To)
	return web.Render(w, r, status, mailView(p))
}

// html shows the HTML of a mail in a sandbox: no script, no form, no other origin.
func (g *guide) html(w http.ResponseWriter, r *http.Request) error {
	_, raw, err := g.box.open(r.PathValue("id"))
	if err != nil {
		return err
	}
	_, html, _, err := read(raw)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:")
	h.Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, html) // who went away needs no page
	return nil
}

func (g *guide) raw(w http.ResponseWriter, r *http.Request) error {
	m, raw, err := g.box.open(r.PathValue("id"))
	if err != nil {
		return err
	}
	return save(w, m.ID+".eml", raw)
}

func (g *guide) file(w http.ResponseWriter, r *http.Request) error {
	_, raw, err := g.box.open(r.PathValue("id"))
	if err != nil {
		return err
	}
	_, _, files, err := read(raw)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(r.PathValue("no"))
	if err != nil || n < 0 || n >= len(files) {
		return errs.New(errs.NotFound, "demo.mail.missing")
	}
	return save(w, files[n].name, files[n].content)
}

// save hands bytes over to be saved, never to be shown.
func save(w http.ResponseWriter, name string, content []byte) error {
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(content) // who went away needs no file
	return nil
}

// send writes to the desk as a customer, through its SMTP port. With "answer" it
// answers a sent mail, as the mail program of whoever got it would.
func (g *guide) send(w http.ResponseWriter, r *http.Request) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	out := outgoing{to: Mailbox, subject: markup.CleanLine(f.Get("subject"), 200), text: markup.Clean(f.Get("text"))}
	show := g.showMails
	if id := f.Get("answer"); id != "" {
		m, _, err := g.box.open(id)
		if err != nil {
			return err
		}
		out.from, _ = writerBy(m.To)
		out.to, out.subject, out.inReplyTo = cmp.Or(m.ReplyTo, Mailbox), "Re: "+strings.TrimPrefix(m.Subject, "Re: "), m.MessageID
		show = g.showMail
	} else {
		out.from, _ = writerBy(f.Get("from"))
	}
	err = out.check()
	if err == nil {
		err = g.hand(out)
	}
	if status, bad := f.Refused(r.Context(), err, "text"); bad != nil {
		return bad
	} else if err != nil {
		return show(w, r, status, f)
	}
	return web.Redirect(w, r, mailLink(r, "sent", "1"))
}

// outgoing is a mail a visitor writes as a customer or partner.
type outgoing struct {
	from                         customer
	to, subject, text, inReplyTo string
}

func (o outgoing) check() error {
	switch {
	case o.from.email == "":
		return errs.Field("from", "demo.mail.from_missing")
	case o.subject == "":
		return errs.Field("subject", "demo.mail.subject_missing")
	case strings.TrimSpace(o.text) == "":
		return errs.Field("text", "demo.mail.text_missing")
	}
	return nil
}

// hand gives the mail to the desk's mail server, as any other program would.
func (g *guide) hand(o outgoing) error {
	address, _ := g.smtp.Load().(string)
	if address == "" {
		return errs.Field("text", "demo.mail.closed")
	}
	c, err := smtp.Dial(address)
	if err != nil {
		return errs.Field("text", "demo.mail.closed")
	}
	defer c.Close()
	if err := c.Hello("visitor.example"); err != nil {
		return fmt.Errorf("greeting the desk: %w", err)
	}
	_, domain, _ := strings.Cut(o.from.email, "@")
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: %s <%s>\r\nTo: <%s>\r\nSubject: %s\r\nDate: %s\r\nMessage-ID: <%s@%s>\r\n", mime.QEncoding.Encode("utf-8", o.from.name), o.from.email,
		o.to, mime.QEncoding.Encode("utf-8", o.subject), time.Now().Format(time.RFC1123Z), ids.New(), domain)
	if o.inReplyTo != "" {
		fmt.Fprintf(&b, "In-Reply-To: <%[1]s>\r\nReferences: <%[1]s>\r\n", o.inReplyTo)
	}
	b.WriteString("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n")
	b.WriteString(strings.ReplaceAll(strings.ReplaceAll(o.text, "\r\n", "\n"), "\n", "\r\n") + "\r\n")
	if err := c.SendMail(o.from.email, []string{o.to}, &b); err != nil {
		return fmt.Errorf("writing to the desk: %w", err)
	}
	return c.Quit()
}
