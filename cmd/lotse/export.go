package main

import (
	"context"
	"fmt"
	"os"

	"lotse/internal/exchange"
	"lotse/internal/platform/clock"
	"lotse/internal/platform/seal"
)

type exportCommand struct {
	place

	Path string `arg:"" help:"New folder to write, or new file if it ends in .tar.gz." placeholder:"FOLDER|FILE.tar.gz" type:"path"`
}

// Run exports a desk, running or not.
func (e *exportCommand) Run(ctx context.Context) error {
	d, blobs, err := e.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	keys, err := seal.Load(ctx, d, clock.System{})
	if err != nil {
		return err
	}
	tell, end := newProgress()
	m, err := exchange.Export(ctx, exchange.Desk{DB: d, Seal: keys, Blobs: blobs, Clock: clock.System{}, Program: version,
		Progress: exchange.Progress(tell), Log: logger(e.settings())}, e.Path)
	end()
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "Exported: %s\n", exported(m))
	if n := len(m.Missing); n > 0 {
		return fmt.Errorf("the export is complete, but %d files of the desk are missing or were changed: see lotse verify", n)
	}
	return nil
}

// exported says what is in an export.
func exported(m exchange.Manifest) string {
	return fmt.Sprintf("%d cases, %d messages, %d customers, %d threads, %d events, %d files (%s)", m.Records("cases"), m.Records("messages"),
		m.Records("customers"), m.Records("threads"), m.Records("events"), m.Files.Count, size(m.Files.Bytes))
}
