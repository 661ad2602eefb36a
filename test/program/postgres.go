package program

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Postgres is a PostgreSQL server of the test's own, as Debian ships it: with
// fsync, full page writes and synchronous commit.
type Postgres struct {
	Folder string
	Port   int
	bin    string
}

// StartPostgres sets up a server in a fresh folder below parent ("" for the
// temporary folder) and starts it.
func StartPostgres(parent string) (*Postgres, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is valid
	if len(found) == 0 {
		return nil, errors.New("no PostgreSQL in /usr/lib/postgresql: install postgresql-15")
	}
	slices.Sort(found)
	p := &Postgres{bin: filepath.Dir(found[len(found)-1])}
	var err error
	if p.Port, err = FreePort(); err != nil {
		return nil, err
	}
	if p.Folder, err = os.MkdirTemp(parent, "lotse-pg-"); err != nil {
		return nil, err
	}
	if uid, gid, err := postgresUser(); err != nil {
		return nil, err
	} else if err := os.Chown(p.Folder, uid, gid); err != nil {
		return nil, err
	}
	if err := p.run("initdb", "-D", p.data(), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"); err != nil {
		return nil, err
	}
	return p, p.Start()
}

func (p *Postgres) data() string { return filepath.Join(p.Folder, "data") }

// Start starts the server and returns when it takes connections.
func (p *Postgres) Start() error {
	options := fmt.Sprintf("-p %d -k %s -c listen_addresses=127.0.0.1", p.Port, p.Folder)
	return p.run("pg_ctl", "-D", p.data(), "-w", "-l", filepath.Join(p.Folder, "log"), "-o", options, "start")
}

// Stop stops the server; it cuts open connections.
func (p *Postgres) Stop() error { return p.run("pg_ctl", "-D", p.data(), "-m", "fast", "-w", "stop") }

// Remove stops the server and deletes its data.
func (p *Postgres) Remove() {
	_ = p.run("pg_ctl", "-D", p.data(), "-m", "immediate", "-w", "stop")
	_ = os.RemoveAll(p.Folder)
}

// Database makes an empty database and returns its URL.
func (p *Postgres) Database(ctx context.Context, name string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	server := fmt.Sprintf("postgres://postgres@%s/", Local(p.Port))
	conn, err := pgx.Connect(ctx, server+"postgres")
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return "", err
	}
	return server + name, nil
}

// run runs one of PostgreSQL's programs as the user it insists on.
func (p *Postgres) run(name string, args ...string) error {
	cmd := exec.Command(filepath.Join(p.bin, name), args...)
	cmd.Dir = p.Folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if os.Getuid() == 0 {
		uid, gid, err := postgresUser()
		if err != nil {
			return err
		}
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	// The server inherits the output: a pipe would keep us waiting for its end.
	said, err := os.CreateTemp("", "lotse-pg-*.txt")
	if err != nil {
		return err
	}
	defer os.Remove(said.Name())
	defer said.Close()
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(said.Name())
		return fmt.Errorf("%s: %w: %s", name, err, text)
	}
	return nil
}

// postgresUser returns who the server runs as: postgres if we are root, else we.
func postgresUser() (uid, gid int, err error) {
	if os.Getuid() != 0 {
		return os.Getuid(), os.Getgid(), nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return 0, 0, err
	}
	if uid, err = strconv.Atoi(u.Uid); err != nil {
		return 0, 0, err
	}
	gid, err = strconv.Atoi(u.Gid)
	return uid, gid, err
}
