package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/desk"
)

// newestInteractions is how many an inquiry brings along where they are asked for.
const newestInteractions = 50

// ListInquiries gives a page of the inbox.
func (s *server) ListInquiries(ctx context.Context, r gen.ListInquiriesRequestObject) (gen.ListInquiriesResponseObject, error) {
	p := r.Params
	filter := gen.InquiryFilterDraft{
		Status: p.Status, StatusCategory: p.StatusCategory, Queue: p.Queue, Team: p.Team, Assignee: p.Assignee, Type: p.Type, Channel: p.Channel, Tier: p.Tier,
		Tag: p.Tag, Customer: p.Customer, Priority: p.Priority, Unread: p.Unread,
	}
	page, err := s.Desk.List(ctx, filterDraft(filter), desk.Sort(value(p.Sort)), request(p.Limit, p.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListInquiries200JSONResponse{Items: each(page.Items, inquiry), NextCursor: null(page.NextCursor)}, nil
}

// GetInquiry gives one inquiry, with its newest interactions if they are asked for.
func (s *server) GetInquiry(ctx context.Context, r gen.GetInquiryRequestObject) (gen.GetInquiryResponseObject, error) {
	if r.Params.Include == nil {
		q, err := s.Desk.Get(ctx, r.Id)
		if err != nil {
			return nil, err
		}
		return gen.GetInquiry200JSONResponse{OneInquiryJSONResponse: oneInquiry(q)}, nil
	}
	q, interactions, err := s.Desk.WithInteractions(ctx, r.Id, newestInteractions)
	if err != nil {
		return nil, err
	}
	out := oneInquiry(q)
	wire := each(interactions, interaction)
	out.Body.Interactions = &wire
	return gen.GetInquiry200JSONResponse{OneInquiryJSONResponse: out}, nil
}

// UpdateInquiry changes an inquiry.
func (s *server) UpdateInquiry(ctx context.Context, r gen.UpdateInquiryRequestObject) (gen.UpdateInquiryResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	q, err := s.Desk.Edit(ctx, r.Id, version, desk.Patch{
		Subject: b.Subject, Status: (*domain.Status)(b.Status), Priority: (*domain.Priority)(b.Priority), Type: b.Type.Pointer(), Queue: b.Queue.Pointer(),
		Team: b.Team.Pointer(), Assignee: b.Assignee.Pointer(), Tags: b.Tags, Custom: value(b.Custom), Disposition: b.Disposition.Pointer(),
	})
	if err != nil {
		return nil, err
	}
	return gen.UpdateInquiry200JSONResponse{OneInquiryJSONResponse: oneInquiry(q)}, nil
}

// ListInteractions gives a page of an inquiry's interactions.
func (s *server) ListInteractions(ctx context.Context, r gen.ListInteractionsRequestObject) (gen.ListInteractionsResponseObject, error) {
	page, err := s.Desk.Interactions(ctx, r.Id, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListInteractions200JSONResponse{Items: each(page.Items, interaction), NextCursor: null(page.NextCursor)}, nil
}

func oneInquiry(q *domain.Inquiry) gen.OneInquiryJSONResponse {
	return gen.OneInquiryJSONResponse{Body: inquiry(q), Headers: gen.OneInquiryResponseHeaders{ETag: etag(q.Version)}}
}

func inquiry(q *domain.Inquiry) gen.Inquiry {
	return gen.Inquiry{
		Id: q.ID, Number: q.Number, Subject: null(q.Subject), Status: gen.Status(q.Status), StatusCategory: gen.StatusCategory(q.StatusCategory),
		Priority: gen.Priority(q.Priority), Type: null(q.Type), Queue: null(q.Queue), Team: null(q.Team), Assignee: null(q.Assignee),
		CustomerId: q.CustomerID, Tier: null(q.Tier), Account: q.Account, Channel: gen.Channel(q.Channel),
		Origin:   gen.Origin{Channel: gen.Channel(q.Origin.Channel), Campaign: null(q.Origin.Campaign)},
		Language: null(q.Language), Tags: list(q.Tags), Custom: fields(q.Custom), PreviousId: null(q.PreviousID), MergedInto: null(q.MergedInto),
		SplitFromId: null(q.SplitFromID), Unread: q.Unread,
		CustomerSince: instant(q.CustomerSince), FirstAnsweredAt: instant(q.FirstAnsweredAt), Sla: inquirySLA(q.SLA),
		CreatedAt: q.CreatedAt, UpdatedAt: q.UpdatedAt, LastInteractionAt: q.LastInteractionAt, ResolvedAt: instant(q.ResolvedAt),
		SnoozedUntil: instant(q.SnoozedUntil), DueAt: instant(q.DueAt), Disposition: null(q.Disposition), Version: q.Version,
	}
}

func inquirySLA(s *domain.InquirySLA) *gen.InquirySLA {
	if s == nil {
		return nil
	}
	return &gen.InquirySLA{Policy: s.Policy, Clocks: each(s.Clocks, slaClock)}
}

func slaClock(c domain.SLAClock) gen.SLAClock {
	return gen.SLAClock{
		Clock: gen.SLAClockClock(c.Clock), State: gen.SLAClockState(c.State()), Seconds: c.Seconds, StartedAt: c.StartedAt, DueAt: instant(c.DueAt),
		WarnedAt: instant(c.WarnedAt), BreachedAt: instant(c.BreachedAt), StoppedAt: instant(c.StoppedAt),
	}
}
