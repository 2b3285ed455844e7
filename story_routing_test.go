package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"sori/domain"
	"sori/domain/desk"
	"sori/domain/intake"
	"sori/domain/routing"
)

// hall is a teller with agents.
type hall struct {
	*teller
	cursor string // of what routing has seen
}

// hosting makes an organisation: agents, queues and routes.
func hosting(s *teller, agents []*domain.Agent, queues []*domain.Queue, routes ...*domain.Route) *hall {
	s.Helper()
	s.must(domain.WriteEdition(s.ctx, s.store, domain.EditionOrg, func(tx domain.Tx) error {
		return house(s.ctx, tx, s.clock(), agents, queues, routes)
	}))
	s.later(time.Second) // what was set is half a second old at most
	return &hall{teller: s}
}

// house stores agents with their teams, queues and routes, all active.
func house(ctx context.Context, tx domain.Tx, now time.Time, agents []*domain.Agent, queues []*domain.Queue, routes []*domain.Route) error {
	teams := map[string]bool{}
	for _, a := range agents {
		for _, key := range a.Teams {
			teams[key] = true
		}
		own := *a
		own.Active, own.Role, own.Capacity, own.CreatedAt, own.UpdatedAt = true, domain.RoleAgent, cmp.Or(a.Capacity, domain.FullCapacity), now, now
		if err := domain.Agents.Insert(ctx, tx, &own); err != nil {
			return err
		}
		a.ID = own.ID
	}
	for key := range teams {
		if err := domain.Teams.Insert(ctx, tx, &domain.Team{Key: key, Active: true, CreatedAt: now, UpdatedAt: now}); err != nil {
			return err
		}
	}
	for _, q := range queues {
		own := *q
		own.Active, own.CreatedAt, own.UpdatedAt = true, now, now
		first, err := domain.Queues.First(ctx, tx, domain.Query{Index: "key", Equal: []any{q.Key}})
		if err == nil { // a new store has the default queue
			own.Doc = first.Doc
			err = domain.Queues.Replace(ctx, tx, &own)
		} else {
			err = domain.Queues.Insert(ctx, tx, &own)
		}
		if err != nil {
			return err
		}
		q.ID = own.ID
	}
	for _, r := range routes {
		own := *r
		own.Active, own.CreatedAt, own.UpdatedAt = true, now, now
		if err := domain.Routes.Insert(ctx, tx, &own); err != nil {
			return err
		}
	}
	return nil
}

// as gives the context of an agent.
func (h *hall) as(key string) context.Context {
	return domain.WithActor(h.ctx, domain.Actor{Kind: "token", ID: key, Role: domain.RoleAgent, Scopes: domain.ScopesOf(domain.RoleAgent, "")})
}

func (h *hall) online(agents ...*domain.Agent) {
	h.Helper()
	for _, a := range agents {
		_, err := h.routing.SetPresence(h.as(a.Key), a.ID, domain.PresenceOnline, "")
		h.must(err)
	}
}

// follow shows routing what happened since the last time.
func (h *hall) follow() {
	h.Helper()
	for {
		fresh, cursor := h.after(h.cursor)
		if len(fresh) == 0 {
			return
		}
		h.must(h.routing.Follow(h.ctx, fresh))
		h.cursor = cursor
	}
}

// turn follows the feed and lets routing take turns until there is no more to do.
func (h *hall) turn() {
	h.Helper()
	h.follow()
	for {
		more, err := h.routing.Turn(h.ctx)
		h.must(err)
		if !more {
			return
		}
	}
}

func (h *hall) settle() {
	h.Helper()
	h.turn()
	h.turn()
}

func (h *hall) assignee(id string) string {
	h.Helper()
	return h.inquiry(id).Assignee
}

func (h *hall) wantAssignee(id, agent string) {
	h.Helper()
	if got := h.assignee(id); got != agent {
		h.Fatalf("%q has the inquiry, want %q", got, agent)
	}
}

