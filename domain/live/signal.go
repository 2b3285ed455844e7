package live

import (
	"context"
	"sync"
	"time"

	"sori/domain"
)

// signals wakes those who show something short-lived when it has changed, on this node or another.
type signals struct {
	mu     sync.Mutex
	topics map[topic]map[chan struct{}]struct{}
	ended  bool
}

// topic is what somebody waits for: a type of signal, of one subject.
type topic struct{ kind, subject string }

// listen gives a channel that holds a word when the subject may have changed since it was last read; it is closed when the server stops. leave ends it.
func (s *signals) listen(kind, subject string) (wake <-chan struct{}, leave func()) {
	ch, t := make(chan struct{}, 1), topic{kind, subject}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		close(ch)
		return ch, func() {}
	}
	if s.topics == nil {
		s.topics = map[topic]map[chan struct{}]struct{}{}
	}
	if s.topics[t] == nil {
		s.topics[t] = map[chan struct{}]struct{}{}
	}
	s.topics[t][ch] = struct{}{}
	return ch, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if delete(s.topics[t], ch); len(s.topics[t]) == 0 {
			delete(s.topics, t)
		}
	}
}

func (s *signals) wake(list []*domain.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range list {
		for ch := range s.topics[topic{x.Type, x.Subject.ID}] {
			select {
			case ch <- struct{}{}:
			default: // it has not read yet what it was told of before
			}
		}
	}
}

func (s *signals) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	for _, listeners := range s.topics {
		for ch := range listeners {
			close(ch)
		}
	}
	s.topics = nil
}

// retryRead is how long a reader of the store rests after an error.
const retryRead = time.Second

// runSignals reads the signals from after a number on, for all who listen on this node, until ctx ends.
func (s *Service) runSignals(ctx context.Context, seq int64) {
	defer s.signals.end()
	for ctx.Err() == nil {
		committed := s.Store.Committed()
		list, err := domain.Signals.Find(ctx, s.Store, domain.Query{Index: domain.SeqIndex, From: seq + 1, Limit: batch})
		switch {
		case err != nil:
			s.sayUnless(ctx, "signals", err)
			domain.Rest(ctx, nil, retryRead)
		case len(list) == 0:
			select {
			case <-committed:
			case <-ctx.Done():
			}
		default:
			seq = list[len(list)-1].Seq
			s.signals.wake(list)
		}
	}
}

// sayUnless logs an error that is not just the end.
func (s *Service) sayUnless(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		s.Log.Error(what, "err", err)
	}
}
