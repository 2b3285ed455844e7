package graph

import (
	"context"
	"time"

	"sori/domain"
	"sori/domain/org"
	"sori/graph/wire"
)

func (q query) Shifts(ctx context.Context, agent *string, from, to *time.Time, first *int, after *string) (*wire.ShiftConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Org.ListShifts(ctx, org.ShiftFilter{Agent: value(agent), From: value(from), To: value(to)}, req))
}

func (q query) Shift(ctx context.Context, id string) (*domain.Shift, error) {
	return q.Org.GetShift(ctx, id)
}

func (m mutation) CreateShift(ctx context.Context, in wire.CreateShiftInput) (*wire.Changed, error) {
	return m.once(ctx, "createShift", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Org.CreateShift(ctx, in.ShiftDraft)
		return tell(wire.ChangedShift, x, err)
	})
}

func (m mutation) UpdateShift(ctx context.Context, in wire.UpdateShiftInput) (*wire.Changed, error) {
	return m.once(ctx, "updateShift", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Org.EditShift(ctx, in.ID, in.Version, in.ShiftPatch)
		return tell(wire.ChangedShift, x, err)
	})
}

func (m mutation) DeleteShift(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.remove(ctx, "deleteShift", in, m.Org.DeleteShift)
}

// Shift gives the shift that a mutation changed.
func (f changedFields) Shift(ctx context.Context, c *wire.Changed) (*domain.Shift, error) {
	return changedNoun(ctx, c, f.Org.GetShift)
}
