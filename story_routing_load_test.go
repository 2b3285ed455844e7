package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"sori/domain"
	"sori/domain/routing"
)

// rush is a day's inquiries in an hour, for two nodes over one store.
type rush struct {
	*hall
	nodes   []*routing.Service
	agents  []*domain.Agent
	rand    *rand.Rand
	waited  map[string][]time.Duration // by tier
	given   map[string]string          // who got which inquiry first
	working map[string]time.Time       // when who has it is done with it
}

const (
	rushAgents   = 200
	rushCapacity = 50
)

// TestStoryRush brings thousands of inquiries to two hundred agents by two nodes that give out at the same time. Nothing is forgotten, nothing has two agents, no agent has more
// than fits, and VIPs do not wait longer than others.
func TestStoryRush(t *testing.T) {
	t.Parallel()
	inquiries := 10_000
	if testing.Short() {
		inquiries = 1_500
	}
	eachEngine(t, func(s *teller) { newRush(s).run(inquiries) })
}

func newRush(s *teller) *rush {
	s.Helper()
	agents, queues, routes := rushHouse()
	r := &rush{
		hall: hosting(s, agents, queues, routes...), agents: agents, rand: rand.New(rand.NewPCG(1, 2)), waited: map[string][]time.Duration{},
		given: map[string]string{}, working: map[string]time.Time{},
	}
	_, err := s.routing.EditSettings(s.ctx, 0, routing.SettingsPatch{Reserved: &[]domain.Reservation{{Tiers: []string{domain.TierVIP}, Share: 0.2}}})
	s.must(err)
	for range 2 {
		r.nodes = append(r.nodes, routing.New(routing.Deps{Store: s.store, Clock: s.clock, Log: s.log}))
	}
	return r
}

// rushHouse is an organisation of three teams with a queue each, whose VIPs come first and whose long waits overflow.
func rushHouse() (agents []*domain.Agent, queues []*domain.Queue, routes []*domain.Route) {
	teams := []string{"refunds", "login", "other"}
	for i := range rushAgents {
		agents = append(agents, &domain.Agent{Key: fmt.Sprintf("agent%03d", i), Teams: []string{teams[i%len(teams)]}, Capacity: rushCapacity})
	}
	for i, key := range []string{"refunds", "login", domain.DefaultQueue} {
		queues = append(queues, &domain.Queue{Key: key, Mode: domain.QueuePush, Strategy: domain.QueueStrategies[i%2], Teams: []string{teams[i]}})
	}
	step := func(queue string, priority int) []domain.RouteStep {
		return []domain.RouteStep{{Queue: queue, Priority: priority, TimeoutSeconds: 600}, {Queue: domain.DefaultQueue, Priority: priority}}
	}
	vip := []string{domain.TierVIP}
	return agents, queues, []*domain.Route{
		{Key: "vip", Order: 1, Conditions: domain.RouteConditions{Tiers: vip, Tags: []string{"refunds"}}, Steps: step("refunds", 90)},
		{Key: "vip2", Order: 2, Conditions: domain.RouteConditions{Tiers: vip}, Steps: step("login", 90)},
		{Key: "refunds", Order: 3, Conditions: domain.RouteConditions{Tags: []string{"refunds"}}, Steps: step("refunds", 0)},
		{Key: "login", Order: 4, Conditions: domain.RouteConditions{Tags: []string{"login"}}, Steps: step("login", 0)},
	}
}

