package graph

import (
	"context"

	"sori/domain"
	"sori/graph/wire"
)

func (q query) Routes(ctx context.Context, first *int, after *string) (*wire.RouteConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Org.ListRoutes(ctx, req))
}

func (q query) Route(ctx context.Context, id string) (*domain.Route, error) {
	return q.Org.GetRoute(ctx, id)
}

func (m mutation) CreateRoute(ctx context.Context, in wire.CreateRouteInput) (*wire.Changed, error) {
	return m.once(ctx, "createRoute", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Org.CreateRoute(ctx, in.RouteDraft)
		return tell(wire.ChangedRoute, x, err)
	})
}

func (m mutation) UpdateRoute(ctx context.Context, in wire.UpdateRouteInput) (*wire.Changed, error) {
	return m.once(ctx, "updateRoute", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Org.EditRoute(ctx, in.ID, in.Version, in.RoutePatch)
		return tell(wire.ChangedRoute, x, err)
	})
}

func (m mutation) DeleteRoute(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.remove(ctx, "deleteRoute", in, m.Org.DeleteRoute)
}

// Route gives the route that a mutation changed.
func (f changedFields) Route(ctx context.Context, c *wire.Changed) (*domain.Route, error) {
	return changedNoun(ctx, c, f.Org.GetRoute)
}
