package domain

import "time"

// Simulation is routing tried on inquiries of other days, or on another setting.
type Simulation struct {
	Doc        `json:",inline"`
	State      SimulationState   `json:"state"`
	Reason     string            `json:"reason,omitempty"` // why it failed
	Progress   float64           `json:"progress"`         // 0 to 1
	Plan       string            `json:"plan,omitempty"`   // what was asked for, as JSON, until it is done
	Report     *SimulationReport `json:"report,omitempty"`
	CreatedAt  time.Time         `json:"createdAt"`
	FinishedAt *time.Time        `json:"finishedAt,omitempty"`
}

// SimulationState is how far a simulation is.
type SimulationState string

// The states of a simulation.
const (
	SimulationRunning SimulationState = "running"
	SimulationDone    SimulationState = "done"
	SimulationFailed  SimulationState = "failed"
)

// SimulationReport is what came out.
type SimulationReport struct {
	From           time.Time          `json:"from"` // of the first inquiry
	To             time.Time          `json:"to"`   // of the last thing that happened
	ServiceSeconds int                `json:"serviceSeconds"`
	All            WaitReport         `json:"all"`
	Queues         []*NamedWaitReport `json:"queues,omitempty"`
	Tiers          []*NamedWaitReport `json:"tiers,omitempty"`
	Agents         []*AgentLoadReport `json:"agents,omitempty"`
}

// WaitReport tells how long customers waited until an agent began, in seconds.
type WaitReport struct {
	Inquiries    int     `json:"inquiries"`
	Served       int     `json:"served"` // the others were still waiting at the end
	MeanSeconds  float64 `json:"meanSeconds"`
	P50Seconds   float64 `json:"p50Seconds"`
	P90Seconds   float64 `json:"p90Seconds"`
	MaxSeconds   float64 `json:"maxSeconds"`
	ServiceLevel float64 `json:"serviceLevel"` // part of all inquiries that were begun within ServiceSeconds
	Occupancy    float64 `json:"occupancy"`    // part of their time that the agents who may serve them were at work
}

// NamedWaitReport is a WaitReport of one queue or class.
type NamedWaitReport struct {
	Name       string `json:"name"`
	WaitReport `json:",inline"`
}

// AgentLoadReport tells how much one agent had to do.
type AgentLoadReport struct {
	Agent         string  `json:"agent"` // key
	Handled       int     `json:"handled"`
	OnlineSeconds float64 `json:"onlineSeconds"`
	BusySeconds   float64 `json:"busySeconds"`
	Occupancy     float64 `json:"occupancy"` // BusySeconds by OnlineSeconds
}

// Simulations holds the simulations.
var Simulations = declare[Simulation](Spec{
	Name: "simulations", Prefix: "sim", Noun: "simulation",
	Indexes: []Index{{Name: "created", Fields: []string{"createdAt"}}},
})

// EventSimulationDone tells that a simulation has come to its end.
const (
	EventSimulationDone   = "simulation.done"
	EventSimulationFailed = "simulation.failed"
)
