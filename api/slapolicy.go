package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/org"
)

// ListSlaPolicies gives a page of the SLA policies.
func (s *server) ListSlaPolicies(ctx context.Context, r gen.ListSlaPoliciesRequestObject) (gen.ListSlaPoliciesResponseObject, error) {
	page, err := s.Org.ListSLAPolicies(ctx, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListSlaPolicies200JSONResponse{Items: each(page.Items, slaPolicy), NextCursor: null(page.NextCursor)}, nil
}

// CreateSlaPolicy makes an SLA policy.
func (s *server) CreateSlaPolicy(ctx context.Context, r gen.CreateSlaPolicyRequestObject) (gen.CreateSlaPolicyResponseObject, error) {
	b := r.Body
	x, err := s.Org.CreateSLAPolicy(ctx, org.SLAPolicyDraft{
		Key: b.Key, Name: value(b.Name), Order: value(b.Order), Conditions: slaConditionsDraft(value(b.Conditions)), Calendar: value(b.Calendar), Targets: each(b.Targets, slaTargetDraft), Escalations: each(value(b.Escalations), slaEscalationDraft),
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateSlaPolicy201JSONResponse{OneSlaPolicyJSONResponse: oneSlaPolicy(x)}, nil
}

// GetSlaPolicy gives one SLA policy.
func (s *server) GetSlaPolicy(ctx context.Context, r gen.GetSlaPolicyRequestObject) (gen.GetSlaPolicyResponseObject, error) {
	x, err := s.Org.GetSLAPolicy(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetSlaPolicy200JSONResponse{OneSlaPolicyJSONResponse: oneSlaPolicy(x)}, nil
}

// UpdateSlaPolicy changes an SLA policy.
func (s *server) UpdateSlaPolicy(ctx context.Context, r gen.UpdateSlaPolicyRequestObject) (gen.UpdateSlaPolicyResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	x, err := s.Org.EditSLAPolicy(ctx, r.Id, version, org.SLAPolicyPatch{
		Name: b.Name, Order: b.Order, Active: b.Active, Conditions: mapIf(b.Conditions, slaConditionsDraft), Calendar: b.Calendar.Pointer(), Targets: eachIf(b.Targets, slaTargetDraft), Escalations: eachIf(b.Escalations, slaEscalationDraft),
	})
	if err != nil {
		return nil, err
	}
	return gen.UpdateSlaPolicy200JSONResponse{OneSlaPolicyJSONResponse: oneSlaPolicy(x)}, nil
}

// DeleteSlaPolicy removes an SLA policy.
func (s *server) DeleteSlaPolicy(ctx context.Context, r gen.DeleteSlaPolicyRequestObject) (gen.DeleteSlaPolicyResponseObject, error) {
	if err := s.Org.DeleteSLAPolicy(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.DeleteSlaPolicy200JSONResponse{RemovedJSONResponse: gen.RemovedJSONResponse{Id: r.Id}}, nil
}

func oneSlaPolicy(x *domain.SLAPolicy) gen.OneSlaPolicyJSONResponse {
	return gen.OneSlaPolicyJSONResponse{Body: slaPolicy(x), Headers: gen.OneSlaPolicyResponseHeaders{ETag: etag(x.Version)}}
}

func slaPolicy(x *domain.SLAPolicy) gen.SlaPolicy {
	return gen.SlaPolicy{
		Id: x.ID, Key: x.Key, Name: x.Name, Order: x.Order, Active: x.Active, Conditions: slaConditions(x.Conditions),
		Calendar: null(x.Calendar), Targets: each(x.Targets, slaTarget), Escalations: each(x.Escalations, slaEscalation), CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt, Version: x.Version,
	}
}

func slaConditions(x domain.SLAConditions) gen.SlaConditions {
	return gen.SlaConditions{Queues: list(x.Queues), Types: list(x.Types), Tiers: list(x.Tiers), Channels: each(x.Channels, func(x domain.Channel) gen.Channel { return gen.Channel(x) }), Priorities: each(x.Priorities, func(x domain.Priority) gen.Priority { return gen.Priority(x) })}
}

func slaConditionsDraft(x gen.SlaConditionsDraft) domain.SLAConditions {
	return domain.SLAConditions{Queues: value(x.Queues), Types: value(x.Types), Tiers: value(x.Tiers), Channels: each(value(x.Channels), func(x gen.Channel) domain.Channel { return domain.Channel(x) }), Priorities: each(value(x.Priorities), func(x gen.Priority) domain.Priority { return domain.Priority(x) })}
}

func slaTarget(x domain.SLATarget) gen.SlaTarget {
	return gen.SlaTarget{Clock: gen.SlaClockKind(x.Clock), Seconds: x.Seconds, WarnSeconds: x.WarnSeconds}
}

func slaTargetDraft(x gen.SlaTargetDraft) domain.SLATarget {
	return domain.SLATarget{Clock: domain.SLAClockKind(x.Clock), Seconds: x.Seconds, WarnSeconds: value(x.WarnSeconds)}
}

func slaEscalation(x domain.SLAEscalation) gen.SlaEscalation {
	return gen.SlaEscalation{At: gen.SlaMoment(x.At), Clocks: each(x.Clocks, func(x domain.SLAClockKind) gen.SlaClockKind { return gen.SlaClockKind(x) }), Raise: x.Raise, Queue: null(x.Queue), Team: null(x.Team), Agent: null(x.Agent), Unassign: x.Unassign, Notify: list(x.Notify), Tags: list(x.Tags)}
}

func slaEscalationDraft(x gen.SlaEscalationDraft) domain.SLAEscalation {
	return domain.SLAEscalation{At: domain.SLAMoment(x.At), Clocks: each(value(x.Clocks), func(x gen.SlaClockKind) domain.SLAClockKind { return domain.SLAClockKind(x) }), Raise: value(x.Raise), Queue: value(x.Queue), Team: value(x.Team), Agent: value(x.Agent), Unassign: value(x.Unassign), Notify: value(x.Notify), Tags: value(x.Tags)}
}
