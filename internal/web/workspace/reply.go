package workspace

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"lotse/internal/access"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/outbox"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
	"lotse/internal/web"
	"lotse/internal/web/enclose"
	"lotse/internal/web/form"
	"lotse/internal/web/ui"
)

// againMark marks tokens of files that came back with a reply that was taken back.
const againMark = "again:"

// letterDraft is what was typed into the form that answers, besides the text. The
// controls for recipients bear other names than those of the desk, because another
// form of the page has a "to".
type letterDraft struct {
	To, Cc, Bcc string
	typed       bool     // the form was sent; else To is the customer
	Uploads     []string // tokens of files, or againMark and the id of one
	files       []ui.Upload
}

func readLetterDraft(r *http.Request) letterDraft {
	return letterDraft{To: r.FormValue("mail_to"), Cc: r.FormValue("mail_cc"), Bcc: r.FormValue("mail_bcc"),
		typed: r.PostForm.Has("mail_to"), Uploads: r.PostForm[enclose.Upload]}
}

// replyFields are the names of the desk's fields as the form calls them.
var replyFields = action{fields: map[string]string{"text": "reply", "to": "mail_to", "cc": "mail_cc", "bcc": "mail_bcc"}}

// reply answers, with files. Two buttons send the form for something else: to add
// files, and to write to all who stood in the last message; then it comes back and
// nothing is sent.
func (w *Workspace) reply(rw http.ResponseWriter, r *http.Request) error {
	f, readErr := enclose.Read(rw, r, w.put)
	if readErr != nil && (f.Typed == nil || errs.KindOf(readErr) == errs.Invalid) {
		return readErr
	}
	r.Form, r.PostForm = f.Typed, f.Typed
	c, err := w.Desk.Find(r.Context(), actor(r), r.PathValue("number"))
	if err != nil {
		return err
	}
	d := readDraft(r)
	if readErr != nil {
		f.Errors = append(f.Errors, ui.FieldError{Name: enclose.Files, Text: web.Message(r.Context(), readErr)})
	}
	if len(f.Errors) > 0 {
		return w.again(rw, r, c.Number, d, f.Errors, errs.New(errs.Invalid, ""))
	}
	if f.Get("attach") != "" || f.Get("all") != "" {
		return w.typedOn(rw, r, c.Number, d, f)
	}
	m, err := w.answer(r.Context(), actor(r), c, d)
	if err != nil {
		return w.again(rw, r, c.Number, d, replyFields.rename(r.Context(), err), err)
	}
	return web.Redirect(rw, r, "/cases/"+c.Number+"#m-"+m.ID.String())
}

func (w *Workspace) answer(ctx context.Context, a access.Actor, c desk.Case, d draft) (desk.Message, error) {
	next, ok := desk.ParseState(d.Next)
	if !ok && d.Next != "" {
		return desk.Message{}, errs.Field("next", "case.state_unknown")
	}
	if d.Letter.typed && strings.TrimSpace(d.Letter.To) == "" {
		return desk.Message{}, errs.Field("to", "delivery.recipient_missing")
	}
	again, files := d.Letter.split()
	return w.Desk.Reply(ctx, a, c.ID, desk.ReplyForm{Text: d.Reply, Seen: d.Seen, Next: next,
		To: []string{d.Letter.To}, Cc: []string{d.Letter.Cc}, Bcc: []string{d.Letter.Bcc}, Files: files, Again: again})
}

// split tells files that came back from those that are new.
func (l letterDraft) split() (again []ids.ID, files []string) {
	for _, token := range l.Uploads {
		id, isAgain := strings.CutPrefix(token, againMark)
		if !isAgain {
			files = append(files, token)
			continue
		}
		if parsed, err := ids.Parse(id); err == nil {
			again = append(again, parsed)
		}
	}
	return again, files
}

// typedOn shows the case once more with what was typed, to write on.
func (w *Workspace) typedOn(rw http.ResponseWriter, r *http.Request, number string, d draft, f form.Form) error {
	page, err := w.load(r, number)
	if err != nil {
		return err
	}
	if page.file.Restricted || page.file.MergedInto != "" {
		return errs.New(errs.Conflict, "case.merged")
	}
	page.draft, page.seen = d, d.Seen
	if page.seen == 0 {
		page.seen = page.file.Case.Version
	}
	if f.Get("all") != "" {
		page.draft.Letter.addAll(page.others)
	}
	page.shell = w.shell(r, page.title(), "/cases")
	page.fillLetter(r.Context(), w)
	page.markFresh()
	return web.Render(rw, r, http.StatusOK, casePageView(page))
}

