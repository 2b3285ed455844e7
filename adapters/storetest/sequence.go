package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"sori/domain"
)

var sequenceCases = map[string]func(*testing.T, domain.Store){
	"Numbers":         numbers,
	"RollbackNoGap":   rollbackLeavesNoGap,
	"TailMissesNone":  tailMissesNone,
	"CommittedWakes":  committedWakes,
	"OrderInsideOne":  orderInsideOne,
	"FoundByItsIndex": sequencedFoundByIndex,
	"Settle":          settled,
}

// tail reads what is after a number, as every reader of the feed does.
func tail(ctx context.Context, s domain.Store, after int64, limit int) ([]*Entry, error) {
	return Journal.Find(ctx, s, domain.Query{Index: domain.SeqIndex, From: after + 1, Limit: limit})
}

// awaitTail reads until n entries after a number have come. They must be numbered without a gap whenever they are read.
func awaitTail(ctx context.Context, s domain.Store, after int64, n int) ([]*Entry, error) {
	var all []*Entry
	for {
		committed := s.Committed()
		found, err := tail(ctx, s, after, 50)
		if err != nil {
			return all, err
		}
		for _, e := range found {
			if e.Seq != after+1 {
				return all, fmt.Errorf("after %d came %d", after, e.Seq)
			}
			after = e.Seq
		}
		if all = append(all, found...); len(all) >= n {
			return all, nil
		}
		if len(found) > 0 {
			continue
		}
		select {
		case <-committed:
		case <-ctx.Done():
			return all, fmt.Errorf("%d of %d entries came: %w", len(all), n, ctx.Err())
		}
	}
}

