package desk

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"sori/domain"
)

// CustomFieldDraft declares a custom field.
type CustomFieldDraft struct {
	Key     string
	Name    string
	Kind    domain.CustomFieldKind
	Options []string
}

// CustomFieldPatch changes a declaration. What is nil stays. Key and kind never change: values are kept by them.
type CustomFieldPatch struct {
	Name    *string
	Options *[]string
	Active  *bool
}

const (
	maxOptions = 500
	maxFields  = 500
)

var customFields = domain.Kept[domain.CustomField]{
	Collection: domain.CustomFields, Kind: "customField", Edition: domain.EditionFields, Read: domain.ScopeInquiryRead, Write: domain.ScopeOrgWrite,
	Head:  func(c *domain.CustomField) *domain.Doc { return &c.Doc },
	Touch: func(c *domain.CustomField, now time.Time) { c.UpdatedAt = now },
	View: func(c *domain.CustomField) map[string]any {
		return map[string]any{"name": c.Name, "options": slices.Clone(c.Options), "active": c.Active}
	},
	Check: checkCustomField,
}

func checkCustomField(_ context.Context, _ domain.Reader, c *domain.CustomField) error {
	var f domain.Faults
	domain.CheckFields(&f, "key", map[string]any{c.Key: nil})
	checkName(&f, c.Name)
	if !slices.Contains(domain.CustomFieldKinds, c.Kind) {
		f.Add("kind", "enum", "there is no kind %q", domain.Clip(string(c.Kind), 40))
	}
	choice := c.Kind == domain.FieldSelect || c.Kind == domain.FieldMultiselect
	switch {
	case choice && len(c.Options) == 0:
		f.Add("options", "required", "are needed to choose from")
	case !choice && len(c.Options) > 0:
		f.Add("options", "kind", "are for select and multiselect only")
	case len(c.Options) > maxOptions:
		f.Add("options", "maxItems", "are more than %d", maxOptions)
	}
	for i, o := range c.Options {
		domain.CheckText(&f, "options."+strconv.Itoa(i), o, maxKey)
		if strings.TrimSpace(o) == "" || slices.Contains(c.Options[:i], o) {
			f.Add("options."+strconv.Itoa(i), "unique", "is empty, or there twice")
		}
	}
	return f.Err()
}

// DeclareField declares a custom field of inquiries. Invalid names every fault; Duplicate (Field = key); Conflict past 500 fields.
func (s *Service) DeclareField(ctx context.Context, d CustomFieldDraft) (*domain.CustomField, error) {
	if d.Name == "" {
		d.Name = d.Key
	}
	kinds, err := s.kinds.Get(ctx)
	if err != nil {
		return nil, err
	}
	if len(*kinds) >= maxFields {
		return nil, domain.Errorf(domain.Conflict, "there are as many custom fields as there may be")
	}
	c := &domain.CustomField{Key: d.Key, Name: d.Name, Kind: d.Kind, Options: d.Options, Active: true, CreatedAt: s.Clock()}
	c, err = customFields.Create(ctx, s.Store, s.Clock(), c)
	s.kinds.Expire()
	return c, err
}

// EditField changes a declaration. version guards it as everywhere.
func (s *Service) EditField(ctx context.Context, id string, version int64, p CustomFieldPatch) (*domain.CustomField, error) {
	defer s.kinds.Expire()
	return customFields.Edit(ctx, s.Store, s.Clock(), id, version, func(c *domain.CustomField) {
		domain.SetIf(&c.Name, p.Name)
		domain.SetIf(&c.Options, p.Options)
		domain.SetIf(&c.Active, p.Active)
	})
}

// DeleteField removes a declaration. Values that inquiries have stay, and take any value from then on.
func (s *Service) DeleteField(ctx context.Context, id string) error {
	defer s.kinds.Expire()
	return customFields.Remove(ctx, s.Store, s.Clock(), id, 0)
}

// GetField reads a declaration.
func (s *Service) GetField(ctx context.Context, id string) (*domain.CustomField, error) {
	return customFields.One(ctx, s.Store, id)
}

// ListFields gives the declarations, the oldest first.
func (s *Service) ListFields(ctx context.Context, req domain.PageRequest) (domain.Page[domain.CustomField], error) {
	return customFields.List(ctx, s.Store, req, domain.Query{Index: "created"})
}
