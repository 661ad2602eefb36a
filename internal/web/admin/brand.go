package admin

import (
	"errors"
	"net/http"
	"strconv"

	"lotse/internal/catalog"
	"lotse/internal/outbox"
	"lotse/internal/web"
	"lotse/internal/web/form"
)

const brandPath = "/admin/brand"

func (p *Pages) showBrand(w http.ResponseWriter, r *http.Request) error {
	return p.renderBrand(w, r, http.StatusOK, form.Form{})
}

// renderBrand shows the page with the form that was refused, or with an empty
// one. The other form shows what is stored.
func (p *Pages) renderBrand(w http.ResponseWriter, r *http.Request, status int, f form.Form) error {
	ctx, cat, id := r.Context(), p.kit.Catalog, actor(r).BrandID
	brand, err := cat.Brand(ctx, id)
	if err != nil {
		return err
	}
	seconds, err1 := catalog.UndoSeconds.Get(ctx, cat, id)
	acknowledge, err2 := catalog.Acknowledge.Get(ctx, cat, id)
	storm, err3 := outbox.Storm.Get(ctx, cat, id)
	files, err4 := outbox.MailFiles.Get(ctx, cat, id)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	shown := form.New("brand_name", brand.Name, "host", brand.Host, "language", brand.Language,
		"undo_seconds", strconv.Itoa(seconds), "acknowledge", yesNo(acknowledge), "storm", strconv.Itoa(storm),
		"mail_files", strconv.Itoa(files), "color", brand.Color)
	if typed := r.URL.Query().Get("color"); typed != "" { // a colour to look at
		shown = form.New("color", typed).Over(shown)
	}
	shown = f.Over(shown)
	frame := p.shell(r, t(ctx, "admin.brand.title"), brandPath, f.Errors)
	frame.Scripts = append(frame.Scripts, brandScript)
	return web.Render(w, r, status, brandPage(frame, shown, lookFor(r, brand, f)))
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func (p *Pages) updateBrand(w http.ResponseWriter, r *http.Request) error {
	return p.save(w, r, "admin.brand.saved", func(f form.Form) error {
		_, err := p.kit.Catalog.UpdateBrand(r.Context(), actor(r),
			catalog.BrandForm{Name: f.Get("brand_name"), Host: f.Get("host"), Language: f.Get("language")})
		return err
	})
}

func (p *Pages) updateAnswers(w http.ResponseWriter, r *http.Request) error {
	return p.save(w, r, "admin.brand.answers_saved", func(f form.Form) error {
		ctx, cat, a := r.Context(), p.kit.Catalog, actor(r)
		if err := catalog.UndoSeconds.Set(ctx, cat, a, f.Int("undo_seconds", -1)); err != nil {
			return err
		}
		if f.Get("storm") != "" {
			if err := outbox.Storm.Set(ctx, cat, a, f.Int("storm", -1)); err != nil {
				return err
			}
		}
		if f.Get("mail_files") != "" {
			if err := outbox.MailFiles.Set(ctx, cat, a, f.Int("mail_files", -1)); err != nil {
				return err
			}
		}
		return catalog.Acknowledge.Set(ctx, cat, a, f.Get("acknowledge") != "no")
	})
}

func (p *Pages) save(w http.ResponseWriter, r *http.Request, key string, do func(form.Form) error) error {
	f, err := form.Read(r)
	if err != nil {
		return err
	}
	if err = do(f); err == nil {
		return p.done(w, r, brandPath, key)
	}
	status, err := f.Refused(r.Context(), err, "")
	if err != nil {
		return err
	}
	f.Sort("brand_name", "host", "language")
	return p.renderBrand(w, r, status, f)
}
