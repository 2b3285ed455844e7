package routing

import (
	"context"
	"slices"
	"time"

	"sori/domain"
)

// maxReason is the longest reason of a state, in bytes.
const maxReason = 200

// SetPresence says what an agent is doing. Agents say it of themselves; of another it takes the scope org:write. NotFound if there is no such agent;
// Conflict if the agent has left; Invalid for an unknown state. Saying the same again is a heartbeat.
func (s *Service) SetPresence(ctx context.Context, agentID string, state domain.PresenceState, reason string) (*domain.Presence, error) {
	a, err := s.agentFor(ctx, agentID)
	if err != nil {
		return nil, err
	}
	var f domain.Faults
	if !slices.Contains(domain.PresenceStates, state) {
		f.Add("state", "enum", "there is no state %q", domain.Clip(string(state), 40))
	}
	domain.CheckText(&f, "reason", reason, maxReason)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if !a.Active && state != domain.PresenceOffline {
		return nil, domain.Errorf(domain.Conflict, "the agent has left")
	}
	set, err := s.set(ctx)
	if err != nil {
		return nil, err
	}
	now := s.Clock()
	var out *domain.Presence
	err = s.write(ctx, func(tx domain.Tx) error {
		p, err := presenceOf(ctx, tx, a)
		if err != nil {
			return err
		}
		before := p.State
		p.Enter(state, reason, seconds(set.settings.WrapUpSeconds), now)
		out = p
		if err := store(ctx, tx, domain.Presences, p, p.Version > 0, false); err != nil || before == state {
			return err
		}
		return domain.Emit(ctx, tx, presenceEvent(a.ID, p, before, now))
	})
	return out, err
}

// Heartbeat says that an agent's client is alive, and gives the state that the agent is in: a client that finds itself offline says anew what its agent does. It
// writes at most every third of the timeout. NotFound if there is no such agent.
func (s *Service) Heartbeat(ctx context.Context, agentID string) (*domain.Presence, error) {
	a, err := s.agentFor(ctx, agentID)
	if err != nil {
		return nil, err
	}
	p, err := presenceOf(ctx, s.Store, a)
	now := s.Clock()
	if err != nil || p.State == domain.PresenceOffline || now.Before(p.HeartbeatAt.Add(domain.PresenceTimeout/3)) {
		return p, err
	}
	err = s.write(ctx, func(tx domain.Tx) error {
		if p, err = presenceOf(ctx, tx, a); err != nil || p.State == domain.PresenceOffline {
			return err
		}
		p.Hear(now)
		return domain.Presences.Replace(ctx, tx, p)
	})
	return p, err
}

// Presence gives what an agent is doing: offline if nothing was ever said. NotFound if there is no such agent.
func (s *Service) Presence(ctx context.Context, agentID string) (*domain.Presence, error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgRead); err != nil {
		return nil, err
	}
	a, err := domain.Agents.Get(ctx, s.Store, agentID)
	if err != nil {
		return nil, err
	}
	return presenceOf(ctx, s.Store, a)
}

// Presences gives who is in a state, the longest first; without a state, who is there or was.
func (s *Service) Presences(ctx context.Context, state domain.PresenceState, req domain.PageRequest) (domain.Page[domain.Presence], error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgRead); err != nil {
		return domain.Page[domain.Presence]{}, err
	}
	states := domain.PresenceStates
	if state != "" {
		if !slices.Contains(states, state) {
			return domain.Page[domain.Presence]{}, domain.InvalidField("state", "enum", "there is no state %q", domain.Clip(string(state), 40))
		}
		states = []domain.PresenceState{state}
	}
	queries := make([]domain.Query, len(states))
	for i, x := range states {
		queries[i] = domain.Query{Index: "state", Equal: []any{x}}
	}
	return domain.Presences.Page(ctx, s.Store, req, "", nil, queries...)
}

// agentFor gives the agent whom the actor of ctx may speak for: himself with inquiry:write, any other with org:write.
func (s *Service) agentFor(ctx context.Context, agentID string) (*domain.Agent, error) {
	who := domain.ActorFrom(ctx)
	if _, err := domain.Require(ctx, domain.ScopeInquiryWrite); err != nil && !who.Has(domain.ScopeOrgWrite) {
		return nil, err
	}
	a, err := domain.Agents.Get(ctx, s.Store, agentID)
	if err == nil && (who.Kind != "token" || who.ID != a.Key) {
		_, err = domain.Require(ctx, domain.ScopeOrgWrite)
	}
	return a, err
}

// presenceOf reads an agent's presence; who never said anything is offline.
func presenceOf(ctx context.Context, r domain.Reader, a *domain.Agent) (*domain.Presence, error) {
	p, err := domain.Presences.Get(ctx, r, domain.PresenceID(a.ID))
	if domain.IsCode(err, domain.NotFound) {
		return &domain.Presence{
			Doc: domain.Doc{ID: domain.PresenceID(a.ID)}, Agent: a.Key, State: domain.PresenceOffline, Since: a.CreatedAt, HeartbeatAt: a.CreatedAt,
		}, nil
	}
	return p, err
}

func presenceEvent(agentID string, p *domain.Presence, before domain.PresenceState, now time.Time) domain.Event {
	data := change("state", string(before), string(p.State))
	data["agent"], data["reason"] = p.Agent, p.Reason
	return domain.Event{Type: domain.EventPresenceChanged, At: now, Subject: domain.Ref{Kind: "agent", ID: agentID}, Data: data}
}

// LapsePresences ends the states that have ended by themselves: agents of whom nothing is heard are offline, those who have wrapped up are online. It gives
// how many it looked at.
func (s *Service) LapsePresences(ctx context.Context) (int, error) {
	set, err := s.set(ctx)
	if err != nil {
		return 0, err
	}
	now := s.Clock()
	due, err := domain.Presences.Find(ctx, s.Store, domain.Query{Index: "expires", From: time.UnixMilli(1), To: now.Add(time.Millisecond), Limit: sweepBatch})
	if err != nil || len(due) == 0 {
		return 0, err
	}
	ids := make([]string, len(due))
	for i, p := range due {
		ids[i] = p.ID
	}
	err = s.write(ctx, func(tx domain.Tx) error {
		current, err := domain.Presences.GetMany(ctx, tx, ids)
		if err != nil {
			return err
		}
		for _, id := range sorted(current) {
			if err := lapse(ctx, tx, set, current[id], now); err != nil {
				return err
			}
		}
		return nil
	})
	return len(due), err
}

func lapse(ctx context.Context, tx domain.Tx, set *setup, p *domain.Presence, now time.Time) error {
	before := p.State
	if p.ExpiresAt == nil || p.ExpiresAt.After(now) || !p.Lapse(now) {
		return nil // it was heard of in the meantime
	}
	if err := domain.Presences.Replace(ctx, tx, p); err != nil {
		return err
	}
	id := p.ID
	if a := set.Agent(p.Agent); a != nil {
		id = a.ID
	}
	return domain.Emit(ctx, tx, presenceEvent(id, p, before, now))
}
