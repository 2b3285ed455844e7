package graph

import (
	"context"

	"sori/domain"
	"sori/graph/wire"
)

func (q query) Queues(ctx context.Context, first *int, after *string) (*wire.QueueConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Org.ListQueues(ctx, req))
}

func (q query) Queue(ctx context.Context, id string) (*domain.Queue, error) {
	return q.Org.GetQueue(ctx, id)
}

func (m mutation) CreateQueue(ctx context.Context, in wire.CreateQueueInput) (*wire.Changed, error) {
	return m.once(ctx, "createQueue", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Org.CreateQueue(ctx, in.QueueDraft)
		return tell(wire.ChangedQueue, x, err)
	})
}

func (m mutation) UpdateQueue(ctx context.Context, in wire.UpdateQueueInput) (*wire.Changed, error) {
	return m.once(ctx, "updateQueue", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Org.EditQueue(ctx, in.ID, in.Version, in.QueuePatch)
		return tell(wire.ChangedQueue, x, err)
	})
}

func (m mutation) DeleteQueue(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.remove(ctx, "deleteQueue", in, m.Org.DeleteQueue)
}

// Queue gives the queue that a mutation changed.
func (f changedFields) Queue(ctx context.Context, c *wire.Changed) (*domain.Queue, error) {
	return changedNoun(ctx, c, f.Org.GetQueue)
}
