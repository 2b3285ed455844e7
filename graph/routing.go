package graph

import (
	"context"
	"time"

	"sori/domain"
	"sori/domain/routing"
	"sori/graph/wire"
)

func (q query) RoutingSettings(ctx context.Context) (*domain.RoutingSettings, error) {
	return q.Routing.Settings(ctx)
}

func (q query) QueueStats(ctx context.Context, queueID string) (*routing.QueueStats, error) {
	return q.Routing.QueueStats(ctx, queueID)
}

func (s subscription) QueueStatsChanged(ctx context.Context, queueID string) (<-chan *routing.QueueStats, error) {
	shown, err := s.Routing.WatchQueueStats(ctx, queueID)
	return show(ctx, shown, err, func(one []*routing.QueueStats) *routing.QueueStats { return one[0] })
}

func (q query) Workload(ctx context.Context, agentID string) (*routing.Workload, error) {
	return q.Routing.Workload(ctx, agentID)
}

func (q query) Placement(ctx context.Context, inquiryID string) (*domain.Placement, error) {
	p, err := q.Routing.Placement(ctx, inquiryID)
	if domain.IsCode(err, domain.NotFound) {
		return nil, nil
	}
	return p, err
}

func (q query) Simulations(ctx context.Context, first *int, after *string) (*wire.SimulationConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Routing.Simulations(ctx, req))
}

func (q query) Simulation(ctx context.Context, id string) (*domain.Simulation, error) {
	return q.Routing.Simulation(ctx, id)
}

func (m mutation) UpdateRoutingSettings(ctx context.Context, in wire.UpdateRoutingSettingsInput) (*wire.Changed, error) {
	return m.once(ctx, "updateRoutingSettings", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		s, err := m.Routing.EditSettings(ctx, in.Version, in.SettingsPatch)
		return tell(wire.ChangedRoutingSettings, s, err)
	})
}

func (m mutation) TakeNext(ctx context.Context, in wire.TakeNextInput) (*wire.Changed, error) {
	return m.once(ctx, "takeNext", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		q, err := m.Routing.Next(ctx, in.QueueID)
		if err != nil || q == nil {
			return &wire.Changed{}, err
		}
		return wire.ChangedInquiry(q), nil
	})
}

func (m mutation) AcceptOffer(ctx context.Context, in wire.AcceptOfferInput) (*wire.Changed, error) {
	return m.once(ctx, "acceptOffer", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		q, err := m.Routing.Accept(ctx, in.InquiryID)
		return tell(wire.ChangedInquiry, q, err)
	})
}

func (m mutation) RejectOffer(ctx context.Context, in wire.RejectOfferInput) (*wire.Changed, error) {
	return m.once(ctx, "rejectOffer", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		q, err := m.Routing.Reject(ctx, in.InquiryID, in.Reason)
		return tell(wire.ChangedInquiry, q, err)
	})
}

func (m mutation) SimulateRouting(ctx context.Context, in wire.SimulateRoutingInput) (*wire.Changed, error) {
	return m.once(ctx, "simulateRouting", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		s, err := m.Routing.Simulate(ctx, in.SimulationDraft)
		return tell(wire.ChangedSimulation, s, err)
	})
}

// IdleSince gives nil for an agent who never had any work.
func (workloadFields) IdleSince(_ context.Context, w *routing.Workload) (*time.Time, error) {
	return orNil(w.IdleSince), nil
}

// RoutingSettings gives the settings that a mutation changed.
func (f changedFields) RoutingSettings(ctx context.Context, c *wire.Changed) (*domain.RoutingSettings, error) {
	return changedNoun(ctx, c, func(ctx context.Context, _ string) (*domain.RoutingSettings, error) { return f.Routing.Settings(ctx) })
}

// Simulation gives the simulation that a mutation began.
func (f changedFields) Simulation(ctx context.Context, c *wire.Changed) (*domain.Simulation, error) {
	return changedNoun(ctx, c, f.Routing.Simulation)
}

// Inquiry gives what was taken, nil if there was nothing.
func (f takenFields) Inquiry(ctx context.Context, c *wire.Changed) (*domain.Inquiry, error) {
	if c.InquiryID == "" {
		return nil, nil
	}
	return changedFields(f).Inquiry(ctx, c)
}
