package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"sori/domain"
)

// message is the body of a delivery (Standard Webhooks 1.0, "Payload structure").
type message struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      told      `json:"data"`
}

// told is an event as every door tells it. It has what the event has, and nothing is looked up for it: events carry no names, addresses and texts.
type told struct {
	Cursor     string         `json:"cursor"`
	ID         string         `json:"id"`
	Type       string         `json:"type"`
	At         time.Time      `json:"at"`
	Actor      *domain.Ref    `json:"actor"`
	Subject    domain.Ref     `json:"subject"`
	InquiryID  *string        `json:"inquiryId"`
	CustomerID *string        `json:"customerId"`
	Data       map[string]any `json:"data"`
}

func payload(e *domain.Event) ([]byte, error) {
	t := told{Cursor: e.Cursor(), ID: e.ID, Type: e.Type, At: e.At, Subject: e.Subject, InquiryID: orNull(e.InquiryID), CustomerID: orNull(e.CustomerID), Data: e.Data}
	if e.Actor != (domain.Ref{}) {
		t.Actor = &e.Actor
	}
	if t.Data == nil {
		t.Data = map[string]any{}
	}
	return json.Marshal(message{e.Type, e.At, t})
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

var (
	errGone = errors.New("the event is gone")
	// errEarly says that an event has no number yet: on MongoDB it gets one just after its commit.
	errEarly = errors.New("the event has no place in the feed yet")
)

// attempt makes one request.
func (s *Service) attempt(ctx context.Context, w *domain.Webhook, e *domain.Event) outcome {
	if e == nil {
		return outcome{err: errGone}
	}
	if e.Seq == 0 {
		return outcome{err: errEarly}
	}
	body, err := payload(e)
	if err != nil {
		return outcome{err: err}
	}
	at := s.Clock()
	signature, err := s.sign(w, e.ID, at, body)
	if err != nil {
		return outcome{err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	r, err := s.Sender.Send(ctx, domain.WebhookRequest{URL: w.URL, ID: e.ID, Timestamp: at, Signature: signature, Body: body})
	return outcome{status: r.Status, retryAfter: r.RetryAfter, err: err}
}
