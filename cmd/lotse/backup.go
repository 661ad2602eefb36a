package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"lotse/internal/backup"
	"lotse/internal/config"
	"lotse/internal/platform/blob"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/db"
)

// place is where a desk lies. It has the names of the settings of lotse serve.
type place struct {
	Data      string `help:"Folder for the database, attachments and keys." default:"./lotse-data" env:"LOTSE_DATA" type:"path" placeholder:"DIR"`
	Database  string `help:"Database: postgres://… or sqlite:FILE. Default: a SQLite file in the data folder." env:"LOTSE_DATABASE" placeholder:"URL"`
	LogFormat string `help:"Form of the log: text or json." default:"text" enum:"text,json" env:"LOTSE_LOG_FORMAT"`
}

// settings are the place's part of the settings.
func (p place) settings() config.Config {
	return config.Config{Data: p.Data, Database: p.Database, LogFormat: p.LogFormat}
}

func (p place) url() string { return p.settings().DatabaseURL() }

// open opens a desk that is there, running or not; it makes none.
func (p place) open(ctx context.Context) (*db.DB, *blob.Folder, error) {
	if path := db.Path(p.url()); path != "" {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fmt.Errorf("there is no desk in %s: name its folder with --data or LOTSE_DATA", p.Data)
		}
	}
	if err := backup.CheckFolder(p.Data); err != nil {
		return nil, nil, err
	}
	d, err := db.Open(ctx, p.url())
	if err != nil {
		return nil, nil, err
	}
	blobs, err := blob.Open(filepath.Join(p.Data, "blobs"))
	if err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	return d, blobs, nil
}

type backupCommand struct {
	place

	File string `arg:"" help:"New file to write, such as lotse-2026-11-22.tar.gz; - is the standard output." placeholder:"FILE"`
}

// Run backs a desk up, running or not.
func (b *backupCommand) Run(ctx context.Context) error {
	d, blobs, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	tell, end := newProgress()
	s := backup.Source{DB: d, Blobs: blobs, Clock: clock.System{}, Program: version, Progress: tell, Log: logger(b.settings())}
	var m backup.Manifest
	if b.File == "-" {
		m, err = backup.Make(ctx, s, b.Data, os.Stdout)
	} else {
		m, err = backup.ToFile(ctx, s, b.File)
	}
	end()
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "Backed up: %s\n", summary(m))
	if err := backup.NoteLast(b.Data, m.Made); err != nil {
		return err
	}
	if err := backup.NoteLast(b.Data, m.Made); err != nil { // the backup is good all the same
		fmt.Fprintf(os.Stderr, "The desk's figures will not show this backup: %v\n", err)
	}
	if n := len(m.Missing) + len(m.Changed); n > 0 {
		return fmt.Errorf("the backup is complete, but %d attachments of the desk are missing or were changed: see lotse verify", n)
	}
	return nil
}

// summary says what is in a backup.
func summary(m backup.Manifest) string {
	var rows int64
	for _, n := range m.Rows {
		rows += n
	}
	return fmt.Sprintf("%d cases, %d messages, %d customers (%d rows in %d tables), %d attachments and large mails (%s); %s, schema %d, Lotse %s, %s",
		m.Rows["cases"], m.Rows["messages"], m.Rows["customers"], rows, len(m.Rows), m.Blobs, size(m.BlobBytes),
		m.Database, m.Schema, m.Program, m.Made.Format("2006-01-02 15:04:05 MST"))
}
