package live_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"sori/adapters/sqlitestore"
	"sori/domain"
	"sori/domain/live"
)

// feed is a running service over a store of its own.
type feed struct {
	testing.TB
	*live.Service
	ctx   context.Context
	store domain.Store
	stop  func()
}

func newFeed(t testing.TB) *feed {
	t.Helper()
	store, err := sqlitestore.Open(t.Context(), sqlitestore.Options{Specs: domain.Declared(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	f := &feed{TB: t, store: store, Service: live.New(live.Deps{Store: store, Clock: domain.SystemClock, Feed: domain.NewFeed(store), Log: slog.New(slog.DiscardHandler)})}
	ctx, cancel := context.WithCancel(context.Background())
	f.ctx = domain.WithActor(ctx, domain.System("test"))
	work, end := context.WithCancel(f.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := f.Run(work); err != nil {
			t.Error(err)
		}
	}()
	f.stop = func() { end(); <-done }
	t.Cleanup(func() { f.stop(); cancel(); store.Close() })
	return f
}

// tell writes events of one type, in one commit.
func (f *feed) tell(events ...domain.Event) {
	f.Helper()
	err := f.store.Write(f.ctx, func(tx domain.Tx) error {
		for _, e := range events {
			e.At = domain.SystemClock()
			if err := domain.Emit(f.ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		f.Error(err)
	}
}

func (f *feed) follow(after string, filter live.Filter) *live.Subscription {
	f.Helper()
	sub, err := f.Stream(f.ctx, after, filter)
	if err != nil {
		f.Fatal(err)
	}
	return sub
}

// next gives the next event's number.
func (f *feed) next(sub *live.Subscription) int64 {
	f.Helper()
	select {
	case e, open := <-sub.Events:
		if !open {
			f.Fatal("the stream ended: ", sub.Err())
		}
		return e.Seq
	case <-time.After(20 * time.Second):
		f.Fatal("no event came")
	}
	return 0
}

// TestReadersMissNothingAndSeeNothingTwice: readers come and go while events are written, each time from the last cursor they saw.
func TestReadersMissNothingAndSeeNothingTwice(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	const events, readers = 1500, 10
	f.tell(domain.Event{Type: "test.first"})
	var wg sync.WaitGroup
	for r := range readers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(r), 1))
			seq := int64(1)
			for seq < events {
				ctx, leave := context.WithCancel(f.ctx)
				sub, err := f.Stream(ctx, domain.FormatEventCursor(seq), live.Filter{})
				if err != nil {
					t.Error(err)
				}
				for range rng.IntN(400) {
					if seq == events {
						break
					}
					e, open := <-sub.Events
					if !open {
						t.Errorf("reader %d: ended: %v", r, sub.Err())
						leave()
						return
					}
					if e.Seq != seq+1 {
						t.Errorf("reader %d: after %d came %d", r, seq, e.Seq)
						leave()
						return
					}
					seq = e.Seq
				}
				leave()
			}
		})
	}
	for n := 1; n < events; n += 3 {
		f.tell(make([]domain.Event, min(3, events-n))...)
	}
	wg.Wait()
}

// TestASlowReaderIsCutOffAndGoesOn: it is told where to go on, and nobody else waits for it.
func TestASlowReaderIsCutOffAndGoesOn(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	f.tell(domain.Event{Type: "test.first"})
	slow, quick := f.follow("", live.Filter{}), f.follow("", live.Filter{})
	const events = 1500
	for want := int64(2); want <= events+1; {
		f.tell(make([]domain.Event, 100)...)
		for range 100 {
			if got := f.next(quick); got != want {
				t.Fatalf("the quick reader got %d, want %d", got, want)
			}
			want++
		}
	}
	seq := int64(1)
	for e := range slow.Events {
		if e.Seq != seq+1 {
			t.Fatalf("after %d came %d", seq, e.Seq)
		}
		seq = e.Seq
	}
	var ended *live.Ended
	if err := slow.Err(); !errors.As(err, &ended) || !domain.IsCode(err, domain.SlowReader) || ended.Cursor != domain.FormatEventCursor(seq) {
		t.Fatalf("after %d: %v %+v", seq, err, ended)
	}
	if seq > 100 {
		t.Errorf("it was served %d events though it had stopped reading", seq)
	}
	again := f.follow(ended.Cursor, live.Filter{})
	for want := seq + 1; want <= events+1; want++ {
		if got := f.next(again); got != want {
			t.Fatalf("coming back it got %d, want %d", got, want)
		}
	}
}

// TestEachGetsItsOwn: an inquiry's, a queue's, an agent's and a noun's events, live and when they are caught up with.
func TestEachGetsItsOwn(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	f.tell(domain.Event{Type: "test.first"})
	start := domain.FormatEventCursor(1)
	id := domain.Inquiries.NewID()
	q := &domain.Inquiry{
		Doc: domain.Doc{ID: id}, Number: "1", Status: domain.StatusOpen, StatusCategory: domain.CategoryOpen, Queue: "vip", Assignee: "kim", Account: "default", CustomerID: "cus_1",
		Channel: domain.ChannelMemo, Tier: "regular", CreatedAt: domain.SystemClock(), UpdatedAt: domain.SystemClock(), LastInteractionAt: domain.SystemClock(), DueOrder: domain.NeverDue,
	}
	if err := f.store.Write(f.ctx, func(tx domain.Tx) error { return domain.Inquiries.Insert(f.ctx, tx, q) }); err != nil {
		t.Fatal(err)
	}
	events := []domain.Event{ // numbered from 2
		{Type: "inquiry.updated", InquiryID: id},
		{Type: "agent.presence_changed", Subject: domain.Ref{Kind: "agent", ID: "agt_1"}},
		{Type: "inquiry.assigned", InquiryID: "inq_gone", Data: map[string]any{"queue": map[string]any{"before": "refund"}, "assignee": map[string]any{"before": "lee"}}},
		{Type: "inquiry.offered", InquiryID: "inq_gone", Data: map[string]any{"agent": "park"}},
		{Type: "inquiry.updated", InquiryID: id},
	}
	wants := map[string]struct {
		filter live.Filter
		seqs   []int64
	}{
		"inquiry":        {live.Filter{InquiryID: id}, []int64{2, 6}},
		"queue":          {live.Filter{Queue: "vip"}, []int64{2, 6}},
		"left queue":     {live.Filter{Queue: "refund"}, []int64{4}},
		"agent":          {live.Filter{Assignee: "kim"}, []int64{2, 6}},
		"left agent":     {live.Filter{Assignee: "lee"}, []int64{4}},
		"offered":        {live.Filter{Assignee: "park"}, []int64{5}},
		"noun":           {live.Filter{Types: []string{"agent.*"}}, []int64{3}},
		"type and queue": {live.Filter{Types: []string{"inquiry.updated", "inquiry.*"}, Queue: "vip"}, []int64{2, 6}},
		"nouns":          {live.Filter{Types: []string{"agent.*", "inquiry.offered", "inquiry.assigned"}}, []int64{3, 4, 5}},
		"all":            {live.Filter{}, []int64{2, 3, 4, 5, 6}},
	}
	subs := map[string]*live.Subscription{}
	for name, w := range wants {
		subs[name] = f.follow("", w.filter)
	}
	f.tell(events...)
	for name, w := range wants {
		for when, sub := range map[string]*live.Subscription{"live": subs[name], "later": f.follow(start, w.filter)} {
			var got []int64
			for range w.seqs {
				got = append(got, f.next(sub))
			}
			if fmt.Sprint(got) != fmt.Sprint(w.seqs) {
				t.Errorf("%s, %s: %v, want %v", name, when, got, w.seqs)
			}
		}
	}
	f.stop()
	for name, sub := range subs {
		if e, open := <-sub.Events; open {
			t.Errorf("%s: there was more: %d", name, e.Seq)
		}
		if !domain.IsCode(sub.Err(), domain.Unavailable) {
			t.Errorf("%s: ended with %v", name, sub.Err())
		}
	}
	if sub := f.follow("", live.Filter{}); sub != nil {
		if _, open := <-sub.Events; open || !domain.IsCode(sub.Err(), domain.Unavailable) {
			t.Errorf("after the end: %v", sub.Err())
		}
	}
}

// TestWhoLeavesIsForgotten: a reader that goes leaves nothing behind, and its stream has no error.
func TestWhoLeavesIsForgotten(t *testing.T) {
	t.Parallel()
	f := newFeed(t)
	ctx, leave := context.WithCancel(f.ctx)
	sub, err := f.Stream(ctx, "", live.Filter{InquiryID: "inq_1"})
	if err != nil {
		t.Fatal(err)
	}
	leave()
	if _, open := <-sub.Events; open || sub.Err() != nil {
		t.Errorf("%v %v", open, sub.Err())
	}
	f.tell(domain.Event{Type: "inquiry.updated", InquiryID: "inq_1"})
	other := f.follow("", live.Filter{})
	f.tell(domain.Event{Type: "inquiry.updated", InquiryID: "inq_1"})
	if got := f.next(other); got != 2 && got != 1 {
		t.Errorf("got %d", got)
	}
}

// BenchmarkHand is one event handed to the 50 of 10,000 listeners whom it concerns.
func BenchmarkHand(b *testing.B) {
	f := newFeed(b)
	var got sync.WaitGroup
	for i := range 10_000 {
		sub := f.follow("", live.Filter{InquiryID: fmt.Sprintf("inq_%d", i%200)})
		go func() {
			for range sub.Events {
				got.Done()
			}
		}()
	}
	for n := 0; b.Loop(); n++ {
		got.Add(50)
		f.tell(domain.Event{Type: "inquiry.updated", InquiryID: fmt.Sprintf("inq_%d", n%200)})
		got.Wait()
	}
}
