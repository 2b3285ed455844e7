package domain

import (
	"cmp"
	"context"
	"slices"
)

// Directory is the whole organisation as one edition of it stands: what routing, service levels and tokens are decided by. It is shared and must not be changed;
// neither may what it gives. NewDirectory keeps one.
type Directory struct {
	Agents   []*Agent // the oldest first, those who have left too
	Teams    []*Team
	Skills   []*Skill
	Queues   []*Queue
	Routes   []*Route     // in the order in which they are tried, those that are not active too
	Policies []*SLAPolicy // likewise

	Calendars []*Calendar

	agents    map[string]*Agent
	agentIDs  map[string]*Agent
	teams     map[string]*Team
	skills    map[string]*Skill
	queues    map[string]*Queue
	calendars map[string]*Calendar
	members   map[string][]*Agent
}

// NewDirectory keeps the organisation in memory, at most half a second old: in the steady state reading it costs no read of the store but one small document twice a second.
func NewDirectory(store Reader, clock Clock) *Snapshot[Directory] {
	return &Snapshot[Directory]{Edition: EditionOrg, Store: store, Clock: clock, Load: LoadDirectory}
}

// LoadDirectory reads the whole organisation.
func LoadDirectory(ctx context.Context, r Reader) (*Directory, error) {
	d := &Directory{}
	for _, load := range []func() error{
		func() (err error) { d.Agents, err = Agents.Find(ctx, r, Query{Index: "created"}); return },
		func() (err error) { d.Teams, err = Teams.Find(ctx, r, Query{Index: "created"}); return },
		func() (err error) { d.Skills, err = Skills.Find(ctx, r, Query{Index: "created"}); return },
		func() (err error) { d.Queues, err = Queues.Find(ctx, r, Query{Index: "created"}); return },
		func() (err error) { d.Routes, err = Routes.Find(ctx, r, Query{Index: "order"}); return },
		func() (err error) { d.Calendars, err = Calendars.Find(ctx, r, Query{Index: "created"}); return },
		func() (err error) { d.Policies, err = SLAPolicies.Find(ctx, r, Query{Index: "order"}); return },
	} {
		if err := load(); err != nil {
			return nil, err
		}
	}
	d.index()
	return d, nil
}

// MakeDirectory gives the directory of an organisation that is not, or not yet, the stored one: a changed configuration that is tried. It brings routes and policies into
// their order.
func MakeDirectory(d Directory) *Directory {
	d.Routes, d.Policies = slices.Clone(d.Routes), slices.Clone(d.Policies)
	slices.SortStableFunc(d.Routes, func(a, b *Route) int { return cmp.Compare(a.Order, b.Order) })
	slices.SortStableFunc(d.Policies, func(a, b *SLAPolicy) int { return cmp.Compare(a.Order, b.Order) })
	d.index()
	return &d
}

func (d *Directory) index() {
	d.agents = byKey(d.Agents, func(a *Agent) string { return a.Key })
	d.agentIDs = byKey(d.Agents, func(a *Agent) string { return a.ID })
	d.teams = byKey(d.Teams, func(t *Team) string { return t.Key })
	d.skills = byKey(d.Skills, func(s *Skill) string { return s.Key })
	d.queues = byKey(d.Queues, func(q *Queue) string { return q.Key })
	d.calendars = byKey(d.Calendars, func(c *Calendar) string { return c.Key })
	d.members = map[string][]*Agent{}
	for _, a := range d.Agents {
		for _, team := range a.Teams {
			d.members[team] = append(d.members[team], a)
		}
	}
}

func byKey[T any](list []*T, key func(*T) string) map[string]*T {
	out := make(map[string]*T, len(list))
	for _, x := range list {
		out[key(x)] = x
	}
	return out
}

// Agent gives an agent by key, nil if there is none.
func (d *Directory) Agent(key string) *Agent { return d.agents[key] }

// AgentByID gives an agent by id, nil if there is none.
func (d *Directory) AgentByID(id string) *Agent { return d.agentIDs[id] }

// Members gives the agents of a team, the oldest first, those who have left too.
func (d *Directory) Members(team string) []*Agent { return d.members[team] }

// Team gives a team by key, nil if there is none.
func (d *Directory) Team(key string) *Team { return d.teams[key] }

// Skill gives a skill by key, nil if there is none.
func (d *Directory) Skill(key string) *Skill { return d.skills[key] }

// Queue gives a queue by key, nil if there is none.
func (d *Directory) Queue(key string) *Queue { return d.queues[key] }

// QueueByID gives a queue, nil if there is none.
func (d *Directory) QueueByID(id string) *Queue {
	return byID(d.Queues, id, func(q *Queue) string { return q.ID })
}

// TeamByID gives a team, nil if there is none.
func (d *Directory) TeamByID(id string) *Team {
	return byID(d.Teams, id, func(t *Team) string { return t.ID })
}

func byID[T any](list []*T, id string, of func(*T) string) *T {
	if i := slices.IndexFunc(list, func(x *T) bool { return of(x) == id }); i >= 0 {
		return list[i]
	}
	return nil
}

// Calendar gives a calendar by key, nil if there is none, which is always open.
func (d *Directory) Calendar(key string) *Calendar { return d.calendars[key] }

// Serves reports whether an agent may be given work of a queue: who is active, and of one of its active teams if it names any.
func (d *Directory) Serves(a *Agent, q *Queue) bool {
	if !a.Active {
		return false
	}
	if len(q.Teams) == 0 {
		return true
	}
	return slices.ContainsFunc(a.Teams, func(team string) bool {
		t := d.teams[team]
		return t != nil && t.Active && slices.Contains(q.Teams, team)
	})
}
