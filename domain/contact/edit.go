package contact

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"sori/domain"
)

// IdentityDraft is an identity as a caller gives it.
type IdentityDraft struct {
	Kind          domain.IdentityKind
	Value         string
	Undeliverable *bool // false takes the mark away; it is set by what mail servers say alone
}

// Draft is a customer to be made.
type Draft struct {
	Name       string
	Tier       string
	Identities []IdentityDraft
	Attributes map[string]any
	Consents   []domain.Consent
}

// Patch changes a customer. What is nil stays; an attribute set to nil is removed; Identities and Consents replace the whole list.
type Patch struct {
	Name       *string
	Tier       *string
	Identities *[]IdentityDraft
	Attributes map[string]any
	Consents   *[]domain.Consent
}

// Limits of a customer.
const (
	maxName       = 500
	maxTier       = 60
	maxIdentities = 100
	maxConsents   = 200
)

// Create makes a customer. Invalid names every fault; Duplicate (Field = identities) if an identity is another customer's.
func (s *Service) Create(ctx context.Context, d Draft) (*domain.Customer, error) {
	if _, err := domain.Require(ctx, domain.ScopeCustomerWrite); err != nil {
		return nil, err
	}
	now := s.Clock()
	if d.Tier == "" {
		d.Tier = domain.TierRegular
	}
	c := &domain.Customer{Doc: domain.Doc{ID: domain.Customers.NewID()}, CreatedAt: now, UpdatedAt: now}
	p := Patch{Name: &d.Name, Tier: &d.Tier, Identities: &d.Identities, Attributes: d.Attributes, Consents: &d.Consents}
	if err := s.apply(c, p, now); err != nil {
		return nil, err
	}
	err := s.Store.Write(ctx, func(tx domain.Tx) error {
		stored := *c
		if err := domain.Customers.Insert(ctx, tx, &stored); err != nil {
			return err
		}
		c.Version = stored.Version
		return domain.Emit(ctx, tx, domain.Event{Type: domain.EventCustomerCreated, At: now, CustomerID: c.ID, Subject: subject(c.ID)})
	})
	if err != nil {
		return nil, identityTaken(err)
	}
	return c, nil
}

// Edit changes a customer. version guards it: Stale if it is not the stored one; 0 is no guard. Conflict for a merged or erased one.
func (s *Service) Edit(ctx context.Context, id string, version int64, p Patch) (*domain.Customer, error) {
	if _, err := domain.Require(ctx, domain.ScopeCustomerWrite); err != nil {
		return nil, err
	}
	now := s.Clock()
	var out *domain.Customer
	err := s.Store.Write(ctx, func(tx domain.Tx) error {
		c, err := domain.Customers.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := editable(c, version); err != nil {
			return err
		}
		before := auditView(c)
		if err := s.apply(c, p, now); err != nil {
			return err
		}
		changes := domain.Changed(before, auditView(c))
		if out = c; len(changes) == 0 {
			return nil
		}
		c.UpdatedAt = now
		if err := domain.Customers.Replace(ctx, tx, c); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, domain.Event{Type: domain.EventCustomerUpdated, At: now, CustomerID: id, Subject: subject(id), Data: domain.Unsaid(changes, "tier")})
	})
	if err != nil {
		return nil, identityTaken(err)
	}
	return out, nil
}

func editable(c *domain.Customer, version int64) error {
	switch {
	case version != 0 && version != c.Version:
		return domain.Errorf(domain.Stale, "the customer was changed since version %d", version)
	case c.MergedInto != "":
		return domain.Errorf(domain.Conflict, "the customer was merged into %s", c.MergedInto)
	case c.Erased:
		return domain.Errorf(domain.Conflict, "the customer was erased")
	}
	return nil
}

func identityTaken(err error) error {
	if domain.IsCode(err, domain.Duplicate) && domain.FieldOf(err) == "identity" {
		return &domain.Error{Code: domain.Duplicate, Field: "identities", Rule: "unique", Message: "one of them belongs to another customer"}
	}
	return err
}

// auditView is what an edit's event is made from. Events are for ever, so they say of the person only that something changed, never what.
func auditView(c *domain.Customer) map[string]any {
	return map[string]any{
		"tier": c.Tier, "name": c.Name, "identities": slices.Clone(c.Identities), "attributes": maps.Clone(c.Attributes), "consents": c.Consents,
	}
}

