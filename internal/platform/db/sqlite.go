package db

import (
	"errors"
	"net/url"

	"modernc.org/sqlite" // the driver; this file is all that knows it
	sqlite3 "modernc.org/sqlite/lib"
)

const sqliteDriver = "sqlite"

// sqliteDSN opens path with WAL and full sync: a commit that returned survives
// a power cut. cache_size is per connection, negative means KiB.
func sqliteDSN(path string, readOnly bool) string {
	// Times of the job queue are text that SQLite compares: all in one zone, or a
	// machine that is not set to UTC runs jobs hours too early or too late.
	q := url.Values{"_txlock": {"immediate"}, "_timezone": {"UTC"}}
	pragmas := []string{
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)",
		"temp_store(MEMORY)", "wal_autocheckpoint(4000)", "journal_size_limit(67108864)",
	}
	if readOnly {
		q.Set("_txlock", "deferred")
		pragmas = append(pragmas, "query_only(ON)", "cache_size(-8000)")
	} else {
		pragmas = append(pragmas, "cache_size(-32000)")
	}
	for _, p := range pragmas {
		q.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String()
}

func sqliteKind(err error) (failure, bool) {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0, false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CONSTRAINT:
		if e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY {
			return failedUnique, true
		}
		return failedOther, true
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return failedAway, true
	}
	return failedOther, true
}
