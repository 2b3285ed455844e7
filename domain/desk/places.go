package desk

import (
	"cmp"
	"context"

	"sori/domain"
)

// checkPlaces wants agents, teams and queues that exist, named by key or id, and names them by key from there on. Whoever is no agent may still take an inquiry.
func (s *Service) checkPlaces(ctx context.Context, p *Patch) error {
	if s.Directory == nil || p.Assignee == nil && p.Team == nil && p.Queue == nil {
		return nil
	}
	d, err := s.Directory.Get(ctx)
	if err != nil {
		return err
	}
	var f domain.Faults
	agent := func(name string) string {
		a := cmp.Or(d.Agent(name), d.AgentByID(name))
		switch {
		case a != nil && a.Active:
			return a.Key
		case a != nil:
			f.Add("assignee", "active", "the agent %q has left", a.Key)
		case name == domain.ActorFrom(ctx).ID:
			return name
		default:
			f.Add("assignee", "known", "there is no agent %q", domain.Clip(name, 80))
		}
		return name
	}
	known(&p.Assignee, agent)
	known(&p.Team, func(name string) string {
		if t := cmp.Or(d.Team(name), d.TeamByID(name)); t != nil {
			return t.Key
		}
		f.Add("team", "known", "there is no team %q", domain.Clip(name, 80))
		return name
	})
	known(&p.Queue, func(name string) string {
		if q := cmp.Or(d.Queue(name), d.QueueByID(name)); q != nil {
			return q.Key
		}
		f.Add("queue", "known", "there is no queue %q", domain.Clip(name, 80))
		return name
	})
	return f.Err()
}

// known replaces what a patch names, if it names anything, by its key.
func known(field **string, key func(string) string) {
	if *field == nil || **field == "" {
		return
	}
	k := key(**field)
	*field = &k
}
