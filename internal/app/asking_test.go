package app_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
)

// reply is an answer of the web server, unpacked.
type reply struct {
	status int
	header http.Header
	body   string
}

type option func(*http.Request)

func header(name, value string) option {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// newClient asks the desk at an address, whatever host stands in the URL. It
// follows no redirect and unpacks nothing.
func newClient(address string) *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}
	return &http.Client{
		Transport:     &http.Transport{DialContext: dial, DisableCompression: true, MaxIdleConnsPerHost: 4},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (h *house) get(path string, o ...option) reply {
	h.t.Helper()
	return h.do(http.MethodGet, path, "", o...)
}

// do asks from a network of its own.
func (h *house) do(method, path, body string, o ...option) reply {
	h.t.Helper()
	r, err := http.NewRequest(method, houseURL+path, strings.NewReader(body))
	h.must(err)
	h.network++
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("203.%d.%d.9", h.network/250, h.network%250))
	r.Header.Set("Accept-Language", "de")
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, set := range o {
		set(r)
	}
	res, err := h.web.Do(r)
	if err != nil {
		h.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	var from io.Reader = res.Body
	switch res.Header.Get("Content-Encoding") {
	case "gzip":
		if method != http.MethodHead {
			from, err = gzip.NewReader(res.Body)
			h.must(err)
		}
	case "br":
		from = brotli.NewReader(res.Body)
	}
	if method == http.MethodHead {
		from = strings.NewReader("")
	}
	said, err := io.ReadAll(from)
	h.must(err)
	return reply{res.StatusCode, res.Header, string(said)}
}

func (r reply) cookie(name string) string {
	for _, c := range (&http.Response{Header: r.header}).Cookies() {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// all is everything an answer says.
func (r reply) all() string {
	var b strings.Builder
	names := make([]string, 0, len(r.header))
	for name := range r.header {
		names = append(names, name)
	}
	slices.Sort(names)
	fmt.Fprintln(&b, r.status)
	for _, name := range names {
		fmt.Fprintln(&b, name+": "+strings.Join(r.header[name], "\n"+name+": "))
	}
	b.WriteString("\n" + r.body)
	return b.String()
}

// fresh is what differs from page to page though nothing else does.
var fresh = regexp.MustCompile(`(name="(?:key|rendered)"[^>]*value=")[^"]*|(?m)^(?:Date|Content-Length): .*$|(lotse[a-z_]*=)[^;]*|(data-relative=")[^<]*`)

// comparable is everything an answer says without what differs each time, and
// with a name instead of what was asked for.
func (r reply) comparable(asked ...string) string {
	s := fresh.ReplaceAllString(r.all(), "$1$2$3")
	for i, a := range asked {
		if a != "" {
			s = strings.ReplaceAll(s, a, fmt.Sprintf("ASKED%d", i))
		}
	}
	return s
}

// differ shows where two texts first differ.
func differ(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			at := 0
			for at < min(len(x[i]), len(y[i])) && x[i][at] == y[i][at] {
				at++
			}
			at = max(0, at-80)
			return fmt.Sprintf("line %d: %.300q, or %.300q", i, x[i][at:], y[i][at:])
		}
	}
	return fmt.Sprintf("%d lines, or %d", len(x), len(y))
}
