package routing

import (
	"cmp"
	"container/heap"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"sori/domain"
)

// replay is a simulation by discrete events: inquiries arrive, agents come and go, work ends. Who gets what is decided by floor and setup, as at the desk. An agent
// works on letters one after another, on calls and chats at once.
type replay struct {
	*floor
	draft   SimulationDraft
	rand    *rand.Rand
	coming  happenings
	order   int // of happenings at the same time
	now     time.Time
	matters []*matter
	desks   map[string]*simDesk // by the agent's key
	waiting []*domain.Placement // in queue order
	last    time.Time           // of the last arrival
}

// matter is one inquiry on its way.
type matter struct {
	place  *domain.Placement
	takes  time.Duration
	begun  time.Time
	looked time.Time // for when the next look is planned
}

// simDesk is one agent at work.
type simDesk struct {
	*seat   // nil while the agent is gone
	agent   *domain.Agent
	line    []*matter // letters that wait for the agent; the first is in work
	active  int       // pieces in work
	since   time.Time // of active > 0
	cameAt  time.Time
	busy    time.Duration
	online  time.Duration
	handled int
	work    *domain.Workload
}

// happening is something that happens at a time.
type happening struct {
	at    time.Time
	order int
	do    func(*replay)
}

type happenings []happening

func (h happenings) Len() int { return len(h) }
func (h happenings) Less(i, j int) bool {
	return cmp.Or(h[i].at.Compare(h[j].at), cmp.Compare(h[i].order, h[j].order)) < 0
}
func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *happenings) Push(x any)   { *h = append(*h, x.(happening)) }
func (h *happenings) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

func (r *replay) at(t time.Time, do func(*replay)) {
	r.order++
	heap.Push(&r.coming, happening{t, r.order, do})
}

// newReplay makes the simulation of inquiries, in the order of their arrival, and agents' shifts.
func newReplay(set *setup, d SimulationDraft, list []SimulatedInquiry, shifts map[string][]SimulatedShift) *replay {
	if d.ServiceSeconds == 0 {
		d.ServiceSeconds = serviceSeconds
	}
	r := &replay{floor: newFloor(set), draft: d, rand: rand.New(rand.NewPCG(uint64(d.Seed), 0)), desks: map[string]*simDesk{}}
	for _, a := range set.Agents {
		if a.Active {
			r.hire(a, shifts[a.Key], list)
		}
	}
	for i := range list {
		r.expect(i, &list[i])
	}
	return r
}

// hire lets an agent come and go.
func (r *replay) hire(a *domain.Agent, shifts []SimulatedShift, list []SimulatedInquiry) {
	desk := &simDesk{agent: a, work: &domain.Workload{Agent: a.Key}}
	r.desks[a.Key] = desk
	if len(list) == 0 {
		return
	}
	if len(shifts) == 0 {
		r.at(list[0].At, func(r *replay) { r.come(desk) })
		return
	}
	for _, s := range shifts {
		if s.To.After(s.From) {
			r.at(s.From, func(r *replay) { r.come(desk) })
			r.at(s.To, func(r *replay) { r.goHome(desk) })
		}
	}
}

// expect lets an inquiry arrive.
func (r *replay) expect(n int, x *SimulatedInquiry) {
	id := "inq_" + strconv.Itoa(n)
	m := &matter{takes: r.handling(x), place: &domain.Placement{
		Doc: domain.Doc{ID: pad(n)}, InquiryID: id, State: domain.PlacementWaiting, Type: x.Type, Tier: cmp.Or(x.Tier, domain.TierRegular), Channel: x.Channel,
		Account: cmp.Or(x.Account, domain.DefaultAccount), Language: x.Language, Tags: x.Tags, Urgency: cmp.Or(x.Priority, domain.PriorityNormal), Home: x.Queue, Since: x.At,
	}}
	r.matters = append(r.matters, m)
	r.last = x.At
	r.at(x.At, func(r *replay) { r.look(m) })
}

// pad gives a number that sorts as text.
func pad(n int) string {
	s := strconv.Itoa(n)
	return "plc_00000000"[:12-len(s)] + s
}

// handling draws how long the work on an inquiry takes: what is said, spread log-normally about it by the draft's spread.
func (r *replay) handling(x *SimulatedInquiry) time.Duration {
	takes := x.HandleSeconds
	for _, list := range [][]HandlingTime{r.draft.Handling, defaultHandling} {
		for _, h := range list {
			if takes == 0 && (h.Channel == "" || h.Channel == x.Channel) && (h.Type == "" || h.Type == x.Type) {
				takes = h.Seconds
			}
		}
	}
	s := r.draft.Spread
	factor := math.Exp(s*r.rand.NormFloat64() - s*s/2) // of mean 1
	return time.Duration(float64(takes) * factor * float64(time.Second)).Round(time.Second)
}

