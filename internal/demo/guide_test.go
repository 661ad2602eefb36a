package demo_test

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"lotse/internal/app"
	"lotse/internal/config"
	"lotse/internal/demo"
)

// TestVisitorsGoTheWholeWay: a mail written in the mailbox reaches the desk by
// SMTP, its acknowledgement appears there with a link that works, and an answer
// to it joins the case.
func TestVisitorsGoTheWholeWay(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	c := config.Config{Data: filepath.Join(t.TempDir(), "demo"), HTTP: "127.0.0.1:0", SMTP: "127.0.0.1:0", MaxMail: 1 << 20}
	err := demo.Show(ctx, c, demo.Options{Size: demo.Small}, func(s app.Started) {
		defer stop()
		v := visitor{t, "http://" + s.HTTP}
		for path, word := range map[string]string{demo.TourPath: "fünf Schritten", demo.MailPath: "Zähler kommt nicht an", demo.CustomerPath: "Ihre Anliegen"} {
			if page := v.get(path); !strings.Contains(page, word) {
				t.Errorf("%s does not say %q:\n%s", path, word, page)
			}
		}
		if page := v.send(url.Values{"from": {"lea.sommer@mail.example"}, "subject": {""}, "text": {"Hallo"}}); !strings.Contains(page, `id="error-summary"`) {
			t.Errorf("a mail without a subject was taken:\n%s", page)
		}
		before := v.mails("lea.sommer@mail.example")
		v.send(url.Values{"from": {"lea.sommer@mail.example"}, "subject": {"Probe"}, "text": {"Kommt das an?"}})
		mail := v.newMail("lea.sommer@mail.example", before)
		page := v.get(mail)
		link := regexp.MustCompile(`http://[^"<]*(/l/[\w-]{43})`).FindStringSubmatch(page)
		if link == nil {
			t.Fatalf("the acknowledgement holds no link:\n%s", page)
		}
		if page := v.get(link[1]); !strings.Contains(page, "Vorgang öffnen") {
			t.Errorf("the link opens\n%s", page)
		}
		v.send(url.Values{"answer": {filepath.Base(mail)}, "text": {"Noch etwas."}})
		for _, path := range []string{mail + "/raw", mail + "/file/9", demo.MailPath + "/..%2flotse", demo.MailPath + "/p99999"} {
			if status := v.status(path); (status == http.StatusOK) != strings.HasSuffix(path, "/raw") {
				t.Errorf("%s answers %d", path, status)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// visitor is a browser without a script.
type visitor struct {
	t    *testing.T
	base string
}

func (v visitor) read(resp *http.Response, err error) string {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return html.UnescapeString(string(page))
}

func (v visitor) get(path string) string {
	v.t.Helper()
	return v.read(http.Get(v.base + path))
}

func (v visitor) status(path string) int {
	v.t.Helper()
	resp, err := http.Get(v.base + path)
	if err != nil {
		v.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func (v visitor) send(form url.Values) string {
	v.t.Helper()
	return v.read(http.PostForm(v.base+demo.MailPath, form))
}

func (v visitor) mails(to string) []string {
	v.t.Helper()
	return regexp.MustCompile(demo.MailPath+`/[\w-]+`).FindAllString(v.get(demo.MailPath+"?to="+to), -1)
}

// newMail waits for one more mail to somebody and returns its page.
func (v visitor) newMail(to string, before []string) string {
	v.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if now := v.mails(to); len(now) > len(before) {
			return now[0]
		}
	}
	v.t.Fatal("nothing was sent")
	return ""
}
