package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/routing"
)

// SimulateRouting replays inquiries: 200 if it is done, 202 if it has begun.
func (s *server) SimulateRouting(ctx context.Context, r gen.SimulateRoutingRequestObject) (gen.SimulateRoutingResponseObject, error) {
	x, err := s.Routing.Simulate(ctx, simulationDraft(*r.Body))
	if err != nil {
		return nil, err
	}
	if x.State == domain.SimulationRunning {
		return gen.SimulateRouting202JSONResponse(simulation(x)), nil
	}
	return gen.SimulateRouting200JSONResponse(simulation(x)), nil
}

// ListSimulations gives a page of the simulations.
func (s *server) ListSimulations(ctx context.Context, r gen.ListSimulationsRequestObject) (gen.ListSimulationsResponseObject, error) {
	page, err := s.Routing.Simulations(ctx, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListSimulations200JSONResponse{Items: each(page.Items, simulation), NextCursor: null(page.NextCursor)}, nil
}

// GetSimulation gives one simulation.
func (s *server) GetSimulation(ctx context.Context, r gen.GetSimulationRequestObject) (gen.GetSimulationResponseObject, error) {
	x, err := s.Routing.Simulation(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetSimulation200JSONResponse(simulation(x)), nil
}

func simulation(x *domain.Simulation) gen.Simulation {
	out := gen.Simulation{
		Id: x.ID, State: gen.SimulationState(x.State), Reason: null(x.Reason), Progress: x.Progress, CreatedAt: x.CreatedAt, FinishedAt: instant(x.FinishedAt),
	}
	if p := x.Report; p != nil {
		out.Report = &gen.SimulationReport{
			From: p.From, To: p.To, ServiceSeconds: p.ServiceSeconds, All: waitReport(&p.All), Queues: each(p.Queues, namedWait), Tiers: each(p.Tiers, namedWait),
			Agents: each(p.Agents, agentLoad),
		}
	}
	return out
}

func waitReport(x *domain.WaitReport) gen.WaitReport {
	return gen.WaitReport{
		Inquiries: x.Inquiries, Served: x.Served, MeanSeconds: x.MeanSeconds, P50Seconds: x.P50Seconds, P90Seconds: x.P90Seconds, MaxSeconds: x.MaxSeconds,
		ServiceLevel: x.ServiceLevel, Occupancy: x.Occupancy,
	}
}

func agentLoad(x *domain.AgentLoadReport) gen.AgentLoadReport {
	return gen.AgentLoadReport{Agent: x.Agent, Handled: x.Handled, OnlineSeconds: x.OnlineSeconds, BusySeconds: x.BusySeconds, Occupancy: x.Occupancy}
}

func namedWait(x *domain.NamedWaitReport) gen.NamedWaitReport {
	return gen.NamedWaitReport{
		Name: x.Name, Inquiries: x.Inquiries, Served: x.Served, MeanSeconds: x.MeanSeconds, P50Seconds: x.P50Seconds, P90Seconds: x.P90Seconds,
		MaxSeconds: x.MaxSeconds, ServiceLevel: x.ServiceLevel, Occupancy: x.Occupancy,
	}
}

func simulationDraft(b gen.SimulationDraft) routing.SimulationDraft {
	return routing.SimulationDraft{
		From: b.From, To: b.To, Inquiries: each(value(b.Inquiries), simulatedInquiry), Agents: eachIf(b.Agents, simulatedAgent),
		Queues: eachIf(b.Queues, func(q gen.QueueDraft) domain.Queue {
			return domain.Queue{
				Key: q.Key, Name: value(q.Name), Mode: domain.QueueMode(value(q.Mode)), Strategy: domain.QueueStrategy(value(q.Strategy)), Teams: value(q.Teams),
				Calendar: value(q.Calendar), OfferSeconds: value(q.OfferSeconds),
			}
		}),
		Routes: eachIf(b.Routes, func(r gen.RouteDraft) domain.Route {
			return domain.Route{
				Key: r.Key, Name: value(r.Name), Order: value(r.Order), Conditions: routeConditionsDraft(value(r.Conditions)), Steps: each(r.Steps, routeStepDraft),
			}
		}),
		Settings: mapIf(b.Settings, routingSettingsPatch),
		Handling: each(value(b.Handling), func(h gen.HandlingTime) routing.HandlingTime {
			return routing.HandlingTime{Channel: domain.Channel(value(h.Channel)), Type: value(h.Type), Seconds: h.Seconds}
		}),
		ServiceSeconds: value(b.ServiceSeconds), Seed: value(b.Seed), Spread: value(b.Spread),
	}
}

func simulatedInquiry(x gen.SimulatedInquiry) routing.SimulatedInquiry {
	return routing.SimulatedInquiry{
		At: x.At, Channel: domain.Channel(x.Channel), Type: value(x.Type), Tier: value(x.Tier), Priority: domain.Priority(value(x.Priority)), Account: value(x.Account),
		Language: value(x.Language), Queue: value(x.Queue), Tags: value(x.Tags), HandleSeconds: value(x.HandleSeconds),
	}
}

func simulatedAgent(a gen.SimulatedAgent) routing.SimulatedAgent {
	return routing.SimulatedAgent{
		Key: a.Key, Teams: value(a.Teams), Languages: value(a.Languages), Capacity: value(a.Capacity),
		Skills: each(value(a.Skills), func(x gen.AgentSkill) domain.AgentSkill { return domain.AgentSkill{Skill: x.Skill, Level: x.Level} }),
		Shifts: each(value(a.Shifts), func(x gen.SimulatedShift) routing.SimulatedShift {
			return routing.SimulatedShift{From: x.From, To: x.To}
		}),
	}
}
