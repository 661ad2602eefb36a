package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestLocalNeverLeavesTheDesk(t *testing.T) {
	for to, want := range map[string]string{
		"/cases":                   "/cases",
		"/cases/L-4F7K-92?x=1#new": "/cases/L-4F7K-92?x=1#new",
		"":                         "/home",
		"cases":                    "/home",
		"//evil.example":           "/home",
		"/\\evil.example":          "/home",
		"\\/evil.example":          "/home",
		"https://evil.example/":    "/home",
		"javascript:alert(1)":      "/home",
		"/a\r\nSet-Cookie: x=1":    "/home",
		"/\t/evil.example":         "/home",
		"%zz":                      "/home",
	} {
		if got := Local(to, "/home"); got != want {
			t.Errorf("Local(%q) = %q, want %q", to, got, want)
		}
	}
}

func TestClientBelievesOnlyTrustedProxies(t *testing.T) {
	k := &Kit{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}}
	for _, c := range []struct {
		name, remote string
		forwarded    []string
		want         string
	}{
		{"no proxy", "198.51.100.7:5000", nil, "198.51.100.7"},
		{"a stranger's header", "198.51.100.7:5000", []string{"203.0.113.9"}, "198.51.100.7"},
		{"a proxy's header", "10.1.2.3:5000", []string{"203.0.113.9"}, "203.0.113.9"},
		{"a proxy over IPv6", "[::1]:5000", []string{"2001:db8::1"}, "2001:db8::1"},
		{"a forged entry in front", "10.1.2.3:5000", []string{"192.0.2.66, 203.0.113.9"}, "203.0.113.9"},
		{"two proxies", "10.1.2.3:5000", []string{"203.0.113.9, 10.9.9.9"}, "203.0.113.9"},
		{"two header lines", "10.1.2.3:5000", []string{"192.0.2.66", "203.0.113.9"}, "203.0.113.9"},
		{"nonsense", "10.1.2.3:5000", []string{"me"}, "10.1.2.3"},
		{"none", "10.1.2.3:5000", nil, "10.1.2.3"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		for _, f := range c.forwarded {
			r.Header.Add("X-Forwarded-For", f)
		}
		if got := k.Client(r); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestLanguagesLeadToAPage(t *testing.T) {
	const on = "http://desk.example"
	for _, c := range []struct{ name, method, path, referer, want string }{
		{"a page", "GET", "/cases?view=mine", on + "/look", "/cases?lang=de&view=mine"},
		{"a refused form", "POST", "/cases/L-4F7K-92/reply", on + "/cases/L-4F7K-92?since=3", "/cases/L-4F7K-92?lang=de&since=3"},
		{"a form of another site", "POST", "/signin", "https://evil.example/x", "/signin?lang=de"},
		{"a form without a referrer", "POST", "/invite/x", "", "/invite/x?lang=de"},
		{"a public page that is not there", "GET", "/en/questions/x?lang=en&after=1", "", "/de/questions/x?after=1"},
		{"another site in disguise", "POST", "//evil.example/x", "", "/evil.example/x?lang=de"},
	} {
		r := httptest.NewRequest(c.method, on+c.path, nil)
		r.Header.Set("Referer", c.referer)
		if got := Languages(r)[0].Href; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
