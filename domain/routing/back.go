package routing

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"sori/domain"
)

// Jobs of routing.
const (
	JobTakeBack = "routing.take_back" // work of an agent who is gone back to the queues
	JobReview   = "routing.review"    // every inquiry that nobody has looked at again, after the organisation was changed
)

// Why work is taken back.
const (
	goneSilent = "away" // it was not begun, and the agent is not there
	goneLeft   = "left" // the agent has left for good
)

type takeBackArgs struct {
	Agent  string `json:"agent"` // key
	Reason string `json:"reason"`
	Calls  bool   `json:"calls"` // the time is over for which calls were left
}

// followAgent takes work back from an agent who is gone, as an event tells.
func (s *Service) followAgent(ctx context.Context, set *setup, e *domain.Event) error {
	a := set.AgentByID(e.Subject.ID)
	if e.Subject.Kind != "agent" {
		return nil
	}
	switch e.Type {
	case domain.EventPresenceChanged:
		_, state := changeOf(e, "state")
		reason, _ := e.Data["reason"].(string)
		key, _ := e.Data["agent"].(string)
		if state != string(domain.PresenceOffline) && reason != domain.ReasonUnanswered || set.Agent(key) == nil {
			return nil
		}
		return s.takeBack(ctx, set, takeBackArgs{Agent: key, Reason: goneSilent})
	case "agent.updated":
		if a == nil || a.Active {
			return nil
		}
		if err := s.sendHome(ctx, a); err != nil {
			return err
		}
		return s.takeBack(ctx, set, takeBackArgs{Agent: a.Key, Reason: goneLeft})
	}
	return nil
}

// sendHome makes an agent who has left offline.
func (s *Service) sendHome(ctx context.Context, a *domain.Agent) error {
	now := s.Clock()
	return s.write(ctx, func(tx domain.Tx) error {
		p, err := presenceOf(ctx, tx, a)
		if err != nil || p.State == domain.PresenceOffline {
			return err
		}
		before := p.State
		p.Enter(domain.PresenceOffline, goneLeft, 0, now)
		if err := domain.Presences.Replace(ctx, tx, p); err != nil {
			return err
		}
		return domain.Emit(ctx, tx, presenceEvent(a.ID, p, before, now))
	})
}

// RunTakeBack takes back the calls that were left with a silent agent for a while, unless the agent is there again.
func (s *Service) RunTakeBack(ctx context.Context, job *domain.Job) error {
	var args takeBackArgs
	if err := json.Unmarshal([]byte(job.Args), &args); err != nil {
		return err
	}
	ctx = domain.WithActor(ctx, actor)
	set, err := s.set(ctx)
	if err != nil {
		return err
	}
	a := set.Agent(args.Agent)
	if a == nil {
		return nil
	}
	p, err := presenceOf(ctx, s.Store, a)
	if err != nil || p.There() {
		return err
	}
	return s.takeBack(ctx, set, args)
}

