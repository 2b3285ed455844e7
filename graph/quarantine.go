package graph

import (
	"context"

	"sori/domain"
	"sori/graph/wire"
)

func (q query) Quarantine(ctx context.Context, account *string, first *int, after *string) (*wire.QuarantinedConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Intake.ListQuarantined(ctx, value(account), req))
}

func (q query) Quarantined(ctx context.Context, id string) (*domain.Quarantined, error) {
	return q.Intake.GetQuarantined(ctx, id)
}

func (m mutation) ReprocessQuarantined(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.once(ctx, "reprocessQuarantined", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		return received(m.Intake.ReprocessQuarantined(ctx, in.ID))
	})
}

func (m mutation) DeleteQuarantined(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.remove(ctx, "deleteQuarantined", in, m.Intake.DeleteQuarantined)
}
