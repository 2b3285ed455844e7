package routing

import (
	"cmp"
	"context"
	"slices"
	"time"

	"sori/domain"
)

// setup is everything that people set and that decides who gets what. It is shared and never changed: a simulation makes its own.
type setup struct {
	agents   map[string]*domain.Agent // by key; also those who have left
	agentIDs map[string]*domain.Agent // by id
	queues   map[string]*domain.Queue // by key
	queueIDs map[string]*domain.Queue // by id
	routes   []*domain.Route          // the active ones, in order
	parents  map[string]string        // type → the type above
	settings domain.RoutingSettings
	open     func(calendar string, at time.Time) bool // whether a calendar has working time then
	staffed  bool                                     // there is an active agent
	knows    bool                                     // a queue asks who knew the customer
}

// fallback is the queue of a store that has no default queue.
var fallback = domain.Queue{
	Key: domain.DefaultQueue, Name: domain.DefaultQueue, Mode: domain.QueuePush, Strategy: domain.StrategyLongestIdle, Active: true,
}

func newSetup(agents []*domain.Agent, queues []*domain.Queue, routes []*domain.Route) *setup {
	s := &setup{
		agents: map[string]*domain.Agent{}, agentIDs: map[string]*domain.Agent{}, queues: map[string]*domain.Queue{domain.DefaultQueue: &fallback},
		queueIDs: map[string]*domain.Queue{}, parents: map[string]string{}, settings: domain.DefaultRoutingSettings(),
		open: func(string, time.Time) bool { return true },
	}
	for _, a := range agents {
		s.agents[a.Key], s.agentIDs[a.ID] = a, a
		s.staffed = s.staffed || a.Active
	}
	for _, q := range queues {
		s.queues[q.Key], s.queueIDs[q.ID] = q, q
		s.knows = s.knows || q.Active && q.Strategy == domain.StrategyLastAgent
	}
	for _, r := range routes {
		if r.Active && len(r.Steps) > 0 {
			s.routes = append(s.routes, r)
		}
	}
	slices.SortStableFunc(s.routes, func(a, b *domain.Route) int { return cmp.Compare(a.Order, b.Order) })
	return s
}

// active gives an active queue, nil if there is none with this key.
func (s *setup) active(key string) *domain.Queue {
	if q := s.queues[key]; q != nil && q.Active {
		return q
	}
	return nil
}

// gives tells whether a queue gives out work by itself at a time.
func (s *setup) gives(q *domain.Queue, now time.Time) bool {
	return q.Mode != domain.QueuePull && (q.Calendar == "" || s.open(q.Calendar, now))
}

// serves tells whether an agent works on a queue.
func serves(a *domain.Agent, q *domain.Queue) bool {
	return a.Active && (len(q.Teams) == 0 || slices.ContainsFunc(q.Teams, func(t string) bool { return slices.Contains(a.Teams, t) }))
}

// load reads what people have set.
func (s *Service) load(ctx context.Context, r domain.Reader) (*setup, error) {
	agents, err := domain.Agents.Find(ctx, r, domain.Query{Index: "created"})
	if err != nil {
		return nil, err
	}
	queues, err := domain.Queues.Find(ctx, r, domain.Query{Index: "created"})
	if err != nil {
		return nil, err
	}
	routes, err := domain.Routes.Find(ctx, r, domain.Query{Index: "order"})
	if err != nil {
		return nil, err
	}
	out := newSetup(agents, queues, routes)
	settings, err := settingsOf(ctx, r)
	if err != nil {
		return nil, err
	}
	out.settings = *settings
	return out, nil
}

// now gives what is set at present, at most half a second old.
func (s *Service) set(ctx context.Context) (*setup, error) {
	org, err := s.org.Get(ctx)
	if err != nil {
		return nil, err
	}
	types, err := s.types.Get(ctx)
	if err != nil {
		return nil, err
	}
	out := *org
	out.parents = *types
	return &out, nil
}

// loadTypes reads which type is below which.
func loadTypes(ctx context.Context, r domain.Reader) (*map[string]string, error) {
	all, err := domain.InquiryTypes.Find(ctx, r, domain.Query{Index: "created"})
	if err != nil {
		return nil, err
	}
	parents := make(map[string]string, len(all))
	for _, t := range all {
		if t.Parent != "" {
			parents[t.Key] = t.Parent
		}
	}
	return &parents, nil
}
