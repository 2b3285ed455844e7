package live

import (
	"context"
	"sync"

	"sori/domain"
)

// batch is how many events are read at once.
const batch = 200

// hub hands what one reader reads from the store to any number of listeners, so that the store's work does not grow with them. Each listener stands under the
// rarest thing it asks for, so that an event touches those it may concern and no others.
type hub struct {
	turn  sync.Mutex // held while a batch is handed over: who comes meanwhile may need what was not read for the others
	ready chan struct{}

	mu        sync.Mutex // of all below; taken before a listener's own
	seq       int64      // up to where the listeners have been served
	inquiries map[string]listeners
	queues    map[string]listeners
	assignees map[string]listeners
	nouns     map[string]listeners // of the events' types
	all       listeners
	ended     bool

	seen inquiryCache
}

type listeners map[*listener]struct{}

func newHub() *hub {
	return &hub{
		ready: make(chan struct{}), inquiries: map[string]listeners{}, queues: map[string]listeners{}, assignees: map[string]listeners{}, nouns: map[string]listeners{},
		all: listeners{}, seen: newInquiryCache(),
	}
}

// shelves gives where a listener stands: one place, or one for each noun it asks for.
func (h *hub) shelves(f Filter, visit func(shelf map[string]listeners, key string)) {
	switch {
	case f.InquiryID != "":
		visit(h.inquiries, f.InquiryID)
	case f.Assignee != "":
		visit(h.assignees, f.Assignee)
	case f.Queue != "":
		visit(h.queues, f.Queue)
	default:
		for _, t := range f.Types {
			visit(h.nouns, nounOf(t))
		}
	}
}

// enter makes l a listener for what comes after the number.
func (h *hub) enter(l *listener, seq int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l.from = seq
	if h.ended {
		l.end(errStopping)
	}
	if l.hasEnded() {
		return
	}
	anywhere := true
	h.shelves(l.filter, func(shelf map[string]listeners, key string) {
		if shelf[key] == nil {
			shelf[key] = listeners{}
		}
		shelf[key][l], anywhere = struct{}{}, false
	})
	if anywhere {
		h.all[l] = struct{}{}
	}
}

// leave ends a listener whose reader has gone, or who cannot be served.
func (h *hub) leave(l *listener, why *domain.Error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remove(l)
	l.end(why)
}

func (h *hub) remove(l *listener) {
	delete(h.all, l)
	h.shelves(l.filter, func(shelf map[string]listeners, key string) {
		if delete(shelf[key], l); len(shelf[key]) == 0 {
			delete(shelf, key)
		}
	})
}

// hand passes one event to those it concerns; who cannot take it is cut off, so that no reader holds up another.
func (h *hub) hand(e *domain.Event, at place) {
	give := func(to listeners) {
		for l := range to {
			if e.Seq > l.from && l.filter.holds(e, at) && !l.offer(e) {
				h.remove(l)
			}
		}
	}
	each := func(shelf map[string]listeners, keys ...string) {
		for i, k := range keys {
			if k != "" && !containsBefore(keys, i) {
				give(shelf[k])
			}
		}
	}
	each(h.inquiries, e.InquiryID)
	each(h.queues, at.queue, left(e, "queue"))
	each(h.assignees, at.assignee, left(e, "assignee"), named(e))
	each(h.nouns, nounOf(e.Type))
	give(h.all)
}

// containsBefore reports whether keys[i] stands further ahead too.
func containsBefore(keys []string, i int) bool {
	for _, k := range keys[:i] {
		if k == keys[i] {
			return true
		}
	}
	return false
}

var errStopping = domain.Errorf(domain.Unavailable, "the server is stopping; go on after the cursor")

// end ends all listeners, for ever.
func (h *hub) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	for _, shelf := range []map[string]listeners{h.inquiries, h.queues, h.assignees, h.nouns, {"": h.all}} {
		for _, at := range shelf {
			for l := range at {
				l.end(errStopping)
			}
		}
		clear(shelf)
	}
	clear(h.all)
}

// showsInquiries reports whether somebody listens who is shown, or judged by, the inquiries of events.
func (h *hub) showsInquiries() bool { return len(h.inquiries)+len(h.queues)+len(h.assignees) > 0 }

// run reads the feed from after a number on, for all listeners, until ctx ends.
func (s *Service) run(ctx context.Context) {
	defer s.hub.end()
	for ctx.Err() == nil {
		committed := s.Store.Committed()
		n, err := s.pump(ctx)
		switch {
		case err != nil:
			s.sayUnless(ctx, "event feed", err)
			domain.Rest(ctx, nil, retryRead)
		case n == 0: // a short batch is not the end: the feed may have kept only a part in memory
			select {
			case <-committed:
			case <-ctx.Done():
			}
		}
	}
}

// pump hands one batch to the listeners.
func (s *Service) pump(ctx context.Context) (int, error) {
	h := s.hub
	h.turn.Lock()
	defer h.turn.Unlock()
	h.mu.Lock()
	seq, shows := h.seq, h.showsInquiries()
	h.mu.Unlock()
	events, err := s.read(ctx, seq, batch)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	var found map[string]*domain.Inquiry
	if shows {
		if found, err = domain.Inquiries.GetMany(ctx, s.Store, inquiriesOf(events)); err != nil {
			return 0, err
		}
	}
	h.seen.renew(events, found)
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range events {
		h.hand(e, placeOf(found[e.InquiryID]))
	}
	h.seq = events[len(events)-1].Seq
	return len(events), nil
}

// inquiriesOf gives the ids of the inquiries that events tell of, each once.
func inquiriesOf(events []*domain.Event) []string {
	var ids []string
	known := map[string]bool{"": true}
	for _, e := range events {
		if !known[e.InquiryID] {
			ids, known[e.InquiryID] = append(ids, e.InquiryID), true
		}
	}
	return ids
}
