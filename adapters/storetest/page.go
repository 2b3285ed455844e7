package storetest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"sync"
	"testing"

	"sori/domain"
)

var pageCases = map[string]func(*testing.T, domain.Store){
	"Ties":               pageTies,
	"Merged":             mergedPages,
	"ConcurrentInserts":  pagesAndInserts,
	"DeletedAtTheCursor": deletedAtTheCursor,
	"FilteredPages":      filteredPages,
	"CursorsAreBound":    cursorsAreBound,
}

// turnPages reads a list from its start to its end.
func turnPages(t *testing.T, s domain.Store, limit int, keep func(*Letter) bool, between func(), queries ...domain.Query) []string {
	t.Helper()
	var ids []string
	req := domain.PageRequest{Limit: limit}
	for {
		page, err := Letters.Page(testContext(t), s, req, "test", keep, queries...)
		must(t, err)
		if len(page.Items) > limit {
			t.Fatalf("a page of %d items, with the limit %d", len(page.Items), limit)
		}
		if last := len(page.Items) - 1; keep == nil && page.NextCursor != "" && page.Cursor(last) != page.NextCursor {
			t.Fatalf("the last of %d items has the cursor %q, the list goes on at %q", last+1, page.Cursor(last), page.NextCursor)
		}
		ids = append(ids, idsOf(page.Items)...)
		if page.NextCursor == "" {
			return ids
		}
		req.Cursor = page.NextCursor
		if between != nil {
			between()
		}
	}
}

func seed(t *testing.T, s domain.Store, n int, make func(i int) *Letter) []*Letter {
	t.Helper()
	docs := []*Letter{}
	for i := range n {
		docs = append(docs, make(i))
	}
	insert(t, s, Letters, docs...)
	return docs
}

func pageTies(t *testing.T, s domain.Store) {
	docs := seed(t, s, 53, func(i int) *Letter { return &Letter{Rank: int64(i % 3), At: noon, Subject: "same"} })
	want := idsOf(docs)
	for _, limit := range []int{1, 7, 52, 53, 54, 200} {
		got := turnPages(t, s, limit, nil, nil, domain.Query{Index: "subject", Equal: []any{"same"}})
		if !slices.Equal(got, want) {
			t.Errorf("limit %d: %d ids out of order or not all", limit, len(got))
		}
	}
	slices.Reverse(want)
	got := turnPages(t, s, 10, nil, nil, domain.Query{Index: "subject", Equal: []any{"same"}, Reverse: true})
	if !slices.Equal(got, want) {
		t.Error("backwards: ids out of order or not all")
	}
}

func mergedPages(t *testing.T, s domain.Store) {
	owners := []string{"kim", "lee", "park", ""}
	docs := seed(t, s, 80, func(i int) *Letter {
		l := &Letter{At: minute(i * 7 % 20), Open: i%5 != 0}
		if owner := owners[i%4]; owner != "" {
			l.Owner = &owner
		}
		return l
	})
	for _, reverse := range []bool{false, true} {
		query := func(owner any) domain.Query {
			return domain.Query{Index: "owner", Equal: []any{owner, true}, Reverse: reverse}
		}
		wanted := slices.DeleteFunc(slices.Clone(docs), func(l *Letter) bool { return !l.Open || l.Owner != nil && *l.Owner == "park" })
		slices.SortStableFunc(wanted, func(a, b *Letter) int { return a.At.Compare(b.At) })
		if reverse {
			slices.Reverse(wanted)
		}
		for _, limit := range []int{1, 2, 9, 40, 200} {
			got := turnPages(t, s, limit, nil, nil, query("kim"), query("lee"), query("nobody"), query(nil))
			if !slices.Equal(got, idsOf(wanted)) {
				t.Errorf("reverse %v, limit %d: the merged list is out of order or not all", reverse, limit)
			}
		}
	}
}

// pagesAndInserts: what was there before the first page comes exactly once, whatever is added meanwhile.
func pagesAndInserts(t *testing.T, s domain.Store) {
	docs := seed(t, s, 60, func(i int) *Letter { return &Letter{Subject: "list", At: minute(i / 4)} })
	old := map[string]int{}
	for _, d := range docs {
		old[d.ID] = 0
	}
	n := 0
	got := turnPages(t, s, 8, nil, func() {
		for _, at := range []int{-1, n % 15, 30} {
			insert(t, s, Letters, &Letter{Subject: "list", At: minute(at)})
		}
		n++
	}, domain.Query{Index: "subject", Equal: []any{"list"}, To: minute(20)})
	for _, id := range got {
		if count, ok := old[id]; ok {
			old[id] = count + 1
		}
	}
	for id, count := range old {
		if count != 1 {
			t.Errorf("%s came %d times", id, count)
		}
	}
}

