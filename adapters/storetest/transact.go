package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"sori/domain"
)

var transactCases = map[string]func(*testing.T, domain.Store){
	"RollsBackEverything":   rollsBackEverything,
	"PanicRollsBack":        panicRollsBack,
	"UniqueKeys":            uniqueKeys,
	"DuplicateOnReplace":    duplicateOnReplace,
	"DuplicateIsNeverLost":  duplicateIsNeverLost,
	"KeysMoveInOneCommit":   keysMoveInOneCommit,
	"AbsentIsNotDuplicate":  absentIsNotDuplicate,
	"FailedWriteCanBeTried": failedWriteCanBeTried,
	"ReadsItsOwnWrites":     readsItsOwnWrites,
	"NothingToWrite":        nothingToWrite,
}

var errStop = errors.New("stop")

// rollsBackEverything: an error takes back the writes to all nouns, those to indexes and those before the fault.
func rollsBackEverything(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	l, p, gone := fullLetter(), &Purse{Amount: 5}, &Task{Kind: "k", State: "s", RunAt: noon, Key: "key"}
	insert(t, s, Letters, l)
	insert(t, s, Purses, p)
	insert(t, s, Tasks, gone)
	err := s.Write(ctx, func(tx domain.Tx) error {
		_, err1 := Letters.Update(ctx, tx, l.ID, func(l *Letter) error { *l = Letter{Doc: l.Doc, At: minute(50), Serial: "S-2"}; return nil })
		_, err2 := Purses.Update(ctx, tx, p.ID, func(p *Purse) error { p.Amount = 6; return nil })
		err3 := Letters.Insert(ctx, tx, &Letter{Doc: domain.Doc{ID: "ltr_new"}, Serial: "S-1", At: noon, Tags: []string{"new"}})
		err4 := Tasks.Delete(ctx, tx, gone.ID)
		err5 := Journal.Insert(ctx, tx, &Entry{Writer: 1, N: 1, At: noon})
		return errors.Join(err1, err2, err3, err4, err5, errStop)
	})
	if !errors.Is(err, errStop) {
		t.Fatalf("the closure's error became %v", err)
	}
	must(t, checkEntries(ctx, s, []*Letter{l}))
	if got, err := Purses.Get(ctx, s, p.ID); err != nil || got.Amount != 5 || got.Version != 1 {
		t.Errorf("the purse is %+v (%v)", got, err)
	}
	if _, err := Tasks.First(ctx, s, domain.Query{Index: "key", Equal: []any{"key"}}); err != nil {
		t.Errorf("the deleted task: %v", err)
	}
	if n, err := s.LastSeq(ctx, &Journal.Spec); err != nil || n != 0 {
		t.Errorf("the journal's last number is %d (%v)", n, err)
	}
}

func panicRollsBack(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic did not come through")
			}
		}()
		_ = s.Write(ctx, func(tx domain.Tx) error {
			must(t, Purses.Insert(ctx, tx, &Purse{Doc: domain.Doc{ID: "prs_panic"}}))
			panic("in the middle")
		})
	}()
	_, err := Purses.Get(ctx, s, "prs_panic")
	wantCode(t, err, domain.NotFound)
	insert(t, s, Purses, &Purse{Doc: domain.Doc{ID: "prs_panic"}})
}

// rivals pairs documents that cannot both be there with the index that says so.
var rivals = map[string][2]*Letter{
	"serial":    {{Serial: "1", At: noon}, {Serial: "1", At: minute(1)}},
	"place":     {{Shelf: "a", Slot: 1, At: noon}, {Shelf: "a", Slot: 1, At: minute(1)}},
	"address":   {{Addresses: []Address{{Key: "p"}, {Key: "q"}}, At: noon}, {Addresses: []Address{{Key: "r"}, {Key: "q"}}, At: minute(1)}},
	"id":        {{Doc: domain.Doc{ID: "ltr_same"}, At: noon}, {Doc: domain.Doc{ID: "ltr_same"}, At: minute(1)}},
	"serial #2": {{Serial: "\x00 a", At: noon}, {Serial: "\x00 a", At: minute(1)}},
}

