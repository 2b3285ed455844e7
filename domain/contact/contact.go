// Package contact keeps the customers: who they are, by what they are known, and what was said with them.
//
//	contact.go   reading and finding
//	edit.go      creating and editing
//	merge.go     two customers that are one, and the undo
//	rehome.go    moving what belongs to a customer, in the background where it is much
//	erase.go     removing the person and keeping the counts
//	sealed.go    resident numbers: finding by one, revealing one
package contact

import (
	"context"

	"sori/domain"
)

// Deps is what contact needs.
type Deps struct {
	Store      domain.Store
	Clock      domain.Clock
	Normaliser domain.Normaliser
	Vault      domain.Vault
}

// Service reads and changes customers.
type Service struct{ Deps }

// New makes the service.
func New(d Deps) *Service { return &Service{d} }

// Get reads a customer. A customer that was merged is still found under its id, with MergedInto set. NotFound if nobody has the id.
func (s *Service) Get(ctx context.Context, id string) (*domain.Customer, error) {
	if _, err := domain.Require(ctx, domain.ScopeCustomerRead); err != nil {
		return nil, err
	}
	return domain.Customers.Get(ctx, s.Store, id)
}

// GetMany reads customers by id; those that do not exist are left out.
func (s *Service) GetMany(ctx context.Context, ids []string) (map[string]*domain.Customer, error) {
	if _, err := domain.Require(ctx, domain.ScopeCustomerRead); err != nil {
		return nil, err
	}
	return domain.Customers.GetMany(ctx, s.Store, ids)
}

// Filter chooses customers.
type Filter struct{ Tier string }

// List gives customers, the newest first, without those that were merged into others.
func (s *Service) List(ctx context.Context, f Filter, req domain.PageRequest) (domain.Page[domain.Customer], error) {
	if _, err := domain.Require(ctx, domain.ScopeCustomerRead); err != nil {
		return domain.Page[domain.Customer]{}, err
	}
	q := domain.Query{Index: "created", Reverse: true}
	if f.Tier != "" {
		q = domain.Query{Index: "tier", Equal: []any{f.Tier}, Reverse: true}
	}
	own := func(c *domain.Customer) bool { return c.MergedInto == "" }
	return domain.Customers.Page(ctx, s.Store, req, "", own, q)
}

// Lookup finds the customer to whom an identity belongs, however it is written. NotFound if it is nobody's; Invalid (Field = the kind) if
// it is no such identity.
func (s *Service) Lookup(ctx context.Context, kind domain.IdentityKind, value string) (c *domain.Customer, err error) {
	ctx, end := domain.Step(ctx, "contact", "lookup")
	defer func() { end(err) }()
	if _, err := domain.Require(ctx, domain.ScopeCustomerRead); err != nil {
		return nil, err
	}
	id, err := s.Normaliser.Identity(kind, value)
	if err != nil {
		var f domain.Faults
		f.AddError(string(kind), err)
		return nil, f.Err()
	}
	c, err = domain.Customers.First(ctx, s.Store, domain.Query{Index: "identity", Equal: []any{id.Key}})
	if domain.IsCode(err, domain.NotFound) {
		return nil, domain.Errorf(domain.NotFound, "no customer is known by this %s", kind)
	}
	return c, err
}

// Timeline gives all interactions with a customer, the newest first.
func (s *Service) Timeline(ctx context.Context, id string, req domain.PageRequest) (domain.Page[domain.Interaction], error) {
	if _, err := s.Get(ctx, id); err != nil {
		return domain.Page[domain.Interaction]{}, err
	}
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return domain.Page[domain.Interaction]{}, err
	}
	q := domain.Query{Index: "customer", Equal: []any{id}, Reverse: true}
	return domain.Interactions.Page(ctx, s.Store, req, "", nil, q)
}

func subject(id string) domain.Ref { return domain.Ref{Kind: "customer", ID: id} }
