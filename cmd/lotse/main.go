// Command lotse is an open service desk: one program, one data folder.
//
//	lotse serve            run the desk
//	lotse demo             run a desk with made-up cases to look around
//	lotse admin create     add an administrator, and set an empty desk up
//	lotse backup FILE      back the desk up while it runs
//	lotse restore FILE     put a backup into an empty folder
//	lotse verify [FILE]    check a desk, or a backup
//	lotse export PATH      write everything into files other programs can read
//	lotse import PATH      bring in an export, or mails and tables of others
//	lotse mail inspect     say what is read out of a mail, and why
//	lotse health           ask whether the desk on this machine is alive
//	lotse config check     say what is wrong with the settings
//	lotse version          say which version this is
//
// Each command is a file here; what they do is in internal/app.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"lotse/internal/config"
	"lotse/internal/platform/errs"
	"lotse/internal/platform/i18n"
)

// version is set by the build.
var version = "development"

type commands struct {
	Config kong.ConfigFlag `name:"config" help:"Configuration file (JSON)." env:"LOTSE_CONFIG" placeholder:"FILE"`

	Serve    serveCommand    `cmd:"" help:"Run the desk."`
	Demo     demoCommand     `cmd:"" help:"Run a desk with made-up cases to look around."`
	Admin    adminCommand    `cmd:"" help:"Add an administrator."`
	Backup   backupCommand   `cmd:"" help:"Back the desk up into one file, while it runs."`
	Restore  restoreCommand  `cmd:"" help:"Put a backup into an empty folder and database."`
	Verify   verifyCommand   `cmd:"" help:"Check a desk, running or not, or a backup."`
	Export   exportCommand   `cmd:"" help:"Write everything into files other programs can read, while the desk runs."`
	Import   importCommand   `cmd:"" help:"Bring in an export, a mail archive (mbox, Maildir) or a table (CSV)."`
	Mail     mailCommand     `cmd:"" help:"Look into mails."`
	Health   healthCommand   `cmd:"" help:"Ask whether the desk on this machine is alive."`
	Settings settingsCommand `cmd:"" name:"config" help:"Check the settings."`
	Version  versionCommand  `cmd:"" help:"Say which version this is."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		report(err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	var c commands
	parser, err := kong.New(&c, kong.Name("lotse"), kong.Description("An open service desk."),
		kong.UsageOnError(), kong.Configuration(kong.JSON), kong.BindTo(ctx, (*context.Context)(nil)))
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	parser.FatalIfErrorf(err)
	return parsed.Run()
}

// report prints an error in the operator's language, each wrong setting on a
// line of its own.
func report(err error) {
	p := printer()
	fields := errs.Fields(err)
	for _, f := range fields {
		fmt.Fprintf(os.Stderr, "lotse: %s: %s\n", f.Field, p.Err(f.Key, f.Args))
	}
	if len(fields) > 0 {
		return
	}
	var known *errs.Error
	if errors.As(err, &known) && known.Key != "" {
		fmt.Fprintf(os.Stderr, "lotse: %s\n", p.Err(known.Key, known.Args))
		return
	}
	fmt.Fprintf(os.Stderr, "lotse: %v\n", err)
}

// printer speaks the operator's language.
func printer() *i18n.Printer {
	return i18n.For(i18n.Match(language(os.Getenv("LC_ALL")), language(os.Getenv("LC_MESSAGES")), language(os.Getenv("LANG"))))
}

// language makes a language tag of the name of a locale, "de-DE" of
// "de_DE.UTF-8" (POSIX §8.2).
func language(locale string) string {
	name, _, _ := strings.Cut(locale, ".")
	name, _, _ = strings.Cut(name, "@")
	return strings.ReplaceAll(name, "_", "-")
}

func logger(c config.Config) *slog.Logger {
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, nil))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, nil))
}
