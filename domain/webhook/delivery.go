package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"sori/domain"
)

// Deliveries gives the deliveries to a webhook, the newest first, those in one state if it is named. NotFound; Invalid for an unknown state.
func (s *Service) Deliveries(ctx context.Context, webhookID string, state domain.DeliveryState, req domain.PageRequest) (domain.Page[domain.WebhookDelivery], error) {
	if _, err := s.Get(ctx, webhookID); err != nil {
		return domain.Page[domain.WebhookDelivery]{}, err
	}
	states := domain.DeliveryStates
	if state != "" {
		if !slices.Contains(states, state) {
			return domain.Page[domain.WebhookDelivery]{}, domain.InvalidField("state", "enum", "there is no state %q", domain.Clip(string(state), 40))
		}
		states = []domain.DeliveryState{state}
	}
	queries := make([]domain.Query, len(states))
	for i, x := range states {
		queries[i] = domain.Query{Index: "state", Equal: []any{webhookID, x}, Reverse: true}
	}
	return domain.WebhookDeliveries.Page(ctx, s.Store, req, "", nil, queries...)
}

// Delivery reads a delivery. NotFound if it is none of the webhook's.
func (s *Service) Delivery(ctx context.Context, webhookID, id string) (*domain.WebhookDelivery, error) {
	if _, err := domain.Require(ctx, domain.ScopeWebhooks); err != nil {
		return nil, err
	}
	return deliveryOf(ctx, s.Store, webhookID, id)
}

// DeliveryByID reads a delivery of whichever webhook.
func (s *Service) DeliveryByID(ctx context.Context, id string) (*domain.WebhookDelivery, error) {
	if _, err := domain.Require(ctx, domain.ScopeWebhooks); err != nil {
		return nil, err
	}
	return domain.WebhookDeliveries.Get(ctx, s.Store, id)
}

func deliveryOf(ctx context.Context, r domain.Reader, webhookID, id string) (*domain.WebhookDelivery, error) {
	d, err := domain.WebhookDeliveries.Get(ctx, r, id)
	if err == nil && d.WebhookID != webhookID {
		return nil, domain.Missing(domain.WebhookDeliveries.Noun, id)
	}
	return d, err
}

// Retry sends an event once more: one that has ended begins anew, one that waits for its next try is due now. Conflict if it waits for an earlier one of its
// inquiry, or if an attempt is under way.
func (s *Service) Retry(ctx context.Context, webhookID, id string) (*domain.WebhookDelivery, error) {
	if _, err := domain.Require(ctx, domain.ScopeWebhooks); err != nil {
		return nil, err
	}
	var out *domain.WebhookDelivery
	err := s.Store.Write(ctx, func(tx domain.Tx) error {
		d, err := deliveryOf(ctx, tx, webhookID, id)
		if err != nil {
			return err
		}
		out = d
		l := lanes{tx: tx, now: s.Clock(), first: map[string]*domain.WebhookDelivery{}}
		switch {
		case d.State != domain.DeliveryWaiting:
			renew(d, l.now)
			err = l.join(ctx, d, false)
		case d.Due == "":
			return domain.Errorf(domain.Conflict, "the delivery waits for an earlier one of its inquiry")
		case d.Lease != "" && d.NextAt.After(l.now):
			return domain.Errorf(domain.Conflict, "an attempt is under way")
		default:
			l.makeDue(d)
			err = domain.WebhookDeliveries.Replace(ctx, tx, d)
		}
		if err != nil {
			return err
		}
		return domain.Emit(ctx, tx, event(domain.EventWebhookRetried, webhookID, l.now, map[string]any{"delivery": id, "event": d.EventID}))
	})
	return out, err
}

// Test sends an event of the type webhook.test to a webhook, whatever it asks for, and gives its delivery. Conflict if it is paused.
func (s *Service) Test(ctx context.Context, id string) (*domain.WebhookDelivery, error) {
	if _, err := domain.Require(ctx, domain.ScopeWebhooks); err != nil {
		return nil, err
	}
	eventID := domain.Events.NewID()
	var out *domain.WebhookDelivery
	err := s.Store.Write(ctx, func(tx domain.Tx) error {
		w, err := domain.Webhooks.Get(ctx, tx, id)
		if err != nil {
			return err
		}
		if w.State != domain.WebhookActive {
			return domain.Errorf(domain.Conflict, "the webhook is paused")
		}
		now := s.Clock()
		e := event(domain.EventWebhookTest, id, now, map[string]any{"name": w.Name})
		e.ID = eventID
		if err := domain.Emit(ctx, tx, e); err != nil {
			return err
		}
		out = newDelivery(id, &e, now)
		l := lanes{tx: tx, now: now}
		return l.join(ctx, out, true)
	})
	return out, err
}

