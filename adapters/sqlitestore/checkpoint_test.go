package sqlitestore

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"sori/adapters/storetest"
	"sori/domain"
)

const testedLogPages = 60

// openWithShortLog opens a store in a directory that takes its log over when it has testedLogPages.
func openWithShortLog(t *testing.T) *Store {
	t.Helper()
	s := openIn(t, t.TempDir(), storetest.Specs()...)
	if err := s.transact(t.Context(), func(tx *tx) error {
		s.writer.log.size, tx.wrote = testedLogPages, true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

// fillLog writes a writer's entries one after the other, each in a commit of its own, until stop says so.
func fillLog(t *testing.T, s *Store, writer int, stop func(written int) bool) (written int) {
	t.Helper()
	for ; !stop(written); written++ {
		e := &storetest.Entry{Writer: writer, N: written, At: domain.SystemClock()}
		if err := s.Write(t.Context(), func(tx domain.Tx) error { return storetest.Journal.Insert(t.Context(), tx, e) }); err != nil {
			t.Fatal(err)
		}
	}
	return written
}

func logPages(t *testing.T, s *Store) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(s.dir, FileName+"-wal"))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size() / 4096
}

// TestLogIsTakenOverBesideTheWriter: the log begins anew again and again while commits go on, and nothing is lost on the way into the file.
func TestLogIsTakenOverBesideTheWriter(t *testing.T) {
	t.Parallel()
	s := openWithShortLog(t)
	for writer := range 8 {
		written := fillLog(t, s, writer, untilItBeginsAnew(t, s, testedLogPages))
		entries, err := storetest.Journal.Find(t.Context(), s, domain.Query{Index: "writer", Equal: []any{writer}})
		if err != nil || len(entries) != written {
			t.Errorf("%d of %d entries: %v", len(entries), written, err)
		}
	}
	checkIntegrity(t, s)
}

// TestLogGrowsWhileSomebodyReadsWhatIsOlder: he reads what he began with, writers go on, and when he is gone the log begins anew.
func TestLogGrowsWhileSomebodyReadsWhatIsOlder(t *testing.T) {
	t.Parallel()
	s := openWithShortLog(t)
	var reading sync.WaitGroup
	begun, leave := make(chan struct{}), make(chan struct{})
	reading.Go(func() {
		err := s.readers.use(t.Context(), func(conn *sqlite.Conn) error {
			return snapshot(conn, func() error {
				before, _, err := number(conn, "SELECT count(*) FROM journal")
				close(begun)
				<-leave
				if after, _, _ := number(conn, "SELECT count(*) FROM journal"); after != before {
					t.Errorf("the reader sees %d entries, then %d", before, after)
				}
				return err
			})
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-begun
	fillLog(t, s, 1, func(n int) bool { return n == 500 })
	if pages := logPages(t, s); pages < 500 {
		t.Errorf("the log has %d pages, so that it began anew under a reader", pages)
	}
	close(leave)
	reading.Wait()
	fillLog(t, s, 2, untilItBeginsAnew(t, s, 500))
	checkIntegrity(t, s)
}

// untilItBeginsAnew is a stop for fillLog: when all of the log is in the file, but not before so many entries.
func untilItBeginsAnew(t *testing.T, s *Store, least int) func(written int) bool {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	return func(written int) bool {
		if time.Now().After(deadline) {
			t.Fatalf("the log has %d pages after %d commits", logPages(t, s), written)
		}
		taken := false
		if err := s.transact(t.Context(), func(*tx) error {
			c := s.writer.log
			taken = !c.copying && c.log == 0 && float64(c.closures)*c.each < testedLogPages
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return written >= least && taken
	}
}
