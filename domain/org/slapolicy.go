package org

import (
	"context"
	"slices"
	"time"

	"sori/domain"
)

// SLAPolicyDraft is a policy to be made.
type SLAPolicyDraft struct {
	Key         string
	Name        string
	Order       int
	Conditions  domain.SLAConditions
	Calendar    string
	Targets     []domain.SLATarget
	Escalations []domain.SLAEscalation
}

// SLAPolicyPatch changes a policy. What is nil stays; Conditions, Targets and Escalations replace all of them; an empty Calendar takes it away. The key never changes.
type SLAPolicyPatch struct {
	Name        *string
	Order       *int
	Active      *bool
	Conditions  *domain.SLAConditions
	Calendar    *string
	Targets     *[]domain.SLATarget
	Escalations *[]domain.SLAEscalation
}

var policies = domain.Kept[domain.SLAPolicy]{
	Collection: domain.SLAPolicies, Kind: "slaPolicy", Edition: domain.EditionOrg, Read: domain.ScopeOrgRead, Write: domain.ScopeOrgWrite,
	Head:  func(p *domain.SLAPolicy) *domain.Doc { return &p.Doc },
	Touch: func(p *domain.SLAPolicy, now time.Time) { p.UpdatedAt = now },
	View: func(p *domain.SLAPolicy) map[string]any {
		return map[string]any{
			"name": p.Name, "order": p.Order, "active": p.Active, "conditions": p.Conditions, "calendar": p.Calendar, "targets": p.Targets, "escalations": p.Escalations,
		}
	},
	Check: checkPolicy,
}

// CreateSLAPolicy makes a policy. Invalid names every fault; Duplicate (Field = key) if there is one with the key.
func (s *Service) CreateSLAPolicy(ctx context.Context, d SLAPolicyDraft) (*domain.SLAPolicy, error) {
	return create(ctx, s, policies, maxThings, func(d *domain.Directory) int { return len(d.Policies) }, &domain.SLAPolicy{
		Key: d.Key, Name: d.Name, Order: d.Order, Active: true, Conditions: d.Conditions, Calendar: d.Calendar, Targets: d.Targets, Escalations: d.Escalations,
		CreatedAt: s.Clock(),
	})
}

// EditSLAPolicy changes a policy. version guards it as everywhere.
func (s *Service) EditSLAPolicy(ctx context.Context, id string, version int64, p SLAPolicyPatch) (*domain.SLAPolicy, error) {
	return edit(ctx, s, policies, id, version, func(x *domain.SLAPolicy) {
		domain.SetIf(&x.Name, p.Name)
		domain.SetIf(&x.Order, p.Order)
		domain.SetIf(&x.Active, p.Active)
		domain.SetIf(&x.Conditions, p.Conditions)
		domain.SetIf(&x.Calendar, p.Calendar)
		domain.SetIf(&x.Targets, p.Targets)
		domain.SetIf(&x.Escalations, p.Escalations)
	})
}

// DeleteSLAPolicy removes a policy.
func (s *Service) DeleteSLAPolicy(ctx context.Context, id string) error {
	return remove(ctx, s, policies, id)
}

// GetSLAPolicy reads a policy.
func (s *Service) GetSLAPolicy(ctx context.Context, id string) (*domain.SLAPolicy, error) {
	return policies.One(ctx, s.Store, id)
}

// ListSLAPolicies gives the policies in the order in which they are tried.
func (s *Service) ListSLAPolicies(ctx context.Context, req domain.PageRequest) (domain.Page[domain.SLAPolicy], error) {
	return policies.List(ctx, s.Store, req, domain.Query{Index: "order"})
}

func checkPolicy(ctx context.Context, r domain.Reader, p *domain.SLAPolicy) error {
	p.Escalations = none(p.Escalations)
	c := newChecker(ctx, r)
	c.key(p.Key)
	c.name(&p.Name, p.Key)
	c.within("order", p.Order, -maxOrder, maxOrder)
	known(c, domain.Calendars, "calendar", p.Calendar)
	allKnown(c, domain.Queues, "conditions.queues", p.Conditions.Queues)
	allKnown(c, domain.InquiryTypes, "conditions.types", p.Conditions.Types)
	c.listed("conditions.tiers", p.Conditions.Tiers)
	oneOf(c, "conditions.channels", p.Conditions.Channels, domain.Channels)
	oneOf(c, "conditions.priorities", p.Conditions.Priorities, domain.Priorities)
	checkTargets(c, p.Targets)
	if len(p.Escalations) > maxListed {
		c.Add("escalations", "maxItems", "are more than %d", maxListed)
		return c.done()
	}
	for i := range p.Escalations {
		checkEscalation(c, item("escalations", i), &p.Escalations[i])
	}
	return c.done()
}

func checkTargets(c *checker, targets []domain.SLATarget) {
	if len(targets) == 0 {
		c.Add("targets", "required", "a policy promises something")
	}
	seen := map[domain.SLAClockKind]bool{}
	for i, t := range targets {
		at := item("targets", i)
		word(c, at+".clock", t.Clock, domain.SLAClockKinds)
		if seen[t.Clock] {
			c.Add(at+".clock", "unique", "is there twice")
		}
		seen[t.Clock] = true
		c.within(at+".seconds", t.Seconds, 1, maxSeconds)
		if t.WarnSeconds < 0 || t.WarnSeconds > 0 && t.WarnSeconds >= t.Seconds {
			c.Add(at+".warnSeconds", "range", "must be less than seconds, and not less than 0")
		}
	}
}

func checkEscalation(c *checker, at string, e *domain.SLAEscalation) {
	word(c, at+".at", e.At, domain.SLAMoments)
	oneOf(c, at+".clocks", e.Clocks, domain.SLAClockKinds)
	known(c, domain.Queues, at+".queue", e.Queue)
	known(c, domain.Teams, at+".team", e.Team)
	known(c, domain.Agents, at+".agent", e.Agent)
	allKnown(c, domain.Agents, at+".notify", e.Notify)
	c.listed(at+".tags", e.Tags)
	if e.Agent != "" && (e.Team != "" || e.Unassign) {
		c.Add(at+".agent", "conflict", "cannot go with a team or unassign")
	}
	acts := e.Raise || e.Unassign || e.Queue != "" || e.Team != "" || e.Agent != "" || len(e.Notify) > 0 || len(e.Tags) > 0
	if !acts {
		c.Add(at, "required", "does nothing: raise, queue, team, agent, unassign, notify or tags")
	}
	if slices.Contains(e.Notify, e.Agent) && e.Agent != "" {
		c.Add(at+".notify", "unique", "names the agent who is given the inquiry, and so is told")
	}
}
