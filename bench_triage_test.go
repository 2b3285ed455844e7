package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"sori/adapters/sqlitestore"
	"sori/domain"
	"sori/domain/triage"
)

// BenchmarkTriage measures the way of mails that were taken in: claimed, judged by rules and classifier, half of them answered, the rest left with suggestions, all
// recorded durably. One operation is one inquiry.
func BenchmarkTriage(b *testing.B) {
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
	if err := prepareBench(ctx, p, p.triage); err != nil {
		b.Fatal(err)
	}
	receiveBench(ctx, b, p)
	b.ResetTimer()
	started := time.Now()
	for done := 0; done < b.N; {
		n, err := p.triage.RunBatch(ctx, "bench")
		if err != nil {
			b.Fatal(err)
		}
		done += n
	}
	b.ReportMetric(float64(b.N)/time.Since(started).Seconds(), "inquiries/s")
	b.StopTimer()
	if r, err := countAnswered(ctx, store); err != nil || r < b.N/3 {
		b.Errorf("%d of %d answered, %v", r, b.N, err)
	}
}

func prepareBench(ctx context.Context, p *program, t *triage.Service) error {
	if err := p.seed(ctx); err != nil {
		return err
	}
	var drafts []triage.ExampleDraft
	for key, wordings := range map[string][]string{"refund": refundWordings, "login": loginWordings} {
		if _, err := t.CreateType(ctx, triage.TypeDraft{Key: key, Threshold: domain.TypeThreshold{Mode: domain.ThresholdManual, Value: 0.5}}); err != nil {
			return err
		}
		for _, w := range wordings {
			drafts = append(drafts, triage.ExampleDraft{Type: key, Text: w, Language: "ko"})
		}
	}
	if _, err := t.AddExamples(ctx, drafts); err != nil {
		return err
	}
	if _, err := t.CreateTemplate(ctx, triage.TemplateDraft{Type: "refund", TemplateTexts: domain.TemplateTexts{Text: "{{customer.name|고객}}님, 환불은 3일 안에 됩니다"}}); err != nil {
		return err
	}
	if _, err := t.Train(ctx); err != nil {
		return err
	}
	jobs, err := domain.ClaimJobs(ctx, p.store, triage.JobTrain, "bench", domain.SystemClock(), time.Minute, 1)
	if err != nil {
		return err
	}
	return t.RunTrain(ctx, jobs[0])
}

// receiveBench takes in as many mails as the benchmark has operations, of as many customers.
func receiveBench(ctx context.Context, b *testing.B, p *program) {
	b.Helper()
	var wg sync.WaitGroup
	next := make(chan int)
	for range 64 {
		wg.Go(func() {
			for n := range next {
				body := refundWordings[n%5]
				if n%2 == 1 {
					body = loginWordings[n%5]
				}
				raw := fmt.Sprintf("From: c%d@shop.test\r\nTo: voc@shop.test\r\nSubject: 문의\r\nMessage-ID: <%d@x>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s %d\r\n", n, n, body, n)
				if _, err := p.intake.ReceiveMail(ctx, "", []byte(raw)); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for n := range b.N {
		next <- n
	}
	close(next)
	wg.Wait()
}

func countAnswered(ctx context.Context, store domain.Store) (n int, err error) {
	err = store.Select(ctx, &domain.Inquiries.Spec, domain.Query{Index: "created", Equal: []any{domain.CategoryResolved}}, func(domain.Document, domain.Position) (bool, error) {
		n++
		return true, nil
	})
	return n, err
}
