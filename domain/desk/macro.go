package desk

import (
	"context"
	"strings"
	"time"

	"sori/domain"
)

// MacroDraft is a macro to be made.
type MacroDraft struct {
	Key         string
	Name        string
	Description string
	Actions     domain.Actions
}

// MacroPatch changes a macro. What is nil stays; Actions are replaced as a whole.
type MacroPatch struct {
	Name        *string
	Description *string
	Active      *bool
	Actions     *domain.Actions
}

func checkName(f *domain.Faults, name string) {
	if strings.TrimSpace(name) == "" {
		f.Add("name", "required", "is empty")
	}
	domain.CheckText(f, "name", name, maxKey)
}

func (s *Service) macros() domain.Kept[domain.Macro] {
	return domain.Kept[domain.Macro]{
		Collection: domain.Macros, Kind: "macro", Edition: domain.EditionMacros, Read: domain.ScopeInquiryRead, Write: domain.ScopeOrgWrite,
		Head:  func(m *domain.Macro) *domain.Doc { return &m.Doc },
		Touch: func(m *domain.Macro, now time.Time) { m.UpdatedAt = now },
		View: func(m *domain.Macro) map[string]any {
			return map[string]any{"name": m.Name, "description": m.Description, "active": m.Active, "actions": m.Actions}
		},
		Check: func(ctx context.Context, _ domain.Reader, m *domain.Macro) error {
			var f domain.Faults
			domain.CheckKey(&f, "key", m.Key)
			checkName(&f, m.Name)
			domain.CheckText(&f, "description", m.Description, maxSubject)
			if err := s.checkActions(ctx, &f, m.Actions); err != nil {
				return err
			}
			return f.Err()
		},
	}
}

// CreateMacro makes a macro. Invalid names every fault; Duplicate (Field = key).
func (s *Service) CreateMacro(ctx context.Context, d MacroDraft) (*domain.Macro, error) {
	if d.Name == "" {
		d.Name = d.Key
	}
	m := &domain.Macro{Key: d.Key, Name: d.Name, Description: d.Description, Active: true, Actions: d.Actions, CreatedAt: s.Clock()}
	return s.macros().Create(ctx, s.Store, s.Clock(), m)
}

// EditMacro changes a macro. version guards it as everywhere.
func (s *Service) EditMacro(ctx context.Context, id string, version int64, p MacroPatch) (*domain.Macro, error) {
	return s.macros().Edit(ctx, s.Store, s.Clock(), id, version, func(m *domain.Macro) {
		domain.SetIf(&m.Name, p.Name)
		domain.SetIf(&m.Description, p.Description)
		domain.SetIf(&m.Active, p.Active)
		domain.SetIf(&m.Actions, p.Actions)
	})
}

// DeleteMacro removes a macro.
func (s *Service) DeleteMacro(ctx context.Context, id string) error {
	return s.macros().Remove(ctx, s.Store, s.Clock(), id, 0)
}

// GetMacro reads a macro.
func (s *Service) GetMacro(ctx context.Context, id string) (*domain.Macro, error) {
	return s.macros().One(ctx, s.Store, id)
}

// ListMacros gives the macros, the oldest first.
func (s *Service) ListMacros(ctx context.Context, req domain.PageRequest) (domain.Page[domain.Macro], error) {
	return s.macros().List(ctx, s.Store, req, domain.Query{Index: "created"})
}

// RunMacro does what a macro, named by its id or its key, says, in one commit. NotFound for either; Conflict if the macro is not active.
func (s *Service) RunMacro(ctx context.Context, inquiryID, macro string, version int64) (*domain.Inquiry, error) {
	m, err := s.macros().One(ctx, s.Store, macro)
	if domain.IsCode(err, domain.NotFound) {
		m, err = s.macros().ByKey(ctx, s.Store, macro)
	}
	if err != nil {
		return nil, err
	}
	if !m.Active {
		return nil, domain.Errorf(domain.Conflict, "the macro is not active")
	}
	return s.Act(ctx, inquiryID, version, m.Actions)
}
