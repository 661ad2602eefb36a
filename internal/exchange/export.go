package exchange

import (
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"lotse/internal/backup"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
)

// Export writes the whole desk to a new folder, or a new tar.gz file if the name
// ends so, and returns what it holds. The desk may be running: all records are of
// one moment. Until it is complete, path is called path.part; a failure leaves
// neither. What exists is never overwritten.
func Export(ctx context.Context, d Desk, path string) (Manifest, error) {
	out, err := newSink(path)
	if err != nil {
		return Manifest{}, err
	}
	// Before the moment of the records, so that the files they name stay.
	check, release, err := backup.Keep(ctx, backup.Source{DB: d.DB, Clock: d.Clock, Log: d.Log})
	if err != nil {
		out.discard()
		return Manifest{}, err
	}
	defer release()
	e := &exporter{Desk: d, out: out, m: Manifest{Format: FormatName, Version: FormatVersion, Program: d.Program}}
	err = d.DB.View(ctx, e.run)
	if err == nil {
		err = check()
	}
	if err == nil {
		err = e.finish()
	}
	if err != nil {
		out.discard()
		return Manifest{}, fmt.Errorf("exporting: %w", err)
	}
	return e.m, nil
}

type exporter struct {
	Desk
	out sink
	m   Manifest
}

func (e *exporter) run(ctx context.Context, v *db.View) error {
	if have, _, err := v.SchemaVersion(ctx); err != nil || have != db.KnownSchema() {
		if err == nil {
			err = fmt.Errorf("the database has schema %d, this program knows %d: start the desk once with this program, then export it", have, db.KnownSchema())
		}
		return err
	}
	for _, k := range kinds {
		part, err := e.kind(ctx, v, k)
		if err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		e.m.Kinds = append(e.m.Kinds, part)
	}
	return e.files(ctx, v)
}

func (e *exporter) finish() error {
	text, err := json.MarshalIndent(e.m, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	w, err := e.out.create(manifestName)
	if err != nil {
		return err
	}
	if _, err := w.Write(append(text, '\n')); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return e.out.close()
}

// kind writes the file of one kind.
func (e *exporter) kind(ctx context.Context, v *db.View, k *kind) (Part, error) {
	file, err := e.out.create(k.file())
	if err != nil {
		return Part{}, err
	}
	defer file.Close()
	w := &lines{kind: k, seal: e.Seal, sum: sha256.New(), tell: func(n int64) { e.Progress.tell(k.name, n, 0) }}
	w.to = bufio.NewWriterSize(io.MultiWriter(file, w.sum), 64<<10)
	if len(k.key) == 0 {
		err = w.few(ctx, v)
	} else {
		err = w.pages(ctx, v)
	}
	if err != nil {
		return Part{}, err
	}
	if err := w.to.Flush(); err != nil {
		return Part{}, err
	}
	if err := file.Close(); err != nil {
		return Part{}, err
	}
	return Part{Kind: k.name, File: k.file(), Records: w.records, Bytes: w.bytes, SHA256: hex.EncodeToString(w.sum.Sum(nil))}, nil
}

// lines writes the records of one kind.
type lines struct {
	kind    *kind
	seal    *seal.Sealer
	to      *bufio.Writer
	sum     hash.Hash
	records int64
	bytes   int64
	tell    func(int64)
}

func (w *lines) write(line []byte) error {
	line = append(line, '\n')
	w.records++
	w.bytes += int64(len(line))
	w.tell(w.records)
	_, err := w.to.Write(line)
	return err
}

// few writes a kind of few records in the order of its lines.
func (w *lines) few(ctx context.Context, v *db.View) error {
	var all []string
	_, err := w.read(ctx, v, w.kind.query(), nil, func(r *record) error {
		line, err := w.line(r, nil)
		all = append(all, string(line))
		return err
	})
	if err != nil {
		return err
	}
	slices.Sort(all)
	for _, line := range all {
		if err := w.write([]byte(line)); err != nil {
			return err
		}
	}
	return nil
}

// pages writes a kind page by page.
func (w *lines) pages(ctx context.Context, v *db.View) error {
	size := w.kind.page
	if size == 0 {
		size = pageSize
	}
	var after []any
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		query, args := w.pageQuery(after, size)
		last, n, err := w.page(ctx, v, query, args)
		if err != nil {
			return err
		}
		if n < size {
			return nil
		}
		after = w.keyOf(last)
	}
}

