package sqlitestore

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sori/domain"
)

// intake stores what one incoming mail of a known customer becomes: interaction, inquiry, two events and a job.
func intake(ctx context.Context, s domain.Store, n int64) error {
	now := domain.SystemClock()
	return s.Write(ctx, func(tx domain.Tx) error {
		customer, err := domain.Customers.First(ctx, tx, domain.Query{Index: "identity", Equal: []any{benchKey(n % 1000)}})
		if err != nil {
			return err
		}
		inquiry := &domain.Inquiry{
			Doc: domain.Doc{ID: domain.Inquiries.NewID()}, Number: fmt.Sprint(100000 + n), CustomerID: customer.ID, Subject: "환불이 언제 되나요",
			Status: domain.StatusOpen, StatusCategory: domain.CategoryOpen, Queue: fmt.Sprint("queue", n%10), Type: fmt.Sprint("type", n%30), Channel: "email",
			Tier: "regular", Tags: []string{"new"}, Priority: domain.PriorityNormal, Account: "acc_1",
			CreatedAt: now, UpdatedAt: now, LastInteractionAt: now,
		}
		inquiry.SetDue(&now)
		interaction := &domain.Interaction{
			InquiryID: inquiry.ID, CustomerID: customer.ID, Account: "acc_1", Channel: "email", Direction: domain.Inbound, Kind: domain.KindMessage,
			OnceKey: fmt.Sprint("acc_1|mail", n), From: domain.Party{Name: "김철수", Email: "kim@example.com"}, Subject: inquiry.Subject,
			Text: benchText, OccurredAt: now, ReceivedAt: now, Email: &domain.EmailPart{MessageID: fmt.Sprintf("<%d@example.com>", n)},
		}
		if err := domain.Inquiries.Insert(ctx, tx, inquiry); err != nil {
			return err
		}
		if err := domain.Interactions.Insert(ctx, tx, interaction); err != nil {
			return err
		}
		for _, typ := range []string{domain.EventInquiryCreated, domain.EventInteractionReceived} {
			e := domain.Event{Type: typ, At: now, Subject: domain.Ref{Kind: "inquiry", ID: inquiry.ID}, InquiryID: inquiry.ID, CustomerID: customer.ID}
			if err := domain.Emit(ctx, tx, e); err != nil {
				return err
			}
		}
		job, err := domain.NewJob("triage", inquiry.ID, now)
		if err != nil {
			return err
		}
		return domain.Jobs.Insert(ctx, tx, job)
	})
}

const benchText = "안녕하세요. 지난주에 주문한 상품을 반품했는데 환불이 아직 되지 않았습니다. 언제 처리되는지 알려 주시면 감사하겠습니다. 주문 번호는 20260314-0001입니다. " +
	"Hello, I returned the item that I ordered last week, but the refund has not arrived yet. Please let me know when it will be handled."

func benchKey(n int64) string { return fmt.Sprintf("email:customer%d@example.com", n) }

