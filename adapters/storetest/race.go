package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sori/domain"
)

var raceCases = map[string]func(*testing.T, domain.Store){
	"OneInsertWins":     oneInsertWins,
	"NoUpdateIsLost":    noUpdateIsLost,
	"StaleReplaceLoses": staleReplaceLoses,
	"MoneyIsKept":       moneyIsKept,
	"LeaseIsClaimed":    leaseIsClaimed,
	"Everything":        everythingAtOnce,
}

// oneInsertWins: of many who insert the same key at once, one succeeds and the others are told.
func oneInsertWins(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	for round, make := range []func(i int) *Letter{
		func(int) *Letter { return &Letter{Serial: "same", At: noon} },
		func(i int) *Letter {
			return &Letter{Addresses: []Address{{Key: fmt.Sprint("own", i)}, {Key: "same"}}, At: minute(i)}
		},
		func(i int) *Letter { return &Letter{Doc: domain.Doc{ID: "ltr_same"}, At: minute(i)} },
		func(i int) *Letter { return &Letter{Shelf: "s", Slot: 3, At: minute(i)} },
	} {
		index := []string{"serial", "address", "id", "place"}[round]
		var won atomic.Int32
		inParallel(16, func(i int) {
			switch err := tryInsert(ctx, s, Letters, make(i)); {
			case err == nil:
				won.Add(1)
			case !domain.IsCode(err, domain.Duplicate) || domain.FieldOf(err) != index:
				t.Errorf("a loser of the race for %s got %v", index, err)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d won the race for %s", won.Load(), index)
		}
	}
}

func noUpdateIsLost(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	p := &Purse{}
	insert(t, s, Purses, p)
	const writers, times = 8, 20
	inParallel(writers, func(int) {
		for range times {
			if err := update(ctx, s, Purses, p.ID, func(p *Purse) error { p.Amount++; return nil }); err != nil {
				t.Error(err)
				return
			}
		}
	})
	got, err := Purses.Get(ctx, s, p.ID)
	must(t, err)
	if got.Amount != writers*times || got.Version != writers*times+1 {
		t.Errorf("%d updates left %+v", writers*times, got)
	}
}

// staleReplaceLoses: of many who read the same version and write it back whole, one succeeds.
func staleReplaceLoses(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	p := &Purse{}
	insert(t, s, Purses, p)
	var won atomic.Int64
	inParallel(12, func(i int) {
		mine, err := Purses.Get(ctx, s, p.ID)
		if err != nil {
			t.Error(err)
			return
		}
		before := mine.Version
		mine.Amount += 1 << i
		switch err := s.Write(ctx, func(tx domain.Tx) error { return Purses.Replace(ctx, tx, mine) }); {
		case err == nil && mine.Version == before+1:
			won.Add(1 << i)
		case err == nil:
			t.Errorf("version %d became %d", before, mine.Version)
		case !domain.IsCode(err, domain.Stale):
			t.Errorf("a loser got %v", err)
		}
	})
	got, err := Purses.Get(ctx, s, p.ID)
	must(t, err)
	if got.Amount != won.Load() {
		t.Errorf("the amount is %b, those who were told that they won wrote %b", got.Amount, won.Load())
	}
}

// moneyIsKept: transfers between documents neither make nor lose anything, and no transaction sees one half done.
func moneyIsKept(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	purses := make([]*Purse, 6)
	for i := range purses {
		purses[i] = &Purse{Amount: 100}
	}
	insert(t, s, Purses, purses...)
	ids := idsOf(purses)
	inParallel(6, func(i int) {
		rng := rand.New(rand.NewPCG(uint64(i), 1))
		for range 15 {
			from, to := ids[rng.IntN(len(ids))], ids[rng.IntN(len(ids))]
			if err := transfer(ctx, s, from, to, int64(rng.IntN(30))); err != nil && !errors.Is(err, errStop) {
				t.Error(err)
				return
			}
		}
	})
	must(t, s.Write(ctx, func(tx domain.Tx) error {
		all, err := Purses.GetMany(ctx, tx, ids)
		var sum int64
		for _, p := range all {
			sum += p.Amount
		}
		if sum != 600 {
			t.Errorf("the purses hold %d, want 600", sum)
		}
		return err
	}))
}

// transfer takes first and looks afterwards whether there was enough.
func transfer(ctx context.Context, s domain.Store, from, to string, amount int64) error {
	return s.Write(ctx, func(tx domain.Tx) error {
		give := func(amount int64) func(*Purse) error {
			return func(p *Purse) error { p.Amount += amount; return nil }
		}
		p, err := Purses.Update(ctx, tx, from, give(-amount))
		if err != nil {
			return err
		}
		if _, err := Purses.Update(ctx, tx, to, give(amount)); err != nil {
			return err
		}
		if p.Amount < 0 {
			return errStop
		}
		return nil
	})
}

// leaseIsClaimed: many workers share tasks as a job queue does; no task is with two of them, and a lease that ends is taken over.
func leaseIsClaimed(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	tasks := make([]*Task, 30)
	for i := range tasks {
		tasks[i] = &Task{Kind: "mail", State: "waiting", RunAt: minute(i % 3)}
	}
	insert(t, s, Tasks, tasks...)
	insert(t, s, Tasks, &Task{Kind: "fax", State: "waiting", RunAt: noon}, &Task{Kind: "mail", State: "failed", RunAt: noon})
	for _, now := range []time.Time{minute(10), minute(20)} { // at the second, all leases of the first have ended
		var mu sync.Mutex
		holder := map[string]int{}
		inParallel(6, func(worker int) {
			for {
				claimed, err := claim(ctx, s, fmt.Sprint(worker), now, 4)
				if err != nil {
					t.Error(err)
				}
				if len(claimed) == 0 {
					return
				}
				mu.Lock()
				for _, id := range claimed {
					if other, taken := holder[id]; taken {
						t.Errorf("%s was claimed by %d and %d", id, other, worker)
					}
					holder[id] = worker
				}
				mu.Unlock()
			}
		})
		if len(holder) != len(tasks) {
			t.Errorf("%d of %d due tasks were claimed", len(holder), len(tasks))
		}
	}
}

func claim(ctx context.Context, s domain.Store, worker string, now time.Time, n int) ([]string, error) {
	var ids []string
	err := s.Write(ctx, func(tx domain.Tx) error {
		due, err := Tasks.Find(ctx, tx, domain.Query{Index: "due", Equal: []any{"mail", "waiting"}, To: now, Limit: n})
		ids = idsOf(due)
		for _, task := range due {
			task.Lease, task.RunAt = worker, now.Add(5*time.Minute)
			if err := Tasks.Replace(ctx, tx, task); err != nil {
				return err
			}
		}
		return err
	})
	return ids, err
}

// everythingAtOnce mixes all that a store does, from many goroutines, and then checks every index against the documents.
func everythingAtOnce(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	var mu sync.Mutex
	kept := map[string]bool{}
	inParallel(8, func(worker int) {
		rng := rand.New(rand.NewPCG(uint64(worker), 99))
		for n := range 12 {
			if err := doAnything(ctx, s, rng, worker, n, func(id string) { mu.Lock(); kept[id] = true; mu.Unlock() }); err != nil {
				t.Errorf("worker %d: %v", worker, err)
				return
			}
		}
	})
	docs, err := Letters.Find(ctx, s, domain.Query{Index: "at"})
	must(t, err)
	if len(docs) != len(kept) {
		t.Errorf("%d letters are listed, %d were kept", len(docs), len(kept))
	}
	births, err := Letters.Find(ctx, s, domain.Query{Index: "mark", Equal: []any{77}})
	must(t, err)
	must(t, checkEntries(ctx, s, births)) // every letter has the mark, so that this is the order of their birth
}

func doAnything(ctx context.Context, s domain.Store, rng *rand.Rand, worker, n int, keep func(id string)) error {
	l := randomLetter(rng, worker*1000+n)
	l.Marks = []int64{77}
	err := s.Write(ctx, func(tx domain.Tx) error {
		return errors.Join(
			Letters.Insert(ctx, tx, l),
			Journal.Insert(ctx, tx, &Entry{Writer: worker, N: n, At: noon, Subject: l.ID}),
			Tasks.Insert(ctx, tx, &Task{Kind: "k", State: "s", RunAt: noon, Key: l.ID}),
		)
	})
	if err != nil {
		return err
	}
	if n%4 == 3 {
		return remove(ctx, s, Letters, l.ID)
	}
	keep(l.ID)
	changed := randomLetter(rng, worker*1000+n)
	if err := update(ctx, s, Letters, l.ID, func(l *Letter) error {
		l.Tags, l.Owner, l.At, l.Rank = changed.Tags, changed.Owner, changed.At, changed.Rank
		return nil
	}); err != nil {
		return err
	}
	got, err := Letters.Get(ctx, s, l.ID)
	if err == nil && (got.Version != 2 || got.Rank != changed.Rank) {
		return fmt.Errorf("read after write gave %+v", got)
	}
	if _, err := Letters.Page(ctx, s, domain.PageRequest{Limit: 5}, "", nil, domain.Query{Index: "tag", Equal: []any{"vip"}, Reverse: true}); err != nil {
		return err
	}
	return err
}
