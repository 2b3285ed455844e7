package main

import (
	"slices"
	"testing"
	"time"

	"sori/domain"
	"sori/domain/desk"
	"sori/domain/org"
	"sori/domain/routing"
	"sori/domain/triage"
)

// tiered takes in a memo of a customer of a class.
func (h *hall) tiered(tier, phone string) string {
	h.Helper()
	r := h.memo(domain.Party{Phone: phone}, "도와주세요")
	h.must(h.store.Write(h.ctx, func(tx domain.Tx) error {
		_, err := domain.Inquiries.Update(h.ctx, tx, r.InquiryID, func(q *domain.Inquiry) error {
			q.Tier = tier
			return nil
		})
		return err
	}))
	return r.InquiryID
}

func (h *hall) placement(id string) *domain.Placement {
	h.Helper()
	p, err := h.routing.Placement(h.ctx, id)
	h.must(err)
	return p
}

// TestStoryVIP names a VIP's own agent first, then a team, then anybody; others wait behind.
func TestStoryVIP(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		kim, lee, park := &domain.Agent{Key: "kim", Capacity: 10}, &domain.Agent{Key: "lee", Teams: []string{"seniors"}, Capacity: 10}, &domain.Agent{Key: "park", Capacity: 20}
		h := hosting(s, []*domain.Agent{kim, lee, park}, []*domain.Queue{{Key: "gold", Mode: domain.QueuePush, Strategy: domain.StrategyLongestIdle}},
			&domain.Route{Key: "vip", Conditions: domain.RouteConditions{Tiers: []string{domain.TierVIP}}, Steps: []domain.RouteStep{
				{Queue: "gold", Agent: "kim", Priority: 90, TimeoutSeconds: 60}, {Queue: "gold", Team: "seniors", Priority: 90, TimeoutSeconds: 60}, {Queue: "gold", Priority: 90},
			}})
		h.online(park)
		vip := h.tiered(domain.TierVIP, "010-1111-1111")
		h.turn()
		if p := h.placement(vip); p.Queue != "gold" || p.Agent != "kim" || h.inquiry(vip).Queue != "gold" {
			t.Fatalf("%+v", p)
		}
		h.later(61 * time.Second)
		h.online(park, kim) // kim comes too late
		h.turn()
		if p := h.placement(vip); p.Step != 1 || p.Team != "seniors" {
			t.Fatalf("%+v", p)
		}
		h.later(60 * time.Second)
		h.online(park, kim)
		h.turn()
		h.wantAssignee(vip, "park") // idle the longest
		regular := h.tiered(domain.TierRegular, "010-2222-2222")
		next := h.tiered(domain.TierVIP, "010-3333-3333")
		h.turn()
		h.wantAssignee(next, "kim")
		h.wantAssignee(regular, "park")
	})
}

func TestStoryKnownAgent(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		kim, lee := &domain.Agent{Key: "kim"}, &domain.Agent{Key: "lee"}
		h := hosting(s, []*domain.Agent{kim, lee}, []*domain.Queue{{Key: domain.DefaultQueue, Mode: domain.QueuePush, Strategy: domain.StrategyLastAgent}})
		h.online(lee)
		first := h.memo(guest, "하나")
		h.turn()
		_, err := h.desk.Reply(h.as("lee"), first.InquiryID, desk.Reply{Text: "네", Resolve: true})
		h.must(err)
		h.later(time.Second)
		h.online(kim) // lee was busy last, so that kim would be next
		h.turn()
		again := h.memo(guest, "둘")
		h.turn()
		h.wantAssignee(again.InquiryID, "lee")
		other := h.memo(domain.Party{Phone: "010-9999-0000"}, "셋")
		h.turn()
		h.wantAssignee(other.InquiryID, "kim")
	})
}

