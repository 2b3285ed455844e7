package webhook

import (
	"context"
	"fmt"
	"sync"
	"time"

	"sori/domain"
)

const (
	idle  = time.Second
	pause = 20 * time.Millisecond // keeps a busy store from waking every node at every commit
	// settleTime is how long it is tried to record an attempt.
	settleTime = 9 * time.Second
	// probeFrom is how many failures in a row make a webhook be tried with one request at a time.
	probeFrom = 5
)

// slots counts the requests under way to each webhook from this node.
type slots struct {
	mu    sync.Mutex
	busy  map[string]int
	freed chan struct{} // gets a message when one has ended
	all   sync.WaitGroup
}

func (s *slots) used(webhookID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.busy[webhookID]
}

func (s *slots) take(webhookID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy[webhookID]++
	s.all.Add(1)
}

func (s *slots) free(webhookID string) {
	s.mu.Lock()
	if s.busy[webhookID]--; s.busy[webhookID] == 0 {
		delete(s.busy, webhookID)
	}
	s.mu.Unlock()
	s.all.Done()
	select {
	case s.freed <- struct{}{}:
	default:
	}
}

// Run sends what is due until ctx ends, and answers when the last request has ended. Any number of nodes may run it.
func (s *Service) Run(ctx context.Context) {
	ctx = domain.WithActor(ctx, domain.System("webhook"))
	defer s.slots.all.Wait()
	for ctx.Err() == nil {
		committed := s.Store.Committed()
		n, err := s.round(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("webhooks", "err", err)
		}
		if n > 0 && err == nil {
			continue
		}
		domain.Rest(ctx, nil, pause)
		timer := time.NewTimer(idle)
		select {
		case <-committed:
		case <-s.slots.freed:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// RunBatch sends what is due once, and gives how many requests there were after all of them have ended.
func (s *Service) RunBatch(ctx context.Context) (int, error) {
	n, err := s.round(domain.WithActor(ctx, domain.System("webhook")))
	s.slots.all.Wait()
	return n, err
}

// round begins requests to every webhook that has something due and a slot free. It waits for none of them, so a slow webhook delays no other.
func (s *Service) round(ctx context.Context) (begun int, err error) {
	b, err := s.known.Get(ctx)
	if err != nil || len(b.all) == 0 {
		return 0, err
	}
	var ids []string
	for _, w := range b.all {
		if w.State == domain.WebhookActive {
			ids = append(ids, w.ID)
		}
	}
	fare, err := healths(ctx, s.Store, ids)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		n, err := s.begin(ctx, b.byID[id], s.room(id, fare[id]))
		begun += n
		if err != nil {
			return begun, err
		}
	}
	return begun, nil
}

// room gives how many requests to a webhook may be begun.
func (s *Service) room(webhookID string, h *domain.WebhookHealth) int {
	most := s.Parallel
	if h.Failures >= probeFrom {
		most = 1
	}
	if h.HoldUntil != nil && h.HoldUntil.After(s.Clock()) {
		return 0
	}
	return most - s.slots.used(webhookID)
}

// begin claims up to n due deliveries of a webhook and sends each in the background.
func (s *Service) begin(ctx context.Context, w *domain.Webhook, n int) (int, error) {
	if n <= 0 {
		return 0, nil
	}
	claimed, err := s.claim(ctx, w.ID, n)
	if err != nil || len(claimed) == 0 {
		return 0, err
	}
	ids := make([]string, len(claimed))
	for i, d := range claimed {
		ids[i] = d.EventID
	}
	events, err := domain.Events.GetMany(ctx, s.Store, ids)
	if err != nil {
		return 0, err // the leases end, and others try
	}
	for _, d := range claimed {
		s.slots.take(w.ID)
		go func() {
			defer s.slots.free(w.ID)
			s.work(ctx, w, d, events[d.EventID])
		}()
	}
	return len(claimed), nil
}

// claim leases due deliveries of a webhook, and records that an attempt begins. Two callers never get the same one while its lease lasts.
func (s *Service) claim(ctx context.Context, webhookID string, n int) ([]*domain.WebhookDelivery, error) {
	now := s.Clock()
	due := domain.Query{Index: "due", Equal: []any{webhookID}, To: now.Add(time.Millisecond), Limit: n}
	if found, err := domain.WebhookDeliveries.Find(ctx, s.Store, domain.Query{Index: due.Index, Equal: due.Equal, To: due.To, Limit: 1}); err != nil || len(found) == 0 {
		return nil, err // an idle node does not trouble the writer
	}
	var claimed []*domain.WebhookDelivery
	err := s.Store.Write(ctx, func(tx domain.Tx) error {
		var err error
		if claimed, err = domain.WebhookDeliveries.Find(ctx, tx, due); err != nil {
			return err
		}
		until := now.Add(s.Timeout + settleTime + 5*time.Second)
		for _, d := range claimed {
			d.Lease, d.NextAt, d.UpdatedAt = s.Node, until, now
			d.Tries++
			d.Attempts = append(d.Attempts, domain.WebhookAttempt{At: now})
			d.Attempts = d.Attempts[max(0, len(d.Attempts)-maxAttemptsKept):]
			if err := domain.WebhookDeliveries.Replace(ctx, tx, d); err != nil {
				return err
			}
		}
		return nil
	})
	return claimed, err
}

// work makes one attempt and records it. A panic over one delivery takes no other along.
func (s *Service) work(ctx context.Context, w *domain.Webhook, d *domain.WebhookDelivery, e *domain.Event) {
	var o outcome
	func() {
		defer func() {
			if p := recover(); p != nil {
				o = outcome{err: fmt.Errorf("panic: %v", p)}
			}
		}()
		o = s.attempt(ctx, w, e)
	}()
	if ctx.Err() != nil && o.err != nil {
		o.cut = true // the program stops: that says nothing of the webhook
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	if err := s.settle(ctx, w, d, o); err != nil {
		s.Log.Error("record of a webhook's attempt", "webhook", w.ID, "delivery", d.ID, "err", err)
	}
}
