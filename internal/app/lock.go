package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// folderLock is held while a program uses a data folder. The kernel frees it
// when the program ends, however it ends.
type folderLock struct{ file *os.File }

func lockFolder(folder string) (*folderLock, error) {
	f, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the data folder: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		f.Close()
		return nil, fmt.Errorf("another Lotse is running in %s: stop it first, or choose another folder with --data", folder)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("locking the data folder: %w", err)
	}
	return &folderLock{f}, nil
}

func (l *folderLock) release() error { return l.file.Close() }
