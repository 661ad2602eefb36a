package portal

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lotse/internal/access"
	"lotse/internal/intake"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/web"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

// askDraft names what is typed into the form in the browser's own memory.
const askDraft = "ask"

// trapField is a control nobody sees: only machines fill it in.
const trapField = "website"

// maxSubject is how long a searched text may be to become a subject, in runes.
const maxSubject = 140

// Nobody reads and fills in the form faster than this. Points of spam for that,
// and for a form that was not ours; intake.SpamLimit is much.
const (
	tooFast     = 4 * time.Second
	fastPoints  = 30
	forgePoints = 40
)

// askPage is what the form to ask shows.
type askPage struct {
	frame    ui.PublicProps
	action   string
	form     form.Form
	uploads  ui.UploadProps
	suggest  string // where suggestions come from, "" without a script for it
	key      string
	rendered string
	topics   []ui.Option // none: the form does not ask
}

func (p *Portal) showAsk(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	subject, text := q.Get("subject"), ""
	if typed := strings.TrimSpace(q.Get("q")); subject == "" && typed != "" {
		if subject = typed; utf8.RuneCountInString(typed) > maxSubject {
			subject, text = "", typed
		}
	}
	f := form.New("subject", subject, "text", text, "visibility", "private")
	return p.renderAsk(w, r, http.StatusOK, f, nil)
}

// ask opens a case. Whatever goes wrong, what was typed comes back.
func (p *Portal) ask(w http.ResponseWriter, r *http.Request) error {
	f, err := p.read(w, r)
	if err == nil && len(f.Errors) > 0 {
		return p.renderAsk(w, r, http.StatusUnprocessableEntity, f, nil)
	}
	var asked intake.Asked
	if err == nil {
		if err = p.limit(r, access.AskLimit, f.Get("email")); err == nil {
			asked, err = p.open(r, f)
		}
	}
	if err != nil {
		status, said := p.refused(r, &f, err, map[string]string{uploadField: filesField})
		f.Sort("subject", "text", "email", "name", filesField)
		return p.renderAsk(w, r, status, f, said)
	}
	p.remember(w, asked.Number, asked.Pass)
	p.tellSent(w, asked.Number, f.Get("email"))
	to := "/my/" + asked.Number
	if f.Get("visibility") == "public" {
		to += "/public"
	}
	return redirect(w, r, to+"?new=1")
}

func (p *Portal) open(r *http.Request, f form.Form) (intake.Asked, error) {
	brand, err := p.brand(r)
	if err != nil {
		return intake.Asked{}, err
	}
	topic, _ := ids.Parse(f.Get("topic")) // what is none is none
	key := f.Get("key")
	if key == "" {
		key = string(ids.NewToken()) // a form of somebody's own making
	}
	return p.Intake.Ask(r.Context(), intake.Question{
		BrandID: brand, Key: key, Name: f.Get("name"), Email: f.Get("email"), Subject: f.Get("subject"), Text: f.Get("text"),
		Language: string(i18n.From(r.Context()).Locale()), Uploads: f.Typed[uploadField],
		Spam: p.points(f), Trap: f.Get(trapField) != "", Topic: topic,
	})
}

// refused notes what err says of the form and returns the status to show it
// with, and a notice if the form itself was not at fault. names tells which
// control of the page a field of the domain is.
func (p *Portal) refused(r *http.Request, f *form.Form, err error, names map[string]string) (int, *ui.FlashProps) {
	ctx := r.Context()
	for _, e := range web.FieldErrors(ctx, err) {
		if own := names[e.Name]; own != "" {
			e.Name = own
		}
		f.Errors = append(f.Errors, e)
	}
	if len(f.Errors) > 0 {
		return http.StatusUnprocessableEntity, nil
	}
	kind := errs.KindOf(err)
	key := "portal.kept.failed"
	switch kind {
	case errs.Unavailable:
		p.Kit.Log.Warn("a form could not be taken", "route", r.Pattern, "error", err)
		key = "portal.kept.unavailable"
	case errs.Internal:
		p.Kit.Log.Error("a form could not be taken", "route", r.Pattern, "error", err)
	default:
		return kind.Status(), &ui.FlashProps{Tone: ui.Danger, Text: web.Message(ctx, err) + " " + t(ctx, "portal.kept.still_here")}
	}
	return kind.Status(), &ui.FlashProps{Tone: ui.Danger, Text: t(ctx, key)}
}

func (p *Portal) renderAsk(w http.ResponseWriter, r *http.Request, status int, f form.Form, said *ui.FlashProps) error {
	ctx := r.Context()
	page := askPage{frame: p.frame(r, t(ctx, "portal.ask.title"), ui.WayAsk), action: form.Link(r, "/ask"), form: f,
		uploads: p.uploadProps(r, f, form.Link(r, "/ask/files")), key: f.Get("key"), rendered: f.Get("rendered")}
	page.topics, _ = p.topics(r) // without them the form is still one
	page.frame.Errors, page.frame.Flash = f.Errors, said
	page.frame.Scripts = append(page.frame.Scripts, "draft.js", "upload.js")
	if p.Signpost != "" {
		page.frame.Scripts = append(page.frame.Scripts, p.Signpost)
		page.suggest = "/" + string(i18n.From(ctx).Locale()) + "/suggest"
	}
	if page.key == "" {
		page.key = string(ids.NewToken())
	}
	if page.rendered == "" {
		page.rendered = p.stamp()
	}
	retryAfter(w, status)
	return web.Render(w, r, status, askView(page))
}

// retryAfter tells machines when to come again.
func retryAfter(w http.ResponseWriter, status int) {
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
}

// stamp is the signed time of a form.
func (p *Portal) stamp() string {
	at := strconv.FormatInt(p.Kit.Clock.Now().UnixMilli(), 36)
	return at + "." + p.Seal.Sign("portal.form", at)
}

// points is the spam score of a form: of its words, and of how it was sent.
func (p *Portal) points(f form.Form) int {
	points := p.hurry(f.Get("rendered"))
	if p.Spam != nil {
		words, _ := p.Spam(f.Get("subject"), f.Get("text"))
		points += int(words)
	}
	return points
}

// hurry returns the points of spam for the time it took to fill in a form.
func (p *Portal) hurry(stamp string) int {
	at, signature, _ := strings.Cut(stamp, ".")
	ms, err := strconv.ParseInt(at, 36, 64)
	if err != nil || !p.Seal.Verify("portal.form", at, signature) {
		return forgePoints
	}
	if p.Kit.Clock.Now().Sub(time.UnixMilli(ms)) < tooFast {
		return fastPoints
	}
	return 0
}

// sentCookie holds, for the page that follows, enough of the address a mail was
// sent to that its owner knows it again.
const sentCookie = "lotse_sent"

func (p *Portal) tellSent(w http.ResponseWriter, number, email string) {
	http.SetCookie(w, &http.Cookie{Name: sentCookie, Value: url.QueryEscape(masked(strings.TrimSpace(email))), Path: "/my/" + number,
		MaxAge: 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.Kit.Secure})
}

// sentTo is the address in the cookie of tellSent, "" if there is none.
func sentTo(r *http.Request) string {
	c, err := r.Cookie(sentCookie)
	if err != nil {
		return ""
	}
	address, err := url.QueryUnescape(c.Value)
	if err != nil {
		return ""
	}
	return address
}

// redirect leads on, in the language that was chosen.
func redirect(w http.ResponseWriter, r *http.Request, to string) error {
	return web.Redirect(w, r, form.Link(r, to))
}
