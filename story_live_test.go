package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"sori/adapters/mongostore"
	"sori/adapters/sqlitestore"
	"sori/domain"
	"sori/domain/desk"
	"sori/domain/live"
	"sori/domain/org"
	"sori/domain/routing"
)

// as is the context of an agent's token.
func (s *teller) as(agent string) context.Context {
	return domain.WithActor(s.ctx, domain.Actor{Kind: "token", ID: agent, Role: domain.RoleAgent, Scopes: domain.ScopesOf(domain.RoleAgent, "")})
}

func watchers(a *domain.InquiryActivity) string {
	text := ""
	for _, w := range a.Watchers {
		text += fmt.Sprintf("%s %s;", w.Agent, w.State)
	}
	return text
}

func TestTheFeedHasAtOnceWhatWasAnswered(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		ctx, cursor := domain.WithActor(s.ctx, domain.System("test")), ""
		for i := range 10 {
			id := s.memo(domain.Party{Email: fmt.Sprintf("f%d@x.test", i)}, "환불").InquiryID
			events, err := s.live.Events(ctx, cursor, 0)
			s.must(err)
			if len(events) == 0 || events[len(events)-1].InquiryID != id {
				s.Fatalf("memo %d is not in the feed: %d events", i, len(events))
			}
			cursor = events[len(events)-1].Cursor()
		}
	})
}

func TestWhoIsAtAnInquiry(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		id := s.memo(domain.Party{Email: "a@x.test"}, "환불").InquiryID
		set := func(agent string, state domain.ActivityState, want string) *domain.InquiryActivity {
			s.Helper()
			a, err := s.live.SetActivity(s.as(agent), id, state)
			s.must(err)
			if got := watchers(a); got != want {
				s.Errorf("%s is %s: %q, want %q", agent, state, got, want)
			}
			return a
		}
		set("kim", domain.ActivityLeft, "")
		first := set("kim", domain.ActivityViewing, "kim viewing;")
		s.later(9 * time.Second)
		if again := set("kim", domain.ActivityViewing, "kim viewing;"); again.Version != first.Version {
			t.Errorf("a repeat after 9 seconds was written: version %d after %d", again.Version, first.Version)
		}
		set("lee", domain.ActivityTyping, "kim viewing;lee typing;")
		s.later(6 * time.Second)
		if again := set("kim", domain.ActivityViewing, "kim viewing;lee typing;"); again.Watcher("kim").Until != s.clock().Add(domain.ActivityTimeout) || again.Watcher("kim").Since != first.Watcher("kim").Since {
			t.Errorf("a repeat after 15 seconds: %+v", again.Watchers)
		}
		set("lee", domain.ActivityViewing, "kim viewing;lee viewing;")
		set("kim", domain.ActivityLeft, "lee viewing;")
		s.later(domain.ActivityTimeout)
		a, err := s.live.Activity(s.ctx, id)
		s.must(err)
		if len(a.Watchers) > 0 {
			t.Errorf("after half a minute of silence: %q", watchers(a))
		}
		n, err := s.live.SweepActivities(s.ctx)
		s.must(err)
		if left, err := domain.InquiryActivities.GetMany(s.ctx, s.store, []string{domain.ActivityID(id)}); n != 1 || len(left) > 0 || err != nil {
			t.Errorf("swept %d, left %v %v", n, left, err)
		}
		_, err = s.live.SetActivity(s.as("kim"), "inq_nobody", domain.ActivityViewing)
		s.wants(err, domain.NotFound)
		_, err = s.live.Activity(s.ctx, "nonsense")
		s.wants(err, domain.NotFound)
		_, err = s.live.SetActivity(s.as("kim"), id, "sleeping")
		s.wants(err, domain.Invalid)
		readOnly := domain.WithActor(s.ctx, domain.Actor{Kind: "token", ID: "reader", Scopes: []domain.Scope{domain.ScopeInquiryRead}})
		_, err = s.live.SetActivity(readOnly, id, domain.ActivityTyping)
		s.wants(err, domain.Forbidden)
		_, err = s.live.SetActivity(readOnly, id, domain.ActivityViewing)
		s.must(err)
	})
}

