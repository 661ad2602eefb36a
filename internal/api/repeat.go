package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
	"lotse/internal/platform/ids"
)

const (
	repeatHeader = "Idempotency-Key"
	maxRepeatKey = 255
	repeatLife   = 24 * time.Hour
	repeatBusy   = 3 * time.Minute // longer than the server lets a request take
	sweepSize    = 1000
)

// answerRow is what was answered to a request with an Idempotency-Key.
type answerRow struct {
	bun.BaseModel `bun:"table:api_answers,alias:a"`
	KeyID         ids.ID `bun:",pk"`
	Name          []byte `bun:",pk"`
	Request       []byte
	Status        int64 // 0 while the request is under way
	Headers       []byte
	Body          []byte
	AboutID       ids.ID `bun:",nullzero"`
	BusyUntil     clock.Stamp
	ExpiresAt     clock.Stamp
}

// errand is a request that may be repeated, on its way through an operation.
type errand struct {
	name  string // under which the domain knows it
	about ids.ID // the case or customer its answer speaks of
}

type errandKey struct{}

// isRepeatable reports whether a POST takes an Idempotency-Key: a file that comes
// twice does no harm, and of a secret in an answer no copy is kept.
func isRepeatable(path string) bool {
	return path != Prefix+"uploads" && path != Prefix+"keys" && path != Prefix+"webhooks" && !strings.HasSuffix(path, "/secret")
}

// about notes which case or customer the answer speaks of: what is kept of it
// goes when they are erased.
func about(ctx context.Context, id ids.ID) {
	if e, ok := ctx.Value(errandKey{}).(*errand); ok {
		e.about = id
	}
}

// repeatName is the name under which the domain knows a request that may be
// repeated, "" if the caller gave it none. It tells requests apart that carry the
// same Idempotency-Key on different days.
func repeatName(ctx context.Context) string {
	if e, ok := ctx.Value(errandKey{}).(*errand); ok {
		return e.name
	}
	return ""
}

// repeatable gives a request that carries an Idempotency-Key one effect and one
// answer, however often it is sent.
func (s *Server) repeatable(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.Header.Get(repeatHeader)
		if r.Method != http.MethodPost || name == "" || !isRepeatable(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		if err := s.repeat(w, r, name, next); err != nil {
			s.fail(w, r, err)
		}
	})
}

func (s *Server) repeat(w http.ResponseWriter, r *http.Request, name string, next http.Handler) error {
	if !isRepeatKey(name) {
		return errs.Field(repeatHeader, "api.repeat.wrong", "Max", maxRepeatKey)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return bodyError(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	row := answerRow{KeyID: keyOf(r.Context()).ID, Name: hashOf([]byte(name)), Request: requestHash(r, body)}
	kept, err := s.claim(r.Context(), row)
	if err != nil {
		return err
	}
	switch {
	case kept == nil:
		return s.answerOnce(w, r, row, next)
	case !bytes.Equal(kept.Request, row.Request):
		p := newProblem(r.Context(), http.StatusUnprocessableEntity, i18n.From(r.Context()).T("api.repeat.reused"))
		p.Code = codeKeyReused
		return p
	case kept.Status == 0:
		w.Header().Set("Retry-After", "1")
		p := newProblem(r.Context(), http.StatusConflict, i18n.From(r.Context()).T("api.repeat.busy"))
		p.Code = codeKeyBusy
		return p
	}
	return s.replay(w, kept)
}

func isRepeatKey(name string) bool {
	if len(name) > maxRepeatKey {
		return false
	}
	for _, c := range []byte(name) {
		if c < '!' || c > '~' {
			return false
		}
	}
	return true
}

func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return errs.Wrap(errs.TooLarge, err, "reading a request")
	}
	return errs.Wrap(errs.Invalid, err, "reading a request")
}

func hashOf(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}

func requestHash(r *http.Request, body []byte) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n%s\n", r.Method, r.URL.RequestURI(), r.Header.Get("If-Match"))
	h.Write(body)
	return h.Sum(nil)
}

// claim notes that the request is under way. It returns nil if it was not known
// before, or was given up; else what is known of it.
func (s *Server) claim(ctx context.Context, row answerRow) (kept *answerRow, err error) {
	err = s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := clock.Now(s.Clock)
		row.Headers, row.Body, row.BusyUntil, row.ExpiresAt = []byte{}, []byte{}, now.Add(repeatBusy), now.Add(repeatLife)
		kept = nil
		res, err := tx.NewInsert().Model(&row).On("CONFLICT (key_id, name) DO UPDATE").
			Set("request = EXCLUDED.request").Set("status = 0").Set("headers = EXCLUDED.headers").Set("body = EXCLUDED.body").
			Set("about_id = NULL").Set("busy_until = EXCLUDED.busy_until").Set("expires_at = EXCLUDED.expires_at").
			Where("a.expires_at <= ? OR (a.status = 0 AND a.busy_until <= ?)", now, now).Returning("NULL").Exec(ctx)
		if err != nil {
			return fmt.Errorf("claiming a request: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 1 {
			return err
		}
		found := answerRow{KeyID: row.KeyID, Name: row.Name}
		if err := tx.NewSelect().Model(&found).WherePK().Scan(ctx); err != nil {
			return fmt.Errorf("reading an answer: %w", err)
		}
		kept = &found
		return nil
	})
	return kept, err
}

