package routing

import (
	"slices"
	"strings"
	"time"

	"sori/domain"
)

// matches tells whether all conditions of a route hold for a placement at a time, and when they will: the zero time is now or never, whichever holds says.
func (s *setup) matches(r *domain.Route, p *domain.Placement, now time.Time) (holds bool, later time.Time) {
	c := &r.Conditions
	ok := among(c.Tiers, p.Tier) && among(c.Channels, p.Channel) && among(c.Accounts, p.Account) && among(c.Queues, p.Home) && among(c.Priorities, p.Urgency) &&
		(len(c.Types) == 0 || s.parents.Among(c.Types, p.Type)) &&
		(len(c.Languages) == 0 || slices.ContainsFunc(c.Languages, func(l string) bool { return speaks(p.Language, l) })) &&
		(len(c.Tags) == 0 || slices.ContainsFunc(c.Tags, func(t string) bool { return slices.Contains(p.Tags, t) }))
	if !ok {
		return false, time.Time{}
	}
	if at := p.Since.Add(seconds(c.WaitedSeconds)); now.Before(at) {
		return false, at
	}
	return true, time.Time{}
}

// match gives the first route that holds, nil if none does, and when an earlier one will because of the time waited.
func (s *setup) match(p *domain.Placement, now time.Time) (route *domain.Route, next time.Time) {
	for _, r := range s.routes {
		holds, later := s.matches(r, p, now)
		if holds {
			return r, next
		}
		next = sooner(next, later)
	}
	return nil, next
}

func among[T comparable](list []T, x T) bool { return len(list) == 0 || slices.Contains(list, x) }

// speaks tells whether a language tag is a wanted one or a narrower one.
func speaks(tag, wanted string) bool {
	return strings.EqualFold(tag, wanted) || len(tag) > len(wanted) && tag[len(wanted)] == '-' && strings.EqualFold(tag[:len(wanted)], wanted)
}

// relaxed gives the level of a need that is enough after waiting so long, 0 if the skill is no longer asked for.
func relaxed(n domain.SkillNeed, waited time.Duration) int {
	if n.RelaxSeconds <= 0 || waited <= 0 {
		return n.Level
	}
	return max(0, n.Level-int(waited/seconds(n.RelaxSeconds)))
}

// nextRelaxing gives when fewer skills will be enough for a placement, the zero time if never.
func nextRelaxing(p *domain.Placement, now time.Time) (next time.Time) {
	waited := now.Sub(p.StepAt)
	for _, n := range p.Skills {
		if n.RelaxSeconds > 0 && relaxed(n, waited) > 0 {
			relaxings := int(max(0, waited) / seconds(n.RelaxSeconds)) // so far
			next = sooner(next, p.StepAt.Add(seconds((relaxings+1)*n.RelaxSeconds)))
		}
	}
	return next
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

// sooner gives the earlier of two times, of which the zero one is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
