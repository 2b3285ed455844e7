package graph

import (
	"context"

	"sori/domain"
	"sori/domain/desk"
	"sori/graph/wire"
)

func (q query) BulkRuns(ctx context.Context, first *int, after *string) (*wire.BulkRunConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Desk.ListBulk(ctx, req))
}

func (q query) BulkRun(ctx context.Context, id string) (*domain.BulkRun, error) {
	return q.Desk.GetBulk(ctx, id)
}

func (f bulkFields) Results(ctx context.Context, r *domain.BulkRun, first *int, after *string) (*wire.BulkResultConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(f.Desk.BulkResults(ctx, r.ID, req))
}

func (f bulkFields) CreatedBy(_ context.Context, r *domain.BulkRun) (*domain.Ref, error) {
	by := r.CreatedBy.Ref()
	return &by, nil
}

func (m mutation) StartBulk(ctx context.Context, in wire.StartBulkInput) (*wire.Changed, error) {
	return m.once(ctx, "startBulk", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		r, err := m.Desk.StartBulk(ctx, desk.BulkDraft{Filter: in.Filter, InquiryIDs: in.InquiryIDs, Actions: in.Actions.Actions()})
		return tell(wire.ChangedBulkRun, r, err)
	})
}

func (m mutation) CancelBulk(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.once(ctx, "cancelBulk", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		r, err := m.Desk.CancelBulk(ctx, in.ID)
		return tell(wire.ChangedBulkRun, r, err)
	})
}

// BulkRun gives the bulk run that a mutation started or ended.
func (f changedFields) BulkRun(ctx context.Context, c *wire.Changed) (*domain.BulkRun, error) {
	return changedNoun(ctx, c, f.Desk.GetBulk)
}
