package backup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// reference is a blob that a row names. Sum is the SHA-256 of its bytes as the
// row remembers it, zero if it does not.
type reference struct {
	ID  ids.ID
	Sum [32]byte
}

// references is the list of all blobs that the rows of one moment name, each
// once. It lies in a file: a desk may have millions.
type references struct {
	file  *os.File
	count int64
}

const referenceSize = 16 + 32

// isBlobColumn reports whether a column names a blob. Every such column of the
// schema ends like this.
func isBlobColumn(column string) bool {
	return column == "blob_id" || strings.HasSuffix(column, "_blob_id")
}

// blobQuery selects each blob that a row of the tables names, with the SHA-256
// beside it, if the table keeps one.
func blobQuery(tables []db.Table) string {
	var selects []string
	for _, t := range tables {
		sum := "NULL"
		if slices.Contains(t.Columns, "sha256") {
			sum = "sha256"
		}
		for _, c := range t.Columns {
			if !isBlobColumn(c) {
				continue
			}
			if c != "blob_id" { // the sum is the one of blob_id
				sum = "NULL"
			}
			selects = append(selects, fmt.Sprintf("SELECT %s AS id, %s AS sum FROM %s WHERE %s IS NOT NULL", c, sum, t.Name, c))
		}
	}
	return strings.Join(selects, " UNION ") + " ORDER BY 1, 2"
}

// spool writes the list into a file of the folder scratch.
func (r *references) spool(ctx context.Context, v *db.View, tables []db.Table, scratch string) (err error) {
	if r.file, err = os.CreateTemp(scratch, "blobs-"); err != nil {
		return fmt.Errorf("listing attachments: %w", err)
	}
	if err := r.fill(ctx, v, tables); err != nil {
		return fmt.Errorf("listing attachments: %w", err)
	}
	return nil
}

func (r *references) fill(ctx context.Context, v *db.View, tables []db.Table) error {
	query := blobQuery(tables)
	if !strings.HasPrefix(query, "SELECT") {
		return nil
	}
	rows, err := v.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	out := bufio.NewWriter(r.file)
	var last reference
	for rows.Next() {
		var next reference
		var sum []byte
		if err := rows.Scan(&next.ID, &sum); err != nil {
			return err
		}
		copy(next.Sum[:], sum)
		if r.count > 0 && next.ID == last.ID { // named with and without a sum
			continue
		}
		last = next
		r.count++
		_, _ = out.Write(next.ID[:]) // Flush tells
		_, _ = out.Write(next.Sum[:])
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return out.Flush()
}

// each calls f for every reference.
func (r *references) each(f func(reference) error) error {
	if _, err := r.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reading the list of attachments: %w", err)
	}
	in := bufio.NewReader(r.file)
	var raw [referenceSize]byte
	for {
		_, err := io.ReadFull(in, raw[:])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the list of attachments: %w", err)
		}
		if err := f(reference{ID: ids.ID(raw[:16]), Sum: [32]byte(raw[16:])}); err != nil {
			return err
		}
	}
}

// close ends the use of the list; its folder is removed as a whole.
func (r *references) close() {
	if r.file != nil {
		r.file.Close()
	}
}
