package wire

import (
	"time"

	"sori/domain"
	"sori/domain/webhook"
)

// CreateWebhookInput is a webhook to be made.
type CreateWebhookInput struct {
	webhook.Draft
	IdempotencyKey string
}

// UpdateWebhookInput changes a webhook.
type UpdateWebhookInput struct {
	Guard
	webhook.Patch
}

// RotateWebhookSecretInput gives a webhook a new secret.
type RotateWebhookSecretInput struct {
	ID             string
	OverlapSeconds *int
	IdempotencyKey string
}

// Overlap gives how long the secrets before it sign as well, nil for the default.
func (in RotateWebhookSecretInput) Overlap() *time.Duration {
	if in.OverlapSeconds == nil {
		return nil
	}
	d := time.Duration(*in.OverlapSeconds) * time.Second
	return &d
}

// ReplayWebhookInput says what is sent again.
type ReplayWebhookInput struct {
	ID string
	webhook.ReplayRequest
	IdempotencyKey string
}

// RetryWebhookDeliveryInput names a delivery.
type RetryWebhookDeliveryInput struct{ WebhookID, ID, IdempotencyKey string }

// WebhookConnection is a page of webhooks.
type WebhookConnection = Connection[domain.Webhook]

// WebhookEdge is one of its rows.
type WebhookEdge = Edge[domain.Webhook]

// WebhookDeliveryConnection is a page of what was sent to a webhook.
type WebhookDeliveryConnection = Connection[domain.WebhookDelivery]

// WebhookDeliveryEdge is one of its rows.
type WebhookDeliveryEdge = Edge[domain.WebhookDelivery]

// ChangedWebhook tells of a webhook.
func ChangedWebhook(w *domain.Webhook) *Changed { return &Changed{ID: w.ID, Noun: w} }

// NewWebhook tells of a webhook and its secret, which is not remembered.
func NewWebhook(w *domain.Webhook, secret string) *Changed {
	return &Changed{ID: w.ID, Noun: w, Secret: secret}
}

// ChangedDelivery tells of a delivery to a webhook.
func ChangedDelivery(d *domain.WebhookDelivery) *Changed { return &Changed{ID: d.ID, Noun: d} }

// ChangedReplay tells of a replay. What it spans is remembered in the place of numbers, which it is.
func ChangedReplay(r *webhook.Replay) *Changed {
	return &Changed{ID: r.WebhookID, After: r.After, Until: r.Until}
}
