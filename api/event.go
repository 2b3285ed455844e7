package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/live"
)

// heartbeat is how often a quiet stream says that it is still there, so that proxies do not close it.
const heartbeat = 15 * time.Second

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
	events, err := s.Live.Stream(ctx, after, live.Filter{Types: value(r.Params.Types), InquiryID: value(r.Params.Inquiry), Queue: value(r.Params.Queue)})
	if err != nil {
		cancel()
		return nil, err
	}
	return eventStream{events, cancel}, nil
}

// eventStream is an answer of Server-Sent Events (HTML Living Standard section 9.2).
type eventStream struct {
	events <-chan *domain.Event
	stop   context.CancelFunc
}

// VisitStreamEventsResponse writes events until the reader goes, or is cut off.
func (e eventStream) VisitStreamEventsResponse(w http.ResponseWriter) error {
	defer e.stop()
	out := newStream(w, "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	if !send(out, "retry: 1000\n\n") {
		return nil
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case x, open := <-e.events:
			if !open || !send(out, serverSent(x)) {
				return nil
			}
		case <-beat.C:
			if !send(out, ": still here\n\n") {
				return nil
			}
		}
	}
}

// send reports whether the reader is still there.
func send(out *stream, text string) bool {
	_, err := out.Write([]byte(text))
	return err == nil && out.Flush() == nil
}

// serverSent writes one event. Its JSON has no line feed, so one data line is enough.
func serverSent(x *domain.Event) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "id: %s\nevent: %s\ndata: %s\n\n", x.Cursor(), strings.ReplaceAll(x.Type, "\n", " "), encode(event(x)))
	return b.String()
}

func event(e *domain.Event) gen.Event {
	return gen.Event{
		Cursor: e.Cursor(), Id: e.ID, Type: e.Type, At: e.At, Actor: ref(e.Actor), Subject: gen.Ref{Kind: e.Subject.Kind, Id: e.Subject.ID},
		InquiryId: null(e.InquiryID), CustomerId: null(e.CustomerID), Data: fields(e.Data),
	}
}