// answerOnce carries the request out and keeps what was answered. What failed on
// our side, and what may be tried again soon, is not kept.
func (s *Server) answerOnce(w http.ResponseWriter, r *http.Request, row answerRow, next http.Handler) error {
	settled := false
	defer func() { // also after a panic
		if !settled {
			s.release(context.WithoutCancel(r.Context()), row)
		}
	}()
	e := &errand{name: hex.EncodeToString(row.Name) + hex.EncodeToString(row.Request)}
	said := &recorder{header: w.Header().Clone()}
	next.ServeHTTP(said, r.WithContext(context.WithValue(r.Context(), errandKey{}, e)))
	if said.status < http.StatusInternalServerError && said.status != http.StatusTooManyRequests {
		row.Status, row.AboutID = int64(said.status), e.about
		if err := s.keep(context.WithoutCancel(r.Context()), row, said); err != nil {
			s.Log.Error("an answer could not be kept", "request", requestID(r.Context()), "error", err)
		}
		settled = true
	}
	said.send(w)
	return nil
}

// keptHeaders are those that belong to an answer, not to its sending.
var keptHeaders = []string{"Content-Type", "Location", "ETag", "Link"}

func (s *Server) keep(ctx context.Context, row answerRow, said *recorder) error {
	headers := map[string]string{}
	for _, name := range keptHeaders {
		if v := said.header.Get(name); v != "" {
			headers[name] = v
		}
	}
	text, err := json.Marshal(headers)
	if err != nil {
		return fmt.Errorf("writing headers: %w", err)
	}
	return s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewUpdate().Model((*answerRow)(nil)).Set("status = ?", row.Status).Set("headers = ?", text).
			Set("body = ?", s.Seal.SealBytes(row.KeyID, said.body.Bytes())).Set("about_id = ?", row.AboutID).
			Where("key_id = ? AND name = ?", row.KeyID, row.Name).Exec(ctx)
		if err != nil {
			return fmt.Errorf("keeping an answer: %w", err)
		}
		return nil
	})
}

func (s *Server) release(ctx context.Context, row answerRow) {
	err := s.DB.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewDelete().Model((*answerRow)(nil)).Where("key_id = ? AND name = ? AND status = 0", row.KeyID, row.Name).Exec(ctx)
		return err
	})
	if err != nil {
		s.Log.Warn("a request could not be given up", "error", err)
	}
}

func (s *Server) replay(w http.ResponseWriter, kept *answerRow) error {
	var headers map[string]string
	if err := json.Unmarshal(kept.Headers, &headers); err != nil {
		return fmt.Errorf("reading headers: %w", err)
	}
	for name, value := range headers {
		w.Header().Set(name, value)
	}
	w.Header().Set("Idempotency-Replayed", "true")
	w.WriteHeader(int(kept.Status))
	_, _ = w.Write(s.Seal.OpenBytes(kept.KeyID, kept.Body)) // who went away needs no answer
	return nil
}

// ForgetTx drops what was answered about cases or customers that are erased.
func (s *Server) ForgetTx(ctx context.Context, tx *db.Tx, which []ids.ID) error {
	if len(which) == 0 {
		return nil
	}
	if _, err := tx.NewDelete().Model((*answerRow)(nil)).Where("about_id IN (?)", bun.List(which)).Exec(ctx); err != nil {
		return fmt.Errorf("forgetting answers: %w", err)
	}
	return nil
}

// Sweep drops answers after their day. It is cheap and runs every few minutes.
func (s *Server) Sweep(ctx context.Context) error {
	now := clock.Now(s.Clock)
	found, err := s.DB.Read().NewSelect().Model((*answerRow)(nil)).Where("expires_at <= ?", now).Exists(ctx)
	if err != nil || !found {
		return db.Classify(err)
	}
	return s.DB.Write(db.Patient(ctx), func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.NewDelete().Model((*answerRow)(nil)).
			Where("(key_id, name) IN (SELECT o.key_id, o.name FROM api_answers AS o WHERE o.expires_at <= ? LIMIT ?)", now, sweepSize).Exec(ctx)
		if err != nil {
			return fmt.Errorf("sweeping answers: %w", err)
		}
		return nil
	})
}

// recorder is an answer that is not sent yet.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(b)
}

func (r *recorder) send(w http.ResponseWriter) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	if r.status == 0 {
		r.status = http.StatusOK
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body.Bytes()) // who went away needs no answer
}
