package exchange

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lotse/internal/catalog"
	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/people"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
)

// The forms of others that can be brought in.
const (
	FormMbox    = "mbox"
	FormMaildir = "maildir"
	FormCSV     = "csv"
)

// Bring says what to bring into a desk, and how.
type Bring struct {
	Path    string
	Form    string          // FormMbox, FormMaildir, FormCSV; "" finds out
	Account catalog.Account // whose brand and team get it
	State   desk.State      // of the cases that are opened; zero is Fresh
	DryRun  bool
	Report  io.Writer // takes a JSON line per mail or record; may be nil
	MaxMail int64     // bytes; larger mails are not taken
	Quoting string    // of a mbox: QuoteRD ("" too) or QuoteO

	Delimiter rune              // of a table; zero finds out
	Encoding  string            // of a table: UTF8, Windows1252; "" finds out
	Columns   map[string]string // name in the table to name of the format
	Zone      *time.Location    // of dates without one; nil is UTC

	Printer  *i18n.Printer // puts reasons into words
	Progress func(Done)    // told after each batch; may be nil
}

// Done counts what was brought.
type Done struct {
	Bytes, Total int64    // read, and to read
	Read         int64    // mails or records
	Taken        int64    // became a message or customer
	Opened       int64    // cases
	Known        int64    // were there already
	Skipped      int64    // left out on purpose, such as drafts
	Refused      int64    // not taken: the report says why
	Unused       []string // columns of the table that mean nothing here
}

// Into is the desk something is brought into.
type Into struct {
	Intake *intake.Intake
	People *people.People
}

// The outcomes in a report.
const (
	outTaken   = "taken"
	outOpened  = "opened"
	outKnown   = "known"
	outSkipped = "skipped"
	outRefused = "refused"
)

// line is one line of a report.
type line struct {
	File    string `json:"file,omitempty"`   // in a Maildir
	Offset  *int64 `json:"offset,omitempty"` // in a mbox, in bytes
	Line    int64  `json:"line,omitempty"`   // in a table, from 1
	Outcome string `json:"outcome"`
	Case    string `json:"case,omitempty"`   // its number
	Reason  string `json:"reason,omitempty"` // a word that stays the same
	Words   string `json:"words,omitempty"`  // the reason for people
}

const (
	mailsAtOnce    = 100
	rawBytesAtOnce = 16 << 20
)

// FormOf finds out what form a path has.
func FormOf(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("opening what is to be imported: %w", err)
	}
	if info.IsDir() {
		if isMaildir(path) {
			return FormMaildir, nil
		}
		return "", fmt.Errorf("%s is neither an export nor a Maildir: a Maildir has the folders cur and new", path)
	}
	if slices.Contains([]string{".csv", ".tsv"}, strings.ToLower(filepath.Ext(path))) {
		return FormCSV, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	if m := newMbox(file, QuoteRD, 0); m.begin() == nil {
		return FormMbox, nil
	}
	return "", fmt.Errorf("%s is no mbox, and its name does not end in .csv: say what it is with --form", path)
}

// Run brings everything in. What was brought when it fails or is interrupted
// stays, and is known when it is started again.
func (b Bring) Run(ctx context.Context, into Into) (done Done, err error) {
	if b.Form == "" {
		if b.Form, err = FormOf(b.Path); err != nil {
			return Done{}, err
		}
	}
	if b.Printer == nil {
		b.Printer = i18n.For(i18n.English)
	}
	r := &bringing{Bring: b, into: into, report: bufio.NewWriter(io.Discard)}
	if b.Report != nil {
		r.report = bufio.NewWriter(b.Report)
	}
	err = into.Intake.Past(ctx, intake.PastForm{Account: b.Account, State: b.State, DryRun: b.DryRun}, func(ctx context.Context, s *intake.PastSession) error {
		r.session = s
		switch b.Form {
		case FormMbox:
			return r.mbox(ctx)
		case FormMaildir:
			return r.maildir(ctx)
		case FormCSV:
			return r.table(ctx)
		}
		return fmt.Errorf("there is no form %q: there are %s, %s and %s", b.Form, FormMbox, FormMaildir, FormCSV)
	})
	return r.done, errors.Join(err, r.report.Flush())
}

