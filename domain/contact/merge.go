package contact

import (
	"context"
	"slices"
	"time"

	"sori/domain"
)

// Merge makes two customers one: from's identities, and all that was said with it, become into's. Name and attributes that into lacks are taken over, and of
// consents what either said last. Invalid to merge a customer with itself; NotFound; Conflict if one of them is merged or erased already.
func (s *Service) Merge(ctx context.Context, into, from string) (*domain.Customer, error) {
	if _, err := domain.Require(ctx, domain.ScopeCustomerWrite); err != nil {
		return nil, err
	}
	if into == from {
		return nil, domain.InvalidField("from", "other", "a customer cannot be merged with itself")
	}
	now := s.Clock()
	var out *domain.Customer
	err := s.Store.Write(ctx, func(tx domain.Tx) error {
		a, b, err := pair(ctx, tx, into, from)
		if err != nil {
			return err
		}
		if err := mergeable(a, b); err != nil {
			return err
		}
		m := mergeInto(a, b, now)
		if err := domain.Merges.Insert(ctx, tx, m); err != nil {
			return err
		}
		// from gives its identities up before into takes them: an identity is never two customers'.
		if err := replaceBoth(ctx, tx, b, a); err != nil {
			return err
		}
		if err := rehome(ctx, tx, move{From: from, To: into}, now); err != nil {
			return err
		}
		out = a
		return emitPair(ctx, tx, domain.EventCustomerMerged, into, from, now)
	})
	return out, err
}

func pair(ctx context.Context, tx domain.Tx, into, from string) (a, b *domain.Customer, err error) {
	if a, err = domain.Customers.Get(ctx, tx, into); err != nil {
		return nil, nil, err
	}
	b, err = domain.Customers.Get(ctx, tx, from)
	if domain.IsCode(err, domain.NotFound) {
		err = domain.InvalidField("from", "known", "there is no customer %q", domain.Clip(from, 80))
	}
	return a, b, err
}

func mergeable(a, b *domain.Customer) error {
	for _, c := range []*domain.Customer{a, b} {
		if err := editable(c, 0); err != nil {
			return err
		}
	}
	if len(a.Identities)+len(b.Identities) > maxIdentities {
		return domain.Errorf(domain.Conflict, "together they have more than %d identities", maxIdentities)
	}
	return nil
}

// mergeInto changes both and gives the record by which it can be undone exactly.
func mergeInto(a, b *domain.Customer, now time.Time) *domain.Merge {
	m := &domain.Merge{
		Into: a.ID, From: b.ID, Before: *b, OldName: a.Name, OldTier: a.Tier, Consents: a.Consents, At: now, Filled: map[string]any{},
	}
	for _, id := range b.Identities {
		if id.Home == "" {
			id.Home = b.ID
		}
		a.Identities = append(a.Identities, id)
	}
	for k, v := range b.Attributes {
		if _, ok := a.Attributes[k]; ok {
			continue
		}
		if a.Attributes == nil {
			a.Attributes = map[string]any{}
		}
		a.Attributes[k], m.Filled[k] = v, v
		a.Sealed = append(a.Sealed, domain.SealedOf(b.Sealed, "attributes."+k)...)
	}
	if a.Name == "" {
		a.Name = b.Name
		a.Sealed = append(a.Sealed, domain.SealedOf(b.Sealed, "name")...)
	}
	a.Consents = bothConsents(a.Consents, b.Consents)
	a.UpdatedAt = now
	b.MergedInto, b.Identities, b.UpdatedAt = a.ID, nil, now
	return m
}

// Unmerge undoes a merge: both customers are again what they were, and what came in since by from's identities is from's. Invalid (Field = from)
// if from is not merged into this customer.
func (s *Service) Unmerge(ctx context.Context, into, from string) (*domain.Customer, error) {
	if _, err := domain.Require(ctx, domain.ScopeCustomerWrite); err != nil {
		return nil, err
	}
	now := s.Clock()
	var out *domain.Customer
	err := s.Store.Write(ctx, func(tx domain.Tx) error {
		a, b, err := pair(ctx, tx, into, from)
		if err != nil {
			return err
		}
		m, err := domain.Merges.First(ctx, tx, domain.Query{Index: "from", Equal: []any{from}})
		if domain.IsCode(err, domain.NotFound) || err == nil && m.Into != into {
			return domain.InvalidField("from", "merged", "is not merged into this customer")
		}
		if err != nil {
			return err
		}
		if err := editable(a, 0); err != nil {
			return err
		}
		undoMerge(a, b, m, now)
		if err := domain.Merges.Delete(ctx, tx, m.ID); err != nil {
			return err
		}
		if err := replaceBoth(ctx, tx, a, b); err != nil {
			return err
		}
		if err := rehomeBack(ctx, tx, into, from, now); err != nil {
			return err
		}
		out = a
		return emitPair(ctx, tx, domain.EventCustomerUnmerged, into, from, now)
	})
	return out, err
}

