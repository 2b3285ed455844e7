package sla

import (
	"context"
	"slices"
	"time"

	"sori/domain"
)

// sweepBatch is how many inquiries whose moment has come are looked at in one go.
const sweepBatch = 100

// Run tells of warnings and breaches as their time comes, until ctx ends. Any number of nodes may run it: each moment is told once, by the inquiry's version.
func (s *Service) Run(ctx context.Context) {
	ctx = domain.WithActor(ctx, actor)
	for ctx.Err() == nil {
		n, err := s.Sweep(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("service levels", "err", err)
		}
		if n < sweepBatch || err != nil {
			domain.Rest(ctx, nil, time.Second)
		}
	}
}

// Sweep tells of the moments that have come, does what escalations say, and gives how many inquiries it looked at.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	now := s.Clock()
	due, err := domain.Inquiries.Find(ctx, s.Store, domain.Query{Index: "sla", From: time.UnixMilli(1), To: now.Add(time.Millisecond), Limit: sweepBatch})
	if err != nil || len(due) == 0 {
		return 0, err
	}
	w, err := s.wheels(ctx)
	if err != nil {
		return 0, err
	}
	ctx = domain.WithActor(ctx, actor)
	for _, q := range due {
		err := s.Store.Write(ctx, func(tx domain.Tx) error {
			q, err := domain.Inquiries.Get(ctx, tx, q.ID)
			if domain.IsCode(err, domain.NotFound) || err == nil && (q.SLA == nil || q.SLA.NextAt == nil || q.SLA.NextAt.After(now)) {
				return nil // another was first
			}
			if err != nil {
				return err
			}
			return w.strike(ctx, tx, q, now)
		})
		if err != nil {
			return len(due), err
		}
	}
	return len(due), nil
}

// moment is a warning or a breach that has come.
type moment struct {
	at    domain.SLAMoment
	clock domain.SLAClockKind
	due   *time.Time
}

// strike marks the moments that have come, does what the policy says of them, and writes the inquiry.
func (w *wheels) strike(ctx context.Context, tx domain.Tx, q *domain.Inquiry, now time.Time) error {
	policy := w.match(q)
	moments := mark(q, now)
	if policy == nil || policy.Key != q.SLA.Policy { // it was changed since the clocks were wound
		moments = nil
	}
	before := escalated(q)
	for _, m := range moments {
		notify := escalate(policy, m, q)
		data := map[string]any{"clock": string(m.clock), "policy": policy.Key, "dueAt": m.due, "notify": notify}
		verb := domain.EventSLAWarned
		if m.at == domain.SLABreach {
			verb = domain.EventSLABreached
		}
		if err := domain.Emit(ctx, tx, domain.InquiryEvent(verb, q, now, data)); err != nil {
			return err
		}
	}
	changes := domain.Changed(before, escalated(q))
	if len(changes) > 0 {
		q.UpdatedAt = now
	}
	for _, e := range w.wind(q, now, false) {
		if err := domain.Emit(ctx, tx, e); err != nil {
			return err
		}
	}
	if err := domain.Inquiries.Replace(ctx, tx, q); err != nil || len(changes) == 0 {
		return err
	}
	return domain.Emit(ctx, tx, domain.InquiryEvent(domain.ChangeVerb(changes), q, now, changes))
}

// mark writes the moments that have come into the clocks.
func mark(q *domain.Inquiry, now time.Time) []moment {
	var out []moment
	for i := range q.SLA.Clocks {
		c := &q.SLA.Clocks[i]
		if c.Since == nil {
			continue
		}
		passed := func(at *time.Time) bool { return at != nil && !at.After(now) }
		if passed(c.WarnAt) && c.WarnedAt == nil && c.BreachedAt == nil && !passed(c.DueAt) {
			c.WarnedAt = &now
			out = append(out, moment{domain.SLAWarning, c.Clock, c.DueAt})
		}
		if passed(c.DueAt) && c.BreachedAt == nil {
			c.BreachedAt = c.DueAt
			out = append(out, moment{domain.SLABreach, c.Clock, c.DueAt})
		}
	}
	return out
}

// escalate does to the inquiry what a policy says of a moment, and gives whom to tell.
func escalate(p *domain.SLAPolicy, m moment, q *domain.Inquiry) []any {
	notify := []any{}
	for _, e := range p.Escalations {
		if e.At != m.at || !among(e.Clocks, m.clock) {
			continue
		}
		for _, agent := range e.Notify {
			if !slices.Contains(notify, any(agent)) {
				notify = append(notify, agent)
			}
		}
		if e.Raise {
			if n := slices.Index(domain.Priorities, q.Priority); n >= 0 && n+1 < len(domain.Priorities) {
				q.Priority = domain.Priorities[n+1]
			}
		}
		for _, t := range e.Tags {
			if !slices.Contains(q.Tags, t) && len(q.Tags) < maxTags {
				q.Tags = append(q.Tags, t)
			}
		}
		reassign(e, q)
	}
	return notify
}

const maxTags = 50

func reassign(e domain.SLAEscalation, q *domain.Inquiry) {
	if e.Unassign || e.Queue != "" || e.Team != "" {
		q.Assignee = ""
	}
	for _, t := range []struct {
		value  string
		target *string
	}{{e.Queue, &q.Queue}, {e.Team, &q.Team}, {e.Agent, &q.Assignee}} {
		if t.value != "" {
			*t.target = t.value
		}
	}
}

func escalated(q *domain.Inquiry) map[string]any {
	return map[string]any{"priority": q.Priority, "queue": q.Queue, "team": q.Team, "assignee": q.Assignee, "tags": slices.Clone(q.Tags)}
}
