package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"lotse/internal/app"
	"lotse/internal/config"
	"lotse/internal/setup"
	"lotse/internal/staff"
)

type adminCommand struct {
	Create createAdminCommand `cmd:"" help:"Add an administrator. On an empty desk, set it up too."`
}

type createAdminCommand struct {
	config.Config

	Email        string `required:"" help:"E-mail address to sign in with."`
	Name         string `required:"" help:"Name shown to customers and colleagues."`
	PasswordFile string `help:"File with the password; without it, it is asked for." type:"existingfile" placeholder:"FILE"`
	Language     string `help:"Language of the desk and the administrator." default:"de" enum:"de,en"`
	Brand        string `help:"Name of the brand, on an empty desk." default:"Lotse"`
	Region       string `help:"State whose holidays are free, on an empty desk, such as DE-SN." default:"DE"`

	Address       string `help:"Mailbox to set up, on an empty desk."`
	RelayHost     string `help:"Outgoing mail server of the mailbox."`
	RelayPort     int    `help:"Its port." default:"587"`
	RelaySecurity string `help:"Its encryption." default:"starttls" enum:"none,starttls,tls"`
	RelayUser     string `help:"User to sign in to it."`
	RelayPassword string `help:"Password to sign in to it." env:"LOTSE_RELAY_PASSWORD"`
}

// Run creates the administrator. Whoever runs it owns the machine, so no setup
// code is asked for.
func (c *createAdminCommand) Run(ctx context.Context) error {
	password, err := c.password()
	if err != nil {
		return err
	}
	a, err := app.New(ctx, c.Config, app.Options{Log: logger(c.Config), Program: version})
	if err != nil {
		return err
	}
	defer a.Close()
	made, err := c.create(ctx, a, password)
	if err != nil {
		return err
	}
	fmt.Printf("%s can sign in at %s/signin\n", made.Email, c.PublicURL())
	return nil
}

func (c *createAdminCommand) create(ctx context.Context, a *app.App, password string) (staff.Staff, error) {
	needed, err := a.Setup.Needed(ctx)
	if err != nil {
		return staff.Staff{}, err
	}
	if !needed || c.Address == "" {
		return a.Setup.CreateAdmin(ctx, setup.AdminForm{Email: c.Email, Name: c.Name, Password: password, Language: c.Language, Brand: c.Brand, Region: c.Region})
	}
	code, err := a.Setup.Code(ctx)
	if err != nil {
		return staff.Staff{}, err
	}
	return a.Setup.Run(ctx, setup.Form{
		Code: code, Name: c.Name, Email: c.Email, Password: password, BrandName: c.Brand, Language: c.Language, Region: c.Region,
		Address: c.Address, RelayHost: c.RelayHost, RelayPort: c.RelayPort, RelaySecurity: c.RelaySecurity,
		RelayUser: c.RelayUser, RelayPassword: c.RelayPassword,
	}, "command line")
}

// password reads the first line of the file or of the standard input.
func (c *createAdminCommand) password() (string, error) {
	var from io.Reader = os.Stdin
	if c.PasswordFile != "" {
		f, err := os.Open(c.PasswordFile)
		if err != nil {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		defer f.Close()
		from = f
	} else {
		fmt.Fprint(os.Stderr, "Password (at least 10 characters): ")
	}
	line, err := bufio.NewReader(from).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}
