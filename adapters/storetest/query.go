package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sori/domain"
)

var queryCases = map[string]func(*testing.T, domain.Store){
	"AnyQuery":             anyQuery,
	"AnyMerge":             anyMerge,
	"InsideTransaction":    queryInsideTransaction,
	"Refused":              refusedQueries,
	"AbsentFields":         absentFields,
	"StopsWhenToldTo":      stopsWhenToldTo,
	"EveryIndexIsUsed":     everyIndexIsUsed,
	"PositionsOfStrangers": positionsOfStrangers,
}

// entry is one line of an index, as the oracle sees it.
type entry struct {
	keys  []any
	birth int
	id    string
}

// expect computes, without any index, what a query must find, or several together: docs are all documents, in the order of their birth.
func expect[T any](spec *domain.Spec, ix domain.Index, docs []*T, queries ...domain.Query) []string {
	var found []entry
	for birth, d := range docs {
		for _, keys := range linesOf(spec, ix, any(d).(domain.Document)) {
			for _, q := range queries {
				if matches(keys, q) {
					found = append(found, entry{keys[len(q.Equal):], birth, any(d).(domain.Document).Head().ID})
				}
			}
		}
	}
	q := queries[0]
	slices.SortFunc(found, func(a, b entry) int {
		order := cmp.Or(slices.CompareFunc(a.keys, b.keys, compareKeys), cmp.Compare(a.birth, b.birth))
		if q.Reverse {
			return -order
		}
		return order
	})
	if q.Limit > 0 && len(found) > q.Limit {
		found = found[:q.Limit]
	}
	out := make([]string, len(found))
	for i, e := range found {
		out[i] = fmt.Sprintf("%v %s", e.keys, e.id)
	}
	return out
}

// linesOf gives the lines that a document has in an index.
func linesOf(spec *domain.Spec, ix domain.Index, d domain.Document) [][]any {
	firsts := spec.Keys(d, ix.Fields[0])
	if len(firsts) == 0 && !ix.Partial() {
		firsts = []any{nil}
	}
	var lines [][]any
	for _, first := range firsts {
		line := []any{first}
		for _, path := range ix.Fields[1:] {
			line = append(line, spec.Keys(d, path)...)
		}
		lines = append(lines, line)
	}
	return lines
}

func matches(keys []any, q domain.Query) bool {
	for i, want := range q.Equal {
		if keys[i] != domain.KeyOf(want) {
			return false
		}
	}
	if q.From == nil && q.To == nil {
		return true
	}
	key := keys[len(q.Equal)]
	return key != nil &&
		(q.From == nil || compareKeys(key, domain.KeyOf(q.From)) >= 0) &&
		(q.To == nil || compareKeys(key, domain.KeyOf(q.To)) < 0)
}

func compareKeys(a, b any) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	if x, ok := a.(int64); ok {
		return cmp.Compare(x, b.(int64))
	}
	return strings.Compare(a.(string), b.(string))
}

// entries reads what a query finds, with its positions.
func entries(ctx context.Context, r domain.Reader, q domain.Query) ([]string, error) {
	var out []string
	err := r.Select(ctx, &Letters.Spec, q, func(d domain.Document, pos domain.Position) (bool, error) {
		out = append(out, fmt.Sprintf("%v %s", pos.Keys, d.Head().ID))
		return true, nil
	})
	return out, err
}

// randomLetter has few different values in each field, so that there are many ties.
func randomLetter(rng *rand.Rand, n int) *Letter {
	l := &Letter{
		Subject: pick(rng, "", "a", "b", "가"), Rank: int64(rng.IntN(5) - 2), Open: rng.IntN(2) == 0, At: minute(rng.IntN(6)),
		Slot: n, Shelf: pick(rng, "", "x", "y"),
	}
	if rng.IntN(3) > 0 {
		l.Owner = ptr(pick(rng, "kim", "lee"))
	}
	if rng.IntN(3) > 0 {
		l.Due = ptr(minute(rng.IntN(4)))
	}
	if rng.IntN(3) > 0 {
		l.Seen = minute(rng.IntN(4))
	}
	if rng.IntN(3) > 0 {
		l.Stamp = &Stamp{Code: pick(rng, "", "KR", "US"), Posted: ptr(minute(rng.IntN(3)))}
	}
	for range rng.IntN(4) {
		l.Tags = append(l.Tags, pick(rng, "vip", "new", "환불", ""))
		l.Marks = append(l.Marks, int64(rng.IntN(4)-1))
	}
	for i := range rng.IntN(3) {
		l.Addresses = append(l.Addresses, Address{Key: fmt.Sprintf("%d-%d", n, i)})
	}
	if rng.IntN(2) == 0 {
		l.Serial = fmt.Sprintf("S%03d", n)
	}
	return l
}

// randomLetters stores some.
func randomLetters(t *testing.T, s domain.Store, rng *rand.Rand) []*Letter {
	return seed(t, s, 120, func(i int) *Letter { return randomLetter(rng, i) })
}

func pick(rng *rand.Rand, from ...string) string { return from[rng.IntN(len(from))] }

