package org

import (
	"context"
	"time"

	"sori/domain"
)

// RouteDraft is a route to be made.
type RouteDraft struct {
	Key        string
	Name       string
	Order      int
	Conditions domain.RouteConditions
	Steps      []domain.RouteStep
}

// RoutePatch changes a route. What is nil stays; Conditions and Steps replace all of them. The key never changes.
type RoutePatch struct {
	Name       *string
	Order      *int
	Active     *bool
	Conditions *domain.RouteConditions
	Steps      *[]domain.RouteStep
}

const maxSteps = 20

var routes = domain.Kept[domain.Route]{
	Collection: domain.Routes, Kind: "route", Edition: domain.EditionOrg, Read: domain.ScopeOrgRead, Write: domain.ScopeOrgWrite,
	Head:  func(x *domain.Route) *domain.Doc { return &x.Doc },
	Touch: func(x *domain.Route, now time.Time) { x.UpdatedAt = now },
	View: func(x *domain.Route) map[string]any {
		return map[string]any{"name": x.Name, "order": x.Order, "active": x.Active, "conditions": x.Conditions, "steps": x.Steps}
	},
	Check: checkRoute,
}

// CreateRoute makes a route. Invalid names every fault; Duplicate (Field = key) if there is one with the key.
func (s *Service) CreateRoute(ctx context.Context, d RouteDraft) (*domain.Route, error) {
	return create(ctx, s, routes, maxThings, func(d *domain.Directory) int { return len(d.Routes) }, &domain.Route{
		Key: d.Key, Name: d.Name, Order: d.Order, Active: true, Conditions: d.Conditions, Steps: d.Steps, CreatedAt: s.Clock(),
	})
}

// EditRoute changes a route. version guards it as everywhere.
func (s *Service) EditRoute(ctx context.Context, id string, version int64, p RoutePatch) (*domain.Route, error) {
	return edit(ctx, s, routes, id, version, func(x *domain.Route) {
		domain.SetIf(&x.Name, p.Name)
		domain.SetIf(&x.Order, p.Order)
		domain.SetIf(&x.Active, p.Active)
		domain.SetIf(&x.Conditions, p.Conditions)
		domain.SetIf(&x.Steps, p.Steps)
	})
}

// DeleteRoute removes a route.
func (s *Service) DeleteRoute(ctx context.Context, id string) error {
	return remove(ctx, s, routes, id)
}

// GetRoute reads a route.
func (s *Service) GetRoute(ctx context.Context, id string) (*domain.Route, error) {
	return routes.One(ctx, s.Store, id)
}

// ListRoutes gives the routes in the order in which they are tried.
func (s *Service) ListRoutes(ctx context.Context, req domain.PageRequest) (domain.Page[domain.Route], error) {
	return routes.List(ctx, s.Store, req, domain.Query{Index: "order"})
}

func checkRoute(ctx context.Context, r domain.Reader, x *domain.Route) error {
	c := newChecker(ctx, r)
	c.key(x.Key)
	c.name(&x.Name, x.Key)
	c.within("order", x.Order, -maxOrder, maxOrder)
	checkRouteConditions(c, &x.Conditions)
	if n := len(x.Steps); n == 0 || n > maxSteps {
		c.Add("steps", "items", "must be 1 to %d", maxSteps)
	} else {
		for i := range x.Steps {
			checkStep(c, item("steps", i), &x.Steps[i])
		}
	}
	return c.done()
}

func checkRouteConditions(c *checker, x *domain.RouteConditions) {
	allKnown(c, domain.InquiryTypes, "conditions.types", x.Types)
	c.listed("conditions.tiers", x.Tiers)
	oneOf(c, "conditions.channels", x.Channels, domain.Channels)
	allKnown(c, domain.Accounts, "conditions.accounts", x.Accounts)
	c.languages("conditions.languages", x.Languages)
	c.listed("conditions.tags", x.Tags)
	allKnown(c, domain.Queues, "conditions.queues", x.Queues)
	oneOf(c, "conditions.priorities", x.Priorities, domain.Priorities)
	c.within("conditions.waitedSeconds", x.WaitedSeconds, 0, maxSeconds)
}

func checkStep(c *checker, at string, s *domain.RouteStep) {
	if s.Queue == "" {
		c.Add(at+".queue", "required", "is empty")
	}
	known(c, domain.Queues, at+".queue", s.Queue)
	known(c, domain.Agents, at+".agent", s.Agent)
	known(c, domain.Teams, at+".team", s.Team)
	if s.Agent != "" && s.Team != "" {
		c.Add(at+".team", "conflict", "cannot go with an agent")
	}
	c.within(at+".priority", s.Priority, 0, domain.MaxRoutePriority)
	c.within(at+".timeoutSeconds", s.TimeoutSeconds, 0, maxSeconds)
	if len(s.Skills) > maxListed {
		c.Add(at+".skills", "maxItems", "are more than %d", maxListed)
		return
	}
	seen := map[string]bool{}
	for i, need := range s.Skills {
		of := item(at+".skills", i)
		if need.Skill == "" {
			c.Add(of+".skill", "required", "is empty")
		}
		if seen[need.Skill] {
			c.Add(of+".skill", "unique", "is there twice")
		}
		seen[need.Skill] = true
		known(c, domain.Skills, of+".skill", need.Skill)
		c.within(of+".level", need.Level, 1, domain.MaxSkillLevel)
		c.within(of+".relaxSeconds", need.RelaxSeconds, 0, maxSeconds)
	}
}