func TestSignalsAreForgotten(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		id := s.memo(domain.Party{Email: "a@x.test"}, "환불").InquiryID
		for _, agent := range []string{"kim", "lee", "park"} {
			_, err := s.live.SetActivity(s.as(agent), id, domain.ActivityViewing)
			s.must(err)
		}
		for committed := s.store.Committed(); ; committed = s.store.Committed() {
			if last, err := s.store.LastSeq(s.ctx, &domain.Signals.Spec); err != nil || last == 3 {
				s.must(err)
				break
			}
			domain.Rest(s.ctx, committed, 20*time.Second)
		}
		s.later(domain.SignalAge)
		if n, err := domain.ForgetSignals(s.ctx, s.store, s.clock()); n != 0 || err != nil {
			t.Errorf("forgot %d too early: %v", n, err)
		}
		s.later(time.Second)
		if n, err := domain.ForgetSignals(s.ctx, s.store, s.clock()); n != 2 || err != nil {
			t.Errorf("forgot %d, want all but the newest: %v", n, err)
		}
	})
}

// twoNodes tells a story on two programs over one store: on MongoDB each with its own connection, so that they hear of each other by the change stream only.
func twoNodes(t *testing.T, story func(one, other *teller)) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		store, err := sqlitestore.Open(t.Context(), sqlitestore.Options{Specs: domain.Declared(), Logger: log})
		if err != nil {
			t.Fatal(err)
		}
		tell(t, store, func(one *teller) { story(one.running(), one.beside(store)) })
	})
	uri := os.Getenv("SORI_TEST_MONGO_URI")
	if uri == "" {
		return
	}
	t.Run("mongo", func(t *testing.T) {
		opts := mongostore.Options{URI: uri, Database: fmt.Sprintf("sori_nodes_%d", time.Now().UnixNano()), Specs: domain.Declared(), Logger: log}
		t.Cleanup(func() {
			if err := dropDatabase(uri, opts.Database); err != nil {
				t.Error(err)
			}
		})
		first, err := mongostore.Open(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		second, err := mongostore.Open(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { second.Close() })
		tell(t, first, func(one *teller) { story(one.running(), one.beside(second)) })
	})
}

// beside is another program over the same data, with the same clock.
func (s *teller) beside(store domain.Store) *teller {
	s.Helper()
	p, err := wire(testSecrets, store, s.clock, slog.New(slog.DiscardHandler))
	s.must(err)
	other := &teller{T: s.T, program: p, ctx: s.ctx}
	return other.running()
}

// running reads the feed, and keeps the boards, as a serving program does.
func (s *teller) running() *teller {
	ctx, stop := context.WithCancel(context.WithoutCancel(s.ctx))
	var wg sync.WaitGroup
	wg.Go(func() { s.desk.RunBoard(ctx) })
	wg.Go(func() { s.routing.RunBoard(ctx) })
	wg.Go(func() {
		if err := s.live.Run(ctx); err != nil {
			s.Error(err)
		}
	})
	s.Cleanup(func() { stop(); wg.Wait() })
	return s
}

func soon[T any](s *teller, what string, ch <-chan T) (v T) {
	s.Helper()
	select {
	case v, open := <-ch:
		if !open {
			s.Fatal("the stream ended before ", what)
		}
		return v
	case <-time.After(20 * time.Second):
		s.Fatal("never: ", what)
	}
	return v
}

