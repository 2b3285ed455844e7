package domain

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Dispatch is the sending of one mail of ours: what was tried and how it ended for each recipient. It names recipients by their place in the
// interaction, so that no address outlives its customer here.
type Dispatch struct {
	Doc           `json:",inline"`
	InteractionID string              `json:"interactionId"`
	InquiryID     string              `json:"inquiryId"`
	Account       string              `json:"account"`
	MessageID     string              `json:"messageId"`
	State         DispatchState       `json:"state"`
	Recipients    []DispatchRecipient `json:"recipients"`
	Tries         int                 `json:"tries"`
	Attempts      []DispatchAttempt   `json:"attempts,omitempty"`  // the newest, the oldest first
	BusyUntil     *time.Time          `json:"busyUntil,omitempty"` // an attempt is under way, and may not be made by another before
	Since         time.Time           `json:"since"`               // when it was begun to try, first or anew
	CreatedAt     time.Time           `json:"createdAt"`
	UpdatedAt     time.Time           `json:"updatedAt"`
}

// DispatchState is how far the sending of a mail is, or that of one of its recipients.
type DispatchState string

// The states of sending.
const (
	DispatchWaiting   DispatchState = "waiting"
	DispatchDelivered DispatchState = "delivered" // handed to the next mail server, which may still return it
	DispatchFailed    DispatchState = "failed"    // given up, for one recipient at least
)

// DispatchRecipient is how the sending ended for one recipient. N counts from 0 in the interaction's To or Cc.
type DispatchRecipient struct {
	Field      string        `json:"field"` // to or cc
	N          int           `json:"n"`
	State      DispatchState `json:"state"`
	Code       int           `json:"code,omitempty"`   // SMTP reply (RFC 5321 §4.2)
	Status     string        `json:"status,omitempty"` // RFC 3463
	Diagnostic string        `json:"diagnostic,omitempty"`
}

// DispatchAttempt is one try to send. One without EndedAt was cut short, and may or may not have reached the next server.
type DispatchAttempt struct {
	At      time.Time  `json:"at"`
	Node    string     `json:"node"`
	EndedAt *time.Time `json:"endedAt,omitempty"`
	Error   string     `json:"error,omitempty"`
}

// Dispatches holds the sendings.
var Dispatches = declare[Dispatch](Spec{
	Name: "dispatches", Prefix: "dsp", Noun: "dispatch",
	Indexes: []Index{{Name: "state", Fields: []string{"state", "createdAt"}}},
})

// DispatchID gives the id of an interaction's dispatch: there is one at most.
func DispatchID(interactionID string) string {
	_, own, _ := strings.Cut(interactionID, "_")
	return Dispatches.Prefix + "_" + own
}

// The events of sending. Neither carries an address.
const (
	EventInteractionDelivered = "interaction.delivered"
	EventDeliveryFailed       = "interaction.delivery_failed"
	EventDeliveryRetried      = "interaction.delivery_retried"
)

// JobSendMail sends the mail of an interaction: {"interactionId"}.
const JobSendMail = "mail.send"

// SendMailArgs are the arguments of JobSendMail.
type SendMailArgs struct {
	InteractionID string `json:"interactionId"`
}

// HeldMailKey is the key of the job that sends a mail which is held back, so that it is found when the mail is taken back.
func HeldMailKey(interactionID string) string { return JobSendMail + "|" + interactionID }

// MailEnvelope is from whom and to whom a mail goes, whatever its header says (RFC 5321 §2.3.1). From is where it is returned to.
type MailEnvelope struct {
	From string
	To   []string
}

// SendFault is why a mail, or one recipient of it, was not taken.
type SendFault struct {
	Code       int    // SMTP reply; 0 if there was none
	Status     string // RFC 3463, "5.1.1"; "" if none was given
	Diagnostic string
	Permanent  bool // trying again is no use
}

// Error gives the fault in one line.
func (f *SendFault) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%s %s", strings.TrimSpace(fmt.Sprintf("%d %s", f.Code, f.Status)), f.Diagnostic))
}

// Temporary reports whether it may work later.
func (f *SendFault) Temporary() bool { return !f.Permanent }

// MailSender hands mail to the next server.
type MailSender interface {
	// Send answers after the next server has taken the mail. refused has those recipients that it would not take, by their address in the
	// envelope; the others were served. With an error nobody was, and if the connection broke at the very end the next server may have taken
	// the mail all the same. The error is a *SendFault.
	Send(ctx context.Context, envelope MailEnvelope, raw []byte) (refused map[string]*SendFault, err error)
}
