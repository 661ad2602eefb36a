package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// LoadReport says what an import brought, and what could not come along.
type LoadReport struct {
	Manifest  Manifest
	Staff     int64 // people who have to be invited anew
	Mailboxes int64 // whose relay needs its password again
	Unsent    int64 // messages that waited to be sent: staff decide
}

// Load brings an export into an empty desk, in one transaction: if it fails or is
// interrupted, the desk is as empty as before. It must not be running. A desk
// that holds anything is refused.
func Load(ctx context.Context, d Desk, s *Source) (LoadReport, error) {
	l := &loader{Desk: d, source: s}
	err := d.DB.Write(ctx, func(_ context.Context, tx *db.Tx) error {
		l.dropBlobs(ctx) // a transaction may run twice
		l.report, l.later, l.tx = LoadReport{Manifest: s.Manifest}, nil, tx
		return l.run(ctx)
	})
	if err != nil {
		l.dropBlobs(ctx)
		return LoadReport{}, fmt.Errorf("importing: %w", err)
	}
	return l.report, nil
}

const (
	rowsAtOnce  = 200
	bytesAtOnce = 4 << 20
)

// loader is one import.
type loader struct {
	Desk
	ctx    context.Context
	source *Source
	tx     *db.Tx
	report LoadReport
	blobs  []ids.ID // stored so far
	later  []pointer
}

// pointer is a reference between records of one kind, set once all are there.
type pointer struct {
	column   string
	from, to ids.ID
}

func (l *loader) run(ctx context.Context) error {
	l.ctx = ctx
	if err := l.mustBeEmpty(); err != nil {
		return err
	}
	for _, k := range kinds {
		if err := l.kind(k); err != nil {
			return err
		}
	}
	for _, table := range []string{"events", "envelopes"} {
		if err := l.tx.AdvanceSerial(ctx, table, "seq"); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) mustBeEmpty() error {
	for _, table := range []string{"brands", "staff", "customers", "cases", "threads"} {
		some, err := l.tx.NewSelect().TableExpr(table).Exists(l.ctx)
		if err != nil {
			return fmt.Errorf("looking whether the desk is empty: %w", err)
		}
		if some {
			return fmt.Errorf("the desk is not empty (it has %s): an export is imported into a new data folder or database", table)
		}
	}
	return nil
}

func (l *loader) dropBlobs(ctx context.Context) {
	for _, id := range l.blobs {
		if err := l.Blobs.Remove(context.WithoutCancel(ctx), id); err != nil {
			l.Log.Warn("what was imported of a file could not be removed", "blob", id, "error", err)
		}
	}
	l.blobs = nil
}

// kind imports the records of one kind.
func (l *loader) kind(k *kind) error {
	b := &batch{loader: l, kind: k}
	var n int64
	err := l.source.each(l.ctx, k, func(_ int64, members map[string]json.RawMessage) error {
		n++
		l.Progress.tell(k.name, n, 0)
		return b.add(members)
	})
	if err == nil {
		err = b.flush()
	}
	if err == nil && n != l.source.Manifest.Records(k.name) {
		err = fmt.Errorf("the manifest says %d records, there are %d", l.source.Manifest.Records(k.name), n)
	}
	if err == nil {
		err = l.setPointers(k)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", k.name, err)
	}
	switch k.name {
	case "staff":
		l.report.Staff = n
	case "mailboxes":
		l.report.Mailboxes = n
	}
	return nil
}

func (l *loader) setPointers(k *kind) error {
	for _, p := range l.later {
		res, err := l.tx.NewRaw("UPDATE ? SET ? = ? WHERE id = ?", bun.Ident(k.table), bun.Ident(p.column), p.to, p.from).Exec(l.ctx)
		if err != nil {
			return fmt.Errorf("setting %s: %w", p.column, err)
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, fmt.Errorf("setting %s: %d rows", p.column, n))
		}
	}
	l.later = nil
	return nil
}

// batch gathers records and inserts them with one statement per table.
type batch struct {
	*loader
	kind  *kind
	rows  []*record
	kids  [][]*record // by child, all of the batch
	bytes int
}

// add parses one record.
func (b *batch) add(members map[string]json.RawMessage) error {
	for _, raw := range members {
		b.bytes += len(raw)
	}
	r, err := parseRecord(b.kind.fields, members)
	if err != nil {
		return err
	}
	for i, x := range b.kind.fields {
		if to, ok := r.values[x.column].(ids.ID); x.later && ok {
			b.later = append(b.later, pointer{b.kind.fields[i].column, r.values["id"].(ids.ID), to})
			r.values[x.column] = nil
		}
	}
	if b.kids == nil {
		b.kids = make([][]*record, len(b.kind.kids))
	}
	for i, c := range b.kind.kids {
		rows, err := c.parse(members[c.name], r)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		b.kids[i] = append(b.kids[i], rows...)
		delete(members, c.name)
	}
	for name := range members {
		return fmt.Errorf("the format has no field %q", name)
	}
	b.rows = append(b.rows, r)
	if len(b.rows) < rowsAtOnce && b.bytes < bytesAtOnce {
		return nil
	}
	return b.flush()
}

// parseRecord reads the fields and takes them out of members.
func parseRecord(fields []field, members map[string]json.RawMessage) (*record, error) {
	r := &record{values: make(map[string]any, len(fields))}
	for _, x := range fields {
		value, err := x.parse(members[x.name])
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", x.name, err)
		}
		r.values[x.column] = value
		delete(members, x.name)
	}
	return r, nil
}

