package web

import (
	"context"
	"io"
	"net/http"
	"time"
)

// maxBody bounds a request's body unless a handler allows more.
const maxBody = 2 << 20

// slowUpload is how long a larger body may take to arrive on a slow line.
const slowUpload = 15 * time.Minute

type bodyKey struct{}

// limitBody bounds the body and keeps the unbounded one for AllowBody.
func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		whole := r.Body
		r = r.WithContext(context.WithValue(r.Context(), bodyKey{}, whole))
		r.Body = http.MaxBytesReader(w, whole, maxBody)
		next.ServeHTTP(w, r)
	})
}

// AllowBody lets a request bring up to n bytes and take its time, for forms with
// files. It must be called before anything has read the body.
func AllowBody(w http.ResponseWriter, r *http.Request, n int64) {
	whole, ok := r.Context().Value(bodyKey{}).(io.ReadCloser)
	if !ok {
		whole = r.Body // outside of the chain nothing bounds it yet
	}
	r.Body = http.MaxBytesReader(w, whole, n)
	until := time.Now().Add(slowUpload)
	control := http.NewResponseController(w)
	// A connection that knows no deadlines has none to extend.
	_ = control.SetReadDeadline(until)
	_ = control.SetWriteDeadline(until.Add(time.Minute))
}