func (h *hall) load(a *domain.Agent) int {
	h.Helper()
	w, err := h.routing.Workload(h.ctx, a.ID)
	h.must(err)
	return w.Used
}

func (h *hall) jobs(kind string) {
	h.Helper()
	jobs, err := domain.ClaimJobs(h.ctx, h.store, kind, "story", h.clock(), time.Minute, 10)
	h.must(err)
	for _, job := range jobs {
		switch kind {
		case routing.JobTakeBack:
			h.must(h.routing.RunTakeBack(h.ctx, job))
		case routing.JobReview:
			h.must(h.routing.RunReview(h.ctx, job))
		case routing.JobPlace:
			h.must(h.routing.RunPlace(h.ctx, job))
		}
		h.must(h.store.Write(h.ctx, func(tx domain.Tx) error { return domain.FinishJob(h.ctx, tx, job) }))
	}
}

// call takes in a call.
func (h *hall) call(phone string) intake.Result {
	h.Helper()
	r, err := h.intake.Receive(h.ctx, intake.Submission{
		Channel: domain.ChannelPhone, From: domain.Party{Phone: phone}, Text: "전화", Phone: &domain.PhonePart{CallID: domain.NewID("call"), Direction: domain.Inbound},
	})
	h.must(err)
	return r
}

var guest = domain.Party{Name: "홍길동", Phone: "010-1234-5678"}

func TestStoryPush(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		kim, lee := &domain.Agent{Key: "kim"}, &domain.Agent{Key: "lee"}
		h := hosting(s, []*domain.Agent{kim, lee}, []*domain.Queue{{Key: domain.DefaultQueue, Mode: domain.QueuePush, Strategy: domain.StrategyLongestIdle}})
		first := h.memo(guest, "하나")
		h.turn()
		h.wantAssignee(first.InquiryID, "")
		if q := h.inquiry(first.InquiryID); q.Queue != domain.DefaultQueue {
			t.Fatalf("it waits in %q", q.Queue)
		}
		h.online(kim)
		h.later(time.Second)
		h.online(lee)
		h.turn()
		h.wantAssignee(first.InquiryID, "kim") // idle the longest
		h.later(time.Second)
		second := h.memo(guest, "둘")
		h.turn()
		h.wantAssignee(second.InquiryID, "lee")
		_, err := h.desk.Resolve(h.as("kim"), first.InquiryID, 0, "")
		h.must(err)
		h.turn()
		if h.load(kim) != 0 || h.load(lee) != 10 {
			t.Fatalf("loads %d and %d", h.load(kim), h.load(lee))
		}
		// What an agent has and the customer writes on comes back to the agent who is there.
		_, err = h.desk.Reopen(h.as("kim"), first.InquiryID, 0)
		h.must(err)
		h.turn()
		h.wantAssignee(first.InquiryID, "kim")
		if h.load(kim) != 10 {
			t.Fatalf("load %d", h.load(kim))
		}
	})
}

func TestStoryOffer(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		kim, lee := &domain.Agent{Key: "kim"}, &domain.Agent{Key: "lee"}
		h := hosting(s, []*domain.Agent{kim, lee}, []*domain.Queue{{Key: domain.DefaultQueue, Mode: domain.QueuePush, Strategy: domain.StrategyLongestIdle, OfferSeconds: 20}})
		h.online(kim)
		h.later(time.Second)
		h.online(lee)
		x := h.call("010-1111-2222")
		h.turn()
		p, err := h.routing.Placement(h.ctx, x.InquiryID)
		h.must(err)
		if p.State != domain.PlacementOffered || p.Offer.Agent != "kim" {
			t.Fatalf("%+v", p)
		}
		_, err = h.routing.Accept(h.as("lee"), x.InquiryID)
		h.wants(err, domain.Conflict)
		_, err = h.routing.Reject(h.as("kim"), x.InquiryID, "lunch")
		h.must(err)
		h.turn()
		p, err = h.routing.Placement(h.ctx, x.InquiryID)
		h.must(err)
		if p.Offer == nil || p.Offer.Agent != "lee" || h.load(kim) != 0 || h.load(lee) != 100 {
			t.Fatalf("%+v, loads %d and %d", p, h.load(kim), h.load(lee))
		}
		h.later(21 * time.Second) // lee lets it pass; nobody else may have it yet
		h.turn()
		if h.load(lee) != 0 || h.count(domain.EventInquiryOfferExpired) != 1 {
			t.Fatal("the offer did not end")
		}
		h.later(5 * time.Minute)
		h.online(kim)
		h.turn()
		q, err := h.routing.Accept(h.as("kim"), x.InquiryID)
		h.must(err)
		if q.Assignee != "kim" || q.Status != domain.StatusOpen || h.load(kim) != 100 {
			t.Fatalf("%+v", q)
		}
		_, err = h.routing.Placement(h.ctx, x.InquiryID)
		h.wants(err, domain.NotFound)
		if n := h.count(domain.EventInquiryAssigned); n != 2 { // to the queue, to kim
			t.Fatalf("%d events", n)
		}
	})
}

