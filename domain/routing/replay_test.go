package routing

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"sori/domain"
)

// replayed simulates inquiries on a setup.
func replayed(t testing.TB, s *setup, d SimulationDraft, shifts map[string][]SimulatedShift) *domain.SimulationReport {
	t.Helper()
	r := newReplay(s, d, d.Inquiries, shifts)
	if err := r.run(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	return r.report()
}

func calls(every time.Duration, n, seconds int, tier string) (out []SimulatedInquiry) {
	for i := range n {
		out = append(out, SimulatedInquiry{At: noon.Add(time.Duration(i) * every), Channel: domain.ChannelPhone, Tier: tier, HandleSeconds: seconds})
	}
	return out
}

// TestReplayByHand is one agent and calls of 100 s that come every 60 s: the n-th waits 40 s longer than the one before.
func TestReplayByHand(t *testing.T) {
	t.Parallel()
	s := organise(t, domain.Directory{Agents: []*domain.Agent{agentOf("kim")}})
	got := replayed(t, s, SimulationDraft{Inquiries: calls(time.Minute, 5, 100, "regular"), ServiceSeconds: 40}, nil)
	want := domain.WaitReport{Inquiries: 5, Served: 5, MeanSeconds: 80, P50Seconds: 80, P90Seconds: 160, MaxSeconds: 160, ServiceLevel: 0.4, Occupancy: 1}
	if got.All != want {
		t.Errorf("%+v", got.All)
	}
	if a := got.Agents[0]; a.Handled != 5 || a.BusySeconds != 500 || a.OnlineSeconds != 500 {
		t.Errorf("%+v", a)
	}
}

// TestReplayOrder lets a VIP who comes last be served first, and a skill that relaxes come to who lacks it.
func TestReplayOrder(t *testing.T) {
	t.Parallel()
	list := append(calls(time.Second, 3, 100, "regular"), SimulatedInquiry{At: noon.Add(10 * time.Second), Channel: domain.ChannelPhone, Tier: "vip", HandleSeconds: 100})
	route := &domain.Route{Key: "vip", Active: true, Conditions: domain.RouteConditions{Tiers: []string{"vip"}}, Steps: []domain.RouteStep{
		{Queue: domain.DefaultQueue, Priority: 50, Skills: []domain.SkillNeed{{Skill: "gold", Level: 2, RelaxSeconds: 60}}},
	}}
	s := organise(t, domain.Directory{Agents: []*domain.Agent{agentOf("kim")}, Routes: []*domain.Route{route}})
	got := replayed(t, s, SimulationDraft{Inquiries: list}, nil)
	vip := got.Tiers[slices.IndexFunc(got.Tiers, func(x *domain.NamedWaitReport) bool { return x.Name == "vip" })]
	if vip.MaxSeconds != 190 { // at 100 the skill is still asked for; at 130 it is not, and at 200 the agent is free
		t.Errorf("the VIP waited %g s", vip.MaxSeconds)
	}
	if got.All.Served != 4 || got.All.MaxSeconds != 298 {
		t.Errorf("%+v", got.All)
	}
}

// TestReplayShifts brings what is not begun at the end of a shift to who comes next.
func TestReplayShifts(t *testing.T) {
	t.Parallel()
	var list []SimulatedInquiry
	for range 3 {
		list = append(list, SimulatedInquiry{At: noon, Channel: domain.ChannelEmail, HandleSeconds: 600})
	}
	s := organise(t, domain.Directory{Agents: []*domain.Agent{agentOf("kim"), agentOf("lee")}})
	got := replayed(t, s, SimulationDraft{Inquiries: list}, map[string][]SimulatedShift{
		"kim": {{noon.Add(-time.Hour), noon.Add(15 * time.Minute)}}, "lee": {{noon.Add(time.Hour), noon.Add(2 * time.Hour)}},
	})
	if got.All.Served != 3 || got.All.MaxSeconds != 3600 || got.Agents[0].Handled != 2 || got.Agents[1].Handled != 1 {
		t.Errorf("%+v %+v %+v", got.All, got.Agents[0], got.Agents[1])
	}
}

// TestReplayErlang holds the simulation of a call queue to Erlang C: 10 agents, 8 erlangs, exponential service (mean wait 0.2046 service times by the formula).
func TestReplayErlang(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	var agents []*domain.Agent
	for i := range 10 {
		agents = append(agents, agentOf(string(rune('a'+i))))
	}
	at := noon
	var list []SimulatedInquiry
	for range 60_000 {
		at = at.Add(time.Duration(r.ExpFloat64() * 300 / 8 * float64(time.Second)))
		list = append(list, SimulatedInquiry{At: at, Channel: domain.ChannelPhone, HandleSeconds: max(1, int(r.ExpFloat64()*300+0.5))})
	}
	got := replayed(t, organise(t, domain.Directory{Agents: agents}), SimulationDraft{Inquiries: list}, nil)
	want := erlangC(10, 8) * 300 / (10 - 8)
	if math.Abs(got.All.MeanSeconds-want) > want/10 {
		t.Errorf("mean wait %g s, by the formula %g s", got.All.MeanSeconds, want)
	}
	if math.Abs(got.All.Occupancy-0.8) > 0.02 {
		t.Errorf("occupancy %g", got.All.Occupancy)
	}
}

// erlangC is the probability of waiting, through the recursion of Erlang B.
func erlangC(servers int, load float64) float64 {
	b := 1.0
	for n := 1; n <= servers; n++ {
		b = load * b / (float64(n) + load*b)
	}
	rho := load / float64(servers)
	return b / (1 - rho + rho*b)
}

func TestReplaySeed(t *testing.T) {
	t.Parallel()
	s := organise(t, domain.Directory{Agents: []*domain.Agent{agentOf("kim"), agentOf("lee")}})
	run := func(seed int64) *domain.SimulationReport {
		return replayed(t, s, SimulationDraft{Inquiries: calls(30*time.Second, 50, 100, "regular"), Seed: seed, Spread: 0.5}, nil)
	}
	if !reflect.DeepEqual(run(1), run(1)) {
		t.Error("the same seed gives another report")
	}
	if reflect.DeepEqual(run(1), run(2)) {
		t.Error("another seed gives the same report")
	}
}

func TestSimulationDraftCheck(t *testing.T) {
	t.Parallel()
	now, later := noon, noon.Add(time.Hour)
	good := calls(time.Second, 1, 1, "")
	for field, d := range map[string]SimulationDraft{
		"":                    {Inquiries: good},
		"inquiries":           {},
		"to":                  {From: &later, To: &now},
		"inquiries.0.channel": {Inquiries: []SimulatedInquiry{{At: noon, Channel: "pigeon"}}},
		"inquiries.0.at":      {Inquiries: []SimulatedInquiry{{Channel: domain.ChannelFax}}},
		"spread":              {Inquiries: good, Spread: math.NaN()},
		"serviceSeconds":      {Inquiries: good, ServiceSeconds: -1},
		"agents.0.key":        {Inquiries: good, Agents: &[]SimulatedAgent{{}}},
		"routes.0.steps":      {Inquiries: good, Routes: &[]domain.Route{{Key: "x"}}},
	} {
		err := d.check()
		got := ""
		var f domain.Faults
		if err != nil {
			f.AddError("", err)
			got = f[0].Field
		}
		if got != field || len(f) > 1 {
			t.Errorf("%q: %v", field, f)
		}
	}
}

// BenchmarkReplay simulates a day of 10,000 inquiries with 100 agents.
func BenchmarkReplay(b *testing.B) {
	var agents []*domain.Agent
	for i := range 100 {
		agents = append(agents, agentOf(pad(i)))
	}
	s := organise(b, domain.Directory{Agents: agents})
	list := calls(8*time.Second, 10_000, 900, "regular") // 112 erlangs: more than fits
	for b.Loop() {
		replayed(b, s, SimulationDraft{Inquiries: list}, nil)
	}
}
