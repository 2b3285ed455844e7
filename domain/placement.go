package domain

import (
	"slices"
	"time"
)

// Placement is an inquiry's wait for an agent: the route that it follows, the queue it stands in, and who is asked to take it. There is one for every open
// inquiry that nobody has, under an id made from the inquiry's. It is a document of its own so that steps and offers do not count as changes of the inquiry.
type Placement struct {
	Doc       `json:",inline"`
	InquiryID string         `json:"inquiryId"`
	State     PlacementState `json:"state"`

	// What decides the way, as the inquiry had it when it was last looked at.
	CustomerID string   `json:"customerId"`
	Type       string   `json:"type,omitempty"`
	Tier       string   `json:"tier,omitempty"`
	Channel    Channel  `json:"channel"`
	Account    string   `json:"account,omitempty"`
	Language   string   `json:"language,omitempty"`
	Tags       []string `json:"tags,omitempty"`
	Urgency    Priority `json:"urgency"`
	Home       string   `json:"home,omitempty"`   // the queue that a rule or a person chose
	Chosen     string   `json:"chosen,omitempty"` // the team that a person chose
	Known      string   `json:"known,omitempty"`  // the agent who last dealt with the customer

	// Where it stands.
	Route    string      `json:"route,omitempty"` // key; none if no route holds
	Step     int         `json:"step"`
	StepAt   time.Time   `json:"stepAt"` // when the step began
	Queue    string      `json:"queue"`
	Agent    string      `json:"agent,omitempty"` // this agent alone
	Team     string      `json:"team,omitempty"`  // this team's agents alone
	Skills   []SkillNeed `json:"skills,omitempty"`
	Best     bool        `json:"best,omitempty"`
	Priority int         `json:"priority"`
	Rank     int         `json:"rank"`  // the place in the queue: the lower is served first, equal ones by Since
	Since    time.Time   `json:"since"` // when it began to wait for an agent

	Offer    *Offer     `json:"offer,omitempty"`
	Refusals []Refusal  `json:"refusals,omitempty"`
	NextAt   *time.Time `json:"nextAt,omitempty"` // when it must be looked at again; nil is when something happens
}

// PlacementState is what an inquiry waits for.
type PlacementState string

// The states of a placement. It is gone when the inquiry has an agent, or needs none.
const (
	PlacementHeld    PlacementState = "held"    // triage decides first
	PlacementWaiting PlacementState = "waiting" // for an agent who is free
	PlacementOffered PlacementState = "offered" // for an agent's answer
)

// Offer asks an agent to take an inquiry.
type Offer struct {
	Agent string    `json:"agent"` // key
	At    time.Time `json:"at"`
	Until time.Time `json:"until"`
}

// Refusal keeps an inquiry from being offered to the same agent again at once.
type Refusal struct {
	Agent string    `json:"agent"`
	Until time.Time `json:"until"`
}

// Placements holds the placements.
var Placements = declare[Placement](Spec{
	Name: "placements", Prefix: "plc", Noun: "placement",
	Indexes: []Index{
		{Name: "queue", Fields: []string{"queue", "state", "rank", "since"}},
		{Name: "waits", Fields: []string{"queue", "state", "since"}},
		{Name: "state", Fields: []string{"state", "since"}},
		{Name: "due", Fields: []string{"nextAt"}, Sparse: true},
	},
})

// PlacementID gives the id of an inquiry's placement.
func PlacementID(inquiryID string) string { return siblingID(Placements.Prefix, inquiryID) }

// Rerank sets the place in the queue: the step's priority decides, then the inquiry's own.
func (p *Placement) Rerank() {
	urgency := max(0, slices.Index(Priorities, p.Urgency))
	p.Rank = (MaxRoutePriority-p.Priority)*len(Priorities) + len(Priorities) - 1 - urgency
}

// Refuses reports whether the inquiry is not to be offered to an agent at a time.
func (p *Placement) Refuses(agent string, now time.Time) bool {
	return slices.ContainsFunc(p.Refusals, func(r Refusal) bool { return r.Agent == agent && now.Before(r.Until) })
}

// Refuse keeps the inquiry from an agent for a while, and forgets refusals that are over.
func (p *Placement) Refuse(agent string, until, now time.Time) {
	p.Refusals = slices.DeleteFunc(slices.Clone(p.Refusals), func(r Refusal) bool { return r.Agent == agent || !now.Before(r.Until) })
	p.Refusals = append(p.Refusals, Refusal{Agent: agent, Until: until})
}

// Acquaintance is the agent who last dealt with a customer. There is one a customer, under an id made from the customer's.
type Acquaintance struct {
	Doc   `json:",inline"`
	Agent string    `json:"agent"` // key
	At    time.Time `json:"at"`
}

// Acquaintances holds the acquaintances.
var Acquaintances = declare[Acquaintance](Spec{Name: "acquaintances", Prefix: "acq", Noun: "acquaintance"})

// AcquaintanceID gives the id of a customer's acquaintance.
func AcquaintanceID(customerID string) string { return siblingID(Acquaintances.Prefix, customerID) }
