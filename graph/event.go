package graph

import (
	"cmp"
	"context"

	"sori/domain"
	"sori/domain/live"
	"sori/graph/wire"
)

// Events gives one page of the feed. Whether it goes on is asked of the feed itself: how full a page is does not tell.
func (q query) Events(ctx context.Context, first *int, after *string) (*wire.EventConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	events, err := q.Live.Events(ctx, req.Cursor, req.Limit)
	if err != nil {
		return nil, err
	}
	page := domain.Page[domain.Event]{Items: events, Cursor: func(i int) string { return events[i].Cursor() }}
	var inquiries, customers []string
	for _, e := range events {
		inquiries, customers = append(inquiries, e.InquiryID), append(customers, e.CustomerID)
	}
	loadersFrom(ctx).beside(inquiries)
	loadersFrom(ctx).beside(customers)
	if n := len(events); n > 0 {
		end := page.Cursor(n - 1)
		more, err := q.Live.Events(ctx, end, 1)
		if err != nil {
			return nil, err
		}
		if len(more) > 0 {
			page.NextCursor = end
		}
	}
	return wire.Connect(page), nil
}

func (s subscription) Events(ctx context.Context, after *string, types []string, inquiry, queue, assignee *string) (<-chan *domain.Event, error) {
	return s.follow(ctx, after, live.Filter{Types: types, InquiryID: value(inquiry), Queue: value(queue), Assignee: value(assignee)})
}

func (s subscription) WorkChanged(ctx context.Context, agent, after *string) (<-chan *domain.Event, error) {
	actor, err := domain.Require(ctx, domain.ScopeInquiryRead)
	if err != nil {
		return nil, err
	}
	return s.follow(ctx, after, live.Filter{Assignee: cmp.Or(value(agent), actor.ID)})
}

func (s subscription) PresenceChanged(ctx context.Context, after *string) (<-chan *domain.Event, error) {
	return s.follow(ctx, after, live.Filter{Types: []string{"agent.presence_changed"}})
}

func (eventFields) Actor(_ context.Context, e *domain.Event) (*domain.Ref, error) {
	return orNil(e.Actor), nil
}

func (eventFields) Inquiry(ctx context.Context, e *domain.Event) (*domain.Inquiry, error) {
	return loadInquiry(ctx, e.InquiryID)
}

func (eventFields) Customer(ctx context.Context, e *domain.Event) (*domain.Customer, error) {
	return loadCustomer(ctx, e.CustomerID)
}
