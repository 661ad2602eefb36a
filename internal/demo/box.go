package demo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-message/mail"

	"lotse/internal/platform/errs"
)

// pastMail is the file of all mails that were sent while the world was made, one
// behind the other (mbox, with ">" before lines that look like a beginning).
const pastMail = "past.mbox"

var (
	beginning = regexp.MustCompile(`(?m)^(>*From )`)
	hidden    = regexp.MustCompile(`(?m)^>(>*From )`)
)

// box reads what the demo sent.
type box struct {
	folder string
	mu     sync.Mutex
	past   [][]byte          // of pastMail
	known  map[string]posted // what lists show, by id
}

// posted is a sent mail in a list.
type posted struct {
	ID        string // in addresses
	At        time.Time
	Name, To  string
	Subject   string
	MessageID string
	ReplyTo   string
}

func newBox(folder string) *box { return &box{folder: folder, known: map[string]posted{}} }

// all returns what was sent, the newest first.
func (b *box) all() ([]posted, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.past == nil {
		if err := b.readPast(); err != nil {
			return nil, err
		}
	}
	files, err := filepath.Glob(filepath.Join(b.folder, "*.eml"))
	if err != nil {
		return nil, err
	}
	var list []posted
	for i, raw := range b.past {
		list = append(list, b.remember(fmt.Sprintf("p%d", i+1), func() ([]byte, error) { return raw, nil }))
	}
	for _, f := range files {
		id := strings.TrimSuffix(filepath.Base(f), ".eml")
		list = append(list, b.remember(id, func() ([]byte, error) { return os.ReadFile(f) }))
	}
	slices.SortStableFunc(list, func(x, y posted) int { return y.At.Compare(x.At) })
	return list, nil
}

// remember reads the header of a mail once.
func (b *box) remember(id string, read func() ([]byte, error)) posted {
	if p, ok := b.known[id]; ok {
		return p
	}
	p := posted{ID: id}
	raw, err := read()
	if err != nil {
		return p // gone since it was listed
	}
	if r, err := mail.CreateReader(bytes.NewReader(raw)); err == nil {
		p.At, _ = r.Header.Date()
		p.Subject, _ = r.Header.Subject()
		p.MessageID, _ = r.Header.MessageID()
		p.Name, p.To = first(r, "To")
		_, p.ReplyTo = first(r, "Reply-To")
		_ = r.Close()
	}
	b.known[id] = p
	return p
}

func first(r *mail.Reader, field string) (name, address string) {
	list, err := r.Header.AddressList(field)
	if err != nil || len(list) == 0 {
		return "", ""
	}
	return list[0].Name, list[0].Address
}

func (b *box) readPast() error {
	text, err := os.ReadFile(filepath.Join(b.folder, pastMail))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("reading the sent mail: %w", err)
	}
	b.past = [][]byte{}
	for _, m := range bytes.Split(append([]byte("\n"), text...), []byte("\nFrom "))[1:] {
		_, m, _ = bytes.Cut(m, []byte("\n"))
		b.past = append(b.past, hidden.ReplaceAll(m, []byte("$1")))
	}
	return nil
}

// open returns one mail as it was sent.
func (b *box) open(id string) (posted, []byte, error) {
	list, err := b.all()
	if err != nil {
		return posted{}, nil, err
	}
	i := slices.IndexFunc(list, func(p posted) bool { return p.ID == id })
	if i < 0 {
		return posted{}, nil, errs.New(errs.NotFound, "demo.mail.missing")
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(id, "p")); err == nil && strings.HasPrefix(id, "p") {
		return list[i], b.past[n-1], nil
	}
	raw, err := os.ReadFile(filepath.Join(b.folder, filepath.Base(id)+".eml"))
	return list[i], raw, err
}

// part is a file of a mail.
type part struct {
	name    string
	content []byte
}

// read takes a mail apart: its text, its HTML and its files.
func read(raw []byte) (text, html string, files []part, err error) {
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		return "", "", nil, fmt.Errorf("reading a sent mail: %w", err)
	}
	for {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return text, html, files, nil
		}
		if err != nil {
			return text, html, files, fmt.Errorf("reading a sent mail: %w", err)
		}
		content, err := io.ReadAll(p.Body)
		if err != nil {
			return text, html, files, fmt.Errorf("reading a sent mail: %w", err)
		}
		switch h := p.Header.(type) {
		case *mail.AttachmentHeader:
			name, _ := h.Filename()
			files = append(files, part{name, content})
		case *mail.InlineHeader:
			if kind, _, _ := h.ContentType(); kind == "text/html" {
				html = string(content)
			} else if text == "" {
				text = strings.ReplaceAll(string(content), "\r\n", "\n")
			}
		}
	}
}

// Sent returns how many mails a demo has sent.
func Sent(data string) (int, error) {
	list, err := newBox(SentFolder(data)).all()
	return len(list), err
}
