package sqlitestore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sori/domain"
)

// blobStore keeps each content in the file blobs/<first two digits>/<SHA-256>. Its place is the hash, so that equal contents are kept once.
type blobStore struct {
	root string
	sync bool

	// Putting holds it for reading, so that a sweep cannot remove a file between a Put's looking at it and its touching it.
	mu sync.RWMutex
}

const partialPrefix = "partial-" // of files that are being written

// Put implements domain.BlobStore. Invalid if hash is not the content's.
func (b *blobStore) Put(ctx context.Context, hash string, content io.Reader) (place string, err error) {
	path, ok := b.path(hash)
	if !ok {
		return "", domain.InvalidField("hash", "format", "is not a SHA-256 in hex")
	}
	if b.touch(path) {
		return hash, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	partial, err := b.write(ctx, hash, content)
	if err != nil {
		return "", err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	if err := os.Rename(partial, path); err != nil {
		return "", errors.Join(err, os.Remove(partial))
	}
	return hash, b.syncDirs(path)
}

// touch renews a content that is there already, so that no sweep takes it for old.
func (b *blobStore) touch(path string) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	now := time.Now()
	return os.Chtimes(path, now, now) == nil
}

// write brings the content to the disk under a name of its own.
func (b *blobStore) write(ctx context.Context, hash string, content io.Reader) (partial string, err error) {
	f, err := os.CreateTemp(b.root, partialPrefix)
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, sum), readerUnder{ctx, content})
	if err == nil && hex.EncodeToString(sum.Sum(nil)) != hash {
		err = domain.InvalidField("hash", "match", "is not the hash of the content")
	}
	if err == nil && b.sync {
		err = f.Sync()
	}
	return f.Name(), errors.Join(err, f.Close())
}

// readerUnder stops reading when its context ends.
type readerUnder struct {
	ctx context.Context
	io.Reader
}

func (r readerUnder) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// syncDirs makes the names on the way to a file durable.
func (b *blobStore) syncDirs(path string) error {
	if !b.sync {
		return nil
	}
	return errors.Join(syncDir(filepath.Dir(path)), syncDir(b.root), syncDir(filepath.Dir(b.root)))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open implements domain.BlobStore.
func (b *blobStore) Open(_ context.Context, place string) (io.ReadCloser, error) {
	path, ok := b.path(place)
	if !ok {
		return nil, noContent(place)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, noContent(place)
	}
	return f, err
}

func noContent(place string) error { return domain.Missing("content", place) }

// path gives the file of a place. A place comes from the store's documents, but it must not lead out of the directory whatever it is.
func (b *blobStore) path(place string) (string, bool) {
	if len(place) != 2*sha256.Size || strings.Trim(place, "0123456789abcdef") != "" {
		return "", false
	}
	return filepath.Join(b.root, place[:2], place), true
}

// Sweep implements domain.BlobStore. It also removes what a Put that was broken off left.
func (b *blobStore) Sweep(ctx context.Context, cutoff time.Time, inUse func(place string) (bool, error)) (removed int, err error) {
	err = filepath.WalkDir(b.root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || entry.IsDir() || !older(path, cutoff) {
			return err
		}
		place, partial := entry.Name(), strings.HasPrefix(entry.Name(), partialPrefix)
		if _, ok := b.path(place); !ok && !partial {
			return nil // not ours
		}
		if used, err := askUse(partial, place, inUse); used || err != nil {
			return err
		}
		gone, err := b.removeOlder(path, cutoff)
		if gone && !partial {
			removed++
		}
		return err
	})
	return removed, err
}

func askUse(partial bool, place string, inUse func(place string) (bool, error)) (bool, error) {
	if partial {
		return false, nil
	}
	return inUse(place)
}

func older(path string, cutoff time.Time) bool {
	info, err := os.Stat(path)
	return err == nil && info.ModTime().Before(cutoff)
}

// removeOlder removes a file unless a Put has renewed it in the meantime.
func (b *blobStore) removeOlder(path string, cutoff time.Time) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !older(path, cutoff) {
		return false, nil
	}
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