// comeIn stores new inquiries as intake does: with the events that tell of them.
func comeIn(ctx context.Context, store domain.Store, r *rand.Rand, now time.Time, n int) error {
	ctx = domain.WithActor(ctx, domain.System("intake"))
	for done := 0; done < n; done += 250 {
		var made []*domain.Inquiry
		for range min(250, n-done) {
			made = append(made, someInquiry(r, now))
		}
		err := store.Write(ctx, func(tx domain.Tx) error {
			for _, q := range made {
				own := *q
				if err := domain.Inquiries.Insert(ctx, tx, &own); err != nil {
					return err
				}
				e := domain.Event{Type: domain.EventInquiryCreated, At: now, InquiryID: q.ID, Subject: domain.Ref{Kind: "inquiry", ID: q.ID}}
				if err := domain.Emit(ctx, tx, e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// someInquiry is a letter on one of three matters, of a VIP one time in ten.
func someInquiry(r *rand.Rand, now time.Time) *domain.Inquiry {
	id := domain.Inquiries.NewID()
	q := &domain.Inquiry{
		Doc: domain.Doc{ID: id}, Number: id, Status: domain.StatusNew, StatusCategory: domain.CategoryOpen, Priority: domain.PriorityNormal,
		CustomerID: domain.Customers.NewID(), Tier: domain.TierRegular, Account: domain.DefaultAccount, Channel: domain.ChannelEmail,
		Tags: []string{[]string{"refunds", "login", "other"}[r.IntN(3)]}, CreatedAt: now, UpdatedAt: now, LastInteractionAt: now,
	}
	if r.IntN(10) == 0 {
		q.Tier = domain.TierVIP
	}
	q.SetDue(nil)
	return q
}

// together lets both nodes take turns at the same time until neither has anything to do.
func (r *rush) together() {
	r.Helper()
	r.follow()
	errs := make([]error, len(r.nodes))
	var wg sync.WaitGroup
	for i, node := range r.nodes {
		wg.Go(func() {
			for more := true; more && errs[i] == nil; {
				more, errs[i] = node.Turn(r.ctx)
			}
		})
	}
	wg.Wait()
	r.must(errors.Join(errs...))
}

// look holds all workloads to what is promised, and plans when their work ends.
func (r *rush) look() {
	r.Helper()
	ids := make([]string, len(r.agents))
	for i, a := range r.agents {
		ids[i] = domain.WorkloadID(a.ID)
	}
	works, err := domain.Workloads.GetMany(r.ctx, r.store, ids)
	r.must(err)
	holder := map[string]string{}
	for _, w := range works {
		if w.Load() > rushCapacity {
			r.Fatalf("%s has %d of %d", w.Agent, w.Load(), rushCapacity)
		}
		regular := 0
		for _, x := range w.Items {
			if other := holder[x.InquiryID]; other != "" {
				r.Fatalf("%s and %s have %s", other, w.Agent, x.InquiryID)
			}
			holder[x.InquiryID] = w.Agent
			if x.Tier != domain.TierVIP {
				regular += x.Weight
			}
			r.note(w.Agent, x)
		}
		if regular > rushCapacity*8/10 {
			r.Fatalf("%s has %d of regular work", w.Agent, regular)
		}
	}
}

func (r *rush) note(agent string, x domain.WorkItem) {
	r.Helper()
	if first := r.given[x.InquiryID]; first != "" {
		if first != agent {
			r.Fatalf("%s had %s, now %s has it", first, x.InquiryID, agent)
		}
		return
	}
	r.given[x.InquiryID] = agent
	r.waited[x.Tier] = append(r.waited[x.Tier], x.GivenAt.Sub(x.Since))
	r.working[x.InquiryID] = r.clock().Add(time.Duration(60+r.rand.IntN(240)) * time.Second)
}

// finish resolves what is done by now.
func (r *rush) finish() {
	r.Helper()
	var done []string
	for id, at := range r.working {
		if !at.After(r.clock()) {
			done = append(done, id)
		}
	}
	slices.Sort(done)
	for _, id := range done {
		delete(r.working, id)
	}
	ctx := domain.WithActor(r.ctx, domain.System("desk"))
	for chunk := range slices.Chunk(done, 250) {
		r.must(r.store.Write(ctx, func(tx domain.Tx) error { return r.resolve(ctx, tx, chunk) }))
	}
}

func (r *rush) resolve(ctx context.Context, tx domain.Tx, ids []string) error {
	inquiries, err := domain.Inquiries.GetMany(ctx, tx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		q := inquiries[id]
		if q == nil || q.Assignee != r.given[id] {
			return fmt.Errorf("the inquiry %s is not with %s, who has it in work", id, r.given[id])
		}
		if err := q.MoveTo(domain.StatusResolved, r.clock()); err != nil {
			return err
		}
		if err := domain.Inquiries.Replace(ctx, tx, q); err != nil {
			return err
		}
		e := domain.Event{Type: domain.EventInquiryResolved, At: r.clock(), InquiryID: id, Subject: domain.Ref{Kind: "inquiry", ID: id}}
		if err := domain.Emit(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}

func (r *rush) run(inquiries int) {
	r.Helper()
	came := 0
	for minute := 0; len(r.given) < inquiries || len(r.working) > 0; minute++ {
		if minute > 400 {
			r.Fatalf("%d of %d inquiries were given out after %d minutes", len(r.given), inquiries, minute)
		}
		if came < inquiries {
			n := min(inquiries-came, max(500, inquiries/20)) // in bursts, faster than they can be served
			r.must(comeIn(r.ctx, r.store, r.rand, r.clock(), n))
			came += n
		}
		r.hear(minute == 0)
		r.together()
		r.look()
		r.later(time.Minute)
		r.finish()
	}
	left, err := domain.Placements.Find(r.ctx, r.store, domain.Query{Index: "state", Equal: []any{domain.PlacementWaiting}, Limit: 1})
	r.must(err)
	if len(left) > 0 {
		r.Fatalf("%s still waits", left[0].InquiryID)
	}
	vip, regular := mean(r.waited[domain.TierVIP]), mean(r.waited[domain.TierRegular])
	r.Logf("%d inquiries: VIPs waited %s, others %s", len(r.given), vip, regular)
	if vip > regular || regular == 0 || len(r.waited[domain.TierVIP]) == 0 {
		r.Fatalf("VIPs waited %s, others %s", vip, regular)
	}
}

// hear notes the heartbeats of all agents in one transaction.
func (r *rush) hear(first bool) {
	r.Helper()
	if first {
		r.online(r.agents...)
		return
	}
	var ids []string
	for _, a := range r.agents {
		ids = append(ids, domain.PresenceID(a.ID))
	}
	r.must(r.store.Write(r.ctx, func(tx domain.Tx) error {
		presences, err := domain.Presences.GetMany(r.ctx, tx, ids)
		for _, p := range presences {
			p.Hear(r.clock())
			if err == nil {
				err = domain.Presences.Replace(r.ctx, tx, p)
			}
		}
		return err
	}))
}

func mean(list []time.Duration) time.Duration {
	var sum time.Duration
	for _, d := range list {
		sum += d
	}
	return sum / time.Duration(max(1, len(list)))
}
