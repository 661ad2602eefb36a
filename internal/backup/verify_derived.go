package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"lotse/internal/platform/db"
	"lotse/internal/platform/seal"
	"lotse/internal/publish"
	"lotse/internal/search"
)

// schema compares tables, columns and indexes with what the migrations make. An
// empty SQLite database of the same version serves as the model for both: their
// schemas are twins.
func (v *verification) schema(ctx context.Context, view *db.View) error {
	f := Finding{Check: "schema", Remedy: restoreRemedy}
	tables, indexes, err := model(ctx, filepath.Join(v.scratch, "model.db"), v.report.Schema)
	if err != nil {
		return err
	}
	for _, t := range tables {
		f.Count++
		switch {
		case t.IsBookkeeping() || t.IsQueue():
		case !v.has(t.Name):
			f.fault("table %s is missing", t.Name)
		case !v.has(t.Name, t.Columns...):
			f.fault("table %s lacks a column", t.Name)
		}
	}
	have, err := view.Indexes(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(indexes)) {
		f.Count++
		if have[name] != indexes[name] {
			f.fault("index %s of table %s is missing", name, indexes[name])
		}
	}
	f.Note = "tables and indexes"
	v.found(f)
	return nil
}

// model returns what the migrations up to a version make.
func model(ctx context.Context, path string, version int64) (tables []db.Table, indexes map[string]string, err error) {
	d, err := db.Open(ctx, "sqlite:"+path)
	if err != nil {
		return nil, nil, fmt.Errorf("making a model of the schema: %w", err)
	}
	defer d.Close()
	if err := d.MigrateTo(ctx, version); err != nil {
		return nil, nil, fmt.Errorf("making a model of the schema: %w", err)
	}
	err = d.View(ctx, func(ctx context.Context, view *db.View) error {
		if tables, err = view.Tables(ctx); err != nil {
			return err
		}
		indexes, err = view.Indexes(ctx)
		return err
	})
	return tables, indexes, err
}

// listRows compares the rows of lists (package views) with their cases.
func (v *verification) listRows(ctx context.Context, view *db.View) error {
	f := Finding{Check: "list rows", Count: v.report.Rows["case_rows"], Remedy: restoreRemedy}
	state := "c.state"
	if v.has("cases", "trashed_at") { // in the trash is state 9 of the row
		state = "CASE WHEN c.trashed_at IS NULL THEN c.state ELSE 9 END"
	}
	for what, query := range map[string]string{
		"cases have no list row": "SELECT count(*) FROM cases c WHERE NOT EXISTS (SELECT 1 FROM case_rows r WHERE r.case_id = c.id)",
		"list rows have no case": "SELECT count(*) FROM case_rows r WHERE NOT EXISTS (SELECT 1 FROM cases c WHERE r.case_id = c.id)",
		"list rows say something else than their case": `SELECT count(*) FROM cases c JOIN case_rows r ON r.case_id = c.id
			WHERE r.brand_id <> c.brand_id OR r.number <> c.number OR r.customer_id <> c.customer_id OR r.state <> ` + state + `
			OR r.team_id <> c.team_id OR r.owner_id IS DISTINCT FROM c.owner_id OR r.channel <> c.channel OR r.messages <> c.messages
			OR r.due_at IS DISTINCT FROM c.due_at`,
	} {
		if err := f.counted(ctx, view, what, query); err != nil {
			return err
		}
	}
	v.found(f)
	return nil
}

// messages compares what a case or thread says of its parts with what there is.
func (v *verification) messages(ctx context.Context, view *db.View) error {
	f := Finding{Check: "messages", Count: v.report.Rows["messages"], Remedy: restoreRemedy}
	err := f.counted(ctx, view, "cases have another number of messages than they say",
		`SELECT count(*) FROM cases c LEFT JOIN (SELECT case_id, count(*) AS n FROM messages GROUP BY case_id) m ON m.case_id = c.id
		WHERE c.messages <> coalesce(m.n, 0)`)
	if err != nil {
		return err
	}
	v.found(f)
	if !v.has("threads") {
		return nil
	}
	f = Finding{Check: "public threads", Count: v.report.Rows["threads"], Remedy: restoreRemedy}
	err = f.counted(ctx, view, "threads that are shown have no question that is shown",
		`SELECT count(*) FROM threads t WHERE t.state = 2 AND NOT EXISTS (SELECT 1 FROM posts p WHERE p.thread_id = t.id AND p.state = 3)`)
	v.found(f)
	return err
}

func (f *Finding) counted(ctx context.Context, view *db.View, what, query string) error {
	var n int64
	if err := view.NewRaw(query).Scan(ctx, &n); err != nil {
		return fmt.Errorf("checking %s: %w", f.Check, err)
	}
	if n > 0 {
		f.fault("%d %s", n, what)
	}
	return nil
}

// index compares the public index with the threads that are shown. It looks at a
// copy that has caught up, as the desk does when it starts. The index of a
// running desk belongs to it alone; it is looked at another time.
func (v *verification) index(ctx context.Context) error {
	folders, err := filepath.Glob(filepath.Join(v.Index, "public*"))
	if err != nil {
		return fmt.Errorf("looking for the index: %w", err)
	}
	for _, folder := range folders {
		if err := v.oneIndex(ctx, folder); err != nil {
			return err
		}
	}
	return nil
}

func (v *verification) oneIndex(ctx context.Context, folder string) error {
	f := Finding{Check: "public index", Remedy: "delete the folder " + folder + ": the index is made anew at the next start"}
	if inUse(folder) {
		f.Note = "in use by the running desk, not looked at"
		v.found(f)
		return nil
	}
	into := filepath.Join(v.scratch, "index")
	defer os.RemoveAll(into)
	if err := copyFolder(folder, into); err != nil {
		return err
	}
	remade := &warned{Handler: slog.DiscardHandler}
	x, err := search.Open(into, slog.New(remade))
	if err != nil {
		return fmt.Errorf("opening a copy of the index: %w", err)
	}
	defer x.Close()
	if remade.yes {
		f.fault("it is damaged or of another version")
	}
	keys, err := seal.Load(ctx, v.DB, v.Clock)
	if err != nil {
		return err
	}
	if _, err := x.CatchUp(ctx, publish.New(publish.Parts{DB: v.DB, Seal: keys, Clock: v.Clock})); err != nil {
		return fmt.Errorf("catching up with a copy of the index: %w", err)
	}
	size, err := x.Size()
	if err != nil {
		return fmt.Errorf("counting the index: %w", err)
	}
	shown, err := v.DB.Read().NewSelect().TableExpr("threads").Where("state = 2").Count(ctx)
	if err != nil {
		return db.Classify(fmt.Errorf("counting threads: %w", err))
	}
	if f.Count = int64(size); f.Count != int64(shown) {
		f.fault("it holds %d threads and %d are shown", size, shown)
	}
	v.found(f)
	return nil
}

// warned remembers whether anything worth a warning was logged.
type warned struct {
	slog.Handler
	yes bool
}

func (w *warned) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
func (w *warned) Handle(context.Context, slog.Record) error {
	w.yes = true
	return nil
}

// inUse reports whether a process has the index open: it then holds a lock on
// the index's root.
func inUse(folder string) bool {
	f, err := os.Open(filepath.Join(folder, "index", "store", "root.bolt"))
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) != nil
}

func copyFolder(from, to string) error {
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			return os.MkdirAll(filepath.Join(to, below), 0o700)
		}
		return copyFile(path, filepath.Join(to, below))
	})
	if err != nil {
		return fmt.Errorf("copying the index: %w", err)
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