func indexOf(rival string) string {
	var index string
	fmt.Sscan(rival, &index)
	return index
}

func uniqueKeys(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	for rival, pair := range rivals {
		first, second := *pair[0], *pair[1]
		insert(t, s, Letters, &first)
		wantDuplicate(t, tryInsert(ctx, s, Letters, &second), indexOf(rival))
		must(t, checkEntries(ctx, s, []*Letter{&first}))
		must(t, remove(ctx, s, Letters, first.ID))
		wantDuplicate(t, tryInsert(ctx, s, Letters, pair[0], pair[1]), indexOf(rival))
		must(t, checkEntries(ctx, s, nil))
	}
	// A different value in any field of the key is a different key.
	insert(t, s, Letters, &Letter{Shelf: "a", Slot: 1, At: noon}, &Letter{Shelf: "a", Slot: 2, At: noon}, &Letter{Shelf: "b", Slot: 1, At: noon})
}

func duplicateOnReplace(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	for rival, pair := range rivals {
		if indexOf(rival) == "id" {
			continue
		}
		first, second, wish := *pair[0], Letter{At: minute(5), Tags: []string{"t"}}, pair[1]
		insert(t, s, Letters, &first, &second)
		err := update(ctx, s, Letters, second.ID, func(l *Letter) error {
			l.Serial, l.Shelf, l.Slot, l.Addresses = wish.Serial, wish.Shelf, wish.Slot, wish.Addresses
			return nil
		})
		wantDuplicate(t, err, indexOf(rival))
		must(t, checkEntries(ctx, s, []*Letter{&first, &second}))
		must(t, remove(ctx, s, Letters, first.ID))
		must(t, remove(ctx, s, Letters, second.ID))
	}
}

// duplicateIsNeverLost: a closure that does not look at its errors still cannot commit half of what it did.
func duplicateIsNeverLost(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	for rival, pair := range rivals {
		first, second := *pair[0], *pair[1]
		insert(t, s, Letters, &first)
		err := s.Write(ctx, func(tx domain.Tx) error {
			_ = Letters.Insert(ctx, tx, &second)
			_ = Purses.Insert(ctx, tx, &Purse{Doc: domain.Doc{ID: "prs_half"}})
			return nil
		})
		wantDuplicate(t, err, indexOf(rival))
		_, err = Purses.Get(ctx, s, "prs_half")
		wantCode(t, err, domain.NotFound)
		must(t, checkEntries(ctx, s, []*Letter{&first}))
		must(t, remove(ctx, s, Letters, first.ID))
	}
}

// keysMoveInOneCommit: a unique key that one document gives up another may take in the same transaction.
func keysMoveInOneCommit(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	a := &Letter{Serial: "1", Addresses: []Address{{Key: "x"}, {Key: "y"}}, At: noon}
	b := &Letter{Serial: "2", Addresses: []Address{{Key: "z"}}, At: noon}
	insert(t, s, Letters, a, b)
	must(t, s.Write(ctx, func(tx domain.Tx) error {
		return errors.Join(
			edit(ctx, tx, a.ID, func(l *Letter) { l.Serial, l.Addresses = "", l.Addresses[:1] }),
			edit(ctx, tx, b.ID, func(l *Letter) { l.Serial, l.Addresses = "1", append(l.Addresses, Address{Key: "y"}) }),
			edit(ctx, tx, a.ID, func(l *Letter) { l.Serial = "2" }),
		)
	}))
	for index, key := range map[string]string{"serial": "1", "address": "y"} {
		got, err := Letters.First(ctx, s, domain.Query{Index: index, Equal: []any{key}})
		must(t, err)
		if got.ID != b.ID {
			t.Errorf("%s %s belongs to %s, want %s", index, key, got.ID, b.ID)
		}
	}
	// The same with a document that is deleted, and one that is deleted and comes back.
	must(t, s.Write(ctx, func(tx domain.Tx) error {
		return errors.Join(
			Letters.Delete(ctx, tx, b.ID),
			Letters.Insert(ctx, tx, &Letter{Serial: "1", Addresses: []Address{{Key: "y"}}, At: noon}),
			Letters.Delete(ctx, tx, a.ID),
			Letters.Insert(ctx, tx, &Letter{Doc: domain.Doc{ID: a.ID}, Serial: "2", At: noon}),
		)
	}))
	got, err := Letters.Get(ctx, s, a.ID)
	must(t, err)
	if got.Version != 1 || got.Serial != "2" || got.Addresses != nil {
		t.Errorf("the document that came back is %+v", got)
	}
}

