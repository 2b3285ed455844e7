package org

import (
	"context"
	"time"

	"sori/domain"
)

// SkillDraft is a skill to be made.
type SkillDraft struct {
	Key  string
	Name string
}

// SkillPatch changes a skill. What is nil stays. The key never changes.
type SkillPatch struct{ Name *string }

var skills = domain.Kept[domain.Skill]{
	Collection: domain.Skills, Kind: "skill", Edition: domain.EditionOrg, Read: domain.ScopeOrgRead, Write: domain.ScopeOrgWrite,
	Head:  func(s *domain.Skill) *domain.Doc { return &s.Doc },
	Touch: func(s *domain.Skill, now time.Time) { s.UpdatedAt = now },
	View:  func(s *domain.Skill) map[string]any { return map[string]any{"name": s.Name} },
	Check: func(ctx context.Context, r domain.Reader, s *domain.Skill) error {
		c := newChecker(ctx, r)
		c.key(s.Key)
		c.name(&s.Name, s.Key)
		return c.done()
	},
	Leave: func(ctx context.Context, tx domain.Tx, s *domain.Skill) error {
		return unnamed(ctx, tx, namesSkill, s.Key)
	},
}

// CreateSkill makes a skill. Invalid names every fault; Duplicate (Field = key) if there is one with the key.
func (s *Service) CreateSkill(ctx context.Context, d SkillDraft) (*domain.Skill, error) {
	return create(ctx, s, skills, maxThings, func(d *domain.Directory) int { return len(d.Skills) }, &domain.Skill{Key: d.Key, Name: d.Name, CreatedAt: s.Clock()})
}

// EditSkill changes a skill. version guards it as everywhere.
func (s *Service) EditSkill(ctx context.Context, id string, version int64, p SkillPatch) (*domain.Skill, error) {
	return edit(ctx, s, skills, id, version, func(x *domain.Skill) { domain.SetIf(&x.Name, p.Name) })
}

// DeleteSkill removes a skill. Conflict names what still names it.
func (s *Service) DeleteSkill(ctx context.Context, id string) error {
	return remove(ctx, s, skills, id)
}

// GetSkill reads a skill.
func (s *Service) GetSkill(ctx context.Context, id string) (*domain.Skill, error) {
	return skills.One(ctx, s.Store, id)
}

// ListSkills gives the skills, the oldest first.
func (s *Service) ListSkills(ctx context.Context, req domain.PageRequest) (domain.Page[domain.Skill], error) {
	return skills.List(ctx, s.Store, req, domain.Query{Index: "created"})
}
