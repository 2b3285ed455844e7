package api

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/live"
)

// ListEvents gives a part of the feed.
func (s *server) ListEvents(ctx context.Context, r gen.ListEventsRequestObject) (gen.ListEventsResponseObject, error) {
	wait := time.Duration(value(r.Params.Wait) * float64(time.Second))
	events, err := s.Live.Wait(ctx, value(r.Params.After), value(r.Params.Limit), wait)
	if err != nil {
		return nil, err
	}
	out := gen.ListEvents200JSONResponse{Items: each(events, event)}
	if n := len(out.Items); n > 0 {
		out.NextCursor = &out.Items[n-1].Cursor
	}
	return out, nil
}

// StreamEvents gives the feed as it goes on.
func (s *server) StreamEvents(ctx context.Context, r gen.StreamEventsRequestObject) (gen.StreamEventsResponseObject, error) {
	after := value(r.Params.LastEventID)
	if after == "" {
		after = value(r.Params.After)
	}
	ctx, cancel := context.WithCancel(ctx)
	sub, err := s.Live.Stream(ctx, after, live.Filter{
		Types: value(r.Params.Types), InquiryID: value(r.Params.Inquiry), Queue: value(r.Params.Queue), Assignee: value(r.Params.Assignee),
	})
	if err != nil {
		cancel()
		return nil, err
	}
	return eventStream{sub, s.frames, s.stillAllowed(ctx, domain.ScopeEvents), cancel}, nil
}

// eventStream is an answer of Server-Sent Events (HTML Living Standard section 9.2).
type eventStream struct {
	sub     *live.Subscription
	frames  *frames
	allowed func() bool
	stop    context.CancelFunc
}

// VisitStreamEventsResponse writes events until the reader goes, or is cut off.
func (e eventStream) VisitStreamEventsResponse(w http.ResponseWriter) error {
	defer e.stop()
	serveSent(w, e.sub.Events, e.frames.of, e.allowed)
	if ended := (*live.Ended)(nil); errors.As(e.sub.Err(), &ended) {
		return sayDropped(w, string(ended.Why.Code), ended.Cursor)
	}
	return nil
}

// frames keeps the newest events as they are sent, so that an event is encoded once for all its readers.
type frames struct{ kept [256]atomic.Pointer[frame] }

type frame struct {
	seq  int64
	text []byte
}

func (f *frames) of(x *domain.Event) []byte {
	place := &f.kept[x.Seq%int64(len(f.kept))]
	if old := place.Load(); old != nil && old.seq == x.Seq {
		return old.text
	}
	text := serverSent(x.Cursor(), x.Type, event(x))
	place.Store(&frame{x.Seq, text})
	return text
}

func event(e *domain.Event) gen.Event {
	return gen.Event{
		Cursor: e.Cursor(), Id: e.ID, Type: e.Type, At: e.At, Actor: ref(e.Actor), Subject: gen.Ref{Kind: e.Subject.Kind, Id: e.Subject.ID},
		InquiryId: null(e.InquiryID), CustomerId: null(e.CustomerID), Data: fields(e.Data),
	}
}
