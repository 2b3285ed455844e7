package routing

import (
	"context"
	"slices"
	"time"

	"sori/domain"
	"sori/domain/worktime"
)

// setup is everything that people set and that decides who gets what. It is shared and never changed: a simulation makes its own.
type setup struct {
	*domain.Directory
	routes   []*domain.Route // the active ones, in order
	parents  domain.TypeParents
	clocks   domain.Clockwork // of service levels; nil in a simulation
	settings domain.RoutingSettings
	hours    map[string]*worktime.Calendar
	staffed  bool // there is an active agent
	knows    bool // a queue asks who knew the customer
}

// fallback is the queue of a store that has no default queue.
var fallback = domain.Queue{
	Key: domain.DefaultQueue, Name: domain.DefaultQueue, Mode: domain.QueuePush, Strategy: domain.StrategyLongestIdle, Active: true,
}

func newSetup(d *domain.Directory, settings domain.RoutingSettings, parents domain.TypeParents) (*setup, error) {
	s := &setup{Directory: d, settings: settings, parents: parents, hours: map[string]*worktime.Calendar{}}
	for _, c := range d.Calendars {
		compiled, err := worktime.Compile(c)
		if err != nil {
			return nil, err // it was checked when it was stored
		}
		s.hours[c.Key] = compiled
	}
	s.staffed = slices.ContainsFunc(d.Agents, func(a *domain.Agent) bool { return a.Active })
	s.knows = slices.ContainsFunc(d.Queues, func(q *domain.Queue) bool { return q.Active && q.Strategy == domain.StrategyLastAgent })
	for _, r := range d.Routes {
		if r.Active && len(r.Steps) > 0 {
			s.routes = append(s.routes, r)
		}
	}
	return s, nil
}

// active gives an active queue, nil if there is none with this key.
func (s *setup) active(key string) *domain.Queue {
	q := s.Queue(key)
	if q == nil && key == domain.DefaultQueue {
		q = &fallback
	}
	if q == nil || !q.Active {
		return nil
	}
	return q
}

// open tells whether a queue's calendar has working time at a moment; without a calendar it always has.
func (s *setup) open(q *domain.Queue, now time.Time) bool {
	return s.hours[q.Calendar].Open(now)
}

// gives tells whether a queue gives out work by itself at a time.
func (s *setup) gives(q *domain.Queue, now time.Time) bool {
	return q.Mode != domain.QueuePull && s.open(q, now)
}

// pushing gives the queues that give out work by themselves at a time.
func (s *setup) pushing(now time.Time) (out []*domain.Queue) {
	for _, q := range s.Queues {
		if q.Active && s.gives(q, now) {
			out = append(out, q)
		}
	}
	if s.Queue(domain.DefaultQueue) == nil {
		out = append(out, &fallback)
	}
	return out
}

// load reads what people have set, but for the tree of types.
func (s *Service) load(ctx context.Context, r domain.Reader) (*setup, error) {
	directory, err := domain.LoadDirectory(ctx, r)
	if err != nil {
		return nil, err
	}
	settings, err := settingsOf(ctx, r)
	if err != nil {
		return nil, err
	}
	return newSetup(directory, *settings, nil)
}

// set gives what is set at present, at most half a second old.
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
	out.clocks, err = s.Clocks(ctx)
	return &out, err
}
