package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"zombiezen.com/go/sqlite"

	"sori/domain"
)

// FileName is the database's name in its directory. SQLite keeps its log beside it (-wal, -shm).
const FileName = "sori.db"

// Options say where a store is and what is in it.
type Options struct {
	// Dir is where the database and its blobs are; it is made if need be. Empty is a directory of its own that Close
	// removes, and that is not fsynced: for tests.
	Dir string
	// Specs are the collections, most often domain.Declared().
	Specs []*domain.Spec
	// ReadOnly opens a store beside the server that owns it, for looking and copying. It changes nothing,
	// so it needs a file that this release's server has opened before; Write is refused.
	ReadOnly bool
	// Logger hears of what an operator should know; nil is slog.Default().
	Logger *slog.Logger
}

// Store is one SQLite file and the directory it is in. It implements domain.Store.
type Store struct {
	log       *slog.Logger
	dir       string
	temporary bool
	unlock    func() error
	tables    map[string]*table
	readers   *pool
	writer    *writer  // nil if it is read-only
	file      *os.File // the database, for fsync beside SQLite; closed last, for that takes away the locks that this process has on it. nil if it is read-only or temporary
	search    *searchIndex
	blobs     *blobStore
	committed atomic.Pointer[chan struct{}]
	closing   sync.Once
	closed    error
}

var _ domain.Store = (*Store)(nil)

// Open opens the store in a directory, or makes it, and brings it to the declared collections. Conflict if another server has it open.
func Open(ctx context.Context, o Options) (*Store, error) {
	s := &Store{log: o.Logger, dir: o.Dir, temporary: o.Dir == "", tables: map[string]*table{}, unlock: func() error { return nil }}
	if s.log == nil {
		s.log = slog.Default()
	}
	first := make(chan struct{})
	s.committed.Store(&first)
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, o Options) (err error) {
	for _, spec := range o.Specs {
		if s.tables[spec.Name], err = newTable(spec); err != nil {
			return err
		}
	}
	if err := s.prepareDir(o.ReadOnly); err != nil {
		return err
	}
	s.blobs = &blobStore{root: filepath.Join(s.dir, "blobs"), sync: !s.temporary}
	s.readers = newPool(filepath.Join(s.dir, FileName), max(4, runtime.NumCPU()), readerCacheKB)
	if s.search, err = openSearch(s.dir, s.temporary, o.ReadOnly); err != nil {
		return fmt.Errorf("the full-text index cannot be opened (if it is damaged, remove %s: it is made anew): %w", SearchFileName, err)
	}
	if o.ReadOnly {
		return s.checkSchema(ctx)
	}
	if !s.temporary {
		if s.file, err = os.OpenFile(filepath.Join(s.dir, FileName), os.O_RDWR, 0); err != nil {
			return err
		}
	}
	conn, err := openWriter(filepath.Join(s.dir, FileName), s.temporary, writerCacheKB, mostLogPages)
	if err != nil {
		return err
	}
	if err := s.migrate(conn); err != nil {
		return errors.Join(err, conn.Close())
	}
	s.writer = startWriter(s, conn)
	return nil
}

func (s *Store) prepareDir(readOnly bool) (err error) {
	if s.temporary {
		s.dir, err = os.MkdirTemp("", "sori-")
		return err
	}
	if readOnly {
		_, err = os.Stat(filepath.Join(s.dir, FileName))
		if errors.Is(err, fs.ErrNotExist) {
			return domain.Errorf(domain.NotFound, "there is no store in %s", s.dir)
		}
		return err
	}
	if err = os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	if s.unlock, err = lockDir(s.dir); err != nil {
		return err
	}
	return errors.Join(createPrivate(filepath.Join(s.dir, FileName)), syncDir(filepath.Dir(filepath.Clean(s.dir))))
}

// createPrivate makes the file, if it is not there, so that only its owner can read it. SQLite gives its log the same rights. A file that is
// there is not opened, for closing it would take away the locks that this process may have on it.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// Sizes of the connections' caches.
const (
	writerCacheKB     = 12 << 10
	readerCacheKB     = 4 << 10          // each; what is behind it is in the system's own cache
	checkpointCacheKB = 64               // it copies, and reads nothing
	busyTimeout       = 10 * time.Second // another process may be looking or copying
)

// openWriter opens the one connection that writes to a file. A temporary file is not fsynced. A commit takes the log over into the file when it has logPages.
func openWriter(path string, temporary bool, cacheKB, logPages int) (*sqlite.Conn, error) {
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		return nil, fault(err)
	}
	conn.SetBusyTimeout(busyTimeout)
	durability := "FULL"
	if temporary {
		durability = "OFF"
	}
	for _, pragma := range []string{
		"journal_mode=WAL",
		"synchronous=" + durability,
		"temp_store=MEMORY",
		fmt.Sprintf("cache_size=-%d", cacheKB),
		fmt.Sprintf("wal_autocheckpoint=%d", logPages),
		"journal_size_limit=67108864",
	} {
		if err := execute(conn, "PRAGMA "+pragma); err != nil {
			return nil, errors.Join(fault(err), conn.Close())
		}
	}
	return conn, nil
}

// execute runs one statement that gives nothing back.
func execute(conn *sqlite.Conn, sql string, args ...any) error {
	stmt, _, err := conn.PrepareTransient(sql)
	if err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	bind(stmt, args)
	for {
		row, err := stmt.Step()
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", sql, err), stmt.Finalize())
		}
		if !row {
			return stmt.Finalize()
		}
	}
}

// table gives a collection's table. Internal if the store was opened without it.
func (s *Store) table(c *domain.Spec) (*table, error) {
	t, ok := s.tables[c.Name]
	if !ok {
		return nil, domain.Errorf(domain.Internal, "the store was opened without the collection %s", c.Name)
	}
	return t, nil
}

// Committed implements domain.Store.
func (s *Store) Committed() <-chan struct{} { return *s.committed.Load() }

func (s *Store) announce() {
	next := make(chan struct{})
	close(*s.committed.Swap(&next))
}

// Blobs implements domain.Store.
func (s *Store) Blobs() domain.BlobStore { return s.blobs }

// Search implements domain.Store.
func (s *Store) Search() domain.SearchIndex { return s.search }

// Ping implements domain.Store. It reads, and commits a write.
func (s *Store) Ping(ctx context.Context) error {
	if s.writer == nil {
		return s.readers.use(ctx, func(c *sqlite.Conn) error { _, err := readMeta(c, metaSchema); return err })
	}
	return s.transact(ctx, func(tx *tx) error {
		tx.wrote = true
		return writeMeta(tx.conn, "ping", time.Now().UnixMilli())
	})
}

// Close waits for the writes that were taken on and for readers, and lets go of the directory. The store answers
// Unavailable afterwards.
func (s *Store) Close() error {
	s.closing.Do(func() { s.closed = s.close() })
	return s.closed
}

func (s *Store) close() error {
	var errs []error
	if s.writer != nil {
		errs = append(errs, s.writer.stop())
	}
	if s.readers != nil {
		errs = append(errs, s.readers.close())
	}
	if s.search != nil {
		errs = append(errs, s.search.close())
	}
	if s.file != nil {
		errs = append(errs, s.file.Close())
	}
	errs = append(errs, s.unlock())
	if s.temporary && s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}