func TestStoryPull(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		kim := &domain.Agent{Key: "kim", Teams: []string{"a"}, Capacity: 20}
		lee := &domain.Agent{Key: "lee", Teams: []string{"b"}}
		queue := &domain.Queue{Key: domain.DefaultQueue, Mode: domain.QueuePull, Strategy: domain.StrategyLongestIdle, Teams: []string{"a"}}
		h := hosting(s, []*domain.Agent{kim, lee}, []*domain.Queue{queue})
		h.online(kim, lee)
		var ids []string
		for i := range 3 {
			ids = append(ids, h.memo(guest, fmt.Sprint(i)).InquiryID)
			h.later(time.Second)
		}
		urgent := domain.Priority("urgent")
		_, err := h.desk.Edit(h.ctx, ids[2], 0, desk.Patch{Priority: &urgent})
		h.must(err)
		h.turn()
		_, err = h.routing.Next(h.as("lee"), queue.ID)
		h.wants(err, domain.Conflict)
		for _, want := range []string{ids[2], ids[0], ""} { // the third is too much for kim
			q, err := h.routing.Next(h.as("kim"), queue.ID)
			h.must(err)
			got := ""
			if q != nil {
				got = q.ID
			}
			if got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
		}
		stats, err := h.routing.QueueStats(h.ctx, queue.ID)
		h.must(err)
		if stats.Waiting != 1 || stats.LongestSeconds != 2 || stats.Online != 1 || stats.Free != 0 {
			t.Fatalf("%+v", stats)
		}
	})
}

func TestStorySilence(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		kim, lee := &domain.Agent{Key: "kim"}, &domain.Agent{Key: "lee"}
		h := hosting(s, []*domain.Agent{kim, lee}, nil)
		h.online(kim)
		begun, fresh := h.memo(guest, "하나"), h.memo(guest, "둘")
		h.turn()
		h.wantAssignee(begun.InquiryID, "kim")
		h.wantAssignee(fresh.InquiryID, "kim")
		_, err := h.desk.AddNote(h.as("kim"), begun.InquiryID, desk.Note{Text: "보는 중"})
		h.must(err)
		h.follow()
		h.later(40 * time.Second)
		p, err := h.routing.Heartbeat(h.as("kim"), kim.ID)
		h.must(err)
		if !p.HeartbeatAt.Equal(h.clock()) {
			t.Fatal("the heartbeat was not noted")
		}
		h.later(60 * time.Second)
		h.turn()
		h.wantAssignee(fresh.InquiryID, "kim")
		h.later(60 * time.Second)
		h.settle() // silence is noticed, then followed
		p, err = h.routing.Presence(h.ctx, kim.ID)
		h.must(err)
		if p.State != domain.PresenceOffline || p.Reason != domain.ReasonSilent {
			t.Fatalf("%+v", p)
		}
		h.wantAssignee(begun.InquiryID, "kim")
		h.wantAssignee(fresh.InquiryID, "")
		place, err := h.routing.Placement(h.ctx, fresh.InquiryID)
		h.must(err)
		if !place.Since.Equal(h.inquiry(fresh.InquiryID).CreatedAt) {
			t.Fatal("it lost the time that it had waited")
		}
		h.online(lee)
		h.turn()
		h.wantAssignee(fresh.InquiryID, "lee")
	})
}

