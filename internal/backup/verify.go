package backup

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/ids"
)

// Desk is a desk to verify. It may be running.
type Desk struct {
	DB       *db.DB
	Blobs    Blobs
	Index    string   // folder of the public index; "" does not look at it
	Known    []ids.ID // blobs known to be missing or changed: no fault
	Clock    clock.Clock
	Scratch  string // folder for lists; "" is the machine's
	Progress Progress
	Log      *slog.Logger
}

// Finding is the outcome of one check.
type Finding struct {
	Check  string   // what was looked at
	Count  int64    // how many of it
	Faults []string // what is wrong, at most maxFaults
	More   int64    // how many faults are not told
	Remedy string   // what to do about them
	Note   string   // what is not wrong but good to know
}

const maxFaults = 20

func (f *Finding) fault(format string, args ...any) {
	if len(f.Faults) == maxFaults {
		f.More++
		return
	}
	f.Faults = append(f.Faults, fmt.Sprintf(format, args...))
}

// Report is what a verification found.
type Report struct {
	Schema   int64
	Rows     map[string]int64 // by table
	Findings []Finding
}

// OK reports whether nothing is wrong.
func (r Report) OK() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return len(f.Faults) > 0 })
}

const restoreRemedy = "restore the newest backup that verifies"

// Verify checks a desk: the database itself, its schema, the references between
// rows, the bytes that rows name, and what is derived from rows. It changes
// nothing and sees the rows of one moment, so the desk may be running. An error
// says that it could not be checked, not that something is wrong.
func Verify(ctx context.Context, k Desk) (Report, error) {
	room, err := openScratch(k.scratch())
	if err != nil {
		return Report{}, err
	}
	defer room.remove()
	v := &verification{Desk: k, scratch: room.path}
	defer v.refs.close()
	v.report.Rows = map[string]int64{}
	if err := k.DB.View(ctx, v.rows); err != nil {
		return v.report, err
	}
	if v.refs.file != nil {
		if err := v.blobs(ctx); err != nil {
			return v.report, err
		}
	}
	if v.Index != "" && v.report.Schema == db.KnownSchema() {
		if err := v.index(ctx); err != nil {
			return v.report, err
		}
	}
	return v.report, nil
}

func (k Desk) scratch() string {
	if k.Scratch == "" {
		return os.TempDir()
	}
	return k.Scratch
}

type verification struct {
	Desk
	scratch string
	report  Report
	refs    references
	tables  []db.Table
}

func (v *verification) found(f Finding) { v.report.Findings = append(v.report.Findings, f) }

// rows checks what can be seen in the database alone.
func (v *verification) rows(ctx context.Context, view *db.View) (err error) {
	if v.report.Schema, _, err = view.SchemaVersion(ctx); err != nil {
		return err
	}
	if v.report.Schema == 0 {
		return errors.New("there is no desk in this database")
	}
	if known := db.KnownSchema(); v.report.Schema > known {
		return fmt.Errorf("the database is of a newer Lotse (schema %d, this program knows %d): verify it with that version", v.report.Schema, known)
	}
	if v.tables, err = view.Tables(ctx); err != nil {
		return err
	}
	sound, err := v.integrity(ctx, view)
	if err != nil || !sound { // what can't be read can't be compared
		return err
	}
	for _, check := range []func(context.Context, *db.View) error{v.schema, v.references, v.listRows, v.messages} {
		if err := check(ctx, view); err != nil {
			return err
		}
	}
	return v.refs.spool(ctx, view, v.tables, v.scratch)
}

func (v *verification) integrity(ctx context.Context, view *db.View) (sound bool, err error) {
	f := Finding{Check: "database", Remedy: restoreRemedy}
	faults, err := view.Integrity(ctx, func(table string, rows int64) {
		v.report.Rows[table] = rows
		f.Count += rows
		v.Progress.tell("rows", f.Count, 0)
	})
	if err != nil {
		return false, err
	}
	for _, what := range faults {
		f.fault("%s", what)
	}
	f.Note = fmt.Sprintf("rows in %d tables, schema %d", len(v.report.Rows), v.report.Schema)
	v.found(f)
	return len(faults) == 0, nil
}

// references checks what one row says of another by a foreign key.
func (v *verification) references(ctx context.Context, view *db.View) error {
	f := Finding{Check: "references", Remedy: restoreRemedy}
	broken, n, err := view.Orphans(ctx)
	if err != nil {
		return err
	}
	for _, o := range broken {
		f.fault("%d rows of %s name something in %s that is not there", o.Rows, o.Table, o.Target)
	}
	f.Count = int64(n)
	v.found(f)
	return nil
}

// blobs reads every blob that a row names and compares its bytes with the sum
// the row remembers.
func (v *verification) blobs(ctx context.Context) error {
	f := Finding{Check: "attachments", Remedy: "restore the files from a backup: blobs/ID in it is blobs/XX/ID in the data folder, XX the last two signs of ID"}
	var bytes int64
	var known int
	err := v.refs.each(func(r reference) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, sum, err := v.sumOf(ctx, r.ID)
		wrong := ""
		switch {
		case errs.Is(err, errs.NotFound):
			if gone, err := v.isGone(ctx, r.ID); err != nil || gone {
				return err
			}
			wrong = "is missing"
		case err != nil:
			wrong = "can't be read: " + err.Error()
		case r.Sum != [32]byte{} && sum != r.Sum:
			wrong = "has other bytes than it had"
		}
		f.Count++
		bytes += n
		v.Progress.tell("attachments", f.Count, bytes)
		if wrong != "" && slices.Contains(v.Known, r.ID) {
			known++
		} else if wrong != "" {
			f.fault("%s %s", r.ID, wrong)
		}
		return nil
	})
	if known > 0 {
		f.Note = fmt.Sprintf("%d were missing or changed already when the backup was made", known)
	}
	v.found(f)
	return err
}

func (v *verification) sumOf(ctx context.Context, id ids.ID) (n int64, sum [32]byte, err error) {
	blob, _, err := v.Blobs.Get(ctx, id)
	if err != nil {
		return 0, sum, err
	}
	defer blob.Close()
	h := sha256.New()
	n, err = io.Copy(h, blob)
	return n, [32]byte(h.Sum(nil)), err
}

// isGone reports whether no row names the blob any more: it was removed while
// the desk was being verified.
func (v *verification) isGone(ctx context.Context, id ids.ID) (bool, error) {
	var left bool
	for _, t := range v.tables {
		for _, c := range t.Columns {
			if !isBlobColumn(c) || left {
				continue
			}
			var err error
			if left, err = v.DB.Read().NewSelect().TableExpr(t.Name).Where(c+" = ?", id).Exists(ctx); err != nil {
				return false, db.Classify(fmt.Errorf("looking for attachment %s: %w", id, err))
			}
		}
	}
	return !left, nil
}

// has reports whether the schema has a table, with all of the columns.
func (v *verification) has(table string, columns ...string) bool {
	for _, t := range v.tables {
		if t.Name == table {
			return !slices.ContainsFunc(columns, func(c string) bool { return !slices.Contains(t.Columns, c) })
		}
	}
	return false
}