// horizon is how long after the last arrival the simulation goes on.
const horizon = 24 * time.Hour

// run lets everything happen.
func (r *replay) run(ctx context.Context, progress func(float64) error) error {
	all := len(r.coming)
	told := 0.0
	for n := 0; len(r.coming) > 0; n++ {
		next := heap.Pop(&r.coming).(happening)
		if next.at.After(r.last.Add(horizon)) {
			break
		}
		r.now = next.at
		next.do(r)
		if len(r.coming) == 0 || r.coming[0].at.After(r.now) { // all that happens at one time comes before anything is given out
			r.giveOut()
		}
		if n%1000 != 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if done := min(0.99, float64(n)/float64(3*all)); progress != nil && done > told+0.05 {
			if err := progress(done); err != nil {
				return err
			}
			told = done
		}
	}
	for _, desk := range r.desks {
		r.clockOff(desk)
	}
	return nil
}

// look settles a waiting inquiry and plans the next look at it.
func (r *replay) look(m *matter) {
	p := m.place
	r.remove(p)
	r.settle(p, r.now)
	at, _ := slices.BinarySearchFunc(r.waiting, p, queueOrder)
	r.waiting = slices.Insert(r.waiting, at, p)
	next := nextRelaxing(p, r.now)
	if p.NextAt != nil {
		next = sooner(next, *p.NextAt)
	}
	if q := r.active(p.Queue); q != nil && !r.open(q, r.now) {
		if opens, ok := r.hours[q.Calendar].NextOpen(r.now); ok {
			next = sooner(next, opens)
		}
	}
	if next.After(r.now) && !next.Equal(m.looked) {
		m.looked = next
		r.at(next, func(r *replay) {
			if m.looked.Equal(r.now) && r.remove(p) {
				m.looked = time.Time{}
				r.look(m)
			}
		})
	}
}

// remove takes an inquiry out of the line, and reports whether it stood there.
func (r *replay) remove(p *domain.Placement) bool {
	at, found := slices.BinarySearchFunc(r.waiting, p, queueOrder)
	if found {
		r.waiting = slices.Delete(r.waiting, at, at+1)
	}
	return found
}

func (r *replay) come(desk *simDesk) {
	if desk.seat == nil {
		desk.seat, desk.cameAt = r.sit(desk.agent, desk.work, r.now), r.now
	}
}

// goHome ends a shift: what is begun is finished, the rest goes back.
func (r *replay) goHome(desk *simDesk) {
	if desk.seat == nil {
		return
	}
	r.clockOff(desk)
	r.leave(desk.seat)
	desk.seat = nil
	for len(desk.line) > 1 {
		m := desk.line[len(desk.line)-1]
		desk.line = desk.line[:len(desk.line)-1]
		desk.work.Drop(m.place.InquiryID, r.now)
		m.looked = time.Time{}
		r.look(m)
	}
}

// clockOff counts the time that an agent was there.
func (r *replay) clockOff(desk *simDesk) {
	if desk.seat != nil {
		desk.online += r.now.Sub(desk.cameAt)
		desk.cameAt = r.now
	}
	if desk.active > 0 {
		desk.busy += r.now.Sub(desk.since)
		desk.since = r.now
	}
}

// giveOut gives waiting inquiries to agents.
func (r *replay) giveOut() {
	if len(r.waiting) == 0 || !r.anybodyFree() {
		return
	}
	given := map[*domain.Placement]bool{}
	open := map[string]bool{}
	for _, q := range r.Queues {
		open[q.Key] = q.Active && r.open(q, r.now)
	}
	open[fallback.Key] = open[fallback.Key] || r.Queue(fallback.Key) == nil
	line := r.waiting
	if slices.ContainsFunc(r.Queues, func(q *domain.Queue) bool { return !open[q.Key] }) {
		line = slices.DeleteFunc(slices.Clone(line), func(p *domain.Placement) bool { return !open[p.Queue] })
	}
	r.each(line, r.now, func(p *domain.Placement, x *seat) {
		x.give(r.item(p, x.agent, r.now), r.now)
		given[p] = true
		r.take(r.desks[x.agent.Key], p)
	})
	if len(given) > 0 {
		r.waiting = slices.DeleteFunc(r.waiting, func(p *domain.Placement) bool { return given[p] })
	}
}

