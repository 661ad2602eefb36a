package main

import (
	"context"
	"fmt"
	"os"

	"lotse/internal/app"
	"lotse/internal/config"
	"lotse/internal/demo"
)

type demoCommand struct {
	Data  string `help:"Folder of the demo." default:"./lotse-demo" type:"path" placeholder:"DIR"`
	HTTP  string `name:"http" help:"Address of the web server." default:"127.0.0.1:8080" placeholder:"ADDR"`
	SMTP  string `name:"smtp" help:"Address of the mail server." default:"127.0.0.1:2525" placeholder:"ADDR"`
	Fresh bool   `help:"Start over: what was done in the demo is lost."`
}

// Run shows the demo until the program is told to stop.
func (d *demoCommand) Run(ctx context.Context) error {
	c := config.Config{Data: d.Data, HTTP: d.HTTP, SMTP: d.SMTP, MaxMail: 50 << 20, LogFormat: "text"}
	if d.Fresh {
		if err := demo.Remove(d.Data); err != nil {
			return err
		}
	}
	return demo.Run(ctx, c, logger(c), func(s app.Started) {
		fmt.Fprintf(os.Stdout, `
  Stadtwerke Lindenau is open:

    %s        the workspace
    %s          takes mail for %s
    %s/sent    keeps what the desk sends

  Sign in with the password %s as

`, s.URL, s.Addresses["email"], demo.Mailbox, d.Data, demo.Password)
		for _, p := range demo.Colleagues() {
			fmt.Printf("    %-26s %s (%s, %s)\n", p.Email, p.Name, p.Role, p.Team)
		}
		fmt.Println()
	})
}
