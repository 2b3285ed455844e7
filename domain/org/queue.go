package org

import (
	"context"
	"time"

	"sori/domain"
)

// QueueDraft is a queue to be made. Without a Mode it pushes, without a Strategy to the longest idle.
type QueueDraft struct {
	Key          string
	Name         string
	Mode         domain.QueueMode
	Strategy     domain.QueueStrategy
	Teams        []string
	Calendar     string
	OfferSeconds int
}

// QueuePatch changes a queue. What is nil stays; Teams replaces all of them; an empty Calendar takes it away. The key never changes: inquiries name it.
type QueuePatch struct {
	Name         *string
	Mode         *domain.QueueMode
	Strategy     *domain.QueueStrategy
	Teams        *[]string
	Calendar     *string
	OfferSeconds *int
	Active       *bool
}

const maxOffer = 3600 // seconds

var queues = domain.Kept[domain.Queue]{
	Collection: domain.Queues, Kind: "queue", Edition: domain.EditionOrg, Read: domain.ScopeOrgRead, Write: domain.ScopeOrgWrite,
	Head:  func(q *domain.Queue) *domain.Doc { return &q.Doc },
	Touch: func(q *domain.Queue, now time.Time) { q.UpdatedAt = now },
	View: func(q *domain.Queue) map[string]any {
		return map[string]any{
			"name": q.Name, "mode": q.Mode, "strategy": q.Strategy, "teams": q.Teams, "calendar": q.Calendar, "offerSeconds": q.OfferSeconds, "active": q.Active,
		}
	},
	Check: checkQueue,
	Leave: leaveQueue,
}

// CreateQueue makes a queue. Invalid names every fault; Duplicate (Field = key) if there is one with the key.
func (s *Service) CreateQueue(ctx context.Context, d QueueDraft) (*domain.Queue, error) {
	return create(ctx, s, queues, maxThings, func(d *domain.Directory) int { return len(d.Queues) }, &domain.Queue{
		Key: d.Key, Name: d.Name, Mode: d.Mode, Strategy: d.Strategy, Teams: d.Teams, Calendar: d.Calendar, OfferSeconds: d.OfferSeconds, Active: true,
		CreatedAt: s.Clock(),
	})
}

// EditQueue changes a queue. version guards it as everywhere.
func (s *Service) EditQueue(ctx context.Context, id string, version int64, p QueuePatch) (*domain.Queue, error) {
	return edit(ctx, s, queues, id, version, func(q *domain.Queue) {
		domain.SetIf(&q.Name, p.Name)
		domain.SetIf(&q.Mode, p.Mode)
		domain.SetIf(&q.Strategy, p.Strategy)
		domain.SetIf(&q.Teams, p.Teams)
		domain.SetIf(&q.Calendar, p.Calendar)
		domain.SetIf(&q.OfferSeconds, p.OfferSeconds)
		domain.SetIf(&q.Active, p.Active)
	})
}

// DeleteQueue removes a queue. Conflict names what still names it, inquiries that are not resolved too.
func (s *Service) DeleteQueue(ctx context.Context, id string) error {
	return remove(ctx, s, queues, id)
}

// GetQueue reads a queue.
func (s *Service) GetQueue(ctx context.Context, id string) (*domain.Queue, error) {
	return queues.One(ctx, s.Store, id)
}

// ListQueues gives the queues, the oldest first.
func (s *Service) ListQueues(ctx context.Context, req domain.PageRequest) (domain.Page[domain.Queue], error) {
	return queues.List(ctx, s.Store, req, domain.Query{Index: "created"})
}

func checkQueue(ctx context.Context, r domain.Reader, q *domain.Queue) error {
	if q.Mode == "" {
		q.Mode = domain.QueuePush
	}
	if q.Strategy == "" {
		q.Strategy = domain.StrategyLongestIdle
	}
	q.Teams = none(q.Teams)
	c := newChecker(ctx, r)
	c.key(q.Key)
	c.name(&q.Name, q.Key)
	word(c, "mode", q.Mode, domain.QueueModes)
	word(c, "strategy", q.Strategy, domain.QueueStrategies)
	allKnown(c, domain.Teams, "teams", q.Teams)
	known(c, domain.Calendars, "calendar", q.Calendar)
	c.within("offerSeconds", q.OfferSeconds, 0, maxOffer)
	if q.Key == domain.DefaultQueue && !q.Active {
		c.Add("active", "default", "the queue %q takes what no route takes, and stays active", q.Key)
	}
	return c.done()
}

func leaveQueue(ctx context.Context, tx domain.Tx, q *domain.Queue) error {
	if q.Key == domain.DefaultQueue {
		return &domain.Error{Code: domain.Conflict, Field: "key", Rule: "default", Message: "the queue " + q.Key + " takes what no route takes, and stays"}
	}
	if err := unnamed(ctx, tx, namesQueue, q.Key); err != nil {
		return err
	}
	for _, category := range []domain.StatusCategory{domain.CategoryOpen, domain.CategoryWaiting} {
		left, err := domain.Inquiries.Find(ctx, tx, domain.Query{Index: "queue.last", Equal: []any{q.Key, category}, Limit: 1})
		if err != nil {
			return err
		}
		if len(left) > 0 {
			return inUse("inquiry", left[0].Number)
		}
	}
	return nil
}