// take puts an inquiry on an agent's desk.
func (r *replay) take(desk *simDesk, p *domain.Placement) {
	n, _ := strconv.Atoi(p.InquiryID[len("inq_"):])
	m := r.matters[n]
	if p.Channel == domain.ChannelPhone || p.Channel == domain.ChannelChat {
		r.begin(desk, m, false)
		return
	}
	desk.line = append(desk.line, m)
	if len(desk.line) == 1 {
		r.begin(desk, m, true)
	}
}

// begin starts the work on an inquiry.
func (r *replay) begin(desk *simDesk, m *matter, letter bool) {
	if m.begun.IsZero() {
		m.begun = r.now
	}
	if desk.active++; desk.active == 1 {
		desk.since = r.now
	}
	r.at(r.now.Add(m.takes), func(r *replay) { r.end(desk, m, letter) })
}

// end finishes it.
func (r *replay) end(desk *simDesk, m *matter, letter bool) {
	if desk.active--; desk.active == 0 {
		desk.busy += r.now.Sub(desk.since)
	}
	desk.handled++
	item := desk.work.Item(m.place.InquiryID)
	weight := item.Weight
	desk.work.Drop(m.place.InquiryID, r.now)
	if desk.seat != nil {
		desk.seat.load -= weight
		desk.seat.idle = r.now
	}
	if !letter {
		return
	}
	desk.line = desk.line[1:]
	if len(desk.line) > 0 {
		r.begin(desk, desk.line[0], true)
	}
}

// report sums up.
func (r *replay) report() *domain.SimulationReport {
	out := &domain.SimulationReport{ServiceSeconds: r.draft.ServiceSeconds, To: r.now}
	if len(r.matters) > 0 {
		out.From = r.matters[0].place.Since
	} else if r.draft.From != nil {
		out.From, out.To = *r.draft.From, *r.draft.To
	}
	queues, tiers := map[string][]*matter{}, map[string][]*matter{}
	for _, m := range r.matters {
		queues[m.place.Queue] = append(queues[m.place.Queue], m)
		tiers[m.place.Tier] = append(tiers[m.place.Tier], m)
	}
	out.All = r.waits(r.matters, func(*domain.Agent) bool { return true })
	for _, key := range sorted(queues) {
		q := r.active(key)
		mayServe := func(a *domain.Agent) bool { return q != nil && r.Serves(a, q) }
		out.Queues = append(out.Queues, &domain.NamedWaitReport{Name: key, WaitReport: r.waits(queues[key], mayServe)})
	}
	for _, tier := range sorted(tiers) {
		out.Tiers = append(out.Tiers, &domain.NamedWaitReport{Name: tier, WaitReport: r.waits(tiers[tier], r.servedAny(tiers[tier]))})
	}
	for _, key := range sorted(r.desks) {
		d := r.desks[key]
		out.Agents = append(out.Agents, &domain.AgentLoadReport{
			Agent: key, Handled: d.handled, OnlineSeconds: d.online.Seconds(), BusySeconds: d.busy.Seconds(), Occupancy: share(d.busy, d.online),
		})
	}
	return out
}

// servedAny tells of agents who may serve a queue that any of some inquiries stood in.
func (r *replay) servedAny(list []*matter) func(*domain.Agent) bool {
	queues := map[string]bool{}
	for _, m := range list {
		queues[m.place.Queue] = true
	}
	return func(a *domain.Agent) bool {
		for key := range queues {
			if q := r.active(key); q != nil && r.Serves(a, q) {
				return true
			}
		}
		return false
	}
}

func (r *replay) waits(list []*matter, serves func(*domain.Agent) bool) domain.WaitReport {
	out := domain.WaitReport{Inquiries: len(list)}
	var waited []float64
	within := 0
	for _, m := range list {
		if m.begun.IsZero() {
			continue
		}
		w := m.begun.Sub(m.place.Since).Seconds()
		waited = append(waited, w)
		out.MeanSeconds += w
		if w <= float64(r.draft.ServiceSeconds) {
			within++
		}
	}
	if out.Served = len(waited); out.Served > 0 {
		slices.Sort(waited)
		out.MeanSeconds /= float64(len(waited))
		out.P50Seconds, out.P90Seconds, out.MaxSeconds = quantile(waited, 0.5), quantile(waited, 0.9), waited[len(waited)-1]
	}
	if len(list) > 0 {
		out.ServiceLevel = float64(within) / float64(len(list))
	}
	var busy, online time.Duration
	for _, d := range r.desks {
		if serves(d.agent) {
			busy, online = busy+d.busy, online+d.online
		}
	}
	out.Occupancy = share(busy, online)
	return out
}

// quantile gives the nearest rank of sorted values.
func quantile(values []float64, q float64) float64 {
	return values[max(0, int(math.Ceil(q*float64(len(values))))-1)]
}

func share(part, whole time.Duration) float64 {
	if whole <= 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
