package sqlitestore

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"

	"zombiezen.com/go/sqlite"
)

// The log is taken over into the file (a checkpoint) when it has about checkpointPages. SQLite would do that in a commit, and all callers would wait for thousands of pages
// to be written to all ends of the file: up to a tenth of a second. So a connection of its own takes over what is there and has it written to the disk, while the writer goes on; then the
// writer takes over the little that came meanwhile, without which the log could not begin anew.
const (
	checkpointPages = 8000
	mostLogPages    = 2 * checkpointPages // of so many SQLite does it in the commit after all
	pagesPerClosure = 4.0                 // at first; then it is learnt
	finishAttempts  = 10                  // who reads what is older is in the way
)

// checkpoints watches over the growth of the log. But for copied, only the writer's loop uses it.
type checkpoints struct {
	store    *Store
	size     int     // checkpointPages
	closures int     // since the log began or was last looked at
	log      int     // pages that it had then
	each     float64 // pages that a closure adds
	attempts int     // to take over the rest
	copying  bool
	copied   atomic.Bool // a copy has come to its end
	work     sync.WaitGroup
}

// committed is told after each commit how many closures were in it.
func (c *checkpoints) committed(conn *sqlite.Conn, closures int) {
	c.closures += closures
	switch {
	case c.copying && c.copied.Load():
		c.finish(conn)
	case !c.copying && float64(c.closures)*c.each >= float64(c.size):
		c.copying, c.attempts = true, 0
		c.copied.Store(false)
		c.work.Go(c.copy)
	}
}

// copy takes over, beside the writer, what is in the log. SQLite has the file written to the disk only when all of the log is in it, which here it never is.
func (c *checkpoints) copy() {
	defer c.copied.Store(true)
	conn, err := openWriter(filepath.Join(c.store.dir, FileName), c.store.temporary, checkpointCacheKB, mostLogPages)
	if err == nil {
		_, _, err = checkpoint(conn)
		err = errors.Join(err, conn.Close())
	}
	if err == nil && c.store.file != nil {
		err = c.store.file.Sync()
	}
	if err != nil {
		c.fail(err)
	}
}

// finish takes over the rest. If that is all, and nobody reads what is older, the next transaction begins the log anew.
func (c *checkpoints) finish(conn *sqlite.Conn) {
	log, taken, err := checkpoint(conn)
	if err != nil {
		c.fail(err)
	}
	if c.attempts++; err == nil && taken < log && c.attempts < finishAttempts {
		return
	}
	if log > c.log {
		c.each = float64(log-c.log) / float64(max(c.closures, 1))
	}
	if taken == log {
		log = 0
	}
	c.copying, c.closures, c.log = false, 0, log
}

func (c *checkpoints) fail(err error) { c.store.log.Error("sqlite: checkpoint failed", "error", err) }

// checkpoint takes over what it can without waiting for anybody. It gives how many pages the log has, and how many of them are in the file.
func checkpoint(conn *sqlite.Conn) (log, taken int, err error) {
	stmt, err := conn.Prepare("PRAGMA wal_checkpoint(PASSIVE)")
	if err != nil {
		return 0, 0, err
	}
	defer stmt.Reset()
	if row, err := stmt.Step(); err != nil || !row {
		return 0, 0, fmt.Errorf("no answer to a checkpoint: %w", err)
	}
	return stmt.ColumnInt(1), stmt.ColumnInt(2), nil
}

// wait waits for a copy that is under way.
func (c *checkpoints) wait() { c.work.Wait() }
