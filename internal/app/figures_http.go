package app

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// httpFigures are those of requests, by the pattern of the route that answered:
// an address itself may hold a number or a secret.
type httpFigures struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	now      prometheus.Gauge
}

func newHTTPFigures(r *prometheus.Registry) httpFigures {
	f := httpFigures{
		requests: counter("lotse_http_requests_total", "Requests answered, by route, method and status.", "route", "method", "status"),
		seconds:  histogram("lotse_http_request_seconds", "How long answers took, by route; without event streams.", pageBuckets, "route"),
		now:      prometheus.NewGauge(prometheus.GaugeOpts{Name: "lotse_http_requests_now", Help: "Requests being answered now; each open screen is one."}),
	}
	r.MustRegister(f.requests, f.seconds, f.now)
	return f
}

type routeKey struct{}

// count is the outermost handler. The pattern is found in two places: a mux that
// got our request wrote it there; one further inside, which got a copy of the
// request, is wrapped in noted.
func (f httpFigures) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin, inner, seen := time.Now(), new(string), &recorder{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), routeKey{}, inner))
		f.now.Inc()
		defer func() { // also if the handler cuts the connection
			f.now.Dec()
			route := routeOf(r.Pattern, *inner)
			f.requests.WithLabelValues(route, method(r.Method), strconv.Itoa(seen.code())).Inc()
			if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/event-stream") {
				f.seconds.WithLabelValues(route).Observe(time.Since(begin).Seconds())
			}
		}()
		next.ServeHTTP(seen, r)
	})
}

// noted notes which pattern of mux a request took.
func noted(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if inner, ok := r.Context().Value(routeKey{}).(*string); ok {
				*inner = r.Pattern
			}
		}()
		mux.ServeHTTP(w, r)
	})
}

// routeOf is the path of the innermost pattern; "none" where no mux had one.
func routeOf(outer, inner string) string {
	pattern := outer
	if inner != "" {
		pattern = inner
	}
	if i := strings.IndexByte(pattern, ' '); i >= 0 {
		pattern = pattern[i+1:]
	}
	if pattern == "" {
		return "none"
	}
	return pattern
}

// method keeps what somebody invents out of the figures.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status; what only announces another (1xx) is none.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
