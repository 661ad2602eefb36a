package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"lotse/internal/channel"
	"lotse/internal/channel/email"
	"lotse/internal/intake"
	"lotse/internal/platform/i18n"
)

type mailCommand struct {
	Inspect inspectCommand `cmd:"" help:"Say what is read out of mails and why. Needs no desk."`
}

type inspectCommand struct {
	Files    []string `arg:"" help:"Mails as files, with header and body; - is the standard input." placeholder:"FILE"`
	JSON     bool     `help:"Print a JSON object on a line for each file."`
	Body     bool     `help:"The files are bare texts, without the header of a mail."`
	Subject  string   `help:"Subject of bare texts, if it is known."`
	Hostname string   `help:"Name the desk's mail server gives itself, by which it knows its own mail."`
}

// Run inspects mails. Mail that is broken is no failure; a file that can't be
// read is.
func (c *inspectCommand) Run(context.Context) error {
	out := bufio.NewWriter(os.Stdout)
	return errors.Join(c.inspect(out, os.Stdin), out.Flush())
}

func (c *inspectCommand) inspect(out io.Writer, in io.Reader) error {
	settings := map[string]string{}
	if c.Hostname != "" {
		settings["hostname"] = c.Hostname
	}
	reader, err := email.New(channel.Env{Settings: settings})
	if err != nil {
		return err
	}
	var failed []error
	for i, file := range c.Files {
		raw, err := readMail(file, in)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		found := c.look(reader, raw)
		found.File = file
		if c.JSON {
			err = printJSON(out, found)
		} else {
			if i > 0 {
				fmt.Fprintln(out)
			}
			err = printMail(out, printer(), found)
		}
		if err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

func (c *inspectCommand) look(reader *email.Adapter, raw []byte) email.Inspection {
	if c.Body || c.Subject != "" {
		return reader.InspectText(c.Subject, raw)
	}
	return reader.Inspect(raw, intake.Trace{})
}

// maxMailFile is one byte more than any mail that is taken.
const maxMailFile = 1<<30 + 1

func readMail(file string, in io.Reader) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(io.LimitReader(in, maxMailFile))
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxMailFile))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	return raw, nil
}

func printJSON(out io.Writer, found email.Inspection) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	return e.Encode(found)
}

// printMail prints an inspection for people.
func printMail(out io.Writer, p *i18n.Printer, m email.Inspection) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%s\t%s\n", name, value)
		}
	}
	row("File", m.File)
	if m.Unreadable != nil {
		row("Needs a look", p.T("look.reason."+m.Unreadable.Reason))
	}
	if m.From != nil {
		row("From", person(*m.From))
	}
	row("To", persons(m.To))
	row("Cc", persons(m.Cc))
	row("Reply-To", persons(m.ReplyTo))
	row("Subject", m.Subject)
	row("Date", stamp(m.Date))
	row("Language", m.Language)
	row("Charset", strings.Join(m.Charsets, ", "))
	if m.Automation.Verdict != "" {
		row("Written by", m.Automation.Verdict+": "+m.Automation.Why)
	}
	printReport(row, p, m.Report)
	if f := m.Forwarded; f != nil {
		row("Forwards", strings.TrimSpace(person(email.InspectedPerson{Name: f.Name, Address: f.Address})+" "+f.DateText+" "+f.Subject))
	}
	for _, f := range m.Attachments {
		row("File in it", fmt.Sprintf("%s, %s, %s", f.Name, f.ContentType, size(int64(f.Size))))
	}
	for _, why := range m.Threading.Why {
		row("Thread", why)
	}
	for _, warning := range m.Warnings {
		row("Note", p.T(warning))
	}
	row("Identity", m.Identity)
	if err := w.Flush(); err != nil {
		return err
	}
	if m.Visible != "" {
		fmt.Fprintf(out, "\n%s\n", m.Visible)
	}
	for _, f := range m.Folded {
		fmt.Fprintf(out, "\n[%s]\n%s\n", f.Kind, f.Text)
	}
	return nil
}

func printReport(row func(name, value string), p *i18n.Printer, r *email.InspectedReport) {
	if r == nil {
		return
	}
	row("Reports", r.Kind)
	row("Reports on", r.MessageID)
	row("Until", stamp(r.Until))
	for _, x := range r.Recipients {
		kind := "soft"
		if x.Hard {
			kind = "hard"
		}
		words := []string{x.Address, kind}
		for _, s := range []string{x.Status, x.Reason, x.Words} {
			if s != "" {
				words = append(words, s)
			}
		}
		row("Recipient", strings.Join(words, ", "))
	}
}

func person(x email.InspectedPerson) string {
	if x.Name == "" {
		return x.Address
	}
	return x.Name + " <" + x.Address + ">"
}

func persons(list []email.InspectedPerson) string {
	var out []string
	for _, x := range list {
		out = append(out, person(x))
	}
	return strings.Join(out, ", ")
}

func stamp(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.RFC3339)
}