// TestStoryHandOver hands over all that an agent has who leaves.
func TestStoryHandOver(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		kim, lee := &domain.Agent{Key: "kim"}, &domain.Agent{Key: "lee"}
		h := hosting(s, []*domain.Agent{kim, lee}, nil)
		h.online(kim)
		x := h.memo(guest, "하나")
		h.turn()
		_, err := h.desk.AddNote(h.as("kim"), x.InquiryID, desk.Note{Text: "보는 중"})
		h.must(err)
		h.turn()
		off := false
		_, err = h.org.EditAgent(h.ctx, kim.ID, 0, org.AgentPatch{Active: &off})
		h.must(err)
		h.later(time.Second)
		h.settle()
		h.wantAssignee(x.InquiryID, "")
		if h.count(domain.EventInquiryReturned) != 1 || h.load(kim) != 0 {
			t.Fatal("it was not handed over")
		}
		_, err = h.routing.SetPresence(h.as("kim"), kim.ID, domain.PresenceOnline, "")
		h.wants(err, domain.Conflict)
		h.online(lee)
		h.turn()
		h.wantAssignee(x.InquiryID, "lee")
	})
}

// TestStoryManual lets people decide: what they give is counted, though it is more than fits, and what they take away is freed.
func TestStoryManual(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		kim, lee := &domain.Agent{Key: "kim", Capacity: 10}, &domain.Agent{Key: "lee", Capacity: 10}
		h := hosting(s, []*domain.Agent{kim, lee}, nil)
		h.online(kim)
		a, b := h.memo(guest, "하나").InquiryID, h.memo(guest, "둘").InquiryID
		h.turn()
		h.wantAssignee(a, "kim")
		h.wantAssignee(b, "")
		_, err := h.desk.Assign(h.ctx, b, 0, "kim", "", "")
		h.must(err)
		h.turn()
		if h.load(kim) != 20 {
			t.Fatalf("load %d", h.load(kim))
		}
		_, err = h.routing.Placement(h.ctx, b)
		h.wants(err, domain.NotFound)
		_, err = h.desk.Assign(h.ctx, a, 0, "lee", "", "")
		h.must(err)
		h.turn()
		if h.load(kim) != 10 || h.load(lee) != 10 {
			t.Fatalf("loads %d and %d", h.load(kim), h.load(lee))
		}
		nobody := ""
		_, err = h.desk.Edit(h.as("lee"), a, 0, desk.Patch{Assignee: &nobody}) // lee passes it on, and does not get it back
		h.must(err)
		h.online(lee)
		h.turn()
		h.wantAssignee(a, "")
		if p := h.placement(a); !p.Refuses("lee", h.clock()) {
			t.Fatalf("%+v", p)
		}
	})
}

// TestStoryComesBack frees an agent while the customer is awaited, and brings what comes back to the agent if the agent is there, else to another.
func TestStoryComesBack(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		kim, lee := &domain.Agent{Key: "kim"}, &domain.Agent{Key: "lee"}
		h := hosting(s, []*domain.Agent{kim, lee}, nil)
		h.online(kim)
		letter := letter{from: "hong@home.test", subject: "환불", id: "1@home.test", body: "환불해 주세요"}
		x := h.mail(letter)
		h.turn()
		for i, want := range []string{"kim", "lee"} {
			sent, err := h.desk.Reply(h.as(h.assignee(x.InquiryID)), x.InquiryID, desk.Reply{Text: "주문 번호는요?"})
			h.must(err)
			h.turn()
			if h.load(kim) != 0 {
				t.Fatalf("load %d while the customer is awaited", h.load(kim))
			}
			if i == 1 {
				_, err := h.routing.SetPresence(h.as("kim"), kim.ID, domain.PresenceOffline, "")
				h.must(err)
				h.online(lee)
				h.turn()
			}
			letter.id, letter.refs, letter.body = sent.ID+"@home.test", "<"+sent.Email.MessageID+">", "1234번이요"
			if back := h.mail(letter); back.InquiryID != x.InquiryID {
				t.Fatal("the answer opened another inquiry")
			}
			h.turn()
			h.wantAssignee(x.InquiryID, want)
		}
	})
}

