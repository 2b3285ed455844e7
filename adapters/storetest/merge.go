package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"sori/domain"
)

// anyMerge compares random queries together with the oracle: whole, from a place in the middle, and inside a transaction.
func anyMerge(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	rng := rand.New(rand.NewPCG(20261123, 7))
	docs := randomLetters(t, s, rng)
	for range 100 {
		ix := Letters.Indexes[rng.IntN(len(Letters.Indexes))]
		queries := []domain.Query{randomQuery(rng, ix, docs)}
		queries[0].Limit = 0
		for range rng.IntN(4) {
			other := randomQuery(rng, ix, docs)
			if len(other.Equal) == len(queries[0].Equal) {
				other.Limit, other.Reverse = 0, queries[0].Reverse
				queries = append(queries, other)
			}
		}
		want := expect(&Letters.Spec, ix, docs, queries...)
		likely := rng.IntN(30)
		got, places, err := mergedEntries(ctx, s, queries, likely)
		must(t, err)
		if !slices.Equal(got, want) {
			t.Fatalf("%+v\ngot  %q\nwant %q", queries, got, want)
		}
		if len(got) == 0 {
			continue
		}
		n := rng.IntN(len(got))
		for i := range queries {
			queries[i].After = &places[n]
		}
		want = slices.DeleteFunc(want[n+1:], func(entry string) bool { return entry == got[n] }) // another query may have found it as well
		must(t, s.Write(ctx, func(tx domain.Tx) error {
			got, _, err = mergedEntries(ctx, tx, queries, likely)
			return err
		}))
		if !slices.Equal(got, want) {
			t.Fatalf("after %v: %+v\ngot  %q\nwant %q", places[n], queries, got, want)
		}
	}
}

// mergedEntries reads what queries find together, with the positions.
func mergedEntries(ctx context.Context, r domain.Reader, queries []domain.Query, likely int) (out []string, places []domain.Position, err error) {
	err = r.Merge(ctx, &Letters.Spec, queries, likely, func(d domain.Document, pos domain.Position) (bool, error) {
		out, places = append(out, fmt.Sprintf("%v %s", pos.Keys, d.Head().ID)), append(places, pos)
		return true, nil
	})
	return out, places, err
}
