package mongostore

import (
	"fmt"
	"testing"

	"sori/domain"
)

func TestYY(t *testing.T) {
	s := openStore(t, domain.Declared()...)
	ctx := t.Context()
	now := domain.SystemClock()
	measure := func(name string, fn func(i int) error) {
		s0, c0 := cpu("SPID"), cpu("self")
		for i := range 300 {
			if err := fn(i); err != nil {
				t.Fatal(err)
			}
		}
		fmt.Println(name, "CPU ms: server", (cpu("SPID")-s0)/300, "client", (cpu("self")-c0)/300)
	}
	measure("inquiry", func(i int) error {
		return s.Write(ctx, func(tx domain.Tx) error { return domain.Inquiries.Insert(ctx, tx, newInquiry(now, "cus_x")) })
	})
	measure("2 inquiries", func(i int) error {
		return s.Write(ctx, func(tx domain.Tx) error {
			domain.Inquiries.Insert(ctx, tx, newInquiry(now, "cus_x"))
			return domain.Inquiries.Insert(ctx, tx, newInquiry(now, "cus_x"))
		})
	})
	measure("counter", func(i int) error {
		return s.Write(ctx, func(tx domain.Tx) error { return domain.Counters.Insert(ctx, tx, &domain.Counter{}) })
	})
	measure("job", func(i int) error {
		j, _ := domain.NewJob("x", "", now)
		return s.Write(ctx, func(tx domain.Tx) error { return domain.Jobs.Insert(ctx, tx, j) })
	})
	measure("interaction", func(i int) error {
		return s.Write(ctx, func(tx domain.Tx) error {
			return domain.Interactions.Insert(ctx, tx, &domain.Interaction{InquiryID: "x", CustomerID: "y", OccurredAt: now, OnceKey: fmt.Sprint(i)})
		})
	})
	measure("event", func(i int) error {
		return s.Write(ctx, func(tx domain.Tx) error {
			e := &domain.Event{Type: "x", At: now, Subject: domain.Ref{Kind: "inquiry", ID: "x"}, InquiryID: "x", CustomerID: "y"}
			return domain.Events.Insert(ctx, tx, e)
		})
	})
	measure("get", func(i int) error {
		_, err := domain.Customers.Get(ctx, s, "x")
		if domain.IsCode(err, domain.NotFound) {
			return nil
		}
		return err
	})
	measure("get in tx", func(i int) error {
		return s.Write(ctx, func(tx domain.Tx) error {
			_, err := domain.Customers.Get(ctx, tx, "x")
			if domain.IsCode(err, domain.NotFound) {
				return nil
			}
			return err
		})
	})
	measure("idle", func(i int) error { return nil })
}
