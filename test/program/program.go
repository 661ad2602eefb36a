// Package program runs the real Lotse for whole-program tests: the binary as it
// is shipped, real ports, a real database, a data folder of its own.
//
//   - Desk starts, kills and stops the program on one data folder and reads its
//     figures (desk.go, metrics.go).
//   - Sink is the mail server that takes what the desk sends and remembers it
//     (sink.go).
//   - Client and Blast send mail to the desk and say what was acknowledged
//     (client.go, blast.go).
//   - Check reads the desk's database (check.go); Postgres is a server of the
//     test's own, which may be stopped (postgres.go).
//
// It knows the program from outside only: its command line, its ports and its
// tables. Tests in test/crash, test/peers and test/load use it.
package program

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// Binary returns the program to run: the file LOTSE_BIN names if it is there,
// else build/lotse-test, built now the way `make build` does it.
var Binary = sync.OnceValues(func() (string, error) {
	if bin := os.Getenv("LOTSE_BIN"); bin != "" {
		if _, err := os.Stat(bin); err == nil {
			return bin, nil
		}
	}
	root, err := Root()
	if err != nil {
		return "", err
	}
	bin := filepath.Join(root, "build", "lotse-test")
	if err := os.MkdirAll(filepath.Dir(bin), 0o755); err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-buildvcs=false", "-ldflags", "-s -w -X main.version=test", "-o", bin, "./cmd/lotse")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the program: %w\n%s", err, said)
	}
	return bin, nil
})

// Root returns the folder of the module, looking upwards from the working folder.
func Root() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		_, err := os.Stat(filepath.Join(folder, "go.mod"))
		if err == nil {
			return folder, nil
		}
		if !errors.Is(err, fs.ErrNotExist) || folder == filepath.Dir(folder) {
			return "", fmt.Errorf("no go.mod above the working folder")
		}
		folder = filepath.Dir(folder)
	}
}

// held keeps the locks of the ports this process was given: closing a file ends
// its lock.
var held struct {
	sync.Mutex
	locks []*os.File
}

// FreePort returns a TCP port of 127.0.0.1 that nobody uses and that no other
// process of these tests is given while this one lives: each holds a lock on a file
// named like its port. It lies below the range the system takes for outgoing
// connections: a port up there could be lost to one of them while the program is
// down, or a client that tries to reconnect could end up talking to itself.
func FreePort() (int, error) {
	held.Lock()
	defer held.Unlock()
	folder := filepath.Join(os.TempDir(), "lotse-test-ports")
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return 0, err
	}
	for range 500 {
		port := 20000 + rand.IntN(10000)
		lock, err := os.OpenFile(filepath.Join(folder, strconv.Itoa(port)), os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return 0, err
		}
		if free(lock, port) {
			held.locks = append(held.locks, lock)
			return port, nil
		}
		if err := lock.Close(); err != nil {
			return 0, err
		}
	}
	return 0, errors.New("no free port")
}

// free reports whether the lock of the port is ours now and nobody listens there.
func free(lock *os.File, port int) bool {
	if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return false
	}
	l, err := net.Listen("tcp", Local(port))
	return err == nil && l.Close() == nil
}

// Local returns the address of a port on this machine.
func Local(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
