package domain

import (
	"context"
	"time"
)

const (
	// grace is how long work that was begun may go on when the program is told to stop.
	grace = 5 * time.Second
	// settleTime is how long a node that stops takes at most to give something back in the store.
	settleTime = 5 * time.Second
)

// WithGrace gives a context for work that is begun before ctx ends. It ends a while after ctx does, so that a mail in the middle of its hand-over, or a batch before
// its commit, is not cut off: it would only be done again. What is not begun when ctx ends is left to others.
func WithGrace(ctx context.Context) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		late := time.AfterFunc(grace, cancel)
		context.AfterFunc(out, func() { late.Stop() })
	})
	return out, func() { stop(); cancel() }
}