func TestNodesSeeEachOthersEventsAndActivity(t *testing.T) {
	t.Parallel()
	twoNodes(t, func(one, other *teller) {
		id := one.memo(domain.Party{Email: "a@x.test"}, "환불").InquiryID
		created := one.events()
		there, err := other.live.WatchActivity(other.as("lee"), id)
		other.must(err)
		if a := soon(other, "who is there at first", there); len(a.Watchers) > 0 {
			t.Errorf("at first %q", watchers(a))
		}
		_, err = one.live.SetActivity(one.as("kim"), id, domain.ActivityTyping)
		one.must(err)
		if a := soon(other, "kim types on the other node", there); watchers(a) != "kim typing;" {
			t.Errorf("then %q", watchers(a))
		}
		one.later(domain.ActivityTimeout)
		_, err = one.live.SweepActivities(one.ctx)
		one.must(err)
		if a := soon(other, "kim has gone without a word", there); len(a.Watchers) > 0 {
			t.Errorf("after the sweep %q", watchers(a))
		}
		work, err := other.live.Stream(other.as("lee"), created[len(created)-1].Cursor(), live.Filter{Assignee: "kim", Types: []string{"inquiry.*"}})
		other.must(err)
		one.staff("kim", "park")
		_, err = one.desk.Assign(one.as("kim"), id, 0, "kim", "", "")
		one.must(err)
		if e := soon(other, "kim's work grows", work.Events); e.Type != domain.EventInquiryAssigned || e.InquiryID != id {
			t.Errorf("%+v", e)
		}
		_, err = one.desk.Assign(one.as("kim"), id, 0, "park", "", "")
		one.must(err)
		if e := soon(other, "it leaves kim", work.Events); e.Type != domain.EventInquiryAssigned {
			t.Errorf("%+v", e)
		}
	})
}

func TestCountsArePushedToOtherNodes(t *testing.T) {
	t.Parallel()
	twoNodes(t, func(one, other *teller) {
		kim, err := one.org.CreateAgent(one.ctx, org.AgentDraft{Key: "kim", Name: "Kim"})
		one.must(err)
		lee := domain.WithActor(one.ctx, domain.Actor{Kind: "token", ID: "lee", Role: domain.RoleSupervisor, Scopes: domain.ScopesOf(domain.RoleSupervisor, "")})
		view, err := one.desk.CreateView(lee, desk.ViewDraft{Name: "memos", Shared: true, Filter: desk.Filter{Channel: domain.ChannelMemo}})
		one.must(err)
		mine, err := one.desk.CreateView(lee, desk.ViewDraft{Name: "mine", Shared: true, Filter: desk.Filter{Assignee: domain.ActingAgent}})
		one.must(err)
		queue, err := domain.Queues.First(one.ctx, one.store, domain.Query{Index: "key", Equal: []any{domain.DefaultQueue}})
		one.must(err)
		for _, ids := range [][]string{nil, {"vie_nobodys"}} {
			if _, err := other.desk.WatchViewCounts(other.as("kim"), ids); err == nil {
				t.Errorf("counts of %v", ids)
			}
		}
		counts, err := other.desk.WatchViewCounts(other.as("kim"), []string{mine.ID, view.ID})
		one.must(err)
		stats, err := other.routing.WatchQueueStats(other.as("kim"), queue.ID)
		one.must(err)
		if first := soon(one, "the counts", counts.Values); first[0].ViewID != mine.ID || first[1].Count != 0 || first[1].Ready {
			t.Errorf("at first %+v", first)
		}
		if first := soon(one, "the queue", stats.Values); first[0].Online != 0 || first[0].Queue != queue.Key {
			t.Errorf("at first %+v", first[0])
		}

		id := one.memo(domain.Party{Phone: "010-1234-5678"}, "환불").InquiryID
		agent := "kim"
		_, err = one.desk.Edit(one.ctx, id, 0, desk.Patch{Assignee: &agent})
		one.must(err)
		(&bureau{teller: one}).counts(one.ctx, view)
		for v := []desk.ViewCount{{}, {}}; v[0].Count != 1 || v[1].Count != 1 || v[1].Unread != 1 || !v[0].Ready || !v[1].Ready; {
			v = soon(one, "what was counted on the other node", counts.Values)
		}
		_, err = one.routing.SetPresence(one.as("kim"), kim.ID, domain.PresenceOnline, "")
		one.must(err)
		for v := []*routing.QueueStats{{}}; v[0].Online != 1; {
			v = soon(one, "the agent who came on the other node", stats.Values)
		}
		one.must(one.desk.DeleteView(lee, view.ID))
		for range counts.Values { // what was shown before the view was gone
		}
		one.wants(counts.Err(), domain.NotFound)
	})
}