// takeBack brings the work of an agent who is gone back to its queues: all of one who has left, else what was not begun. Calls are left alone for a while.
func (s *Service) takeBack(ctx context.Context, set *setup, args takeBackArgs) error {
	w, err := domain.Workloads.Get(ctx, s.Store, domain.WorkloadID(set.Agent(args.Agent).ID))
	if domain.IsCode(err, domain.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var ids []string
	calls := false
	for _, x := range w.Items {
		if !args.takes(x) {
			calls = calls || x.Channel == domain.ChannelPhone && !x.Begun
			continue
		}
		ids = append(ids, x.InquiryID)
	}
	for chunk := range slices.Chunk(ids, placeChunk) {
		if err := s.takeBackChunk(ctx, set, args, chunk); err != nil {
			return err
		}
	}
	if !calls || args.Calls {
		return nil
	}
	return s.later(ctx, JobTakeBack, "takeback:"+args.Agent, takeBackArgs{Agent: args.Agent, Reason: args.Reason, Calls: true}, seconds(set.settings.CallGraceSeconds))
}

// takes tells whether an item goes back.
func (args takeBackArgs) takes(x domain.WorkItem) bool {
	switch {
	case x.State == domain.WorkOffered || args.Reason == goneLeft:
		return true
	case x.Begun:
		return false
	}
	return x.Channel != domain.ChannelPhone || args.Calls
}

func (s *Service) takeBackChunk(ctx context.Context, set *setup, args takeBackArgs, ids []string) error {
	return s.write(ctx, func(tx domain.Tx) error {
		sh, err := read(ctx, tx, set, s.Clock(), ids, []string{args.Agent})
		if err != nil {
			return err
		}
		w := sh.works[args.Agent]
		for _, id := range ids {
			if x := w.Item(id); x != nil && args.takes(*x) {
				sh.takeBack(*x, w, args)
			}
		}
		return sh.write(ctx, tx)
	})
}

// takeBack brings one inquiry back to its queue. It keeps the time that it has waited.
func (sh *sheet) takeBack(x domain.WorkItem, w *domain.Workload, args takeBackArgs) {
	q, p := sh.inquiries[x.InquiryID], sh.placements[x.InquiryID]
	if x.State == domain.WorkOffered && p != nil && p.Offer != nil && p.Offer.Agent == args.Agent {
		sh.withdraw(p)
		p.Refuse(args.Agent, sh.now.Add(sh.set.settings.RefusalTime()), sh.now)
		sh.place(p)
		return
	}
	w.Drop(x.InquiryID, sh.now)
	if q == nil || q.StatusCategory != domain.CategoryOpen || q.Assignee != args.Agent {
		return // it is not with the agent any more, only the feed has not come so far
	}
	sh.unassign(q, args.Reason)
	if p == nil {
		p = newPlacement(q, x.Since)
		sh.placements[q.ID] = p
		regard(p, q)
		if q.Queue == x.Queue {
			p.Home = x.Home // the queue is routing's own choice
		}
	}
	sh.place(p)
}

// later puts a job into the store, once for a key.
func (s *Service) later(ctx context.Context, kind, key string, args any, in time.Duration) error {
	now := s.Clock()
	err := s.Store.Write(ctx, func(tx domain.Tx) error {
		job, err := domain.NewJob(kind, args, now)
		if err != nil {
			return err
		}
		job.Key, job.RunAt = key, now.Add(in)
		return domain.Jobs.Insert(ctx, tx, job)
	})
	if domain.IsCode(err, domain.Duplicate) && domain.FieldOf(err) == "key" {
		return nil
	}
	return err
}

// reviews tells whether an event may change where any inquiry waits.
func reviews(e *domain.Event) bool {
	noun, _, _ := strings.Cut(e.Type, ".")
	switch noun {
	case "queue", "route", "routing", "org":
		return true
	}
	return e.Type == "agent.created" || e.Type == "agent.updated"
}

// reviewDelay gathers changes of the organisation that come together.
const reviewDelay = time.Second

func (s *Service) callReview(ctx context.Context) error {
	return s.later(ctx, JobReview, JobReview, struct{}{}, reviewDelay)
}

// RunReview looks again at every open inquiry that nobody has: those without a placement get one, those whose route was changed follow the new one.
func (s *Service) RunReview(ctx context.Context, _ *domain.Job) error {
	ctx = domain.WithActor(ctx, actor)
	s.org.Expire()
	set, err := s.set(ctx)
	if err != nil || !set.staffed {
		return err
	}
	var after *domain.Position
	for {
		var chunk []*touch
		query := domain.Query{Index: "assignee.last", Equal: []any{nil, domain.CategoryOpen}, After: after, Limit: placeChunk}
		err := s.Store.Select(ctx, &domain.Inquiries.Spec, query, func(d domain.Document, pos domain.Position) (bool, error) {
			chunk, after = append(chunk, &touch{inquiryID: d.Head().ID}), &pos
			return true, nil
		})
		if err != nil || len(chunk) == 0 {
			return err
		}
		if err := s.placeAll(ctx, set, chunk); err != nil {
			return err
		}
	}
}
