package api

import (
	"context"
	"time"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/webhook"
)

// ListWebhooks gives a page of the webhooks, with how each fares.
func (s *server) ListWebhooks(ctx context.Context, r gen.ListWebhooksRequestObject) (gen.ListWebhooksResponseObject, error) {
	page, err := s.Hooks.List(ctx, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	fare, err := s.Hooks.Healths(ctx, each(page.Items, func(w *domain.Webhook) string { return w.ID }))
	if err != nil {
		return nil, err
	}
	items := each(page.Items, func(w *domain.Webhook) gen.Webhook { return webhookOf(w, fare[w.ID]) })
	return gen.ListWebhooks200JSONResponse{Items: items, NextCursor: null(page.NextCursor)}, nil
}

// CreateWebhook makes a webhook and shows its secret, once.
func (s *server) CreateWebhook(ctx context.Context, r gen.CreateWebhookRequestObject) (gen.CreateWebhookResponseObject, error) {
	b := r.Body
	w, secret, err := s.Hooks.Create(ctx, webhook.Draft{URL: b.Url, Name: value(b.Name), Events: value(b.Events), Queues: value(b.Queues)})
	if err != nil {
		return nil, err
	}
	return gen.CreateWebhook201JSONResponse{Webhook: webhookOf(w, &domain.WebhookHealth{}), Secret: &secret}, nil
}

// GetWebhook gives one webhook.
func (s *server) GetWebhook(ctx context.Context, r gen.GetWebhookRequestObject) (gen.GetWebhookResponseObject, error) {
	w, err := s.Hooks.Get(ctx, r.Id)
	one, err := s.oneWebhook(ctx, w, err)
	return gen.GetWebhook200JSONResponse{OneWebhookJSONResponse: one}, err
}

// UpdateWebhook changes a webhook.
func (s *server) UpdateWebhook(ctx context.Context, r gen.UpdateWebhookRequestObject) (gen.UpdateWebhookResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	w, err := s.Hooks.Edit(ctx, r.Id, version, webhook.Patch{URL: b.Url, Name: b.Name.Pointer(), Events: b.Events, Queues: b.Queues})
	one, err := s.oneWebhook(ctx, w, err)
	return gen.UpdateWebhook200JSONResponse{OneWebhookJSONResponse: one}, err
}

// DeleteWebhook removes a webhook.
func (s *server) DeleteWebhook(ctx context.Context, r gen.DeleteWebhookRequestObject) (gen.DeleteWebhookResponseObject, error) {
	if err := s.Hooks.Delete(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.DeleteWebhook200JSONResponse{RemovedJSONResponse: gen.RemovedJSONResponse{Id: r.Id}}, nil
}

// PauseWebhook stops sending.
func (s *server) PauseWebhook(ctx context.Context, r gen.PauseWebhookRequestObject) (gen.PauseWebhookResponseObject, error) {
	w, err := s.Hooks.Pause(ctx, r.Id)
	one, err := s.oneWebhook(ctx, w, err)
	return gen.PauseWebhook200JSONResponse{OneWebhookJSONResponse: one}, err
}

// ResumeWebhook sends again.
func (s *server) ResumeWebhook(ctx context.Context, r gen.ResumeWebhookRequestObject) (gen.ResumeWebhookResponseObject, error) {
	w, err := s.Hooks.Resume(ctx, r.Id)
	one, err := s.oneWebhook(ctx, w, err)
	return gen.ResumeWebhook200JSONResponse{OneWebhookJSONResponse: one}, err
}

// RotateWebhookSecret gives a webhook a new secret and shows it, once.
func (s *server) RotateWebhookSecret(ctx context.Context, r gen.RotateWebhookSecretRequestObject) (gen.RotateWebhookSecretResponseObject, error) {
	var overlap *time.Duration
	if r.Body != nil && r.Body.OverlapSeconds != nil {
		d := time.Duration(*r.Body.OverlapSeconds) * time.Second
		overlap = &d
	}
	w, secret, err := s.Hooks.Rotate(ctx, r.Id, overlap)
	one, err := s.oneWebhook(ctx, w, err)
	return gen.RotateWebhookSecret200JSONResponse{Webhook: one.Body, Secret: &secret}, err
}

// TestWebhook sends an event to try a webhook.
func (s *server) TestWebhook(ctx context.Context, r gen.TestWebhookRequestObject) (gen.TestWebhookResponseObject, error) {
	d, err := s.Hooks.Test(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.TestWebhook202JSONResponse(webhookDelivery(d)), nil
}

// ReplayWebhook sends events again.
func (s *server) ReplayWebhook(ctx context.Context, r gen.ReplayWebhookRequestObject) (gen.ReplayWebhookResponseObject, error) {
	out, err := s.Hooks.Replay(ctx, r.Id, webhook.ReplayRequest{After: value(r.Body.After), From: r.Body.From, To: r.Body.To})
	if err != nil {
		return nil, err
	}
	return gen.ReplayWebhook202JSONResponse{WebhookId: out.WebhookID, After: out.After, Until: out.Until}, nil
}

// ListWebhookDeliveries gives a page of what was sent.
func (s *server) ListWebhookDeliveries(ctx context.Context, r gen.ListWebhookDeliveriesRequestObject) (gen.ListWebhookDeliveriesResponseObject, error) {
	page, err := s.Hooks.Deliveries(ctx, r.Id, domain.DeliveryState(value(r.Params.State)), request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListWebhookDeliveries200JSONResponse{Items: each(page.Items, webhookDelivery), NextCursor: null(page.NextCursor)}, nil
}

// GetWebhookDelivery gives one delivery.
func (s *server) GetWebhookDelivery(ctx context.Context, r gen.GetWebhookDeliveryRequestObject) (gen.GetWebhookDeliveryResponseObject, error) {
	d, err := s.Hooks.Delivery(ctx, r.Id, r.Delivery)
	if err != nil {
		return nil, err
	}
	return gen.GetWebhookDelivery200JSONResponse(webhookDelivery(d)), nil
}

// RetryWebhookDelivery sends an event once more.
func (s *server) RetryWebhookDelivery(ctx context.Context, r gen.RetryWebhookDeliveryRequestObject) (gen.RetryWebhookDeliveryResponseObject, error) {
	d, err := s.Hooks.Retry(ctx, r.Id, r.Delivery)
	if err != nil {
		return nil, err
	}
	return gen.RetryWebhookDelivery202JSONResponse(webhookDelivery(d)), nil
}

// oneWebhook tells of a webhook and how it fares.
func (s *server) oneWebhook(ctx context.Context, w *domain.Webhook, err error) (gen.OneWebhookJSONResponse, error) {
	if err != nil {
		return gen.OneWebhookJSONResponse{}, err
	}
	fare, err := s.Hooks.Healths(ctx, []string{w.ID})
	if err != nil {
		return gen.OneWebhookJSONResponse{}, err
	}
	return gen.OneWebhookJSONResponse{Body: webhookOf(w, fare[w.ID]), Headers: gen.OneWebhookResponseHeaders{ETag: etag(w.Version)}}, nil
}

func webhookOf(w *domain.Webhook, h *domain.WebhookHealth) gen.Webhook {
	return gen.Webhook{
		Id: w.ID, Url: w.URL, Name: null(w.Name), Events: list(w.Events), Queues: list(w.Queues), State: gen.WebhookStatus(w.State),
		Reason: nullAs[gen.WebhookReason](w.Reason), PausedAt: instant(w.PausedAt),
		Secrets: each(w.Secrets, func(x domain.WebhookSecret) gen.WebhookSecret {
			return gen.WebhookSecret{CreatedAt: x.CreatedAt, EndsAt: instant(x.EndsAt)}
		}),
		Health: gen.WebhookHealth{
			FailingSince: instant(h.FailingSince), Failures: h.Failures, GivenUp: h.GivenUp, LastError: null(h.LastError), DeliveredAt: instant(h.DeliveredAt),
			HoldUntil: instant(h.HoldUntil),
		},
		CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt, Version: w.Version,
	}
}

func webhookDelivery(d *domain.WebhookDelivery) gen.WebhookDelivery {
	return gen.WebhookDelivery{
		Id: d.ID, WebhookId: d.WebhookID, EventId: d.EventID, Type: d.Type, InquiryId: null(d.InquiryID), State: gen.DeliveryState(d.State), Tries: d.Tries,
		Replays: d.Replays, NextAt: d.DueAt(), CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt, Version: d.Version,
		Attempts: each(d.Attempts, func(a domain.WebhookAttempt) gen.WebhookAttempt {
			return gen.WebhookAttempt{At: a.At, EndedAt: instant(a.EndedAt), DurationMs: a.DurationMs(), Status: null(a.Status), Error: null(a.Error)}
		}),
	}
}
