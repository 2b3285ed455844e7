package wire

import (
	"sori/domain"
	"sori/domain/org"
)

// AgentConnection is a page of agents.
type AgentConnection = Connection[domain.Agent]

// AgentEdge is one of its rows.
type AgentEdge = Edge[domain.Agent]

// CreateAgentInput is an agent to be made.
type CreateAgentInput struct {
	org.AgentDraft
	IdempotencyKey string
}

// UpdateAgentInput changes an agent.
type UpdateAgentInput struct {
	Guard
	org.AgentPatch
}

// ChangedAgent tells of an agent.
func ChangedAgent(x *domain.Agent) *Changed { return &Changed{ID: x.ID, Noun: x} }

// TeamConnection is a page of teams.
type TeamConnection = Connection[domain.Team]

// TeamEdge is one of its rows.
type TeamEdge = Edge[domain.Team]

// CreateTeamInput is a team to be made.
type CreateTeamInput struct {
	org.TeamDraft
	IdempotencyKey string
}

// UpdateTeamInput changes a team.
type UpdateTeamInput struct {
	Guard
	org.TeamPatch
}

// ChangedTeam tells of a team.
func ChangedTeam(x *domain.Team) *Changed { return &Changed{ID: x.ID, Noun: x} }

// SkillConnection is a page of skills.
type SkillConnection = Connection[domain.Skill]

// SkillEdge is one of its rows.
type SkillEdge = Edge[domain.Skill]

// CreateSkillInput is a skill to be made.
type CreateSkillInput struct {
	org.SkillDraft
	IdempotencyKey string
}

// UpdateSkillInput changes a skill.
type UpdateSkillInput struct {
	Guard
	org.SkillPatch
}

// ChangedSkill tells of a skill.
func ChangedSkill(x *domain.Skill) *Changed { return &Changed{ID: x.ID, Noun: x} }

// ShiftConnection is a page of shifts.
type ShiftConnection = Connection[domain.Shift]

// ShiftEdge is one of its rows.
type ShiftEdge = Edge[domain.Shift]

// CreateShiftInput is a shift to be made.
type CreateShiftInput struct {
	org.ShiftDraft
	IdempotencyKey string
}

// UpdateShiftInput changes a shift.
type UpdateShiftInput struct {
	Guard
	org.ShiftPatch
}

// ChangedShift tells of a shift.
func ChangedShift(x *domain.Shift) *Changed { return &Changed{ID: x.ID, Noun: x} }

// QueueConnection is a page of queues.
type QueueConnection = Connection[domain.Queue]

// QueueEdge is one of its rows.
type QueueEdge = Edge[domain.Queue]

// CreateQueueInput is a queue to be made.
type CreateQueueInput struct {
	org.QueueDraft
	IdempotencyKey string
}

// UpdateQueueInput changes a queue.
type UpdateQueueInput struct {
	Guard
	org.QueuePatch
}

// ChangedQueue tells of a queue.
func ChangedQueue(x *domain.Queue) *Changed { return &Changed{ID: x.ID, Noun: x} }

// RouteConnection is a page of routes.
type RouteConnection = Connection[domain.Route]

// RouteEdge is one of its rows.
type RouteEdge = Edge[domain.Route]

// CreateRouteInput is a route to be made.
type CreateRouteInput struct {
	org.RouteDraft
	IdempotencyKey string
}

// UpdateRouteInput changes a route.
type UpdateRouteInput struct {
	Guard
	org.RoutePatch
}

// ChangedRoute tells of a route.
func ChangedRoute(x *domain.Route) *Changed { return &Changed{ID: x.ID, Noun: x} }

// CalendarConnection is a page of calendars.
type CalendarConnection = Connection[domain.Calendar]

// CalendarEdge is one of its rows.
type CalendarEdge = Edge[domain.Calendar]

// CreateCalendarInput is a calendar to be made.
type CreateCalendarInput struct {
	org.CalendarDraft
	IdempotencyKey string
}

// UpdateCalendarInput changes a calendar.
type UpdateCalendarInput struct {
	Guard
	org.CalendarPatch
}

// ChangedCalendar tells of a calendar.
func ChangedCalendar(x *domain.Calendar) *Changed { return &Changed{ID: x.ID, Noun: x} }

// SLAPolicyConnection is a page of SLA policies.
type SLAPolicyConnection = Connection[domain.SLAPolicy]

// SLAPolicyEdge is one of its rows.
type SLAPolicyEdge = Edge[domain.SLAPolicy]

// CreateSLAPolicyInput is an SLA policy to be made.
type CreateSLAPolicyInput struct {
	org.SLAPolicyDraft
	IdempotencyKey string
}

// UpdateSLAPolicyInput changes an SLA policy.
type UpdateSLAPolicyInput struct {
	Guard
	org.SLAPolicyPatch
}

// ChangedSLAPolicy tells of an SLA policy.
func ChangedSLAPolicy(x *domain.SLAPolicy) *Changed { return &Changed{ID: x.ID, Noun: x} }

// ApplyOrgInput is a document that the organisation is to be made to.
type ApplyOrgInput struct {
	Document      string
	DryRun, Prune bool
}
