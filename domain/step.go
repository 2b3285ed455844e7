package domain

import "context"

// Tracer watches the stages at work: how long a step took, and how it ended.
type Tracer interface {
	// Start begins a step ("receive") of a stage ("intake"); end is called once, with the step's error.
	Start(ctx context.Context, stage, step string) (inner context.Context, end func(error))
}

type tracerKey struct{}

// WithTracer lets the steps under ctx be watched.
func WithTracer(ctx context.Context, t Tracer) context.Context {
	return context.WithValue(ctx, tracerKey{}, t)
}

// Step begins a step of a stage for the tracer of ctx, if there is one. Use it with a named error:
//
//	ctx, end := domain.Step(ctx, "intake", "receive")
//	defer func() { end(err) }()
func Step(ctx context.Context, stage, step string) (context.Context, func(error)) {
	t, ok := ctx.Value(tracerKey{}).(Tracer)
	if !ok {
		return ctx, func(error) {}
	}
	return t.Start(ctx, stage, step)
}