func edit(ctx context.Context, tx domain.Tx, id string, fn func(*Letter)) error {
	_, err := Letters.Update(ctx, tx, id, func(l *Letter) error { fn(l); return nil })
	return err
}

func absentIsNotDuplicate(t *testing.T, s domain.Store) {
	for range 3 {
		insert(t, s, Letters, &Letter{At: noon}, &Letter{At: noon, Addresses: []Address{{Name: "no key"}}})
	}
	l := &Letter{At: noon, Addresses: []Address{{Key: "twice", Name: "a"}, {Key: "twice", Name: "b"}}, Tags: []string{"t", "t"}}
	insert(t, s, Letters, l) // the same key twice in one document is no conflict
	must(t, update(testContext(t), s, Letters, l.ID, func(l *Letter) error { l.Rank++; return nil }))
}

// failedWriteCanBeTried: after a Write that failed, the documents it was given are as they were and can be written again.
func failedWriteCanBeTried(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	p, added := &Purse{Amount: 1}, &Purse{Amount: 7}
	insert(t, s, Purses, p)
	p.Amount = 2
	for _, outcome := range []error{errStop, errStop, nil} {
		err := s.Write(ctx, func(tx domain.Tx) error {
			return errors.Join(Purses.Replace(ctx, tx, p), Purses.Insert(ctx, tx, added), outcome)
		})
		if !errors.Is(err, outcome) {
			t.Fatalf("got %v, want %v", err, outcome)
		}
	}
	if p.Version != 2 || added.Version != 1 {
		t.Errorf("versions %d and %d, want 2 and 1", p.Version, added.Version)
	}
	p.Amount = 3
	must(t, s.Write(ctx, func(tx domain.Tx) error { return Purses.Replace(ctx, tx, p) }))
}

func readsItsOwnWrites(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	must(t, s.Write(ctx, func(tx domain.Tx) error {
		p := &Purse{Amount: 1}
		if err := Purses.Insert(ctx, tx, p); err != nil {
			return err
		}
		p.Amount = 2
		if err := Purses.Replace(ctx, tx, p); err != nil {
			return err
		}
		got, err := Purses.Get(ctx, tx, p.ID)
		if err != nil || got.Amount != 2 || got.Version != 2 {
			return fmt.Errorf("inside: %+v (%v)", got, err)
		}
		if _, err := Purses.Get(ctx, s, p.ID); !domain.IsCode(err, domain.NotFound) {
			return fmt.Errorf("outside, before the commit: %v", err)
		}
		if err := Purses.Delete(ctx, tx, p.ID); err != nil {
			return err
		}
		if _, err := Purses.Get(ctx, tx, p.ID); !domain.IsCode(err, domain.NotFound) {
			return fmt.Errorf("inside, after Delete: %v", err)
		}
		return nil
	}))
}

func nothingToWrite(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	must(t, s.Write(ctx, func(domain.Tx) error { return nil }))
	if err := s.Write(ctx, func(domain.Tx) error { return errStop }); !errors.Is(err, errStop) {
		t.Fatal(err)
	}
}
