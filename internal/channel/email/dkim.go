package email

import (
	"bufio"
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"lotse/internal/channel"
	"lotse/internal/channel/email/canonical"
)

// maxSignedHeader bounds the header of a mail of our own that is signed.
const maxSignedHeader = 1 << 20

// Fields a signature covers, in the order they are listed. Those of which a mail
// program would show a second one are listed once more than they occur: so nobody
// can put another on top without breaking the signature (RFC 6376 §8.15).
var (
	signedFields = []string{"From", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Reply-To",
		"MIME-Version", "Content-Type", "Content-Transfer-Encoding", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted"}
	sealedFields = []string{"From", "To", "Cc", "Subject", "Date", "Reply-To", "Content-Type"}
)

// sign writes the DKIM-Signature fields that go in front of a mail, one for each
// key (RFC 6376, RFC 8463). It reads all of mail, from its start, and leaves it at
// its end. RSA comes first: a verifier that knows no other kind, or looks at one
// signature only, finds that one. Both forms are relaxed, because relays fold
// fields and trim lines. Without keys it writes nothing.
func sign(out io.Writer, mail io.ReadSeeker, domain string, keys []channel.SigningKey, at time.Time) error {
	if len(keys) == 0 {
		return nil
	}
	if _, err := mail.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reading a mail to sign it: %w", err)
	}
	r := bufio.NewReaderSize(mail, 32<<10)
	fields, err := readFields(r)
	if err != nil {
		return fmt.Errorf("reading the header of a mail to sign it: %w", err)
	}
	body := sha256.New()
	if err := hashRelaxed(body, r); err != nil {
		return fmt.Errorf("reading a mail to sign it: %w", err)
	}
	covered, names := pickSigned(fields)
	s := signature{domain: domain, at: at, body: body.Sum(nil), covered: covered, names: names}
	for _, k := range rsaFirst(keys) {
		field, err := s.field(k)
		if err != nil {
			return fmt.Errorf("signing for %s with %s: %w", domain, k.Selector, err)
		}
		if _, err := io.WriteString(out, field); err != nil {
			return err
		}
	}
	return nil
}

func rsaFirst(keys []channel.SigningKey) []channel.SigningKey {
	rank := func(k channel.SigningKey) int {
		if _, ok := k.Signer.Public().(*rsa.PublicKey); ok {
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(keys), func(a, b channel.SigningKey) int { return rank(a) - rank(b) })
}

// signature is what the signatures of one mail have in common.
type signature struct {
	domain  string
	at      time.Time
	body    []byte   // hash of the body
	covered string   // the fields that are signed, in relaxed form
	names   []string // of these fields, and of those that must not be added
}

// field returns the whole header field for one key, with its CRLF.
func (s signature) field(k channel.SigningKey) (string, error) {
	algorithm, how := "rsa-sha256", crypto.SignerOpts(crypto.SHA256)
	switch k.Signer.Public().(type) {
	case *rsa.PublicKey:
	case ed25519.PublicKey:
		algorithm, how = "ed25519-sha256", crypto.Hash(0) // it signs the hash itself (RFC 8463 §3)
	default:
		return "", errors.New("neither RSA nor Ed25519")
	}
	value := fmt.Sprintf(" v=1; a=%s; c=relaxed/relaxed;\r\n d=%s; s=%s; t=%d;\r\n h=%s;\r\n bh=%s;\r\n b=",
		algorithm, s.domain, k.Selector, s.at.Unix(), nameList(s.names), base64.StdEncoding.EncodeToString(s.body))
	const name = "DKIM-Signature"
	digest := sha256.Sum256([]byte(s.covered + strings.TrimSuffix(canonical.Field(name+":"+value), "\r\n")))
	signed, err := k.Signer.Sign(rand.Reader, digest[:], how)
	if err != nil {
		return "", err
	}
	return name + ":" + value + foldText(base64.StdEncoding.EncodeToString(signed)) + "\r\n", nil
}

// nameList lists names with colons, a few to a line.
func nameList(names []string) string {
	var b strings.Builder
	width := 0
	for i, n := range names {
		if i > 0 {
			b.WriteByte(':')
			if width += len(n) + 1; width > 70 {
				b.WriteString("\r\n  ")
				width = 0
			}
		}
		b.WriteString(n)
	}
	return b.String()
}

// foldText breaks a text without spaces into lines of 72.
func foldText(s string) string {
	var b strings.Builder
	for len(s) > 72 {
		b.WriteString(s[:72] + "\r\n ")
		s = s[72:]
	}
	return b.String() + s
}

// readFields reads the header up to the empty line, each field with its folded
// lines, without line ends in between being changed.
func readFields(r *bufio.Reader) ([]string, error) {
	var fields []string
	for size := 0; ; {
		l, err := r.ReadString('\n')
		if size += len(l); size > maxSignedHeader {
			return nil, errors.New("the header is too long")
		}
		bare := strings.TrimRight(l, "\r\n")
		switch {
		case bare != "" && (bare[0] == ' ' || bare[0] == '\t') && len(fields) > 0:
			fields[len(fields)-1] += bare + "\r\n"
		case bare != "":
			fields = append(fields, bare+"\r\n")
		}
		if errors.Is(err, io.EOF) || bare == "" && err == nil {
			return fields, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// pickSigned returns the fields to sign in relaxed form and the names to list for
// them: of several with one name the lowest first (RFC 6376 §5.4.2).
func pickSigned(fields []string) (covered string, names []string) {
	var b strings.Builder
	for _, name := range signedFields {
		for _, f := range slices.Backward(fields) {
			if n, _, _ := strings.Cut(f, ":"); strings.EqualFold(strings.TrimSpace(n), name) {
				b.WriteString(canonical.Field(f))
				names = append(names, name)
			}
		}
		if slices.Contains(sealedFields, name) {
			names = append(names, name)
		}
	}
	return b.String(), names
}

// hashRelaxed hashes a body in relaxed form (RFC 6376 §3.4.4), line by line.
func hashRelaxed(h hash.Hash, r *bufio.Reader) error {
	var line []byte
	empty := 0 // lines that count only if something follows
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if len(line) > 0 {
			empty = hashLine(h, line, empty)
		}
		if line = line[:0]; err != nil {
			return nil
		}
	}
}

// hashLine hashes one line after as many empty ones, and returns how many empty
// ones wait now.
func hashLine(h hash.Hash, line []byte, empty int) int {
	line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	line = canonical.Line(line, line)
	if len(line) == 0 {
		return empty + 1
	}
	for ; empty > 0; empty-- {
		h.Write([]byte("\r\n"))
	}
	h.Write(line)
	h.Write([]byte("\r\n"))
	return 0
}
