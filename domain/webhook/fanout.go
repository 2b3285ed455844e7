package webhook

import (
	"context"
	"slices"
	"time"

	"sori/domain"
)

// Consumer is the name under which webhooks follow the feed.
const Consumer = "webhooks"

const (
	// enqueueChunk is how many deliveries are put into the store in one transaction.
	enqueueChunk = 200
	// enqueueTries is how often that is tried when another node puts in the same.
	enqueueTries = 3
)

// Follow makes deliveries of events. Doing it twice does no harm: what there is already is left alone.
func (s *Service) Follow(ctx context.Context, events []*domain.Event) error {
	// A webhook that was made before these events must not be missed, so what this node knows is not trusted.
	s.known.Expire()
	b, err := s.known.Get(ctx)
	if err != nil || len(b.all) == 0 {
		return err
	}
	// Nodes' clocks differ: what happened just before a webhook was made may be told to it.
	fresh := func(w *domain.Webhook, e *domain.Event) bool {
		return !e.At.Before(w.CreatedAt.Add(-domain.ClockMargin))
	}
	wanted, err := s.wanted(ctx, b.all, events, fresh)
	if err != nil {
		return err
	}
	return s.enqueue(ctx, wanted, false)
}

// wanted gives the deliveries that webhooks ask for of events.
func (s *Service) wanted(ctx context.Context, webhooks []*domain.Webhook, events []*domain.Event, also func(*domain.Webhook, *domain.Event) bool) ([]*domain.WebhookDelivery, error) {
	queues, err := s.queuesOf(ctx, webhooks, events)
	if err != nil {
		return nil, err
	}
	now := s.Clock()
	var out []*domain.WebhookDelivery
	for _, e := range events {
		for _, w := range webhooks {
			if wants(w, e, queues[e.InquiryID]) && also(w, e) {
				out = append(out, newDelivery(w.ID, e, now))
			}
		}
	}
	return out, nil
}

// queuesOf gives the queues that events' inquiries are in, by inquiry, if any webhook asks.
func (s *Service) queuesOf(ctx context.Context, webhooks []*domain.Webhook, events []*domain.Event) (map[string]string, error) {
	if !slices.ContainsFunc(webhooks, func(w *domain.Webhook) bool { return len(w.Queues) > 0 }) {
		return nil, nil
	}
	var ids []string
	for _, e := range events {
		if e.InquiryID != "" {
			ids = append(ids, e.InquiryID)
		}
	}
	slices.Sort(ids)
	inquiries, err := domain.Inquiries.GetMany(ctx, s.Store, slices.Compact(ids))
	out := make(map[string]string, len(inquiries))
	for id, q := range inquiries {
		out[id] = q.Queue
	}
	return out, err
}

// enqueue puts deliveries into the store, the oldest event first. What waits there is left alone; what has ended too, unless it is to be told again.
func (s *Service) enqueue(ctx context.Context, list []*domain.WebhookDelivery, again bool) error {
	for chunk := range slices.Chunk(list, enqueueChunk) {
		var err error
		for range enqueueTries {
			err = s.Store.Write(ctx, func(tx domain.Tx) error { return s.put(ctx, tx, chunk, again) })
			if !domain.IsCode(err, domain.Duplicate) {
				break
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) put(ctx context.Context, tx domain.Tx, list []*domain.WebhookDelivery, again bool) error {
	ids := make([]string, len(list))
	for i, d := range list {
		ids[i] = d.ID
	}
	stored, err := domain.WebhookDeliveries.GetMany(ctx, tx, ids)
	if err != nil {
		return err
	}
	l := lanes{tx: tx, now: s.Clock(), first: map[string]*domain.WebhookDelivery{}}
	for _, d := range list {
		old := stored[d.ID]
		switch {
		case old == nil:
			own := *d
			err = l.join(ctx, &own, true)
		case again && old.State != domain.DeliveryWaiting:
			renew(old, l.now)
			err = l.join(ctx, old, false)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// renew puts a delivery that has ended at the beginning.
func renew(d *domain.WebhookDelivery, now time.Time) {
	d.State, d.Tries, d.Replays, d.UpdatedAt = domain.DeliveryWaiting, 0, d.Replays+1, now
	d.Lane = laneOf(d)
}
