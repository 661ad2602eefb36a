package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
)

// Problem says why a request failed (RFC 9457). Code is stable and for programs,
// the rest is for people.
type Problem struct {
	Type      string  `json:"type" format:"uri-reference" example:"/api#invalid" doc:"Where the kind of problem is explained."`
	Title     string  `json:"title" example:"Unprocessable Entity" doc:"The kind of problem in words."`
	Status    int     `json:"status" example:"422" doc:"The HTTP status."`
	Code      string  `json:"code" example:"invalid" doc:"The kind of problem for programs; it never changes."`
	Detail    string  `json:"detail,omitempty" example:"Please check what is marked." doc:"What happened and what to do, in the language of Accept-Language."`
	RequestID string  `json:"request_id,omitempty" example:"01J9ZK3M5Q8R" doc:"Names this request in the log of the desk."`
	Errors    []Fault `json:"errors,omitempty" doc:"What is wrong with the request, place by place."`
}

// Fault is one thing that is wrong with a request.
type Fault struct {
	Location string `json:"location" example:"body.subject" doc:"Where: path, query, header or body, then the name."`
	Code     string `json:"code" example:"question.subject_missing" doc:"What is wrong, for programs."`
	Message  string `json:"message" example:"Please write in a few words what it is about." doc:"What is wrong and how to mend it."`
}

// Error describes the problem for logs.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of RFC 9457.
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

// codes names the kinds of error for programs, by status where no kind of the
// domain says more.
var codes = map[int]string{
	http.StatusBadRequest:            "malformed",
	http.StatusUnauthorized:          "unauthenticated",
	http.StatusForbidden:             "forbidden",
	http.StatusNotFound:              "not_found",
	http.StatusMethodNotAllowed:      "method_not_allowed",
	http.StatusNotAcceptable:         "not_acceptable",
	http.StatusRequestTimeout:        "timeout",
	http.StatusConflict:              "conflict",
	http.StatusGone:                  "gone",
	http.StatusPreconditionFailed:    "precondition_failed",
	http.StatusRequestEntityTooLarge: "too_large",
	http.StatusUnsupportedMediaType:  "unsupported_media_type",
	http.StatusUnprocessableEntity:   "invalid",
	http.StatusTooManyRequests:       "too_many",
	http.StatusInternalServerError:   "internal",
	http.StatusServiceUnavailable:    "unavailable",
}

// Codes returns the codes of problems by status, for the page about the API.
func Codes() map[int]string {
	all := make(map[int]string, len(codes))
	for status, code := range codes {
		all[status] = code
	}
	return all
}

// The codes of problems with Idempotency-Key.
const (
	codeKeyReused = "idempotency_key_reused"
	codeKeyBusy   = "idempotency_key_busy"
)

func newProblem(ctx context.Context, status int, detail string, faults ...Fault) *Problem {
	code := codes[status]
	if code == "" {
		code = "internal"
	}
	return &Problem{Type: "/api#" + code, Title: http.StatusText(status), Status: status, Code: code, Detail: detail, RequestID: requestID(ctx), Errors: faults}
}

// problem makes of an error what the caller is told: the safe text of its kind,
// and each field with its place in the request.
func problem(ctx context.Context, err error, places map[string]string) *Problem {
	var made *Problem
	if errors.As(err, &made) {
		return made
	}
	kind, p := errs.KindOf(err), i18n.From(ctx)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		kind = errs.Unavailable // nobody is there to read it
	}
	detail := p.T("error." + kindNames[kind] + ".text")
	var e *errs.Error
	if errors.As(err, &e) && e.Key != "" && kind != errs.Internal {
		detail = p.Err(e.Key, e.Args)
	}
	var faults []Fault
	for _, f := range errs.Fields(err) {
		faults = append(faults, Fault{Location: place(places, f.Field), Code: f.Key, Message: p.Err(f.Key, f.Args)})
	}
	return newProblem(ctx, kind.Status(), detail, faults...)
}

// place is where a field of the domain stands in the request.
func place(places map[string]string, field string) string {
	if at := places[field]; at != "" {
		return at
	}
	if at := everywhere[field]; at != "" {
		return at
	}
	return "body." + field
}

// everywhere are fields that are no part of a body in any operation.
var everywhere = map[string]string{"after": "query.after", "If-Match": "header.If-Match", repeatHeader: "header." + repeatHeader}

var kindNames = map[errs.Kind]string{
	errs.Internal: "internal", errs.Invalid: "invalid", errs.NotFound: "not_found", errs.Forbidden: "forbidden",
	errs.SignedOut: "signed_out", errs.Conflict: "conflict", errs.TooLarge: "too_large", errs.TooMany: "too_many",
	errs.Gone: "gone", errs.Unavailable: "unavailable",
}

// What the framework refuses by itself, such as a body that does not fit the
// document, becomes a Problem too. The functions are variables of the framework.
func init() {
	huma.NewError = func(status int, msg string, all ...error) huma.StatusError {
		return refused(context.Background(), status, msg, all)
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, all ...error) huma.StatusError {
		return refused(ctx.Context(), status, msg, all)
	}
	huma.ValidateStrictCasing = true // "Subject" is no "subject"
}

func refused(ctx context.Context, status int, msg string, all []error) *Problem {
	var faults []Fault
	for _, err := range all {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			status, msg = http.StatusRequestEntityTooLarge, http.StatusText(http.StatusRequestEntityTooLarge)
		}
		if d, ok := err.(huma.ErrorDetailer); ok {
			detail := d.ErrorDetail()
			faults = append(faults, Fault{Location: detail.Location, Code: "schema", Message: detail.Message})
		}
	}
	if status >= http.StatusInternalServerError {
		slog.Error("an API request failed", "request", requestID(ctx), "error", errors.Join(all...))
		faults = nil
	}
	return newProblem(ctx, status, msg, faults...)
}

// write sends the problem as the whole answer.
func (p *Problem) write(w http.ResponseWriter) {
	body, err := json.Marshal(p)
	if err != nil {
		body = []byte("{}") // strings and numbers can always be written
	}
	h := w.Header()
	h.Set("Content-Type", problemType)
	h.Set("Cache-Control", "no-store")
	h.Del("ETag")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // nobody to tell if the peer is gone
}
