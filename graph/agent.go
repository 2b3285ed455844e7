package graph

import (
	"context"

	"sori/domain"
	"sori/domain/org"
	"sori/graph/wire"
)

func (q query) Agents(ctx context.Context, team *string, active *bool, first *int, after *string) (*wire.AgentConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Org.ListAgents(ctx, org.AgentFilter{Team: value(team), Active: active}, req))
}

func (q query) Agent(ctx context.Context, id string) (*domain.Agent, error) {
	return q.Org.GetAgent(ctx, id)
}

func (m mutation) CreateAgent(ctx context.Context, in wire.CreateAgentInput) (*wire.Changed, error) {
	return m.once(ctx, "createAgent", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Org.CreateAgent(ctx, in.AgentDraft)
		return tell(wire.ChangedAgent, x, err)
	})
}

func (m mutation) UpdateAgent(ctx context.Context, in wire.UpdateAgentInput) (*wire.Changed, error) {
	return m.once(ctx, "updateAgent", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Org.EditAgent(ctx, in.ID, in.Version, in.AgentPatch)
		return tell(wire.ChangedAgent, x, err)
	})
}

// Agent gives the agent that a mutation changed.
func (f changedFields) Agent(ctx context.Context, c *wire.Changed) (*domain.Agent, error) {
	return changedNoun(ctx, c, f.Org.GetAgent)
}
