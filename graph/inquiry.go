package graph

import (
	"context"

	"sori/domain"
	"sori/domain/desk"
	"sori/domain/intake"
	"sori/domain/live"
	"sori/graph/wire"
)

func (q query) Inquiry(ctx context.Context, id string) (*domain.Inquiry, error) {
	return q.Desk.Get(ctx, id)
}

func (q query) Inquiries(ctx context.Context, status *domain.Status, category *domain.StatusCategory, queue, assignee, typeKey *string, channel *domain.Channel, tier, tag, customer, team *string, priority *domain.Priority, unread *bool, sort *desk.Sort, first *int, after *string) (*wire.InquiryConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	page, err := q.Desk.List(ctx, desk.Filter{
		Status: value(status), StatusCategory: value(category), Queue: value(queue), Assignee: value(assignee), Type: value(typeKey),
		Channel: value(channel), Tier: value(tier), Tag: value(tag), Customer: value(customer), Team: value(team), Priority: value(priority), Unread: unread,
	}, value(sort), req)
	besideInquiries(ctx, page.Items)
	return connected(page, err)
}

func (f inquiryFields) Customer(ctx context.Context, q *domain.Inquiry) (*domain.Customer, error) {
	return loadCustomer(ctx, q.CustomerID)
}

// Interactions gives the first page together with those of the other inquiries of a list; a later page is read by itself.
func (f inquiryFields) Interactions(ctx context.Context, q *domain.Inquiry, first *int, after *string) (*wire.InteractionConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	if req.Cursor == "" {
		return connected(loadLatest(ctx, q.ID, req.Limit))
	}
	page, err := f.Desk.Interactions(ctx, q.ID, req)
	besideInteractions(ctx, page.Items)
	return connected(page, err)
}

func (m mutation) ReceiveInquiry(ctx context.Context, in wire.ReceiveInquiryInput) (*wire.Changed, error) {
	if _, err := domain.Require(ctx, domain.ScopeIntake); err != nil {
		return nil, err
	}
	return m.once(ctx, receiveMutation, in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		sub, err := in.Received()
		if err != nil {
			return nil, err
		}
		var res intake.Result
		if in.Channel == domain.ChannelEmail {
			res, err = m.Intake.ReceiveMail(ctx, in.Account, in.Raw)
		} else {
			res, err = m.Intake.Receive(ctx, sub)
		}
		return received(res, err)
	})
}

// received tells what became of something that came in.
func received(res intake.Result, err error) (*wire.Changed, error) {
	return &wire.Changed{
		Duplicate: res.Duplicate, InquiryID: res.InquiryID, Number: res.Number, InteractionID: res.Interaction, CustomerID: res.CustomerID,
	}, err
}

func (m mutation) UpdateInquiry(ctx context.Context, in wire.UpdateInquiryInput) (*wire.Changed, error) {
	return m.changeInquiry(ctx, "updateInquiry", in.Guard, in, func(ctx context.Context) (*domain.Inquiry, error) {
		return m.Desk.Edit(ctx, in.ID, in.Version, in.Patch())
	})
}

func (m mutation) AssignInquiry(ctx context.Context, in wire.AssignInquiryInput) (*wire.Changed, error) {
	return m.changeInquiry(ctx, "assignInquiry", in.Guard, in, func(ctx context.Context) (*domain.Inquiry, error) {
		return m.Desk.Assign(ctx, in.ID, in.Version, in.Agent, in.Team, in.Queue)
	})
}

func (m mutation) ResolveInquiry(ctx context.Context, in wire.ResolveInquiryInput) (*wire.Changed, error) {
	return m.changeInquiry(ctx, "resolveInquiry", in.Guard, in, func(ctx context.Context) (*domain.Inquiry, error) {
		return m.Desk.Resolve(ctx, in.ID, in.Version, in.Disposition)
	})
}

func (m mutation) ReopenInquiry(ctx context.Context, in wire.ReopenInquiryInput) (*wire.Changed, error) {
	return m.changeInquiry(ctx, "reopenInquiry", in.Guard, in, func(ctx context.Context) (*domain.Inquiry, error) {
		return m.Desk.Reopen(ctx, in.ID, in.Version)
	})
}

func (m mutation) SnoozeInquiry(ctx context.Context, in wire.SnoozeInquiryInput) (*wire.Changed, error) {
	return m.changeInquiry(ctx, "snoozeInquiry", in.Guard, in, func(ctx context.Context) (*domain.Inquiry, error) {
		return m.Desk.Snooze(ctx, in.ID, in.Version, in.Until)
	})
}

// changeInquiry is the way of every mutation of one inquiry.
func (m mutation) changeInquiry(ctx context.Context, name string, g wire.Guard, in any, run func(context.Context) (*domain.Inquiry, error)) (*wire.Changed, error) {
	return m.once(ctx, name, g.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		q, err := run(ctx)
		return tell(wire.ChangedInquiry, q, err)
	})
}

func (s subscription) InquiryChanged(ctx context.Context, id string, after *string) (<-chan *domain.Event, error) {
	if _, err := s.Desk.Get(ctx, id); err != nil {
		return nil, err
	}
	return s.follow(ctx, after, live.Filter{InquiryID: id})
}

func (s subscription) QueueChanged(ctx context.Context, queue string, after *string) (<-chan *domain.Event, error) {
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return nil, err
	}
	if queue == "" {
		return nil, domain.InvalidField("queue", "required", "is empty")
	}
	return s.follow(ctx, after, live.Filter{Queue: queue})
}

// Inquiry gives the inquiry of a change, which is read once for all who are told of it.
func (f changeFields) Inquiry(ctx context.Context, e *domain.Event) (*domain.Inquiry, error) {
	return f.Live.EventInquiry(ctx, e)
}
