package graph

import (
	"context"
	"maps"
	"slices"

	"sori/domain"
	"sori/domain/contact"
	"sori/domain/desk"
	"sori/graph/generated"
	"sori/graph/wire"
)

func (q query) Customer(ctx context.Context, id string) (*domain.Customer, error) {
	return q.Contact.Get(ctx, id)
}

func (q query) CustomerLookup(ctx context.Context, phone, email, fax, memberID *string) (*domain.Customer, error) {
	if _, err := domain.Require(ctx, domain.ScopeCustomerRead); err != nil {
		return nil, err
	}
	kind, raw, err := wire.OneIdentity(phone, email, fax, memberID)
	if err != nil {
		return nil, err
	}
	return q.Contact.Lookup(ctx, kind, raw)
}

func (q query) Customers(ctx context.Context, tier *string, first *int, after *string) (*wire.CustomerConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Contact.List(ctx, contact.Filter{Tier: value(tier)}, req))
}

func (f customerFields) Inquiries(ctx context.Context, c *domain.Customer, category *domain.StatusCategory, first *int, after *string) (*wire.InquiryConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	page, err := f.Desk.List(ctx, desk.Filter{Customer: c.ID, StatusCategory: value(category)}, desk.SortLast, req)
	besideInquiries(ctx, page.Items)
	return connected(page, err)
}

func (f customerFields) Timeline(ctx context.Context, c *domain.Customer, first *int, after *string) (*wire.InteractionConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	page, err := f.Contact.Timeline(ctx, c.ID, req)
	besideInteractions(ctx, page.Items)
	return connected(page, err)
}

func (m mutation) CreateCustomer(ctx context.Context, in wire.CreateCustomerInput) (*wire.Changed, error) {
	return m.changeCustomer(ctx, "createCustomer", in.IdempotencyKey, in, func(ctx context.Context) (*domain.Customer, error) {
		return m.Contact.Create(ctx, in.Draft)
	})
}

func (m mutation) UpdateCustomer(ctx context.Context, in wire.UpdateCustomerInput) (*wire.Changed, error) {
	return m.changeCustomer(ctx, "updateCustomer", in.IdempotencyKey, in, func(ctx context.Context) (*domain.Customer, error) {
		return m.Contact.Edit(ctx, in.ID, in.Version, in.Patch)
	})
}

func (m mutation) MergeCustomers(ctx context.Context, in wire.MergeCustomersInput) (*wire.Changed, error) {
	return m.changeCustomer(ctx, "mergeCustomers", in.IdempotencyKey, in, func(ctx context.Context) (*domain.Customer, error) {
		return m.Contact.Merge(ctx, in.Into, in.From)
	})
}

func (m mutation) UnmergeCustomers(ctx context.Context, in wire.MergeCustomersInput) (*wire.Changed, error) {
	return m.changeCustomer(ctx, "unmergeCustomers", in.IdempotencyKey, in, func(ctx context.Context) (*domain.Customer, error) {
		return m.Contact.Unmerge(ctx, in.Into, in.From)
	})
}

// changeCustomer is the way of every mutation of a customer.
func (m mutation) changeCustomer(ctx context.Context, name, key string, in any, run func(context.Context) (*domain.Customer, error)) (*wire.Changed, error) {
	return m.once(ctx, name, key, in, func(ctx context.Context) (*wire.Changed, error) {
		c, err := run(ctx)
		return tell(wire.ChangedCustomer, c, err)
	})
}

func (m mutation) EraseCustomer(ctx context.Context, in wire.EraseCustomerInput) (*generated.EraseCustomerPayload, error) {
	_, err := m.once(ctx, "eraseCustomer", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		return &wire.Changed{CustomerID: in.ID}, m.Contact.Erase(ctx, in.ID)
	})
	return &generated.EraseCustomerPayload{CustomerID: in.ID}, err
}

func (m mutation) LookupSealed(ctx context.Context, in generated.LookupSealedInput) (*generated.LookupSealedPayload, error) {
	refs, err := m.Contact.LookupSealed(ctx, in.Number)
	found := make([]*domain.Ref, len(refs))
	for i := range refs {
		found[i] = &refs[i]
	}
	return &generated.LookupSealedPayload{Found: found}, err
}

func (m mutation) RevealSealed(ctx context.Context, in generated.RevealSealedInput) (*generated.RevealSealedPayload, error) {
	texts, err := m.Contact.Reveal(ctx, in.ID)
	out := &generated.RevealSealedPayload{Fields: []*generated.RevealedField{}}
	for _, field := range slices.Sorted(maps.Keys(texts)) {
		text := texts[field]
		out.Fields = append(out.Fields, &generated.RevealedField{Field: field, Text: &text})
	}
	return out, err
}
