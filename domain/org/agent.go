package org

import (
	"context"
	"net/mail"
	"slices"
	"time"

	"sori/domain"
)

// AgentDraft is an agent to be made. Without a Role it is an agent's, without a Capacity domain.FullCapacity.
type AgentDraft struct {
	Key       string
	Name      string
	Email     string
	Role      domain.Role
	Scopes    []domain.Scope
	Teams     []string
	Skills    []domain.AgentSkill
	Languages []string
	Capacity  int
}

// AgentPatch changes an agent. What is nil stays; lists replace all of them. The key never changes: inquiries name it.
type AgentPatch struct {
	Name      *string
	Email     *string
	Role      *domain.Role
	Scopes    *[]domain.Scope
	Teams     *[]string
	Skills    *[]domain.AgentSkill
	Languages *[]string
	Capacity  *int
	Active    *bool
}

// AgentFilter chooses agents. What is empty asks nothing.
type AgentFilter struct {
	Team   string // key
	Active *bool
}

const maxCapacity = 100 * domain.FullCapacity

// agentRoles are the roles that a person at a desk can have.
var agentRoles = []domain.Role{domain.RoleAgent, domain.RoleSupervisor, domain.RoleAdmin}

var agents = domain.Kept[domain.Agent]{
	Collection: domain.Agents, Kind: "agent", Edition: domain.EditionOrg, Read: domain.ScopeOrgRead, Write: domain.ScopeOrgWrite,
	Head:  func(a *domain.Agent) *domain.Doc { return &a.Doc },
	Touch: func(a *domain.Agent, now time.Time) { a.UpdatedAt = now },
	View: func(a *domain.Agent) map[string]any {
		return map[string]any{
			"name": a.Name, "email": a.Email, "role": a.Role, "scopes": a.Scopes, "teams": a.Teams, "skills": a.Skills, "languages": a.Languages,
			"capacity": a.Capacity, "active": a.Active,
		}
	},
	Check: checkAgent, Guard: mayRule,
}

// CreateAgent makes an agent. Invalid names every fault; Duplicate (Field = key) if there is one with the key; Forbidden if the agent would have scopes that the
// actor lacks.
func (s *Service) CreateAgent(ctx context.Context, d AgentDraft) (*domain.Agent, error) {
	return create(ctx, s, agents, maxAgents, func(d *domain.Directory) int { return len(d.Agents) }, &domain.Agent{
		Key: d.Key, Name: d.Name, Email: d.Email, Role: d.Role, Scopes: d.Scopes, Teams: d.Teams, Skills: d.Skills, Languages: d.Languages, Capacity: d.Capacity,
		Active: true, CreatedAt: s.Clock(),
	})
}

// EditAgent changes an agent. version guards it as everywhere. One who leaves is made inactive: the tokens are refused from then on.
func (s *Service) EditAgent(ctx context.Context, id string, version int64, p AgentPatch) (*domain.Agent, error) {
	return edit(ctx, s, agents, id, version, func(a *domain.Agent) {
		domain.SetIf(&a.Name, p.Name)
		domain.SetIf(&a.Email, p.Email)
		domain.SetIf(&a.Role, p.Role)
		domain.SetIf(&a.Scopes, p.Scopes)
		domain.SetIf(&a.Teams, p.Teams)
		domain.SetIf(&a.Skills, p.Skills)
		domain.SetIf(&a.Languages, p.Languages)
		domain.SetIf(&a.Capacity, p.Capacity)
		domain.SetIf(&a.Active, p.Active)
	})
}

// GetAgent reads an agent.
func (s *Service) GetAgent(ctx context.Context, id string) (*domain.Agent, error) {
	return agents.One(ctx, s.Store, id)
}

