package portal

import (
	"net/http"

	"lotse/internal/access"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// cookieName is the cookie a pass lives in: below /my/{number} that of one case,
// below /my that of the file. A request may carry both.
const cookieName = "lotse_pass"

// maxPasses bounds how many cookies of a request are looked at.
const maxPasses = 4

// holder is what a request may open.
type holder struct {
	passes []access.Pass // of single cases first: whoever opened one means it
	link   string        // token of the secret link of a case, "" if none was used
}

func (h holder) empty() bool { return len(h.passes) == 0 }

// holder finds out what the request's cookies open, with one statement, none
// without a cookie.
func (p *Portal) holder(r *http.Request) (holder, error) {
	cookies := r.CookiesNamed(cookieName)
	if len(cookies) == 0 {
		return holder{}, nil
	}
	brand, err := p.brand(r)
	if err != nil {
		return holder{}, err
	}
	var tokens []string
	for _, c := range cookies[:min(len(cookies), maxPasses)] {
		tokens = append(tokens, c.Value)
	}
	found, err := p.Passes.Peek(r.Context(), brand, tokens...)
	if err != nil {
		return holder{}, err
	}
	var h holder
	for _, pass := range found {
		if !pass.CaseID.IsZero() {
			h.passes = append(h.passes, pass)
		}
	}
	if len(h.passes) > 0 {
		h.link = tokens[0] // browsers send the cookie of the longer path first (RFC 6265 §5.4)
	}
	for _, pass := range found {
		if pass.CaseID.IsZero() {
			h.passes = append(h.passes, pass)
		}
	}
	return h, nil
}

// remember gives the browser a pass: of one case, or with number "" of the file.
func (p *Portal) remember(w http.ResponseWriter, number string, token ids.Token) {
	p.setCookie(w, number, string(token), int(access.PassLifetime.Seconds()))
}

// forget takes a pass out of the browser.
func (p *Portal) forget(w http.ResponseWriter, number string) { p.setCookie(w, number, "", -1) }

func (p *Portal) setCookie(w http.ResponseWriter, number, value string, age int) {
	path := "/my"
	if number != "" {
		path += "/" + number
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: value, Path: path, MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.Kit.Secure})
}

// showCaseLink only looks: a mail scanner follows the link too.
func (p *Portal) showCaseLink(w http.ResponseWriter, r *http.Request) error {
	brand, err := p.brand(r)
	if err == nil {
		_, err = p.People.PeekLink(r.Context(), brand, r.PathValue("token"))
	}
	if err != nil {
		return p.linkOver(w, r, err)
	}
	return p.renderOpen(w, r, "portal.open.case")
}

// openCase exchanges the link for a cookie.
func (p *Portal) openCase(w http.ResponseWriter, r *http.Request) error {
	brand, err := p.brand(r)
	if err != nil {
		return err
	}
	pass, token, err := p.People.OpenLink(r.Context(), brand, r.PathValue("token"))
	if err != nil {
		return p.linkOver(w, r, err)
	}
	if pass.CaseID.IsZero() {
		p.remember(w, "", token)
		return redirect(w, r, "/my")
	}
	number, err := p.Desk.OwnNumber(r.Context(), pass.Actor())
	if err != nil {
		return err
	}
	p.remember(w, number, token)
	return redirect(w, r, "/my/"+number)
}

// showFileLink only looks: a mail scanner follows the link too.
func (p *Portal) showFileLink(w http.ResponseWriter, r *http.Request) error {
	brand, err := p.brand(r)
	if err == nil {
		err = p.People.PeekFileLink(r.Context(), brand, r.PathValue("token"))
	}
	if err != nil {
		return p.linkOver(w, r, err)
	}
	return p.renderOpen(w, r, "portal.open.file")
}

// openFile uses the link up, for a pass to the whole file.
func (p *Portal) openFile(w http.ResponseWriter, r *http.Request) error {
	brand, err := p.brand(r)
	if err != nil {
		return err
	}
	_, token, err := p.People.OpenFileLink(r.Context(), brand, r.PathValue("token"))
	if err != nil {
		return p.linkOver(w, r, err)
	}
	p.remember(w, "", token)
	return redirect(w, r, "/my")
}

// leave makes this browser forget: the file with the cases in it, and the case
// the button stands on. The links stay good.
func (p *Portal) leave(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errs.Wrap(errs.Invalid, err, "reading a form")
	}
	if n := ids.ParseNumber(r.PostForm.Get("number")); n != "" {
		p.forget(w, n)
	}
	h, err := p.holder(r)
	if err != nil {
		return err
	}
	for _, pass := range h.passes {
		cases, _, err := p.Desk.OwnCases(r.Context(), pass.Actor(), ids.ID{})
		if err != nil {
			return err
		}
		for _, c := range cases {
			p.forget(w, c.Number)
		}
	}
	p.forget(w, "")
	return redirect(w, r, "/track?done=left")
}