// deletedAtTheCursor: a cursor holds though the document it was made from is gone.
func deletedAtTheCursor(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	docs := seed(t, s, 10, func(i int) *Letter { return &Letter{Subject: "list", At: noon} })
	q := domain.Query{Index: "subject", Equal: []any{"list"}}
	page, err := Letters.Page(ctx, s, domain.PageRequest{Limit: 5}, "", nil, q)
	must(t, err)
	must(t, remove(ctx, s, Letters, docs[4].ID))
	must(t, remove(ctx, s, Letters, docs[5].ID))
	page, err = Letters.Page(ctx, s, domain.PageRequest{Cursor: page.NextCursor}, "", nil, q)
	must(t, err)
	if got, want := idsOf(page.Items), idsOf(docs[6:]); !slices.Equal(got, want) {
		t.Errorf("after the deletion: %q, want %q", got, want)
	}
}

func filteredPages(t *testing.T, s domain.Store) {
	docs := seed(t, s, 90, func(i int) *Letter { return &Letter{Tags: []string{"t", "u"}, Rank: int64(i % 10), At: minute(i)} })
	keep := func(l *Letter) bool { return l.Rank == 3 }
	got := turnPages(t, s, 2, keep, nil, domain.Query{Index: "tag", Equal: []any{"t", false}})
	wanted := slices.DeleteFunc(docs, func(l *Letter) bool { return !keep(l) })
	if !slices.Equal(got, idsOf(wanted)) {
		t.Errorf("%d of %d came", len(got), len(wanted))
	}
}

func cursorsAreBound(t *testing.T, s domain.Store) {
	ctx := testContext(t)
	seed(t, s, 5, func(i int) *Letter { return &Letter{Rank: int64(i), At: noon} })
	page, err := Letters.Page(ctx, s, domain.PageRequest{Limit: 2}, "", nil, domain.Query{Index: "rank"})
	must(t, err)
	for name, ask := range map[string]func() error{
		"another order": func() error { return askPage(ctx, s, page.NextCursor, domain.Query{Index: "rank", Reverse: true}) },
		"another index": func() error { return askPage(ctx, s, page.NextCursor, domain.Query{Index: "at"}) },
		"nonsense":      func() error { return askPage(ctx, s, "nonsense", domain.Query{Index: "rank"}) },
	} {
		if err := ask(); !domain.IsCode(err, domain.Invalid) || domain.FieldOf(err) != "cursor" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, keys := range []string{`[]`, `null`, `["x"]`, `[1,2]`, `[{}]`, `[1e300]`} {
		if err := askPage(ctx, s, forged(t, page.NextCursor, keys), domain.Query{Index: "rank"}); !domain.IsCode(err, domain.Invalid) || domain.FieldOf(err) != "cursor" {
			t.Errorf("with the keys %s: %v", keys, err)
		}
	}
	for _, keys := range []string{`[-9223372036854775808]`, `[9223372036854775807]`} { // nobody stands there, but one could
		if err := askPage(ctx, s, forged(t, page.NextCursor, keys), domain.Query{Index: "rank"}); err != nil {
			t.Errorf("with the keys %s: %v", keys, err)
		}
	}
}

// forged gives a cursor other keys.
func forged(t *testing.T, cursor, keys string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	must(t, err)
	var parts map[string]json.RawMessage
	must(t, json.Unmarshal(raw, &parts))
	parts["k"] = json.RawMessage(keys)
	raw, err = json.Marshal(parts)
	must(t, err)
	return base64.RawURLEncoding.EncodeToString(raw)
}

func askPage(ctx context.Context, s domain.Store, cursor string, q domain.Query) error {
	_, err := Letters.Page(ctx, s, domain.PageRequest{Cursor: cursor}, "", nil, q)
	return err
}

// inParallel runs fn n times at once and waits for all.
func inParallel(n int, fn func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	wg.Wait()
}
