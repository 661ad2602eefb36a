package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"lotse/internal/access"
	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/digest"
	"lotse/internal/domains"
	"lotse/internal/intake"
	"lotse/internal/mailbox"
	"lotse/internal/operate"
	"lotse/internal/outbox"
	"lotse/internal/people"
	"lotse/internal/platform/blob"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/live"
	"lotse/internal/platform/seal"
	"lotse/internal/publish"
	"lotse/internal/staff"
	"lotse/internal/templates"
	"lotse/internal/views"
)

const (
	// Prefix is where the operations live.
	Prefix = "/api/v1/"
	// DocumentPath is where the document lives, open to everybody.
	DocumentPath = "/api/openapi.json"

	maxBody    = 2 << 20
	slowUpload = 15 * time.Minute
	slowBody   = time.Minute
)

// Parts are what the API is made of.
type Parts struct {
	DB      *db.DB
	Seal    *seal.Sealer
	Clock   clock.Clock
	Log     *slog.Logger
	Keys    *access.Keys
	Staff   *staff.Directory
	Catalog *catalog.Catalog
	Boxes   *mailbox.Boxes
	Domains *domains.Domains
	People  *people.People
	Desk    *desk.Desk
	Views   *views.Views
	Intake  *intake.Intake
	Outbox  *outbox.Outbox
	Publish *publish.Publish
	Blobs   *blob.Folder
	Hub     *live.Hub
	Jobs    *operate.Jobs

	Templates *templates.Templates
	Digest    *digest.Digest
}

// Server answers the requests of programs.
type Server struct {
	Parts
	limits *limits

	once     sync.Once // of what follows, see build
	mux      *http.ServeMux
	api      huma.API
	document []byte
}

// New returns the API. Its document needs none of the parts.
func New(p Parts) *Server {
	return &Server{Parts: p, limits: newLimits(p.Clock)}
}

// build makes the operations and their document when they are first asked for:
// a desk that no program uses does not hold them in memory.
func (s *Server) build() {
	s.mux = http.NewServeMux()
	s.api = huma.NewAPI(configuration(), humago.NewAdapter(s.mux, ""))
	for _, operations := range []func(*Server){
		me, cases, caseActions, messages, sides, files, customers, blocks, threads, posts, arrivals, members, teams, brand, mailboxes, events, keys, catalogue, jobs, deliveries, portraits, webhooks, sendingDomains, texts,
	} {
		operations(s)
	}
	s.document = s.makeDocument()
}

// Routes mounts the operations and the document. They pass no session and no
// cookie.
func (s *Server) Routes(mux *http.ServeMux) {
	mux.Handle(Prefix, s.Handler())
	mux.Handle("GET "+DocumentPath, s.identified(tagged(http.HandlerFunc(s.showDocument))))
}

// Handler is the chain every request passes, outermost first.
func (s *Server) Handler() http.Handler {
	return s.identified(s.recovered(s.known(bounded(s.repeatable(tagged(http.HandlerFunc(s.route)))))))
}

type requestKey struct{}
type idKey struct{}

// requestOf returns the request behind a context of an operation.
func requestOf(ctx context.Context) *http.Request {
	r, _ := ctx.Value(requestKey{}).(*http.Request)
	return r
}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(idKey{}).(string)
	return id
}

var wellFormed = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// identified names the request, finds the caller's language, and sets what all
// answers carry.
func (s *Server) identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if !wellFormed.MatchString(id) {
			id = ids.New().String()
		}
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		h.Add("Vary", "Accept-Language, Authorization")
		ctx := context.WithValue(r.Context(), idKey{}, id)
		ctx = i18n.With(ctx, i18n.For(i18n.Match(r.Header.Get("Accept-Language"))))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// recovered turns a panic into a problem, or into a cut connection if the answer
// was half written.
func (s *Server) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			s.Log.Error("an API handler panicked", "request", requestID(r.Context()), "panic", p, "stack", string(debug.Stack()))
			newProblem(r.Context(), http.StatusInternalServerError, i18n.From(r.Context()).T("error.internal.text")).write(w)
		}()
		next.ServeHTTP(w, r)
	})
}

type wholeKey struct{}

// whole is a request before its body was bounded.
type whole struct {
	w    http.ResponseWriter
	body io.Reader
}

