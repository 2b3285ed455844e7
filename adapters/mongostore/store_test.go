package mongostore

import (
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"sori/domain"
)

// What the whole program asks for is served by declared indexes, as the server itself plans it: for every index of every collection, a query by each number of
// leading fields, from the start and from a page's end, both ways.
func TestEveryDeclaredIndexServes(t *testing.T) {
	t.Parallel()
	s := openStore(t, domain.Declared()...)
	for _, spec := range domain.Declared() {
		indexes := spec.Indexes
		if spec.Sequenced {
			seq, _ := spec.Index(domain.SeqIndex)
			indexes = append(indexes, seq)
		}
		for _, ix := range indexes {
			for _, q := range queriesOf(spec, ix) {
				got, err := s.Explain(t.Context(), spec, q)
				if err != nil || got != ix.Name {
					t.Errorf("%s %+v is served by %q (%v), not by %s", spec.Name, q, got, err, ix.Name)
				}
			}
		}
	}
}

func queriesOf(spec *domain.Spec, ix domain.Index) []domain.Query {
	value := func(path string) any {
		switch kind, _ := spec.KeyKind(path); kind {
		case domain.KeyText:
			return "x"
		case domain.KeyTime:
			return time.UnixMilli(1_700_000_000_000)
		}
		return int64(7)
	}
	var out []domain.Query
	for n := 0; n <= len(ix.Fields); n++ {
		q := domain.Query{Index: ix.Name, Limit: 25}
		for _, path := range ix.Fields[:n] {
			q.Equal = append(q.Equal, value(path))
		}
		out = append(out, q)
		var keys []any
		for _, path := range ix.Fields[n:] {
			keys = append(keys, domain.KeyOf(value(path)))
		}
		q.After = &domain.Position{Keys: keys, Tie: "x"}
		out = append(out, q)
		q.Reverse = true
		out = append(out, q)
		if n < len(ix.Fields) {
			q.From, q.To = value(ix.Fields[n]), value(ix.Fields[n])
			out = append(out, q)
		}
	}
	return out
}

func TestUndeclaredIndexIsRefused(t *testing.T) {
	t.Parallel()
	s := openStore(t, &domain.Inquiries.Spec)
	_, err := domain.Inquiries.Find(t.Context(), s, domain.Query{Index: "subject"})
	if !domain.IsCode(err, domain.Internal) {
		t.Errorf("a query by an index that is not declared gave %v", err)
	}
}

type feedEvent struct {
	domain.Doc `json:",inline"`
	Seq        int64  `json:"seq"`
	Name       string `json:"name"`
}

func (e *feedEvent) SetSeq(n int64) { e.Seq = n }

var feed = domain.Declare[feedEvent](domain.Spec{
	Name: "feed", Prefix: "fed", Noun: "feed event", Sequenced: true, Indexes: []domain.Index{{Name: "name", Fields: []string{"name"}}},
})

// Several nodes write; a reader on each of them follows the feed. Every reader sees 1, 2, 3 … without a gap, and in the end all.
func TestFeedOfSeveralNodes(t *testing.T) {
	t.Parallel()
	const nodes, writers, each = 3, 4, 25
	database := newDatabase(t)
	var stores []*Store
	for range nodes {
		stores = append(stores, openNode(t, database, &feed.Spec))
	}
	var readers, all sync.WaitGroup
	for _, s := range stores {
		readers.Go(func() { follow(t, s, nodes*writers*each) })
		for w := range writers {
			all.Go(func() {
				for i := range each {
					if err := s.Write(t.Context(), func(tx domain.Tx) error {
						return feed.Insert(t.Context(), tx, &feedEvent{Name: fmt.Sprint(w, i)})
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	all.Wait()
	readers.Wait()
	for i, s := range stores {
		if last, err := s.LastSeq(t.Context(), &feed.Spec); err != nil || last != nodes*writers*each {
			t.Errorf("node %d says that the last number is %d, %v", i, last, err)
		}
	}
}

// follow reads a feed to the number upTo, and complains of gaps and of being left waiting.
func follow(t *testing.T, s *Store, upTo int64) {
	deadline := time.After(60 * time.Second)
	next := int64(1)
	for next <= upTo {
		news := s.Committed()
		found, err := feed.Find(t.Context(), s, domain.Query{Index: domain.SeqIndex, From: next})
		if err != nil {
			t.Error(err)
			return
		}
		for _, e := range found {
			if e.Seq != next {
				t.Errorf("%d came where %d was due", e.Seq, next)
				return
			}
			next++
		}
		if len(found) > 0 {
			continue
		}
		select {
		case <-news:
		case <-deadline:
			t.Errorf("number %d did not come", next)
			return
		}
	}
}

// When the node that numbers dies without a word, another goes on after the lease's end, and no number is lost or given twice.
func TestAnotherNodeNumbersOn(t *testing.T) {
	t.Parallel()
	database := newDatabase(t)
	first := openNode(t, database, &feed.Spec)
	second := openNode(t, database, &feed.Spec)
	put := func(s *Store) {
		t.Helper()
		if err := s.Write(t.Context(), func(tx domain.Tx) error { return feed.Insert(t.Context(), tx, &feedEvent{Name: "x"}) }); err != nil {
			t.Fatal(err)
		}
	}
	put(first)
	follow(t, second, 1)
	dies, lives := first, second
	if holder(t, first) == second.node {
		dies, lives = second, first
	}
	if err := dies.client.Disconnect(t.Context()); err != nil { // it cannot say any more that it goes
		t.Fatal(err)
	}
	began := time.Now()
	put(lives)
	put(lives)
	follow(t, lives, 3)
	if took := time.Since(began); took < leaseTimeout/2 {
		t.Errorf("the lease was taken after %s already", took)
	}
	if holder(t, lives) != lives.node {
		t.Error("somebody else has the lease")
	}
}

// A node that stops in good order leaves no pause behind.
func TestLeaseIsGivenBack(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	database := newDatabase(t)
	first, err := Open(ctx, Options{URI: testURI(t), Database: database, Specs: []*domain.Spec{&feed.Spec}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	insert := func(s *Store) {
		if err := s.Write(ctx, func(tx domain.Tx) error { return feed.Insert(ctx, tx, &feedEvent{Name: "x"}) }); err != nil {
			t.Fatal(err)
		}
	}
	insert(first)
	follow(t, first, 1)
	second := openNode(t, database, &feed.Spec)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	insert(second)
	follow(t, second, 2)
	if holder(t, second) != second.node {
		t.Error("the lease is not with the node that is left")
	}
}

func holder(t *testing.T, s *Store) string {
	t.Helper()
	l := &lease{coll: s.leases, id: sequenceID("feed")}
	if err := l.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l.seen.Holder
}

// A replace by one who read the event before it had its number must not take the number away.
func TestReplaceKeepsNumber(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := openStore(t, &feed.Spec)
	e := &feedEvent{Name: "before"}
	if err := s.Write(ctx, func(tx domain.Tx) error { return feed.Insert(ctx, tx, e) }); err != nil {
		t.Fatal(err)
	}
	follow(t, s, 1)
	e.Name = "after"
	if err := s.Write(ctx, func(tx domain.Tx) error { return feed.Replace(ctx, tx, e) }); err != nil {
		t.Fatal(err)
	}
	got, err := feed.Get(ctx, s, e.ID)
	if err != nil || got.Seq != 1 || got.Name != "after" || got.Version != 2 {
		t.Errorf("read back %+v, %v", got, err)
	}
}
