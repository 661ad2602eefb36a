// Package backup puts a whole desk into one file and gets it back, checks both,
// and keeps a copy before the schema is changed.
//
// A backup is a gzipped tar file. It is written from the front to the end, so it
// can go through a pipe, and it is read the same way:
//
//	lotse.json              what this is: format, database, versions, tables
//	database/lotse.db       SQLite: the database as a file
//	database/TABLE/000001   PostgreSQL: the rows as text of COPY, in pieces
//	blobs/ID                the bytes of attachments and large mails
//	sums/000001             SHA-256 of each part since the last such list
//	manifest.json           what must have been there; always the last part
//
// The lists of sums have the form of sha256sum, so that a backup can be checked
// with tar and sha256sum alone. A file without manifest was cut off.
//
// # One state
//
// The rows are of one moment: SQLite copies itself in one transaction
// (db.CopyTo), PostgreSQL is read in one REPEATABLE READ transaction (db.View).
// Bytes lie outside of the database and are copied after the rows. What the rows
// name is there at that moment, because bytes are stored before the row that
// names them is committed and removed by a job after it is gone; bytes added
// later have no row and are not looked at. It also has to stay there until it is
// copied: so a backup first takes a hold, a row among the leases, and the job
// that removes bytes waits as long as there is one (Held). A removal that looked
// before the hold was committed belongs to a row that was gone before, and so
// before the moment of the rows, too.
//
// Not in a backup: what is derived (the public index), what is of one process
// (locks, who leads the job queue), certificates, which are fetched anew, the
// setup code, which is made anew, and the settings outside of the data folder.
package backup

import (
	"context"
	"io"
	"log/slog"
	"time"

	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// Format is the version of the file's form. A program reads its own and all
// before it.
const Format = 1

// The two databases, as a backup names them.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Header is the first part of a backup.
type Header struct {
	Format   int        `json:"format"`
	Program  string     `json:"program"`  // version of Lotse that wrote it
	Database string     `json:"database"` // SQLite or Postgres
	Schema   int64      `json:"schema"`   // version of the schema
	Queue    int64      `json:"queue"`    // version of the job queue's tables
	Made     time.Time  `json:"made"`     // the moment it shows, in UTC
	Tables   []db.Table `json:"tables"`
}

// Manifest is the last part: what a complete backup holds.
type Manifest struct {
	Header
	Rows      map[string]int64 `json:"rows"` // by table
	Brands    int64            `json:"brands"`
	Sequences []db.Sequence    `json:"sequences,omitempty"`
	Blobs     int64            `json:"blobs"`
	BlobBytes int64            `json:"blob_bytes"`
	// Missing are blobs that rows name and that could not be found, Changed those
	// whose bytes are not the ones their row remembers: the desk itself was
	// damaged before.
	Missing []ids.ID `json:"missing,omitempty"`
	Changed []ids.ID `json:"changed,omitempty"`
	Parts   int64    `json:"parts"` // the lists of sums left out
	Sums    []string `json:"sums"`  // SHA-256 of each list of sums
}

// Blobs is where attachments and large mails lie.
type Blobs interface {
	// Get returns a blob's bytes and how many they are; errs.NotFound if there is
	// none.
	Get(ctx context.Context, id ids.ID) (io.ReadCloser, int64, error)
}

// Progress is told how far a long piece of work is: what is being done, and how
// many things and bytes of it are done. It is called often and must be quick.
type Progress func(doing string, things, bytes int64)

// Source is a desk to back up. It may be running.
type Source struct {
	DB       *db.DB
	Blobs    Blobs
	Clock    clock.Clock
	Program  string   // version of this program
	Progress Progress // may be nil
	Log      *slog.Logger
}

func (p Progress) tell(doing string, things, bytes int64) {
	if p != nil {
		p(doing, things, bytes)
	}
}

// Names of the parts.
const (
	headerName   = "lotse.json"
	manifestName = "manifest.json"
	databaseName = "database/lotse.db"
	tablesFolder = "database/"
	blobsFolder  = "blobs/"
	sumsFolder   = "sums/"
)