// randomQuery takes its values from a document, so that most queries find something.
func randomQuery(rng *rand.Rand, ix domain.Index, docs []*Letter) domain.Query {
	q := domain.Query{Index: ix.Name, Reverse: rng.IntN(2) == 0}
	value := func(path string) any {
		keys := Letters.Keys(docs[rng.IntN(len(docs))], path)
		if len(keys) == 0 {
			return nil
		}
		return keys[rng.IntN(len(keys))]
	}
	for _, path := range ix.Fields[:rng.IntN(len(ix.Fields)+1)] {
		q.Equal = append(q.Equal, value(path))
	}
	if rest := ix.Fields[len(q.Equal):]; len(rest) > 0 {
		if rng.IntN(3) == 0 {
			q.From = value(rest[0])
		}
		if rng.IntN(3) == 0 {
			q.To = value(rest[0])
		}
	}
	if rng.IntN(2) == 0 {
		q.Limit = 1 + rng.IntN(20)
	}
	return q
}

// anyQuery compares random queries with the oracle, whole and in pages.
func anyQuery(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	rng := rand.New(rand.NewPCG(20260314, 7))
	docs := randomLetters(t, s, rng)
	for range 200 {
		ix := Letters.Indexes[rng.IntN(len(Letters.Indexes))]
		q := randomQuery(rng, ix, docs)
		want := expect(&Letters.Spec, ix, docs, q)
		got, err := entries(ctx, s, q)
		must(t, err)
		if !slices.Equal(got, want) {
			t.Fatalf("%+v\ngot  %q\nwant %q", q, got, want)
		}
		q.Limit = 0
		if got, want = walk(t, s, q, 4+rng.IntN(30)), expect(&Letters.Spec, ix, docs, q); !slices.Equal(got, want) {
			t.Fatalf("in pages: %+v\ngot  %q\nwant %q", q, got, want)
		}
	}
}

// walk reads a query in pages by Position.
func walk(t *testing.T, s domain.Store, q domain.Query, size int) []string {
	t.Helper()
	var out []string
	q.Limit = size
	for {
		n := 0
		err := s.Select(testContext(t), &Letters.Spec, q, func(d domain.Document, pos domain.Position) (bool, error) {
			out = append(out, fmt.Sprintf("%v %s", pos.Keys, d.Head().ID))
			q.After = &pos
			n++
			return true, nil
		})
		must(t, err)
		if n < size {
			return out
		}
	}
}

func queryInsideTransaction(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	before := &Letter{Subject: "a", Tags: []string{"x"}, At: minute(1)}
	insert(t, s, Letters, before)
	err := s.Write(ctx, func(tx domain.Tx) error {
		added := &Letter{Subject: "b", Tags: []string{"x", "y"}, At: minute(2)}
		if err := Letters.Insert(ctx, tx, added); err != nil {
			return err
		}
		changed, err := Letters.Update(ctx, tx, before.ID, func(l *Letter) error { l.Tags, l.At = []string{"y"}, minute(3); return nil })
		if err != nil {
			return err
		}
		for _, q := range []domain.Query{
			{Index: "tag", Equal: []any{"x"}}, {Index: "tag", Equal: []any{"y"}}, {Index: "at"}, {Index: "at", Reverse: true},
		} {
			ix, _ := Letters.Index(q.Index)
			want := expect(&Letters.Spec, ix, []*Letter{changed, added}, q)
			if got, err := entries(ctx, tx, q); err != nil || !slices.Equal(got, want) {
				return fmt.Errorf("inside: %+v: got %q, want %q (%v)", q, got, want, err)
			}
		}
		if got, err := entries(ctx, s, domain.Query{Index: "tag"}); err != nil || len(got) != 1 {
			return fmt.Errorf("outside, before the commit: %q (%v)", got, err)
		}
		return nil
	})
	must(t, err)
}

func refusedQueries(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	for _, q := range []domain.Query{
		{Index: "nosuch"}, {Index: ""}, {Index: "rank", Equal: []any{1, 2}}, {Index: "rank", Equal: []any{1}, From: 2}, {Index: domain.SeqIndex},
	} {
		_, err := Letters.Find(ctx, s, q)
		wantCode(t, err, domain.Internal)
		_, err = s.Explain(ctx, &Letters.Spec, q)
		wantCode(t, err, domain.Internal)
	}
}

func absentFields(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	docs := []*Letter{
		{At: minute(1)},
		{At: minute(2), Owner: ptr(""), Tags: []string{}, Stamp: &Stamp{}, Addresses: []Address{{Name: "no key"}}},
		{At: minute(3), Owner: ptr("kim"), Tags: []string{"", "t"}, Stamp: &Stamp{Code: "KR", Posted: ptr(minute(0))}},
	}
	insert(t, s, Letters, docs...)
	for _, c := range []struct {
		index string
		equal any
		want  int
	}{
		{"owner", nil, 2}, {"owner", "", 2}, {"owner", (*string)(nil), 2}, {"owner", "kim", 1}, {"anyTag", nil, 2}, {"anyTag", "t", 1},
		{"mark", nil, 3}, {"posted", nil, 2}, {"posted", time.Time{}, 2}, {"seen", nil, 3},
		{"stamp", nil, 0}, {"stamp", "", 0}, {"tag", nil, 0}, {"serial", nil, 0}, {"due", nil, 0}, {"address", nil, 0}, {"address", "", 0},
	} {
		found, err := Letters.Find(ctx, s, domain.Query{Index: c.index, Equal: []any{c.equal}})
		must(t, err)
		if len(found) != c.want {
			t.Errorf("index %s finds %d documents equal to %#v, want %d", c.index, len(found), c.equal, c.want)
		}
	}
}