// TestStoryCallGrace leaves a call with an agent whose client falls silent, for a while.
func TestStoryCallGrace(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		kim := &domain.Agent{Key: "kim"}
		h := hosting(s, []*domain.Agent{kim}, nil)
		h.online(kim)
		x := h.call("010-1111-2222")
		h.turn()
		h.wantAssignee(x.InquiryID, "kim")
		h.later(2 * domain.PresenceTimeout)
		h.settle()
		h.wantAssignee(x.InquiryID, "kim")
		h.later(3 * time.Minute)
		h.jobs(routing.JobTakeBack)
		h.wantAssignee(x.InquiryID, "")
	})
}

// TestStoryUnanswered sends an agent away who lets offers pass.
func TestStoryUnanswered(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		kim := &domain.Agent{Key: "kim"}
		h := hosting(s, []*domain.Agent{kim}, []*domain.Queue{{Key: domain.DefaultQueue, Mode: domain.QueuePush, Strategy: domain.StrategyLongestIdle, OfferSeconds: 10}})
		h.online(kim)
		for range 2 {
			h.memo(guest, "여보세요")
			h.turn()
			h.later(11 * time.Second)
			h.online(kim)
			h.turn()
		}
		p, err := h.routing.Presence(h.ctx, kim.ID)
		h.must(err)
		if p.State != domain.PresenceAway || p.Reason != domain.ReasonUnanswered {
			t.Fatalf("%+v", p)
		}
	})
}

func TestStoryWrapUp(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		kim := &domain.Agent{Key: "kim"}
		h := hosting(s, []*domain.Agent{kim}, nil)
		p, err := h.routing.SetPresence(h.as("kim"), kim.ID, domain.PresenceWrapUp, "")
		h.must(err)
		if p.Until == nil || !p.Until.Equal(h.clock().Add(time.Minute)) {
			t.Fatalf("%+v", p)
		}
		x := h.memo(guest, "하나")
		h.turn()
		h.wantAssignee(x.InquiryID, "")
		h.later(time.Minute)
		h.settle()
		h.wantAssignee(x.InquiryID, "kim")
		_, err = h.routing.SetPresence(h.as("lee"), kim.ID, domain.PresenceAway, "")
		h.wants(err, domain.Forbidden)
		_, err = h.routing.SetPresence(h.as("kim"), kim.ID, "asleep", "")
		h.wants(err, domain.Invalid)
		page, err := h.routing.Presences(h.ctx, domain.PresenceOnline, domain.PageRequest{})
		h.must(err)
		if len(page.Items) != 1 || h.count(domain.EventPresenceChanged) != 2 {
			t.Fatalf("%+v", page.Items)
		}
	})
}

// TestStoryHours gives nothing out while the queue's calendar has no working time.
func TestStoryHours(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		sunday := time.Date(2027, 1, 3, 3, 0, 0, 0, time.UTC)
		s.mu.Lock()
		s.now = sunday
		s.mu.Unlock()
		kim := &domain.Agent{Key: "kim"}
		h := hosting(s, []*domain.Agent{kim}, []*domain.Queue{{Key: domain.DefaultQueue, Mode: domain.QueuePush, Strategy: domain.StrategyLongestIdle, Calendar: "office"}})
		_, err := h.org.CreateCalendar(h.ctx, org.CalendarDraft{Key: "office", Zone: "Asia/Seoul", Week: []domain.CalendarHours{{Day: 1, From: "09:00", To: "18:00"}}})
		h.must(err)
		h.later(time.Second)
		h.online(kim)
		x := h.memo(guest, "하나")
		h.turn()
		h.wantAssignee(x.InquiryID, "")
		h.later(21 * time.Hour) // Monday, nine o'clock in Seoul
		h.online(kim)
		h.turn()
		h.wantAssignee(x.InquiryID, "kim")
	})
}

