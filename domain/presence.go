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
	HeartbeatAt time.Time     `json:"heartbeatAt"`         // when the client was last heard of
	IdleSince   time.Time     `json:"idleSince"`           // when the agent was last given or finished work, for the longest idle
	ExpiresAt   *time.Time    `json:"expiresAt,omitempty"` // when the agent goes offline unless heard of again; nil when offline
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

// Presences holds the presences, one an agent.
var Presences = declare[Presence](Spec{
	Name: "presences", Prefix: "prs", Noun: "presence",
	Indexes: []Index{
		{Name: "state", Fields: []string{"state", "idleSince"}},
		{Name: "expires", Fields: []string{"expiresAt"}, Sparse: true},
	},
})

// PresenceID gives the id of an agent's presence.
func PresenceID(agentID string) string {
	_, own, _ := strings.Cut(agentID, "_")
	return Presences.Prefix + "_" + own
}
