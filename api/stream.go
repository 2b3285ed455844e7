package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"sori/domain"
)

// stream writes an answer as it comes, past the server's own time limit, which is for answers that end.
type stream struct {
	http.ResponseWriter
	control *http.ResponseController
}

// writePause is how long one piece may take to be written: who does not read is cut off.
const writePause = 30 * time.Second

func newStream(w http.ResponseWriter, contentType string) *stream {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Accel-Buffering", "no") // proxies would hold it back
	return &stream{ResponseWriter: w, control: http.NewResponseController(w)}
}

// Write writes one piece, for which there is a time limit of its own.
func (s *stream) Write(p []byte) (int, error) {
	// A writer without deadlines, as in tests, has no connection that could hang.
	_ = s.control.SetWriteDeadline(time.Now().Add(writePause))
	return s.ResponseWriter.Write(p)
}

// Flush sends what was written.
func (s *stream) Flush() error { return s.control.Flush() }

const (
	// heartbeat is how often a quiet stream says that it is still there, so that proxies do not close it.
	heartbeat = 15 * time.Second
	// trusted is how long the token of a stream is trusted before it is asked again.
	trusted = time.Minute
)

// serveSent writes what comes as Server-Sent Events until it ends, the reader goes, or its token does.
func serveSent[T any](w http.ResponseWriter, items <-chan T, text func(T) []byte, allowed func() bool) {
	out := newStream(w, "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	if !send(out, []byte("retry: 1000\n\n")) {
		return
	}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case x, open := <-items:
			if !open || !allowed() || !send(out, text(x)) {
				return
			}
		case <-beat.C:
			if !allowed() || !send(out, []byte(": still here\n\n")) {
				return
			}
		}
	}
}

// send reports whether the reader is still there.
func send(out *stream, text []byte) bool {
	_, err := out.Write(text)
	return err == nil && out.Flush() == nil
}

// sayDropped tells a reader why its stream ends, and where to go on if that is not its beginning.
func sayDropped(w http.ResponseWriter, reason, cursor string) error {
	said := map[string]string{"reason": reason}
	if cursor != "" {
		said["cursor"] = cursor
	}
	send(newStream(w, "text/event-stream"), serverSent(cursor, "dropped", said))
	return nil
}

// shownStream is an answer of Server-Sent Events: what a board shows.
type shownStream[V any] struct {
	shown   *domain.Shown[V]
	text    func([]V) []byte
	allowed func() bool
	stop    context.CancelFunc
}

// streamShown begins such an answer.
func streamShown[V any](ctx context.Context, s *server, watch func(context.Context) (*domain.Shown[V], error), text func([]V) []byte) (shownStream[V], error) {
	ctx, cancel := context.WithCancel(ctx)
	shown, err := watch(ctx)
	if err != nil {
		cancel()
		return shownStream[V]{}, err
	}
	return shownStream[V]{shown, text, s.stillAllowed(ctx, domain.ScopeInquiryRead), cancel}, nil
}

// write writes what is shown until the reader goes, or there is no more to show.
func (x shownStream[V]) write(w http.ResponseWriter) error {
	defer x.stop()
	serveSent(w, x.shown.Values, x.text, x.allowed)
	if err := x.shown.Err(); err != nil {
		return sayDropped(w, string(domain.CodeOf(err)), "")
	}
	return nil
}

// serverSent encodes one message; an empty id is left out. Its JSON has no line feed, so one data line is enough.
func serverSent(id, kind string, data any) []byte {
	var b bytes.Buffer
	if id != "" {
		fmt.Fprintf(&b, "id: %s\n", id)
	}
	fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", strings.ReplaceAll(kind, "\n", " "), encode(data))
	return b.Bytes()
}

// stillAllowed asks the token of a stream again from time to time, so that one that ran out or was revoked does not go on seeing what happens.
func (s *server) stillAllowed(ctx context.Context, scope domain.Scope) func() bool {
	checked, token := s.Clock(), tokenOf(ctx)
	return func() bool {
		now := s.Clock()
		if now.Sub(checked) < trusted {
			return true
		}
		checked = now
		actor, err := s.Verify(ctx, token)
		if err == nil {
			_, err = domain.Require(domain.WithActor(ctx, actor), scope)
		}
		return err == nil
	}
}
