package webhook

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"os"
	"strconv"
	"time"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/intake"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Prefix is where all hooks are.
const Prefix = "/hooks/"

const (
	bodyTime = time.Minute      // for the whole body to come in
	away     = 30 * time.Second // until a sender should try again
)

// Routes mounts the hooks. Mailgun sends the whole mail only to addresses that end
// in "mime", hence the second one.
func (a *Adapter) Routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /hooks/{id}", a.post)
	mux.HandleFunc("POST /hooks/{id}/mime", a.post)
	mux.HandleFunc("GET /hooks/{id}", a.probe)
	mux.HandleFunc("GET /hooks/{id}/mime", a.probe)
}

// probe answers providers that look whether an address exists.
func (a *Adapter) probe(w http.ResponseWriter, r *http.Request) {
	if _, _, p := a.find(r); p != nil {
		p.write(w, r)
		return
	}
	answer(w, "Mail is handed over here by POST.\n")
}

// post takes what a provider hands over.
func (a *Adapter) post(w http.ResponseWriter, r *http.Request) {
	if p := a.take(w, r); p != nil {
		p.write(w, r)
		return
	}
	answer(w, "accepted\n")
}

func answer(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, text) // nobody to tell if the peer is gone
}

// take keeps a payload, or says why not.
func (a *Adapter) take(w http.ResponseWriter, r *http.Request) *problem {
	h, account, p := a.find(r)
	if p != nil {
		return p
	}
	by := providers[h.Provider]
	if !oneOf(by.types, mediaTypeOf(r.Header.Get("Content-Type"))) || r.Header.Get("Content-Encoding") != "" {
		return &problem{status: http.StatusUnsupportedMediaType, code: "unsupported_media_type"}
	}
	in := &posted{Request: r, url: a.env.PublicURL + r.URL.Path, now: a.clock.Now()}
	if by.early != nil && by.early(h, in) != nil {
		return a.stranger(r, h)
	}
	done, p := a.readBody(w, in)
	defer done()
	if p != nil {
		return p
	}
	if by.late != nil && by.late(h, in) != nil {
		return a.stranger(r, h)
	}
	if wait := a.limits.take("hook:"+h.ID.String(), hookPerMinute); wait > 0 {
		return tooMany(wait)
	}
	return a.keep(h, account, by, in)
}

// find returns the hook a request is for, and its mailbox. One that is unknown,
// switched off, or whose mailbox is, is not there. A network that knocks in vain
// again and again has to wait.
func (a *Adapter) find(r *http.Request) (catalog.Hook, catalog.Account, *problem) {
	if wait := a.limits.full(a.network(r), refusedPerMinute); wait > 0 {
		return catalog.Hook{}, catalog.Account{}, tooMany(wait)
	}
	h, account, err := a.lookup(r.Context(), r.PathValue("id"))
	if err == nil {
		return h, account, nil
	}
	if errs.Is(err, errs.NotFound) {
		a.limits.take(a.network(r), refusedPerMinute)
		return h, account, &problem{status: http.StatusNotFound, code: "not_found"}
	}
	return h, account, a.failed(err, "finding a hook", h)
}

func (a *Adapter) lookup(ctx context.Context, text string) (catalog.Hook, catalog.Account, error) {
	id, err := ids.Parse(text)
	if err != nil {
		return catalog.Hook{}, catalog.Account{}, errs.Wrap(errs.NotFound, err, "reading an address")
	}
	h, err := a.env.Hooks.Hook(ctx, id)
	if err != nil {
		return catalog.Hook{}, catalog.Account{}, err
	}
	accounts, err := a.env.Host.Accounts(ctx, catalog.Email)
	if err != nil {
		return catalog.Hook{}, catalog.Account{}, err
	}
	for _, account := range accounts {
		if account.ID == h.AccountID {
			return h, account, nil
		}
	}
	return catalog.Hook{}, catalog.Account{}, errs.New(errs.NotFound, "hook.not_found")
}

