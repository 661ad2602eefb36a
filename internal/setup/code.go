package setup

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"lotse/internal/access"
	"lotse/internal/platform/errs"
)

// CodeFile is the name of the file in the data folder that keeps the code until
// setup is done, so that a restart does not change it.
const CodeFile = "setup-code"

// codeAlphabet has 32 signs, none of which is mistaken for another (0 O, 1 I).
const codeAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

// Code returns the setup code, such as "K7QX-2M9T", to print at the start; ""
// if no setup is needed. The code is made at the first call: 40 random bits,
// enough for what can be tried a few times only.
func (s *Setup) Code(ctx context.Context) (string, error) {
	needed, err := s.Needed(ctx)
	if err != nil {
		return "", err
	}
	if !needed {
		if err := s.forgetCode(); err != nil {
			return "", err
		}
		return "", nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done.Load() { // by somebody else since: a new code would open nothing
		return "", nil
	}
	if s.code == "" {
		if s.code, err = keptCode(filepath.Join(s.folder, CodeFile)); err != nil {
			return "", err
		}
	}
	return s.code, nil
}

// keptCode reads the code from its file, or makes both. Of two processes that
// start at once the file of the first counts.
func keptCode(path string) (string, error) {
	for range 2 {
		text, err := os.ReadFile(path)
		if code := strings.TrimSpace(string(text)); err == nil && len(normalCode(code)) == 8 {
			return code, nil
		}
		if err == nil { // cut off by a crash, or not ours
			err = os.Remove(path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("reading the setup code: %w", err)
		}
		code := newCode()
		err = writeNew(path, code+"\n")
		if err == nil {
			return code, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("writing the setup code: %w", err)
		}
	}
	return "", fmt.Errorf("reading the setup code: %s keeps changing", CodeFile)
}

// writeNew writes a file, readable for its owner only, unless there is one.
func writeNew(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func newCode() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails on a supported system
	for i := range b {
		b[i] = codeAlphabet[b[i]%32]
	}
	return string(b[:4]) + "-" + string(b[4:])
}

// normalCode drops what people add or change when they copy a code.
func normalCode(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(codeAlphabet, r) {
			return r
		}
		return -1
	}, strings.ToUpper(s))
}

// checkCode compares what was typed with the code. Each try counts.
func (s *Setup) checkCode(ctx context.Context, typed, network string) error {
	if strings.TrimSpace(typed) == "" {
		return errs.Field("code", "setup.code.missing")
	}
	attempt, err := s.limiter.Try(ctx, access.SetupLimit, "setup", network)
	if err != nil {
		return err
	}
	code, err := s.Code(ctx)
	if err != nil {
		return err
	}
	if code == "" {
		return errDone()
	}
	if subtle.ConstantTimeCompare([]byte(normalCode(typed)), []byte(normalCode(code))) != 1 {
		return errs.Field("code", "setup.code.wrong")
	}
	return attempt.Succeeded(ctx)
}

func (s *Setup) forgetCode() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.code = ""
	err := os.Remove(filepath.Join(s.folder, CodeFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the setup code: %w", err)
	}
	return nil
}
