package outbox

import (
	"context"
	"fmt"
	"sync"
	"time"

	"sori/domain"
)

const (
	idle  = time.Second
	pause = 20 * time.Millisecond // keeps a busy store from waking the outbox at every commit
)

// Run sends mail until ctx ends, Parallel mails at once. Any number of nodes may run it.
func (s *Service) Run(ctx context.Context) {
	if s.Sender == nil {
		return
	}
	ctx = domain.WithActor(ctx, domain.System("outbox"))
	for ctx.Err() == nil {
		committed := s.Store.Committed()
		n, err := s.RunBatch(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("outbox", "err", err)
		}
		if n > 0 && err == nil {
			continue
		}
		domain.Rest(ctx, nil, pause)
		domain.Rest(ctx, committed, idle)
	}
}

// RunBatch claims the mails that are due, tries each of them, and gives how many there were. One that fails is tried again later and holds up no other.
func (s *Service) RunBatch(ctx context.Context) (int, error) {
	// A lease outlasts the attempt, and the recording of it.
	lease := s.SendTimeout + settleTime + 10*time.Second
	jobs, err := domain.ClaimJobs(ctx, s.Store, domain.JobSendMail, s.Node, s.Clock(), lease, s.Parallel)
	if err != nil {
		return 0, err
	}
	ctx, done := domain.WithGrace(ctx)
	defer done()
	var wg sync.WaitGroup
	for _, job := range jobs {
		wg.Go(func() { s.work(ctx, job) })
	}
	wg.Wait()
	return len(jobs), nil
}

// work does one job and settles it with the store.
func (s *Service) work(ctx context.Context, job *domain.Job) {
	err := s.runSafely(ctx, job)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	if err == nil {
		err = s.Store.Write(ctx, func(tx domain.Tx) error { return domain.FinishJob(ctx, tx, job) })
		if err != nil && !domain.IsCode(err, domain.Stale) {
			s.Log.Error("finish a mail's job", "job", job.ID, "err", err)
		}
		return
	}
	s.Log.Warn("mail not sent yet", "job", job.ID, "attempt", job.Attempts, "err", err)
	if err := domain.FailJob(ctx, s.Store, job, err, s.Clock()); err != nil {
		s.Log.Error("put a mail off", "job", job.ID, "err", err)
	}
}

// runSafely keeps a panic over one mail from taking the others along.
func (s *Service) runSafely(ctx context.Context, job *domain.Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return s.RunSend(ctx, job)
}
