package live

import (
	"context"
	"sync"

	"sori/domain"
)

const (
	// ahead is how many events lie ready for a reader before they are put into its backlog.
	ahead = 4
	// maxBacklog is how many events a reader may lag behind before it is cut off; it goes on from its cursor.
	maxBacklog = 1024
)

// Subscription is one reader's part of the feed. A reader at rest costs neither a goroutine nor a buffer of size.
type Subscription struct {
	// Events is closed when ctx ends, when the reader is too slow, and when the server stops. Events are shared and must not be changed.
	Events <-chan *domain.Event
	l      *listener
}

// Err says, once Events is closed, why: *Ended; nil if the reader ended it itself.
func (s *Subscription) Err() error {
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	if s.l.why == nil {
		return nil
	}
	return &Ended{s.l.why, domain.FormatEventCursor(s.l.last)}
}

// Ended says that a stream ended though its reader did not want it to.
type Ended struct {
	Why    *domain.Error // SlowReader; Unavailable when the server stops or its store fails
	Cursor string        // to go on from, so that nothing is missed or given twice
}

// Error tells why.
func (e *Ended) Error() string { return e.Why.Error() }

// Unwrap gives the domain.Error to doors.
func (e *Ended) Unwrap() error { return e.Why }

// listener takes events for one reader.
type listener struct {
	filter Filter
	out    chan *domain.Event
	done   chan struct{} // closed at the end
	from   int64         // events up to here it got by itself; guarded by the hub

	mu       sync.Mutex
	last     int64 // up to here events were put into out
	backlog  []*domain.Event
	draining bool // a goroutine writes to out, and nobody else may
	ended    bool
	why      *domain.Error // it ended; nil if the reader wanted it
}

// Stream gives the events after a cursor ("" is now), for ever. Whoever asks again from the cursor of the last event it got misses nothing and gets nothing twice. Invalid (Field = after, types).
func (s *Service) Stream(ctx context.Context, after string, f Filter) (*Subscription, error) {
	if _, err := domain.Require(ctx, domain.ScopeEvents); err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	seq, err := s.begin(ctx, after)
	if err != nil {
		return nil, err
	}
	if err := s.started(ctx); err != nil {
		return nil, err
	}
	l := &listener{filter: f, out: make(chan *domain.Event, ahead), done: make(chan struct{}), last: seq}
	if !s.join(l) {
		l.draining = true
		go s.catchUp(ctx, l)
	}
	context.AfterFunc(ctx, func() { s.hub.leave(l, nil) })
	return &Subscription{l.out, l}, nil
}

// begin gives the place after which a reader begins: what was committed before it came is not now.
func (s *Service) begin(ctx context.Context, after string) (int64, error) {
	if after == "" {
		return s.Store.LastSeq(ctx, &domain.Events.Spec)
	}
	return s.place(ctx, after)
}

// join makes l a listener if it has come as far as the hub, and reports it.
func (s *Service) join(l *listener) bool {
	s.hub.turn.Lock()
	defer s.hub.turn.Unlock()
	s.hub.mu.Lock()
	seq := s.hub.seq
	s.hub.mu.Unlock()
	l.mu.Lock()
	reached, from := l.last >= seq, l.last
	l.mu.Unlock()
	if reached {
		s.hub.enter(l, from)
	}
	return reached
}

// catchUp gives a reader what it has missed, from the store and at its own pace, and then lets it listen.
func (s *Service) catchUp(ctx context.Context, l *listener) {
	for !s.join(l) {
		events, err := s.read(ctx, l.last, batch)
		if err == nil && len(events) == 0 {
			err = domain.Errorf(domain.Unavailable, "the feed could not be read up to its end")
		}
		var found map[string]*domain.Inquiry
		if err == nil && l.filter.needsPlace() {
			found, err = s.inquiries(ctx, inquiriesOf(events))
		}
		if err != nil {
			s.sayUnless(ctx, "catching up with the event feed", err)
			s.hub.leave(l, domain.Errorf(domain.Unavailable, "the feed could not be read; go on after the cursor"))
			break
		}
		for _, e := range events {
			if l.filter.holds(e, placeOf(found[e.InquiryID])) && !l.send(e) {
				break
			}
			l.reached(e.Seq)
		}
		if l.hasEnded() {
			break
		}
	}
	l.drain()
}

// offer takes an event, and reports false when the reader is too far behind, or has ended. It does not wait.
func (l *listener) offer(e *domain.Event) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false
	}
	if !l.draining {
		select {
		case l.out <- e:
			l.last = e.Seq
			return true
		default:
			l.draining = true
			go l.drain()
		}
	}
	if len(l.backlog) >= maxBacklog {
		l.stop(domain.Errorf(domain.SlowReader, "the reader fell more than %d events behind; go on after the cursor", maxBacklog))
		return false
	}
	l.backlog = append(l.backlog, e)
	return true
}

// drain writes the backlog to out until it is empty, or the end.
func (l *listener) drain() {
	for {
		e := l.take()
		if e == nil {
			return
		}
		if l.send(e) {
			l.reached(e.Seq)
		}
	}
}

// take gives the next event of the backlog, nil when there is nothing left to do.
func (l *listener) take() *domain.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.ended:
		close(l.out)
		return nil
	case len(l.backlog) == 0:
		l.draining, l.backlog = false, nil
		return nil
	}
	e := l.backlog[0]
	l.backlog = l.backlog[1:]
	return e
}

// send waits for the reader. Only who drains may call it.
func (l *listener) send(e *domain.Event) bool {
	select {
	case <-l.done:
		return false
	default:
	}
	select {
	case l.out <- e:
		return true
	case <-l.done:
		return false
	}
}

func (l *listener) reached(seq int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = seq
}

func (l *listener) hasEnded() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// end ends the stream; why is nil if the reader wanted it.
func (l *listener) end(why *domain.Error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		l.stop(why)
	}
}

// stop is end with the lock held. Who drains closes out; nobody else writes to it then.
func (l *listener) stop(why *domain.Error) {
	l.ended, l.why, l.backlog = true, why, nil
	close(l.done)
	if !l.draining {
		close(l.out)
	}
}
