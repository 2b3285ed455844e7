// Package sla keeps the promises of service level policies: how soon inquiries are answered and resolved.
//
//	sla.go     what it needs; the policies in force
//	clock.go   how clocks stand, by what an inquiry says: no I/O
//	sweep.go   warnings and breaches as their time comes; escalations
//	review.go  clocks after policies or calendars were changed
//
// Clocks are part of the inquiry and move in the transaction of whatever moves it, so they need no process that runs: a restart loses nothing. What comes by time
// alone is found through an index of the next moment of each inquiry.
package sla

import (
	"context"
	"log/slog"

	"sori/domain"
	"sori/domain/worktime"
)

// Deps is what the stage needs.
type Deps struct {
	Store domain.Store
	Clock domain.Clock
	Log   *slog.Logger
}

// Service keeps service levels.
type Service struct {
	Deps
	rules *domain.Snapshot[rules]
	types *domain.Snapshot[domain.TypeParents]
}

// New makes the service.
func New(d Deps) *Service {
	return &Service{
		Deps:  d,
		rules: &domain.Snapshot[rules]{Edition: domain.EditionOrg, Store: d.Store, Clock: d.Clock, Load: loadRules},
		types: domain.NewTypeParents(d.Store, d.Clock),
	}
}

// actor is on whose behalf the stage works.
var actor = domain.System("sla")

// rules are the active policies in their order, and the calendars they run by.
type rules struct {
	policies  []*domain.SLAPolicy
	calendars map[string]*worktime.Calendar
}

func loadRules(ctx context.Context, r domain.Reader) (*rules, error) {
	policies, err := domain.SLAPolicies.Find(ctx, r, domain.Query{Index: "order"})
	if err != nil {
		return nil, err
	}
	out := &rules{calendars: map[string]*worktime.Calendar{}}
	for _, p := range policies {
		if p.Active {
			out.policies = append(out.policies, p)
		}
	}
	calendars, err := domain.Calendars.Find(ctx, r, domain.Query{Index: "created"})
	if err != nil {
		return nil, err
	}
	for _, c := range calendars {
		if out.calendars[c.Key], err = worktime.Compile(c); err != nil {
			return nil, err // it was checked when it was stored
		}
	}
	return out, nil
}

// Clocks gives the clockwork of the policies in force. It is a domain.Clocks.
func (s *Service) Clocks(ctx context.Context) (domain.Clockwork, error) {
	w, err := s.wheels(ctx)
	if err != nil {
		return nil, err
	}
	return w.turn, nil
}

func (s *Service) wheels(ctx context.Context) (*wheels, error) {
	r, err := s.rules.Get(ctx)
	if err != nil {
		return nil, err
	}
	w := &wheels{rules: r}
	if len(r.policies) > 0 {
		w.types, err = s.types.Get(ctx)
	}
	return w, err
}
