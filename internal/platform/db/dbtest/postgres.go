package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"lotse/internal/platform/db"
	"lotse/internal/platform/ids"
)

// postgresURL clones the migrated template into a database of the test's own.
func postgresURL(t testing.TB) string {
	t.Helper()
	server, err := postgresServer()
	if err != nil {
		t.Fatalf("PostgreSQL for tests: %v (install postgresql-15, or set LOTSE_TEST_POSTGRES to a server's URL, or LOTSE_TEST_DATABASES=sqlite)", err)
	}
	template, err := postgresTemplate()
	if err != nil {
		t.Fatalf("making the template database: %v", err)
	}
	name := "t_" + strings.ReplaceAll(ids.New().String(), "-", "")
	if err := execPostgres(server+"/postgres", "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		t.Fatalf("cloning the template database: %v", err)
	}
	t.Cleanup(func() {
		if err := execPostgres(server+"/postgres", "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("dropping the test database: %v", err)
		}
	})
	return server + "/" + name
}

// postgresTemplate returns the name of a migrated database for the schema as it
// is in this program: a changed migration makes a new one.
var postgresTemplate = sync.OnceValues(func() (string, error) {
	server, err := postgresServer()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(db.SchemaSource()))
	name := "template_" + hex.EncodeToString(sum[:8])
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server+"/postgres")
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	// Test programs of several packages start at once: one makes the template.
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(5683)"); err != nil {
		return "", err
	}
	var ready bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)", name).Scan(&ready); err != nil || ready {
		return name, err
	}
	if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
		return "", err
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	d, err := db.Open(ctx, server+"/"+name)
	if err != nil {
		return "", err
	}
	if err := Prepare(ctx, d); err != nil {
		return "", err
	}
	if err := d.Close(); err != nil {
		return "", err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+name+" IS_TEMPLATE true")
	return name, err
})

func execPostgres(url, statement string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// postgresServer returns the URL of a running server, without a database name.
// It starts one if none runs yet. The server stays for the next test program:
// starting it costs seconds, keeping it costs nothing.
var postgresServer = sync.OnceValues(func() (string, error) {
	if url := os.Getenv("LOTSE_TEST_POSTGRES"); url != "" {
		return strings.TrimSuffix(url, "/"), nil
	}
	bin, err := postgresPrograms()
	if err != nil {
		return "", err
	}
	return startPostgres(bin, filepath.Join(roomyFolder(), "lotse-test-postgres-"+strconv.Itoa(os.Getuid())))
})

// roomyFolder is where the server keeps its data: in memory if there is room for
// it, for each test's database is some six hundred new files, which takes a disk
// up to half a second.
func roomyFolder() string {
	const memory, enough = "/dev/shm", 2 << 30
	var fs syscall.Statfs_t
	if err := syscall.Statfs(memory, &fs); err != nil || int64(fs.Bavail)*fs.Bsize < enough {
		return os.TempDir()
	}
	return memory
}

func postgresPrograms() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is valid
	if len(found) > 0 {
		slices.Sort(found)
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", fmt.Errorf("initdb not found")
	}
	return filepath.Dir(path), nil
}

const postgresPort = "54985"

func startPostgres(bin, folder string) (string, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	server := "postgres://postgres@127.0.0.1:" + postgresPort
	if answers(server) {
		return server, nil
	}
	data := filepath.Join(folder, "data")
	if err := ownFolder(folder); err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err != nil {
		if err := os.RemoveAll(data); err != nil {
			return "", err
		}
		if err := asPostgres(filepath.Join(bin, "initdb"), "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"); err != nil {
			return "", err
		}
	}
	options := "-p " + postgresPort + " -k " + folder + " -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c max_connections=400" +
		" -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=128MB" // nobody copies it, and it is in memory
	if err := asPostgres(filepath.Join(bin, "pg_ctl"), "-D", data, "-w", "-l", filepath.Join(folder, "log"), "-o", options, "start"); err != nil {
		return "", err
	}
	if !answers(server) {
		return "", fmt.Errorf("the server started but does not answer, see %s/log", folder)
	}
	return server, nil
}

func answers(server string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, server+"/postgres")
	if err != nil {
		return false
	}
	conn.Close(ctx)
	return true
}

// ownFolder gives the folder to the user the server runs as: PostgreSQL refuses
// to run as root.
func ownFolder(folder string) error {
	if os.Getuid() != 0 {
		return nil
	}
	uid, gid, err := postgresUser()
	if err != nil {
		return err
	}
	return os.Chown(folder, int(uid), int(gid))
}

func postgresUser() (uid, gid uint32, err error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return 0, 0, err
	}
	n, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return 0, 0, err
	}
	m, err := strconv.ParseUint(u.Gid, 10, 32)
	return uint32(n), uint32(m), err
}

func asPostgres(program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Dir = os.TempDir()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if os.Getuid() == 0 {
		uid, gid, err := postgresUser()
		if err != nil {
			return err
		}
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	}
	// The server inherits these: a pipe would keep the caller waiting for it.
	log, err := os.CreateTemp("", "lotse-postgres-*.log")
	if err != nil {
		return err
	}
	defer os.Remove(log.Name())
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%s: %w: %s", filepath.Base(program), err, said)
	}
	return nil
}
