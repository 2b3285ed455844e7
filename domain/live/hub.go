package live

import (
	"context"
	"slices"
	"sync"

	"sori/domain"
)

// Filter chooses events of a stream. Empty fields choose nothing out.
type Filter struct {
	Types     []string
	InquiryID string
	Queue     string // the queue that an inquiry is in when the event is read, or that it leaves by the event
}

func (f Filter) holds(e *domain.Event, queue string) bool {
	return (len(f.Types) == 0 || slices.Contains(f.Types, e.Type)) &&
		(f.InquiryID == "" || f.InquiryID == e.InquiryID) &&
		(f.Queue == "" || f.Queue == queue || f.Queue == leftQueue(e))
}

// leftQueue gives the queue that an inquiry left by an event, "" if it left none.
func leftQueue(e *domain.Event) string {
	change, _ := e.Data["queue"].(map[string]any)
	left, _ := change["before"].(string)
	return left
}

const (
	batch  = 200
	buffer = 1024 // events that a reader may lag behind before it is cut off; it resumes from its cursor
)

// hub hands what one reader reads from the store to any number of listeners, so that the store's work does not grow with them.
type hub struct {
	turn      sync.Mutex // held while a batch is handed over: who comes meanwhile may need what was not read for the others
	mu        sync.Mutex
	listeners map[*listener]struct{}
	ready     chan struct{}
	seq       int64 // up to where the listeners have been served
}

type listener struct {
	filter Filter
	events chan *domain.Event
	from   int64 // events up to here it gets by itself
}

// Stream gives the events after a cursor ("" is now), for ever. The channel is closed when ctx ends, or when the reader lags too far behind: it can ask again from
// the cursor of the last event it got, and misses nothing.
func (s *Service) Stream(ctx context.Context, after string, f Filter) (<-chan *domain.Event, error) {
	if _, err := domain.Require(ctx, domain.ScopeEvents); err != nil {
		return nil, err
	}
	seq, err := s.place(ctx, after)
	if err != nil {
		return nil, err
	}
	select {
	case <-s.hub.ready:
	case <-ctx.Done():
		return nil, domain.Errorf(domain.Unavailable, "stopped waiting: %w", ctx.Err())
	}
	l := &listener{filter: f, events: make(chan *domain.Event, buffer)}
	s.hub.turn.Lock()
	defer s.hub.turn.Unlock()
	s.hub.mu.Lock()
	l.from = s.hub.seq
	s.hub.listeners[l] = struct{}{}
	s.hub.mu.Unlock()
	if after == "" {
		seq = l.from
	}
	out := make(chan *domain.Event)
	go s.serve(ctx, l, seq, out)
	return out, nil
}

// serve first catches up from the store, then passes on what the hub gives.
func (s *Service) serve(ctx context.Context, l *listener, seq int64, out chan<- *domain.Event) {
	defer close(out)
	defer s.hub.leave(l)
	for seq < l.from {
		events, err := s.read(ctx, seq, batch)
		if err != nil || len(events) == 0 {
			return
		}
		queues := s.queuesOf(ctx, events, []*listener{l})
		for _, e := range events {
			if e.Seq > l.from {
				break
			}
			seq = e.Seq
			if l.filter.holds(e, queues[e.InquiryID]) && !send(ctx, out, e) {
				return
			}
		}
		if events[len(events)-1].Seq >= l.from {
			break
		}
	}
	for {
		select {
		case e, ok := <-l.events:
			if !ok || e.Seq > seq && !send(ctx, out, e) {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func send(ctx context.Context, out chan<- *domain.Event, e *domain.Event) bool {
	select {
	case out <- e:
		return true
	case <-ctx.Done():
		return false
	}
}

func (h *hub) leave(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.listeners[l]; ok {
		delete(h.listeners, l)
		close(l.events)
	}
}

// Run reads the feed for all listeners until ctx ends. It is called once.
func (s *Service) Run(ctx context.Context) error {
	last, err := s.Store.LastSeq(ctx, &domain.Events.Spec)
	if err != nil {
		return err
	}
	s.hub.mu.Lock()
	s.hub.seq = last
	s.hub.mu.Unlock()
	close(s.hub.ready)
	for {
		committed := s.Store.Committed()
		n, err := s.pump(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("event feed", "err", err)
		}
		if n == batch && err == nil {
			continue
		}
		select {
		case <-committed:
		case <-ctx.Done():
			s.hub.closeAll()
			return nil
		}
	}
}

// pump hands one batch to the listeners.
func (s *Service) pump(ctx context.Context) (int, error) {
	s.hub.turn.Lock()
	defer s.hub.turn.Unlock()
	s.hub.mu.Lock()
	seq, listeners := s.hub.seq, s.hub.all()
	s.hub.mu.Unlock()
	events, err := s.read(ctx, seq, batch)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	queues := s.queuesOf(ctx, events, listeners)
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for _, e := range events {
		s.hub.hand(e, queues[e.InquiryID])
	}
	s.hub.seq = events[len(events)-1].Seq
	return len(events), nil
}

func (h *hub) all() []*listener {
	out := make([]*listener, 0, len(h.listeners))
	for l := range h.listeners {
		out = append(out, l)
	}
	return out
}

// hand passes one event to all; who cannot take it is cut off, so that no reader holds up another.
func (h *hub) hand(e *domain.Event, queue string) {
	for l := range h.listeners {
		if e.Seq <= l.from || !l.filter.holds(e, queue) {
			continue
		}
		select {
		case l.events <- e:
		default:
			delete(h.listeners, l)
			close(l.events)
		}
	}
}

func (h *hub) closeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.listeners {
		delete(h.listeners, l)
		close(l.events)
	}
}

// queuesOf gives the queues of the events' inquiries, if a listener asks for one.
func (s *Service) queuesOf(ctx context.Context, events []*domain.Event, listeners []*listener) map[string]string {
	if !slices.ContainsFunc(listeners, func(l *listener) bool { return l.filter.Queue != "" }) {
		return nil
	}
	var ids []string
	for _, e := range events {
		if e.InquiryID != "" && !slices.Contains(ids, e.InquiryID) {
			ids = append(ids, e.InquiryID)
		}
	}
	queues := map[string]string{}
	found, err := domain.Inquiries.GetMany(ctx, s.Store, ids)
	if err != nil {
		s.Log.Error("queues of events", "err", err)
	}
	for id, q := range found {
		queues[id] = q.Queue
	}
	return queues
}
