package backup

import (
	"context"
	"errors"
	"fmt"
	"io"

	"lotse/internal/platform/db"
	"lotse/internal/platform/queue"
)

// beginPostgres takes an empty database into use: it gets the schema of the
// backup's version and is filled in one transaction, which is committed when the
// last part was read and found right.
func (rs *restore) beginPostgres(ctx context.Context) (err error) {
	if !db.IsPostgres(rs.Database) {
		return errors.New("this is a backup of a desk on PostgreSQL: set LOTSE_DATABASE to an empty PostgreSQL database")
	}
	if rs.db, err = db.Open(ctx, rs.Database); err != nil {
		return err
	}
	if err := mustBeEmpty(ctx, rs.db); err != nil {
		return err
	}
	if _, err := rs.db.Writer().ExecContext(ctx, "CREATE TABLE "+unfinishedTable+" ()"); err != nil {
		return fmt.Errorf("marking the database: %w", err)
	}
	rs.load = &loading{db: rs.db, ended: true}
	if err := rs.db.MigrateTo(ctx, rs.header.Schema); err != nil {
		return err
	}
	if err := queue.MigrateTo(ctx, rs.db, int(rs.header.Queue)); err != nil {
		return err
	}
	rs.load.begin(ctx, rs.header.Tables)
	return nil
}

func mustBeEmpty(ctx context.Context, d *db.DB) error {
	return d.View(ctx, func(ctx context.Context, v *db.View) error {
		tables, err := v.Tables(ctx)
		if err != nil {
			return err
		}
		if len(tables) > 0 {
			return fmt.Errorf("the database is not empty (it has a table %q): a backup is restored into an empty or new database only", tables[0].Name)
		}
		return nil
	})
}

// loading is the transaction that fills the database. It runs beside the reader
// of the backup, which hands pieces over.
type loading struct {
	db       *db.DB
	pieces   chan piece
	stop     chan struct{} // closed when no more pieces come
	done     chan error    // how the transaction ended, once
	ended    bool          // no transaction runs: it has not begun, or done was read
	manifest Manifest
}

// piece is a part of a table, or with last the manifest's turn.
type piece struct {
	table string
	r     io.Reader
	taken chan error
	last  bool
}

var errStopped = errors.New("the restore was given up")

func (l *loading) begin(ctx context.Context, tables []db.Table) {
	l.pieces, l.stop, l.done, l.ended = make(chan piece), make(chan struct{}), make(chan error, 1), false
	go l.run(ctx, tables)
}

func (l *loading) run(ctx context.Context, tables []db.Table) {
	l.done <- l.db.Load(ctx, func(ctx context.Context, into *db.Loader) error {
		known := map[string]db.Table{}
		for _, t := range tables {
			if t.IsBookkeeping() {
				continue
			}
			known[t.Name] = t
			if err := into.Empty(ctx, t); err != nil {
				return err
			}
		}
		for {
			select {
			case p := <-l.pieces:
				if p.last {
					return into.Advance(ctx, l.manifest.Sequences)
				}
				_, err := into.CopyIn(ctx, known[p.table], p.r)
				p.taken <- err
				if err != nil {
					return err
				}
			case <-l.stop:
				return errStopped
			}
		}
	})
}

// give hands a piece over and waits until it is taken.
func (l *loading) give(p piece) error {
	select {
	case l.pieces <- p:
	case err := <-l.done:
		l.ended = true
		return errors.Join(errors.New("the database gave up"), err)
	}
	if p.last {
		return nil
	}
	return <-p.taken
}

func (rs *restore) rows(ctx context.Context, table string, r io.Reader) error {
	if t := (db.Table{Name: table}); t.IsBookkeeping() {
		return nil // written by migrating
	}
	return rs.load.give(piece{table: table, r: r, taken: make(chan error, 1)})
}

// finish commits.
func (l *loading) finish(m Manifest) error {
	l.manifest = m
	if err := l.give(piece{last: true}); err != nil {
		return err
	}
	l.ended = true
	return <-l.done
}

// stopLoading ends a transaction that nobody will finish.
func (rs *restore) stopLoading(cause error) {
	if l := rs.load; l != nil && cause != nil && !l.ended {
		close(l.stop)
		<-l.done // it says no more than cause
		l.ended = true
	}
}

// unmark says that the database is complete.
func (l *loading) unmark(ctx context.Context) error {
	if _, err := l.db.Writer().ExecContext(ctx, "DROP TABLE "+unfinishedTable); err != nil {
		return fmt.Errorf("removing the mark of an unfinished restore: %w", err)
	}
	return nil
}

// dropAll selects the statements that remove what migrating made; what belongs to
// an extension stays.
const dropAll = `SELECT statement FROM (
	SELECT 1 AS turn, 'DROP TABLE ' || quote_ident(relname) || ' CASCADE' AS statement FROM pg_class
		WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
	UNION ALL SELECT 2, 'DROP FUNCTION ' || oid::regprocedure FROM pg_proc p WHERE pronamespace = current_schema()::regnamespace
		AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
	UNION ALL SELECT 3, 'DROP TYPE ' || quote_ident(typname) FROM pg_type t WHERE typtype = 'e' AND typnamespace = current_schema()::regnamespace
		AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = t.oid AND deptype = 'e')
	) AS parts ORDER BY turn`

// undo empties the database, which was empty before. The mark goes last.
func (l *loading) undo(ctx context.Context) error {
	err := l.db.Write(ctx, func(ctx context.Context, tx *db.Tx) error {
		var drop []string
		if err := tx.NewRaw(dropAll).Scan(ctx, &drop); err != nil {
			return err
		}
		for _, statement := range drop {
			if _, err := tx.NewRaw(statement).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("emptying the database again: %w", err)
	}
	return nil
}