// bounded bounds the body, keeps the whole one for uploads, and the request
// itself for what the framework does not tell.
func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.WithContext(context.WithValue(r.Context(), wholeKey{}, whole{w, r.Body}))
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// wholeBody is the body of an upload, which may take its time.
func wholeBody(ctx context.Context) io.Reader {
	all, _ := ctx.Value(wholeKey{}).(whole)
	control, until := http.NewResponseController(all.w), time.Now().Add(slowUpload)
	_ = control.SetReadDeadline(until) // a connection that knows no deadlines has none to extend
	_ = control.SetWriteDeadline(until.Add(time.Minute))
	return all.body
}

// route finds the operation; what is none is a problem like all others.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	s.once.Do(s.build)
	r = r.WithContext(context.WithValue(r.Context(), requestKey{}, r))
	if _, pattern := s.mux.Handler(r); pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	said := &recorder{header: http.Header{}}
	s.mux.ServeHTTP(said, r)
	status := http.StatusNotFound
	if said.status == http.StatusMethodNotAllowed {
		status = said.status
		w.Header().Set("Allow", said.header.Get("Allow"))
	}
	newProblem(r.Context(), status, i18n.From(r.Context()).T("api.no_operation")).write(w)
}

// fail writes an error of the chain.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problem(r.Context(), err, nil)
	s.log(r.Context(), p, err)
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	p.write(w)
}

// log notes what is a fault of ours.
func (s *Server) log(ctx context.Context, p *Problem, err error) {
	switch p.Status {
	case http.StatusInternalServerError:
		s.Log.Error("an API request failed", "request", p.RequestID, "error", err)
	case http.StatusServiceUnavailable:
		if ctx.Err() == nil {
			s.Log.Warn("an API request can't be served now", "request", p.RequestID, "error", err)
		}
	}
}

func unwrap(c huma.Context) (*http.Request, http.ResponseWriter) { return humago.Unwrap(c) }

// op describes one operation.
type op struct {
	ID      string
	Method  string
	Path    string // below /api/v1
	Tag     string
	Summary string
	About   string // Markdown
	Scope   access.Scope
	Status  int               // of success; 0 is 200, or 204 without content
	Places  map[string]string // fields of the domain that are called otherwise in the request
	Errors  []int             // beside those every operation knows
}

// add registers an operation: its errors become problems, its scope is checked.
func add[I, O any](s *Server, o op, do func(context.Context, access.Actor, *I) (*O, error), change ...func(*huma.Operation)) {
	h := huma.Operation{
		OperationID: o.ID, Method: o.Method, Path: strings.TrimSuffix(Prefix, "/") + o.Path, Tags: []string{o.Tag}, Summary: o.Summary,
		Description: strings.TrimSpace(o.About), DefaultStatus: o.Status, MaxBodyBytes: maxBody, BodyReadTimeout: slowBody,
		Security:    []map[string][]string{{"key": needs(o.Scope)}},
		Errors:      append([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable}, o.Errors...),
		Middlewares: huma.Middlewares{inScope(o.Scope)},
	}
	if strings.Contains(o.Path, "{") {
		h.Errors = append(h.Errors, http.StatusNotFound)
	}
	for _, c := range change {
		c(&h)
	}
	huma.Register(s.api, h, func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, access.FromContext(ctx), in)
		if err != nil {
			return nil, s.refuse(ctx, err, o.Places)
		}
		return out, nil
	})
}

// needs are the scopes of an operation in the document; none: any key may.
func needs(s access.Scope) []string {
	if s == "" {
		return []string{}
	}
	return []string{string(s)}
}

// refuse makes of an error of the domain the answer of an operation. Who asked
// for a certain version (If-Match) is told with 412 that it is another one.
func (s *Server) refuse(ctx context.Context, err error, places map[string]string) error {
	p := problem(ctx, err, places)
	var e *errs.Error
	if r := requestOf(ctx); errors.As(err, &e) && strings.HasSuffix(e.Key, ".changed") && r != nil && r.Header.Get("If-Match") != "" {
		changed := newProblem(ctx, http.StatusPreconditionFailed, p.Detail)
		return changed
	}
	s.log(ctx, p, err)
	if p.Status == http.StatusServiceUnavailable {
		return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {"5"}})
	}
	return p
}
