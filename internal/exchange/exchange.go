// Package exchange carries a desk out into files that other programs can read,
// and brings files in: those of an export, and mails and tables of others.
//
// # Export
//
// An export is a folder, or the same as one tar.gz file:
//
//	brands.jsonl … events.jsonl   one file per kind, one record per line (see kinds.go)
//	files/ab/ab12…                attachments and raw mails, named by their SHA-256
//	manifest.json                 versions, counts and hashes; without it an export was cut off
//
// The format is a table, kinds.go, which the exporter and the importer both
// follow, so that what one writes the other reads. docs/api/export-format.md
// describes it for people; tests compare the table with that page and with the
// schema of the database: a column nobody thought of fails them.
//
// The tables of all packages are read here, in one place, because a bulk reader
// in each of them would be the same code a dozen times. What belongs to a
// customer is opened and sealed as its package does it.
//
// Two exports of the same desk are equal byte for byte, also if one lies on
// SQLite and the other on PostgreSQL.
//
// # Mails and tables of others
//
// mbox, Maildir and CSV are read from the front to the end in constant memory and
// brought into an existing desk by package intake, which finds cases as for mail
// that arrives, but promises, acknowledges and sends nothing.
package exchange

import (
	"context"
	"io"
	"log/slog"

	"lotse/internal/platform/blob"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
	"lotse/internal/platform/seal"
)

// FormatName and FormatVersion say what an export is. A program reads its own
// version and all before it.
const (
	FormatName    = "lotse-export"
	FormatVersion = 1
)

const manifestName = "manifest.json"

// Desk is a desk to export from or import into.
type Desk struct {
	DB       *db.DB
	Seal     *seal.Sealer
	Blobs    Blobs
	Clock    clock.Clock
	Program  string   // version of this program
	Progress Progress // may be nil
	Log      *slog.Logger
}

// Blobs is where attachments and large mails lie.
type Blobs interface {
	// Get returns a blob's bytes and how many they are; errs.NotFound if there is
	// none.
	Get(ctx context.Context, id ids.ID) (io.ReadCloser, int64, error)
	// Put stores what r yields and returns once it is on disk.
	Put(ctx context.Context, r io.Reader) (blob.Info, error)
	// Remove deletes a blob.
	Remove(ctx context.Context, id ids.ID) error
}

// Progress is told how far a long piece of work is: what is being done, and how
// many things and bytes of it are done. It is called often and must be quick.
type Progress func(doing string, things, bytes int64)

func (p Progress) tell(doing string, things, bytes int64) {
	if p != nil {
		p(doing, things, bytes)
	}
}

// Manifest says what a complete export holds. It has no time, so that two
// exports of the same desk are equal.
type Manifest struct {
	Format  string `json:"format"`  // FormatName
	Version int    `json:"version"` // FormatVersion
	Program string `json:"program"` // version of Lotse that wrote it
	Kinds   []Part `json:"kinds"`   // in the order in which they are read
	Files   Files  `json:"files"`
	// Missing are the hashes of files that records name and that could not be
	// read: the desk itself was damaged before.
	Missing []string `json:"missing,omitempty"`
}

// Part is the file of one kind.
type Part struct {
	Kind    string `json:"kind"`
	File    string `json:"file"`
	Records int64  `json:"records"`
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"`
}

// Files sums the folder of files up.
type Files struct {
	Count  int64  `json:"count"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // over "HASH SIZE\n" of each file, in order of hash
}

// Records returns how many records of a kind there are.
func (m Manifest) Records(kind string) int64 {
	for _, p := range m.Kinds {
		if p.Kind == kind {
			return p.Records
		}
	}
	return 0
}

// fileName is where a file of an export lies, by its hash.
func fileName(hash string) string { return "files/" + hash[:2] + "/" + hash }
