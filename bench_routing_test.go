package main

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"os"
	"testing"

	"sori/adapters/mongostore"
	"sori/adapters/sqlitestore"
	"sori/domain"
	"sori/domain/routing"
)

// BenchmarkRouting gives waiting inquiries to two hundred agents, decisions and commits together, on a file of SQLite or on the server of SORI_TEST_MONGO_URI.
func BenchmarkRouting(b *testing.B) {
	ctx := domain.WithActor(b.Context(), domain.System("bench"))
	given := 0
	for b.Loop() {
		b.StopTimer()
		s, stop := waitingRoom(ctx, b)
		b.StartTimer()
		n, _, err := s.Push(ctx)
		b.StopTimer()
		if err != nil || n == 0 {
			b.Fatalf("%d given out, %v", n, err)
		}
		given += n
		stop()
		b.StartTimer()
	}
	b.ReportMetric(float64(given)/b.Elapsed().Seconds(), "assignments/s")
}

// waitingRoom is routing over a store of its own, in which 900 inquiries wait and agents are free.
func waitingRoom(ctx context.Context, b *testing.B) (*routing.Service, func()) {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	store, drop := benchStore(b)
	agents, queues, routes := rushHouse()
	must(domain.WriteEdition(ctx, store, domain.EditionOrg, func(tx domain.Tx) error {
		return house(ctx, tx, domain.SystemClock(), agents, queues, routes)
	}))
	s := routing.New(routing.Deps{Store: store, Clock: domain.SystemClock, Log: slog.New(slog.DiscardHandler)})
	must(comeIn(ctx, store, rand.New(rand.NewPCG(1, 2)), domain.SystemClock(), 900))
	var seen int64
	for got := 0; got < 900; { // MongoDB numbers events just after their commit
		committed := store.Committed()
		events, err := domain.Events.Find(ctx, store, domain.Query{Index: domain.SeqIndex, From: seen + 1, Limit: 500})
		must(err)
		if len(events) == 0 {
			<-committed
			continue
		}
		must(s.Follow(ctx, events))
		seen, got = events[len(events)-1].Seq, got+len(events)
	}
	for _, a := range agents {
		_, err := s.SetPresence(ctx, a.ID, domain.PresenceOnline, "")
		must(err)
	}
	return s, func() {
		must(store.Close())
		must(drop())
	}
}

func benchStore(b *testing.B) (domain.Store, func() error) {
	b.Helper()
	log, uri := slog.New(slog.DiscardHandler), os.Getenv("SORI_TEST_MONGO_URI")
	if uri == "" {
		store, err := sqlitestore.Open(b.Context(), sqlitestore.Options{Dir: b.TempDir(), Specs: domain.Declared(), Logger: log})
		if err != nil {
			b.Fatal(err)
		}
		return store, func() error { return nil }
	}
	name := domain.NewID("sori_bench")
	store, err := mongostore.Open(b.Context(), mongostore.Options{URI: uri, Database: name, Specs: domain.Declared(), Logger: log})
	if err != nil {
		b.Fatal(err)
	}
	return store, func() error { return dropDatabase(uri, name) }
}
