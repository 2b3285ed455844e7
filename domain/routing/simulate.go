package routing

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"sori/domain"
)

// SimulationDraft asks what routing would have made of some inquiries: those given, or those that came in a time. What of the setting is given stands in
// place of the present one.
type SimulationDraft struct {
	From, To       *time.Time // of the inquiries' birth; To is exclusive
	Inquiries      []SimulatedInquiry
	Queues         *[]domain.Queue
	Routes         *[]domain.Route
	Agents         *[]SimulatedAgent
	Settings       *SettingsPatch
	Handling       []HandlingTime
	ServiceSeconds int   // default 60
	Seed           int64 // of the chance in handling times
	Spread         float64
}

// SimulatedInquiry is one inquiry that comes.
type SimulatedInquiry struct {
	At            time.Time
	Channel       domain.Channel
	Type          string
	Tier          string
	Priority      domain.Priority
	Account       string
	Language      string
	Queue         string
	Tags          []string
	HandleSeconds int // 0 is as Handling says
}

// SimulatedAgent is one agent who works. Without shifts it is all the time.
type SimulatedAgent struct {
	Key       string
	Teams     []string
	Skills    []domain.AgentSkill
	Languages []string
	Capacity  int
	Shifts    []SimulatedShift
}

// SimulatedShift is a time in which an agent works.
type SimulatedShift struct{ From, To time.Time }

// HandlingTime is how long the work on an inquiry takes. The first that fits counts; an empty channel or type fits all.
type HandlingTime struct {
	Channel domain.Channel
	Type    string
	Seconds int
}

// Limits of a simulation.
const (
	MaxSimulated     = 50_000 // inquiries of a time
	maxGiven         = 10_000 // inquiries given
	maxSimThings     = 2_000  // agents, queues, routes
	maxSpread        = 2
	maxHandleSeconds = 7 * 24 * 3600
	maxSpan          = 92 * 24 * time.Hour
	serviceSeconds   = 60
)

// JobSimulate is the kind of the job that simulates the inquiries of a time.
const JobSimulate = "routing.simulate"

// defaultHandling is how long work takes where nothing is said of it.
var defaultHandling = []HandlingTime{
	{Channel: domain.ChannelPhone, Seconds: 300}, {Channel: domain.ChannelChat, Seconds: 600}, {Channel: domain.ChannelEmail, Seconds: 360}, {Seconds: 300},
}

type simulateArgs struct {
	ID string `json:"id"`
}

// Simulate replays inquiries through the same decisions by which work is given out, on a clock of its own. Given inquiries are done at once; those of a time by a job.
// Invalid names every fault.
func (s *Service) Simulate(ctx context.Context, d SimulationDraft) (*domain.Simulation, error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgRead); err != nil {
		return nil, err
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	now := s.Clock()
	out := &domain.Simulation{Doc: domain.Doc{ID: domain.Simulations.NewID()}, State: domain.SimulationRunning, CreatedAt: now}
	if d.From == nil {
		report, err := s.simulate(ctx, d, d.Inquiries, nil)
		if err != nil {
			return nil, err
		}
		out.State, out.Progress, out.Report, out.FinishedAt = domain.SimulationDone, 1, report, &now
		return out, s.Store.Write(ctx, func(tx domain.Tx) error {
			own := *out
			return domain.Simulations.Insert(ctx, tx, &own)
		})
	}
	plan, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	out.Plan = string(plan)
	return out, s.Store.Write(ctx, func(tx domain.Tx) error {
		own := *out
		if err := domain.Simulations.Insert(ctx, tx, &own); err != nil {
			return err
		}
		out.Version = own.Version
		job, err := domain.NewJob(JobSimulate, simulateArgs{own.ID}, now)
		if err != nil {
			return err
		}
		return domain.Jobs.Insert(ctx, tx, job)
	})
}

// Simulation reads a simulation. NotFound.
func (s *Service) Simulation(ctx context.Context, id string) (*domain.Simulation, error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgRead); err != nil {
		return nil, err
	}
	return domain.Simulations.Get(ctx, s.Store, id)
}

// Simulations gives the simulations, the newest first.
func (s *Service) Simulations(ctx context.Context, req domain.PageRequest) (domain.Page[domain.Simulation], error) {
	if _, err := domain.Require(ctx, domain.ScopeOrgRead); err != nil {
		return domain.Page[domain.Simulation]{}, err
	}
	return domain.Simulations.Page(ctx, s.Store, req, "", nil, domain.Query{Index: "created", Reverse: true})
}

