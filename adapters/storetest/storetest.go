// Package storetest holds every implementation of domain.Store to the words of that interface. There are no opt-outs: an
// engine that cannot do a thing fails.
//
//	storetest.go   Run, and what the cases share
//	nouns.go       the collections that the cases use, one index of each shape
//	document.go    one document: reading, writing, text, time, size
//	query.go       queries against an oracle; page.go: cursors
//	transact.go    all or nothing; unique keys; race.go: many writers
//	sequence.go    sequenced collections
//	blob.go        large contents; search.go: the full-text index
package storetest

import (
	"context"
	"testing"
	"time"

	"sori/domain"
)

// Open makes an empty store of the engine under test, with these collections, that is closed when the test ends.
type Open func(t *testing.T, specs ...*domain.Spec) domain.Store

// Run runs all cases, in parallel, each on a store of its own.
func Run(t *testing.T, open func(t *testing.T, specs ...*domain.Spec) domain.Store) {
	groups := []struct {
		name  string
		cases map[string]func(*testing.T, domain.Store)
	}{
		{"Document", documentCases},
		{"Query", queryCases},
		{"Page", pageCases},
		{"Transact", transactCases},
		{"Race", raceCases},
		{"Sequence", sequenceCases},
		{"Blob", blobCases},
		{"Search", searchCases},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			for name, run := range g.cases {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					run(t, open(t, Specs()...))
				})
			}
		})
	}
}

// patience is how long a case waits for what must come.
const patience = 3 * time.Minute

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// must stops the test at an error that the case does not expect.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantCode checks that an error has a code.
func wantCode(t *testing.T, err error, code domain.Code) {
	t.Helper()
	if !domain.IsCode(err, code) {
		t.Fatalf("got error %v, want code %s", err, code)
	}
}

// wantDuplicate checks that an error names the index whose key is taken.
func wantDuplicate(t *testing.T, err error, index string) {
	t.Helper()
	wantCode(t, err, domain.Duplicate)
	if got := domain.FieldOf(err); got != index {
		t.Fatalf("the Duplicate names %q, want the index %q", got, index)
	}
}

func insert[T any](t *testing.T, s domain.Store, c *domain.Collection[T], docs ...*T) {
	t.Helper()
	must(t, tryInsert(testContext(t), s, c, docs...))
}

func tryInsert[T any](ctx context.Context, s domain.Store, c *domain.Collection[T], docs ...*T) error {
	return s.Write(ctx, func(tx domain.Tx) error {
		for _, d := range docs {
			if err := c.Insert(ctx, tx, d); err != nil {
				return err
			}
		}
		return nil
	})
}

func update[T any](ctx context.Context, s domain.Store, c *domain.Collection[T], id string, fn func(*T) error) error {
	return s.Write(ctx, func(tx domain.Tx) error {
		_, err := c.Update(ctx, tx, id, fn)
		return err
	})
}

func remove[T any](ctx context.Context, s domain.Store, c *domain.Collection[T], id string) error {
	return s.Write(ctx, func(tx domain.Tx) error { return c.Delete(ctx, tx, id) })
}

func idsOf[T any](docs []*T) []string {
	ids := make([]string, len(docs))
	for i, d := range docs {
		ids[i] = any(d).(domain.Document).Head().ID
	}
	return ids
}
