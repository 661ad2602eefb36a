package webhook

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

func TestMailgunSignatures(t *testing.T) {
	valid := load(t, "mailgun/raw/valid.txt")
	with := func(old, new string) stored {
		return stored{valid.header, []byte(strings.Replace(string(valid.body), old, new, 1))}
	}
	for name, c := range map[string]struct {
		s      stored
		secret string
		after  time.Duration
		status int
	}{
		"good":                     {valid, "foo", 0, http.StatusOK},
		"after hours of retries":   {valid, "foo", 9 * time.Hour, http.StatusOK},
		"old":                      {valid, "foo", 13 * time.Hour, http.StatusUnauthorized},
		"from the future":          {valid, "foo", -6 * time.Minute, http.StatusUnauthorized},
		"another key":              {valid, "bar", 0, http.StatusUnauthorized},
		"no key yet":               {valid, "", 0, http.StatusUnauthorized},
		"another time":             {with("timestamp=1366071615", "timestamp=1366071616"), "foo", 0, http.StatusUnauthorized},
		"time and token moved":     {with("timestamp=1366071615&token=5", "timestamp=13660716155&token="), "foo", 0, http.StatusUnauthorized},
		"another token":            {with("token=5", "token=6"), "foo", 0, http.StatusUnauthorized},
		"another signature":        {with("signature=bc2a", "signature=bc2b"), "foo", 0, http.StatusUnauthorized},
		"a signature cut short":    {with("signature=bc2ab6c1", "signature="), "foo", 0, http.StatusUnauthorized},
		"a signature that is none": {with("signature=bc", "signature=zz"), "foo", 0, http.StatusUnauthorized},
		"a body that is none":      {stored{valid.header, []byte("%")}, "foo", 0, http.StatusUnauthorized},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.clock.Advance(c.after)
			kept := 0
			if c.status == http.StatusOK {
				kept = 1
			}
			d.want("posting", d.post(d.hook(catalog.Mailgun, c.secret), c.s), c.status, kept)
		})
	}
}

// TestATokenIsGoodOnce: the signature covers nothing of the mail.
func TestATokenIsGoodOnce(t *testing.T) {
	d := newDesk(t)
	h := d.hook(catalog.Mailgun, "foo")
	valid := load(t, "mailgun/raw/valid.txt")
	other := stored{valid.header, []byte(strings.ReplaceAll(string(valid.body), "bold", "evil"))}
	d.want("the mail", d.post(h, valid), http.StatusOK, 1)
	d.want("another with its token", d.post(h, other), http.StatusOK, 1)
	if in, err := d.read(d.kept[0]); err != nil || !strings.HasPrefix(in.Text, "bold") {
		t.Errorf("%v %v", in, err)
	}
	d.want("by another hook with the same key", d.post(d.hook(catalog.Mailgun, "foo"), valid), http.StatusOK, 2)
}

func TestMandrillSignatures(t *testing.T) {
	valid := load(t, "mandrill/valid.txt")
	for name, c := range map[string]struct {
		secret, url string
		tamper      bool
		status      int
	}{
		"good":           {"key", "", false, http.StatusOK},
		"another key":    {"kez", "", false, http.StatusUnauthorized},
		"no key yet":     {"", "", false, http.StatusUnauthorized},
		"another url":    {"key", "http://desk.lindenau.example/hooks/x", false, http.StatusUnauthorized},
		"tampered":       {"key", "", true, http.StatusUnauthorized},
		"an empty field": {"key", "", false, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			h := d.hook(catalog.Mandrill, c.secret)
			s := stored{valid.header.Clone(), valid.body}
			if name == "an empty field" {
				s.body = append([]byte("zzz=&aaa=1&"), s.body...)
			}
			url := c.url
			if url == "" {
				url = publicURL + "/hooks/" + h.ID.String()
			}
			s.header.Set("X-Mandrill-Signature", signMandrill(t, s, "key", url))
			if c.tamper {
				s.body = []byte(strings.Replace(string(s.body), "bold", "evil", 1))
			}
			kept := 0
			if c.status == http.StatusOK {
				kept = 1
			}
			d.want("posting", d.post(h, s), c.status, kept)
		})
	}
	d := newDesk(t)
	d.want("the test of a new address", d.post(d.hook(catalog.Mandrill, ""), stored{http.Header{"Content-Type": {typeForm}}, []byte("mandrill_events=%5B%5D")}), http.StatusOK, 0)
}

// TestAKnownSignature checks the example of the specification.
func TestAKnownSignature(t *testing.T) {
	got, ok := standardMAC("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if text := base64.StdEncoding.EncodeToString(got); !ok || text != "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("%q %v", text, ok)
	}
}

const ownSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// signed is a request of a program.
func signed(secret, id string, at time.Time, contentType, body string) stored {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac, _ := standardMAC(secret, id, seconds, []byte(body))
	h := http.Header{"Content-Type": {contentType}}
	h.Set("webhook-id", id)
	h.Set("webhook-timestamp", seconds)
	h.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac))
	return stored{h, []byte(body)}
}

