package contact

import (
	"context"

	"sori/domain"
)

// maxSealedHits is how many places LookupSealed gives of each noun.
const maxSealedHits = 100

// LookupSealed finds where a resident number was taken out: customers, inquiries and interactions. The number itself is never stored in the open: the
// blind index answers. Each question is an event.
func (s *Service) LookupSealed(ctx context.Context, number string) ([]domain.Ref, error) {
	if _, err := domain.Require(ctx, domain.ScopePIIRead); err != nil {
		return nil, err
	}
	indexes, err := s.Vault.Index(number)
	if err != nil {
		var f domain.Faults
		f.AddError("number", err)
		return nil, f.Err()
	}
	refs := []domain.Ref{}
	for _, index := range indexes {
		q := domain.Query{Index: "sealed", Equal: []any{index}, Limit: maxSealedHits}
		for _, c := range []*domain.Spec{&domain.Customers.Spec, &domain.Inquiries.Spec, &domain.Interactions.Spec} {
			err := s.Store.Select(ctx, c, q, func(d domain.Document, _ domain.Position) (bool, error) {
				refs = append(refs, domain.Ref{Kind: c.Noun, ID: d.Head().ID})
				return true, nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return refs, s.noteReveal(ctx, domain.Ref{Kind: "blindIndex", ID: indexes[0]}, "", map[string]any{"hits": len(refs)})
}

// Reveal gives the fields of a customer, an inquiry or an interaction that hold sealed numbers, in the open, by field. Each reveal is an event, committed before
// the answer. NotFound if nobody has the id.
func (s *Service) Reveal(ctx context.Context, id string) (map[string]string, error) {
	if _, err := domain.Require(ctx, domain.ScopePIIRead); err != nil {
		return nil, err
	}
	h, err := s.holder(ctx, id)
	if err != nil {
		return nil, err
	}
	plain := map[string]string{}
	for field, found := range byField(h.sealed) {
		text, err := s.Vault.Open(field, h.field(field), found)
		if err != nil {
			return nil, err
		}
		plain[field] = text
	}
	return plain, s.noteReveal(ctx, h.ref, h.customer, map[string]any{"fields": len(plain)})
}

func byField(list []domain.Sealed) map[string][]domain.Sealed {
	out := map[string][]domain.Sealed{}
	for _, x := range list {
		if x.Cipher == "" {
			continue // inside a file, which is encrypted as a whole
		}
		out[x.Field] = append(out[x.Field], x)
	}
	return out
}

func (s *Service) noteReveal(ctx context.Context, ref domain.Ref, customer string, data map[string]any) error {
	return s.Store.Write(ctx, func(tx domain.Tx) error {
		return domain.Emit(ctx, tx, domain.Event{Type: domain.EventPIIRevealed, At: s.Clock(), CustomerID: customer, Subject: ref, Data: data})
	})
}

// holder is something that holds sealed numbers.
type holder struct {
	ref      domain.Ref
	customer string
	sealed   []domain.Sealed
	field    func(name string) string
}

func (s *Service) holder(ctx context.Context, id string) (holder, error) {
	switch domain.IDPrefix(id) {
	case domain.Customers.Prefix:
		c, err := domain.Customers.Get(ctx, s.Store, id)
		if err != nil {
			return holder{}, err
		}
		return holder{subject(id), id, c.Sealed, fieldReader(c)}, nil
	case domain.Inquiries.Prefix:
		q, err := domain.Inquiries.Get(ctx, s.Store, id)
		if err != nil {
			return holder{}, err
		}
		return holder{domain.Ref{Kind: "inquiry", ID: id}, q.CustomerID, q.Sealed, fieldReader(q)}, nil
	case domain.Interactions.Prefix:
		x, err := domain.Interactions.Get(ctx, s.Store, id)
		if err != nil {
			return holder{}, err
		}
		return holder{domain.Ref{Kind: "interaction", ID: id}, x.CustomerID, x.Sealed, fieldReader(x)}, nil
	}
	return holder{}, domain.Missing("customer, inquiry or interaction", id)
}
