package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"lotse/internal/desk"
	"lotse/internal/intake"
	"lotse/internal/people"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
)

// table brings a table of customers or cases in.
func (r *bringing) table(ctx context.Context) error {
	file, err := os.Open(r.Path)
	if err != nil {
		return fmt.Errorf("opening the table: %w", err)
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil {
		r.done.Total = info.Size()
	}
	t, err := openTable(file, r.Delimiter, r.Encoding, r.Columns)
	if err != nil {
		return err
	}
	r.done.Unused = t.Unused
	bring := r.customers
	if t.hasCases() {
		bring = r.cases
	}
	for {
		var batch []row
		var end error
		for size := 0; len(batch) < mailsAtOnce && size < rawBytesAtOnce && end == nil; {
			var x row
			if x, end = t.next(); end == nil {
				batch = append(batch, x)
				for _, value := range x.cells {
					size += len(value)
				}
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := bring(ctx, batch); err != nil {
			return err
		}
		r.done.Bytes = t.budget.read
		r.tell()
		if errors.Is(end, io.EOF) {
			return nil
		}
		if end != nil {
			return end
		}
	}
}

func (r *bringing) cases(ctx context.Context, batch []row) error {
	var questions []intake.PastQuestion
	lines := make([]line, len(batch))
	var asked []int
	for i, x := range batch {
		lines[i] = line{Line: x.line}
		q, err := r.question(x)
		if err != nil {
			lines[i].Outcome, lines[i].Reason, lines[i].Words = outRefused, "record", err.Error()
			continue
		}
		questions, asked = append(questions, q), append(asked, i)
	}
	out, err := r.session.Questions(ctx, questions)
	if err != nil {
		return err
	}
	for n, i := range asked {
		r.judge(&lines[i], out[n])
	}
	for _, l := range lines {
		if err := r.note(l); err != nil {
			return err
		}
	}
	return nil
}

func (r *bringing) question(x row) (intake.PastQuestion, error) {
	if x.err != nil {
		return intake.PastQuestion{}, x.err
	}
	c := x.cells
	q := intake.PastQuestion{Key: c["id"], Name: c["name"], Email: c["email"], Subject: c["subject"], Text: c["text"], Language: c["language"]}
	if c["date"] != "" {
		var err error
		if q.At, err = r.date(c["date"]); err != nil {
			return q, err
		}
	}
	if c["state"] != "" {
		state, ok := desk.ParseState(strings.ToLower(c["state"]))
		if !ok {
			return q, fmt.Errorf("there is no state %q: there are %s", c["state"], states())
		}
		q.State = state
	}
	return q, nil
}

func states() string {
	var names []string
	for _, s := range desk.States() {
		names = append(names, s.String())
	}
	return strings.Join(names, ", ")
}

// dateForms are how dates may be written; those without a zone are of the given
// one.
var dateForms = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02",
	"2.1.2006 15:04:05", "2.1.2006 15:04", "2.1.2006",
}

func (r *bringing) date(s string) (time.Time, error) {
	zone := r.Zone
	if zone == nil {
		zone = time.UTC
	}
	for _, form := range dateForms {
		if t, err := time.ParseInLocation(form, s, zone); err == nil && t.Year() >= 1970 && t.Year() < 2200 {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no date: write it as 2026-03-04 10:11 or 04.03.2026 10:11", s)
}

// customers adds customers one by one: each may be wrong in its own way.
func (r *bringing) customers(ctx context.Context, batch []row) error {
	for _, x := range batch {
		l := line{Line: x.line}
		err := x.err
		if err == nil {
			err = r.customer(ctx, x, &l)
		}
		switch {
		case errs.Is(err, errs.Unavailable) || ctx.Err() != nil:
			return errors.Join(err, ctx.Err())
		case err != nil:
			l.Outcome, l.Reason, l.Words = outRefused, "record", r.words(err)
			if fields := fieldsOf(err); fields != "" {
				l.Reason = fields
			}
		}
		if err := r.note(l); err != nil {
			return err
		}
	}
	return nil
}

func (r *bringing) customer(ctx context.Context, x row, l *line) error {
	f := people.CustomerForm{Name: x.cells["name"], Language: x.cells["language"]}
	for _, kind := range []string{people.Email, people.Phone} {
		if value := x.cells[kind]; value != "" {
			f.Identities = append(f.Identities, people.Contact{Kind: kind, Value: value})
		}
	}
	if f.Language == "" {
		f.Language = r.Account.Language
	}
	return r.session.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, isNew, err := r.into.People.BringTx(ctx, tx, r.Account.BrandID, f)
		if l.Outcome = outKnown; isNew {
			l.Outcome = outTaken
		}
		return err
	})
}
