package graph

import (
	"context"

	"sori/domain"
	"sori/graph/wire"
)

func (q query) Skills(ctx context.Context, first *int, after *string) (*wire.SkillConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Org.ListSkills(ctx, req))
}

func (q query) Skill(ctx context.Context, id string) (*domain.Skill, error) {
	return q.Org.GetSkill(ctx, id)
}

func (m mutation) CreateSkill(ctx context.Context, in wire.CreateSkillInput) (*wire.Changed, error) {
	return m.once(ctx, "createSkill", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Org.CreateSkill(ctx, in.SkillDraft)
		return tell(wire.ChangedSkill, x, err)
	})
}

func (m mutation) UpdateSkill(ctx context.Context, in wire.UpdateSkillInput) (*wire.Changed, error) {
	return m.once(ctx, "updateSkill", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Org.EditSkill(ctx, in.ID, in.Version, in.SkillPatch)
		return tell(wire.ChangedSkill, x, err)
	})
}

func (m mutation) DeleteSkill(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.remove(ctx, "deleteSkill", in, m.Org.DeleteSkill)
}

// Skill gives the skill that a mutation changed.
func (f changedFields) Skill(ctx context.Context, c *wire.Changed) (*domain.Skill, error) {
	return changedNoun(ctx, c, f.Org.GetSkill)
}
