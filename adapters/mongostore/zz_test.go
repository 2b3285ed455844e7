package mongostore

import (
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"sori/domain"
)

func TestZZ(t *testing.T) {
	s := openStore(t, domain.Declared()...)
	ctx := t.Context()
	b := &testing.B{}
	_ = b
	var customers []*domain.Customer
	now := domain.SystemClock()
	s.Write(ctx, func(tx domain.Tx) error {
		for i := range 200 {
			c := &domain.Customer{Name: "김하나", Tier: "regular", CreatedAt: now, UpdatedAt: now, Identities: []domain.Identity{domain.MakeIdentity(domain.IdentityPhone, fmt.Sprintf("+8210%08d", i), "")}}
			customers = append(customers, c)
			domain.Customers.Insert(ctx, tx, c)
		}
		return nil
	})
	for n := range 400 {
		if err := intake(ctx, s, customers, n); err != nil {
			t.Fatal(err)
		}
	}
	for name, q := range map[string]struct {
		spec *domain.Spec
		q    domain.Query
	}{
		"caller": {&domain.Customers.Spec, domain.Query{Index: "identity", Equal: []any{customers[3].Identities[0].Key}, Limit: 1}},
		"open":   {&domain.Inquiries.Spec, domain.Query{Index: "customerId.last", Equal: []any{customers[3].ID, domain.CategoryOpen}, Reverse: true, Limit: 25}},
		"last":   {&domain.Inquiries.Spec, domain.Query{Index: "last", Equal: []any{domain.CategoryOpen}, Reverse: true, Limit: 25}},
		"tier":   {&domain.Inquiries.Spec, domain.Query{Index: "tier.last", Equal: []any{"regular", domain.CategoryOpen}, Reverse: true, Limit: 25}},
		"seq":    {&domain.Events.Spec, domain.Query{Index: "seq", From: int64(1000), Limit: 25}},
		"job":    {&domain.Jobs.Spec, domain.Query{Index: "due", Equal: []any{"triage", "waiting"}, To: now.Add(time.Hour), Limit: 25}},
		"once":   {&domain.Interactions.Spec, domain.Query{Index: "once", Equal: []any{"x"}, Limit: 25}},
	} {
		c := s.collections[q.spec.Name]
		p, _ := c.planQuery(q.q)
		began := time.Now()
		for range 20 {
			cur, err := c.run(ctx, p)
			if err != nil {
				t.Fatal(err)
			}
			var l []bson.Raw
			cur.All(ctx, &l)
		}
		fmt.Println(name, time.Since(began)/20)
		ix, _ := q.spec.Index(q.q.Index)
		for _, dir := range []int{1, -1} {
			var sort bson.D
			for _, f := range ix.Fields {
				sort = append(sort, bson.E{c.keyPath(f), dir})
			}
			for range 2 {
				cmd := bson.D{{"find", q.spec.Name}, {"filter", p.filter}, {"sort", sort}, {"limit", p.limit}, {"hint", p.index}}
				began := time.Now()
				for range 20 {
					_, err := s.db.RunCommand(ctx, cmd).Raw()
					if err != nil {
						fmt.Println(err)
					}
				}
				a, _ := s.db.RunCommand(ctx, bson.D{{Key: "explain", Value: cmd}, {Key: "verbosity", Value: "executionStats"}}).Raw()
				st, _ := a.Lookup("queryPlanner", "winningPlan", "stage").StringValueOK()
				fmt.Println("   full sort", dir, len(sort), time.Since(began)/20, st)
				sort = append(sort, bson.E{"_id", dir})
			}
		}
		a, err := s.db.RunCommand(ctx, bson.D{{Key: "explain", Value: p.command(q.spec.Name)}, {Key: "verbosity", Value: "executionStats"}}).Raw()
		_, _ = a, err
	}
}
