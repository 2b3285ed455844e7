package graph

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"sori/domain"
	"sori/domain/live"
)

// streams goes along with every operation: it bounds how many run on one WebSocket, gives each answer its own loaders, asks the token of a
// subscription again, and tells a subscriber why the stream ended.
type streams struct {
	*door
	shared *answers
}

// stream is one subscription.
type stream struct {
	bearer  string
	checked time.Time
	scope   domain.Scope       // that the reader must keep
	feed    *live.Subscription // nil if it is no part of the feed
	why     func() error       // says of what is no part of the feed why it ended; nil if it cannot
	ended   bool

	wording string             // under which answers are shared; "" if they are not
	in      chan *domain.Event // what the library is to answer next, if they are shared
}

type streamKey struct{}

const eventStream = "text/event-stream" // of server-sent events

func (streams) ExtensionName() string                   { return "Streams" }
func (streams) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptOperation begins an operation.
func (s streams) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	c := connectionFrom(ctx)
	if c != nil {
		if c.active.Add(1) > int64(s.Limits.Operations) {
			c.active.Add(-1)
			return graphql.OneShot(s.refusal(ctx, domain.Errorf(domain.RateLimited, "more than %d operations at a time on one connection", s.Limits.Operations)))
		}
		context.AfterFunc(ctx, func() { c.active.Add(-1) })
	}
	op := graphql.GetOperationContext(ctx)
	bearer := bearerOf(op.Headers.Get("Authorization"))
	if c != nil && s.Authenticate != nil { // the connection may be older than what its token still allows
		if bearer = cmp.Or(c.bearer, bearer); bearer != "" {
			actor, err := s.Authenticate(ctx, bearer)
			if err != nil {
				return graphql.OneShot(s.refusal(ctx, err))
			}
			ctx = domain.WithActor(ctx, actor)
		}
	}
	if op.Operation.Operation != ast.Subscription {
		return next(ctx)
	}
	if c == nil && !strings.Contains(strings.Join(op.Headers.Values("Accept"), ","), eventStream) {
		return graphql.OneShot(s.refusal(ctx, domain.InvalidField("query", "transport", "is a subscription, which needs a WebSocket or Accept: %s", eventStream)))
	}
	st := &stream{checked: s.Clock(), scope: domain.ScopeEvents, bearer: bearer}
	if st.wording = wording(ctx, op); st.wording != "" {
		st.in = make(chan *domain.Event, 1)
	}
	return next(context.WithValue(ctx, streamKey{}, st))
}

// InterceptResponse goes along with one answer, or one message of a subscription.
func (s streams) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	st, ok := ctx.Value(streamKey{}).(*stream)
	if !ok {
		return clipped(next(s.withLoaders(ctx)))
	}
	if st.ended {
		return nil
	}
	allowed, done := s.whileAllowed(ctx, st)
	resp := s.answer(allowed, st, next)
	refused := done()
	switch {
	case ctx.Err() != nil:
		return nil
	case refused != nil:
		st.ended = true
		return s.refusal(ctx, refused)
	case resp == nil:
		st.ended = true
		return s.refusal(ctx, st.whyEnded())
	}
	if err := s.stillAllowed(ctx, st); err != nil {
		st.ended = true
		return s.refusal(ctx, err)
	}
	return clipped(resp)
}

// answer gives the next message; nil when the stream has ended.
func (s streams) answer(ctx context.Context, st *stream, next graphql.ResponseHandler) *graphql.Response {
	if st.in == nil || st.feed == nil { // not shared, or refused before it began
		return next(s.withLoaders(ctx))
	}
	select {
	case e, open := <-st.feed.Events:
		if !open {
			return nil
		}
		return s.shared.share(ctx, answerKey{e.Seq, st.wording}, func() *graphql.Response {
			st.in <- e
			return next(s.withLoaders(ctx))
		})
	case <-ctx.Done():
		return nil
	}
}

// maxErrors is how many errors an answer lists: a query of a thousand unknown fields has a thousand.
const maxErrors = 50

