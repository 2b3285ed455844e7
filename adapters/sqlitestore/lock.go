package sqlitestore

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"sori/domain"
)

// lockDir makes this process the only server of a directory, until unlock or its end, however that comes. Conflict if there is one
// already. The lock file stays, and says who had it.
func lockDir(dir string) (unlock func() error, err error) {
	f, err := os.OpenFile(filepath.Join(dir, "sori.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return func() error { return nil }, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		owner := make([]byte, 20)
		n, _ := f.Read(owner)
		err = fmt.Errorf("lock %s: %w", f.Name(), err)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = domain.Errorf(domain.Conflict, "another server (process %s) has %s open", bytes.TrimSpace(owner[:n]), dir)
		}
		return func() error { return nil }, errors.Join(err, f.Close())
	}
	if err = f.Truncate(0); err == nil {
		_, err = fmt.Fprintln(f, os.Getpid())
	}
	return f.Close, err
}