func (a *Adapter) network(r *http.Request) string { return "network:" + access.NetworkOf(a.client(r)) }

func (a *Adapter) client(r *http.Request) string {
	if a.env.Client == nil {
		return r.RemoteAddr
	}
	return a.env.Client(r)
}

// stranger is the answer to whoever can't show who they are, without saying why.
func (a *Adapter) stranger(r *http.Request, h catalog.Hook) *problem {
	a.limits.take(a.network(r), refusedPerMinute)
	a.log.Info("a hook refused a stranger", "hook", h.ID, "provider", h.Provider)
	return &problem{status: http.StatusUnauthorized, code: "unauthenticated", basic: providers[h.Provider].late == nil}
}

// readBody reads the body into memory, within the room that all bodies have
// together. done gives the room back.
func (a *Adapter) readBody(w http.ResponseWriter, in *posted) (done func(), p *problem) {
	size := in.ContentLength
	if size > maxBytes {
		return func() {}, &problem{status: http.StatusRequestEntityTooLarge, code: "too_large"}
	}
	if size < 0 {
		size = maxBytes
	}
	if !a.room.TryAcquire(size) {
		return func() {}, &problem{status: http.StatusServiceUnavailable, code: "unavailable", wait: away}
	}
	done = func() { a.room.Release(size) }
	// Where the connection has no deadlines, the server's own bound it.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTime))
	var err error
	in.body, err = io.ReadAll(http.MaxBytesReader(w, in.Body, maxBytes))
	var long *http.MaxBytesError
	switch {
	case err == nil:
		return done, nil
	case errors.As(err, &long):
		return done, &problem{status: http.StatusRequestEntityTooLarge, code: "too_large"}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return done, &problem{status: http.StatusRequestTimeout, code: "timeout"}
	}
	return done, &problem{status: http.StatusBadRequest, code: "malformed"}
}

// keep puts every mail of a payload on disk.
func (a *Adapter) keep(h catalog.Hook, account catalog.Account, by provider, in *posted) *problem {
	all := []payload{{provider: h.Provider, contentType: in.Header.Get("Content-Type"), id: in.id, body: in.body}}
	if by.split != nil {
		var err error
		var p *problem
		if all, err = by.split(all[0]); errors.As(err, &p) {
			return p
		}
	}
	for _, p := range all {
		arrival := intake.Arrival{BrandID: account.BrandID, AccountID: account.ID, Channel: Kind, Raw: p.pack(), Key: in.key,
			Trace: intake.Trace{Peer: a.client(in.Request), TLS: in.TLS != nil}}
		if l, err := by.read(p); err == nil { // else a person looks at it
			arrival.Trace = l.trace(arrival.Trace)
		}
		if err := a.env.Host.Accept(in.Context(), arrival); err != nil {
			return a.failed(err, "keeping a payload", h)
		}
	}
	if err := a.env.Hooks.HookUsed(in.Context(), h); err != nil {
		a.log.Warn("the use of a hook could not be noted", "hook", h.ID, "error", err)
	}
	return nil
}

// failed is the answer to a failure of ours: the sender is to try again.
func (a *Adapter) failed(err error, doing string, h catalog.Hook) *problem {
	a.log.Warn("a hook refused for now", "doing", doing, "hook", h.ID, "error", err)
	switch {
	case errs.Is(err, errs.Unavailable):
		return &problem{status: http.StatusServiceUnavailable, code: "unavailable", wait: away}
	case errs.Is(err, errs.TooLarge):
		return &problem{status: http.StatusRequestEntityTooLarge, code: "too_large"}
	}
	return &problem{status: http.StatusInternalServerError, code: "internal", wait: away}
}

func tooMany(wait time.Duration) *problem {
	return &problem{status: http.StatusTooManyRequests, code: "too_many", wait: wait}
}

// seconds is a wait as Retry-After has it (RFC 9110 §10.2.3).
func seconds(wait time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(wait.Seconds()))))
}
