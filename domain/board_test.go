package domain

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
)

// signboard is a store whose commits are told by hand, and the values that a board reads.
type signboard struct {
	Store
	mu        sync.Mutex
	values    map[string]int
	committed chan struct{}
}

func (s *signboard) Committed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.committed
}

func (s *signboard) read(_ context.Context, keys []string) (map[string]int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int{}
	for _, k := range keys {
		if v, ok := s.values[k]; ok {
			out[k] = v
		}
	}
	return out, nil
}

// set changes the values and tells of a commit.
func (s *signboard) set(values map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values = maps.Clone(values)
	close(s.committed)
	s.committed = make(chan struct{})
}

func TestBoard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &signboard{values: map[string]int{"a": 1, "b": 2}, committed: make(chan struct{})}
		b := &Board[int]{Store: s, Log: slog.New(slog.DiscardHandler), Read: s.read, Same: func(x, y int) bool { return x == y }}
		ctx, stop := context.WithCancel(t.Context())
		go b.Run(ctx)
		if _, err := b.Watch(ctx, []string{"a", "none"}); !IsCode(err, NotFound) {
			t.Errorf("of nothing: %v", err)
		}
		watch := func(keys ...string) *Shown[int] {
			x, err := b.Watch(ctx, keys)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		both, slow := watch("b", "a"), watch("a")
		if v := <-both.Values; v[0] != 2 || v[1] != 1 {
			t.Errorf("at first %v", v)
		}
		s.set(map[string]int{"a": 1, "b": 3})
		if v := <-both.Values; v[0] != 3 || v[1] != 1 {
			t.Errorf("then %v", v)
		}
		for n := range 5 { // they come within one rest, and are one
			s.set(map[string]int{"a": 10 + n, "b": 3})
		}
		if v := <-both.Values; v[1] != 14 {
			t.Errorf("of many it gets %v", v)
		}
		if v := <-slow.Values; v[0] != 14 {
			t.Errorf("who is slow gets %v", v)
		}
		own, leave := context.WithCancel(ctx)
		gone, err := b.Watch(own, []string{"b"})
		if err != nil {
			t.Fatal(err)
		}
		leave()
		synctest.Wait()
		if <-gone.Values; gone.Err() != nil {
			t.Errorf("who left hears %v", gone.Err())
		}
		s.set(map[string]int{"b": 3})
		if _, open := <-slow.Values; open || !IsCode(slow.Err(), NotFound) {
			t.Errorf("a key that is gone: %v", slow.Err())
		}
		last, err := b.Watch(t.Context(), []string{"b"})
		if err != nil {
			t.Fatal(err)
		}
		<-last.Values
		stop()
		if _, open := <-last.Values; open || !IsCode(last.Err(), Unavailable) {
			t.Errorf("the server stopped, and a stream did not: %v", last.Err())
		}
		synctest.Wait()
		if _, err := b.Watch(t.Context(), []string{"b"}); !IsCode(err, Unavailable) {
			t.Errorf("after the end: %v", err)
		}
	})
}
