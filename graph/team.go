package graph

import (
	"context"

	"sori/domain"
	"sori/graph/wire"
)

func (q query) Teams(ctx context.Context, first *int, after *string) (*wire.TeamConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Org.ListTeams(ctx, req))
}

func (q query) Team(ctx context.Context, id string) (*domain.Team, error) {
	return q.Org.GetTeam(ctx, id)
}

func (m mutation) CreateTeam(ctx context.Context, in wire.CreateTeamInput) (*wire.Changed, error) {
	return m.once(ctx, "createTeam", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Org.CreateTeam(ctx, in.TeamDraft)
		return tell(wire.ChangedTeam, x, err)
	})
}

func (m mutation) UpdateTeam(ctx context.Context, in wire.UpdateTeamInput) (*wire.Changed, error) {
	return m.once(ctx, "updateTeam", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Org.EditTeam(ctx, in.ID, in.Version, in.TeamPatch)
		return tell(wire.ChangedTeam, x, err)
	})
}

func (m mutation) DeleteTeam(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.remove(ctx, "deleteTeam", in, m.Org.DeleteTeam)
}

// Team gives the team that a mutation changed.
func (f changedFields) Team(ctx context.Context, c *wire.Changed) (*domain.Team, error) {
	return changedNoun(ctx, c, f.Org.GetTeam)
}
