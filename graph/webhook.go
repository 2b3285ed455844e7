package graph

import (
	"context"
	"time"

	"sori/domain"
	"sori/graph/wire"
)

func (q query) Webhooks(ctx context.Context, first *int, after *string) (*wire.WebhookConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	page, err := q.Hooks.List(ctx, req)
	var ids []string
	for _, w := range page.Items {
		ids = append(ids, w.ID)
	}
	loadersFrom(ctx).beside(ids)
	return connected(page, err)
}

func (q query) Webhook(ctx context.Context, id string) (*domain.Webhook, error) {
	return q.Hooks.Get(ctx, id)
}

func (webhookFields) Health(ctx context.Context, w *domain.Webhook) (*domain.WebhookHealth, error) {
	return load(ctx, loadersFrom(ctx).webhookHealths, w.ID)
}

func (f webhookFields) Deliveries(ctx context.Context, w *domain.Webhook, state *domain.DeliveryState, first *int, after *string) (*wire.WebhookDeliveryConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(f.Hooks.Deliveries(ctx, w.ID, value(state), req))
}

func (f webhookFields) Delivery(ctx context.Context, w *domain.Webhook, id string) (*domain.WebhookDelivery, error) {
	return f.Hooks.Delivery(ctx, w.ID, id)
}

func (deliveryFields) NextAt(_ context.Context, d *domain.WebhookDelivery) (*time.Time, error) {
	return d.DueAt(), nil
}

// Status gives nil for an attempt that was not answered.
func (attemptFields) Status(_ context.Context, a *domain.WebhookAttempt) (*int, error) {
	return orNil(a.Status), nil
}

func (m mutation) CreateWebhook(ctx context.Context, in wire.CreateWebhookInput) (*wire.Changed, error) {
	return m.once(ctx, "createWebhook", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		w, secret, err := m.Hooks.Create(ctx, in.Draft)
		return tell(func(w *domain.Webhook) *wire.Changed { return wire.NewWebhook(w, secret) }, w, err)
	})
}

func (m mutation) UpdateWebhook(ctx context.Context, in wire.UpdateWebhookInput) (*wire.Changed, error) {
	return m.once(ctx, "updateWebhook", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		w, err := m.Hooks.Edit(ctx, in.ID, in.Version, in.Patch)
		return tell(wire.ChangedWebhook, w, err)
	})
}

func (m mutation) DeleteWebhook(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.remove(ctx, "deleteWebhook", in, m.Hooks.Delete)
}

func (m mutation) PauseWebhook(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.once(ctx, "pauseWebhook", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		w, err := m.Hooks.Pause(ctx, in.ID)
		return tell(wire.ChangedWebhook, w, err)
	})
}

func (m mutation) ResumeWebhook(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.once(ctx, "resumeWebhook", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		w, err := m.Hooks.Resume(ctx, in.ID)
		return tell(wire.ChangedWebhook, w, err)
	})
}

func (m mutation) RotateWebhookSecret(ctx context.Context, in wire.RotateWebhookSecretInput) (*wire.Changed, error) {
	return m.once(ctx, "rotateWebhookSecret", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		w, secret, err := m.Hooks.Rotate(ctx, in.ID, in.Overlap())
		return tell(func(w *domain.Webhook) *wire.Changed { return wire.NewWebhook(w, secret) }, w, err)
	})
}

func (m mutation) TestWebhook(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.once(ctx, "testWebhook", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		d, err := m.Hooks.Test(ctx, in.ID)
		return tell(wire.ChangedDelivery, d, err)
	})
}

func (m mutation) ReplayWebhook(ctx context.Context, in wire.ReplayWebhookInput) (*wire.Changed, error) {
	return m.once(ctx, "replayWebhook", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		r, err := m.Hooks.Replay(ctx, in.ID, in.ReplayRequest)
		return tell(wire.ChangedReplay, r, err)
	})
}

func (m mutation) RetryWebhookDelivery(ctx context.Context, in wire.RetryWebhookDeliveryInput) (*wire.Changed, error) {
	return m.once(ctx, "retryWebhookDelivery", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		d, err := m.Hooks.Retry(ctx, in.WebhookID, in.ID)
		return tell(wire.ChangedDelivery, d, err)
	})
}

// Webhook gives the webhook that a mutation changed.
func (f changedFields) Webhook(ctx context.Context, c *wire.Changed) (*domain.Webhook, error) {
	return changedNoun(ctx, c, f.Hooks.Get)
}

// Delivery gives the delivery that a mutation put into its queue.
func (f changedFields) Delivery(ctx context.Context, c *wire.Changed) (*domain.WebhookDelivery, error) {
	return changedNoun(ctx, c, f.Hooks.DeliveryByID)
}
