package access

import (
	"context"
	_ "embed"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"lotse/internal/platform/errs"
)

// Bounds on a password, in runes. There are no rules of composition: they make
// passwords worse (NIST SP 800-63B §5.1.1.2).
const (
	MinPassword = 10
	MaxPassword = 200
)

// hashing is what OWASP asks of argon2id: 19 MiB, two passes, one lane. A check
// takes about 20 ms of one core.
var hashing = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// Passwords hashes and checks passwords. Never more run at once than there are
// cores: a storm of sign-ins waits in line instead of taking 19 MiB each.
type Passwords struct {
	slots   chan struct{}
	dummy   func() (string, error)
	checked atomic.Uint64
}

// NewPasswords returns a hasher. A process has one.
func NewPasswords() *Passwords {
	return &Passwords{
		slots: make(chan struct{}, runtime.NumCPU()),
		dummy: sync.OnceValues(func() (string, error) { return argon2id.CreateHash("nobody's password", hashing) }),
	}
}

// Hash returns the stored form of a password. It waits for a free core until
// ctx ends, so don't call it inside a transaction.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if err := p.enter(ctx); err != nil {
		return "", err
	}
	defer p.leave()
	hash, err := argon2id.CreateHash(norm.NFKC.String(password), hashing)
	if err != nil {
		return "", fmt.Errorf("hashing a password: %w", err)
	}
	return hash, nil
}

// Check reports whether password is the one hash was made of. An empty hash
// stands for an account that does not exist or has no password: it takes the
// same time and is never right, so that time does not tell who has an account.
func (p *Passwords) Check(ctx context.Context, password, hash string) (bool, error) {
	if utf8.RuneCountInString(password) > MaxPassword {
		password = "" // never right, and not worth hashing a novel for
	}
	if err := p.enter(ctx); err != nil {
		return false, err
	}
	defer p.leave()
	nobody := hash == ""
	if nobody {
		var err error
		if hash, err = p.dummy(); err != nil {
			return false, fmt.Errorf("checking a password: %w", err)
		}
	}
	p.checked.Add(1)
	same, err := argon2id.ComparePasswordAndHash(norm.NFKC.String(password), hash)
	if err != nil {
		return false, fmt.Errorf("checking a password: %w", err)
	}
	return same && !nobody, nil
}

// Checked returns how many passwords were checked since the start.
func (p *Passwords) Checked() uint64 { return p.checked.Load() }

func (p *Passwords) enter(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return errs.Wrap(errs.Unavailable, ctx.Err(), "waiting to check a password")
	}
}

func (p *Passwords) leave() { <-p.slots }

//go:embed common_passwords.txt
var commonList string

var common = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(commonList) {
		set[strings.TrimSpace(line)] = true
	}
	return set
})

// CheckPolicy returns a field error for "password" if the password is too short,
// too long, much used, or made of what everybody knows about the person: the
// address or name.
func CheckPolicy(password, email, name string) error {
	runes := utf8.RuneCountInString(norm.NFKC.String(password))
	switch {
	case runes < MinPassword:
		return errs.Field("password", "access.password.short", "Min", MinPassword)
	case runes > MaxPassword:
		return errs.Field("password", "access.password.long", "Max", MaxPassword)
	case isPersonal(password, email, name):
		return errs.Field("password", "access.password.personal")
	case isCommon(password):
		return errs.Field("password", "access.password.common")
	}
	return nil
}

func isPersonal(password, email, name string) bool {
	local, _, _ := strings.Cut(email, "@")
	plain := squeeze(password)
	for _, known := range []string{email, local, name} {
		if known := squeeze(known); known != "" && plain == known {
			return true
		}
	}
	return false
}

func isCommon(password string) bool {
	plain := strings.ToLower(password)
	if common()[plain] {
		return true
	}
	first, _ := utf8.DecodeRuneInString(plain)
	return strings.Trim(plain, string(first)) == "" // one sign, over and over
}

// squeeze drops case and what separates words, so that "Ada.Lovelace" and
// "ada lovelace" are the same.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .-_\t", r) {
			return -1
		}
		return r
	}, strings.ToLower(s))
}
