package api

import (
	"context"
	"net/http"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/routing"
)

// GetRoutingSettings gives what holds for all routing.
func (s *server) GetRoutingSettings(ctx context.Context, _ gen.GetRoutingSettingsRequestObject) (gen.GetRoutingSettingsResponseObject, error) {
	t, err := s.Routing.Settings(ctx)
	if err != nil {
		return nil, err
	}
	return gen.GetRoutingSettings200JSONResponse{TheRoutingSettingsJSONResponse: routingSettings(t)}, nil
}

// UpdateRoutingSettings changes what holds for all routing.
func (s *server) UpdateRoutingSettings(ctx context.Context, r gen.UpdateRoutingSettingsRequestObject) (gen.UpdateRoutingSettingsResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	t, err := s.Routing.EditSettings(ctx, version, routingSettingsPatch(*r.Body))
	if err != nil {
		return nil, err
	}
	return gen.UpdateRoutingSettings200JSONResponse{TheRoutingSettingsJSONResponse: routingSettings(t)}, nil
}

func routingSettings(t *domain.RoutingSettings) gen.TheRoutingSettingsJSONResponse {
	out := gen.TheRoutingSettingsJSONResponse{Body: gen.RoutingSettings{
		Weights: each(t.Weights, func(w domain.ChannelWeight) gen.ChannelWeight {
			return gen.ChannelWeight{Channel: gen.Channel(w.Channel), Weight: w.Weight}
		}),
		Reserved: each(t.Reserved, func(r domain.Reservation) gen.Reservation {
			return gen.Reservation{Tiers: list(r.Tiers), Share: r.Share}
		}),
		MissedOffers: t.MissedOffers, RefusalSeconds: t.RefusalSeconds, WrapUpSeconds: t.WrapUpSeconds, CallGraceSeconds: t.CallGraceSeconds,
		KeepAgent: t.KeepAgent, Version: t.Version,
	}}
	if t.Version > 0 { // the defaults are not stored, so there is nothing to guard
		out.Headers.ETag = etag(t.Version)
	}
	return out
}

func routingSettingsPatch(b gen.RoutingSettingsPatch) routing.SettingsPatch {
	return routing.SettingsPatch{
		Weights: eachIf(b.Weights, func(w gen.ChannelWeight) domain.ChannelWeight {
			return domain.ChannelWeight{Channel: domain.Channel(w.Channel), Weight: w.Weight}
		}),
		Reserved:     eachIf(b.Reserved, func(r gen.Reservation) domain.Reservation { return domain.Reservation{Tiers: r.Tiers, Share: r.Share} }),
		MissedOffers: b.MissedOffers, RefusalSeconds: b.RefusalSeconds, WrapUpSeconds: b.WrapUpSeconds, CallGraceSeconds: b.CallGraceSeconds, KeepAgent: b.KeepAgent,
	}
}

// TakeNext gives the caller the next inquiry of a queue.
func (s *server) TakeNext(ctx context.Context, r gen.TakeNextRequestObject) (gen.TakeNextResponseObject, error) {
	q, err := s.Routing.Next(ctx, r.Id)
	if err != nil || q == nil {
		return gen.TakeNext200JSONResponse{}, err
	}
	own := inquiry(q)
	return gen.TakeNext200JSONResponse{Inquiry: &own}, nil
}

// AcceptOffer takes the inquiry that the caller was offered.
func (s *server) AcceptOffer(ctx context.Context, r gen.AcceptOfferRequestObject) (gen.AcceptOfferResponseObject, error) {
	q, err := s.Routing.Accept(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.AcceptOffer200JSONResponse{OneInquiryJSONResponse: oneInquiry(q)}, nil
}

// RejectOffer gives it back.
func (s *server) RejectOffer(ctx context.Context, r gen.RejectOfferRequestObject) (gen.RejectOfferResponseObject, error) {
	reason := ""
	if r.Body != nil {
		reason = value(r.Body.Reason)
	}
	q, err := s.Routing.Reject(ctx, r.Id, reason)
	if err != nil {
		return nil, err
	}
	return gen.RejectOffer200JSONResponse{OneInquiryJSONResponse: oneInquiry(q)}, nil
}

// GetPlacement gives where an inquiry waits for an agent.
func (s *server) GetPlacement(ctx context.Context, r gen.GetPlacementRequestObject) (gen.GetPlacementResponseObject, error) {
	p, err := s.Routing.Placement(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	out := gen.GetPlacement200JSONResponse{
		InquiryId: p.InquiryID, State: gen.PlacementState(p.State), Route: null(p.Route), Step: p.Step, StepAt: p.StepAt, Queue: null(p.Queue), Agent: null(p.Agent),
		Team: null(p.Team), Skills: each(p.Skills, skillNeed), Best: p.Best, Priority: p.Priority, Since: p.Since, NextAt: instant(p.NextAt),
	}
	if o := p.Offer; o != nil {
		out.Offer = &gen.Offer{Agent: o.Agent, At: o.At, Until: o.Until}
	}
	return out, nil
}

// GetQueueStats gives how a queue stands.
func (s *server) GetQueueStats(ctx context.Context, r gen.GetQueueStatsRequestObject) (gen.GetQueueStatsResponseObject, error) {
	x, err := s.Routing.QueueStats(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetQueueStats200JSONResponse(queueStats(x)), nil
}

// StreamQueueStats gives how a queue stands as it changes.
func (s *server) StreamQueueStats(ctx context.Context, r gen.StreamQueueStatsRequestObject) (gen.StreamQueueStatsResponseObject, error) {
	x, err := streamShown(ctx, s,
		func(ctx context.Context) (*domain.Shown[*routing.QueueStats], error) {
			return s.Routing.WatchQueueStats(ctx, r.Id)
		},
		func(one []*routing.QueueStats) []byte { return serverSent("", "queue.stats", queueStats(one[0])) })
	return queueStatsStream{x}, err
}

type queueStatsStream struct {
	shownStream[*routing.QueueStats]
}

// VisitStreamQueueStatsResponse writes how the queue stands until the reader goes.
func (x queueStatsStream) VisitStreamQueueStatsResponse(w http.ResponseWriter) error {
	return x.write(w)
}

func queueStats(x *routing.QueueStats) gen.QueueStats {
	return gen.QueueStats{
		QueueId: x.QueueID, Queue: x.Queue, Waiting: x.Waiting, WaitingMore: x.WaitingMore, Offered: x.Offered, LongestSeconds: x.LongestSeconds,
		Tiers: each(x.Tiers, func(t routing.TierWaiting) gen.TierWaiting {
			return gen.TierWaiting{Tier: null(t.Tier), Waiting: t.Waiting}
		}),
		Online: x.Online, Free: x.Free, Open: x.Open, At: x.At,
	}
}

// GetWorkload gives what an agent has in work.
func (s *server) GetWorkload(ctx context.Context, r gen.GetWorkloadRequestObject) (gen.GetWorkloadResponseObject, error) {
	w, err := s.Routing.Workload(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetWorkload200JSONResponse{
		AgentId: w.AgentID, Agent: w.Agent, Capacity: w.Capacity, Used: w.Used, IdleSince: instant(&w.IdleSince), Items: each(w.Items, workItem),
	}, nil
}

func workItem(x domain.WorkItem) gen.WorkItem {
	return gen.WorkItem{
		InquiryId: x.InquiryID, State: gen.WorkState(x.State), Weight: x.Weight, Tier: null(x.Tier), Channel: gen.Channel(x.Channel), Queue: null(x.Queue), Since: x.Since,
		GivenAt: x.GivenAt, Until: instant(x.Until), Begun: x.Begun,
	}
}
