package routing

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"sori/domain"
)

const (
	window    = 500 // inquiries of one queue that are looked at in one turn
	pushChunk = 100 // assignments in one transaction, or all of one agent
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
	given, err = s.giveAll(ctx, set, byAgent(f.plan(waiting, now)))
	return given, rest && f.anybodyFree(), err
}

// byAgent parts decisions into transactions, all of one agent in the same: each workload is written once, and no transaction is in another's way.
func byAgent(picks []pick) (out [][]pick) {
	slices.SortStableFunc(picks, func(a, b pick) int { return cmp.Compare(a.agent.Key, b.agent.Key) })
	for len(picks) > 0 {
		n := min(pushChunk, len(picks))
		for n < len(picks) && picks[n].agent == picks[n-1].agent {
			n++
		}
		out, picks = append(out, picks[:n]), picks[n:]
	}
	return out
}

// pushAbreast is how many transactions are under way at once.
const pushAbreast = 4

// giveAll carries out parts of decisions, some at a time, and gives how many held.
func (s *Service) giveAll(ctx context.Context, set *setup, parts [][]pick) (given int, err error) {
	counts, errs := make([]int, len(parts)), make([]error, len(parts))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(pushAbreast, len(parts)) {
		wg.Go(func() {
			for i := range next {
				counts[i], errs[i] = s.give(ctx, set, parts[i])
			}
		})
	}
	for i := range parts {
		next <- i
	}
	close(next)
	wg.Wait()
	for _, n := range counts {
		given += n
	}
	return given, errors.Join(errs...)
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

// kin are inquiries that have the same need of capacity: when nobody has room for one that asks for nothing else, nobody has for the others.
type kin struct {
	queue, tier string
	channel     domain.Channel
}

// each goes through waiting inquiries in their order and hands over each that somebody can have, with the one who is to have it. give must put it on the seat.
func (f *floor) each(waiting []*domain.Placement, now time.Time, give func(*domain.Placement, *seat)) {
	full := map[kin]bool{}
	for _, p := range waiting {
		k := kin{p.Queue, p.Tier, p.Channel}
		if full[k] {
			continue
		}
		if x := f.choose(p, now); x != nil {
			give(p, x)
			continue
		}
		if p.Agent == "" && p.Team == "" && len(p.Skills) == 0 && len(p.Refusals) == 0 {
			if full[k] = true; !f.anybodyFree() {
				return
			}
		}
	}
}

func (f *floor) anybodyFree() bool {
	return slices.ContainsFunc(f.seats, func(x *seat) bool { return x.load < x.agent.Capacity })
}

// waiting reads the heads of the queues that give out work now. A queue that is too long for one look is looked through in several, so that those whom nobody free can
// serve do not stand in the way of those behind them.
func (s *Service) waiting(ctx context.Context, set *setup, now time.Time) (out []*domain.Placement, rest bool, err error) {
	first, err := domain.Placements.Find(ctx, s.Store, domain.Query{Index: "state", Equal: []any{domain.PlacementWaiting}, Limit: 1})
	if err != nil || len(first) == 0 {
		return nil, false, err
	}
	for _, q := range set.pushing(now) {
		list, long, err := s.head(ctx, q.Key, now)
		if err != nil {
			return nil, false, err
		}
		out, rest = append(out, list...), rest || long
	}
	return out, rest, nil
}

// head reads the next part of one queue: the first, or where the last look ended while one goes through the whole of it. long says that there is more.
func (s *Service) head(ctx context.Context, queue string, now time.Time) (out []*domain.Placement, long bool, err error) {
	from := s.mark(queue)
	var last domain.Position
	query := domain.Query{Index: "queue", Equal: []any{queue, domain.PlacementWaiting}, After: from.after, Limit: window}
	err = s.Store.Select(ctx, &domain.Placements.Spec, query, func(d domain.Document, pos domain.Position) (bool, error) {
		out, last = append(out, d.(*domain.Placement)), pos
		return true, nil
	})
	read := len(out)
	if err == nil && from.after != nil { // who came to the front in the meantime does not wait for the end of it
		out, err = s.withFront(ctx, queue, out)
	}
	next := mark{whole: from.whole}
	switch {
	case read == window && (from.after != nil || !now.Before(from.whole.Add(wholeEvery))):
		next.after, long = &last, true
	case from.after != nil:
		next.whole = now // this was the end of it
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marks[queue] = next
	return out, long, err
}

// front is how much of a queue's beginning is looked at in every turn.
const front = 100

// withFront adds the beginning of a queue to a later part of it.
func (s *Service) withFront(ctx context.Context, queue string, part []*domain.Placement) ([]*domain.Placement, error) {
	first, err := domain.Placements.Find(ctx, s.Store, domain.Query{Index: "queue", Equal: []any{queue, domain.PlacementWaiting}, Limit: front})
	if err != nil {
		return nil, err
	}
	have := make(map[string]bool, len(part))
	for _, p := range part {
		have[p.ID] = true
	}
	for _, p := range first {
		if !have[p.ID] {
			part = append(part, p)
		}
	}
	return part, nil
}

// wholeEvery is how long after a look through the whole of a long queue the next one begins. In between its first part is looked at alone.
const wholeEvery = 2 * time.Second

// mark is how far a queue that is too long for one look was looked through.
type mark struct {
	after *domain.Position // nil is the beginning
	whole time.Time        // when the end was last reached
}

func (s *Service) mark(queue string) mark {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.marks[queue]
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
		sh, err := read(ctx, tx, set, s.Clock(), ids, domain.Distinct(agents))
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
