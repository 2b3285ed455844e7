package wire

import (
	"sori/domain"
	"sori/domain/routing"
)

// PresenceConnection is a page of presences.
type PresenceConnection = Connection[domain.Presence]

// PresenceEdge is one of its rows.
type PresenceEdge = Edge[domain.Presence]

// SetPresenceInput says what an agent is doing.
type SetPresenceInput struct {
	AgentID string
	State   domain.PresenceState
	Reason  string
}

// HeartbeatInput says that an agent's client is alive.
type HeartbeatInput struct{ AgentID string }

// ChangedPresence tells of a presence, which is known by its agent.
func ChangedPresence(p *domain.Presence) *Changed { return &Changed{ID: p.AgentID(), Noun: p} }

// UpdateRoutingSettingsInput changes the settings, of which there is one document.
type UpdateRoutingSettingsInput struct {
	Version int64
	routing.SettingsPatch
	IdempotencyKey string
}

// ChangedRoutingSettings tells of the settings of routing.
func ChangedRoutingSettings(s *domain.RoutingSettings) *Changed { return &Changed{ID: s.ID, Noun: s} }

// TakeNextInput names the queue of which the next is taken.
type TakeNextInput struct{ QueueID, IdempotencyKey string }

// AcceptOfferInput names the inquiry that is taken.
type AcceptOfferInput struct{ InquiryID, IdempotencyKey string }

// RejectOfferInput names the inquiry that is given back.
type RejectOfferInput struct{ InquiryID, Reason, IdempotencyKey string }

// SimulationConnection is a page of simulations.
type SimulationConnection = Connection[domain.Simulation]

// SimulationEdge is one of its rows.
type SimulationEdge = Edge[domain.Simulation]

// SimulateRoutingInput asks for a simulation.
type SimulateRoutingInput struct {
	routing.SimulationDraft
	IdempotencyKey string
}

// ChangedSimulation tells of a simulation.
func ChangedSimulation(s *domain.Simulation) *Changed { return &Changed{ID: s.ID, Noun: s} }