// TestStoryTriageFirst lets triage decide before anybody is given an inquiry.
func TestStoryTriageFirst(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		kim := &domain.Agent{Key: "kim"}
		h := hosting(s, []*domain.Agent{kim}, []*domain.Queue{{Key: "refunds", Mode: domain.QueuePush, Strategy: domain.StrategyLongestIdle}})
		_, err := h.triage.CreateRule(h.ctx, triage.RuleDraft{
			Name: "refunds", Conditions: domain.RuleConditions{Contains: []string{"환불"}}, Actions: domain.RuleActions{Queue: "refunds"},
		})
		h.must(err)
		h.later(time.Second)
		h.online(kim)
		x := h.memo(guest, "환불해 주세요")
		h.turn()
		if p := h.placement(x.InquiryID); p.State != domain.PlacementHeld {
			t.Fatalf("%+v", p)
		}
		h.wantAssignee(x.InquiryID, "")
		_, err = h.triage.RunBatch(domain.WithActor(h.ctx, domain.System("triage")), "story")
		h.must(err)
		h.turn()
		h.wantAssignee(x.InquiryID, "kim")
		if q := h.inquiry(x.InquiryID); q.Queue != "refunds" {
			t.Fatalf("queue %q", q.Queue)
		}
		// Should triage stand still, people are not kept from the customer for long.
		y := h.memo(guest, "환불해 주세요")
		h.turn()
		h.wantAssignee(y.InquiryID, "")
		h.later(31 * time.Second)
		h.turn()
		h.wantAssignee(y.InquiryID, "kim")
	})
}

// TestStoryReview places what waited before there was anybody.
func TestStoryReview(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		h := hosting(s, nil, nil)
		x := h.memo(guest, "하나")
		h.turn()
		_, err := h.routing.Placement(h.ctx, x.InquiryID)
		h.wants(err, domain.NotFound)
		kim, err := h.org.CreateAgent(h.ctx, org.AgentDraft{Key: "kim"})
		h.must(err)
		h.turn()
		h.later(2 * time.Second)
		h.online(kim)
		h.jobs(routing.JobReview)
		h.turn()
		h.wantAssignee(x.InquiryID, "kim")
	})
}

func TestStorySimulation(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		kim := &domain.Agent{Key: "kim"}
		h := hosting(s, []*domain.Agent{kim}, nil)
		begin := h.clock()
		for range 20 {
			h.memo(guest, "하나")
			h.later(time.Second)
		}
		to := h.clock()
		ask := func(agents *[]routing.SimulatedAgent) *domain.SimulationReport {
			sim, err := h.routing.Simulate(h.ctx, routing.SimulationDraft{From: &begin, To: &to, Agents: agents, Seed: 7, Spread: 0.5})
			h.must(err)
			if sim.State != domain.SimulationRunning {
				t.Fatalf("%+v", sim)
			}
			jobs, err := domain.ClaimJobs(h.ctx, h.store, routing.JobSimulate, "story", h.clock(), time.Minute, 1)
			h.must(err)
			h.must(h.routing.RunSimulation(h.ctx, jobs[0]))
			h.must(h.store.Write(h.ctx, func(tx domain.Tx) error { return domain.FinishJob(h.ctx, tx, jobs[0]) }))
			sim, err = h.routing.Simulation(h.ctx, sim.ID)
			h.must(err)
			if sim.State != domain.SimulationDone || sim.Report.All.Served != 20 {
				t.Fatalf("%+v", sim)
			}
			return sim.Report
		}
		alone := ask(nil)
		two := ask(&[]routing.SimulatedAgent{{Key: "a"}, {Key: "b"}})
		if two.All.MeanSeconds >= alone.All.MeanSeconds || len(two.Agents) != 2 || two.All.Occupancy <= 0 {
			t.Fatalf("alone %+v, two %+v", alone.All, two.All)
		}
		if again := ask(nil); again.All != alone.All {
			t.Fatalf("the same seed gave %+v and %+v", alone.All, again.All)
		}
		if !slices.ContainsFunc(alone.Queues, func(q *domain.NamedWaitReport) bool { return q.Name == domain.DefaultQueue && q.Served == 20 }) {
			t.Fatalf("%+v", alone.Queues)
		}
		h.wantAssignee(h.memo(guest, "둘").InquiryID, "") // nothing happened at the desk
	})
}
