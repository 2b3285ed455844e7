package domain

import "time"

// Agent is a person who works on inquiries. Its Key is the subject of the tokens that let the agent in, and what an inquiry's assignee names.
type Agent struct {
	Doc       `json:",inline"`
	Key       string       `json:"key"`
	Name      string       `json:"name"`
	Email     string       `json:"email,omitempty"`
	Role      Role         `json:"role"`             // of tokens that name no role of their own
	Scopes    []Scope      `json:"scopes,omitempty"` // likewise; none are those of the role
	Teams     []string     `json:"teams,omitempty"`  // keys
	Skills    []AgentSkill `json:"skills,omitempty"`
	Languages []string     `json:"languages,omitempty"` // BCP 47
	Capacity  int          `json:"capacity"`            // units of work at once, FullCapacity unless said otherwise
	Active    bool         `json:"active"`              // false: has left; work is handed over and tokens are refused
	CreatedAt time.Time    `json:"createdAt"`
	UpdatedAt time.Time    `json:"updatedAt"`
}

// AgentSkill says how well an agent can do something.
type AgentSkill struct {
	Skill string `json:"skill"` // key
	Level int    `json:"level"` // 1 to MaxSkillLevel
}

const (
	// FullCapacity is what one agent has: a call takes all of it, a mail a tenth.
	FullCapacity = 100
	// MaxSkillLevel is the best that one can be at something.
	MaxSkillLevel = 10
)

// SkillLevel gives how well the agent can do something, 0 for not at all.
func (a *Agent) SkillLevel(skill string) int {
	for _, s := range a.Skills {
		if s.Skill == skill {
			return s.Level
		}
	}
	return 0
}

// Agents holds the agents.
var Agents = declare[Agent](Spec{
	Name: "agents", Prefix: "agt", Noun: "agent",
	Indexes: []Index{
		{Name: "key", Fields: []string{"key"}, Unique: true},
		{Name: "created", Fields: []string{"createdAt"}},
		{Name: "active", Fields: []string{"active", "createdAt"}},
		{Name: "team", Fields: []string{"teams", "createdAt"}, Sparse: true},
	},
})

// Team is a group of agents.
type Team struct {
	Doc       `json:",inline"`
	Key       string    `json:"key"`
	Name      string    `json:"name"`
	Active    bool      `json:"active"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// Teams holds the teams.
var Teams = declare[Team](Spec{
	Name: "teams", Prefix: "tea", Noun: "team",
	Indexes: []Index{
		{Name: "key", Fields: []string{"key"}, Unique: true},
		{Name: "created", Fields: []string{"createdAt"}},
	},
})

// Skill is something that agents can do and that inquiries need: a language, a product, a licence.
type Skill struct {
	Doc       `json:",inline"`
	Key       string    `json:"key"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// Skills holds the skills.
var Skills = declare[Skill](Spec{
	Name: "skills", Prefix: "skl", Noun: "skill",
	Indexes: []Index{
		{Name: "key", Fields: []string{"key"}, Unique: true},
		{Name: "created", Fields: []string{"createdAt"}},
	},
})

// Shift is a time for which an agent is planned to work.
type Shift struct {
	Doc       `json:",inline"`
	Agent     string    `json:"agent"` // key
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`               // exclusive
	Queues    []string  `json:"queues,omitempty"` // keys of those served in it; none is all that the agent serves
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// MaxShift is the longest shift.
const MaxShift = 24 * time.Hour

// Shifts holds the shifts.
var Shifts = declare[Shift](Spec{
	Name: "shifts", Prefix: "shf", Noun: "shift",
	Indexes: []Index{
		{Name: "from", Fields: []string{"from"}},
		{Name: "agent", Fields: []string{"agent", "from"}},
	},
})
