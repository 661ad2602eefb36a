package demo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// mark is the file that says that a folder is a demo's, and whether its world
// was finished. It is written first and changed last.
const mark = "demo"

const (
	unfinished = "a demo of Lotse, not finished\n"
	finished   = "a demo of Lotse\n"
)

// prepare makes a folder ready for a demo and reports whether its world is there
// already. A world whose making was interrupted is removed.
func prepare(data string) (built bool, err error) {
	state, err := look(data)
	if err != nil || state == finished {
		return err == nil, err
	}
	if state == unfinished {
		if err := Remove(data); err != nil {
			return false, err
		}
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return false, fmt.Errorf("making the demo's folder: %w", err)
	}
	return false, setMark(data, unfinished)
}

func setMark(data, state string) error {
	if err := os.WriteFile(filepath.Join(data, mark), []byte(state), 0o600); err != nil {
		return fmt.Errorf("marking the demo's folder: %w", err)
	}
	return nil
}

// Remove deletes a demo's folder. A folder that is not a demo's, or whose demo
// is running, is left alone.
func Remove(data string) error {
	state, err := look(data)
	if err != nil || state == "" {
		return err
	}
	f, err := os.Open(filepath.Join(data, "lock"))
	if err == nil {
		defer f.Close()
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			return fmt.Errorf("a demo is running in %s: stop it first, or choose another folder with --data", data)
		}
	}
	if err := os.RemoveAll(data); err != nil {
		return fmt.Errorf("removing the demo: %w", err)
	}
	return nil
}

// look returns what a folder's mark says, "" for nothing there yet. A folder
// with anything else in it is an error: a real desk must not come to send into
// the sink, and nobody's files must be deleted.
func look(data string) (state string, err error) {
	entries, err := os.ReadDir(data)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("looking into the demo's folder: %w", err)
	}
	text, err := os.ReadFile(filepath.Join(data, mark))
	if err == nil && (string(text) == finished || string(text) == unfinished) {
		return string(text), nil
	}
	has := map[string]bool{}
	for _, e := range entries {
		has[e.Name()] = true
	}
	if has["sent"] && has["lotse.db"] { // made before there was a mark
		return finished, nil
	}
	return "", fmt.Errorf("%s holds something else than a demo, so it is left alone: choose another folder with --data", data)
}