const hello = `{"from":"jana@post.example","text":"Hallo"}`

func TestStandardSignatures(t *testing.T) {
	type change func(*http.Request)
	none := func(*http.Request) {}
	with := func(name string, f func(string) string) change {
		return func(r *http.Request) { r.Header.Set(name, f(r.Header.Get(name))) }
	}
	for name, c := range map[string]struct {
		after  time.Duration
		change change
		status int
	}{
		"good":                    {0, none, http.StatusOK},
		"four minutes later":      {4 * time.Minute, none, http.StatusOK},
		"four minutes ahead":      {-4 * time.Minute, none, http.StatusOK},
		"old":                     {6 * time.Minute, none, http.StatusUnauthorized},
		"from the future":         {-6 * time.Minute, none, http.StatusUnauthorized},
		"after another signature": {0, with("webhook-signature", func(s string) string { return "v1,AAAA v2,x " + s }), http.StatusOK},
		"too many signatures":     {0, with("webhook-signature", func(s string) string { return strings.Repeat("v1,AAAA ", 10) + s }), http.StatusUnauthorized},
		"of another version":      {0, with("webhook-signature", func(s string) string { return "v2" + s[2:] }), http.StatusUnauthorized},
		"none":                    {0, with("webhook-signature", func(string) string { return "" }), http.StatusUnauthorized},
		"another id":              {0, with("webhook-id", func(s string) string { return s + "1" }), http.StatusUnauthorized},
		"no id":                   {0, with("webhook-id", func(string) string { return "" }), http.StatusUnauthorized},
		"a long id":               {0, with("webhook-id", func(string) string { return strings.Repeat("x", 300) }), http.StatusUnauthorized},
		"another time":            {0, with("webhook-timestamp", func(string) string { return "1366071616" }), http.StatusUnauthorized},
		"no time":                 {0, with("webhook-timestamp", func(string) string { return "now" }), http.StatusUnauthorized},
		"another body": {0, func(r *http.Request) {
			*r = *httptest.NewRequest(r.Method, r.URL.Path, strings.NewReader(strings.Replace(hello, "Hallo", "hallo", 1))).WithContext(r.Context())
		}, http.StatusUnsupportedMediaType},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.clock.Advance(c.after)
			kept := 0
			if c.status == http.StatusOK {
				kept = 1
			}
			d.want("posting", d.post(d.hook(catalog.OwnProgram, ownSecret), signed(ownSecret, "msg_1", start, typeJSON, hello), c.change), c.status, kept)
		})
	}
}

func TestATamperedBody(t *testing.T) {
	d := newDesk(t)
	h := d.hook(catalog.OwnProgram, ownSecret)
	s := signed(ownSecret, "msg_1", start, typeJSON, hello)
	s.body = []byte(strings.Replace(hello, "Hallo", "hallo", 1))
	d.want("tampered", d.post(h, s), http.StatusUnauthorized, 0)
	good := signed(ownSecret, "msg_1", start, typeJSON, hello)
	d.want("good", d.post(h, good), http.StatusOK, 1)
	d.want("replayed", d.post(h, good), http.StatusOK, 1)
	d.want("tried again later", d.post(h, signed(ownSecret, "msg_1", start.Add(time.Minute), typeJSON, hello)), http.StatusOK, 1)
	d.want("the same words with another id", d.post(h, signed(ownSecret, "msg_2", start, typeJSON, hello)), http.StatusOK, 2)
	first, err1 := d.read(d.kept[0])
	second, err2 := d.read(d.kept[1])
	if err1 != nil || err2 != nil || first.Identity == second.Identity || first.ExternalID == second.ExternalID || first.ExternalID == "" {
		t.Errorf("two are one: %v %v", err1, err2)
	}
}

