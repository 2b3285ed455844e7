package triage

import (
	"context"
	"slices"
	"strings"
	"time"

	"sori/domain"
	"sori/domain/textclass"
)

// TypeDraft is an inquiry type to be made. A Threshold without a mode promises domain.DefaultPromise.
type TypeDraft struct {
	Key       string
	Name      string
	Parent    string
	Threshold domain.TypeThreshold
}

// TypePatch changes a type. What is nil stays. A key never changes: inquiries name it.
type TypePatch struct {
	Name      *string
	Parent    *string
	Active    *bool
	Threshold *domain.TypeThreshold
}

// Limits of what triage keeps, in bytes but for counts.
const (
	maxName      = 500
	maxTypes     = textclass.MaxLabels
	maxTemplates = 10_000
	maxRules     = 1000
	maxTypeKey   = 100    // characters
	typeKeyMarks = "._/-" // what a type's key holds beside letters and digits
)

var types = domain.Kept[domain.InquiryType]{
	Collection: domain.InquiryTypes, Kind: "type", Edition: domain.EditionCatalogue, Read: domain.ScopeTriageRead, Write: domain.ScopeTriageWrite,
	Head:  func(t *domain.InquiryType) *domain.Doc { return &t.Doc },
	Touch: func(t *domain.InquiryType, now time.Time) { t.UpdatedAt = now },
	View: func(t *domain.InquiryType) map[string]any {
		return map[string]any{"name": t.Name, "parent": t.Parent, "active": t.Active, "threshold": t.Threshold}
	},
	Check: checkType,
}

// CreateType makes a type. Invalid names every fault; Duplicate (Field = key) if there is one with the key; Conflict past 2000 types.
func (s *Service) CreateType(ctx context.Context, d TypeDraft) (*domain.InquiryType, error) {
	t := &domain.InquiryType{Key: d.Key, Name: d.Name, Parent: d.Parent, Active: true, Threshold: d.Threshold, CreatedAt: s.Clock()}
	if strings.TrimSpace(t.Name) == "" {
		t.Name = t.Key
	}
	if err := s.room(ctx, "types", maxTypes, func(c *catalogue) int { return len(c.types) }); err != nil {
		return nil, err
	}
	return create(ctx, s, types, t)
}

// EditType changes a type. version guards it as everywhere.
func (s *Service) EditType(ctx context.Context, id string, version int64, p TypePatch) (*domain.InquiryType, error) {
	return edit(ctx, s, types, id, version, func(t *domain.InquiryType) {
		domain.SetIf(&t.Name, p.Name)
		domain.SetIf(&t.Parent, p.Parent)
		domain.SetIf(&t.Active, p.Active)
		domain.SetIf(&t.Threshold, p.Threshold)
	})
}

// GetType reads a type.
func (s *Service) GetType(ctx context.Context, id string) (*domain.InquiryType, error) {
	return get(ctx, s, domain.InquiryTypes, id)
}

// TypeByKey reads a type by its key.
func (s *Service) TypeByKey(ctx context.Context, key string) (*domain.InquiryType, error) {
	if _, err := domain.Require(ctx, domain.ScopeTriageRead); err != nil {
		return nil, err
	}
	return domain.InquiryTypes.First(ctx, s.Store, domain.Query{Index: "key", Equal: []any{key}})
}

// ListTypes gives the types, the oldest first; those below a parent by key, if one is named.
func (s *Service) ListTypes(ctx context.Context, parent string, req domain.PageRequest) (domain.Page[domain.InquiryType], error) {
	q := domain.Query{Index: "created"}
	if parent != "" {
		q = domain.Query{Index: "parent", Equal: []any{parent}}
	}
	return list(ctx, s, domain.InquiryTypes, req, q)
}

// room refuses what would not fit into the memory of the nodes.
func (s *Service) room(ctx context.Context, field string, most int, count func(*catalogue) int) error {
	if _, err := domain.Require(ctx, domain.ScopeTriageWrite); err != nil {
		return err
	}
	c, err := s.catalogue(ctx)
	if err == nil && count(c) >= most {
		err = &domain.Error{Code: domain.Conflict, Field: field, Rule: "max", Message: "there are as many as there may be"}
	}
	return err
}

func checkType(ctx context.Context, r domain.Reader, t *domain.InquiryType) error {
	var f domain.Faults
	if !domain.IsKey(t.Key, typeKeyMarks, maxTypeKey) || t.Key == domain.NoType {
		f.Add("key", "pattern", "must be 1 to 100 letters, digits and . _ / - beginning with a letter or digit, and not %q", domain.NoType)
	}
	if strings.TrimSpace(t.Name) == "" {
		f.Add("name", "required", "is empty")
	}
	domain.CheckText(&f, "name", t.Name, maxName)
	checkThreshold(&f, &t.Threshold)
	if err := checkParent(ctx, r, &f, t); err != nil {
		return err
	}
	return f.Err()
}

// checkParent holds the tree to two levels.
func checkParent(ctx context.Context, r domain.Reader, f *domain.Faults, t *domain.InquiryType) error {
	if t.Parent == "" {
		return nil
	}
	above, err := domain.InquiryTypes.First(ctx, r, domain.Query{Index: "key", Equal: []any{t.Parent}})
	switch {
	case domain.IsCode(err, domain.NotFound) || t.Parent == t.Key:
		f.Add("parent", "known", "there is no other type %q", domain.Clip(t.Parent, 100))
		return nil
	case err != nil:
		return err
	case above.Parent != "":
		f.Add("parent", "levels", "the type %q has a parent itself, and there are two levels only", above.Key)
	}
	below, err := domain.InquiryTypes.Find(ctx, r, domain.Query{Index: "parent", Equal: []any{t.Key}, Limit: 1})
	if err == nil && len(below) > 0 {
		f.Add("parent", "levels", "the type has types below it, and there are two levels only")
	}
	return err
}

func checkThreshold(f *domain.Faults, t *domain.TypeThreshold) {
	if t.Mode == "" {
		t.Mode = domain.ThresholdPromise
	}
	if t.Mode == domain.ThresholdPromise && t.Promise == 0 {
		t.Promise = domain.DefaultPromise
	}
	if !slices.Contains(domain.ThresholdModes, t.Mode) {
		f.Add("threshold.mode", "enum", "must be off, manual or promise")
	}
	if t.Mode == domain.ThresholdManual && !(t.Value > 0 && t.Value <= 1) {
		f.Add("threshold.value", "range", "must be more than 0 and at most 1")
	}
	if t.Mode == domain.ThresholdPromise && !(t.Promise >= 0.5 && t.Promise <= 0.9999) {
		f.Add("threshold.promise", "range", "must be from 0.5 to 0.9999")
	}
}

// checkKnownType wants a type that exists.
func checkKnownType(ctx context.Context, r domain.Reader, f *domain.Faults, field, key string) error {
	_, err := domain.InquiryTypes.First(ctx, r, domain.Query{Index: "key", Equal: []any{key}})
	if domain.IsCode(err, domain.NotFound) {
		f.Add(field, "known", "there is no type %q", domain.Clip(key, 100))
		return nil
	}
	return err
}

func checkLanguage(f *domain.Faults, language string) {
	if language != "" {
		domain.CheckLanguage(f, "language", language)
	}
}
