package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lotse/internal/catalog"
)

const (
	james = "James McKinney <james@opennorth.ca>"
	bold  = `"bold text\n\n\n"`
	gtube = `"XJS*C4JDBQAD"`
	foo   = `foo.txt text/plain "Lorem ipsum dolor sit amet, consectetur adipiscing elit."`
	bar   = `bar.txt text/plain "Nam accumsan euismod eros et rhoncus."`
	both  = "[" + foo + " " + bar + "]"
	spam  = "[" + warnSpam + "]"
)

// payloads are all that are recorded, with what they say; "" is refused.

var payloads = map[string]string{
	"mailgun/raw/valid.txt":      james + " | Test | " + bold + " | html true | [bar] | " + both + " | []",
	"mailgun/raw/spam.txt":       james + " |  | " + gtube + " | html false | [bar] | [] | []", // its own filter says no
	"mailgun/raw/invalid.txt":    "",
	"mailgun/raw/missing.txt":    "",
	"mailgun/parsed/valid.txt":   james + " | Test | " + bold + " | html true | [bar] | " + both + " | []",
	"mailgun/parsed/spam.txt":    james + " |  | " + gtube + " | html false | [bar] | [] | " + spam,
	"mailgun/parsed/invalid.txt": "",
	"mailgun/parsed/missing.txt": "",

	"mandrill/valid.txt":    james + " | Test | " + bold + " | html true | [bar] | " + both + " | []",
	"mandrill/multiple.txt": " <example.sender@mandrillapp.com> | This is an example webhook message | \"This is an e\" | html true | [bar] | [] | []",
	"mandrill/spam.txt":     james + " |  | " + gtube + " | html false | [bar] | [] | " + spam,
	"mandrill/invalid.txt":  "",
	"mandrill/missing.txt":  "",

	"postmark/valid.txt": james + " | Test | " + bold + " | html true | [bar] | " + both + " | []",
	"postmark/spam.txt":  james + " |  | " + gtube + " | html false | [] | [] | " + spam,

	"sendgrid/valid.txt":    james + " | Test | " + bold + " | html true | [bar] | [msg-12415-313.html text/html " + foo + " " + bar + " msg-12415-314.html text/html] | []",
	"sendgrid/spam.txt":     james + " |  | " + gtube + " | html false | [bar] | [] | " + spam,
	"sendgrid/encoding.txt": james + ` | Hello € | "World €" | html false | [bar] | [] | []`,

	"cloudmailin/json/valid.txt":                 james + " | Test | " + bold + " | html true | [] | " + both + " | []",
	"cloudmailin/json/spam.txt":                  james + " | Test | " + bold + " | html true | [] | " + both + " | []",
	"cloudmailin/json/attachment_store.txt":      james + " | Test | " + bold + " | html true | [] | [attachments.txt] | [" + warnElsewhere + "]",
	"cloudmailin/multipart/valid.txt":            james + " | Test | " + bold + " | html true | [] | " + both + " | []",
	"cloudmailin/multipart/spam.txt":             james + " | Test | " + bold + " | html true | [] | " + both + " | []",
	"cloudmailin/multipart/attachment_store.txt": james + " | Test | " + bold + " | html true | [] | [attachments.txt] | [" + warnElsewhere + "]",
	"cloudmailin/raw/valid.txt":                  james + " | Test | " + bold + " | html true | [] | " + both + " | []",
	"cloudmailin/raw/spam.txt":                   james + " | Test | " + bold + " | html true | [] | " + both + " | []",
	"cloudmailin/raw/attachment_store.txt":       james + " | Test | " + bold + " | html true | [] | [attachments.txt] | [" + warnElsewhere + "]",

	"simple/valid.txt":   "",
	"simple/invalid.txt": "",
	"simple/missing.txt": "",
}

// proved returns a payload as its provider would post it now, and the hook it is for.
// Those recorded as invalid or without a signature stay as they are.
func (d *desk) proved(name string) (catalog.Hook, stored, []func(*http.Request)) {
	d.t.Helper()
	s := load(d.t, name)
	provider, _, _ := strings.Cut(name, "/")
	broken := strings.Contains(name, "invalid") || strings.Contains(name, "missing")
	switch provider {
	case catalog.Mailgun:
		if !broken {
			s = d.signMailgun(s, "foo")
		}
		return d.hook(provider, "foo"), s, nil
	case catalog.Mandrill:
		h := d.hook(provider, "rth_pywg")
		if !broken {
			s.header.Set("X-Mandrill-Signature", signMandrill(d.t, s, h.Secret, publicURL+"/hooks/"+h.ID.String()))
		}
		return h, s, nil
	case "simple":
		return d.hook(catalog.OwnProgram, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), s, nil
	}
	return d.hook(provider, "word"), s, []func(*http.Request){password(catalog.HookUser, "word")}
}

// signMailgun signs a payload anew, at the time that it names.
func (d *desk) signMailgun(s stored, key string) stored {
	d.t.Helper()
	f, err := readForm(s.header.Get("Content-Type"), s.body)
	if err != nil {
		d.t.Fatal(err)
	}
	seconds, err := strconv.ParseInt(f.get("timestamp"), 10, 64)
	if err != nil {
		d.t.Fatal(err)
	}
	d.clock.Advance(time.Unix(seconds, 0).Sub(d.clock.Now()))
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(f.get("timestamp") + f.get("token")))
	s.body = []byte(strings.Replace(string(s.body), f.get("signature"), hex.EncodeToString(mac.Sum(nil)), 1))
	return s
}

func signMandrill(t testing.TB, s stored, key, url string) string {
	t.Helper()
	f, err := readForm(s.header.Get("Content-Type"), s.body)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(mandrillMAC(key, url, f))
}

