package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"lotse/internal/access"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
)

type keyKey struct{}

// keyOf returns the key the request showed.
func keyOf(ctx context.Context) access.Key {
	k, _ := ctx.Value(keyKey{}).(access.Key)
	return k
}

// known lets in who shows a good key of an active staff member, and counts the
// request. Nothing else is looked at: a cookie opens nothing here.
func (s *Server) known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, actor, err := s.who(r)
		if err != nil {
			if errs.Is(err, errs.SignedOut) {
				w.Header().Set("WWW-Authenticate", `Bearer realm="api"`)
			}
			s.fail(w, r, err)
			return
		}
		if !s.limits.admit(r.Context(), w, key) {
			return
		}
		if err := s.Keys.Used(r.Context(), key); err != nil {
			s.Log.Warn("the use of a key could not be noted", "error", err)
		}
		ctx := access.WithActor(context.WithValue(r.Context(), keyKey{}, key), actor)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (s *Server) who(r *http.Request) (access.Key, access.Actor, error) {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return access.Key{}, access.Actor{}, errs.New(errs.SignedOut, "api.no_key")
	}
	key, err := s.Keys.Find(r.Context(), strings.TrimSpace(secret))
	if err != nil {
		return access.Key{}, access.Actor{}, err
	}
	member, err := s.Staff.Actor(r.Context(), key.StaffID)
	if errs.Is(err, errs.SignedOut) {
		err = errs.New(errs.SignedOut, "access.key.unknown")
	}
	return key, key.Actor(member), err
}

// inScope lets a request pass whose key is for the operation, and only with the
// parameters the operation has.
func inScope(needs access.Scope) func(huma.Context, func(huma.Context)) {
	return func(c huma.Context, next func(huma.Context)) {
		r, w := unwrap(c)
		if needs != "" && !access.FromContext(r.Context()).Has(needs) {
			p := newProblem(r.Context(), http.StatusForbidden, i18n.From(r.Context()).T("api.scope_missing", "Scope", string(needs)))
			p.write(w)
			return
		}
		if faults := strangeParameters(r, c.Operation()); len(faults) > 0 {
			newProblem(r.Context(), http.StatusUnprocessableEntity, i18n.From(r.Context()).T("error.invalid.text"), faults...).write(w)
			return
		}
		next(c)
	}
}

// strangeParameters are those of the query that the operation does not know: a
// filter with a typing error must not show everything. A change that can't depend on a
// version must not seem to.
func strangeParameters(r *http.Request, op *huma.Operation) []Fault {
	var faults []Fault
	for name := range r.URL.Query() {
		known := false
		for _, p := range op.Parameters {
			known = known || p.In == "query" && p.Name == name
		}
		if !known {
			faults = append(faults, Fault{Location: "query." + shorten(name), Code: "schema", Message: i18n.From(r.Context()).T("api.parameter_unknown")})
		}
	}
	if r.Header.Get("If-Match") != "" && !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.Name == "If-Match" }) {
		faults = append(faults, Fault{Location: "header.If-Match", Code: "schema", Message: i18n.From(r.Context()).T("api.if_match_none")})
	}
	return faults
}

func shorten(s string) string {
	if len(s) > 50 {
		s = s[:50]
	}
	return strings.ToValidUTF8(s, "")
}
