package routing

import (
	"cmp"
	"slices"
	"time"

	"sori/domain"
)

// floor is who can be given work at a moment, and how much each has. The decision who gets an inquiry is made on it alone.
type floor struct {
	*setup
	seats   []*seat
	serving map[string][]*seat // by queue
}

// seat is one agent who is online.
type seat struct {
	agent *domain.Agent
	work  *domain.Workload
	load  int
	idle  time.Time // since when
}

func newFloor(s *setup) *floor { return &floor{setup: s, serving: map[string][]*seat{}} }

// sit puts an agent on the floor. since is when the agent came.
func (f *floor) sit(a *domain.Agent, w *domain.Workload, since time.Time) *seat {
	x := &seat{agent: a, work: w, load: w.Load(), idle: since}
	if w.IdleSince.After(since) {
		x.idle = w.IdleSince
	}
	f.seats = append(f.seats, x)
	clear(f.serving)
	return x
}

// leave takes an agent off the floor.
func (f *floor) leave(x *seat) {
	f.seats = slices.DeleteFunc(f.seats, func(y *seat) bool { return x == y })
	clear(f.serving)
}

// of gives those who serve a queue.
func (f *floor) of(q *domain.Queue) []*seat {
	list, known := f.serving[q.Key]
	if !known {
		for _, x := range f.seats {
			if f.Serves(x.agent, q) {
				list = append(list, x)
			}
		}
		f.serving[q.Key] = list
	}
	return list
}

// free counts those who serve a queue and have room for something.
func (f *floor) free(q *domain.Queue) (n int) {
	for _, x := range f.of(q) {
		if x.load < x.agent.Capacity {
			n++
		}
	}
	return n
}

// choose gives the agent who is to have an inquiry, nil if nobody can take it now.
func (f *floor) choose(p *domain.Placement, now time.Time) *seat {
	q := f.active(p.Queue)
	if q == nil {
		return nil
	}
	var best *seat
	for _, x := range f.of(q) {
		if x.load >= x.agent.Capacity || !f.suits(x.agent, p, now) || !f.fits(x.work, x.agent, p) {
			continue
		}
		if best == nil || f.prefer(x, best, q, p) {
			best = x
		}
	}
	return best
}

// suits tells whether an agent may have an inquiry, but for capacity.
func (s *setup) suits(a *domain.Agent, p *domain.Placement, now time.Time) bool {
	if !a.Active || p.Agent != "" && p.Agent != a.Key || p.Team != "" && !slices.Contains(a.Teams, p.Team) {
		return false
	}
	waited := now.Sub(p.StepAt)
	for _, n := range p.Skills {
		if a.SkillLevel(n.Skill) < relaxed(n, waited) {
			return false
		}
	}
	return !p.Refuses(a.Key, now)
}

// fits tells whether an agent has room for an inquiry. The part of a reserved share that its classes do not use counts as taken for all others; but who has nothing
// at all in work can take a single piece that is larger than what is left, or nobody ever could.
func (s *setup) fits(w *domain.Workload, a *domain.Agent, p *domain.Placement) bool {
	weight, load := s.settings.Weight(p.Channel, a.Capacity), w.Load()
	if load+weight > a.Capacity {
		return false
	}
	return load+weight+s.kept(w, a.Capacity, p.Tier) <= a.Capacity || load == 0 && weight+s.kept(w, a.Capacity, p.Tier) > a.Capacity
}

// kept gives how much capacity is free but kept for other classes than a tier.
func (s *setup) kept(w *domain.Workload, capacity int, tier string) (kept int) {
	for i := range s.settings.Reserved {
		r := &s.settings.Reserved[i]
		if slices.Contains(r.Tiers, tier) {
			continue
		}
		share := int(float64(capacity)*r.Share + 0.5)
		for _, x := range w.Items {
			if slices.Contains(r.Tiers, x.Tier) {
				share -= x.Weight
			}
		}
		kept += max(0, share)
	}
	return kept
}

// prefer tells whether a is to have an inquiry rather than b. Both can.
func (f *floor) prefer(a, b *seat, q *domain.Queue, p *domain.Placement) bool {
	order := 0
	if p.Best {
		order = cmp.Compare(skill(b.agent, p), skill(a.agent, p))
	}
	if order == 0 && q.Strategy == domain.StrategyLastAgent && p.Known != "" {
		order = yesFirst(a.agent.Key == p.Known, b.agent.Key == p.Known)
	}
	if order == 0 && p.Language != "" {
		order = yesFirst(fluent(a.agent, p.Language), fluent(b.agent, p.Language))
	}
	if order == 0 && q.Strategy == domain.StrategyLeastLoaded {
		order = cmp.Compare(a.load*b.agent.Capacity, b.load*a.agent.Capacity) // load by capacity, without a division
	}
	return cmp.Or(order, a.idle.Compare(b.idle), cmp.Compare(a.load, b.load), cmp.Compare(a.agent.Key, b.agent.Key)) < 0
}

// yesFirst orders two answers.
func yesFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// skill tells how good an agent is at what an inquiry needs, or at all where it needs nothing in particular.
func skill(a *domain.Agent, p *domain.Placement) (sum int) {
	for _, n := range p.Skills {
		sum += a.SkillLevel(n.Skill)
	}
	if len(p.Skills) > 0 {
		return sum
	}
	for _, x := range a.Skills {
		sum += x.Level
	}
	return sum
}

// fluent tells whether an agent speaks a language; one of whom nothing is known does.
func fluent(a *domain.Agent, language string) bool {
	return len(a.Languages) == 0 || slices.ContainsFunc(a.Languages, func(l string) bool { return speaks(language, l) || speaks(l, language) })
}

// item is what an inquiry becomes in an agent's workload.
func (s *setup) item(p *domain.Placement, a *domain.Agent, now time.Time) domain.WorkItem {
	return domain.WorkItem{
		InquiryID: p.InquiryID, State: domain.WorkAccepted, Weight: s.settings.Weight(p.Channel, a.Capacity), Tier: p.Tier, Channel: p.Channel,
		Queue: p.Queue, Home: p.Home, Since: p.Since, GivenAt: now,
	}
}

// give notes on the floor that an agent has an inquiry now.
func (x *seat) give(item domain.WorkItem, now time.Time) {
	x.work.Put(item, now)
	x.load += item.Weight
	x.idle = now
}

// queueOrder is the order in which waiting inquiries are served, over all queues.
func queueOrder(a, b *domain.Placement) int {
	return cmp.Or(cmp.Compare(a.Rank, b.Rank), a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
}
