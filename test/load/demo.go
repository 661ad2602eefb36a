package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"lotse/test/program"
)

// demo measures the world of `lotse demo`: how long a newcomer waits for its
// first page, and how much memory a desk with its data takes. The world lies in
// SQLite.
func demo(ctx context.Context, e *env) error {
	if e.server != nil {
		return nil
	}
	folder, err := os.MkdirTemp(e.folder, "demo-")
	if err != nil {
		return err
	}
	tour, took, err := showDemo(ctx, folder)
	if err != nil {
		return err
	}
	e.note(result{Name: "demo: from start on an empty folder to the tour to read", Value: tour.Seconds(), Unit: "s"})
	e.note(result{Name: "demo: from start on an empty folder to the first page of the finished world", Value: took.Seconds(), Unit: "s", Goal: 2})
	desk, err := program.OpenDesk(program.Options{Folder: folder})
	if err != nil {
		return err
	}
	defer desk.Remove()
	if err := desk.Start(ctx); err != nil {
		return err
	}
	select {
	case <-time.After(e.demoIdle):
	case <-ctx.Done():
		return ctx.Err()
	}
	now, _, err := desk.Memory()
	if err != nil {
		return err
	}
	e.note(result{Name: "memory of a desk with the demo's data", Load: fmt.Sprintf("%v after start", e.demoIdle), Value: megabytes(now), Unit: "MB", Goal: 120})
	return desk.Stop()
}

// showDemo makes the demo in an empty folder and returns how long it took until the
// tour could be read, and until the world was there.
func showDemo(ctx context.Context, folder string) (tour, took time.Duration, err error) {
	bin, err := program.Binary()
	if err != nil {
		return 0, 0, err
	}
	var ports [2]int
	for i := range ports {
		if ports[i], err = program.FreePort(); err != nil {
			return 0, 0, err
		}
	}
	log, err := os.Create(filepath.Join(filepath.Dir(folder), "demo.log"))
	if err != nil {
		return 0, 0, err
	}
	defer log.Close()
	begin := time.Now()
	cmd := exec.Command(bin, "demo", "--data", folder, "--http", program.Local(ports[0]), "--smtp", program.Local(ports[1]))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	for took == 0 {
		if tour == 0 && answers(ctx, "http://"+program.Local(ports[0])+"/demo") {
			tour = time.Since(begin)
		}
		if _, _, err := get(ctx, "http://"+program.Local(ports[0])+"/de/", "identity"); err == nil {
			took = time.Since(begin)
		}
		if time.Since(begin) > time.Minute || ctx.Err() != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			return 0, 0, fmt.Errorf("the demo shows no page; see %s", log.Name())
		}
		time.Sleep(2 * time.Millisecond)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return 0, 0, err
	}
	return tour, took, cmd.Wait()
}

// answers reports whether there is a page, whatever its status: while the world is made,
// the tour comes with 503.
func answers(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	return err == nil && bytes.Contains(page, []byte("demo-step"))
}
