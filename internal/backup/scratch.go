package backup

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// scratch is a folder for what a piece of work needs on disk for a while. It can
// hold a copy of everything customers wrote, so that what a killed process left
// is removed by the next one.
type scratch struct {
	path string
	lock *os.File
}

const scratchPrefix = ".lotse-backup-"

func openScratch(within string) (*scratch, error) {
	sweepScratch(within)
	path, err := os.MkdirTemp(within, scratchPrefix)
	if err != nil {
		return nil, fmt.Errorf("making a folder for temporary files: %w", err)
	}
	s := &scratch{path: path}
	if s.lock, err = lock(path, os.O_CREATE); err != nil {
		return nil, fmt.Errorf("making a folder for temporary files: %w", err)
	}
	return s, nil
}

// lock takes the lock of a scratch folder; the kernel frees it when the process
// ends, however it ends.
func lock(folder string, flags int) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(folder, "lock"), flags|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// sweepScratch removes the folders nobody uses any more. One that was just made
// has no lock file yet and is left alone.
func sweepScratch(within string) {
	left, _ := filepath.Glob(filepath.Join(within, scratchPrefix+"*")) // a strange name of a folder finds nothing
	for _, path := range left {
		if f, err := lock(path, 0); err == nil {
			_ = os.RemoveAll(path) // the next one tries again
			f.Close()
		}
	}
}

func (s *scratch) remove() {
	_ = os.RemoveAll(s.path)
	s.lock.Close()
}