// ListAgents gives the agents, the oldest first.
func (s *Service) ListAgents(ctx context.Context, f AgentFilter, req domain.PageRequest) (domain.Page[domain.Agent], error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgRead); err != nil {
		return domain.Page[domain.Agent]{}, err
	}
	switch {
	case f.Team != "" && f.Active != nil:
		q, active := domain.Query{Index: "team", Equal: []any{f.Team}}, *f.Active
		label := map[bool]string{true: "active", false: "gone"}[active]
		return domain.Agents.Page(ctx, s.Store, req, label, func(a *domain.Agent) bool { return a.Active == active }, q)
	case f.Team != "":
		return domain.Agents.Page(ctx, s.Store, req, "", nil, domain.Query{Index: "team", Equal: []any{f.Team}})
	case f.Active != nil:
		return domain.Agents.Page(ctx, s.Store, req, "", nil, domain.Query{Index: "active", Equal: []any{*f.Active}})
	}
	return domain.Agents.Page(ctx, s.Store, req, "", nil, domain.Query{Index: "created"})
}

func checkAgent(ctx context.Context, r domain.Reader, a *domain.Agent) error {
	if a.Role == "" {
		a.Role = domain.RoleAgent
	}
	if a.Capacity == 0 {
		a.Capacity = domain.FullCapacity
	}
	a.Scopes, a.Teams, a.Skills, a.Languages = none(a.Scopes), none(a.Teams), none(a.Skills), none(a.Languages)
	c := newChecker(ctx, r)
	if !domain.IsKey(a.Key, agentKeyMarks, maxAgentKey) || a.Key == noneKey {
		c.Add("key", "pattern", "must be 1 to 200 letters, digits and . _ @ + | : / = - beginning with a letter or digit, and not %q", noneKey)
	}
	c.name(&a.Name, a.Key)
	if a.Email != "" {
		if p, err := mail.ParseAddress(a.Email); err != nil || p.Address != a.Email || len(a.Email) > 254 {
			c.Add("email", "format", "is not an e-mail address")
		}
	}
	word(c, "role", a.Role, agentRoles)
	c.within("capacity", a.Capacity, 1, maxCapacity)
	c.languages("languages", a.Languages)
	allKnown(c, domain.Teams, "teams", a.Teams)
	checkAgentSkills(c, a.Skills)
	for i, scope := range a.Scopes {
		if !slices.Contains(domain.ScopesOf(a.Role, string(scope)), scope) {
			c.Add(item("scopes", i), "role", "the role %s cannot have the scope %q", a.Role, domain.Clip(string(scope), 60))
		}
	}
	return c.done()
}

func checkAgentSkills(c *checker, skills []domain.AgentSkill) {
	if len(skills) > maxListed {
		c.Add("skills", "maxItems", "are more than %d", maxListed)
		return
	}
	seen := map[string]bool{}
	for i, s := range skills {
		at := item("skills", i)
		if s.Skill == "" {
			c.Add(at+".skill", "required", "is empty")
		}
		if seen[s.Skill] {
			c.Add(at+".skill", "unique", "is there twice")
		}
		seen[s.Skill] = true
		known(c, domain.Skills, at+".skill", s.Skill)
		c.within(at+".level", s.Level, 1, domain.MaxSkillLevel)
	}
}

// AgentScopes gives what an agent may do with a token that names no role.
func AgentScopes(a *domain.Agent) []domain.Scope {
	if len(a.Scopes) > 0 {
		return a.Scopes
	}
	return domain.ScopesOf(a.Role, "")
}

// mayRule holds that nobody gives, or takes away, what they do not have themselves: a supervisor makes no admin and dismisses none.
func mayRule(ctx context.Context, a *domain.Agent) error {
	actor := domain.ActorFrom(ctx)
	for _, scope := range AgentScopes(a) {
		if !actor.Has(scope) {
			return &domain.Error{Code: domain.Forbidden, Field: "scope", Rule: string(scope), Message: "an agent with the scope " + string(scope) + " is made and changed only by those who have it"}
		}
	}
	return nil
}
