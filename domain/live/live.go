// Package live tells what happens as it happens: the event feed page by page for those who ask, and as it goes on for those who stay; and who is at an inquiry now.
//
//	live.go           pages, waiting
//	filter.go         which events a stream gives
//	stream.go         one reader: catching up, listening, being cut off
//	hub.go            one reader of the store, any number of listeners
//	inquirycache.go   the inquiries of the newest events, read once for all who see them
//	activity.go       who is at an inquiry
//	signal.go         what is short-lived, told to all nodes
package live

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"sori/domain"
)

// MaxWait is the longest that a question for more events is kept open.
const MaxWait = 60 * time.Second

// Deps is what the feed needs.
type Deps struct {
	Store domain.Store
	Clock domain.Clock
	Feed  *domain.Feed
	Log   *slog.Logger
}

// Service reads the feed.
type Service struct {
	Deps
	hub     *hub
	signals signals
}

// New makes the service. Streams begin when Run is called.
func New(d Deps) *Service {
	return &Service{Deps: d, hub: newHub()}
}

// Run reads events and signals for all who listen, until ctx ends. It is called once.
func (s *Service) Run(ctx context.Context) error {
	last, err := s.Store.LastSeq(ctx, &domain.Events.Spec)
	if err != nil {
		return err
	}
	signalled, err := s.Store.LastSeq(ctx, &domain.Signals.Spec)
	if err != nil {
		return err
	}
	s.hub.mu.Lock()
	s.hub.seq = last
	s.hub.mu.Unlock()
	close(s.hub.ready)
	var wg sync.WaitGroup
	wg.Go(func() { s.runSignals(ctx, signalled) })
	s.run(ctx)
	wg.Wait()
	return nil
}

// started waits until Run has found the place from which it reads.
func (s *Service) started(ctx context.Context) error {
	select {
	case <-s.hub.ready:
		return nil
	case <-ctx.Done():
		return domain.Errorf(domain.Unavailable, "stopped waiting: %w", ctx.Err())
	}
}

// Events gives up to limit events after a cursor ("" is the start), the oldest first. Invalid (Field = after) for a cursor that is none of this feed.
func (s *Service) Events(ctx context.Context, after string, limit int) ([]*domain.Event, error) {
	return s.Wait(ctx, after, limit, 0)
}

// Wait is Events that, when there are none, waits for the first ones, at most this long. A page that is not full has all that was committed before the call.
func (s *Service) Wait(ctx context.Context, after string, limit int, wait time.Duration) ([]*domain.Event, error) {
	if _, err := domain.Require(ctx, domain.ScopeEvents); err != nil {
		return nil, err
	}
	limit, err := domain.PageRequest{Limit: limit}.Size()
	if err != nil {
		return nil, err
	}
	if wait < 0 || wait > MaxWait {
		return nil, domain.InvalidField("wait", "range", "must be from 0 to %d seconds", int(MaxWait.Seconds()))
	}
	seq, err := s.place(ctx, after)
	if err != nil {
		return nil, err
	}
	timeout := time.NewTimer(wait)
	defer timeout.Stop()
	for {
		committed := s.Store.Committed()
		events, err := s.page(ctx, seq, limit)
		if err != nil || len(events) > 0 || wait == 0 {
			return events, err
		}
		select {
		case <-committed:
		case <-timeout.C:
			return events, nil
		case <-ctx.Done():
			return nil, domain.Errorf(domain.Unavailable, "stopped waiting: %w", ctx.Err())
		}
	}
}

// page reads events until there are enough, or all that was committed before the call.
func (s *Service) page(ctx context.Context, seq int64, limit int) ([]*domain.Event, error) {
	var out []*domain.Event
	for settled := false; len(out) < limit; {
		events, err := s.read(ctx, seq, limit-len(out))
		if err != nil {
			return nil, err
		}
		out = append(out, events...)
		switch n := len(events); {
		case n > 0:
			seq = events[n-1].Seq
		case settled:
			return out, nil
		default:
			if err := s.Store.Settle(ctx); err != nil {
				return nil, err
			}
			settled = true
		}
	}
	return out, nil
}

// place reads a cursor and checks that the feed has come so far.
func (s *Service) place(ctx context.Context, after string) (int64, error) {
	seq, err := domain.ParseEventCursor(after)
	if err != nil || seq == 0 {
		return seq, err
	}
	last, err := s.Store.LastSeq(ctx, &domain.Events.Spec)
	if err == nil && seq > last {
		err = domain.InvalidField("after", "known", "is ahead of the event feed")
	}
	return seq, err
}

func (s *Service) read(ctx context.Context, after int64, limit int) ([]*domain.Event, error) {
	return s.Feed.After(ctx, after, limit)
}
