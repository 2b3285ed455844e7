package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"sori/adapters/sqlitestore"
	"sori/domain"
	"sori/domain/intake"
	"sori/domain/webhook"
)

// BenchmarkWebhooks tells what it costs to make deliveries of events and to send them, on the embedded store, to a receiver on the same machine.
func BenchmarkWebhooks(b *testing.B) {
	log := slog.New(slog.DiscardHandler)
	store, err := sqlitestore.Open(b.Context(), sqlitestore.Options{Dir: b.TempDir(), Specs: domain.Declared(), Logger: log})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close()
	p, err := wire(testSecrets, store, domain.SystemClock, log)
	if err != nil {
		b.Fatal(err)
	}
	ctx := domain.WithActor(b.Context(), domain.System("bench"))
	if err := p.seed(ctx); err != nil {
		b.Fatal(err)
	}
	var told atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { told.Add(1); w.WriteHeader(http.StatusNoContent) }))
	defer server.Close()
	if _, _, err := p.webhook.Create(ctx, webhook.Draft{URL: server.URL, Events: []string{"inquiry.created"}}); err != nil {
		b.Fatal(err)
	}
	for i := range b.N {
		_, err := p.intake.Receive(ctx, intake.Submission{
			Channel: domain.ChannelMemo, From: domain.Party{Phone: fmt.Sprintf("010-%04d-%04d", 1000+i%9000, 1000+i/9000)}, Text: "문의", Memo: &domain.MemoPart{},
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for n := 1; n > 0; {
		if n, err = p.webhookFollower().RunOnce(ctx); err != nil {
			b.Fatal(err)
		}
	}
	queued := b.Elapsed()
	for n := 1; n > 0; {
		if n, err = p.webhook.RunBatch(ctx); err != nil {
			b.Fatal(err)
		}
	}
	if told.Load() != int64(b.N) {
		b.Fatalf("%d of %d told", told.Load(), b.N)
	}
	b.ReportMetric(float64(b.N)/(b.Elapsed()-queued).Seconds(), "sent/s")
	b.ReportMetric(float64(queued)/float64(time.Microsecond)/float64(b.N), "µs/queued")
}
