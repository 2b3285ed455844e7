package domain

import "time"

// Queue is where inquiries wait for an agent.
type Queue struct {
	Doc          `json:",inline"`
	Key          string        `json:"key"`
	Name         string        `json:"name"`
	Mode         QueueMode     `json:"mode"`
	Strategy     QueueStrategy `json:"strategy"`
	Teams        []string      `json:"teams,omitempty"`    // keys of those who serve it; none is every agent
	Calendar     string        `json:"calendar,omitempty"` // key; outside of its hours nothing is given out; none is always
	OfferSeconds int           `json:"offerSeconds"`       // how long an agent may take to accept; 0 gives without asking
	Active       bool          `json:"active"`
	CreatedAt    time.Time     `json:"createdAt"`
	UpdatedAt    time.Time     `json:"updatedAt"`
}

// QueueMode says how work leaves a queue.
type QueueMode string

// The modes.
const (
	QueuePush QueueMode = "push" // it is given to agents as they are free
	QueuePull QueueMode = "pull" // agents ask for the next
)

// QueueModes lists every mode.
var QueueModes = []QueueMode{QueuePush, QueuePull}

// QueueStrategy says which of several free agents is given the work.
type QueueStrategy string

// The strategies. Each prefers, before all, the better skilled for classes that are favoured.
const (
	StrategyLongestIdle QueueStrategy = "longest_idle"
	StrategyLeastLoaded QueueStrategy = "least_loaded"
	StrategyLastAgent   QueueStrategy = "last_agent" // who knew the customer, else the longest idle
)

// QueueStrategies lists every strategy.
var QueueStrategies = []QueueStrategy{StrategyLongestIdle, StrategyLeastLoaded, StrategyLastAgent}

// DefaultQueue is the key of the queue that takes what no route takes. A new store has it.
const DefaultQueue = "default"

// Queues holds the queues.
var Queues = declare[Queue](Spec{
	Name: "queues", Prefix: "que", Noun: "queue",
	Indexes: []Index{
		{Name: "key", Fields: []string{"key"}, Unique: true},
		{Name: "created", Fields: []string{"createdAt"}},
	},
})

// Route brings inquiries to agents. Routes are tried in their order; the first whose conditions all hold takes the inquiry through its steps.
type Route struct {
	Doc        `json:",inline"`
	Key        string          `json:"key"`
	Name       string          `json:"name"`
	Order      int             `json:"order"` // the lower is tried first; equal ones by age
	Active     bool            `json:"active"`
	Conditions RouteConditions `json:"conditions"`
	Steps      []RouteStep     `json:"steps"` // at least one
	CreatedAt  time.Time       `json:"createdAt"`
	UpdatedAt  time.Time       `json:"updatedAt"`
}

// RouteConditions are all that must hold. In a list one is enough; an empty list asks nothing.
type RouteConditions struct {
	Types         []string   `json:"types,omitempty"` // keys; that of a parent holds for those below it
	Tiers         []string   `json:"tiers,omitempty"`
	Channels      []Channel  `json:"channels,omitempty"`
	Accounts      []string   `json:"accounts,omitempty"`
	Languages     []string   `json:"languages,omitempty"` // BCP 47; "en" holds for "en-GB"
	Tags          []string   `json:"tags,omitempty"`
	Queues        []string   `json:"queues,omitempty"` // where a rule or a person has put it
	Priorities    []Priority `json:"priorities,omitempty"`
	WaitedSeconds int        `json:"waitedSeconds,omitempty"` // it has waited for an agent for at least so long
}

// RouteStep is one try to find an agent. When its time is over the next begins; the last stays.
type RouteStep struct {
	Queue          string      `json:"queue"`
	Agent          string      `json:"agent,omitempty"` // this agent alone
	Team           string      `json:"team,omitempty"`  // this team's agents alone
	Priority       int         `json:"priority"`        // within the queue, the higher first; 0 to MaxRoutePriority
	Skills         []SkillNeed `json:"skills,omitempty"`
	TimeoutSeconds int         `json:"timeoutSeconds,omitempty"` // 0 is no end
	Best           bool        `json:"best,omitempty"`           // the best skilled of the free agents, whatever the queue's strategy
}

// SkillNeed is a skill that an agent must have for the work.
type SkillNeed struct {
	Skill        string `json:"skill"`                  // key
	Level        int    `json:"level"`                  // at least; 1 to MaxSkillLevel
	RelaxSeconds int    `json:"relaxSeconds,omitempty"` // each time so long has been waited, a level less is enough, and at last none; 0 never
}

// MaxRoutePriority is the highest priority of a step.
const MaxRoutePriority = 100

// Routes holds the routes.
var Routes = declare[Route](Spec{
	Name: "routes", Prefix: "rte", Noun: "route",
	Indexes: []Index{
		{Name: "key", Fields: []string{"key"}, Unique: true},
		{Name: "order", Fields: []string{"order"}},
	},
})