// parse reads the list of a record.
func (c *child) parse(raw json.RawMessage, parent *record) (rows []*record, err error) {
	if raw == nil {
		return nil, nil
	}
	var entries []json.RawMessage
	if c.single {
		entries = []json.RawMessage{raw}
	} else if err := json.Unmarshal(raw, &entries); err != nil {
		return nil, err
	}
	for _, entry := range entries {
		members := map[string]json.RawMessage{c.fields[0].name: entry}
		if !c.flat {
			members = nil
			if err := json.Unmarshal(entry, &members); err != nil {
				return nil, err
			}
		}
		r, err := parseRecord(c.fields, members)
		if err != nil {
			return nil, err
		}
		for name := range members {
			return nil, fmt.Errorf("the format has no field %q", name)
		}
		r.parent = parent
		rows = append(rows, r)
	}
	return rows, nil
}

// flush inserts what was gathered.
func (b *batch) flush() error {
	if len(b.rows) == 0 {
		return nil
	}
	if err := b.findOwners(); err != nil {
		return err
	}
	for _, r := range b.rows {
		b.seal(b.kind.fields, b.kind.lookups, r)
		if b.kind.adapt != nil {
			if err := b.kind.adapt(b.loader, r); err != nil {
				return err
			}
		}
		maps.Copy(r.values, b.kind.fixed)
	}
	if err := b.insert(b.kind.table, b.kind.columns(), b.rows); err != nil {
		return err
	}
	for i := range b.kids {
		c := &b.kind.kids[i]
		for _, r := range b.kids[i] {
			r.owner = r.parent.owner
			b.seal(c.fields, c.lookups, r)
			r.values[c.parent] = r.parent.values["id"]
			for column, from := range c.inherit {
				r.values[column] = r.parent.values[from]
			}
			if c.adapt != nil {
				c.adapt(r.parent, r.values)
			}
		}
		if err := b.insert(c.table, c.columns(), b.kids[i]); err != nil {
			return err
		}
	}
	b.rows, b.kids, b.bytes = nil, nil, 0
	return nil
}

// findOwners sets who the sealed fields of the records belong to.
func (b *batch) findOwners() error {
	table, column, _ := strings.Cut(b.kind.owner, ".")
	if table != "c" {
		for _, r := range b.rows {
			r.owner, _ = r.values[column].(ids.ID)
		}
		return nil
	}
	var which []ids.ID
	for _, r := range b.rows {
		id, _ := r.values["case_id"].(ids.ID)
		which = append(which, id)
	}
	slices.SortFunc(which, func(x, y ids.ID) int { return slices.Compare(x[:], y[:]) })
	var found []struct{ ID, CustomerID ids.ID }
	err := b.tx.NewRaw("SELECT id, customer_id FROM cases WHERE id IN (?)", bun.List(slices.Compact(which))).Scan(b.ctx, &found)
	if err != nil {
		return fmt.Errorf("reading the customers of cases: %w", err)
	}
	owners := make(map[ids.ID]ids.ID, len(found))
	for _, c := range found {
		owners[c.ID] = c.CustomerID
	}
	for _, r := range b.rows {
		id, _ := r.values["case_id"].(ids.ID)
		var known bool
		if r.owner, known = owners[id]; !known {
			return fmt.Errorf("there is no case %q", id)
		}
	}
	return nil
}

// seal seals what is stored sealed, and works out the keyed hashes.
func (b *batch) seal(fields []field, lookups []lookup, r *record) {
	for _, k := range lookups {
		i := slices.IndexFunc(fields, func(x field) bool { return x.name == k.field })
		plain := r.values[fields[i].column].(string)
		if k.of != nil {
			plain = k.of(plain)
		}
		r.values[k.column] = nil
		if plain != "" || !k.null {
			r.values[k.column] = b.Seal.Lookup(k.kind(r), plain)
		}
	}
	for _, x := range fields {
		owner := r.owner
		if x.owner != "" {
			owner, _ = r.values[x.owner].(ids.ID)
		}
		switch value := r.values[x.column].(type) {
		case string:
			if x.form == sealed {
				r.values[x.column] = b.Seal.Seal(owner, value)
			}
		case []byte:
			if x.form == sealedJSON && len(value) > 0 {
				r.values[x.column] = b.Seal.SealBytes(owner, value)
			}
		}
	}
}

func (k *kind) columns() []string {
	columns := columnsOf(k.fields, k.lookups)
	return append(append(columns, k.extra...), slices.Sorted(maps.Keys(k.fixed))...)
}

func (c *child) columns() []string {
	columns := append(columnsOf(c.fields, c.lookups), c.parent)
	return append(append(columns, c.extra...), slices.Sorted(maps.Keys(c.inherit))...)
}

func columnsOf(fields []field, lookups []lookup) (columns []string) {
	for _, x := range fields {
		columns = append(columns, x.column)
	}
	for _, k := range lookups {
		columns = append(columns, k.column)
	}
	return columns
}

// insert writes rows with as few statements as their number allows.
func (b *batch) insert(table string, columns []string, rows []*record) error {
	place := "(?" + strings.Repeat(", ?", len(columns)-1) + ")"
	for len(rows) > 0 {
		some := rows[:min(len(rows), rowsAtOnce)]
		rows = rows[len(some):]
		var args []any
		for _, r := range some {
			for _, column := range columns {
				args = append(args, r.values[column])
			}
		}
		query := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES " + place + strings.Repeat(", "+place, len(some)-1)
		if _, err := b.tx.NewRaw(query, args...).Exec(b.ctx); err != nil {
			return db.Classify(fmt.Errorf("adding rows to %s: %w", table, err))
		}
	}
	return nil
}