// RunSimulation does one simulation. One that cannot be done fails for good: trying again would change nothing.
func (s *Service) RunSimulation(ctx context.Context, job *domain.Job) error {
	var args simulateArgs
	if err := json.Unmarshal([]byte(job.Args), &args); err != nil {
		return err
	}
	ctx = domain.WithActor(ctx, actor)
	sim, err := domain.Simulations.Get(ctx, s.Store, args.ID)
	if err != nil || sim.State != domain.SimulationRunning {
		return err
	}
	var d SimulationDraft
	if err := json.Unmarshal([]byte(sim.Plan), &d); err != nil {
		return err
	}
	list, err := s.came(ctx, *d.From, *d.To)
	var report *domain.SimulationReport
	if err == nil {
		report, err = s.simulate(ctx, d, list, func(done float64) error { return s.progress(ctx, sim.ID, done) })
	}
	if err != nil && domain.CodeOf(err) != domain.Invalid {
		return err
	}
	return s.endSimulation(ctx, sim.ID, report, err)
}

func (s *Service) progress(ctx context.Context, id string, done float64) error {
	return s.Store.Write(ctx, func(tx domain.Tx) error {
		_, err := domain.Simulations.Update(ctx, tx, id, func(x *domain.Simulation) error {
			x.Progress = done
			return nil
		})
		return err
	})
}

func (s *Service) endSimulation(ctx context.Context, id string, report *domain.SimulationReport, fault error) error {
	now := s.Clock()
	return s.Store.Write(ctx, func(tx domain.Tx) error {
		verb := domain.EventSimulationDone
		_, err := domain.Simulations.Update(ctx, tx, id, func(x *domain.Simulation) error {
			x.Plan, x.FinishedAt, x.Progress, x.Report, x.State = "", &now, 1, report, domain.SimulationDone
			if fault != nil {
				x.State, x.Reason, verb = domain.SimulationFailed, domain.Clip(fault.Error(), 500), domain.EventSimulationFailed
			}
			return nil
		})
		if err != nil {
			return err
		}
		return domain.Emit(ctx, tx, domain.Event{Type: verb, At: now, Subject: domain.Ref{Kind: "simulation", ID: id}})
	})
}

