package mongostore

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"sori/domain"
)

const benchCallers = 64

func parallel(b *testing.B, fn func(n int) error) {
	b.Helper()
	var n atomic.Int64
	b.SetParallelism(benchCallers / runtime.GOMAXPROCS(0))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := fn(int(n.Add(1))); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

// intake is what taking in one message of a known customer costs the store: two reads and five inserts.
func intake(ctx context.Context, s *Store, customers []*domain.Customer, n int) error {
	now := domain.SystemClock()
	return s.Write(ctx, func(tx domain.Tx) error {
		key := customers[n%len(customers)].Identities[0].Key
		customer, err := domain.Customers.First(ctx, tx, domain.Query{Index: "identity", Equal: []any{key}})
		if err != nil {
			return err
		}
		open := domain.Query{Index: "customerId.last", Equal: []any{customer.ID, domain.CategoryOpen}, Reverse: true, Limit: 1}
		if _, err := domain.Inquiries.Find(ctx, tx, open); err != nil {
			return err
		}
		q := newInquiry(now, customer.ID)
		if err := domain.Inquiries.Insert(ctx, tx, q); err != nil {
			return err
		}
		message := &domain.Interaction{
			InquiryID: q.ID, CustomerID: customer.ID, Account: "default", Channel: domain.ChannelPhone, Direction: domain.Inbound, Kind: domain.KindMessage,
			OnceKey: q.Number, Subject: q.Subject, Text: "지난주에 결제한 상품이 아직 오지 않았습니다. 환불해 주세요.", OccurredAt: now, ReceivedAt: now,
		}
		if err := domain.Interactions.Insert(ctx, tx, message); err != nil {
			return err
		}
		for _, kind := range []string{domain.EventInquiryCreated, domain.EventInteractionReceived} {
			e := &domain.Event{Type: kind, At: now, Subject: domain.Ref{Kind: "inquiry", ID: q.ID}, InquiryID: q.ID, CustomerID: customer.ID}
			if err := domain.Events.Insert(ctx, tx, e); err != nil {
				return err
			}
		}
		job, err := domain.NewJob("triage", q.ID, now)
		if err != nil {
			return err
		}
		return domain.Jobs.Insert(ctx, tx, job)
	})
}

func benchCustomers(b *testing.B, s *Store, n int) []*domain.Customer {
	b.Helper()
	ctx := b.Context()
	now := domain.SystemClock()
	customers := make([]*domain.Customer, n)
	err := s.Write(ctx, func(tx domain.Tx) error {
		for i := range customers {
			customers[i] = &domain.Customer{
				Name: "김하나", Tier: domain.TierRegular, CreatedAt: now, UpdatedAt: now,
				Identities: []domain.Identity{domain.MakeIdentity(domain.IdentityPhone, fmt.Sprintf("+8210%08d", i), "")},
			}
			if err := domain.Customers.Insert(ctx, tx, customers[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return customers
}

func BenchmarkIntake(b *testing.B) {
	s := openStore(b, domain.Declared()...)
	customers := benchCustomers(b, s, 500)
	parallel(b, func(n int) error { return intake(b.Context(), s, customers, n) })
	began := time.Now()
	for last := int64(0); last < int64(2*b.N); {
		news := s.Committed()
		var err error
		if last, err = s.LastSeq(b.Context(), &domain.Events.Spec); err != nil {
			b.Fatal(err)
		}
		if last < int64(2*b.N) {
			<-news
		}
	}
	b.ReportMetric(time.Since(began).Seconds(), "s-behind") // the last event's number after the last commit
}

// BenchmarkSequence tells how long after its commit an event has its number.
func BenchmarkSequence(b *testing.B) {
	s := openStore(b, domain.Declared()...)
	ctx := b.Context()
	for b.Loop() {
		e := &domain.Event{Type: "x", At: domain.SystemClock(), Subject: domain.Ref{Kind: "inquiry", ID: "inq_1"}}
		news := s.Committed()
		if err := s.Write(ctx, func(tx domain.Tx) error { return domain.Events.Insert(ctx, tx, e) }); err != nil {
			b.Fatal(err)
		}
		<-news
	}
}

func BenchmarkReads(b *testing.B) {
	s := openStore(b, domain.Declared()...)
	ctx := b.Context()
	customers := benchCustomers(b, s, 200)
	for n := range 2000 {
		if err := intake(ctx, s, customers, n); err != nil {
			b.Fatal(err)
		}
	}
	inquiries, err := domain.Inquiries.Find(ctx, s, domain.Query{Index: "last", Equal: []any{domain.CategoryOpen}})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("inquiry", func(b *testing.B) {
		parallel(b, func(n int) error {
			_, err := domain.Inquiries.Get(ctx, s, inquiries[n%len(inquiries)].ID)
			return err
		})
	})
	b.Run("caller", func(b *testing.B) {
		parallel(b, func(n int) error {
			_, err := domain.Customers.First(ctx, s, domain.Query{Index: "identity", Equal: []any{customers[n%len(customers)].Identities[0].Key}})
			return err
		})
	})
	b.Run("page", func(b *testing.B) {
		newest := domain.Query{Index: "customerId.last", Reverse: true}
		parallel(b, func(n int) error {
			q := newest
			q.Equal = []any{customers[n%20].ID, domain.CategoryOpen}
			_, err := domain.Inquiries.Page(ctx, s, domain.PageRequest{}, "", nil, q)
			return err
		})
	})
}

// BenchmarkHotDocument has all callers change one document.
func BenchmarkHotDocument(b *testing.B) {
	s := openStore(b, domain.Declared()...)
	ctx := b.Context()
	if err := s.Write(ctx, func(tx domain.Tx) error {
		return domain.Counters.Insert(ctx, tx, &domain.Counter{Doc: domain.Doc{ID: "ctr_hot"}})
	}); err != nil {
		b.Fatal(err)
	}
	parallel(b, func(int) error {
		return s.Write(ctx, func(tx domain.Tx) error {
			_, err := domain.Counters.Update(ctx, tx, "ctr_hot", func(c *domain.Counter) error { c.Next++; return nil })
			return err
		})
	})
	got, err := domain.Counters.Get(ctx, s, "ctr_hot")
	if err != nil || got.Next != int64(b.N) {
		b.Errorf("%d updates left %d, %v", b.N, got.Next, err)
	}
}
