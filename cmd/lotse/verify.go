package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"lotse/internal/backup"
	"lotse/internal/platform/clock"
)

type verifyCommand struct {
	place

	File string `arg:"" optional:"" help:"Backup to verify, - for the standard input. Without it, the desk in the data folder is verified." placeholder:"FILE"`
}

// Run verifies a backup or a desk, running or not.
func (v *verifyCommand) Run(ctx context.Context) error {
	if v.File != "" {
		return v.backup(ctx)
	}
	d, blobs, err := v.open(ctx)
	if err != nil {
		return err
	}
	defer d.Close()
	tell, end := newProgress()
	report, err := backup.Verify(ctx, backup.Desk{
		DB: d, Blobs: blobs, Index: filepath.Join(v.Data, "search"), Clock: clock.System{}, Scratch: v.Data, Progress: tell, Log: logger(v.settings()),
	})
	end()
	if err != nil {
		return err
	}
	show(os.Stdout, report)
	if !report.OK() {
		return errors.New("this desk is not sound")
	}
	return nil
}

func (v *verifyCommand) backup(ctx context.Context) error {
	in, err := openBackup(v.File)
	if err != nil {
		return err
	}
	defer in.Close()
	tell, end := newProgress()
	m, err := backup.Check(ctx, in, tell)
	end()
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "The backup is complete and unchanged: %s\n", summary(m))
	if n := len(m.Missing) + len(m.Changed); n > 0 {
		fmt.Fprintf(os.Stdout, "When it was made, %d attachments of the desk were missing or had been changed.\n", n)
	}
	return nil
}

// show prints one line per check, and below it what is wrong and what to do.
func show(to io.Writer, r backup.Report) {
	for _, f := range r.Findings {
		word := "ok"
		if len(f.Faults) > 0 {
			word = "FAULT"
		}
		fmt.Fprintf(to, "%-6s %-15s %9d  %s\n", word, f.Check, f.Count, f.Note)
		for _, fault := range f.Faults {
			fmt.Fprintf(to, "         %s\n", fault)
		}
		if f.More > 0 {
			fmt.Fprintf(to, "         and %d more\n", f.More)
		}
		if len(f.Faults) > 0 {
			fmt.Fprintf(to, "         What to do: %s.\n", f.Remedy)
		}
	}
}