// spoilt is a store that cannot take the placement of one inquiry.
type spoilt struct {
	domain.Store
	inquiryID string
}

func (s *spoilt) Write(ctx context.Context, fn func(domain.Tx) error) error {
	return s.Store.Write(ctx, func(tx domain.Tx) error { return fn(spoiltTx{tx, s.inquiryID}) })
}

type spoiltTx struct {
	domain.Tx
	inquiryID string
}

func (tx spoiltTx) Insert(ctx context.Context, c *domain.Spec, doc domain.Document) error {
	if p, ok := doc.(*domain.Placement); ok && p.InquiryID == tx.inquiryID {
		return domain.Errorf(domain.Internal, "this one cannot be stored")
	}
	return tx.Tx.Insert(ctx, c, doc)
}

func TestStoryOneThatFailsHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		kim := &domain.Agent{Key: "kim"}
		h := hosting(s, []*domain.Agent{kim}, []*domain.Queue{{Key: domain.DefaultQueue, Mode: domain.QueuePush, Strategy: domain.StrategyLongestIdle}})
		h.online(kim)
		store := &spoilt{Store: h.routing.Store}
		h.routing.Store = store
		bad := h.memo(domain.Party{Phone: "010-1111-1111"}, "하나")
		good := h.memo(domain.Party{Phone: "010-2222-2222"}, "둘")
		store.inquiryID = bad.InquiryID
		h.turn()
		h.wantAssignee(good.InquiryID, "kim")
		h.wantAssignee(bad.InquiryID, "")
		store.inquiryID = ""
		h.later(2 * time.Minute)
		h.jobs(routing.JobPlace)
		h.online(kim)
		h.turn()
		h.wantAssignee(bad.InquiryID, "kim")
	})
}

// TestPeopleDecideBeforeRoutingLooks: who is given an inquiry keeps it, though he is not there and routing has yet to see how it came. What the customer writes after that
// is routed anew.
func TestPeopleDecideBeforeRoutingLooks(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		kim := &domain.Agent{Key: "kim", Name: "kim"}
		h := hosting(s, []*domain.Agent{kim}, []*domain.Queue{{Key: domain.DefaultQueue, Name: "default"}})
		r := h.memo(domain.Party{Email: "c@m.test"}, "first")
		given, err := h.desk.Assign(h.as("kim"), r.InquiryID, 0, "kim", "", "")
		h.must(err)
		all, _ := h.after("")
		arrival := 1 + slices.IndexFunc(all, func(e *domain.Event) bool { return e.Type == domain.EventInteractionReceived })
		h.must(h.routing.Follow(h.ctx, all[:arrival])) // which does not show the assignment yet
		h.turn()
		if q := h.inquiry(r.InquiryID); q.Assignee != "kim" || q.Version != given.Version {
			h.Fatalf("it is %q's, changed %d times since", q.Assignee, q.Version-given.Version)
		}
		h.later(time.Minute)
		_, err = h.desk.Edit(h.as("kim"), r.InquiryID, 0, desk.Patch{Status: new(domain.StatusWaiting)})
		h.must(err)
		h.turn()
		h.later(time.Minute)
		_, err = h.intake.Receive(h.ctx, intake.Submission{
			Channel: domain.ChannelMemo, From: domain.Party{Email: "c@m.test"}, Text: "again", InquiryID: r.InquiryID, Memo: &domain.MemoPart{},
		})
		h.must(err)
		h.turn()
		if q := h.inquiry(r.InquiryID); q.Assignee != "" || q.Queue != domain.DefaultQueue {
			h.Errorf("what came back is still %q's, in %q", q.Assignee, q.Queue)
		}
	})
}
