package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/contact"
)

// ListCustomers gives a page of the customers.
func (s *server) ListCustomers(ctx context.Context, r gen.ListCustomersRequestObject) (gen.ListCustomersResponseObject, error) {
	page, err := s.Contact.List(ctx, contact.Filter{Tier: value(r.Params.Tier)}, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListCustomers200JSONResponse{Items: each(page.Items, customer), NextCursor: null(page.NextCursor)}, nil
}

// CreateCustomer makes a customer.
func (s *server) CreateCustomer(ctx context.Context, r gen.CreateCustomerRequestObject) (gen.CreateCustomerResponseObject, error) {
	b := r.Body
	c, err := s.Contact.Create(ctx, contact.Draft{
		Name: value(b.Name), Tier: value(b.Tier), Identities: each(value(b.Identities), identityDraft), Attributes: value(b.Attributes),
		Consents: each(value(b.Consents), consentDraft),
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateCustomer201JSONResponse{OneCustomerJSONResponse: oneCustomer(c)}, nil
}

// GetCustomer gives one customer.
func (s *server) GetCustomer(ctx context.Context, r gen.GetCustomerRequestObject) (gen.GetCustomerResponseObject, error) {
	c, err := s.Contact.Get(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetCustomer200JSONResponse{OneCustomerJSONResponse: oneCustomer(c)}, nil
}

// LookupCustomer finds whose an identity is.
func (s *server) LookupCustomer(ctx context.Context, r gen.LookupCustomerRequestObject) (gen.LookupCustomerResponseObject, error) {
	kind, id, err := identityAsked(r.Params)
	if err != nil {
		return nil, err
	}
	c, err := s.Contact.Lookup(ctx, kind, id)
	if err != nil {
		return nil, err
	}
	return gen.LookupCustomer200JSONResponse{OneCustomerJSONResponse: oneCustomer(c)}, nil
}

func identityAsked(p gen.LookupCustomerParams) (kind domain.IdentityKind, id string, err error) {
	asked := 0
	for k, v := range map[domain.IdentityKind]*string{
		domain.IdentityPhone: p.Phone, domain.IdentityEmail: p.Email, domain.IdentityFax: p.Fax, domain.IdentityMember: p.MemberId,
		domain.IdentityExternal: p.External, domain.IdentityDevice: p.Device,
	} {
		if v != nil {
			kind, id = k, *v
			asked++
		}
	}
	if asked != 1 {
		return "", "", domain.InvalidField("phone", "required", "exactly one of phone, email, fax, memberId, external and device is needed")
	}
	return kind, id, nil
}

// UpdateCustomer changes a customer.
func (s *server) UpdateCustomer(ctx context.Context, r gen.UpdateCustomerRequestObject) (gen.UpdateCustomerResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	p := contact.Patch{Name: b.Name.Pointer(), Tier: b.Tier, Attributes: value(b.Attributes)}
	if b.Identities != nil {
		drafts := each(*b.Identities, identityDraft)
		p.Identities = &drafts
	}
	if b.Consents != nil {
		consents := each(*b.Consents, consentDraft)
		p.Consents = &consents
	}
	c, err := s.Contact.Edit(ctx, r.Id, version, p)
	if err != nil {
		return nil, err
	}
	return gen.UpdateCustomer200JSONResponse{OneCustomerJSONResponse: oneCustomer(c)}, nil
}

// EraseCustomer removes the person.
func (s *server) EraseCustomer(ctx context.Context, r gen.EraseCustomerRequestObject) (gen.EraseCustomerResponseObject, error) {
	if err := s.Contact.Erase(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.EraseCustomer202JSONResponse(r), nil
}

// MergeCustomers makes two customers one.
func (s *server) MergeCustomers(ctx context.Context, r gen.MergeCustomersRequestObject) (gen.MergeCustomersResponseObject, error) {
	c, err := s.Contact.Merge(ctx, r.Id, r.Body.From)
	if err != nil {
		return nil, err
	}
	return gen.MergeCustomers200JSONResponse{OneCustomerJSONResponse: oneCustomer(c)}, nil
}

// UnmergeCustomers undoes a merge.
func (s *server) UnmergeCustomers(ctx context.Context, r gen.UnmergeCustomersRequestObject) (gen.UnmergeCustomersResponseObject, error) {
	c, err := s.Contact.Unmerge(ctx, r.Id, r.Body.From)
	if err != nil {
		return nil, err
	}
	return gen.UnmergeCustomers200JSONResponse{OneCustomerJSONResponse: oneCustomer(c)}, nil
}

// GetTimeline gives a page of all that was said with a customer.
func (s *server) GetTimeline(ctx context.Context, r gen.GetTimelineRequestObject) (gen.GetTimelineResponseObject, error) {
	page, err := s.Contact.Timeline(ctx, r.Id, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.GetTimeline200JSONResponse{Items: each(page.Items, interaction), NextCursor: null(page.NextCursor)}, nil
}

func oneCustomer(c *domain.Customer) gen.OneCustomerJSONResponse {
	return gen.OneCustomerJSONResponse{Body: customer(c), Headers: gen.OneCustomerResponseHeaders{ETag: etag(c.Version)}}
}

func customer(c *domain.Customer) gen.Customer {
	return gen.Customer{
		Id: c.ID, Name: null(c.Name), Tier: null(c.Tier), Attributes: fields(c.Attributes), MergedInto: null(c.MergedInto), Erased: c.Erased,
		CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, Version: c.Version,
		Identities: each(c.Identities, func(i domain.Identity) gen.Identity {
			return gen.Identity{Kind: gen.IdentityKind(i.Kind), Value: i.Value, Display: null(i.Display), Undeliverable: i.Undeliverable}
		}),
		Consents: each(c.Consents, func(x domain.Consent) gen.Consent {
			return gen.Consent{Channel: gen.Channel(x.Channel), Purpose: x.Purpose, Granted: x.Granted, Source: null(x.Source), At: x.At}
		}),
	}
}

func identityDraft(d gen.IdentityDraft) contact.IdentityDraft {
	return contact.IdentityDraft{Kind: domain.IdentityKind(d.Kind), Value: d.Value, Undeliverable: d.Undeliverable}
}

func consentDraft(d gen.ConsentDraft) domain.Consent {
	return domain.Consent{Channel: domain.Channel(d.Channel), Purpose: d.Purpose, Granted: d.Granted, Source: value(d.Source), At: value(d.At)}
}