// settled: whoever was answered for a write, and lets the store settle, finds it in the feed.
func settled(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	must(t, s.Settle(ctx)) // with nothing to wait for
	last := int64(0)
	for round := range 20 {
		wrote := []*Entry{{Writer: 1, N: round, At: noon}, {Writer: 2, N: round, At: noon}}
		insert(t, s, Journal, wrote...)
		must(t, s.Settle(ctx))
		found, err := tail(ctx, s, last, 50)
		if err != nil || len(found) != len(wrote) {
			t.Fatalf("%d of %d entries are in the feed (%v)", len(found), len(wrote), err)
		}
		last = found[len(found)-1].Seq
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := s.Settle(gone); err == nil {
		t.Error("it settled for somebody who is gone")
	}
}

func numbers(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	if n, err := s.LastSeq(ctx, &Journal.Spec); err != nil || n != 0 {
		t.Fatalf("an empty collection's last number is %d (%v)", n, err)
	}
	for i := range 5 {
		insert(t, s, Journal, &Entry{Writer: 1, N: i, At: noon})
	}
	all, err := awaitTail(ctx, s, 0, 5)
	must(t, err)
	for i, e := range all {
		if e.N != i || e.Version != 1 {
			t.Errorf("entry %d is %+v", i, e)
		}
		got, err := Journal.Get(ctx, s, e.ID)
		must(t, err)
		if got.Seq != e.Seq {
			t.Errorf("by id the number is %d, in the list %d", got.Seq, e.Seq)
		}
	}
	if n, err := s.LastSeq(ctx, &Journal.Spec); err != nil || n != 5 {
		t.Errorf("the last number is %d, want 5 (%v)", n, err)
	}
	back, err := Journal.Find(ctx, s, domain.Query{Index: domain.SeqIndex, Reverse: true, To: int64(4), Limit: 2})
	must(t, err)
	if len(back) != 2 || back[0].Seq != 3 || back[1].Seq != 2 {
		t.Errorf("backwards from 4: %+v", back)
	}
}

func rollbackLeavesNoGap(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	for i := range 4 {
		insert(t, s, Journal, &Entry{Writer: 1, N: i, At: noon})
		err := s.Write(ctx, func(tx domain.Tx) error {
			return errors.Join(Journal.Insert(ctx, tx, &Entry{Writer: 2, N: i, At: noon}), errStop)
		})
		if !errors.Is(err, errStop) {
			t.Fatal(err)
		}
		wantDuplicate(t, tryInsert(ctx, s, Journal, &Entry{Writer: 3, N: i, At: noon}, &Entry{Writer: 1, N: i, At: noon}), "writer")
	}
	all, err := awaitTail(ctx, s, 0, 4)
	must(t, err)
	for i, e := range all {
		if e.Writer != 1 || e.N != i {
			t.Errorf("entry %d is %+v", i, e)
		}
	}
}

// tailMissesNone: whoever reads on from the last number he has seen gets every entry once, while many write; and each writer's
// own entries come in the order in which it wrote them.
func tailMissesNone(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	const writers, times = 8, 15
	type result struct {
		entries []*Entry
		err     error
	}
	results := make(chan result, 2)
	for range cap(results) {
		go func() {
			all, err := awaitTail(ctx, s, 0, writers*times)
			results <- result{all, err}
		}()
	}
	var failed atomic.Int32
	inParallel(writers, func(w int) {
		for n := range times {
			err := s.Write(ctx, func(tx domain.Tx) error {
				if err := Journal.Insert(ctx, tx, &Entry{Writer: w, N: n, At: noon}); err != nil {
					return err
				}
				if w == 0 && n%3 == 0 {
					time.Sleep(2 * time.Millisecond) // a slow writer holds its number for a while
				}
				return nil
			})
			if err != nil {
				failed.Add(1)
				t.Error(err)
			}
		}
	})
	for range cap(results) {
		r := <-results
		if r.err != nil && failed.Load() == 0 {
			t.Fatal(r.err)
		}
		next := map[int]int{}
		for _, e := range r.entries {
			if e.N != next[e.Writer] {
				t.Fatalf("writer %d: entry %d came, want %d", e.Writer, e.N, next[e.Writer])
			}
			next[e.Writer]++
		}
	}
	rest, err := awaitTail(ctx, s, 100, writers*times-100)
	must(t, err)
	if last, err := s.LastSeq(ctx, &Journal.Spec); err != nil || last != writers*times || len(rest) != writers*times-100 {
		t.Errorf("the last number is %d, and %d entries are after 100 (%v)", last, len(rest), err)
	}
}

func committedWakes(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	for i := range 3 {
		committed := s.Committed()
		insert(t, s, Journal, &Entry{Writer: 1, N: i, At: noon})
		select {
		case <-committed:
		case <-ctx.Done():
			t.Fatal("nobody was told of the commit")
		}
	}
}

// orderInsideOne: entries of one transaction stand together, in the order of their Insert.
func orderInsideOne(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	inParallel(6, func(w int) {
		batch := make([]*Entry, 5)
		for n := range batch {
			batch[n] = &Entry{Writer: w, N: n, At: noon}
		}
		if err := tryInsert(ctx, s, Journal, batch...); err != nil {
			t.Error(err)
		}
	})
	all, err := awaitTail(ctx, s, 0, 30)
	must(t, err)
	for i, e := range all {
		if e.N != i%5 || e.Writer != all[i-i%5].Writer {
			t.Fatalf("place %d holds entry %d of writer %d", i+1, e.N, e.Writer)
		}
	}
}

func sequencedFoundByIndex(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	for i := range 6 {
		insert(t, s, Journal, &Entry{Writer: 1, N: i, Subject: []string{"a", "b", ""}[i%3], At: minute(10 - i)})
	}
	_, err := awaitTail(ctx, s, 0, 6)
	must(t, err)
	found, err := Journal.Find(ctx, s, domain.Query{Index: "subject", Equal: []any{"a"}})
	must(t, err)
	if len(found) != 2 || found[0].Seq != 4 || found[1].Seq != 1 {
		t.Errorf("by subject: %+v", found)
	}
	got, err := Journal.First(ctx, s, domain.Query{Index: "writer", Equal: []any{1, 5}})
	must(t, err)
	if got.Seq != 6 {
		t.Errorf("by its unique key: %+v", got)
	}
}
