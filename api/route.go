package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/org"
)

// ListRoutes gives a page of the routes.
func (s *server) ListRoutes(ctx context.Context, r gen.ListRoutesRequestObject) (gen.ListRoutesResponseObject, error) {
	page, err := s.Org.ListRoutes(ctx, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListRoutes200JSONResponse{Items: each(page.Items, route), NextCursor: null(page.NextCursor)}, nil
}

// CreateRoute makes a route.
func (s *server) CreateRoute(ctx context.Context, r gen.CreateRouteRequestObject) (gen.CreateRouteResponseObject, error) {
	b := r.Body
	x, err := s.Org.CreateRoute(ctx, org.RouteDraft{
		Key: b.Key, Name: value(b.Name), Order: value(b.Order), Conditions: routeConditionsDraft(value(b.Conditions)), Steps: each(b.Steps, routeStepDraft),
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateRoute201JSONResponse{OneRouteJSONResponse: oneRoute(x)}, nil
}

// GetRoute gives one route.
func (s *server) GetRoute(ctx context.Context, r gen.GetRouteRequestObject) (gen.GetRouteResponseObject, error) {
	x, err := s.Org.GetRoute(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetRoute200JSONResponse{OneRouteJSONResponse: oneRoute(x)}, nil
}

// UpdateRoute changes a route.
func (s *server) UpdateRoute(ctx context.Context, r gen.UpdateRouteRequestObject) (gen.UpdateRouteResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	x, err := s.Org.EditRoute(ctx, r.Id, version, org.RoutePatch{
		Name: b.Name, Order: b.Order, Active: b.Active, Conditions: mapIf(b.Conditions, routeConditionsDraft), Steps: eachIf(b.Steps, routeStepDraft),
	})
	if err != nil {
		return nil, err
	}
	return gen.UpdateRoute200JSONResponse{OneRouteJSONResponse: oneRoute(x)}, nil
}

// DeleteRoute removes a route.
func (s *server) DeleteRoute(ctx context.Context, r gen.DeleteRouteRequestObject) (gen.DeleteRouteResponseObject, error) {
	if err := s.Org.DeleteRoute(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.DeleteRoute200JSONResponse{RemovedJSONResponse: gen.RemovedJSONResponse{Id: r.Id}}, nil
}

func oneRoute(x *domain.Route) gen.OneRouteJSONResponse {
	return gen.OneRouteJSONResponse{Body: route(x), Headers: gen.OneRouteResponseHeaders{ETag: etag(x.Version)}}
}

func route(x *domain.Route) gen.Route {
	return gen.Route{
		Id: x.ID, Key: x.Key, Name: x.Name, Order: x.Order, Active: x.Active,
		Conditions: routeConditions(x.Conditions), Steps: each(x.Steps, routeStep), CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt, Version: x.Version,
	}
}

func routeConditions(x domain.RouteConditions) gen.RouteConditions {
	return gen.RouteConditions{Types: list(x.Types), Tiers: list(x.Tiers), Channels: each(x.Channels, func(x domain.Channel) gen.Channel { return gen.Channel(x) }), Accounts: list(x.Accounts), Languages: list(x.Languages), Tags: list(x.Tags), Queues: list(x.Queues), Priorities: each(x.Priorities, func(x domain.Priority) gen.Priority { return gen.Priority(x) }), WaitedSeconds: x.WaitedSeconds}
}

func routeConditionsDraft(x gen.RouteConditionsDraft) domain.RouteConditions {
	return domain.RouteConditions{Types: value(x.Types), Tiers: value(x.Tiers), Channels: each(value(x.Channels), func(x gen.Channel) domain.Channel { return domain.Channel(x) }), Accounts: value(x.Accounts), Languages: value(x.Languages), Tags: value(x.Tags), Queues: value(x.Queues), Priorities: each(value(x.Priorities), func(x gen.Priority) domain.Priority { return domain.Priority(x) }), WaitedSeconds: value(x.WaitedSeconds)}
}

func routeStep(x domain.RouteStep) gen.RouteStep {
	return gen.RouteStep{Queue: x.Queue, Agent: null(x.Agent), Team: null(x.Team), Priority: x.Priority, Skills: each(x.Skills, skillNeed), TimeoutSeconds: x.TimeoutSeconds, Best: x.Best}
}

func routeStepDraft(x gen.RouteStepDraft) domain.RouteStep {
	return domain.RouteStep{Queue: x.Queue, Agent: value(x.Agent), Team: value(x.Team), Priority: value(x.Priority), Skills: each(value(x.Skills), skillNeedDraft), TimeoutSeconds: value(x.TimeoutSeconds), Best: value(x.Best)}
}

func skillNeed(x domain.SkillNeed) gen.SkillNeed {
	return gen.SkillNeed{Skill: x.Skill, Level: x.Level, RelaxSeconds: x.RelaxSeconds}
}

func skillNeedDraft(x gen.SkillNeedDraft) domain.SkillNeed {
	return domain.SkillNeed{Skill: x.Skill, Level: x.Level, RelaxSeconds: value(x.RelaxSeconds)}
}