// bringing is one run.
type bringing struct {
	Bring
	into    Into
	session *intake.PastSession
	report  *bufio.Writer
	done    Done
}

func (r *bringing) mbox(ctx context.Context) error {
	file, err := os.Open(r.Path)
	if err != nil {
		return fmt.Errorf("opening the mbox: %w", err)
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil {
		r.done.Total = info.Size()
	}
	return r.mails(ctx, newMbox(file, r.Quoting, r.MaxMail).next)
}

func (r *bringing) maildir(ctx context.Context) error {
	m, total, err := openMaildir(r.Path, r.MaxMail)
	if err != nil {
		return err
	}
	r.done.Total = total
	return r.mails(ctx, m.next)
}

// mails brings mails in, as many at once as go into one transaction.
func (r *bringing) mails(ctx context.Context, next func() (found, error)) error {
	for {
		var batch []found
		var size int64
		var end error
		for len(batch) < mailsAtOnce && size < rawBytesAtOnce && end == nil {
			var f found
			if f, end = next(); end == nil {
				batch, size = append(batch, f), size+int64(len(f.raw))
			}
		}
		if err := r.bring(ctx, batch); err != nil {
			return err
		}
		if errors.Is(end, io.EOF) {
			return nil
		}
		if end != nil {
			return end
		}
	}
}

func (r *bringing) bring(ctx context.Context, batch []found) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var raws [][]byte
	for _, f := range batch {
		if f.skip == "" && !f.tooLarge {
			raws = append(raws, f.raw)
		}
	}
	var out []intake.Outcome
	if len(raws) > 0 {
		var err error
		if out, err = r.session.Mails(ctx, raws); err != nil {
			return err
		}
	}
	for _, f := range batch {
		l := line{File: f.name}
		if f.name == "" {
			l.Offset = &f.offset
		}
		r.done.Bytes += f.size
		switch {
		case f.skip != "":
			l.Outcome, l.Reason = outSkipped, f.skip
		case f.tooLarge:
			l.Outcome, l.Reason = outRefused, "too_large"
		default:
			r.judge(&l, out[0])
			out = out[1:]
		}
		if err := r.note(l); err != nil {
			return err
		}
	}
	r.tell()
	return nil
}

// judge puts an outcome of the intake into a line.
func (r *bringing) judge(l *line, o intake.Outcome) {
	if !r.DryRun { // else the number is of a case that will not be
		l.Case = o.Number
	}
	switch {
	case o.State == intake.Duplicate:
		l.Outcome = outKnown
	case o.State == intake.Done && o.Opened:
		l.Outcome = outOpened
	case o.State == intake.Done:
		l.Outcome = outTaken
	case o.Reason == "own": // the desk sent it, and has it
		l.Outcome, l.Reason = outSkipped, o.Reason
	default:
		l.Outcome, l.Reason, l.Words = outRefused, o.Reason, r.words(o.Err)
		if o.Err != nil {
			l.Reason = fieldsOf(o.Err)
		}
	}
}

func fieldsOf(err error) string {
	var names []string
	for _, f := range errs.Fields(err) {
		names = append(names, f.Field)
	}
	return strings.Join(names, " ")
}

func (r *bringing) words(err error) string {
	if err == nil {
		return ""
	}
	var all []string
	for _, f := range errs.Fields(err) {
		all = append(all, f.Field+": "+r.Printer.Err(f.Key, f.Args))
	}
	if len(all) == 0 {
		return err.Error()
	}
	return strings.Join(all, "; ")
}

// note counts a line and writes it.
func (r *bringing) note(l line) error {
	r.done.Read++
	switch l.Outcome {
	case outOpened:
		r.done.Opened++
		r.done.Taken++
	case outTaken:
		r.done.Taken++
	case outKnown:
		r.done.Known++
	case outSkipped:
		r.done.Skipped++
	case outRefused:
		r.done.Refused++
	}
	if l.Words == "" && l.Outcome == outRefused {
		l.Words = r.Printer.T("look.reason." + l.Reason)
	}
	text, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	_, err = r.report.Write(append(text, '\n'))
	return err
}

func (r *bringing) tell() {
	if r.Progress != nil {
		r.Progress(r.done)
	}
}
