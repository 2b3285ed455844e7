package graph

import (
	"context"

	"sori/domain"
	"sori/domain/triage"
	"sori/graph/wire"
)

func (q query) Rules(ctx context.Context, first *int, after *string) (*wire.RuleConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Triage.ListRules(ctx, req))
}

func (q query) Rule(ctx context.Context, id string) (*domain.Rule, error) {
	return q.Triage.GetRule(ctx, id)
}

func (q query) DryRunRules(ctx context.Context, in triage.DryRun) (*triage.DryRunResult, error) {
	return q.Triage.DryRun(ctx, in)
}

func (m mutation) CreateRule(ctx context.Context, in wire.CreateRuleInput) (*wire.Changed, error) {
	return m.once(ctx, "createRule", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		r, err := m.Triage.CreateRule(ctx, in.RuleDraft)
		return tell(wire.ChangedRule, r, err)
	})
}

func (m mutation) UpdateRule(ctx context.Context, in wire.UpdateRuleInput) (*wire.Changed, error) {
	return m.once(ctx, "updateRule", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		r, err := m.Triage.EditRule(ctx, in.ID, in.Version, in.RulePatch)
		return tell(wire.ChangedRule, r, err)
	})
}

func (m mutation) DeleteRule(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.remove(ctx, "deleteRule", in, m.Triage.DeleteRule)
}

// Rule gives the rule that a mutation changed.
func (f changedFields) Rule(ctx context.Context, c *wire.Changed) (*domain.Rule, error) {
	return changedNoun(ctx, c, f.Triage.GetRule)
}
