package routing

import (
	"context"

	"sori/domain"
)

const (
	pullWindow = 100 // inquiries looked at in one read
	pullReads  = 20  // reads at most
)

// Next gives the actor of ctx the next inquiry of a queue that suits his skills and that he has room for, in the order of the queue; nil if there is none. The queue
// may be one that gives out by itself. NotFound if there is no such queue; Conflict if the actor is no agent, or does not serve it.
func (s *Service) Next(ctx context.Context, queueID string) (*domain.Inquiry, error) {
	a, set, err := s.self(ctx)
	if err != nil {
		return nil, err
	}
	queue := set.QueueByID(queueID)
	if queue == nil {
		return nil, domain.Missing("queue", queueID)
	}
	if !queue.Active || !set.Serves(a, queue) {
		return nil, domain.Errorf(domain.Conflict, "you do not serve the queue %s", queue.Key)
	}
	works, err := domain.Workloads.GetMany(ctx, s.Store, []string{domain.WorkloadID(a.ID)})
	if err != nil {
		return nil, err
	}
	w := works[domain.WorkloadID(a.ID)]
	if w == nil {
		w = &domain.Workload{Agent: a.Key}
	}
	query := domain.Query{Index: "queue", Equal: []any{queue.Key, domain.PlacementWaiting}, Limit: pullWindow}
	for range pullReads {
		var found []*domain.Placement
		err := s.Store.Select(ctx, &domain.Placements.Spec, query, func(d domain.Document, pos domain.Position) (bool, error) {
			found, query.After = append(found, d.(*domain.Placement)), &pos
			return true, nil
		})
		if err != nil {
			return nil, err
		}
		if q, err := s.takeFirst(ctx, set, a, w, found); q != nil || err != nil {
			return q, err
		}
		if len(found) < pullWindow {
			break
		}
	}
	return nil, nil
}

// takeFirst takes the first of some waiting inquiries that the agent may have and that nobody else takes in the same moment.
func (s *Service) takeFirst(ctx context.Context, set *setup, a *domain.Agent, w *domain.Workload, found []*domain.Placement) (*domain.Inquiry, error) {
	now := s.Clock()
	for _, p := range found {
		if !set.suits(a, p, now) || !set.fits(w, a, p) {
			continue
		}
		q, err := s.take(ctx, set, a, p.InquiryID)
		if q != nil || err != nil {
			return q, err
		}
	}
	return nil, nil
}

// take gives one waiting inquiry to an agent who asks for it; nil if it can no longer be.
func (s *Service) take(ctx context.Context, set *setup, a *domain.Agent, inquiryID string) (out *domain.Inquiry, err error) {
	err = s.write(ctx, func(tx domain.Tx) error {
		out = nil
		sh, err := read(ctx, tx, set, s.Clock(), []string{inquiryID}, []string{a.Key})
		if err != nil || !sh.fresh(inquiryID, a) {
			return err
		}
		out = sh.inquiries[inquiryID]
		sh.assign(sh.placements[inquiryID], a)
		sh.works[a.Key].Missed = 0
		if out.Status == domain.StatusNew {
			if err := out.MoveTo(domain.StatusOpen, sh.now); err != nil {
				return err
			}
		}
		return sh.write(ctx, tx)
	})
	return out, err
}
