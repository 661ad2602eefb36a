package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"lotse/internal/platform/db"
	"lotse/internal/platform/errs"
)

// Make writes a backup of s to w. The folder scratch takes a copy of the
// database on SQLite and lists; what is put there is removed again. Attachments
// that are missing or changed do not stop it: the manifest names them.
func Make(ctx context.Context, s Source, scratch string, w io.Writer) (Manifest, error) {
	room, err := openScratch(scratch)
	if err != nil {
		return Manifest{}, err
	}
	defer room.remove()
	h, err := takeHold(ctx, s) // before the moment of the rows: see the package's comment
	if err != nil {
		return Manifest{}, err
	}
	defer h.release(ctx)
	j := &job{Source: s, scratch: room.path, out: newWriter(w, s.Clock.Now())}
	defer j.refs.close()
	if s.DB.Postgres() {
		err = j.postgres(ctx)
	} else {
		err = j.sqlite(ctx)
	}
	if err != nil {
		return Manifest{}, err
	}
	if err := j.copyBlobs(ctx); err != nil {
		return Manifest{}, err
	}
	if err := h.check(); err != nil {
		return Manifest{}, err
	}
	return j.m, j.out.finish(&j.m)
}

// job is one backup while it is being made.
type job struct {
	Source
	scratch string
	out     *writer
	m       Manifest
	refs    references
}

// begin writes the header for what v shows.
func (j *job) begin(ctx context.Context, v *db.View, database string) error {
	tables, err := v.Tables(ctx)
	if err != nil {
		return err
	}
	j.m.Header = Header{Format: Format, Program: j.Program, Database: database, Made: j.out.made, Tables: tables}
	if j.m.Schema, j.m.Queue, err = v.SchemaVersion(ctx); err != nil {
		return err
	}
	if j.m.Schema == 0 {
		return errors.New("the database is empty: there is nothing to back up")
	}
	j.m.Rows = map[string]int64{}
	return j.out.addJSON(headerName, j.m.Header)
}

// finishRows notes what can only be known after the rows.
func (j *job) finishRows(ctx context.Context, v *db.View) (err error) {
	j.m.Brands = j.m.Rows["brands"]
	if j.m.Sequences, err = v.Sequences(ctx); err != nil {
		return err
	}
	return j.refs.spool(ctx, v, j.m.Tables, j.scratch)
}

// postgres copies every table in one transaction.
func (j *job) postgres(ctx context.Context) error {
	return j.DB.View(ctx, func(ctx context.Context, v *db.View) error {
		if err := j.begin(ctx, v, Postgres); err != nil {
			return err
		}
		var total int64
		for _, t := range j.m.Tables {
			if t.IsBookkeeping() {
				continue
			}
			p := &pieces{to: j.out, table: t.Name}
			counted := &counter{w: p, tell: func(n int64) { j.Progress.tell("rows", total, n) }}
			rows, err := v.CopyOut(ctx, t, counted)
			if err != nil {
				return err
			}
			if err := p.flush(); err != nil {
				return err
			}
			total += rows
			j.m.Rows[t.Name] = rows
		}
		return j.finishRows(ctx, v)
	})
}

// counter tells how many bytes went through.
type counter struct {
	w    io.Writer
	n    int64
	tell func(int64)
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	c.tell(c.n)
	return n, err
}

// sqlite copies the database into a file of its own and puts that into the
// backup.
func (j *job) sqlite(ctx context.Context) error {
	path := filepath.Join(j.scratch, "lotse.db")
	j.Progress.tell("copying the database", 0, 0)
	if err := j.DB.CopyTo(ctx, path); err != nil {
		return err
	}
	// Nobody else knows the copy: opened as a database it keeps still.
	if err := j.readCopy(ctx, path); err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("reading the copy of the database: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("reading the copy of the database: %w", err)
	}
	counted := &counter{w: io.Discard, tell: func(n int64) { j.Progress.tell("database", 0, n) }}
	if _, err = j.out.add(databaseName, info.Size(), io.TeeReader(file, counted)); err != nil {
		return err
	}
	return os.Remove(path) // its room may be needed
}

func (j *job) readCopy(ctx context.Context, path string) error {
	d, err := db.Open(ctx, "sqlite:"+path)
	if err != nil {
		return fmt.Errorf("reading the copy of the database: %w", err)
	}
	err = d.View(ctx, func(ctx context.Context, v *db.View) error {
		if err := j.begin(ctx, v, SQLite); err != nil {
			return err
		}
		for i, t := range j.m.Tables {
			n, err := v.Count(ctx, t.Name)
			if err != nil {
				return err
			}
			j.m.Rows[t.Name] = n
			j.Progress.tell("tables", int64(i+1), 0)
		}
		return j.finishRows(ctx, v)
	})
	return errors.Join(err, d.Close()) // closing folds everything into the one file
}

// copyBlobs copies what the rows name.
func (j *job) copyBlobs(ctx context.Context) error {
	return j.refs.each(func(r reference) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		blob, size, err := j.Blobs.Get(ctx, r.ID)
		if errs.Is(err, errs.NotFound) {
			j.m.Missing = append(j.m.Missing, r.ID)
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading attachment %s: %w", r.ID, err)
		}
		defer blob.Close()
		sum, err := j.out.add(blobsFolder+r.ID.String(), size, blob)
		if err != nil {
			return err
		}
		if r.Sum != [32]byte{} && r.Sum != [32]byte(sum) {
			j.m.Changed = append(j.m.Changed, r.ID)
		}
		j.m.Blobs++
		j.m.BlobBytes += size
		j.Progress.tell("attachments", j.m.Blobs, j.m.BlobBytes)
		return nil
	})
}

// ToFile writes a backup to a new file at path. Until it is complete and on disk
// it is called path.part; a failure leaves neither. A file that exists is never
// overwritten. Scratch is beside it, where there must be room for the copy of
// the database.
func ToFile(ctx context.Context, s Source, path string) (Manifest, error) {
	if err := mustNotExist(path); err != nil {
		return Manifest{}, err
	}
	part := path + ".part"
	file, err := os.OpenFile(part, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return Manifest{}, fmt.Errorf("making the backup file: %w", err)
	}
	defer file.Close()
	// What a killed backup left is taken over, what a running one writes is not.
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return Manifest{}, fmt.Errorf("another backup is writing %s: wait for it, or choose another name", part)
	}
	m, err := writeFile(ctx, s, file, path)
	if err != nil {
		return m, errors.Join(err, os.Remove(part))
	}
	return m, nil
}

func writeFile(ctx context.Context, s Source, file *os.File, path string) (Manifest, error) {
	if err := file.Truncate(0); err != nil {
		return Manifest{}, fmt.Errorf("making the backup file: %w", err)
	}
	m, err := Make(ctx, s, filepath.Dir(path), file)
	if err != nil {
		return m, err
	}
	if err := file.Sync(); err != nil {
		return m, fmt.Errorf("putting the backup on disk: %w", err)
	}
	if err := mustNotExist(path); err != nil {
		return m, err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return m, fmt.Errorf("naming the backup: %w", err)
	}
	return m, syncFolder(filepath.Dir(path))
}

func mustNotExist(path string) error {
	_, err := os.Lstat(path)
	if err == nil {
		return fmt.Errorf("%s exists already: a backup overwrites nothing, choose another name", path)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("making the backup file: %w", err)
	}
	return nil
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("putting the backup on disk: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("putting the backup on disk: %w", err)
	}
	return nil
}
