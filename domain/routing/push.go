package routing

import (
	"context"
	"slices"
	"time"

	"sori/domain"
)

const (
	window    = 500 // inquiries of one queue that are looked at in one turn
	pushChunk = 100 // assignments in one transaction
)

// pick is a decision: this inquiry to that agent.
type pick struct {
	inquiryID string
	agent     *domain.Agent
}

// Push gives waiting inquiries to free agents, in the order of the queues. It answers how many it gave out, and whether there are inquiries behind those that it
// looked at.
func (s *Service) Push(ctx context.Context) (given int, rest bool, err error) {
	ctx = domain.WithActor(ctx, actor)
	set, err := s.set(ctx)
	if err != nil || !set.staffed {
		return 0, false, err
	}
	now := s.Clock()
	waiting, rest, err := s.waiting(ctx, set, now)
	if err != nil || len(waiting) == 0 {
		return 0, false, err
	}
	f, err := s.floor(ctx, set)
	if err != nil || len(f.seats) == 0 {
		return 0, false, err
	}
	picks := f.plan(waiting, now)
	for chunk := range slices.Chunk(picks, pushChunk) {
		n, err := s.give(ctx, set, chunk)
		given += n
		if err != nil {
			return given, false, err
		}
	}
	return given, rest && f.anybodyFree(), nil
}

// plan decides who gets what of some waiting inquiries. It changes the floor alone.
func (f *floor) plan(waiting []*domain.Placement, now time.Time) (picks []pick) {
	slices.SortFunc(waiting, queueOrder)
	f.each(waiting, now, func(p *domain.Placement, x *seat) {
		x.give(f.item(p, x.agent, now), now)
		picks = append(picks, pick{p.InquiryID, x.agent})
	})
	return picks
}

// each goes through waiting inquiries in their order and hands over each that somebody can have, with the one who is to have it. give must put it on the seat.
func (f *floor) each(waiting []*domain.Placement, now time.Time, give func(*domain.Placement, *seat)) {
	full := map[string]bool{} // queues whose agents have no room left
	for _, p := range waiting {
		if full[p.Queue] {
			continue
		}
		if x := f.choose(p, now); x != nil {
			give(p, x)
			continue
		}
		if q := f.active(p.Queue); q == nil || f.free(q) == 0 {
			full[p.Queue] = true
			if !f.anybodyFree() {
				return
			}
		}
	}
}

func (f *floor) anybodyFree() bool {
	return slices.ContainsFunc(f.seats, func(x *seat) bool { return x.load < x.agent.Capacity })
}

// waiting reads the heads of the queues that give out work now. Of a queue that is too long for one look the next one goes on where it ended, so that those whom
// nobody free can serve do not stand in the way of those behind them.
func (s *Service) waiting(ctx context.Context, set *setup, now time.Time) (out []*domain.Placement, rest bool, err error) {
	any, err := domain.Placements.Find(ctx, s.Store, domain.Query{Index: "state", Equal: []any{domain.PlacementWaiting}, Limit: 1})
	if err != nil || len(any) == 0 {
		return nil, false, err
	}
	for _, q := range set.pushing(now) {
		list, long, err := s.head(ctx, q.Key)
		if err != nil {
			return nil, false, err
		}
		out, rest = append(out, list...), rest || long
	}
	return out, rest, nil
}

// head reads the next part of one queue.
func (s *Service) head(ctx context.Context, queue string) (out []*domain.Placement, long bool, err error) {
	s.mu.Lock()
	after := s.resume[queue]
	s.mu.Unlock()
	var last domain.Position
	query := domain.Query{Index: "queue", Equal: []any{queue, domain.PlacementWaiting}, After: after, Limit: window}
	err = s.Store.Select(ctx, &domain.Placements.Spec, query, func(d domain.Document, pos domain.Position) (bool, error) {
		out, last = append(out, d.(*domain.Placement)), pos
		return true, nil
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if long = len(out) == window; long {
		s.resume[queue] = &last
	} else {
		delete(s.resume, queue)
	}
	return out, long || after != nil, err
}

// floor reads who is online, and what they have.
func (s *Service) floor(ctx context.Context, set *setup) (*floor, error) {
	online, err := domain.Presences.Find(ctx, s.Store, domain.Query{Index: "state", Equal: []any{domain.PresenceOnline}})
	if err != nil {
		return nil, err
	}
	works, err := s.workloads(ctx, set, online)
	if err != nil {
		return nil, err
	}
	f := newFloor(set)
	for _, p := range online {
		if a := set.Agent(p.Agent); a != nil && a.Active {
			w := works[domain.WorkloadID(a.ID)]
			if w == nil {
				w = &domain.Workload{Agent: a.Key}
			}
			f.sit(a, w, p.Since)
		}
	}
	return f, nil
}

// workloads reads what agents have, by the workload's id.
func (s *Service) workloads(ctx context.Context, set *setup, of []*domain.Presence) (map[string]*domain.Workload, error) {
	var ids []string
	for _, p := range of {
		if a := set.Agent(p.Agent); a != nil {
			ids = append(ids, domain.WorkloadID(a.ID))
		}
	}
	out := make(map[string]*domain.Workload, len(ids))
	for chunk := range slices.Chunk(ids, domain.MaxLoad) {
		part, err := domain.Workloads.GetMany(ctx, s.Store, chunk)
		if err != nil {
			return nil, err
		}
		for id, w := range part {
			out[id] = w
		}
	}
	return out, nil
}

// give carries decisions out in one transaction, those that still hold: another node or a person may have been faster.
func (s *Service) give(ctx context.Context, set *setup, picks []pick) (given int, err error) {
	var ids, agents []string
	for _, x := range picks {
		ids, agents = append(ids, x.inquiryID), append(agents, x.agent.Key)
	}
	err = s.write(ctx, func(tx domain.Tx) error {
		given = 0
		sh, err := read(ctx, tx, set, s.Clock(), ids, distinct(agents))
		if err != nil {
			return err
		}
		for _, x := range picks {
			if !sh.fresh(x.inquiryID, x.agent) {
				continue
			}
			given++
			p := sh.placements[x.inquiryID]
			if q := set.active(p.Queue); q != nil && q.OfferSeconds > 0 {
				sh.offer(p, x.agent, q)
			} else {
				sh.assign(p, x.agent)
			}
		}
		return sh.write(ctx, tx)
	})
	return given, err
}