func TestPasswords(t *testing.T) {
	s := load(t, "postmark/valid.txt")
	for name, c := range map[string]struct {
		secret string
		how    func(*http.Request)
		status int
	}{
		"good":           {"word", password("lotse", "word"), http.StatusOK},
		"another":        {"word", password("lotse", "work"), http.StatusUnauthorized},
		"another user":   {"word", password("admin", "word"), http.StatusUnauthorized},
		"none":           {"word", func(*http.Request) {}, http.StatusUnauthorized},
		"empty":          {"", password("lotse", ""), http.StatusUnauthorized},
		"another scheme": {"word", header("Authorization", "Bearer word"), http.StatusUnauthorized},
	} {
		d := newDesk(t)
		kept := 0
		if c.status == http.StatusOK {
			kept = 1
		}
		w := d.post(d.hook(catalog.Postmark, c.secret), s, c.how)
		d.want(name, w, c.status, kept)
		if asks := w.Header().Get("WWW-Authenticate") != ""; asks != (c.status == http.StatusUnauthorized) {
			t.Errorf("%s: asks for a password: %v", name, asks)
		}
		if d.used != kept {
			t.Errorf("%s: used %d times", name, d.used)
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	d := newDesk(t)
	s, right := load(t, "postmark/valid.txt"), password("lotse", "word")
	off := d.hook(catalog.Postmark, "word")
	off.Active = false
	d.hooks[off.ID] = off
	unknown := d.post(catalog.Hook{ID: ids.New()}, s, right)
	d.want("unknown", unknown, http.StatusNotFound, 0)
	w := d.post(off, s, right)
	d.want("off", w, http.StatusNotFound, 0)
	if w.Body.String() != unknown.Body.String() {
		t.Error("one that is off can be told from one that never was")
	}
	on := d.hook(catalog.Postmark, "word")
	d.account.Active = false
	d.want("a mailbox that is off", d.post(on, s, right), http.StatusNotFound, 0)
	d.account.Active = true
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		for path, status := range map[string]int{"/hooks/" + on.ID.String(): http.StatusOK, "/hooks/" + on.ID.String() + "/mime": http.StatusOK, "/hooks/" + off.ID.String(): http.StatusNotFound, "/hooks/x": http.StatusNotFound} {
			w := httptest.NewRecorder()
			d.web.ServeHTTP(w, httptest.NewRequest(method, path, nil))
			d.want(method+" "+path, w, status, 0)
		}
	}
}

func TestLimits(t *testing.T) {
	d := newDesk(t)
	s, right := load(t, "postmark/valid.txt"), password("lotse", "word")
	h := d.hook(catalog.Postmark, "word")
	d.want("a form", d.post(h, s, right, header("Content-Type", typeForm)), http.StatusUnsupportedMediaType, 0)
	d.want("packed", d.post(h, s, right, header("Content-Encoding", "gzip")), http.StatusUnsupportedMediaType, 0)
	d.want("announced too large", d.post(h, s, right, func(r *http.Request) { r.ContentLength = maxBytes + 1 }), http.StatusRequestEntityTooLarge, 0)
	w := d.post(h, stored{s.header, make([]byte, maxBytes+1)}, right, func(r *http.Request) { r.ContentLength = -1 })
	d.want("too large", w, http.StatusRequestEntityTooLarge, 0)
	if !d.room.TryAcquire(maxUnderWay) {
		t.Error("room is not given back")
	}
	w = d.post(h, s, right)
	d.want("no room", w, http.StatusServiceUnavailable, 0)
	if w.Header().Get("Retry-After") == "" {
		t.Error("no time to try again")
	}
	d.room.Release(maxUnderWay)

	for status, err := range map[int]error{http.StatusServiceUnavailable: errs.New(errs.Unavailable, ""), http.StatusInternalServerError: errors.New("disk"), http.StatusRequestEntityTooLarge: errs.New(errs.TooLarge, "")} {
		d.fails = err
		d.want(err.Error(), d.post(h, s, right), status, 0)
	}
	d.fails = nil
	d.want("all is well", d.post(h, s, right), http.StatusOK, 1)
}

func TestRates(t *testing.T) {
	d := newDesk(t)
	s := load(t, "postmark/valid.txt")
	h := d.hook(catalog.Postmark, "word")
	for range refusedPerMinute {
		d.want("wrong", d.post(h, s, password("lotse", "no")), http.StatusUnauthorized, 0)
	}
	w := d.post(h, s, password("lotse", "word"))
	d.want("once too often", w, http.StatusTooManyRequests, 0)
	if w.Header().Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
	}
	d.peer = "198.51.100.9"
	d.want("from elsewhere", d.post(h, s, password("lotse", "word")), http.StatusOK, 1)
	d.peer = "192.0.2.1"
	d.clock.Advance(2 * time.Second)
	d.want("a little later", d.post(h, s, password("lotse", "word")), http.StatusOK, 1)
	for range hookPerMinute {
		d.limits.take("hook:"+h.ID.String(), hookPerMinute)
	}
	d.want("too many by one hook", d.post(h, s, password("lotse", "word")), http.StatusTooManyRequests, 1)
	for i := range maxBuckets + 10 {
		d.limits.take(strconv.Itoa(i), 1)
	}
	if len(d.limits.buckets) > maxBuckets {
		t.Errorf("%d networks are remembered", len(d.limits.buckets))
	}
}

// TestWhatNobodyCanRead is taken, for a person to look at.
func TestWhatNobodyCanRead(t *testing.T) {
	d := newDesk(t)
	for i, body := range []string{"", "{", "[]", "null", `{"a":1}`} {
		h := d.hook(catalog.Postmark, "word")
		d.want(body, d.post(h, stored{http.Header{"Content-Type": {typeJSON}}, []byte(body)}, password("lotse", "word")), http.StatusOK, i+1)
		if _, err := d.read(d.kept[i]); err == nil || !strings.Contains(err.Error(), "unreadable: ") {
			t.Errorf("%q: %v", body, err)
		}
	}
}