func clipped(resp *graphql.Response) *graphql.Response {
	if resp != nil && len(resp.Errors) > maxErrors {
		resp.Errors = resp.Errors[:maxErrors]
	}
	return resp
}

// stillAllowed asks the token again, if it was not for a while, so that one that ran out or was revoked does not go on seeing what happens.
func (s streams) stillAllowed(ctx context.Context, st *stream) error {
	now := s.Clock()
	if !s.asksAgain(st) || now.Sub(st.checked) < s.Limits.Reauthenticate {
		return nil
	}
	st.checked = now
	return s.askAgain(ctx, st)
}

func (s streams) asksAgain(st *stream) bool { return st.bearer != "" && s.Authenticate != nil }

func (s streams) askAgain(ctx context.Context, st *stream) error {
	actor, err := s.Authenticate(ctx, st.bearer)
	if err != nil {
		return err
	}
	_, err = domain.Require(domain.WithActor(ctx, actor), st.scope)
	return err
}

// whileAllowed gives a context that ends when the token holds no more, for a stream in which nothing happens. done ends it, and says whether that was why.
func (s streams) whileAllowed(ctx context.Context, st *stream) (allowed context.Context, done func() error) {
	if !s.asksAgain(st) {
		return ctx, func() error { return nil }
	}
	allowed, end := context.WithCancelCause(ctx)
	var asking sync.Mutex // no timer is set anew once all is done
	var timer *time.Timer
	asking.Lock()
	defer asking.Unlock()
	timer = time.AfterFunc(s.Limits.Reauthenticate, func() {
		err := s.askAgain(allowed, st)
		asking.Lock()
		defer asking.Unlock()
		switch {
		case allowed.Err() != nil:
		case err != nil:
			end(err)
		default:
			timer.Reset(s.Limits.Reauthenticate)
		}
	})
	return allowed, func() error {
		asking.Lock()
		defer asking.Unlock()
		timer.Stop()
		end(nil)
		if cause := context.Cause(allowed); !errors.Is(cause, context.Canceled) {
			return cause
		}
		return nil
	}
}

// whyEnded says why a stream ended that its reader did not end.
func (st *stream) whyEnded() error {
	if st.feed != nil {
		if err := st.feed.Err(); err != nil {
			return err
		}
	}
	if st.why != nil {
		if err := st.why(); err != nil {
			return err
		}
	}
	return domain.Errorf(domain.Unavailable, "the stream has ended; begin again")
}

// refusal tells an error; of a stream that was cut, with the cursor to go on from.
func (s streams) refusal(ctx context.Context, err error) *graphql.Response {
	shown := s.present(ctx, err)
	var ended *live.Ended
	if errors.As(err, &ended) {
		shown.Extensions["cursor"] = ended.Cursor
	}
	return &graphql.Response{Errors: gqlerror.List{shown}}
}

// show makes the stream of a subscription of what a board shows.
func show[V, T any](ctx context.Context, shown *domain.Shown[V], err error, turn func([]V) T) (<-chan T, error) {
	if err != nil {
		return nil, err
	}
	if st, ok := ctx.Value(streamKey{}).(*stream); ok {
		st.scope, st.why = domain.ScopeInquiryRead, shown.Err
	}
	out := make(chan T)
	go func() {
		defer close(out)
		for values := range shown.Values {
			select {
			case out <- turn(values):
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

// follow opens the stream of a subscription. Without after it begins now, with an empty one at the start of the feed.
func (r *resolver) follow(ctx context.Context, after *string, f live.Filter) (<-chan *domain.Event, error) {
	from := ""
	if after != nil {
		if from = *after; from == "" {
			from = domain.FormatEventCursor(0)
		}
	}
	sub, err := r.Live.Stream(ctx, from, f)
	if err != nil {
		return nil, err
	}
	if st, ok := ctx.Value(streamKey{}).(*stream); ok {
		if st.feed = sub; st.in != nil {
			return st.in, nil
		}
	}
	return sub.Events, nil
}
