package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"lotse/internal/platform/errs"
)

type failure uint8

const (
	failedOther  failure = iota // a bug or an unknown error
	failedUnique                // a uniqueness was broken
	failedAway                  // the database is away, full or overloaded
)

// Classify gives a driver's error its kind: sql.ErrNoRows is errs.NotFound, a
// broken uniqueness errs.Conflict, an outage errs.Unavailable. Errors that have
// a kind already, and nil, pass unchanged.
func Classify(err error) error {
	var known *errs.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return errs.Wrap(errs.NotFound, err, "reading a row")
	}
	switch failureOf(err) {
	case failedUnique:
		return errs.Wrap(errs.Conflict, err, "writing a row")
	case failedAway:
		return errs.Wrap(errs.Unavailable, err, "using the database")
	}
	return err
}

func failureOf(err error) failure {
	if f, ok := sqliteKind(err); ok {
		return f
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return postgresFailure(pg.Code)
	}
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &connect), errors.As(err, &network),
		errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return failedAway
	case errors.Is(err, context.DeadlineExceeded):
		return failedAway
	case strings.Contains(err.Error(), "conn closed"), strings.Contains(err.Error(), "database is closed"):
		return failedAway
	}
	return failedOther
}

// postgresFailure reads a SQLSTATE (PostgreSQL manual, appendix A).
func postgresFailure(code string) failure {
	switch {
	case code == "23505":
		return failedUnique
	case strings.HasPrefix(code, "08"), // connection exception
		strings.HasPrefix(code, "53"),  // insufficient resources: disk full, too many connections
		strings.HasPrefix(code, "57P"), // shutdown, starting up
		strings.HasPrefix(code, "58"),  // system error
		code == "25006",                // read-only: a standby after failover
		code == "55P03":                // lock not available
		return failedAway
	}
	return failedOther
}

// isTransient reports whether trying the same transaction again is the cure.
func isTransient(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}
