package graph

import (
	"context"

	"sori/domain"
	"sori/graph/wire"
)

func (q query) SLAPolicies(ctx context.Context, first *int, after *string) (*wire.SLAPolicyConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Org.ListSLAPolicies(ctx, req))
}

func (q query) SLAPolicy(ctx context.Context, id string) (*domain.SLAPolicy, error) {
	return q.Org.GetSLAPolicy(ctx, id)
}

func (m mutation) CreateSLAPolicy(ctx context.Context, in wire.CreateSLAPolicyInput) (*wire.Changed, error) {
	return m.once(ctx, "createSLAPolicy", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Org.CreateSLAPolicy(ctx, in.SLAPolicyDraft)
		return tell(wire.ChangedSLAPolicy, x, err)
	})
}

func (m mutation) UpdateSLAPolicy(ctx context.Context, in wire.UpdateSLAPolicyInput) (*wire.Changed, error) {
	return m.once(ctx, "updateSLAPolicy", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Org.EditSLAPolicy(ctx, in.ID, in.Version, in.SLAPolicyPatch)
		return tell(wire.ChangedSLAPolicy, x, err)
	})
}

func (m mutation) DeleteSLAPolicy(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.remove(ctx, "deleteSLAPolicy", in, m.Org.DeleteSLAPolicy)
}

// SLAPolicy gives the SLA policy that a mutation changed.
func (f changedFields) SLAPolicy(ctx context.Context, c *wire.Changed) (*domain.SLAPolicy, error) {
	return changedNoun(ctx, c, f.Org.GetSLAPolicy)
}
