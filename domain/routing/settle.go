package routing

import (
	"time"

	"sori/domain"
)

// settle brings a placement to where it stands at a time: its route, its step, its place in the queue, and when it must be looked at again.
// It knows nothing but its arguments, so a simulation settles as the desk does.
func (s *setup) settle(p *domain.Placement, now time.Time) {
	route, next := s.match(p, now)
	if route == nil {
		s.stay(p, now)
	} else {
		if route.Key != p.Route {
			p.Route, p.Step, p.StepAt = route.Key, 0, now
		}
		next = sooner(next, s.walk(p, route, now))
	}
	p.Rerank()
	p.NextAt = domain.InstantPtr(next)
}

// stay keeps a placement that no route holds for in the queue that it has, or in the default queue.
func (s *setup) stay(p *domain.Placement, now time.Time) {
	if p.Route != "" || p.StepAt.IsZero() {
		p.StepAt = now
	}
	p.Route, p.Step, p.Agent, p.Team, p.Skills, p.Best, p.Priority = "", 0, "", p.Chosen, nil, false, 0
	p.Queue = p.Home
	if s.active(p.Queue) == nil {
		p.Queue = domain.DefaultQueue
	}
}

// walk takes a placement to the step that it is on at a time, and gives when that one ends.
func (s *setup) walk(p *domain.Placement, r *domain.Route, now time.Time) (ends time.Time) {
	last := len(r.Steps) - 1
	p.Step = min(p.Step, last)
	for p.Step < last {
		step := &r.Steps[p.Step]
		if !s.possible(step) {
			p.Step++
			continue
		}
		ends = time.Time{}
		if step.TimeoutSeconds == 0 {
			break
		}
		if ends = p.StepAt.Add(seconds(step.TimeoutSeconds)); now.Before(ends) {
			break
		}
		p.Step, p.StepAt = p.Step+1, ends // not now: a look that comes late must not make the wait longer
		ends = time.Time{}
	}
	step := &r.Steps[p.Step]
	p.Queue, p.Agent, p.Team, p.Skills, p.Best, p.Priority = step.Queue, step.Agent, step.Team, step.Skills, step.Best, step.Priority
	if p.Team == "" {
		p.Team = p.Chosen
	}
	if s.active(p.Queue) == nil {
		p.Queue = domain.DefaultQueue
	}
	return ends
}

// possible tells whether anybody may ever take what a step offers.
func (s *setup) possible(step *domain.RouteStep) bool {
	if step.Agent != "" {
		a := s.Agent(step.Agent)
		if a == nil || !a.Active {
			return false
		}
	}
	return s.active(step.Queue) != nil
}