func TestPayloads(t *testing.T) {
	seen := 0
	root := filepath.Join("testdata", "multimail")
	err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		if err != nil || e.IsDir() || !strings.Contains(name, "/") {
			return err
		}
		seen++
		t.Run(name, func(t *testing.T) { checkPayload(t, name) })
		return nil
	})
	if err != nil || seen != len(payloads) {
		t.Fatalf("%d payloads of %d: %v", seen, len(payloads), err)
	}
}

func checkPayload(t *testing.T, name string) {
	d := newDesk(t)
	h, s, how := d.proved(name)
	w := d.post(h, s, how...)
	want := payloads[name]
	switch {
	case strings.HasPrefix(name, "simple/"):
		d.want("a form for a program", w, http.StatusUnsupportedMediaType, 0)
		return
	case want == "":
		d.want("without a good signature", w, http.StatusUnauthorized, 0)
		return
	}
	d.want("posting", w, http.StatusOK, 1)
	d.want("again", d.post(h, s, how...), http.StatusOK, 1)
	if len(d.kept) != 1 {
		return
	}
	a := d.kept[0]
	in, err := d.read(a)
	if err != nil {
		t.Fatal(err)
	}
	if got := said(in); got != want {
		t.Errorf("\ngot  %s\nwant %s", got, want)
	}
	if len(a.Trace.To) == 0 || a.Trace.Peer != d.peer || a.Channel != Kind || a.AccountID != d.account.ID {
		t.Errorf("arrival %+v", a.Trace)
	}
	again, err := d.read(a)
	if err != nil || again.Identity != in.Identity || in.ExternalID == "" || in.Date.IsZero() {
		t.Errorf("identity, id or date: %v %q %v", err, in.ExternalID, in.Date)
	}
	if strings.Contains(d.log.String(), "james") || strings.Contains(d.log.String(), "Test") {
		t.Errorf("the log tells what was in it: %s", d.log.String())
	}
}

// TestASignatureOfMailgun checks one that was recorded, with the key it was made by.
func TestASignatureOfMailgun(t *testing.T) {
	d := newDesk(t)
	h := d.hook(catalog.Mailgun, "foo")
	d.want("recorded", d.post(h, load(t, "mailgun/raw/valid.txt")), http.StatusOK, 1)
}

// TestTheSameMailByBothWays makes sure that a mail taken whole is the same message
// as the one that came by SMTP.
func TestTheSameMailByBothWays(t *testing.T) {
	d := newDesk(t)
	for name, field := range map[string]string{"mailgun/raw/valid.txt": "body-mime", "cloudmailin/raw/valid.txt": "message"} {
		h, s, how := d.proved(name)
		d.kept = nil
		d.want(name, d.post(h, s, how...), http.StatusOK, 1)
		in, err := d.read(d.kept[0])
		if err != nil {
			t.Fatal(err)
		}
		f, err := readForm(s.header.Get("Content-Type"), s.body)
		if err != nil {
			t.Fatal(err)
		}
		smtp, err := mailReader(t).Read(t.Context(), strings.NewReader("Received: from a by b\r\n"+strings.ReplaceAll(strings.ReplaceAll(f.get(field), "\r\n", "\n"), "\n", "\r\n")), d.kept[0].Trace)
		if err != nil || smtp.Identity != in.Identity {
			t.Errorf("%s: two messages (%v)", name, err)
		}
	}
}

func TestSeveralMailsInOne(t *testing.T) {
	d := newDesk(t)
	h := d.hook(catalog.Mandrill, "key")
	event := func(id string) string {
		return `{"event":"inbound","msg":{"raw_msg":"From: jana@post.example\nMessage-ID: <` + id + `@x>\n\nHallo","email":"hilfe@lindenau.example"}}`
	}
	post := func(events string) *httptest.ResponseRecorder {
		s := stored{http.Header{"Content-Type": {typeForm}}, []byte("mandrill_events=" + encode(events))}
		s.header.Set("X-Mandrill-Signature", signMandrill(t, s, "key", publicURL+"/hooks/"+h.ID.String()))
		return d.post(h, s)
	}
	d.want("two and an event of another kind", post("["+event("1")+`,{"event":"send","msg":{}},`+event("2")+"]"), http.StatusOK, 2)
	for i, want := range []string{"1@x", "2@x"} {
		if in, err := d.read(d.kept[i]); err != nil || in.ExternalID != want {
			t.Errorf("%v %v", in, err)
		}
	}
	d.want("one of them again", post("["+event("2")+"]"), http.StatusOK, 2)
	d.want("an empty list", post("[]"), http.StatusOK, 2)
	d.want("no list", post("Hallo"), http.StatusOK, 3)
	if _, err := d.read(d.kept[2]); err == nil {
		t.Error("what is no mail was read")
	}
}

func TestFilesTheProviderKeeps(t *testing.T) {
	for _, name := range []string{"cloudmailin/json/attachment_store.txt", "cloudmailin/multipart/attachment_store.txt", "cloudmailin/raw/attachment_store.txt"} {
		d := newDesk(t)
		h, s, how := d.proved(name)
		d.want(name, d.post(h, s, how...), http.StatusOK, 1)
		in, err := d.read(d.kept[0])
		if err != nil {
			t.Fatal(err)
		}
		if len(in.Parts) != 1 || in.Parts[0].Name != "attachments.txt" || len(in.Warnings) != 1 || in.Subject != "Test" {
			t.Fatalf("%s: %s", name, said(in))
		}
		if list := string(in.Parts[0].Content); strings.Count(list, "\n") != 2 || !strings.HasPrefix(list, "foo.txt (text/plain, 57 B): http://multi-mail") {
			t.Errorf("%s: %q", name, list)
		}
	}
}
