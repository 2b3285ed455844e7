package routing

import (
	"fmt"
	"testing"
	"time"

	"sori/domain"
)

var noon = time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC) // a Monday, noon in Seoul

// organise makes a setup of parts.
func organise(t testing.TB, d domain.Directory, change ...func(*setup)) *setup {
	t.Helper()
	d.Teams = teamsOf(d.Teams, d.Agents)
	s, err := newSetup(domain.MakeDirectory(d), domain.DefaultRoutingSettings(), map[string]string{"refund.late": "refund"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(s)
	}
	return s
}

func queueOf(key string, change ...func(*domain.Queue)) *domain.Queue {
	q := &domain.Queue{Doc: domain.Doc{ID: "que_" + key}, Key: key, Mode: domain.QueuePush, Strategy: domain.StrategyLongestIdle, Active: true}
	for _, c := range change {
		c(q)
	}
	return q
}

func agentOf(key string, change ...func(*domain.Agent)) *domain.Agent {
	a := &domain.Agent{Doc: domain.Doc{ID: "agt_" + key}, Key: key, Capacity: domain.FullCapacity, Active: true}
	for _, c := range change {
		c(a)
	}
	return a
}

// waitingFor is a placement that has waited so long.
func waitingFor(waited time.Duration, change ...func(*domain.Placement)) *domain.Placement {
	p := &domain.Placement{
		Doc: domain.Doc{ID: "plc_1"}, InquiryID: "inq_1", State: domain.PlacementWaiting, Type: "refund.late", Tier: "vip", Channel: domain.ChannelEmail, Account: "shop",
		Language: "en-GB", Tags: []string{"loud"}, Urgency: "high", Home: "sales", Queue: domain.DefaultQueue, Since: noon.Add(-waited), StepAt: noon.Add(-waited),
	}
	for _, c := range change {
		c(p)
	}
	return p
}

func TestMatch(t *testing.T) {
	t.Parallel()
	s := organise(t, domain.Directory{})
	for name, x := range map[string]struct {
		conditions domain.RouteConditions
		holds      bool
	}{
		"nothing is asked":         {domain.RouteConditions{}, true},
		"type":                     {domain.RouteConditions{Types: []string{"other", "refund.late"}}, true},
		"type above":               {domain.RouteConditions{Types: []string{"refund"}}, true},
		"other type":               {domain.RouteConditions{Types: []string{"login"}}, false},
		"tier":                     {domain.RouteConditions{Tiers: []string{"vip"}}, true},
		"other tier":               {domain.RouteConditions{Tiers: []string{"watch"}}, false},
		"channel":                  {domain.RouteConditions{Channels: []domain.Channel{domain.ChannelEmail}}, true},
		"other channel":            {domain.RouteConditions{Channels: []domain.Channel{domain.ChannelFax}}, false},
		"account":                  {domain.RouteConditions{Accounts: []string{"shop"}}, true},
		"other account":            {domain.RouteConditions{Accounts: []string{"bank"}}, false},
		"language":                 {domain.RouteConditions{Languages: []string{"EN"}}, true},
		"narrower language":        {domain.RouteConditions{Languages: []string{"en-US"}}, false},
		"tag":                      {domain.RouteConditions{Tags: []string{"x", "loud"}}, true},
		"other tag":                {domain.RouteConditions{Tags: []string{"x"}}, false},
		"queue":                    {domain.RouteConditions{Queues: []string{"sales"}}, true},
		"queue that routing chose": {domain.RouteConditions{Queues: []string{domain.DefaultQueue}}, false},
		"priority":                 {domain.RouteConditions{Priorities: []domain.Priority{"high", "urgent"}}, true},
		"other priority":           {domain.RouteConditions{Priorities: []domain.Priority{"low"}}, false},
		"waited":                   {domain.RouteConditions{WaitedSeconds: 60}, true},
		"waits":                    {domain.RouteConditions{WaitedSeconds: 61}, false},
		"all but one":              {domain.RouteConditions{Tiers: []string{"vip"}, Tags: []string{"loud"}, Channels: []domain.Channel{domain.ChannelFax}}, false},
	} {
		holds, later := s.matches(&domain.Route{Conditions: x.conditions}, waitingFor(time.Minute), noon)
		if holds != x.holds {
			t.Errorf("%s: %v", name, holds)
		}
		if want := x.conditions.WaitedSeconds == 61; later.Equal(noon.Add(time.Second)) != want {
			t.Errorf("%s: it will hold at %s", name, later)
		}
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	patient := &domain.Route{Key: "patient", Order: 1, Active: true, Conditions: domain.RouteConditions{WaitedSeconds: 300}, Steps: []domain.RouteStep{{Queue: "b", Priority: 99}}}
	steps := &domain.Route{Key: "steps", Order: 2, Active: true, Conditions: domain.RouteConditions{Tiers: []string{"vip"}}, Steps: []domain.RouteStep{
		{Queue: "a", Agent: "gone", TimeoutSeconds: 1000},
		{Queue: "a", Agent: "kim", Priority: 50, TimeoutSeconds: 60},
		{Queue: "a", Team: "x", Priority: 20, TimeoutSeconds: 60},
		{Queue: "b", Priority: 10},
	}}
	s := organise(t, domain.Directory{
		Agents: []*domain.Agent{agentOf("kim"), agentOf("gone", func(a *domain.Agent) { a.Active = false })},
		Queues: []*domain.Queue{queueOf("a"), queueOf("b"), queueOf("sales")}, Routes: []*domain.Route{steps, patient},
	})
	for _, x := range []struct {
		after       time.Duration
		route       string
		step        int
		queue, next string
	}{
		{0, "steps", 1, "a", "1m0s"}, // whom the first step wants is not there
		{59 * time.Second, "steps", 1, "a", "1m0s"},
		{time.Minute, "steps", 2, "a", "2m0s"},
		{130 * time.Second, "steps", 3, "b", "5m0s"}, // a look that came late
		{5 * time.Minute, "patient", 0, "b", ""},
	} {
		p := waitingFor(0)
		s.settle(p, noon)
		if x.after > 0 {
			s.settle(p, noon.Add(x.after))
		}
		next := ""
		if p.NextAt != nil {
			next = p.NextAt.Sub(noon).String()
		}
		if p.Route != x.route || p.Step != x.step || p.Queue != x.queue || next != x.next {
			t.Errorf("after %s: route %s, step %d, queue %s, next %s", x.after, p.Route, p.Step, p.Queue, next)
		}
	}
	plain := waitingFor(0, func(p *domain.Placement) { p.Tier = "regular" })
	if s.settle(plain, noon); plain.Route != "" || plain.Queue != "sales" || plain.Priority != 0 {
		t.Errorf("no route: %+v", plain)
	}
	plain.Home = "nowhere"
	if s.settle(plain, noon); plain.Queue != domain.DefaultQueue {
		t.Errorf("unknown queue: %s", plain.Queue)
	}
}

func TestRelaxing(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		level, every int
		waited       time.Duration
		enough       int
	}{
		{5, 0, time.Hour, 5}, {5, 30, 0, 5}, {5, 30, 29 * time.Second, 5}, {5, 30, 30 * time.Second, 4}, {5, 30, 95 * time.Second, 2}, {5, 30, time.Hour, 0},
		{5, 30, -time.Minute, 5},
	} {
		if got := relaxed(domain.SkillNeed{Level: x.level, RelaxSeconds: x.every}, x.waited); got != x.enough {
			t.Errorf("%d every %d s after %s: %d", x.level, x.every, x.waited, got)
		}
	}
	p := waitingFor(45*time.Second, func(p *domain.Placement) {
		p.Skills = []domain.SkillNeed{{Skill: "x", Level: 2, RelaxSeconds: 30}, {Skill: "y", Level: 1}}
	})
	if next := nextRelaxing(p, noon); !next.Equal(noon.Add(15 * time.Second)) {
		t.Errorf("next at %s", next)
	}
	if next := nextRelaxing(p, noon.Add(time.Hour)); !next.IsZero() {
		t.Errorf("next at %s, though nothing is left", next)
	}
}

func TestQueueOrder(t *testing.T) {
	t.Parallel()
	ranked := func(priority int, urgency domain.Priority, since time.Duration) *domain.Placement {
		p := waitingFor(since, func(p *domain.Placement) { p.Priority, p.Urgency = priority, urgency })
		p.Rerank()
		return p
	}
	inOrder := []*domain.Placement{
		ranked(90, "low", 0), ranked(10, "urgent", 0), ranked(10, "normal", time.Hour), ranked(10, "normal", time.Minute), ranked(0, "urgent", 2*time.Hour), ranked(0, "low", 3*time.Hour),
	}
	for i := range inOrder[1:] {
		if queueOrder(inOrder[i], inOrder[i+1]) >= 0 {
			t.Errorf("%d does not come before %d", i, i+1)
		}
	}
}

func TestReservedShare(t *testing.T) {
	t.Parallel()
	s := organise(t, domain.Directory{}, func(s *setup) {
		s.settings.Reserved = []domain.Reservation{{Tiers: []string{"vip"}, Share: 0.2}}
	})
	letters := func(vip, regular int) (items []domain.WorkItem) {
		for range vip {
			items = append(items, domain.WorkItem{Weight: 10, Tier: "vip"})
		}
		for range regular {
			items = append(items, domain.WorkItem{Weight: 10, Tier: "regular"})
		}
		return items
	}
	for _, x := range []struct {
		vip, regular int
		tier         string
		channel      domain.Channel
		fits         bool
	}{
		{0, 7, "regular", domain.ChannelEmail, true}, {0, 8, "regular", domain.ChannelEmail, false}, {0, 8, "vip", domain.ChannelEmail, true},
		{1, 8, "regular", domain.ChannelEmail, false}, {2, 8, "vip", domain.ChannelEmail, false}, {3, 6, "regular", domain.ChannelEmail, true},
		{0, 0, "regular", domain.ChannelPhone, true}, // a call takes all, so nobody could ever take one
		{0, 1, "regular", domain.ChannelPhone, false}, {0, 0, "vip", domain.ChannelPhone, true},
		{0, 5, "regular", domain.ChannelChat, true}, {0, 6, "regular", domain.ChannelChat, false}, {0, 6, "vip", domain.ChannelChat, true},
	} {
		w := &domain.Workload{Items: letters(x.vip, x.regular)}
		p := waitingFor(0, func(p *domain.Placement) { p.Tier, p.Channel = x.tier, x.channel })
		if got := s.fits(w, agentOf("kim"), p); got != x.fits {
			t.Errorf("%+v: %v", x, got)
		}
	}
	half := agentOf("lee", func(a *domain.Agent) { a.Capacity = 50 })
	if !s.fits(&domain.Workload{}, half, waitingFor(0, func(p *domain.Placement) { p.Channel = domain.ChannelPhone })) {
		t.Error("a call does not fit an agent of half the capacity")
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	skilled := func(level int, team string) func(*domain.Agent) {
		return func(a *domain.Agent) {
			a.Skills, a.Teams = []domain.AgentSkill{{Skill: "legal", Level: level}}, []string{team}
		}
	}
	agents := []*domain.Agent{
		agentOf("novice", skilled(2, "x")), agentOf("expert", skilled(9, "x")), agentOf("away", skilled(9, "y")),
		agentOf("english", skilled(5, "x"), func(a *domain.Agent) { a.Languages = []string{"en"} }), agentOf("korean", skilled(5, "x"), func(a *domain.Agent) { a.Languages = []string{"ko"} }),
	}
	queues := []*domain.Queue{queueOf("x", func(q *domain.Queue) { q.Teams = []string{"x"} }), queueOf("least", func(q *domain.Queue) { q.Strategy = domain.StrategyLeastLoaded })}
	queues = append(queues, queueOf("last", func(q *domain.Queue) { q.Strategy = domain.StrategyLastAgent }))
	s := organise(t, domain.Directory{Agents: agents, Queues: queues})
	for name, x := range map[string]struct {
		change func(*domain.Placement)
		want   string
	}{
		"longest idle":    {func(p *domain.Placement) { p.Queue = "x" }, "novice"},
		"best":            {func(p *domain.Placement) { p.Queue, p.Best = "x", true }, "expert"},
		"skill":           {func(p *domain.Placement) { p.Queue, p.Skills = "x", []domain.SkillNeed{{Skill: "legal", Level: 6}} }, "expert"},
		"no such skill":   {func(p *domain.Placement) { p.Queue, p.Skills = "x", []domain.SkillNeed{{Skill: "fax", Level: 1}} }, ""},
		"named":           {func(p *domain.Placement) { p.Queue, p.Agent = "x", "korean" }, "korean"},
		"named elsewhere": {func(p *domain.Placement) { p.Queue, p.Agent = "x", "away" }, ""},
		"team":            {func(p *domain.Placement) { p.Queue, p.Team = "least", "y" }, "away"},
		"speaks": {func(p *domain.Placement) {
			p.Queue, p.Language = "x", "ko-KR"
			p.Refuse("novice", noon.Add(1), noon)
			p.Refuse("expert", noon.Add(1), noon)
		}, "korean"},
		"least loaded":     {func(p *domain.Placement) { p.Queue = "least" }, "away"},
		"knew":             {func(p *domain.Placement) { p.Queue, p.Known = "last", "korean" }, "korean"},
		"knew, but gone":   {func(p *domain.Placement) { p.Queue, p.Known = "last", "nobody" }, "novice"},
		"refused":          {func(p *domain.Placement) { p.Queue = "x"; p.Refuse("novice", noon.Add(time.Minute), noon) }, "expert"},
		"refused long ago": {func(p *domain.Placement) { p.Queue = "x"; p.Refuse("novice", noon, noon.Add(-time.Minute)) }, "novice"},
		"unknown queue":    {func(p *domain.Placement) { p.Queue = "nowhere" }, ""},
	} {
		f := newFloor(s)
		for i, a := range agents {
			load := []int{30, 20, 0, 20, 20}[i]
			f.sit(a, &domain.Workload{Agent: a.Key, Items: []domain.WorkItem{{InquiryID: a.Key, Weight: load}}}, noon.Add(-time.Duration(10-i)*time.Minute))
		}
		got := ""
		if x := f.choose(waitingFor(0, func(p *domain.Placement) { p.Language = "" }, x.change), noon); x != nil {
			got = x.agent.Key
		}
		if got != x.want {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
}

// BenchmarkDecision chooses among two hundred agents.
func BenchmarkDecision(b *testing.B) {
	var agents []*domain.Agent
	for i := range 200 {
		agents = append(agents, agentOf(fmt.Sprint(i), func(a *domain.Agent) {
			a.Teams, a.Capacity = []string{fmt.Sprint(i % 3)}, 1000
			a.Skills = []domain.AgentSkill{{Skill: "legal", Level: i%10 + 1}}
		}))
	}
	s := organise(b, domain.Directory{Agents: agents, Queues: []*domain.Queue{queueOf("x", func(q *domain.Queue) { q.Teams = []string{"0", "1"} })}}, func(s *setup) {
		s.settings.Reserved = []domain.Reservation{{Tiers: []string{"vip"}, Share: 0.2}}
	})
	f := newFloor(s)
	for _, a := range agents {
		f.sit(a, &domain.Workload{Agent: a.Key}, noon)
	}
	p := waitingFor(0, func(p *domain.Placement) { p.Queue, p.Skills = "x", []domain.SkillNeed{{Skill: "legal", Level: 3}} })
	for n := 0; b.Loop(); n++ {
		x := f.choose(p, noon)
		if x == nil {
			b.Fatal("nobody is free")
		}
		x.give(f.item(p, x.agent, noon), noon.Add(time.Duration(n)))
		if n%50 == 49 { // work ends
			for _, y := range f.seats {
				y.work.Items, y.load = nil, 0
			}
		}
	}
}