// addAll adds those who are not among the recipients yet: whoever wrote and those
// it was sent to as recipients of a copy, like those who had one.
func (l *letterDraft) addAll(others []desk.Addressee) {
	others = slices.Clone(others)
	for i := range others {
		others[i].Role = desk.RoleCc
	}
	others = l.missing(others)
	parts := []string{strings.TrimRight(strings.TrimSpace(l.Cc), ",;"), outbox.Typed(others, desk.RoleCc)}
	l.Cc = strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// missing are those of others who are no recipients yet.
func (l letterDraft) missing(others []desk.Addressee) []desk.Addressee {
	typed := strings.ToLower(l.To + " " + l.Cc + " " + l.Bcc)
	return slices.DeleteFunc(slices.Clone(others), func(x desk.Addressee) bool { return strings.Contains(typed, strings.ToLower(x.Address)) })
}

// fillLetter fills in what the form that answers starts with: the customer as its
// recipient, or what a reply that was taken back had; and names its files.
func (p *casePage) fillLetter(ctx context.Context, w *Workspace) {
	l := &p.draft.Letter
	if !l.typed {
		l.To = outbox.Typed([]desk.Addressee{{Address: p.recipient(), Name: p.customer.Name}}, desk.RoleTo)
		if p.recipient() == "" {
			l.To = ""
		}
	}
	_, staged := l.split()
	l.files = append(p.filesAgain(), enclose.List(ctx, w.Intake, p.actor.BrandID, staged)...)
}

// bringBack takes over what a reply that was just taken back had: it lives in the
// timeline, so nothing is kept for the way.
func (p *casePage) bringBack(message string) {
	for _, m := range p.file.Messages {
		if m.Kind != desk.Withdrawn || m.ID.String() != message {
			continue
		}
		p.draft.Reply = m.Body
		l := &p.draft.Letter
		for _, a := range m.Attachments {
			l.Uploads = append(l.Uploads, againMark+a.ID.String())
		}
		if len(m.Addressed) > 0 {
			l.typed = true
			l.To, l.Cc, l.Bcc = outbox.Typed(m.Addressed, desk.RoleTo), outbox.Typed(m.Addressed, desk.RoleCc), outbox.Typed(m.Addressed, desk.RoleBcc)
		}
	}
}

// filesAgain names the files that came back with a reply that was taken back.
func (p *casePage) filesAgain() (list []ui.Upload) {
	again, _ := p.draft.Letter.split()
	for _, m := range p.file.Messages {
		for _, a := range m.Attachments {
			if m.Kind == desk.Withdrawn && slices.Contains(again, a.ID) {
				list = append(list, ui.Upload{Token: againMark + a.ID.String(), Name: a.Name, Size: p.p.Bytes(a.Size)})
			}
		}
	}
	return list
}

// put puts a file of an answer aside.
func (w *Workspace) put(r *http.Request, name string, content io.Reader) (intake.Upload, error) {
	a := actor(r)
	if err := a.Require(access.WorkCases); err != nil {
		return intake.Upload{}, err
	}
	return w.Intake.Stage(r.Context(), a.BrandID, name, content)
}

// stage takes one file of an answer and answers with JSON, for upload.js.
func (w *Workspace) stage(rw http.ResponseWriter, r *http.Request) error {
	if _, err := w.Desk.Find(r.Context(), actor(r), r.PathValue("number")); err != nil {
		return enclose.Refuse(rw, r, w.Kit.Log, err)
	}
	return enclose.Stage(rw, r, w.Kit.Log, w.put)
}

// answerAll are those whom "answer all" would add, in words; "" if there is nobody.
func (p casePage) answerAll() string {
	others := p.draft.Letter.missing(p.others)
	names := make([]string, len(others))
	for i, x := range others {
		x.Role = desk.RoleCc
		names[i] = outbox.Typed([]desk.Addressee{x}, desk.RoleCc)
	}
	return strings.Join(names, ", ")
}

// alsoTo are those a message that came in was sent to besides us, in words.
func alsoTo(m desk.Message) string {
	parts := []string{outbox.Typed(m.Addressed, desk.RoleTo), outbox.Typed(m.Addressed, desk.RoleCc)}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// uploads describes the control for files.
func (p casePage) uploads(ctx context.Context) ui.UploadProps {
	return ui.UploadProps{
		FieldProps: ui.FieldProps{Name: enclose.Files, Label: t(ctx, "reply.files"), Hint: t(ctx, "reply.files_hint", "MB", p.mailFiles), Error: p.wrong(enclose.Files)},
		URL:        p.path("/files"), MaxBytes: intake.MaxUpload, MaxFiles: intake.MaxUploads, Uploaded: p.draft.Letter.files,
	}
}
