package main

import (
	"context"
	"fmt"
	"path/filepath"

	"lotse/internal/app"
	"lotse/internal/config"
	"lotse/internal/setup"
)

type serveCommand struct {
	config.Config
}

// Run serves until the program is told to stop.
func (s *serveCommand) Run(ctx context.Context) error {
	log := logger(s.Config)
	a, err := app.New(ctx, s.Config, app.Options{Log: log, Program: version})
	if err != nil {
		return err
	}
	defer a.Close()
	return a.Run(ctx, func(st app.Started) {
		log.Info("lotse is ready", "version", version, "http", st.HTTP, "smtp", st.Addresses["email"], "url", st.URL)
		if st.SetupCode != "" {
			// To the terminal, not to the log: a log is kept and passed on.
			fmt.Printf("\nThis desk is empty. Open %s/setup and enter the code %s\n(it is also in %s)\n\n",
				st.URL, st.SetupCode, filepath.Join(s.Data, setup.CodeFile))
		}
	})
}
