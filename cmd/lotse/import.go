package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"lotse/internal/app"
	"lotse/internal/catalog"
	"lotse/internal/config"
	"lotse/internal/desk"
	"lotse/internal/exchange"
)

type importCommand struct {
	config.Config

	Path    string `arg:"" help:"Export of Lotse (folder or .tar.gz), mbox file, Maildir, or table (.csv)." placeholder:"PATH" type:"existingpath"`
	Form    string `help:"What it is, if that can't be seen: export, mbox, maildir or csv." enum:"auto,export,mbox,maildir,csv" default:"auto"`
	Mailbox string `help:"Address of the mailbox whose brand and team get it; needed where there are several." placeholder:"ADDRESS"`
	State   string `help:"State of the cases that are opened, such as closed." default:"new" placeholder:"STATE"`
	DryRun  bool   `help:"Read and check everything and report, but change nothing."`
	Report  string `help:"New file for the report: a JSON line for each mail or record." placeholder:"FILE" type:"path"`

	MboxQuoting string            `help:"How a mbox protects lines that begin with From: mboxrd or mboxo." enum:"mboxrd,mboxo" default:"mboxrd"`
	Map         map[string]string `help:"Columns of a table that are called otherwise, such as --map \"E-Mail=email\"." placeholder:"NAME=COLUMN" mapsep:"none"`
	Delimiter   string            `help:"Sign between the fields of a table, or tab. Found out without it." placeholder:"SIGN"`
	Encoding    string            `help:"Encoding of a table: utf-8 or windows-1252." enum:"auto,utf-8,windows-1252" default:"auto"`
	Zone        string            `help:"Time zone of dates in a table, such as Europe/Berlin." default:"Local" placeholder:"ZONE"`
}

// Run imports an export into an empty desk, or mails or a table into one that is
// set up.
func (c *importCommand) Run(ctx context.Context) error {
	b, err := c.bring()
	if err != nil {
		return err
	}
	a, err := app.New(ctx, c.Config, app.Options{Log: logger(c.Config), Program: version, ByHand: true})
	if err != nil {
		return err
	}
	defer a.Close()
	if c.Form == "export" || c.Form == "auto" && exchange.IsExport(c.Path) {
		return c.load(ctx, a)
	}
	if b.Account, err = c.account(ctx, a); err != nil {
		return err
	}
	return c.run(ctx, a, b)
}

// load imports an export.
func (c *importCommand) load(ctx context.Context, a *app.App) error {
	if c.DryRun {
		return errors.New("an export is imported whole or not at all, so that there is no dry run: import it into another folder to try")
	}
	tell, end := newProgress()
	defer end()
	s, err := exchange.Open(ctx, c.Path, c.Data, exchange.Progress(tell))
	if err != nil {
		return err
	}
	defer s.Close()
	r, err := exchange.Load(ctx, a.Exchange(exchange.Progress(tell)), s)
	end()
	if err != nil {
		return err
	}
	fmt.Printf("Imported: %s\n\nNot in an export, and to be done now:\n", exported(r.Manifest))
	fmt.Printf("  - Passwords: add an administrator with another address (lotse admin create), then invite the %d people anew on the page of staff.\n", r.Staff)
	fmt.Printf("  - Passwords of outgoing mail servers: enter them for %d mailboxes. Nothing is sent before.\n", r.Mailboxes)
	fmt.Println("  - Keys of programs and secrets of providers: make new ones. Secret links in mails sent before no longer open anything.")
	if r.Unsent > 0 {
		fmt.Printf("  - %d messages waited to be sent. The old desk may have sent them: decide on each among the deliveries that went wrong.\n", r.Unsent)
	}
	return nil
}

// bring reads the flags for what is not an export.
func (c *importCommand) bring() (exchange.Bring, error) {
	b := exchange.Bring{Path: c.Path, DryRun: c.DryRun, MaxMail: c.MaxMail, Quoting: c.MboxQuoting, Columns: c.Map}
	if c.Form != "auto" {
		b.Form = c.Form
	}
	if c.Encoding != "auto" {
		b.Encoding = c.Encoding
	}
	var known bool
	if b.State, known = desk.ParseState(c.State); !known {
		return b, fmt.Errorf("there is no state %q: new and closed are the usual ones", c.State)
	}
	var err error
	if b.Zone, err = time.LoadLocation(c.Zone); err != nil {
		return b, fmt.Errorf("there is no time zone %q: write it as Europe/Berlin", c.Zone)
	}
	switch n := utf8.RuneCountInString(c.Delimiter); {
	case c.Delimiter == "tab":
		b.Delimiter = '\t'
	case n == 1:
		b.Delimiter, _ = utf8.DecodeRuneInString(c.Delimiter)
	case n > 1:
		return b, fmt.Errorf("a delimiter is one sign, or the word tab")
	}
	return b, nil
}

// account finds the mailbox.
func (c *importCommand) account(ctx context.Context, a *app.App) (catalog.Account, error) {
	all, err := a.Catalog.Accounts(ctx, catalog.Email)
	if err != nil {
		return catalog.Account{}, err
	}
	var addresses []string
	for _, account := range all {
		addresses = append(addresses, account.Address)
		if account.Receives(c.Mailbox) || c.Mailbox == "" && len(all) == 1 {
			return account, nil
		}
	}
	switch {
	case len(all) == 0:
		return catalog.Account{}, errors.New("this desk has no mailbox yet: set it up first, or import an export")
	case c.Mailbox == "":
		return catalog.Account{}, fmt.Errorf("say with --mailbox whose mails these are: %s", strings.Join(addresses, ", "))
	}
	return catalog.Account{}, fmt.Errorf("this desk has no mailbox %s: it has %s", c.Mailbox, strings.Join(addresses, ", "))
}

func (c *importCommand) run(ctx context.Context, a *app.App, b exchange.Bring) error {
	b.Printer = printer()
	if c.Report != "" {
		file, err := os.OpenFile(c.Report, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("making the report: %w", err)
		}
		defer file.Close()
		b.Report = file
	}
	bar := newBar()
	b.Progress = bar.tell
	done, err := b.Run(ctx, exchange.Into{Intake: a.Intake, People: a.People})
	bar.end()
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted after %s; start it again to go on", brought(done))
	}
	if err != nil {
		return fmt.Errorf("after %s: %w", brought(done), err)
	}
	if c.DryRun {
		fmt.Print("Dry run, nothing was changed. ")
	}
	fmt.Printf("Read %s.\n", brought(done))
	if len(done.Unused) > 0 {
		fmt.Printf("Columns that were not used: %s. Name what they are with --map.\n", strings.Join(done.Unused, ", "))
	}
	if done.Refused > 0 && c.Report == "" {
		return fmt.Errorf("%d were not taken: --report FILE says which and why", done.Refused)
	} else if done.Refused > 0 {
		return fmt.Errorf("%d were not taken: %s says which and why", done.Refused, c.Report)
	}
	return nil
}

// brought puts the counts into words.
func brought(d exchange.Done) string {
	return fmt.Sprintf("%d (%s): %d taken, of which %d opened cases; %d known before, %d left out, %d not taken",
		d.Read, size(d.Bytes), d.Taken, d.Opened, d.Known, d.Skipped, d.Refused)
}
