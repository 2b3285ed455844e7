package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sori/adapters/sqlitestore"
	"sori/domain"
)

// BenchmarkTakeMail measures how many mails a second the program takes in that a mailbox hands it, 32 at once, on a store on disk.
func BenchmarkTakeMail(b *testing.B) {
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
	ctx := domain.WithActor(context.Background(), domain.System("bench"))
	if err := p.seed(ctx); err != nil {
		b.Fatal(err)
	}
	text := strings.Repeat("안녕하세요. 지난주에 주문한 상품의 배송지를 변경하고 싶습니다. 확인 부탁드립니다.\r\n", 10)
	start := time.Now()
	work := make(chan int)
	done := make(chan error, 32)
	b.ResetTimer()
	for range cap(done) {
		go func() {
			var failed error
			for n := range work {
				raw := fmt.Sprintf("From: b%d@customer.test\r\nTo: voc@shop.test\r\nSubject: 문의 %d\r\nMessage-ID: <%d@bench.test>\r\nDate: Mon, 2 Nov 2026 10:00:00 +0900\r\n\r\n%s", n%1000, n, n, text)
				if _, err := p.intake.TakeMail(ctx, domain.DefaultAccount, domain.MailByIMAP, []byte(raw)); err != nil {
					failed = err
				}
			}
			done <- failed
		}()
	}
	for n := range b.N {
		work <- n
	}
	close(work)
	for range cap(done) {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "mails/s")
}
