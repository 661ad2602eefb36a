package main

import (
	"context"
	"fmt"

	"lotse/internal/config"
	"lotse/internal/platform/db"
)

type settingsCommand struct {
	Check checkCommand `cmd:"" help:"Say what is wrong with the settings."`
}

type checkCommand struct {
	config.Config
}

// Run checks every setting and whether the database answers. It changes nothing.
func (c *checkCommand) Run(ctx context.Context) error {
	if err := c.Config.Check(); err != nil {
		return err
	}
	if db.IsPostgres(c.DatabaseURL()) {
		d, err := db.Open(ctx, c.DatabaseURL())
		if err != nil {
			return err
		}
		d.Close()
	}
	fmt.Printf("Settings are fine.\n  data folder  %s\n  web          %s at %s\n  mail         %s as %s\n", c.Data, c.PublicURL(), c.HTTP, orNone(c.SMTP), c.MailHost())
	return nil
}

func orNone(s string) string {
	if s == "" {
		return "(off)"
	}
	return s
}