func undoMerge(a, b *domain.Customer, m *domain.Merge, now time.Time) {
	kept := a.Identities[:0:0]
	var back []domain.Identity
	for _, id := range a.Identities {
		if id.Home == b.ID || wasIn(m.Before.Identities, id.Key) {
			back = append(back, restored(id, m.Before.Identities))
			continue
		}
		kept = append(kept, id)
	}
	a.Identities = kept
	for k, v := range m.Filled {
		if len(domain.Changed(map[string]any{k: v}, map[string]any{k: a.Attributes[k]})) == 0 {
			delete(a.Attributes, k)
			a.Sealed = domain.DropSealed(a.Sealed, "attributes."+k)
		}
	}
	if m.OldName == "" && a.Name == m.Before.Name {
		a.Name, a.Sealed = "", domain.DropSealed(a.Sealed, "name")
	}
	a.UpdatedAt = now
	version := b.Version
	*b = m.Before
	b.Version, b.Identities = version, back
	a.Consents, b.Consents = partedConsents(a.Consents, m)
}

// bothConsents gives what two who are one have said, in the order in which they said it: what was said last holds. A withdrawal is never lost in a merge.
func bothConsents(a, b []domain.Consent) []domain.Consent {
	out := slices.Clone(a)
	for _, c := range b {
		if !said(out, c) {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(x, y domain.Consent) int { return x.At.Compare(y.At) })
	for n := 0; len(out) > maxConsents && n < len(out); {
		later := slices.IndexFunc(out[n+1:], func(c domain.Consent) bool { return c.Channel == out[n].Channel && c.Purpose == out[n].Purpose })
		if later < 0 {
			n++
			continue
		}
		out = slices.Delete(out, n, n+1) // it does not hold any more
	}
	return out
}

// partedConsents gives back what each has said. What was said since is into's; but withdrawn it is for both, for nobody knows who of them it was.
func partedConsents(now []domain.Consent, m *domain.Merge) (a, b []domain.Consent) {
	b = m.Before.Consents
	for _, c := range now {
		own := said(m.Consents, c)
		since := !own && !said(m.Before.Consents, c)
		if own || since {
			a = append(a, c)
		}
		if since && !c.Granted {
			b = append(slices.Clone(b), c)
		}
	}
	return a, b
}

func said(list []domain.Consent, c domain.Consent) bool {
	return slices.ContainsFunc(list, func(x domain.Consent) bool {
		return x.Channel == c.Channel && x.Purpose == c.Purpose && x.Granted == c.Granted && x.Source == c.Source && x.At.Equal(c.At)
	})
}

// rehomeBack moves what is from's, and what is of those that had been merged into from before.
func rehomeBack(ctx context.Context, tx domain.Tx, into, from string, now time.Time) error {
	homes := []string{from}
	for i := 0; i < len(homes) && len(homes) < maxIdentities; i++ {
		merges, err := domain.Merges.Find(ctx, tx, domain.Query{Index: "into", Equal: []any{homes[i]}, Limit: maxIdentities})
		if err != nil {
			return err
		}
		for _, m := range merges {
			homes = append(homes, m.From)
		}
	}
	for _, home := range homes {
		if err := rehome(ctx, tx, move{From: into, To: from, Home: home}, now); err != nil {
			return err
		}
	}
	return nil
}

func wasIn(list []domain.Identity, key string) bool {
	for _, id := range list {
		if id.Key == key {
			return true
		}
	}
	return false
}

// restored gives an identity the home it had before the merge; whether mail reaches it was learned since, and stays.
func restored(id domain.Identity, before []domain.Identity) domain.Identity {
	id.Home = ""
	for _, old := range before {
		if old.Key == id.Key {
			id.Home = old.Home
		}
	}
	return id
}

func replaceBoth(ctx context.Context, tx domain.Tx, first, second *domain.Customer) error {
	if err := domain.Customers.Replace(ctx, tx, first); err != nil {
		return err
	}
	return domain.Customers.Replace(ctx, tx, second)
}

func emitPair(ctx context.Context, tx domain.Tx, verb, into, from string, now time.Time) error {
	return domain.Emit(ctx, tx, domain.Event{
		Type: verb, At: now, CustomerID: into, Subject: subject(into), Data: map[string]any{"from": from},
	})
}
