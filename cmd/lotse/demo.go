package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"lotse/internal/access"
	"lotse/internal/app"
	"lotse/internal/config"
	"lotse/internal/demo"
	"lotse/internal/platform/i18n"
)

type demoCommand struct {
	Data  string `help:"Folder of the demo." default:"./lotse-demo" type:"path" placeholder:"DIR"`
	HTTP  string `name:"http" help:"Address of the web server." default:"127.0.0.1:8080" placeholder:"ADDR"`
	SMTP  string `name:"smtp" help:"Address of the mail server." default:"127.0.0.1:2525" placeholder:"ADDR"`
	Fresh bool   `help:"Start over: what was done in the demo is lost."`
	Small bool   `help:"A dozen cases instead of three hundred."`
}

// Run shows the demo until the program is told to stop.
func (d *demoCommand) Run(ctx context.Context) error {
	c := config.Config{Data: d.Data, HTTP: d.HTTP, SMTP: d.SMTP, MaxMail: 50 << 20, LogFormat: "text"}
	if d.Fresh {
		if err := demo.Remove(d.Data); err != nil {
			return err
		}
	}
	o := demo.Options{Log: logger(c), Program: version}
	if d.Small {
		o.Size = demo.Small
	}
	p := printer()
	o.Building = func() { fmt.Fprintf(os.Stdout, "\n  %s\n", p.T("demo.start.building", "URL", c.PublicURL())) }
	return demo.Show(ctx, c, o, func(s app.Started) { d.tell(p, s) })
}

// tell prints what to open and how to sign in.
func (d *demoCommand) tell(p *i18n.Printer, s app.Started) {
	line := func(what, where, text string) {
		fmt.Println(strings.TrimRight(fmt.Sprintf("    %-14s %-38s %s", what, where, text), " "))
	}
	fmt.Printf("\n  %s\n\n", p.T("demo.start.open"))
	line(p.T("demo.start.tour"), s.URL+demo.TourPath, "")
	line(p.T("demo.start.portal"), s.URL+"/", "")
	line(p.T("demo.start.sent"), s.URL+demo.MailPath, "")
	line(p.T("demo.start.mail"), p.T("demo.start.mail_at", "Address", demo.Mailbox, "Server", s.Addresses["email"]), "")
	fmt.Printf("\n  %s\n\n", p.T("demo.start.sign_in", "URL", s.URL+"/signin", "Password", demo.Password))
	told := map[access.Role]bool{}
	for _, c := range demo.Colleagues() {
		if !told[c.Role] {
			told[c.Role] = true
			line(p.T("demo.start."+c.Role.String()), c.Email, c.Name+", "+c.Team)
		}
	}
	line(p.T("demo.start.customer"), s.URL+demo.CustomerPath, p.T("demo.start.customer_text", "Name", "Heike Lorenz"))
	fmt.Printf("\n  %s\n\n", p.T("demo.start.end", "Folder", d.Data))
}
