package domain

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"
)

// Webhook is an address of somebody else's program that is told of events (Standard Webhooks 1.0, standardwebhooks.com).
type Webhook struct {
	Doc       `json:",inline"`
	URL       string          `json:"url"`
	Name      string          `json:"name,omitempty"`
	Events    []string        `json:"events,omitempty"` // types, "inquiry.*" for all of a noun; none is every event
	Queues    []string        `json:"queues,omitempty"` // keys: only events of inquiries that are in one of these, or leave it; none asks nothing
	Secrets   []WebhookSecret `json:"secrets"`          // the newest first
	State     WebhookStatus   `json:"state"`
	Reason    WebhookReason   `json:"reason,omitempty"` // why it is paused
	PausedAt  *time.Time      `json:"pausedAt,omitempty"`
	CreatedAt time.Time       `json:"createdAt"`
	UpdatedAt time.Time       `json:"updatedAt"`
}

// WebhookSecret signs what is sent. One with an end signs beside its successor until then.
type WebhookSecret struct {
	Sealed    []byte     `json:"sealed"` // the random bytes, encrypted by Vault.SealBytes
	CreatedAt time.Time  `json:"createdAt"`
	EndsAt    *time.Time `json:"endsAt,omitempty"`
}

// WebhookStatus says whether anything is sent to a webhook.
type WebhookStatus string

// The states of a webhook.
const (
	WebhookActive WebhookStatus = "active"
	WebhookPaused WebhookStatus = "paused" // what happens is kept, and sent when it is resumed
)

// WebhookReason says why a webhook is paused.
type WebhookReason string

// The reasons.
const (
	PausedByHand  WebhookReason = "manual"
	PausedFailing WebhookReason = "failing" // nothing has been delivered for days
	PausedGone    WebhookReason = "gone"    // it answered 410
)

// Webhooks holds the webhooks.
var Webhooks = declare[Webhook](Spec{
	Name: "webhooks", Prefix: "whk", Noun: "webhook",
	Indexes: []Index{{Name: "created", Fields: []string{"createdAt"}}},
})

// WebhookHealth is how a webhook fares. It is a document of its own, so that its many writes and the edits of the webhook do not meet.
type WebhookHealth struct {
	Doc          `json:",inline"`
	FailingSince *time.Time `json:"failingSince,omitempty"` // nothing was delivered since
	Failures     int        `json:"failures"`               // attempts in a row that failed
	GivenUp      int        `json:"givenUp"`                // deliveries in a row that were given up
	LastError    string     `json:"lastError,omitempty"`
	DeliveredAt  *time.Time `json:"deliveredAt,omitempty"` // the last one, within a minute
	HoldUntil    *time.Time `json:"holdUntil,omitempty"`   // it asked to be left alone until then
}

// WebhookHealths holds how webhooks fare.
var WebhookHealths = declare[WebhookHealth](Spec{Name: "webhookHealths", Prefix: "whh", Noun: "webhook health"})

// WebhookHealthID gives the id of a webhook's health.
func WebhookHealthID(webhookID string) string {
	_, own, _ := strings.Cut(webhookID, "_")
	return WebhookHealths.Prefix + "_" + own
}

// WebhookDelivery is the telling of one event to one webhook: what was tried, and how it ended. There is one for each webhook and event.
//
// Deliveries of one inquiry to one webhook go one after another. Those that wait form a lane; only its first is due.
type WebhookDelivery struct {
	Doc       `json:",inline"`
	WebhookID string           `json:"webhookId"`
	EventID   string           `json:"eventId"`
	Seq       int64            `json:"seq"` // of the event; 0 for one that had no number yet
	Type      string           `json:"type"`
	InquiryID string           `json:"inquiryId,omitempty"`
	State     DeliveryState    `json:"state"`
	Tries     int              `json:"tries"`              // since it was last put into the queue
	Replays   int              `json:"replays"`            // how often it was put into the queue again
	Attempts  []WebhookAttempt `json:"attempts,omitempty"` // the newest, the oldest first
	Due       string           `json:"due,omitempty"`      // the webhook's id, if it is the next of its lane
	NextAt    time.Time        `json:"nextAt"`             // when it is due; during an attempt, when another may have it. It says nothing if Due is empty
	Lease     string           `json:"lease,omitempty"`    // whose attempt is under way
	Lane      string           `json:"lane,omitempty"`     // webhook and inquiry, while it waits
	CreatedAt time.Time        `json:"createdAt"`
	UpdatedAt time.Time        `json:"updatedAt"`
}

