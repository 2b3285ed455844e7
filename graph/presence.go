package graph

import (
	"context"

	"sori/domain"
	"sori/graph/wire"
)

func (q query) Presence(ctx context.Context, agentID string) (*domain.Presence, error) {
	return q.Routing.Presence(ctx, agentID)
}

func (q query) Presences(ctx context.Context, state *domain.PresenceState, first *int, after *string) (*wire.PresenceConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Routing.Presences(ctx, value(state), req))
}

func (m mutation) SetPresence(ctx context.Context, in wire.SetPresenceInput) (*wire.Changed, error) {
	p, err := m.Routing.SetPresence(ctx, in.AgentID, in.State, in.Reason)
	return tell(wire.ChangedPresence, p, err)
}

func (m mutation) Heartbeat(ctx context.Context, in wire.HeartbeatInput) (*wire.Changed, error) {
	p, err := m.Routing.Heartbeat(ctx, in.AgentID)
	return tell(wire.ChangedPresence, p, err)
}

// Presence gives the presence that a mutation changed.
func (f changedFields) Presence(ctx context.Context, c *wire.Changed) (*domain.Presence, error) {
	return changedNoun(ctx, c, f.Routing.Presence)
}