// sweepBatch is how many deliveries are changed in one transaction.
const sweepBatch = 500

// RunHasten makes all that waits for its next try due now. Doing it twice does no harm.
func (s *Service) RunHasten(ctx context.Context, job *domain.Job) error {
	var args webhookArgs
	if err := json.Unmarshal([]byte(job.Args), &args); err != nil {
		return fmt.Errorf("arguments of job %s: %w", job.ID, err)
	}
	now := s.Clock()
	later := domain.Query{Index: "due", Equal: []any{args.WebhookID}, From: now.Add(time.Millisecond)}
	return s.sweep(ctx, later, func(tx domain.Tx, d *domain.WebhookDelivery) error {
		if d.Lease != "" || d.Due == "" {
			return nil // an attempt is under way, or it is not the next of its lane any more
		}
		d.NextAt, d.Tries, d.UpdatedAt = now, 0, now
		return domain.WebhookDeliveries.Replace(ctx, tx, d)
	})
}

// RunForget removes the deliveries of a webhook that is gone.
func (s *Service) RunForget(ctx context.Context, job *domain.Job) error {
	var args webhookArgs
	if err := json.Unmarshal([]byte(job.Args), &args); err != nil {
		return fmt.Errorf("arguments of job %s: %w", job.ID, err)
	}
	for _, state := range domain.DeliveryStates {
		if err := s.remove(ctx, domain.Query{Index: "state", Equal: []any{args.WebhookID, state}}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) remove(ctx context.Context, q domain.Query) error {
	return s.sweep(ctx, q, func(tx domain.Tx, d *domain.WebhookDelivery) error {
		return domain.WebhookDeliveries.Delete(ctx, tx, d.ID)
	})
}

// Tidy forgets deliveries that are older than KeepFor. What has waited for so long, as for a webhook that is paused, is not sent any more; that it was skipped is
// told for as long again.
func (s *Service) Tidy(ctx context.Context) error {
	s.known.Expire()
	b, err := s.known.Get(ctx)
	if err != nil {
		return err
	}
	old := s.Clock().Add(-s.KeepFor)
	for _, w := range b.all {
		for state, before := range map[domain.DeliveryState]time.Time{
			domain.DeliveryDelivered: old, domain.DeliveryFailed: old, domain.DeliverySkipped: old.Add(-s.KeepFor),
		} {
			if err := s.remove(ctx, domain.Query{Index: "state", Equal: []any{w.ID, state}, To: before}); err != nil {
				return err
			}
		}
		waiting := domain.Query{Index: "state", Equal: []any{w.ID, domain.DeliveryWaiting}, To: old}
		if err := s.sweep(ctx, waiting, s.skip(ctx)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) skip(ctx context.Context) func(domain.Tx, *domain.WebhookDelivery) error {
	return func(tx domain.Tx, d *domain.WebhookDelivery) error {
		if d.State != domain.DeliveryWaiting || d.Lease != "" {
			return nil
		}
		wasDue := d.Due != ""
		l := lanes{tx: tx, now: s.Clock()}
		d.State = domain.DeliverySkipped
		if wasDue {
			return l.leave(ctx, d, time.Time{})
		}
		d.Lane, d.UpdatedAt = "", l.now
		return domain.WebhookDeliveries.Replace(ctx, tx, d)
	}
}

// sweep goes through the deliveries that a query finds, each read again in the transaction that changes it, a batch a transaction.
func (s *Service) sweep(ctx context.Context, q domain.Query, change func(domain.Tx, *domain.WebhookDelivery) error) error {
	q.Limit = sweepBatch
	for {
		var ids []string
		err := s.Store.Select(ctx, &domain.WebhookDeliveries.Spec, q, func(d domain.Document, at domain.Position) (bool, error) {
			ids, q.After = append(ids, d.Head().ID), &at
			return true, nil
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		err = s.Store.Write(ctx, func(tx domain.Tx) error {
			for _, id := range ids {
				d, err := domain.WebhookDeliveries.Get(ctx, tx, id)
				if domain.IsCode(err, domain.NotFound) {
					continue
				}
				if err != nil {
					return err
				}
				if err := change(tx, d); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
