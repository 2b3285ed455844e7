package domain

import (
	"context"
	"sync"
	"time"
)

// Feed reads the event feed for all readers of one node. Events are numbered without gap and never change, so the newest are kept in memory, and
// any number of readers at the end of the feed cost one read.
type Feed struct {
	store Store
	mu    sync.Mutex
	ring  [feedKept]*Event
}

// feedKept is how many of the newest events a node keeps in memory.
const feedKept = 4096

// NewFeed makes the feed of one node.
func NewFeed(s Store) *Feed { return &Feed{store: s} }

// After gives up to limit events after a number, the oldest first. They are shared: readers must not change them.
func (f *Feed) After(ctx context.Context, seq int64, limit int) ([]*Event, error) {
	if events := f.kept(seq, limit); len(events) > 0 {
		return events, nil
	}
	events, err := Events.Find(ctx, f.store, Query{Index: SeqIndex, From: seq + 1, Limit: limit})
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range events {
		if old := f.ring[e.Seq%feedKept]; old == nil || old.Seq < e.Seq {
			f.ring[e.Seq%feedKept] = e
		}
	}
	return events, nil
}

// kept gives the events after seq that are in memory, without a gap.
func (f *Feed) kept(seq int64, limit int) []*Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []*Event
	for len(out) < limit {
		e := f.ring[(seq+1)%feedKept]
		if e == nil || e.Seq != seq+1 {
			break
		}
		out = append(out, e)
		seq++
	}
	return out
}

// ClockMargin is by how much events may be out of the order of their times: nodes' clocks differ, and a commit takes its time.
const ClockMargin = time.Minute

// SeqAt gives a number of the feed that no event at or after a time is below, and that few events before it are above. Events are numbered as they are committed,
// which is nearly in the order of their times, so it takes a reading for each doubling of the feed.
func SeqAt(ctx context.Context, s Store, at time.Time) (int64, error) {
	last, err := s.LastSeq(ctx, &Events.Spec)
	if err != nil {
		return 0, err
	}
	low, high := int64(1), last+1
	for low < high {
		middle := low + (high-low)/2
		found, err := Events.Find(ctx, s, Query{Index: SeqIndex, From: middle, Limit: 1})
		if err != nil {
			return 0, err
		}
		if len(found) > 0 && found[0].At.Before(at.Add(-ClockMargin)) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, nil
}
