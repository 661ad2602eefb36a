package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"

	"lotse/internal/platform/errs"
)

// What can be changed carries its version in the ETag, and a change can be made
// to depend on it with If-Match. What is read carries an ETag of its content, so
// that If-None-Match is answered with 304 and no content.

// versioned is said of what can be read for a change that depends on it.
const versioned = " Give its ETag as If-Match when you change it, and nobody's change in between is lost."

// versionTag is the ETag of a thing of which content says the rest: the version,
// completed by tagged.
func versionTag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// Precondition is what every change of a thing with a version takes.
type Precondition struct {
	IfMatch string `header:"If-Match" maxLength:"100" doc:"The ETag of what you read: if it changed since, nothing happens and the answer is 412. Without it, or with *, what is now is changed."`
}

// version reads the version to be changed, 0 for any.
func (m Precondition) version() (int64, error) {
	n, asked, err := m.number()
	if err == nil && asked && n < 1 {
		err = errs.Field("If-Match", "api.if_match")
	}
	return n, err
}

// number reads what stands before the hash of the content; asked is false if any
// version will do.
func (m Precondition) number() (n int64, asked bool, err error) {
	tag := strings.TrimSpace(m.IfMatch)
	if tag == "" || tag == "*" {
		return 0, false, nil
	}
	number, _, _ := strings.Cut(strings.Trim(strings.TrimPrefix(tag, "W/"), `"`), ".")
	if n, err = strconv.ParseInt(number, 10, 64); err != nil || n < 0 {
		return 0, true, errs.Field("If-Match", "api.if_match")
	}
	return n, true, nil
}

// fingerprint is the version of a thing that counts none: made of what can be changed
// in it, never 0.
func fingerprint(settings any) int64 {
	content, err := json.Marshal(settings)
	if err != nil {
		panic(err) // of our own types, all of which can be written
	}
	h := fnv.New64a()
	_, _ = h.Write(content) // it never fails
	return int64(h.Sum64()>>1 | 1)
}

// meant returns what a change was meant for: now, if the caller asked for the version
// that it is; nil if any will do.
func meant[T any](m Precondition, version int64, now T) (*T, error) {
	asked, err := m.version()
	if err != nil || asked == 0 {
		return nil, err
	}
	if asked != version {
		return nil, errs.New(errs.Conflict, "catalog.changed")
	}
	return &now, nil
}

// tagged answers GET with the ETag of the content, or with 304 if the caller has
// it already.
func tagged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		kept := &keeper{ResponseWriter: w}
		next.ServeHTTP(kept, r)
		kept.send(r)
	})
}

// keeper holds JSON back until it is complete, and lets all else pass.
type keeper struct {
	http.ResponseWriter
	status  int
	holds   bool
	content bytes.Buffer
}

func (k *keeper) WriteHeader(status int) {
	if k.status != 0 {
		return
	}
	k.status = status
	k.holds = status == http.StatusOK && strings.HasPrefix(k.Header().Get("Content-Type"), "application/json")
	if !k.holds {
		k.ResponseWriter.WriteHeader(status)
	}
}

func (k *keeper) Write(b []byte) (int, error) {
	if k.status == 0 {
		k.WriteHeader(http.StatusOK)
	}
	if k.holds {
		return k.content.Write(b)
	}
	return k.ResponseWriter.Write(b)
}

// Unwrap lets deadlines be set.
func (k *keeper) Unwrap() http.ResponseWriter { return k.ResponseWriter }

func (k *keeper) send(r *http.Request) {
	if !k.holds {
		return
	}
	sum := sha256.Sum256(k.content.Bytes())
	hash := base64.RawURLEncoding.EncodeToString(sum[:9])
	h := k.Header()
	tag := `"` + hash + `"`
	if version := strings.Trim(h.Get("ETag"), `"`); version != "" {
		tag = `"` + version + "." + hash + `"`
	}
	h.Set("ETag", tag)
	h.Set("Cache-Control", "private, no-cache") // who lost access can't read on from a cache
	if matches(r.Header.Get("If-None-Match"), tag) {
		h.Del("Content-Type")
		k.ResponseWriter.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(k.content.Len()))
	k.ResponseWriter.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = k.content.WriteTo(k.ResponseWriter) // who went away needs no answer
	}
}

// matches compares as If-None-Match does (RFC 9110 §13.1.2), weakly.
func matches(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == tag {
			return true
		}
	}
	return false
}
