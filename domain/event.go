package domain

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Ref names a noun: its kind ("inquiry") and its id.
type Ref struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// Event says what happened, for ever and in order. The audit log, the timeline and every live feed are read from events.
type Event struct {
	Doc        `json:",inline"`
	Seq        int64          `json:"seq"`
	Type       string         `json:"type"` // noun.verb
	At         time.Time      `json:"at"`
	Actor      Ref            `json:"actor"`
	Subject    Ref            `json:"subject"`
	InquiryID  string         `json:"inquiryId,omitempty"`
	CustomerID string         `json:"customerId,omitempty"`
	Data       map[string]any `json:"data,omitempty"`
}

// SetSeq takes the event's place in the order.
func (e *Event) SetSeq(seq int64) { e.Seq = seq }

// Itself gives the event, for those who show it beside the thing that it tells of.
func (e *Event) Itself() *Event { return e }

// Cursor names the place after this event in the feed.
func (e *Event) Cursor() string { return FormatEventCursor(e.Seq) }

// The types of events.
const (
	EventInteractionReceived = "interaction.received"
	EventInteractionSent     = "interaction.sent"
	EventNoteAdded           = "interaction.noted"
	EventInteractionUnsent   = "interaction.unsent"
	EventInteractionErased   = "interaction.erased"
	EventInquiryCreated      = "inquiry.created"
	EventInquiryUpdated      = "inquiry.updated"
	EventInquiryAssigned     = "inquiry.assigned"
	EventInquiryResolved     = "inquiry.resolved"
	EventInquiryReopened     = "inquiry.reopened"
	EventCustomerCreated     = "customer.created"
	EventCustomerUpdated     = "customer.updated"
	EventCustomerMerged      = "customer.merged"
	EventCustomerUnmerged    = "customer.unmerged"
	EventCustomerErased      = "customer.erased"
	EventIdentityConflict    = "customer.identity_conflict"
	EventPIIRevealed         = "pii.revealed"
	EventAPIKeyCreated       = "apikey.created"
	EventAPIKeyRevoked       = "apikey.revoked"
)

// Events is the feed.
var Events = declare[Event](Spec{
	Name: "events", Prefix: prefixEvent, Noun: "event", Sequenced: true,
	Indexes: []Index{
		{Name: "inquiry", Fields: []string{"inquiryId", "at"}, Sparse: true},
		{Name: "subject", Fields: []string{"subject.id", "at"}},
		{Name: "actor", Fields: []string{"actor.id", "at"}},
		{Name: "type", Fields: []string{"type", "at"}},
	},
})

// Emit records what the actor of ctx did to subject, inside the transaction that did it.
func Emit(ctx context.Context, tx Tx, e Event) error {
	e.Actor = ActorFrom(ctx).Ref()
	return Events.Insert(ctx, tx, &e)
}

// InquiryEvent is an event of an inquiry.
func InquiryEvent(verb string, q *Inquiry, at time.Time, data map[string]any) Event {
	return Event{Type: verb, At: at, InquiryID: q.ID, CustomerID: q.CustomerID, Subject: Ref{Kind: "inquiry", ID: q.ID}, Data: data}
}

// ChangeVerb gives the verb for changes of an inquiry's fields other than its status: EventInquiryAssigned if they bring it elsewhere, else EventInquiryUpdated.
func ChangeVerb(changes map[string]any) string {
	for _, field := range []string{"assignee", "team", "queue"} {
		if _, ok := changes[field]; ok {
			return EventInquiryAssigned
		}
	}
	return EventInquiryUpdated
}

// An event's cursor is its number with a checksum, so that a number of something else is not taken for one.

// FormatEventCursor gives the cursor of a place in the feed.
func FormatEventCursor(seq int64) string {
	n := strconv.FormatInt(seq, 10)
	return fmt.Sprintf("%s-%04x", n, crc32.ChecksumIEEE([]byte("event"+n))&0xffff)
}

// ParseEventCursor reads a cursor of the feed; "" is the start.
func ParseEventCursor(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, _, _ := strings.Cut(s, "-")
	seq, err := strconv.ParseInt(n, 10, 64)
	if err != nil || seq < 0 || FormatEventCursor(seq) != s {
		return 0, InvalidField("after", "known", "is not a cursor of the event feed")
	}
	return seq, nil
}

// Changed gives an event's data for an edit: for each field that differs, what it was and what it is. Values are compared and kept as JSON.
func Changed(before, after map[string]any) map[string]any {
	changes := map[string]any{}
	for k, b := range before {
		a := after[k]
		if !sameJSON(a, b) {
			changes[k] = map[string]any{"before": b, "after": a}
		}
	}
	for k, a := range after {
		if _, ok := before[k]; !ok {
			changes[k] = map[string]any{"before": nil, "after": a}
		}
	}
	return changes
}

// Unsaid leaves of changes only which fields they are of, but for those that may be told: events are for ever, and for all who may read events.
func Unsaid(changes map[string]any, told ...string) map[string]any {
	for field := range changes {
		if !slices.Contains(told, field) {
			changes[field] = map[string]any{"changed": true}
		}
	}
	return changes
}

func sameJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}
