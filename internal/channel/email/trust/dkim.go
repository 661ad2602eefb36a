package trust

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/dkim"

	"lotse/internal/intake"
)

const (
	maxSignatures = 5
	maxSigned     = 250 // names of header fields in one signature
)

// mark is one check and the domain it speaks of.
type mark struct {
	verdict intake.Verdict
	domain  string
}

// dkim verifies the first signatures of a mail (RFC 6376 §6).
func (c *Checker) dkim(ctx context.Context, l letter, raw []byte) []mark {
	fields := l.all("dkim-signature")
	if len(fields) == 0 {
		return nil
	}
	fields = fields[:min(len(fields), maxSignatures)]
	if slices.ContainsFunc(fields, field.absurd) {
		return []mark{{verdict: intake.PermError}}
	}
	found, err := dkim.VerifyWithOptions(io.MultiReader(bytes.NewReader(raw), headerEnd(raw)), &dkim.VerifyOptions{
		MaxVerifications: maxSignatures,
		LookupTXT:        func(name string) ([]string, error) { return c.Resolver.LookupTXT(ctx, name) },
	})
	if len(found) != len(fields) || err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return []mark{{verdict: intake.PermError}}
	}
	marks := make([]mark, len(found))
	for i, v := range found {
		marks[i] = mark{faultOf(v.Err), plainDomain(v.Domain)}
		if t, _ := tags(fields[i].value()); t["l"] != "" && marks[i].verdict == intake.Fail {
			marks[i].verdict = intake.Neutral // "policy" (RFC 8601 §2.7.1): others may have written the rest
		}
	}
	return marks
}

// absurd reports whether evaluating a signature would cost more than an honest
// one does: each name it lists is looked for in the whole header.
func (f field) absurd() bool { return len(f.raw) > maxField || strings.Count(f.raw, ":") > maxSigned }

// headerEnd ends the header of a mail without a body, which the verifier wants.
func headerEnd(raw []byte) io.Reader {
	if bytes.Contains(raw, []byte("\n\r\n")) || bytes.Contains(raw, []byte("\n\n")) {
		return bytes.NewReader(nil)
	}
	return bytes.NewReader([]byte("\r\n\r\n"))
}

func faultOf(err error) intake.Verdict {
	switch {
	case err == nil:
		return intake.Pass
	case dkim.IsTempFail(err):
		return intake.TempError
	case dkim.IsPermFail(err):
		return intake.PermError
	}
	return intake.Fail
}