// benchStore opens a store on the real disk with a thousand customers and so many inquiries.
func benchStore(b *testing.B, inquiries int64) *Store {
	b.Helper()
	dir, err := os.MkdirTemp(os.Getenv("SORI_BENCH_DIR"), "sori-bench-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	s := openIn(b, dir, domain.Declared()...)
	ctx := context.Background()
	err = s.Write(ctx, func(tx domain.Tx) error {
		for n := range int64(1000) {
			now := domain.SystemClock()
			c := &domain.Customer{
				Name: fmt.Sprint("customer", n), Tier: "regular", CreatedAt: now, UpdatedAt: now,
				Identities: []domain.Identity{{Key: benchKey(n)}, {Key: fmt.Sprintf("phone:+8210%08d", n)}},
			}
			if err := domain.Customers.Insert(ctx, tx, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	inParallel(b, inquiries, func(n int64) error { return intake(ctx, s, n) })
	return s
}

// inParallel does n things from 64 goroutines.
func inParallel(b *testing.B, n int64, do func(i int64) error) {
	b.Helper()
	var next atomic.Int64
	errs := make(chan error, 64)
	for range cap(errs) {
		go func() {
			for {
				i := next.Add(1) - 1
				if i >= n {
					errs <- nil
					return
				}
				if err := do(i); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			b.Fatal(err)
		}
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measure runs b.N operations from 64 goroutines and reports the processor time of each besides the time that passed.
func measure(b *testing.B, do func(i int64) error) {
	b.ReportAllocs()
	start := cpuTime()
	b.ResetTimer()
	inParallel(b, int64(b.N), do)
	b.StopTimer()
	b.ReportMetric(float64((cpuTime()-start).Nanoseconds())/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
}

// BenchmarkStore measures what must cost the same at any size, with a thousand inquiries stored and with 200,000. SORI_BENCH_DIR names a
// directory on the disk to measure.
func BenchmarkStore(b *testing.B) {
	ctx := context.Background()
	for _, size := range []int64{1000, 200_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := benchStore(b, size)
			var stored atomic.Int64
			stored.Store(size)
			b.Run("Lookup", func(b *testing.B) {
				measure(b, func(i int64) error {
					_, err := domain.Customers.First(ctx, s, domain.Query{Index: "identity", Equal: []any{benchKey(i * 7919 % 1000)}})
					return err
				})
			})
			b.Run("Page", func(b *testing.B) {
				measure(b, func(i int64) error {
					q := domain.Query{Index: "queue.last", Equal: []any{fmt.Sprint("queue", i%10), domain.CategoryOpen}, Reverse: true}
					_, err := domain.Inquiries.Page(ctx, s, domain.PageRequest{}, "", nil, q)
					return err
				})
			})
			b.Run("Intake", func(b *testing.B) {
				measure(b, func(int64) error { return intake(ctx, s, stored.Add(1)) })
			})
			b.Run("Update", func(b *testing.B) {
				page, err := domain.Inquiries.Page(ctx, s, domain.PageRequest{Limit: 200}, "", nil, domain.Query{Index: "last", Equal: []any{domain.CategoryOpen}})
				if err != nil {
					b.Fatal(err)
				}
				measure(b, func(i int64) error { return touch(ctx, s, page.Items[i%200].ID) })
			})
		})
	}
}

// touch notes a new interaction on an inquiry, as each reply does.
func touch(ctx context.Context, s domain.Store, id string) error {
	return s.Write(ctx, func(tx domain.Tx) error {
		_, err := domain.Inquiries.Update(ctx, tx, id, func(q *domain.Inquiry) error {
			q.LastInteractionAt = domain.SystemClock()
			return nil
		})
		return err
	})
}

// BenchmarkSearch measures the full-text index with so many documents of sixty tokens.
func BenchmarkSearch(b *testing.B) {
	for _, size := range []int{1000, 20_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			ctx, s := context.Background(), openTemporary(b)
			doc := func(n int) domain.SearchDocument {
				d := domain.SearchDocument{ID: fmt.Sprintf("int_%08d", n), InquiryID: "inq_1", At: domain.SystemClock(), Tokens: []string{"all"}}
				for i := range 60 {
					d.Tokens = append(d.Tokens, fmt.Sprintf("word%d", (n*(i+7)*2654435761>>7)%(50*(i*i+1))))
				}
				return d
			}
			const batch = 200
			for n := 0; n < size; n += batch {
				docs := make([]domain.SearchDocument, batch)
				for i := range docs {
					docs[i] = doc(n + i)
				}
				if err := s.Search().Put(ctx, docs); err != nil {
					b.Fatal(err)
				}
			}
			find := func(kinds []string, terms ...domain.SearchTerm) func(int64) error {
				return func(int64) error {
					_, err := s.Search().Find(ctx, terms, kinds, 25)
					return err
				}
			}
			term := func(token string, prefix bool) domain.SearchTerm {
				return domain.SearchTerm{Tokens: []string{token}, Prefix: prefix}
			}
			b.Run("Common", func(b *testing.B) { measure(b, find(nil, term("all", false))) })
			b.Run("Two", func(b *testing.B) { measure(b, find([]string{"int"}, term("word7", false), term("word11", false))) })
			b.Run("Prefix", func(b *testing.B) { measure(b, find(nil, term("word1234", true))) })
			b.Run("WidePrefix", func(b *testing.B) { measure(b, find(nil, term("word", true))) })
			b.Run("OtherKind", func(b *testing.B) { measure(b, find([]string{"inq"}, term("all", false))) })
			b.Run("Put", func(b *testing.B) {
				measure(b, func(i int64) error { return s.Search().Put(ctx, []domain.SearchDocument{doc(size + int(i))}) })
			})
		})
	}
}
