package routing

import (
	"context"
	"reflect"
	"time"

	"sori/domain"
)

// QueueStats is how a queue stands now.
type QueueStats struct {
	QueueID        string
	Queue          string // key
	Waiting        int    // for an agent; at most MaxCounted are counted
	WaitingMore    bool   // there are more than were counted
	Offered        int    // for an agent's answer
	LongestSeconds int    // how long the first one waits, 0 if none does
	Tiers          []TierWaiting
	Online         int // agents who serve the queue and can be given work
	Free           int // those of them who have room
	Open           bool
	At             time.Time
}

// TierWaiting is how many of one class wait.
type TierWaiting struct {
	Tier    string
	Waiting int
}

// MaxCounted is how many waiting inquiries are counted one by one.
const MaxCounted = 2000

// QueueStats tells how a queue stands. What it reads is bounded, so it costs the same however long the queue is. NotFound.
func (s *Service) QueueStats(ctx context.Context, queueID string) (*QueueStats, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	found, err := s.readBoard(ctx, []string{queueID})
	if err != nil {
		return nil, err
	}
	if found[queueID] == nil {
		return nil, domain.Missing("queue", queueID)
	}
	return found[queueID], nil
}

// WatchQueueStats tells how a queue stands now, and again whenever more than the clock makes a difference, until ctx ends or the queue is removed. NotFound.
func (s *Service) WatchQueueStats(ctx context.Context, queueID string) (*domain.Shown[*QueueStats], error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	shown, err := s.board.Watch(ctx, []string{queueID})
	if domain.IsCode(err, domain.NotFound) {
		err = domain.Missing("queue", queueID)
	}
	return shown, err
}

// readBoard reads how queues stand, by id. Those that there are not are left out.
func (s *Service) readBoard(ctx context.Context, queueIDs []string) (map[string]*QueueStats, error) {
	set, err := s.set(ctx)
	if err != nil {
		return nil, err
	}
	f, err := s.floor(ctx, set)
	if err != nil {
		return nil, err
	}
	out, now := make(map[string]*QueueStats, len(queueIDs)), s.Clock()
	for _, id := range queueIDs {
		queue := set.QueueByID(id)
		if queue == nil {
			continue
		}
		x := &QueueStats{QueueID: id, Queue: queue.Key, At: now, Open: queue.Active && set.open(queue, now), Online: len(f.of(queue)), Free: f.free(queue)}
		if err := s.countWaiting(ctx, x); err != nil {
			return nil, err
		}
		out[id] = x
	}
	return out, nil
}

// same tells whether two readings of a queue differ by the clock only.
func (x *QueueStats) same(y *QueueStats) bool {
	a := *x
	a.At, a.LongestSeconds = y.At, y.LongestSeconds
	return reflect.DeepEqual(&a, y)
}

func (s *Service) countWaiting(ctx context.Context, out *QueueStats) error {
	offered, err := domain.Placements.Find(ctx, s.Store, domain.Query{Index: "waits", Equal: []any{out.Queue, domain.PlacementOffered}, Limit: MaxCounted})
	if err != nil {
		return err
	}
	waiting, err := domain.Placements.Find(ctx, s.Store, domain.Query{Index: "waits", Equal: []any{out.Queue, domain.PlacementWaiting}, Limit: MaxCounted + 1})
	if err != nil {
		return err
	}
	out.Offered = len(offered)
	if out.WaitingMore = len(waiting) > MaxCounted; out.WaitingMore {
		waiting = waiting[:MaxCounted]
	}
	out.Waiting = len(waiting)
	tiers := map[string]int{}
	for _, p := range waiting {
		tiers[p.Tier]++
	}
	for _, tier := range sorted(tiers) {
		out.Tiers = append(out.Tiers, TierWaiting{tier, tiers[tier]})
	}
	for _, list := range [][]*domain.Placement{offered, waiting} { // each begins with its oldest
		if len(list) > 0 {
			out.LongestSeconds = max(out.LongestSeconds, int(out.At.Sub(list[0].Since)/time.Second))
		}
	}
	return nil
}

// Workload is what an agent has in work, with what it comes to.
type Workload struct {
	*domain.Workload
	AgentID  string
	Capacity int
	Used     int
}

// Workload gives what an agent has in work. Agents see their own; another's takes org:read. NotFound if there is no such agent.
func (s *Service) Workload(ctx context.Context, agentID string) (*Workload, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	a, err := domain.Agents.Get(ctx, s.Store, agentID)
	if err != nil {
		return nil, err
	}
	if who := domain.ActorFrom(ctx); who.Kind != "token" || who.ID != a.Key {
		if _, err := domain.Require(ctx, domain.ScopeOrgRead); err != nil {
			return nil, err
		}
	}
	w, err := domain.Workloads.Get(ctx, s.Store, domain.WorkloadID(a.ID))
	if domain.IsCode(err, domain.NotFound) {
		w, err = &domain.Workload{Doc: domain.Doc{ID: domain.WorkloadID(a.ID)}, Agent: a.Key, IdleSince: a.CreatedAt}, nil
	}
	if err != nil {
		return nil, err
	}
	return &Workload{Workload: w, AgentID: a.ID, Capacity: a.Capacity, Used: w.Load()}, nil
}

// Placement gives where an inquiry waits for an agent. NotFound if it does not.
func (s *Service) Placement(ctx context.Context, inquiryID string) (*domain.Placement, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	return domain.Placements.Get(ctx, s.Store, domain.PlacementID(inquiryID))
}
