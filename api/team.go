package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/org"
)

// ListTeams gives a page of the teams.
func (s *server) ListTeams(ctx context.Context, r gen.ListTeamsRequestObject) (gen.ListTeamsResponseObject, error) {
	page, err := s.Org.ListTeams(ctx, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListTeams200JSONResponse{Items: each(page.Items, team), NextCursor: null(page.NextCursor)}, nil
}

// CreateTeam makes a team.
func (s *server) CreateTeam(ctx context.Context, r gen.CreateTeamRequestObject) (gen.CreateTeamResponseObject, error) {
	b := r.Body
	x, err := s.Org.CreateTeam(ctx, org.TeamDraft{
		Key: b.Key, Name: value(b.Name),
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateTeam201JSONResponse{OneTeamJSONResponse: oneTeam(x)}, nil
}

// GetTeam gives one team.
func (s *server) GetTeam(ctx context.Context, r gen.GetTeamRequestObject) (gen.GetTeamResponseObject, error) {
	x, err := s.Org.GetTeam(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetTeam200JSONResponse{OneTeamJSONResponse: oneTeam(x)}, nil
}

// UpdateTeam changes a team.
func (s *server) UpdateTeam(ctx context.Context, r gen.UpdateTeamRequestObject) (gen.UpdateTeamResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	x, err := s.Org.EditTeam(ctx, r.Id, version, org.TeamPatch{
		Name: b.Name, Active: b.Active,
	})
	if err != nil {
		return nil, err
	}
	return gen.UpdateTeam200JSONResponse{OneTeamJSONResponse: oneTeam(x)}, nil
}

// DeleteTeam removes a team.
func (s *server) DeleteTeam(ctx context.Context, r gen.DeleteTeamRequestObject) (gen.DeleteTeamResponseObject, error) {
	if err := s.Org.DeleteTeam(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.DeleteTeam200JSONResponse{RemovedJSONResponse: gen.RemovedJSONResponse{Id: r.Id}}, nil
}

func oneTeam(x *domain.Team) gen.OneTeamJSONResponse {
	return gen.OneTeamJSONResponse{Body: team(x), Headers: gen.OneTeamResponseHeaders{ETag: etag(x.Version)}}
}

func team(x *domain.Team) gen.Team {
	return gen.Team{
		Id: x.ID, Key: x.Key, Name: x.Name, Active: x.Active,
		CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt, Version: x.Version,
	}
}
