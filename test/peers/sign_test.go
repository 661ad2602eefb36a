//go:build peers

package peers

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lotse/test/nameserver"
	"lotse/test/program"
)

// signingDomain is what the desk tells of a domain, as far as it matters here.
type signingDomain struct {
	Signed bool
	Keys   []struct {
		Selector, State, Algorithm string
		Name                       string `json:"record_name"`
		Value                      string `json:"record_value"`
	}
}

// TestSigned: OpenDKIM finds both signatures of the desk's mails right, those of a
// person with an attachment too, before and after the keys change; what was sent with
// the old ones still passes. Without keys nothing is signed.
func TestSigned(t *testing.T) {
	t.Parallel()
	names := namesAt53(t)
	port, err := program.FreePort()
	must(t, err)
	server := newMailServer(t, port)
	verifyWith(t, server, names.Address)
	desk := newDesk(t, program.Options{SMTPPort: port, RelayPort: server.smtp, Env: []string{"LOTSE_MAIL_CHECKS=true"}, Flags: []string{"--dns", names.Address}})
	start(t, desk)
	web := signIn(t, desk)
	api, err := desk.NewAPI(t.Context(), "settings")
	must(t, err)

	swaksTo(t, desk.SMTP, "Abschlag zu hoch")
	if got := verified(server.waitForMail(t, "jonas@kunde.example", 1)); len(got) != 0 {
		t.Errorf("signed without keys: %q", got)
	}
	publishKeys(t, names, api)
	swaksTo(t, desk.SMTP, "Zaehler defekt")
	expectSigned(t, server.waitForMail(t, "jonas@kunde.example", 2), "lotse-2")
	first := publishKeys(t, names, api)

	number, _ := caseOf(t, web, "Zaehler defekt")
	text := "Grüße, **Zähler** kommt.\n\n- eins\n- zwei\n\n" + strings.Repeat("Ein langer Satz über Zähler und ihre Ablesung. ", 60)
	must(t, web.Submit(t.Context(), "/cases/"+number, "/cases/"+number+"/reply", url.Values{"reply": {text}, "next": {"answered"}}))
	answer := server.waitForMail(t, "jonas@kunde.example", 3)
	expectSigned(t, answer, first)
	if answer.Header.Get("Auto-Submitted") != "" {
		t.Error("this is not the answer of a person")
	}
}

// publishKeys makes new keys, sets their records and lets the desk find them. It
// returns the selector of the RSA key.
func publishKeys(t *testing.T, names *nameserver.Server, api *program.API) string {
	t.Helper()
	const path = "/domains/lindenau.example"
	var d signingDomain
	must(t, api.Post(t.Context(), path+"/keys", nil, http.StatusOK, &d))
	for _, k := range d.Keys[:2] {
		if k.State != "prepared" {
			t.Fatalf("key %s is %s", k.Selector, k.State)
		}
		must(t, names.Set(k.Name, "TXT", k.Value))
	}
	must(t, api.Post(t.Context(), path+"/check", nil, http.StatusOK, &d))
	if !d.Signed || d.Keys[0].State != "active" || d.Keys[1].State != "active" {
		t.Fatalf("after the records were set: %+v", d)
	}
	if d.Keys[0].Algorithm != "rsa" {
		return d.Keys[1].Selector
	}
	return d.Keys[0].Selector
}

// expectSigned wants a mail with a signature of each kind that OpenDKIM finds right.
func expectSigned(t *testing.T, m *mail.Message, selector string) {
	t.Helper()
	signatures := m.Header["Dkim-Signature"]
	if len(signatures) != 2 || !strings.Contains(signatures[0], "a=rsa-sha256") || !strings.Contains(signatures[1], "a=ed25519-sha256") || !strings.Contains(signatures[0], "s="+selector) {
		t.Fatalf("signatures: %q", signatures)
	}
	if got := verified(m); !slices.Equal(got, []string{"pass", "pass"}) {
		t.Errorf("OpenDKIM says %q: %s", got, m.Header["Authentication-Results"])
	}
}

var dkimResult = regexp.MustCompile(`dkim=(\w+)`)

// verified is what OpenDKIM wrote about each signature.
func verified(m *mail.Message) []string {
	var all []string
	for _, field := range m.Header["Authentication-Results"] {
		for _, found := range dkimResult.FindAllStringSubmatch(field, -1) {
			if found[1] != "none" {
				all = append(all, found[1])
			}
		}
	}
	return all
}

// namesAt53 starts a name server at the usual port, on an address of its own.
func namesAt53(t *testing.T) *nameserver.Server {
	t.Helper()
	s, err := nameserver.Listen(fmt.Sprintf("127.53.%d.%d:53", rand.IntN(256), 1+rand.IntN(254)))
	must(t, err)
	t.Cleanup(s.Close)
	return s
}

// verifyWith lets OpenDKIM check what passes the mail server, with keys from a name
// server at port 53.
func verifyWith(t *testing.T, s *mailServer, names string) {
	t.Helper()
	port, err := program.FreePort()
	must(t, err)
	host, _, err := net.SplitHostPort(names)
	must(t, err)
	folder, err := os.MkdirTemp(s.folder, "verify-")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(folder, "inside"), []byte("192.0.2.1\n"), 0o644)) // nobody: mail from here is checked too
	config := fmt.Sprintf("Mode v\nSocket inet:%d@127.0.0.1\nNameservers %s\nSyslog no\nInternalHosts %s/inside\nAlwaysAddARHeader yes\nAuthservID mx.kunde.example\n", port, host, folder)
	filter(t, s, folder, config, port)
}
