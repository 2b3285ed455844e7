package graph_test

import (
	"context"
	"testing"

	"sori/domain"
	"sori/graph"
)

// route lets routing see the feed, and give out.
func (r *room) route() {
	r.t.Helper()
	ctx := domain.WithActor(context.Background(), domain.System("test"))
	events, err := domain.Events.Find(ctx, r.store, domain.Query{Index: domain.SeqIndex})
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.routing.Follow(ctx, events); err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.routing.Turn(ctx); err != nil {
		r.t.Fatal(err)
	}
}

// as asks in another role.
func (r *room) as(token, query string, v vars) node {
	r.t.Helper()
	data, faults := r.try(token, query, v)
	if len(faults) > 0 {
		r.t.Fatalf("%s: %+v", query, faults)
	}
	return data
}

func TestRoutingByGraph(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	agent := r.ask(`mutation{createAgent(input:{key:"agent"}){agent{id}}}`, nil).str("createAgent.agent.id")
	queue := r.ask(`mutation{createQueue(input:{key:"calls", offerSeconds:30}){queue{id}}}`, nil).str("createQueue.queue.id")
	r.ask(`mutation{createRoute(input:{key:"all", steps:[{queue:"calls"}]}){route{id}}}`, nil)
	const present = `mutation($a: ID!, $s: PresenceState!){setPresence(input:{agentId:$a, state:$s}){presence{agentId agent state expiresAt}} heartbeat(input:{agentId:$a}){presence{state}}}`
	if got := r.as("agent", present, vars{"a": agent, "s": "online"}); got.str("setPresence.presence.agentId") != agent || got.str("heartbeat.presence.state") != "online" {
		t.Errorf("%v", got)
	}
	first, second := r.memo("a@home.test", "하나"), r.memo("b@home.test", "둘")
	r.route()
	const read = `query($i: ID!, $q: ID!, $a: ID!){placement(inquiryId:$i){state route queue offer{agent}} queueStats(queueId:$q){offered online free waiting} workload(agentId:$a){used capacity idleSince items{state}}
	  presences(state:online){edges{node{agent}}} presence(agentId:$a){state} routingSettings{missedOffers weights{channel weight} version}}`
	got := r.ask(read, vars{"i": first, "q": queue, "a": agent})
	if got.str("placement.offer.agent") != "agent" || got.at("queueStats.offered").v != 2.0 || got.at("workload.used").v != 20.0 || got.len("presences.edges") != 1 {
		t.Errorf("%v", got)
	}
	if got := r.as("agent", `mutation($i: ID!){acceptOffer(input:{inquiryId:$i}){inquiry{assignee status}}}`, vars{"i": first}); got.str("acceptOffer.inquiry.assignee") != "agent" {
		t.Errorf("%v", got)
	}
	r.as("agent", `mutation($i: ID!){rejectOffer(input:{inquiryId:$i, reason:"회의"}){inquiry{id}}}`, vars{"i": second})
	if got := r.ask(read, vars{"i": first, "q": queue, "a": agent}); got.at("placement").v != nil || got.at("queueStats.waiting").v != 1.0 {
		t.Errorf("%v", got)
	}
	const next = `mutation($q: ID!){takeNext(input:{queueId:$q, idempotencyKey:"n"}){inquiry{id}}}`
	if got := r.as("agent", next, vars{"q": queue}); got.at("takeNext.inquiry").v != nil {
		t.Errorf("%v, though the agent has refused it", got)
	}
	if code := r.code(next, vars{"q": queue}); code != "conflict" {
		t.Errorf("an admin who is no agent: %s", code)
	}
	settings := r.ask(`mutation{updateRoutingSettings(input:{reserved:[{tiers:["vip"], share:0.2}]}){routingSettings{reserved{tiers share} version}}}`, nil)
	if settings.at("updateRoutingSettings.routingSettings.reserved.0.share").v != 0.2 {
		t.Errorf("%v", settings)
	}
}

func TestSimulationByGraph(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	got := r.ask(`mutation{simulateRouting(input:{inquiries:[{at:"2026-11-23T00:00:00Z", channel:PHONE},{at:"2026-11-23T00:01:00Z", channel:PHONE, handleSeconds:10}],
	  agents:[{key:"a", shifts:[{from:"2026-11-22T00:00:00Z", to:"2026-11-24T00:00:00Z"}]}], routes:[{key:"r", steps:[{queue:"gold"}]}], queues:[{key:"gold", mode:push}],
	  settings:{keepAgent:true}, handling:[{channel:PHONE, seconds:100}], idempotencyKey:"s"})
	  {simulation{id state progress report{all{served maxSeconds} queues{name served} agents{agent handled}}}}}`, nil).at("simulateRouting.simulation")
	if got.str("state") != "done" || got.at("report.all.maxSeconds").v != 40.0 || got.str("report.queues.0.name") != "gold" || got.at("report.agents.0.handled").v != 2.0 {
		t.Errorf("%v", got)
	}
	again := r.ask(`query($i: ID!){simulation(id:$i){state} node(id:$i){__typename} simulations{edges{node{id}}}}`, vars{"i": got.str("id")})
	if again.str("node.__typename") != "Simulation" || again.len("simulations.edges") != 1 {
		t.Errorf("%v", again)
	}
}
