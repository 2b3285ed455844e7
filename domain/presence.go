package domain

import (
	"strings"
	"time"
)

// Presence says whether an agent can be given work now. An agent whose client has not been heard of for PresenceTimeout is offline.
type Presence struct {
	Doc         `json:",inline"`
	Agent       string        `json:"agent"` // key
	State       PresenceState `json:"state"`
	Reason      string        `json:"reason,omitempty"`
	Since       time.Time     `json:"since"`               // of the state
	Until       *time.Time    `json:"until,omitempty"`     // when wrap-up ends by itself
	HeartbeatAt time.Time     `json:"heartbeatAt"`         // when the client was last heard of, to a third of PresenceTimeout
	ExpiresAt   *time.Time    `json:"expiresAt,omitempty"` // when the state ends by itself: wrap-up's end, or silence; nil when offline
}

// PresenceState is what an agent is doing.
type PresenceState string

// The states of an agent. Only who is online is given work.
const (
	PresenceOnline  PresenceState = "online"
	PresenceAway    PresenceState = "away"
	PresenceBusy    PresenceState = "busy"
	PresenceWrapUp  PresenceState = "wrap_up" // noting down what the last call came to
	PresenceOffline PresenceState = "offline"
)

// PresenceStates lists every state.
var PresenceStates = []PresenceState{PresenceOnline, PresenceAway, PresenceBusy, PresenceWrapUp, PresenceOffline}

// PresenceTimeout is how long an agent stays in a state without being heard of. Clients send a heartbeat every third of it.
const PresenceTimeout = 90 * time.Second

// Reasons that the program itself gives for a state.
const (
	ReasonSilent     = "silent"     // nothing was heard of the client
	ReasonUnanswered = "unanswered" // offers were let pass
)

// EventPresenceChanged tells that an agent's state is another.
const EventPresenceChanged = "agent.presence_changed"

// Presences holds the presences, one an agent.
var Presences = declare[Presence](Spec{
	Name: "presences", Prefix: "prs", Noun: "presence",
	Indexes: []Index{
		{Name: "state", Fields: []string{"state", "since"}},
		{Name: "expires", Fields: []string{"expiresAt"}, Sparse: true},
	},
})

// PresenceID gives the id of an agent's presence.
func PresenceID(agentID string) string { return siblingID(Presences.Prefix, agentID) }

// AgentID gives the id of the agent whose presence it is.
func (p *Presence) AgentID() string { return siblingID(Agents.Prefix, p.ID) }

// siblingID gives the id of a document that there is one of for each of another noun's.
func siblingID(prefix, id string) string {
	_, own, _ := strings.Cut(id, "_")
	return prefix + "_" + own
}

// There reports whether the agent is at the desk, whether free for new work or not.
func (p *Presence) There() bool { return p != nil && p.State != PresenceOffline }

// Enter puts the agent into a state at a time. wrapUp is how long wrap-up lasts.
func (p *Presence) Enter(state PresenceState, reason string, wrapUp time.Duration, now time.Time) {
	if state != p.State {
		p.Since = now
	}
	p.State, p.Reason, p.Until = state, reason, nil
	if state == PresenceWrapUp && wrapUp > 0 {
		p.Until = InstantPtr(now.Add(wrapUp))
	}
	p.Hear(now)
}

// Hear notes that the client was heard of.
func (p *Presence) Hear(now time.Time) {
	p.HeartbeatAt, p.ExpiresAt = now, nil
	if p.State == PresenceOffline {
		return
	}
	p.ExpiresAt = InstantPtr(now.Add(PresenceTimeout))
	if p.Until != nil && p.Until.Before(*p.ExpiresAt) {
		p.ExpiresAt = p.Until
	}
}

// Lapse ends what has ended by itself at a time, and reports whether the state changed: silence makes offline, the end of wrap-up online.
func (p *Presence) Lapse(now time.Time) bool {
	silent := !now.Before(p.HeartbeatAt.Add(PresenceTimeout))
	switch {
	case p.State == PresenceOffline:
		return false
	case silent:
		p.State, p.Reason, p.Since, p.Until, p.ExpiresAt = PresenceOffline, ReasonSilent, now, nil, nil
		return true
	case p.Until != nil && !now.Before(*p.Until):
		p.State, p.Reason, p.Since, p.Until = PresenceOnline, "", now, nil
		p.ExpiresAt = InstantPtr(p.HeartbeatAt.Add(PresenceTimeout))
		return true
	}
	return false
}
