package exchange

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Why a mail of a Maildir is left out on purpose.
const (
	skipTrashed = "trashed"
	skipDraft   = "draft"
)

// maildir reads the mails of a Maildir: those in cur and new, in the order in
// which they came. What is being delivered lies in tmp and is no mail yet.
type maildir struct {
	root  string
	names []string // below root
	limit int64
}

// isMaildir reports whether a folder is one.
func isMaildir(path string) bool {
	for _, name := range []string{"cur", "new"} {
		if info, err := os.Stat(filepath.Join(path, name)); err == nil && info.IsDir() {
			return true
		}
	}
	return false
}

func openMaildir(root string, limit int64) (*maildir, int64, error) {
	m := &maildir{root: root, limit: limit}
	var total int64
	for _, folder := range []string{"cur", "new"} {
		entries, err := os.ReadDir(filepath.Join(root, folder))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, 0, fmt.Errorf("reading the Maildir: %w", err)
		}
		for _, e := range entries {
			if !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") {
				continue
			}
			if info, err := e.Info(); err == nil {
				total += info.Size()
			}
			m.names = append(m.names, filepath.Join(folder, e.Name()))
		}
	}
	slices.SortFunc(m.names, func(x, y string) int {
		if c := arrival(x) - arrival(y); c != 0 {
			return int(max(min(c, 1), -1))
		}
		return strings.Compare(filepath.Base(x), filepath.Base(y))
	})
	return m, total, nil
}

// arrival is the second in which a mail came, with which its name begins.
func arrival(name string) int64 {
	digits, _, _ := strings.Cut(filepath.Base(name), ".")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// next returns the next mail, or io.EOF.
func (m *maildir) next() (found, error) {
	if len(m.names) == 0 {
		return found{}, io.EOF
	}
	name := m.names[0]
	m.names = m.names[1:]
	at := found{name: filepath.ToSlash(name)}
	file, err := os.Open(filepath.Join(m.root, name))
	if errors.Is(err, fs.ErrNotExist) { // moved or deleted meanwhile by a mail program
		at.skip = skipTrashed
		return at, nil
	}
	if err != nil {
		return found{}, fmt.Errorf("reading a mail: %w", err)
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil {
		at.size = info.Size()
	}
	if at.skip = skipped(name); at.skip != "" {
		return at, nil
	}
	at.raw, err = io.ReadAll(io.LimitReader(file, m.limit+1))
	if err != nil {
		return found{}, fmt.Errorf("reading a mail: %w", err)
	}
	if at.tooLarge = int64(len(at.raw)) > m.limit; at.tooLarge {
		at.raw = at.raw[:0]
	}
	return at, nil
}

// skipped says why a mail is left out by its flags, which stand behind ":2," (or
// ";2," where a file system knows no colons).
func skipped(name string) string {
	at := strings.LastIndex(name, "2,")
	if at < 1 || !strings.ContainsRune(":;!", rune(name[at-1])) {
		return ""
	}
	flags := name[at+2:]
	switch {
	case strings.Contains(flags, "T"):
		return skipTrashed
	case strings.Contains(flags, "D"):
		return skipDraft
	}
	return ""
}
