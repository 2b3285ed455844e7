package sqlitestore

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"

	"sori/domain"
)

// Backup copies the store, as it is at one moment, into a new directory, while others go on reading and writing. What it makes
// is a store: open it by Options.Dir. Conflict if there is something at path already. A backup that fails is removed.
func (s *Store) Backup(ctx context.Context, path string) (err error) {
	if err := os.Mkdir(path, 0o700); errors.Is(err, fs.ErrExist) {
		return domain.Errorf(domain.Conflict, "there is something at %s already", path)
	} else if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}()
	// The index is copied after the database, so that it holds all that the copied database says is indexed.
	if err := s.copyDatabase(ctx, FileName, path); err != nil {
		return err
	}
	if err := s.copyDatabase(ctx, SearchFileName, path); err != nil && !errors.Is(err, fs.ErrNotExist) { // without it the copy makes its own
		return err
	}
	// Contents are older than the documents that name them, so all that the copied documents name are there to be copied.
	if err := s.blobs.copyTo(ctx, filepath.Join(path, "blobs")); err != nil {
		return err
	}
	return errors.Join(syncDir(path), syncDir(filepath.Dir(path)))
}

// copyDatabase uses a connection of its own, for those of the pool may write nowhere.
func (s *Store) copyDatabase(ctx context.Context, name, to string) error {
	from := filepath.Join(s.dir, name)
	if _, err := os.Stat(from); err != nil {
		return err
	}
	if err := createPrivate(filepath.Join(to, name)); err != nil { // SQLite writes into it while it is empty
		return err
	}
	conn, err := sqlite.OpenConn(from, sqlite.OpenReadOnly)
	if err != nil {
		return fault(err)
	}
	conn.SetBusyTimeout(busyTimeout)
	conn.SetInterrupt(ctx.Done())
	err = fault(execute(conn, "VACUUM INTO ?", filepath.Join(to, name)))
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err = errors.Join(err, conn.Close()); err != nil {
		return err
	}
	return syncFile(filepath.Join(to, name))
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// copyTo copies all contents. One that is swept meanwhile is named by no document.
func (b *blobStore) copyTo(ctx context.Context, root string) error {
	return filepath.WalkDir(b.root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || entry.IsDir() {
			return err
		}
		place := entry.Name()
		if _, ok := b.path(place); !ok {
			return nil
		}
		err = copyFile(ctx, path, filepath.Join(root, place[:2], place))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}

func copyFile(ctx context.Context, from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, readerUnder{ctx, in})
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close(), syncDir(filepath.Dir(to)))
}
