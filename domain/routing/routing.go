// Package routing brings the inquiries that are left to people to the right agent: who is there, which queue an inquiry waits in, who gets it.
//
//	routing.go    what it needs; its turns
//	setup.go      what people have set, in memory
//	match.go      whether a route holds, what skills are enough: no I/O
//	settle.go     where an inquiry stands on its route at a time: no I/O
//	floor.go      who of those that are free gets an inquiry: no I/O
//	sheet.go      what one transaction reads and writes
//	place.go      the feed: which inquiries wait, what agents have
//	again.go      what could not be placed, placed later
//	push.go       work given out
//	pull.go       work asked for
//	offer.go      an agent's answer
//	due.go        what ends by time
//	back.go       work taken back from who is gone
//	presence.go   who is there
//	stats.go      how a queue and an agent stand
//	settings.go   what holds for all
//	simulate.go   the same decisions on other days or another setting
package routing

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"sori/domain"
)

// Triage tells whether a message is decided on by triage before people see it.
type Triage interface {
	// Decides reports whether anything is set by which messages are judged; if not, nothing waits for it.
	Decides(ctx context.Context) (bool, error)
}

// Deps is what routing needs.
type Deps struct {
	Store  domain.Store
	Clock  domain.Clock
	Log    *slog.Logger
	Triage Triage        // nil: nothing is triaged
	Clocks domain.Clocks // nil: nothing is promised
}

// Service routes.
type Service struct {
	Deps
	org   *domain.Snapshot[setup]
	types *domain.Snapshot[domain.TypeParents]
	board *domain.Board[*QueueStats]

	mu    sync.Mutex
	marks map[string]mark // by queue
}

// New makes the service.
func New(d Deps) *Service {
	if d.Clocks == nil {
		d.Clocks = domain.NoClocks
	}
	s := &Service{Deps: d, marks: map[string]mark{}}
	s.org = &domain.Snapshot[setup]{Edition: domain.EditionOrg, Store: d.Store, Clock: d.Clock, Load: s.load}
	s.types = domain.NewTypeParents(d.Store, d.Clock)
	s.board = &domain.Board[*QueueStats]{Store: d.Store, Log: d.Log, Name: "queues", Read: s.readBoard, Same: (*QueueStats).same}
	return s
}

// actor is on whose behalf routing works.
var actor = domain.System("routing")

const (
	turnIdle  = time.Second           // the longest time between two turns
	turnPause = 50 * time.Millisecond // the least: it gathers what comes together
	turnLease = 5 * time.Second
)

// Run takes turns until ctx ends. Any number of nodes may run it; one at a time takes them, which spares the others' work and is needed for nothing else.
func (s *Service) Run(ctx context.Context, node string) {
	defer func() {
		if err := domain.EndLease(ctx, s.Store, leaseID, node, s.Clock()); err != nil {
			s.Log.Warn("lease of the routing", "err", err)
		}
	}()
	for ctx.Err() == nil {
		committed := s.Store.Committed()
		more, err := s.lead(ctx, node)
		if err != nil && ctx.Err() == nil && !domain.IsCode(err, domain.Conflict) {
			s.Log.Error("routing", "err", err)
		}
		if more && err == nil {
			continue
		}
		domain.Rest(ctx, nil, turnPause)
		domain.Rest(ctx, committed, turnIdle)
	}
}

// RunBoard shows how queues stand to those who watch them, until ctx ends.
func (s *Service) RunBoard(ctx context.Context) { s.board.Run(ctx) }

// lead takes a turn if no other node has the lead.
func (s *Service) lead(ctx context.Context, node string) (more bool, err error) {
	set, err := s.set(ctx)
	if err != nil || !set.staffed {
		return false, err
	}
	if _, err := domain.Lease(ctx, s.Store, leaseID, node, s.Clock(), turnLease); err != nil {
		return false, err
	}
	return s.Turn(ctx)
}

const leaseID = "con_routing-turns"

// Turn does what is due and gives out what can be given. more says that there is more to do at once.
func (s *Service) Turn(ctx context.Context) (more bool, err error) {
	ctx, end := domain.Step(domain.WithActor(ctx, actor), "routing", "turn")
	defer func() { end(err) }()
	lapsed, err := s.LapsePresences(ctx)
	if err != nil {
		return false, err
	}
	due, err := s.SettleDue(ctx)
	if err != nil {
		return false, err
	}
	given, rest, err := s.Push(ctx)
	return lapsed == sweepBatch || due == sweepBatch || given > 0 || rest, err
}

// write is a transaction that is tried again when two nodes made the same document at once.
func (s *Service) write(ctx context.Context, fn func(domain.Tx) error) error {
	const tries = 3
	var err error
	for range tries {
		if err = s.Store.Write(ctx, fn); !domain.IsCode(err, domain.Duplicate) || domain.FieldOf(err) != "id" {
			break
		}
	}
	return err
}
