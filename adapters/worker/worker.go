// Package worker does jobs: it claims those that are due with a lease, hands them to the function of their kind, and tries again later what failed.
package worker

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"sori/domain"
)

// Handler does one job. It must bear that a job comes twice.
type Handler func(ctx context.Context, job *domain.Job) error

// Config of a worker.
type Config struct {
	Store    domain.Store
	Clock    domain.Clock
	Log      *slog.Logger
	Node     string
	Handlers map[string]Handler
	Lease    time.Duration // how long a job may take before another worker may have it; default 2 minutes
	Idle     time.Duration // how long an idle worker waits before it looks again; default 1 second
	Batch    int           // jobs claimed at once; default 16
}

// Worker does the jobs of its handlers' kinds.
type Worker struct{ Config }

// New makes a worker.
func New(c Config) *Worker {
	if c.Lease == 0 {
		c.Lease = 2 * time.Minute
	}
	if c.Idle == 0 {
		c.Idle = time.Second
	}
	if c.Batch == 0 {
		c.Batch = 16
	}
	return &Worker{c}
}

// Run works until ctx ends, one goroutine a kind so that a slow kind holds up no other.
func (w *Worker) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for kind := range w.Handlers {
		wg.Go(func() { w.runKind(ctx, kind) })
	}
	wg.Wait()
}

// pause keeps a busy store from waking every worker at every commit.
const pause = 50 * time.Millisecond

func (w *Worker) runKind(ctx context.Context, kind string) {
	for ctx.Err() == nil {
		committed := w.Store.Committed()
		n, err := w.RunOnce(ctx, kind)
		if err != nil && ctx.Err() == nil {
			w.Log.Error("jobs", "kind", kind, "err", err)
		}
		if n > 0 && err == nil {
			continue
		}
		domain.Rest(ctx, nil, pause)
		domain.Rest(ctx, committed, w.Idle)
	}
}

// RunOnce claims and does the due jobs of a kind, and answers how many it claimed.
func (w *Worker) RunOnce(ctx context.Context, kind string) (int, error) {
	jobs, err := domain.ClaimJobs(ctx, w.Store, kind, w.Node, w.Clock(), w.Lease, w.Batch)
	if err != nil {
		return 0, err
	}
	work, done := domain.WithGrace(ctx)
	defer done()
	for i, job := range jobs {
		if ctx.Err() != nil {
			return len(jobs), domain.ReturnJobs(work, w.Store, jobs[i:], w.Clock())
		}
		if err := w.do(work, job); err != nil {
			return len(jobs), err
		}
	}
	return len(jobs), nil
}

func (w *Worker) do(ctx context.Context, job *domain.Job) error {
	err := w.call(domain.WithActor(ctx, domain.System(job.Kind)), job)
	if err == nil {
		return w.finish(ctx, job)
	}
	if ctx.Err() != nil { // the program stops: that says nothing of the job
		return domain.ReturnJobs(ctx, w.Store, []*domain.Job{job}, w.Clock())
	}
	w.Log.Warn("job failed", "kind", job.Kind, "job", job.ID, "attempt", job.Attempts, "err", err)
	return domain.FailJob(ctx, w.Store, job, err, w.Clock())
}

func (w *Worker) finish(ctx context.Context, job *domain.Job) error {
	err := w.Store.Write(ctx, func(tx domain.Tx) error { return domain.FinishJob(ctx, tx, job) })
	if domain.IsCode(err, domain.Stale) {
		return nil // it took longer than its lease, and another has it, or has finished it
	}
	return err
}

// call keeps a handler's panic from taking the other jobs along.
func (w *Worker) call(ctx context.Context, job *domain.Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return w.Handlers[job.Kind](ctx, job)
}
