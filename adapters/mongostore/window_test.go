package mongostore

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"sori/domain"
)

// TestPartsFindTheWholeList reads lists part by part, whatever was learnt, and compares with the list itself.
func TestPartsFindTheWholeList(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	parted := 0
	for range 5000 {
		keys := make([]int64, r.IntN(30))
		for i := range keys {
			keys[i] = r.Int64N(60) - 30
		}
		q := domain.Query{Index: "last", Reverse: r.IntN(2) == 0, Limit: 1 + r.IntN(5)}
		if r.IntN(3) == 0 {
			q.From = r.Int64N(60) - 30
		}
		if r.IntN(3) == 0 {
			q.To = r.Int64N(60) - 30
		}
		w := newWindows()
		w.learn(domain.Query{Index: "last", Reverse: q.Reverse, Limit: 1 + r.IntN(5)}, at(r.Int64N(60)-30), at(r.Int64N(60)-30))
		if len(keys) > 0 && r.IntN(2) == 0 {
			after := at(keys[r.IntN(len(keys))])
			q.After = &after
		}
		var got []int64
		parts := w.parts(q)
		for _, part := range parts {
			got = append(got, found(keys, part)...)
		}
		if want := found(keys, q); !slices.Equal(got, want) {
			t.Fatalf("%+v in %d parts finds %d, not %d", q, len(parts), got, want)
		}
		if len(parts) > 1 {
			parted++
		}
	}
	if parted < 1000 {
		t.Errorf("only %d lists were read in parts", parted)
	}
}

func at(key int64) domain.Position { return domain.Position{Keys: []any{key}} }

// found gives, in order, the keys that a query finds; those that are equal to the one after which it begins are behind it.
func found(keys []int64, q domain.Query) (out []int64) {
	keys = slices.Sorted(slices.Values(keys))
	if q.Reverse {
		slices.Reverse(keys)
	}
	for _, k := range keys {
		if q.From != nil && k < q.From.(int64) || q.To != nil && k >= q.To.(int64) {
			continue
		}
		if q.After != nil {
			if after := q.After.Keys[0].(int64); k < after && !q.Reverse || k > after && q.Reverse {
				continue
			}
		}
		out = append(out, k)
	}
	return out
}

func TestAWindowHoldsThePageAfterTheOneItWasLearntFrom(t *testing.T) {
	t.Parallel()
	w := newWindows()
	q := domain.Query{Index: "last", Equal: []any{"open"}, Reverse: true, Limit: 26}
	if parts := w.parts(q); len(parts) != 1 {
		t.Fatalf("of a list of which nothing is known: %d parts", len(parts))
	}
	w.learn(q, at(1_000_000), at(1_000_000-25*100))
	first := w.parts(q)[0]
	if first.From.(int64) > 1_000_000-25*100 || first.From.(int64) < 1_000_000-60*100 || first.To != nil {
		t.Errorf("the first page is looked for from %v", first.From)
	}
	after := at(500_000)
	q.After = &after
	if next := w.parts(q); next[0].After == nil || next[0].From.(int64) > 500_000-25*100 || next[1].After != nil || next[1].To != next[0].From {
		t.Errorf("a later page is looked for in %+v", next)
	}
	other := q
	other.Equal = []any{"closed"}
	if parts := w.parts(other); len(parts) != 1 {
		t.Errorf("of another list: %d parts", len(parts))
	}
}

// TestThinPagesFurtherOnDoNotWidenTheFirst: the first page of today's thousands stays near, though somebody leafs through last year's few.
func TestThinPagesFurtherOnDoNotWidenTheFirst(t *testing.T) {
	t.Parallel()
	w := newWindows()
	first := domain.Query{Index: "last", Reverse: true, Limit: 10}
	later, after := first, at(500_000)
	later.After = &after
	w.learn(first, at(1_000_000), at(999_990))
	w.learn(later, at(499_000), at(399_000))
	if near := w.parts(first)[0]; near.From.(int64) < 999_970 {
		t.Errorf("the first page is looked for from %v", near.From)
	}
	if near := w.parts(later)[0]; near.From.(int64) > 400_000 {
		t.Errorf("a later page is looked for from %v", near.From)
	}
}

// TestOneReadsAnUnknownListFirst: the others wait, and ask for its near part when he has read; who does not want to wait goes.
func TestOneReadsAnUnknownListFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, q := newWindows(), domain.Query{Index: "last", Reverse: true, Limit: 10}
		done, err := w.explore(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		var waiting atomic.Int32
		for range 3 {
			go func() {
				waiting.Add(1)
				defer waiting.Add(-1)
				if _, err := w.explore(t.Context(), q); err != nil || len(w.parts(q)) != 2 {
					t.Errorf("%v; %d parts", err, len(w.parts(q)))
				}
			}()
			synctest.Wait()
		}
		impatient, stop := context.WithCancel(t.Context())
		stop()
		if _, err := w.explore(impatient, q); !errors.Is(err, context.Canceled) {
			t.Errorf("who went: %v", err)
		}
		if n := waiting.Load(); n != 3 {
			t.Fatalf("%d wait", n)
		}
		w.learn(q, at(1_000_000), at(999_900))
		done()
		synctest.Wait()
		if n := waiting.Load(); n != 0 {
			t.Errorf("%d still wait", n)
		}
	})
}

// TestWhoReadsWhileHeReads: a caller who asks for a list of which he himself is the first reader does not wait for ever.
func TestWhoReadsWhileHeReads(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, q := newWindows(), domain.Query{Index: "last", Limit: 10}
		outer, err := w.explore(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		inner, err := w.explore(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		inner()
		outer()
		if len(w.reading) != 0 {
			t.Errorf("%d readings are not over", len(w.reading))
		}
	})
}
