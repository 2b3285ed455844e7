package webhook

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"sori/domain"
)

const (
	maxAttemptsKept = 12
	maxError        = 300 // bytes
	earlyPause      = 200 * time.Millisecond
	// holdMost is for how long a webhook may have itself left alone.
	holdMost = time.Hour
	// deliveredEvery is how old the note of the last delivery may grow.
	deliveredEvery = time.Minute
)

// backoff is how long after each failure the next try comes. After the last one a delivery is given up: 3 days and 4 hours after the first try.
var backoff = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// outcome is what an attempt came to.
type outcome struct {
	status     int
	retryAfter time.Duration
	err        error
	cut        bool // this node stopped in the middle
}

func (o outcome) delivered() bool { return o.err == nil && o.status >= 200 && o.status < 300 }

// fault says in one line what was wrong, "" if nothing was.
func (o outcome) fault() string {
	switch {
	case o.delivered():
		return ""
	case o.err != nil:
		return domain.Clip(o.err.Error(), maxError)
	case o.status >= 300 && o.status < 400:
		return fmt.Sprintf("answered %d: redirects are not followed", o.status)
	}
	return fmt.Sprintf("answered %d %s", o.status, http.StatusText(o.status))
}

// next gives when a failed delivery is tried again; ok is false when it is given up. A tenth is left to chance, so that what failed together does not come back together.
func (o outcome) next(tries int, now time.Time) (at time.Time, ok bool) {
	if errors.Is(o.err, errGone) || tries > len(backoff) {
		return time.Time{}, false
	}
	wait := backoff[max(0, tries-1)]
	wait += time.Duration(rand.Int64N(int64(wait / 10)))
	return now.Add(max(wait, min(o.retryAfter, backoff[len(backoff)-1]))), true
}

// settle records what an attempt came to, makes the next of the inquiry due, and pauses a webhook that is gone or dead. It does nothing if another has taken the
// delivery over meanwhile.
func (s *Service) settle(ctx context.Context, w *domain.Webhook, d *domain.WebhookDelivery, o outcome) error {
	lost := false
	err := s.Store.Write(ctx, func(tx domain.Tx) error {
		stored, err := domain.WebhookDeliveries.Get(ctx, tx, d.ID)
		if domain.IsCode(err, domain.NotFound) {
			return nil // the webhook was removed
		}
		if err != nil || stored.Lease != d.Lease || stored.Tries != d.Tries || stored.State != domain.DeliveryWaiting {
			return err
		}
		l := lanes{tx: tx, now: s.Clock()}
		at, again := o.record(stored, l.now)
		lost = !again && !o.delivered()
		return l.leave(ctx, stored, at)
	})
	if err != nil || o.cut || errors.Is(o.err, errEarly) {
		return err
	}
	s.Log.Info("webhook", "webhook", w.ID, "event", d.EventID, "type", d.Type, "status", o.status, "try", d.Tries, "fault", o.fault())
	return s.fare(ctx, w, o, lost)
}

// record puts an outcome into a delivery. again tells whether there is to be another try, and at when.
func (o outcome) record(d *domain.WebhookDelivery, now time.Time) (at time.Time, again bool) {
	if n := len(d.Attempts); n > 0 && d.Attempts[n-1].EndedAt == nil {
		a := &d.Attempts[n-1]
		a.EndedAt, a.Status, a.Error = &now, o.status, o.fault()
	}
	switch {
	case o.delivered():
		d.State = domain.DeliveryDelivered
		return time.Time{}, false
	case o.cut, errors.Is(o.err, errEarly):
		d.Tries--
		return now.Add(earlyPause), true
	case o.status == http.StatusGone:
		return now, true // when the webhook is resumed
	}
	at, again = o.next(d.Tries, now)
	if !again {
		d.State = domain.DeliveryFailed
	}
	return at, again
}

// fare notes how a webhook fares. One that works writes next to nothing.
func (s *Service) fare(ctx context.Context, w *domain.Webhook, o outcome, lost bool) error {
	now := s.Clock()
	id := domain.WebhookHealthID(w.ID)
	h, err := domain.WebhookHealths.Get(ctx, s.Store, id)
	if err == nil && o.delivered() && h.FailingSince == nil && h.HoldUntil == nil && h.DeliveredAt != nil && now.Sub(*h.DeliveredAt) < deliveredEvery {
		return nil
	}
	if err != nil && !domain.IsCode(err, domain.NotFound) {
		return err
	}
	err = s.Store.Write(ctx, func(tx domain.Tx) error {
		var err error
		h, err = domain.WebhookHealths.Update(ctx, tx, id, func(h *domain.WebhookHealth) error {
			o.note(h, lost, now)
			return nil
		})
		if domain.IsCode(err, domain.NotFound) {
			h = &domain.WebhookHealth{Doc: domain.Doc{ID: id}}
			o.note(h, lost, now)
			return domain.WebhookHealths.Insert(ctx, tx, h)
		}
		return err
	})
	if domain.IsCode(err, domain.Duplicate) {
		return nil // another attempt noted the first one just now, and the next will note more
	}
	if err != nil || o.delivered() {
		return err
	}
	return s.pauseDead(ctx, w, h, o, now)
}

func (o outcome) note(h *domain.WebhookHealth, lost bool, now time.Time) {
	if o.delivered() {
		*h = domain.WebhookHealth{Doc: h.Doc, DeliveredAt: &now}
		return
	}
	if h.FailingSince == nil {
		h.FailingSince = &now
	}
	h.Failures++
	h.LastError = o.fault()
	if lost {
		h.GivenUp++
	}
	if o.retryAfter > 0 && (o.status == http.StatusTooManyRequests || o.status == http.StatusServiceUnavailable) {
		until := now.Add(min(o.retryAfter, holdMost))
		h.HoldUntil = &until
	}
}

// pauseDead pauses a webhook that says it is gone, or that takes nothing any more.
func (s *Service) pauseDead(ctx context.Context, w *domain.Webhook, h *domain.WebhookHealth, o outcome, now time.Time) error {
	reason := domain.PausedFailing
	switch {
	case o.status == http.StatusGone:
		reason = domain.PausedGone
	case now.Sub(*h.FailingSince) < s.PauseAfter && h.GivenUp < s.PauseLost:
		return nil
	}
	paused, err := s.pause(ctx, w.ID, reason, h.LastError)
	if domain.IsCode(err, domain.NotFound) {
		return nil // it was removed meanwhile
	}
	if paused != nil {
		s.Log.Warn("webhook paused", "webhook", w.ID, "reason", reason, "err", h.LastError)
	}
	return err
}
