package intake

import (
	"context"
	"slices"
	"strings"
	"time"

	"sori/domain"
)

// identities normalises what a party gives of itself, the surest first. A number that is nobody's (withheld, 119) identifies nobody; who gives only
// such a one is somebody unknown, for this once.
func (s *Service) identities(p domain.Party) ([]domain.Identity, error) {
	var f domain.Faults
	var out []domain.Identity
	unknown := false
	for _, x := range []struct {
		field string
		kind  domain.IdentityKind
		raw   string
	}{
		{"memberId", domain.IdentityMember, p.MemberID}, {"email", domain.IdentityEmail, p.Email},
		{"phone", domain.IdentityPhone, p.Phone}, {"fax", domain.IdentityFax, p.Fax},
	} {
		if strings.TrimSpace(x.raw) == "" {
			continue
		}
		id, err := s.Normaliser.Identity(x.kind, x.raw)
		switch {
		case domain.RuleOf(err) == domain.RuleUnassigned:
			unknown = true
		case err != nil:
			f.AddError("from."+x.field, err)
		default:
			out = append(out, id)
		}
	}
	if len(out) == 0 && unknown {
		out = append(out, unknownSender(domain.NewID("anon")))
	}
	return out, f.Err()
}

// found is whose a submission is.
type found struct {
	customer *domain.Customer
	isNew    bool
	via      domain.Identity // the surest identity by which the customer was known, or became known
	rivals   []string        // other customers that own one of the identities
}

// identify finds the customer of the identities, or makes one, inside the transaction. Where they are known to belong to several, the
// surest decides and the others are rivals: nobody is merged by guess.
func (s *Service) identify(ctx context.Context, tx domain.Tx, ids []domain.Identity, name string, now time.Time) (found, error) {
	var f found
	var unknown []domain.Identity
	for _, id := range ids {
		c, err := domain.Customers.First(ctx, tx, domain.Query{Index: "identity", Equal: []any{id.Key}})
		switch {
		case domain.IsCode(err, domain.NotFound):
			unknown = append(unknown, id)
		case err != nil:
			return f, err
		case f.customer == nil:
			f.customer, f.via = c, id
		case c.ID != f.customer.ID && !slices.Contains(f.rivals, c.ID):
			f.rivals = append(f.rivals, c.ID)
		}
	}
	if f.customer == nil {
		f.customer, f.isNew, f.via = newCustomer(ids, name, now), true, ids[0]
		if err := domain.Customers.Insert(ctx, tx, f.customer); err != nil {
			return f, err
		}
		return f, domain.Emit(ctx, tx, domain.Event{
			Type: domain.EventCustomerCreated, At: now, CustomerID: f.customer.ID,
			Subject: domain.Ref{Kind: "customer", ID: f.customer.ID},
		})
	}
	if err := s.recordConflict(ctx, tx, &f, ids, now); err != nil {
		return f, err
	}
	for i := range unknown {
		unknown[i].Home = f.home() // it goes where that by which it came goes, if a merge is undone
	}
	return f, s.learn(ctx, tx, f.customer, unknown, name, now)
}

func newCustomer(ids []domain.Identity, name string, now time.Time) *domain.Customer {
	for i := range ids {
		ids[i].AddedAt = now
	}
	return &domain.Customer{
		Doc:  domain.Doc{ID: domain.Customers.NewID()},
		Name: strings.TrimSpace(name), Tier: domain.TierRegular, Identities: ids, CreatedAt: now, UpdatedAt: now,
	}
}

// maxIdentities keeps a customer's document small, however many addresses a shared desk sends from.
const maxIdentities = 100

// learn adds to a known customer the identities that came along and belong to nobody yet.
func (s *Service) learn(ctx context.Context, tx domain.Tx, c *domain.Customer, unknown []domain.Identity, name string, now time.Time) error {
	unknown = unknown[:min(len(unknown), max(0, maxIdentities-len(c.Identities)))]
	named := c.Name == "" && strings.TrimSpace(name) != ""
	if len(unknown) == 0 && !named {
		return nil
	}
	if named {
		c.Name = strings.TrimSpace(name)
	}
	for i := range unknown {
		unknown[i].AddedAt = now
	}
	c.Identities = append(c.Identities, unknown...)
	c.UpdatedAt = now
	if err := domain.Customers.Replace(ctx, tx, c); err != nil {
		return err
	}
	return domain.Emit(ctx, tx, domain.Event{
		Type: domain.EventCustomerUpdated, At: now, CustomerID: c.ID, Subject: domain.Ref{Kind: "customer", ID: c.ID},
		Data: map[string]any{"identitiesAdded": kinds(unknown)},
	})
}

// kinds is what an event tells of identities: it is for ever, so no address stands in it.
func kinds(ids []domain.Identity) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = string(id.Kind)
	}
	return out
}

func (s *Service) recordConflict(ctx context.Context, tx domain.Tx, f *found, ids []domain.Identity, now time.Time) error {
	if len(f.rivals) == 0 {
		return nil
	}
	rivals := make([]any, len(f.rivals))
	for i, r := range f.rivals {
		rivals[i] = r
	}
	return domain.Emit(ctx, tx, domain.Event{
		Type: domain.EventIdentityConflict, At: now, CustomerID: f.customer.ID,
		Subject: domain.Ref{Kind: "customer", ID: f.customer.ID},
		Data:    map[string]any{"identities": kinds(ids), "others": rivals, "chosenBy": string(f.via.Kind)},
	})
}

// home gives the merged customer to whom what came by this identity would go back, "" if there is none.
func (f found) home() string {
	i := slices.IndexFunc(f.customer.Identities, func(id domain.Identity) bool { return id.Key == f.via.Key })
	if i < 0 {
		return ""
	}
	return f.customer.Identities[i].Home
}

// unknownSender stands for somebody who cannot be identified, so that what they say is kept nevertheless. what makes it one of a kind.
func unknownSender(what string) domain.Identity {
	return domain.MakeIdentity(domain.IdentityExternal, "unknown:"+what, "")
}