func stopsWhenToldTo(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	for i := range 10 {
		insert(t, s, Letters, &Letter{Rank: int64(i), At: noon})
	}
	for _, read := range []func(func(domain.Reader)){
		func(use func(domain.Reader)) { use(s) },
		func(use func(domain.Reader)) { must(t, s.Write(ctx, func(tx domain.Tx) error { use(tx); return nil })) },
	} {
		read(func(r domain.Reader) {
			n := 0
			err := r.Select(ctx, &Letters.Spec, domain.Query{Index: "rank"}, func(domain.Document, domain.Position) (bool, error) { n++; return n < 3, nil })
			if err != nil || n != 3 {
				t.Errorf("yield was called %d times, want 3 (%v)", n, err)
			}
			stop := errors.New("stop")
			err = r.Select(ctx, &Letters.Spec, domain.Query{Index: "rank"}, func(domain.Document, domain.Position) (bool, error) { return true, stop })
			if !errors.Is(err, stop) {
				t.Errorf("the error of yield became %v", err)
			}
			n = 0
			both := []domain.Query{{Index: "rank", From: 5}, {Index: "rank", To: 5}}
			err = r.Merge(ctx, &Letters.Spec, both, 1, func(domain.Document, domain.Position) (bool, error) { n++; return n < 7, nil })
			if err != nil || n != 7 {
				t.Errorf("yield was called %d times for two queries, want 7 (%v)", n, err)
			}
			if _, err = Letters.First(ctx, r, domain.Query{Index: "rank", Equal: []any{99}}); !domain.IsCode(err, domain.NotFound) {
				t.Errorf("First of nothing: %v", err)
			}
		})
	}
}

// everyIndexIsUsed asks the engine for its plan of each kind of query that each index may serve.
func everyIndexIsUsed(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range 50 {
		insert(t, s, Letters, randomLetter(rng, i))
	}
	insert(t, s, Journal, &Entry{Writer: 1, N: 1, At: noon})
	for _, spec := range Specs() {
		indexes := spec.Indexes
		if seq, ok := spec.Index(domain.SeqIndex); ok {
			indexes = append(slices.Clone(indexes), seq)
		}
		for _, ix := range indexes {
			for _, q := range queryShapes(spec, ix) {
				got, err := s.Explain(ctx, spec, q)
				must(t, err)
				if got != ix.Name {
					t.Errorf("%s: %+v is served by %q", spec.Name, q, got)
				}
			}
		}
	}
}

// queryShapes gives each kind of query that an index must serve.
func queryShapes(spec *domain.Spec, ix domain.Index) []domain.Query {
	some := func(path string) any {
		if kind, _ := spec.KeyKind(path); kind == domain.KeyText {
			return "x"
		}
		return int64(5)
	}
	var out []domain.Query
	var equal []any
	for i := range len(ix.Fields) + 1 {
		q := domain.Query{Index: ix.Name, Equal: slices.Clone(equal), Limit: 10}
		pos := &domain.Position{}
		for _, path := range ix.Fields[i:] {
			pos.Keys = append(pos.Keys, some(path))
		}
		out = append(out, q)
		if i < len(ix.Fields) {
			ranged := q
			ranged.From, ranged.To = some(ix.Fields[i]), some(ix.Fields[i])
			out = append(out, ranged)
			equal = append(equal, some(ix.Fields[i]))
		}
	}
	for _, q := range slices.Clone(out) {
		q.Reverse = true
		out = append(out, q)
	}
	return out
}

// positionsOfStrangers come from cursors that a caller made up. They may find anything or be refused, but not as our fault.
func positionsOfStrangers(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	insert(t, s, Letters, &Letter{Rank: 1, At: noon, Tags: []string{"x"}})
	for _, pos := range []domain.Position{
		{}, {Keys: []any{int64(1), int64(2), int64(3), int64(4)}, Tie: "x"}, {Keys: []any{"text"}, Tie: "\x00"}, {Keys: []any{nil}, Tie: ""},
		{Keys: []any{int64(-1 << 63)}, Tie: strings.Repeat("9", 500)},
	} {
		for _, q := range []domain.Query{{Index: "rank"}, {Index: "tag", Equal: []any{"x", true}}, {Index: "seen", Reverse: true}, {Index: "mark"}} {
			q.After = &pos
			if _, err := Letters.Find(ctx, s, q); err != nil && !domain.IsCode(err, domain.Invalid) {
				t.Errorf("%+v after %+v: %v", q, pos, err)
			}
		}
	}
}
