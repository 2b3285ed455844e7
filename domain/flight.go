package domain

import (
	"context"
	"errors"
)

// flight is a question that one asks and others wait for with him: where the store does not answer, they all learn so at once, and not one after the other.
type flight[T any] struct {
	done  chan struct{}
	value T
	err   error
}

func newFlight[T any]() *flight[T] { return &flight[T]{done: make(chan struct{})} }

// land tells all who wait. It is deferred by him who asks, so that they do not wait for ever if he panics.
func (f *flight[T]) land(landed bool) {
	if !landed && f.err == nil {
		f.err = errors.New("who asked did not come back")
	}
	close(f.done)
}

// wait gives what was found. Unavailable if ctx ends first.
func (f *flight[T]) wait(ctx context.Context) (T, error) {
	select {
	case <-f.done:
		return f.value, f.err
	case <-ctx.Done():
		var none T
		return none, Errorf(Unavailable, "stopped waiting: %w", ctx.Err())
	}
}