func (s *Service) apply(c *domain.Customer, p Patch, now time.Time) error {
	var f domain.Faults
	if p.Name != nil {
		domain.CheckText(&f, "name", *p.Name, maxName)
		c.Name = strings.TrimSpace(*p.Name)
	}
	if p.Tier != nil {
		domain.CheckText(&f, "tier", *p.Tier, maxTier)
		if c.Tier = strings.TrimSpace(*p.Tier); c.Tier == "" {
			f.Add("tier", "required", "is empty")
		}
	}
	if p.Identities != nil {
		c.Identities = s.replaceIdentities(&f, c.Identities, *p.Identities, now)
	}
	if p.Consents != nil {
		c.Consents = consents(&f, *p.Consents, now)
	}
	if p.Attributes != nil {
		domain.CheckFields(&f, "attributes", p.Attributes)
	}
	if err := f.Err(); err != nil {
		return err
	}
	return s.sealFree(c, p)
}

// sealFree takes resident numbers out of what people wrote freely. Fields that are not touched keep what was taken out of them before.
func (s *Service) sealFree(c *domain.Customer, p Patch) error {
	if p.Name != nil {
		c.Sealed = domain.DropSealed(c.Sealed, "name")
		masked, found, err := s.Vault.Seal("name", c.Name)
		if err != nil {
			return err
		}
		c.Name, c.Sealed = masked, append(c.Sealed, found...)
	}
	if err := s.maskLabels(c, p); err != nil {
		return err
	}
	if p.Attributes == nil {
		return nil
	}
	attributes := maps.Clone(c.Attributes)
	if attributes == nil {
		attributes = map[string]any{}
	}
	for k := range p.Attributes {
		c.Sealed = domain.DropSealed(c.Sealed, "attributes."+k)
	}
	fresh, err := domain.MapTexts("attributes", p.Attributes, func(path, text string) (string, error) {
		masked, found, err := s.Vault.Seal(path, text)
		c.Sealed = append(c.Sealed, found...)
		return masked, err
	})
	for k, v := range fresh {
		if attributes[k] = v; v == nil {
			delete(attributes, k)
		}
	}
	c.Attributes = attributes
	return err
}

func (s *Service) maskLabels(c *domain.Customer, p Patch) error {
	var labels []*string
	if p.Tier != nil {
		labels = append(labels, &c.Tier)
	}
	if p.Consents != nil {
		for i := range c.Consents {
			labels = append(labels, &c.Consents[i].Purpose, &c.Consents[i].Source)
		}
	}
	return domain.MaskLabels(s.Vault, labels...)
}

// replaceIdentities gives the new list; an identity that was there before keeps its history.
func (s *Service) replaceIdentities(f *domain.Faults, old []domain.Identity, drafts []IdentityDraft, now time.Time) []domain.Identity {
	if len(drafts) > maxIdentities {
		f.Add("identities", "maxItems", "are more than %d", maxIdentities)
		return old
	}
	var out []domain.Identity
	for i, d := range drafts {
		id, err := s.Normaliser.Identity(d.Kind, d.Value)
		if err != nil {
			f.AddError("identities."+strconv.Itoa(i)+".value", err)
			continue
		}
		same := func(x domain.Identity) bool { return x.Key == id.Key }
		if slices.ContainsFunc(out, same) {
			continue
		}
		id.AddedAt = now
		if k := slices.IndexFunc(old, same); k >= 0 {
			id = old[k]
		}
		if d.Undeliverable != nil && !*d.Undeliverable {
			id.Undeliverable = false
		}
		out = append(out, id)
	}
	return out
}

func consents(f *domain.Faults, list []domain.Consent, now time.Time) []domain.Consent {
	if len(list) > maxConsents {
		f.Add("consents", "maxItems", "are more than %d", maxConsents)
		return nil
	}
	out := slices.Clone(list)
	for i := range out {
		field := "consents." + strconv.Itoa(i)
		if !slices.Contains(domain.Channels, out[i].Channel) {
			f.Add(field+".channel", "enum", "there is no channel %q", domain.Clip(string(out[i].Channel), 40))
		}
		if out[i].Purpose == "" {
			f.Add(field+".purpose", "required", "is empty")
		}
		domain.CheckText(f, field+".purpose", out[i].Purpose, maxTier)
		domain.CheckText(f, field+".source", out[i].Source, maxName)
		if out[i].At = domain.Instant(out[i].At); out[i].At.IsZero() {
			out[i].At = now
		}
	}
	return out
}