// DueAt gives when a delivery is tried next, nil if it has ended or waits for an earlier one.
func (d *WebhookDelivery) DueAt() *time.Time {
	if d.Due == "" {
		return nil
	}
	return &d.NextAt
}

// DeliveryState is how far a delivery is.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryWaiting   DeliveryState = "waiting"
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryFailed    DeliveryState = "failed"  // given up
	DeliverySkipped   DeliveryState = "skipped" // never sent: it waited for longer than deliveries are kept
)

// DeliveryStates lists every state.
var DeliveryStates = []DeliveryState{DeliveryWaiting, DeliveryDelivered, DeliveryFailed, DeliverySkipped}

// WebhookAttempt is one request. One without EndedAt was cut short, and may or may not have arrived.
type WebhookAttempt struct {
	At      time.Time  `json:"at"`
	EndedAt *time.Time `json:"endedAt,omitempty"`
	Status  int        `json:"status,omitempty"` // of HTTP; 0 if there was no answer
	Error   string     `json:"error,omitempty"`
}

// DurationMs gives how long the request took, in milliseconds; nil if it has not ended.
func (a WebhookAttempt) DurationMs() *int64 {
	if a.EndedAt == nil {
		return nil
	}
	ms := a.EndedAt.Sub(a.At).Milliseconds()
	return &ms
}

// WebhookDeliveries holds the deliveries.
var WebhookDeliveries = declare[WebhookDelivery](Spec{
	Name: "webhookDeliveries", Prefix: "whd", Noun: "delivery",
	Indexes: []Index{
		{Name: "due", Fields: []string{"due", "nextAt"}, Sparse: true},
		{Name: "lane", Fields: []string{"lane", "seq"}, Sparse: true},
		{Name: "state", Fields: []string{"webhookId", "state", "createdAt"}},
	},
})

// WebhookDeliveryID gives the id of the delivery of an event to a webhook. It is made from both, so that an event that is read twice is delivered once.
func WebhookDeliveryID(webhookID, eventID string) string {
	sum := sha256.Sum256([]byte(webhookID + "|" + eventID))
	var b strings.Builder
	b.WriteString(WebhookDeliveries.Prefix + "_")
	writeBase32(&b, binary.BigEndian.Uint64(sum[0:]), 12)
	writeBase32(&b, binary.BigEndian.Uint64(sum[8:]), 12)
	writeBase32(&b, binary.BigEndian.Uint64(sum[16:]), 2)
	return b.String()
}

// The events of webhooks. There is none of a delivery: it would be delivered in its turn.
const (
	EventWebhookPaused   = "webhook.paused"
	EventWebhookResumed  = "webhook.resumed"
	EventWebhookRotated  = "webhook.secret_rotated"
	EventWebhookReplayed = "webhook.replayed"
	EventWebhookRetried  = "webhook.delivery_retried"
	EventWebhookTest     = "webhook.test" // goes to its own webhook only, whatever that asks for
)

// WebhookRequest is one message to a webhook, as it goes over the wire.
type WebhookRequest struct {
	URL       string
	ID        string    // webhook-id: the event's, the same at every attempt
	Timestamp time.Time // webhook-timestamp: of the attempt
	Signature string    // webhook-signature
	Body      []byte    // JSON
}

// WebhookResponse is what a webhook answered.
type WebhookResponse struct {
	Status     int
	RetryAfter time.Duration // what Retry-After asks for; 0 if it asks nothing
}

// WebhookSender makes HTTP requests to addresses that strangers have chosen.
type WebhookSender interface {
	// Check refuses a URL that is never sent to: Invalid (Field = url).
	Check(ctx context.Context, url string) error
	// Send makes one attempt. An error is that there was no answer; its text is fit to be shown to those who set the webhook up. Redirects
	// are answers, not followed.
	Send(ctx context.Context, r WebhookRequest) (WebhookResponse, error)
}
