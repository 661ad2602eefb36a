package webhook

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Mandrill's signature is defined with it
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"lotse/internal/catalog"
)

// posted is a request on its way in.
type posted struct {
	*http.Request
	url  string // as it was entered at the provider
	now  time.Time
	body []byte // read after the early check
	id   string // what the sender calls the message; "" if nothing
	key  []byte // what makes it unique beside its bytes; nil for the bytes
}

// errStranger is every failure to show who posts. What was wrong is not told.
var errStranger = errors.New("not who it says")

const (
	// mailgunAge is how old a signature of Mailgun may be: it tries again for eight
	// hours, and says that its own delays are beyond its control.
	mailgunAge = 12 * time.Hour
	// tolerance is how far clocks may be apart (Standard Webhooks).
	tolerance = 5 * time.Minute
	// maxSignatures is how many signatures one request may carry.
	maxSignatures = 10
	maxWebhookID  = 256
)

// withPassword checks the password in the address that was entered (RFC 7617).
// Postmark, SendGrid's Inbound Parse and CloudMailin prove themselves by it.
func withPassword(h catalog.Hook, r *posted) error {
	user, password, ok := r.BasicAuth()
	if !ok || h.Secret == "" || !same(user, catalog.HookUser) || !same(password, h.Secret) {
		return errStranger
	}
	return nil
}

// same compares in constant time, whatever the lengths.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// signedByMailgun checks the hexadecimal HMAC-SHA256 of timestamp and token. It
// covers nothing of the mail, so each token is good for one arrival only: whoever
// saw one and sends another mail with it adds nothing.
func signedByMailgun(h catalog.Hook, r *posted) error {
	f, err := readForm(r.Header.Get("Content-Type"), r.body)
	if err != nil && len(f) == 0 {
		return errStranger
	}
	timestamp, token := f.get("timestamp"), f.get("token")
	given, err := hex.DecodeString(f.get("signature"))
	if err != nil || h.Secret == "" || token == "" {
		return errStranger
	}
	mac := hmac.New(sha256.New, []byte(h.Secret))
	mac.Write([]byte(timestamp + token))
	if !hmac.Equal(mac.Sum(nil), given) || !within(r.now, timestamp, mailgunAge) {
		return errStranger
	}
	r.key = []byte("mailgun:" + h.ID.String() + ":" + timestamp + ":" + token)
	return nil
}

// within reports whether a time in seconds lies at most age back, and at most the
// tolerance ahead.
func within(now time.Time, seconds string, age time.Duration) bool {
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || n < 0 || n > 1<<40 {
		return false
	}
	passed := now.Sub(time.Unix(n, 0))
	return passed <= age && passed >= -tolerance
}

// signedByMandrill checks the HMAC-SHA1 in X-Mandrill-Signature over the address as
// it was entered and all fields in order of their names. An empty list of events is
// how Mandrill tries an address, with a key nobody has: it brings nothing.
func signedByMandrill(h catalog.Hook, r *posted) error {
	f, err := readForm(r.Header.Get("Content-Type"), r.body)
	if err != nil && len(f) == 0 {
		return errStranger
	}
	if len(f) == 1 && strings.TrimSpace(f.get(mandrillEvents)) == "[]" {
		return nil
	}
	given, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Mandrill-Signature"))
	if err != nil || h.Secret == "" || !hmac.Equal(mandrillMAC(h.Secret, r.url, f), given) {
		return errStranger
	}
	return nil
}

func mandrillMAC(secret, url string, f form) []byte {
	fields := slices.Clone(f)
	slices.SortStableFunc(fields, func(a, b part) int { return strings.Compare(a.name, b.name) })
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(url))
	for _, p := range fields {
		mac.Write([]byte(p.name))
		mac.Write(p.content)
	}
	return mac.Sum(nil)
}

// inTime checks what of a Standard Webhooks signature can be told before the body.
func inTime(_ catalog.Hook, r *posted) error {
	id := r.Header.Get("webhook-id")
	if id == "" || len(id) > maxWebhookID || id != oneLine(id, maxWebhookID) || r.Header.Get("webhook-signature") == "" {
		return errStranger
	}
	if !within(r.now, r.Header.Get("webhook-timestamp"), tolerance) {
		return errStranger
	}
	r.id = id
	return nil
}

// signedStandard checks the signatures of Standard Webhooks: one of those given has
// to be right, so that a sender can change its secret. The id and the time are
// signed with the body.
func signedStandard(h catalog.Hook, r *posted) error {
	want, ok := standardMAC(h.Secret, r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), r.body)
	if !ok {
		return errStranger
	}
	for i, s := range strings.Fields(r.Header.Get("webhook-signature")) {
		version, text, _ := strings.Cut(s, ",")
		given, err := base64.StdEncoding.DecodeString(text)
		if i < maxSignatures && version == "v1" && err == nil && hmac.Equal(want, given) {
			return nil
		}
	}
	return errStranger
}

// standardMAC is the HMAC-SHA256 over id, time and body, joined by dots, with the
// key in a secret "whsec_…".
func standardMAC(secret, id, timestamp string, body []byte) ([]byte, bool) {
	text, ok := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) == 0 {
		return nil, false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil), true
}
