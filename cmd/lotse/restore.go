package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"

	"lotse/internal/backup"
	"lotse/internal/platform/clock"
)

type restoreCommand struct {
	place

	File        string `arg:"" help:"Backup to restore; - is the standard input." placeholder:"FILE"`
	SendWaiting bool   `help:"Let messages that waited when the backup was made be sent. Else staff decide on each, because it may have been sent since."`
}

// Run puts a backup into an empty data folder and, if one is named, an empty
// database, and verifies it.
func (r *restoreCommand) Run(ctx context.Context) error {
	in, err := openBackup(r.File)
	if err != nil {
		return err
	}
	defer in.Close()
	tell, end := newProgress()
	m, report, err := backup.Restore(ctx, in, backup.Target{
		Data: r.Data, Database: r.url(), Clock: clock.System{}, Log: logger(r.settings()), Progress: tell, SendWaiting: r.SendWaiting,
	})
	end()
	if err != nil {
		if !report.OK() {
			show(os.Stderr, report)
		}
		return fmt.Errorf("nothing was restored: %w", err)
	}
	fmt.Printf("Restored: %s\n", summary(m))
	show(os.Stdout, report)
	if !r.SendWaiting {
		fmt.Println("Messages that waited to be sent are not sent by themselves: staff find them among the deliveries that went wrong.")
	}
	return nil
}

func openBackup(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(bufio.NewReader(os.Stdin)), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("opening the backup: %w", err)
	}
	return f, nil
}