func (w *lines) pageQuery(after []any, size int) (query string, args []any) {
	key := "t." + strings.Join(w.kind.key, ", t.")
	var where []string
	if w.kind.where != "" {
		where = append(where, w.kind.where)
	}
	if after != nil {
		where = append(where, "("+key+") > (?"+strings.Repeat(", ?", len(after)-1)+")")
		args = append(args, after...)
	}
	query = w.kind.query()
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	return fmt.Sprintf("%s ORDER BY %s LIMIT %d", query, key, size), args
}

func (w *lines) keyOf(r *record) []any {
	key := make([]any, len(w.kind.key))
	for i, column := range w.kind.key {
		switch v := r.cells[w.kind.at(column)].(type) {
		case *ids.ID:
			key[i] = *v
		case *sql.NullInt64:
			key[i] = v.Int64
		}
	}
	return key
}

// page writes one page and returns its last record and how many there were.
// Records without children are written as they come.
func (w *lines) page(ctx context.Context, v *db.View, query string, args []any) (last *record, n int, err error) {
	if len(w.kind.kids) == 0 {
		n, err = w.read(ctx, v, query, args, func(r *record) error {
			last = r
			line, err := w.line(r, nil)
			if err != nil {
				return err
			}
			return w.write(line)
		})
		return last, n, err
	}
	var page []*record
	if n, err = w.read(ctx, v, query, args, func(r *record) error { page = append(page, r); return nil }); err != nil || n == 0 {
		return nil, n, err
	}
	kids, err := w.children(ctx, v, page)
	if err != nil {
		return nil, n, err
	}
	for i, r := range page {
		line, err := w.line(r, kids[i])
		if err != nil {
			return nil, n, err
		}
		if err := w.write(line); err != nil {
			return nil, n, err
		}
	}
	return page[n-1], n, nil
}

// read runs a query of the kind and hands over each record.
func (w *lines) read(ctx context.Context, v *db.View, query string, args []any, each func(*record) error) (n int, err error) {
	rows, err := v.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		r := &record{cells: cells(w.kind.fields)}
		if err := rows.Scan(append([]any{&r.owner}, r.cells...)...); err != nil {
			return n, err
		}
		if err := each(r); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

// children reads the lists of the records of a page: for each record, the JSON of
// each list.
func (w *lines) children(ctx context.Context, v *db.View, page []*record) ([][][]byte, error) {
	at := make(map[ids.ID]int, len(page))
	which := make([]ids.ID, len(page))
	all := make([][][]byte, len(page))
	for i, r := range page {
		which[i] = *r.cells[0].(*ids.ID) // every kind with children begins with its id
		at[which[i]] = i
		all[i] = make([][]byte, len(w.kind.kids))
	}
	for n, c := range w.kind.kids {
		columns := make([]string, len(c.fields))
		for i, x := range c.fields {
			columns[i] = x.column
		}
		query := fmt.Sprintf("SELECT %s, %s FROM %s WHERE %s IN (?) ORDER BY %s, %s", c.parent, strings.Join(columns, ", "), c.table, c.parent, c.parent, c.order)
		err := eachRow(ctx, v, query, []any{bun.List(which)}, func(scan func(...any) error) error {
			var parent ids.ID
			r := &record{cells: cells(c.fields)}
			if err := scan(append([]any{&parent}, r.cells...)...); err != nil {
				return err
			}
			i := at[parent]
			r.owner = page[i].owner
			entry, err := c.entry(w, r)
			if list := all[i][n]; len(list) > 0 {
				entry = append(append(list, ','), entry...)
			}
			all[i][n] = entry
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return all, nil
}

func eachRow(ctx context.Context, v *db.View, query string, args []any, each func(scan func(...any) error) error) error {
	rows, err := v.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// entry is one element of a list.
func (c *child) entry(w *lines, r *record) ([]byte, error) {
	if c.flat {
		return c.fields[0].value(w.seal, r.owner, r.cells[0])
	}
	b, err := appendFields([]byte{'{'}, w.seal, c.fields, r)
	return append(b, '}'), err
}

func (w *lines) line(r *record, kids [][]byte) ([]byte, error) {
	b, err := appendFields([]byte{'{'}, w.seal, w.kind.fields, r)
	if err != nil {
		return nil, err
	}
	for i, list := range kids {
		if len(list) == 0 {
			continue
		}
		b = appendName(b, w.kind.kids[i].name)
		if w.kind.kids[i].single {
			b = append(b, list...)
		} else {
			b = append(append(append(b, '['), list...), ']')
		}
	}
	return append(b, '}'), nil
}
