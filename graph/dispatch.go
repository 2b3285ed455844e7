package graph

import (
	"context"

	"sori/domain"
	"sori/graph/wire"
)

func (q query) Dispatches(ctx context.Context, state domain.DispatchState, first *int, after *string) (*wire.DispatchConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	page, err := q.Outbox.List(ctx, state, req)
	var ids []string
	for _, d := range page.Items {
		ids = append(ids, d.InteractionID)
	}
	loadersFrom(ctx).beside(ids)
	return connected(page, err)
}

func (dispatchFields) Interaction(ctx context.Context, d *domain.Dispatch) (*domain.Interaction, error) {
	return loadInteraction(ctx, d.InteractionID)
}

// Dispatch gives how a mail of ours was sent; nothing else is sent by us.
func (interactionFields) Dispatch(ctx context.Context, x *domain.Interaction) (*domain.Dispatch, error) {
	if x.Channel != domain.ChannelEmail || x.Direction != domain.Outbound {
		return nil, nil
	}
	return load(ctx, loadersFrom(ctx).dispatches, x.ID)
}

func (m mutation) RetryDispatch(ctx context.Context, in wire.RetryDispatchInput) (*wire.Changed, error) {
	return m.once(ctx, "retryDispatch", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		d, err := m.Outbox.Retry(ctx, in.InteractionID)
		return tell(wire.ChangedDispatch, d, err)
	})
}

// Dispatch gives the sending that a mutation began anew.
func (f changedFields) Dispatch(ctx context.Context, c *wire.Changed) (*domain.Dispatch, error) {
	return changedNoun(ctx, c, f.Outbox.Get)
}
