package main

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"sori/adapters/worker"
	"sori/domain"
	"sori/domain/triage"
)

// TestANodeThatStopsHoldsNobodyUp: what one node at a time does, the next does as soon as the first has stopped. The clock stands still, so no lease ends by itself.
func TestANodeThatStopsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		s.staff("kim")
		s.queues("first")
		ctx, stop := context.WithCancel(s.ctx)
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			s.run(ctx, nil)
		}()
		s.memo(domain.Party{Email: "kim@m.test"}, "환불")
		leases := []string{"con_routing-turns"}
		for _, f := range s.followers() {
			leases = append(leases, "con_"+f.Name)
		}
		for _, id := range leases {
			s.eventually(id+" has begun", func() bool {
				c, err := domain.Consumers.Get(s.ctx, s.store, id)
				return err == nil && c.Node == s.node
			})
		}
		stop()
		<-stopped
		for _, id := range leases {
			if _, err := domain.Lease(s.ctx, s.store, id, "next", s.clock(), time.Minute); err != nil {
				s.Errorf("%s: %v", id, err)
			}
		}
	})
}

// TestJobsOfANodeThatStops: the job that was begun is ended, and those that were not are there for others at once.
func TestJobsOfANodeThatStops(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		const kind = "story.stop"
		s.must(s.store.Write(s.ctx, func(tx domain.Tx) error {
			for range 3 {
				job, err := domain.NewJob(kind, nil, s.clock())
				if err == nil {
					err = domain.Jobs.Insert(s.ctx, tx, job)
				}
				if err != nil {
					return err
				}
			}
			return nil
		}))
		ctx, stop := context.WithCancel(s.ctx)
		done := 0
		node := worker.New(worker.Config{Store: s.store, Clock: s.clock, Log: slog.New(slog.DiscardHandler), Node: "stops", Handlers: map[string]worker.Handler{
			kind: func(ctx context.Context, _ *domain.Job) error {
				stop()
				done++
				return ctx.Err()
			},
		}})
		n, err := node.RunOnce(ctx, kind)
		s.must(err)
		if n != 3 || done != 1 {
			s.Errorf("%d jobs claimed and %d done, want 3 and 1", n, done)
		}
		left, err := domain.ClaimJobs(s.ctx, s.store, kind, "next", s.clock(), time.Minute, 10)
		s.must(err)
		if len(left) != 2 || left[0].Attempts != 1 {
			s.Errorf("the next node gets %d jobs; want those two that were not begun, as if nobody had tried: %+v", len(left), left)
		}
	})
}

// stopping is a sender during whose hand-over the program is told to stop.
type stopping struct {
	domain.MailSender
	stop context.CancelFunc
}

func (s stopping) Send(ctx context.Context, e domain.MailEnvelope, raw []byte) (map[string]*domain.SendFault, error) {
	s.stop()
	return s.MailSender.Send(ctx, e, raw)
}

// TestMailOfANodeThatStops: the mail that is being handed over is not cut off, for it might arrive twice then.
func TestMailOfANodeThatStops(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		p := posting(s)
		x := p.reply(s.mail(letter{from: "kim@example.com", subject: "q", id: "m1@example.com", body: "q"}).InquiryID, "a")
		ctx, stop := context.WithCancel(domain.WithActor(s.ctx, domain.System("outbox")))
		s.outbox.Sender = stopping{s.outbox.Sender, stop}
		_, err := s.outbox.RunBatch(ctx)
		s.must(err)
		if d := p.dispatch(x); d.State != domain.DispatchDelivered || len(p.relay.got()) != 1 {
			s.Errorf("the dispatch is %+v, and %d mails arrived", d, len(p.relay.got()))
		}
	})
}

// stoppingStore is the store of a node that is told to stop after its first write.
type stoppingStore struct {
	domain.Store
	stop context.CancelFunc
}

func (s stoppingStore) Write(ctx context.Context, fn func(domain.Tx) error) error {
	defer s.stop()
	return s.Store.Write(ctx, fn)
}

// TestTriageOfANodeThatStops: messages that were claimed are taken their way, and wait for nobody's lease.
func TestTriageOfANodeThatStops(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(s *teller) {
		_, err := s.triage.CreateRule(s.ctx, triage.RuleDraft{Name: "tag", Actions: domain.RuleActions{Tags: []string{"seen"}}})
		s.must(err)
		r := s.memo(domain.Party{Email: "kim@m.test"}, "환불")
		ctx, stop := context.WithCancel(s.ctx)
		deps := s.triage.Deps
		deps.Store = stoppingStore{s.store, stop}
		_, err = triage.New(deps).RunBatch(ctx, "stops")
		s.must(err)
		if q := s.inquiry(r.InquiryID); ctx.Err() == nil || !slices.Equal(q.Tags, []string{"seen"}) {
			s.Errorf("tags %v", q.Tags)
		}
	})
}
