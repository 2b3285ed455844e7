package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/org"
)

// ListAgents gives a page of the agents.
func (s *server) ListAgents(ctx context.Context, r gen.ListAgentsRequestObject) (gen.ListAgentsResponseObject, error) {
	page, err := s.Org.ListAgents(ctx, org.AgentFilter{Team: value(r.Params.Team), Active: r.Params.Active}, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListAgents200JSONResponse{Items: each(page.Items, agent), NextCursor: null(page.NextCursor)}, nil
}

// CreateAgent makes an agent.
func (s *server) CreateAgent(ctx context.Context, r gen.CreateAgentRequestObject) (gen.CreateAgentResponseObject, error) {
	b := r.Body
	x, err := s.Org.CreateAgent(ctx, org.AgentDraft{
		Key: b.Key, Name: value(b.Name), Email: value(b.Email), Role: domain.Role(value(b.Role)), Scopes: each(value(b.Scopes), toScope), Teams: value(b.Teams), Skills: each(value(b.Skills), agentSkillDraft), Languages: value(b.Languages), Capacity: value(b.Capacity),
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateAgent201JSONResponse{OneAgentJSONResponse: oneAgent(x)}, nil
}

// GetAgent gives one agent.
func (s *server) GetAgent(ctx context.Context, r gen.GetAgentRequestObject) (gen.GetAgentResponseObject, error) {
	x, err := s.Org.GetAgent(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetAgent200JSONResponse{OneAgentJSONResponse: oneAgent(x)}, nil
}

// UpdateAgent changes an agent.
func (s *server) UpdateAgent(ctx context.Context, r gen.UpdateAgentRequestObject) (gen.UpdateAgentResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	x, err := s.Org.EditAgent(ctx, r.Id, version, org.AgentPatch{
		Name: b.Name, Email: b.Email.Pointer(), Role: (*domain.Role)(b.Role), Scopes: eachIf(b.Scopes, toScope), Teams: b.Teams, Skills: eachIf(b.Skills, agentSkillDraft), Languages: b.Languages, Capacity: b.Capacity, Active: b.Active,
	})
	if err != nil {
		return nil, err
	}
	return gen.UpdateAgent200JSONResponse{OneAgentJSONResponse: oneAgent(x)}, nil
}

func oneAgent(x *domain.Agent) gen.OneAgentJSONResponse {
	return gen.OneAgentJSONResponse{Body: agent(x), Headers: gen.OneAgentResponseHeaders{ETag: etag(x.Version)}}
}

func agent(x *domain.Agent) gen.Agent {
	return gen.Agent{
		Id: x.ID, Key: x.Key, Name: x.Name, Email: null(x.Email), Role: gen.Role(x.Role), Scopes: each(x.Scopes, scope), Teams: list(x.Teams),
		Skills: each(x.Skills, agentSkill), Languages: list(x.Languages), Capacity: x.Capacity, Active: x.Active, CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt, Version: x.Version,
	}
}

func agentSkill(x domain.AgentSkill) gen.AgentSkill {
	return gen.AgentSkill{Skill: x.Skill, Level: x.Level}
}

func agentSkillDraft(x gen.AgentSkill) domain.AgentSkill {
	return domain.AgentSkill{Skill: x.Skill, Level: x.Level}
}
