package sqlitestore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"sori/adapters/storetest"
	"sori/domain"
)

// inOneBatch runs writes that share a commit: a closure that writes nothing holds the turn until all the others wait in line, in their order.
func inOneBatch(t *testing.T, s *Store, writes ...func(tx domain.Tx) error) []error {
	t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, len(writes))
	lineUp := sync.OnceFunc(func() { // the closure runs again if one of the others fails
		s.writer.bound = time.Hour // however slow the machine is; the loop waits while a closure runs
		for i, fn := range writes {
			wg.Go(func() { errs[i] = s.Write(context.Background(), fn) })
			for len(s.writer.queue) <= i {
				runtime.Gosched()
			}
		}
	})
	if err := s.Write(t.Context(), func(domain.Tx) error { lineUp(); return nil }); err != nil && !domain.IsCode(err, domain.Unavailable) {
		t.Fatal(err)
	}
	wg.Wait()
	return errs
}

func TestFailureInABatchTouchesNobodyElse(t *testing.T) {
	t.Parallel()
	s := openTemporary(t, storetest.Specs()...)
	ctx := t.Context()
	old := &storetest.Purse{Amount: 1}
	if err := s.Write(ctx, func(tx domain.Tx) error { return storetest.Purses.Insert(ctx, tx, old) }); err != nil {
		t.Fatal(err)
	}
	runs := make([]int, 7)
	failure := errors.New("on purpose")
	entry := func(n int, outcome error) func(tx domain.Tx) error {
		e := &storetest.Entry{Writer: 1, N: n, At: domain.SystemClock()}
		return func(tx domain.Tx) error {
			runs[n]++
			return errors.Join(storetest.Journal.Insert(ctx, tx, e), outcome)
		}
	}
	replace := func(tx domain.Tx) error {
		runs[1]++
		old.Amount = 2
		return errors.Join(storetest.Purses.Replace(ctx, tx, old), storetest.Journal.Insert(ctx, tx, &storetest.Entry{Writer: 1, N: 1, At: domain.SystemClock()}))
	}
	errs := inOneBatch(t, s, entry(0, nil), replace, entry(2, failure), entry(3, nil), entry(4, failure), func(domain.Tx) error { runs[5]++; return failure }, entry(6, nil))
	for n, err := range errs {
		if want := n == 2 || n == 4 || n == 5; errors.Is(err, failure) != want || !want && err != nil {
			t.Errorf("write %d: %v", n, err)
		}
	}
	if want := "[2 2 1 1 1 1 1]"; fmt.Sprint(runs) != want {
		t.Errorf("the closures ran %v times, want %s", runs, want)
	}
	if old.Version != 2 {
		t.Errorf("the replaced document has version %d, want 2", old.Version)
	}
	entries, err := storetest.Journal.Find(ctx, s, domain.Query{Index: domain.SeqIndex})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, e := range entries {
		got += fmt.Sprintf("%d:%d ", e.Seq, e.N)
	}
	if want := "1:0 2:1 3:3 4:6 "; got != want {
		t.Errorf("the journal is %s, want %s", got, want)
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := openTemporary(t, storetest.Specs()...)
	ctx := t.Context()
	limit := func(pages int) {
		err := s.transact(ctx, func(tx *tx) error { return execute(tx.conn, fmt.Sprintf("PRAGMA max_page_count=%d", pages)) })
		if err != nil {
			t.Fatal(err)
		}
	}
	large := func(id string, size int) func(tx domain.Tx) error {
		return func(tx domain.Tx) error {
			return storetest.Letters.Insert(ctx, tx, &storetest.Letter{Doc: domain.Doc{ID: id}, At: domain.SystemClock(), Data: make([]byte, size)})
		}
	}
	limit(200)
	errs := inOneBatch(t, s, large("ltr_1", 100), large("ltr_2", 4<<20), large("ltr_3", 100))
	if !domain.IsCode(errs[1], domain.Unavailable) {
		t.Errorf("what did not fit: %v", errs[1])
	}
	limit(1 << 30)
	for i, err := range errs {
		_, got := storetest.Letters.Get(ctx, s, fmt.Sprint("ltr_", i+1))
		if (err == nil) != (got == nil) {
			t.Errorf("write %d answered %v, and reading it %v", i+1, err, got)
		}
	}
	if err := s.Write(ctx, large("ltr_4", 4<<20)); err != nil {
		t.Errorf("after there is room again: %v", err)
	}
	checkIntegrity(t, s)
}

func TestGoexitInAClosure(t *testing.T) {
	t.Parallel()
	s := openTemporary(t, storetest.Specs()...)
	ctx := t.Context()
	purse := func(n int, then func()) func(domain.Tx) error {
		return func(tx domain.Tx) error {
			err := storetest.Purses.Insert(ctx, tx, &storetest.Purse{Doc: domain.Doc{ID: fmt.Sprint("prs_", n)}})
			then()
			return err
		}
	}
	errs := inOneBatch(t, s, purse(0, func() {}), purse(1, runtime.Goexit), purse(2, func() {}))
	for n, err := range errs {
		_, got := storetest.Purses.Get(ctx, s, fmt.Sprint("prs_", n))
		if (err == nil) != (got == nil) {
			t.Errorf("write %d answered %v, and reading it %v", n, err, got)
		}
	}
	if !domain.IsCode(errs[1], domain.Unavailable) || errs[2] != nil {
		t.Errorf("the closure that went away: %v; who came after it: %v", errs[1], errs[2])
	}
	if err := s.Write(ctx, purse(1, func() {})); err != nil {
		t.Error(err)
	}
}

func TestPanicKeepsItsStack(t *testing.T) {
	t.Parallel()
	s := openTemporary(t, storetest.Specs()...)
	defer func() {
		if told := fmt.Sprint(recover()); !strings.Contains(told, "in the middle") || !strings.Contains(told, "TestPanicKeepsItsStack") {
			t.Errorf("the panic tells %q", told)
		}
	}()
	_ = s.Write(t.Context(), func(domain.Tx) error { panic("in the middle") })
}

func TestMisusedTransaction(t *testing.T) {
	t.Parallel()
	s := openTemporary(t, storetest.Specs()...)
	ctx := t.Context()
	var kept domain.Tx
	err := s.Write(ctx, func(tx domain.Tx) error {
		kept = tx
		if err := storetest.Purses.Insert(ctx, tx, &storetest.Purse{}); err != nil {
			return err
		}
		if err := storetest.Letters.Insert(ctx, tx, &storetest.Letter{At: domain.SystemClock()}); err != nil {
			return err
		}
		return tx.Select(ctx, &storetest.Letters.Spec, domain.Query{Index: "at"}, func(domain.Document, domain.Position) (bool, error) {
			_, err := storetest.Purses.Get(ctx, tx, "prs_1")
			if !domain.IsCode(err, domain.Internal) {
				t.Errorf("a read inside Select: %v", err)
			}
			return true, nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := storetest.Purses.Insert(ctx, kept, &storetest.Purse{}); !domain.IsCode(err, domain.Internal) {
		t.Errorf("a write after the end of the transaction: %v", err)
	}
}

func TestDeletedNumberIsNotGivenAgain(t *testing.T) {
	t.Parallel()
	dir, ctx := t.TempDir(), t.Context()
	s, err := Open(ctx, Options{Dir: dir, Specs: storetest.Specs()})
	if err != nil {
		t.Fatal(err)
	}
	add := func(s *Store, n int) *storetest.Entry {
		e := &storetest.Entry{Writer: 1, N: n, At: domain.SystemClock()}
		if err := s.Write(ctx, func(tx domain.Tx) error { return storetest.Journal.Insert(ctx, tx, e) }); err != nil {
			t.Fatal(err)
		}
		return e
	}
	add(s, 1)
	last := add(s, 2)
	if err := s.Write(ctx, func(tx domain.Tx) error { return storetest.Journal.Delete(ctx, tx, last.ID) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if e := add(openIn(t, dir, storetest.Specs()...), 3); e.Seq != 3 {
		t.Errorf("after 2 was deleted came %d, want 3", e.Seq)
	}
}