// came reads the inquiries that came in a time. Invalid if they are too many.
func (s *Service) came(ctx context.Context, from, to time.Time) (out []SimulatedInquiry, err error) {
	for _, category := range domain.StatusCategories {
		query := domain.Query{Index: "created", Equal: []any{category}, From: from, To: to, Limit: MaxSimulated + 1}
		err := s.Store.Select(ctx, &domain.Inquiries.Spec, query, func(d domain.Document, _ domain.Position) (bool, error) {
			q := d.(*domain.Inquiry)
			out = append(out, SimulatedInquiry{
				At: q.CreatedAt, Channel: q.Channel, Type: q.Type, Tier: q.Tier, Priority: q.Priority, Account: q.Account, Language: q.Language, Queue: q.Queue, Tags: q.Tags,
			})
			return len(out) <= MaxSimulated, nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(out) > MaxSimulated {
		return nil, domain.InvalidField("to", "max", "there are more than %d inquiries in this time", MaxSimulated)
	}
	return out, nil
}

// simulate replays inquiries on the setting of a draft.
func (s *Service) simulate(ctx context.Context, d SimulationDraft, list []SimulatedInquiry, progress func(float64) error) (*domain.SimulationReport, error) {
	present, err := s.set(ctx)
	if err != nil {
		return nil, err
	}
	set, err := d.setup(present)
	if err != nil {
		return nil, err
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b SimulatedInquiry) int { return a.At.Compare(b.At) })
	shifts, err := s.shifts(ctx, set, d, list)
	if err != nil {
		return nil, err
	}
	r := newReplay(set, d, list, shifts)
	if err := r.run(ctx, progress); err != nil {
		return nil, err
	}
	return r.report(), nil
}

// setup gives the present setting with what the draft has in its place.
func (d *SimulationDraft) setup(present *setup) (*setup, error) {
	dir, settings := *present.Directory, present.settings
	if d.Queues != nil {
		dir.Queues = refer(*d.Queues)
		for _, q := range dir.Queues {
			q.Active = true
			if q.Strategy == "" {
				q.Strategy = domain.StrategyLongestIdle
			}
		}
	}
	if d.Routes != nil {
		dir.Routes = refer(*d.Routes)
		for _, r := range dir.Routes {
			r.Active = true
		}
	}
	if d.Agents != nil {
		dir.Agents = nil
		for _, a := range *d.Agents {
			capacity := a.Capacity
			if capacity == 0 {
				capacity = domain.FullCapacity
			}
			dir.Agents = append(dir.Agents, &domain.Agent{
				Doc: domain.Doc{ID: "agt_" + a.Key}, Key: a.Key, Teams: a.Teams, Skills: a.Skills, Languages: a.Languages, Capacity: capacity, Active: true,
			})
		}
		dir.Teams = teamsOf(dir.Teams, dir.Agents)
	}
	if d.Settings != nil {
		d.Settings.apply(&settings)
		if err := checkSettings(&settings); err != nil {
			var f domain.Faults
			f.AddError("settings", err)
			return nil, f.Err()
		}
	}
	return newSetup(domain.MakeDirectory(dir), settings, present.parents)
}

// teamsOf adds the teams that only a simulation's agents name.
func teamsOf(known []*domain.Team, agents []*domain.Agent) []*domain.Team {
	out := slices.Clone(known)
	for _, a := range agents {
		for _, key := range a.Teams {
			if !slices.ContainsFunc(out, func(t *domain.Team) bool { return t.Key == key }) {
				out = append(out, &domain.Team{Key: key, Active: true})
			}
		}
	}
	return out
}

func refer[T any](list []T) []*T {
	out := make([]*T, len(list))
	for i := range list {
		own := list[i]
		out[i] = &own
	}
	return out
}

// shifts gives when each agent works, by key. Where agents of the organisation are simulated and any shift is planned in the time, the plan counts; else they work all
// the time.
func (s *Service) shifts(ctx context.Context, set *setup, d SimulationDraft, list []SimulatedInquiry) (map[string][]SimulatedShift, error) {
	out := map[string][]SimulatedShift{}
	if d.Agents != nil {
		for _, a := range *d.Agents {
			out[a.Key] = a.Shifts
		}
		return out, nil
	}
	if len(list) == 0 {
		return out, nil
	}
	from, to := list[0].At, list[len(list)-1].At
	planned, err := domain.Shifts.Find(ctx, s.Store, domain.Query{Index: "from", From: from.Add(-domain.MaxShift), To: to.Add(domain.MaxShift), Limit: MaxSimulated})
	if err != nil {
		return nil, err
	}
	for _, x := range planned {
		out[x.Agent] = append(out[x.Agent], SimulatedShift{x.From, x.To})
	}
	if len(planned) > 0 {
		for _, a := range set.Agents {
			if out[a.Key] == nil {
				out[a.Key] = []SimulatedShift{{}} // never
			}
		}
	}
	return out, nil
}

func (d *SimulationDraft) check() error {
	var f domain.Faults
	d.checkWhich(&f)
	for i, x := range d.Inquiries {
		at := "inquiries." + strconv.Itoa(i)
		if !slices.Contains(domain.Channels, x.Channel) {
			f.Add(at+".channel", "enum", "there is no channel %q", domain.Clip(string(x.Channel), 40))
		}
		if x.Priority != "" && !slices.Contains(domain.Priorities, x.Priority) {
			f.Add(at+".priority", "enum", "there is no priority %q", domain.Clip(string(x.Priority), 40))
		}
		if x.At.IsZero() {
			f.Add(at+".at", "required", "is not given")
		}
		checkRange(&f, at+".handleSeconds", x.HandleSeconds, maxHandleSeconds)
		if len(f) > maxFaults {
			break
		}
	}
	for i, h := range d.Handling {
		checkRange(&f, "handling."+strconv.Itoa(i)+".seconds", h.Seconds, maxHandleSeconds)
	}
	checkRange(&f, "serviceSeconds", d.ServiceSeconds, maxHandleSeconds)
	if !(d.Spread >= 0 && d.Spread <= maxSpread) {
		f.Add("spread", "range", "must be from 0 to %d", maxSpread)
	}
	d.checkSetting(&f)
	return f.Err()
}

const maxFaults = 100

func (d *SimulationDraft) checkWhich(f *domain.Faults) {
	switch {
	case (d.From == nil) != (d.To == nil):
		f.Add("to", "pair", "needs from and to, or neither")
	case d.From == nil && len(d.Inquiries) == 0:
		f.Add("inquiries", "required", "needs inquiries, or from and to")
	case d.From != nil && len(d.Inquiries) > 0:
		f.Add("inquiries", "conflict", "cannot go with from and to")
	case d.From != nil && (!d.To.After(*d.From) || d.To.Sub(*d.From) > maxSpan):
		f.Add("to", "range", "must be after from, by at most 92 days")
	}
	if len(d.Inquiries) > maxGiven {
		f.Add("inquiries", "maxItems", "are more than %d", maxGiven)
		d.Inquiries = nil
	}
}

func (d *SimulationDraft) checkSetting(f *domain.Faults) {
	if d.Agents != nil {
		checkEach(f, "agents", *d.Agents, func(at string, a SimulatedAgent) {
			if a.Key == "" {
				f.Add(at+".key", "required", "is empty")
			}
			checkRange(f, at+".capacity", a.Capacity, maxWeight)
		})
	}
	if d.Queues != nil {
		checkEach(f, "queues", *d.Queues, func(at string, q domain.Queue) {
			if q.Key == "" {
				f.Add(at+".key", "required", "is empty")
			}
		})
	}
	if d.Routes != nil {
		checkEach(f, "routes", *d.Routes, func(at string, r domain.Route) {
			if r.Key == "" {
				f.Add(at+".key", "required", "is empty")
			}
			if len(r.Steps) == 0 {
				f.Add(at+".steps", "required", "needs a step")
			}
		})
	}
}

func checkEach[T any](f *domain.Faults, field string, list []T, check func(at string, x T)) {
	if len(list) > maxSimThings {
		f.Add(field, "maxItems", "are more than %d", maxSimThings)
		return
	}
	for i, x := range list {
		check(field+"."+strconv.Itoa(i), x)
	}
}
