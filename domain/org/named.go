package org

import (
	"context"
	"fmt"
	"slices"

	"sori/domain"
)

// What is named by something else cannot be removed: a queue whose team is gone would be served by nobody, without anyone noticing.

// naming lists, for one kind of thing, who in the organisation names the one with a key: as noun and key of each.
type naming func(d *domain.Directory, key string, found func(noun, key string))

func namesTeam(d *domain.Directory, key string, found func(noun, key string)) {
	for _, a := range d.Members(key) {
		found("agent", a.Key)
	}
	for _, q := range d.Queues {
		if slices.Contains(q.Teams, key) {
			found("queue", q.Key)
		}
	}
	eachStep(d, func(r *domain.Route, s *domain.RouteStep) {
		if s.Team == key {
			found("route", r.Key)
		}
	})
	eachEscalation(d, func(p *domain.SLAPolicy, e *domain.SLAEscalation) {
		if e.Team == key {
			found("SLA policy", p.Key)
		}
	})
}

func namesSkill(d *domain.Directory, key string, found func(noun, key string)) {
	for _, a := range d.Agents {
		if a.SkillLevel(key) > 0 {
			found("agent", a.Key)
		}
	}
	eachStep(d, func(r *domain.Route, s *domain.RouteStep) {
		if slices.ContainsFunc(s.Skills, func(n domain.SkillNeed) bool { return n.Skill == key }) {
			found("route", r.Key)
		}
	})
}

func namesQueue(d *domain.Directory, key string, found func(noun, key string)) {
	for _, r := range d.Routes {
		if slices.Contains(r.Conditions.Queues, key) {
			found("route", r.Key)
		}
	}
	eachStep(d, func(r *domain.Route, s *domain.RouteStep) {
		if s.Queue == key {
			found("route", r.Key)
		}
	})
	for _, p := range d.Policies {
		if slices.Contains(p.Conditions.Queues, key) {
			found("SLA policy", p.Key)
		}
	}
	eachEscalation(d, func(p *domain.SLAPolicy, e *domain.SLAEscalation) {
		if e.Queue == key {
			found("SLA policy", p.Key)
		}
	})
}

func namesCalendar(d *domain.Directory, key string, found func(noun, key string)) {
	for _, q := range d.Queues {
		if q.Calendar == key {
			found("queue", q.Key)
		}
	}
	for _, p := range d.Policies {
		if p.Calendar == key {
			found("SLA policy", p.Key)
		}
	}
}

func eachStep(d *domain.Directory, do func(*domain.Route, *domain.RouteStep)) {
	for _, r := range d.Routes {
		for i := range r.Steps {
			do(r, &r.Steps[i])
		}
	}
}

func eachEscalation(d *domain.Directory, do func(*domain.SLAPolicy, *domain.SLAEscalation)) {
	for _, p := range d.Policies {
		for i := range p.Escalations {
			do(p, &p.Escalations[i])
		}
	}
}

// unnamed answers Conflict, naming the first that names a key, and how many there are.
func unnamed(ctx context.Context, tx domain.Tx, who naming, key string) error {
	d, err := domain.LoadDirectory(ctx, tx)
	if err != nil {
		return err
	}
	var first string
	more := map[string]bool{}
	who(d, key, func(noun, key string) {
		name := noun + " " + key
		if first == "" {
			first = name
		}
		more[name] = true
	})
	switch len(more) {
	case 0:
		return nil
	case 1:
		return inUse(first, "")
	}
	return inUse(fmt.Sprintf("%s and %d more", first, len(more)-1), "")
}

// inUse is the Conflict of what is still needed.
func inUse(noun, key string) error {
	if key != "" {
		noun += " " + key
	}
	return &domain.Error{Code: domain.Conflict, Field: "id", Rule: "used", Message: "it is still named by the " + noun}
}

// counted gives a number with its noun.
func counted(n int, noun string) string { return fmt.Sprintf("%d of %s", n, noun) }
