package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"sori/domain"
	"sori/graph"
)

// TestOrganisation goes through this door as through the other: made once for a key, guarded by the version, found by id.
func TestOrganisation(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	r.ask(`mutation{createTeam(input:{key:"red"}){team{id}} createSkill(input:{key:"english", name:"영어"}){skill{id}}
	  createCalendar(input:{key:"office", zone:"Asia/Seoul", holidays:"KR", week:[{day:1, from:"09:00", to:"18:00"}], overrides:[{date:"2026-12-31"}]}){calendar{id}}}`, nil)
	const create = `mutation{createAgent(input:{key:"kim", teams:["red"], skills:[{skill:"english", level:7}], idempotencyKey:"a"}){agent{id name role capacity active version skills{skill level}}}}`
	kim := r.ask(create, nil).at("createAgent.agent")
	if kim.str("name") != "kim" || kim.at("capacity").v != 100.0 || kim.str("skills.0.skill") != "english" || r.ask(create, nil).str("createAgent.agent.id") != kim.str("id") {
		t.Errorf("agent: %v", kim)
	}
	const edit = `mutation($id: ID!, $v: Int){updateAgent(input:{id:$id, version:$v, capacity:50, active:false}){agent{capacity active version}}}`
	if got := r.ask(edit, vars{"id": kim.str("id"), "v": kim.at("version").v}); got.at("updateAgent.agent.capacity").v != 50.0 {
		t.Errorf("edited: %v", got)
	}
	if code := r.code(edit, vars{"id": kim.str("id"), "v": kim.at("version").v}); code != "stale" {
		t.Errorf("an old version is %s", code)
	}
	made := r.ask(`mutation{
	  createQueue(input:{key:"night", mode:pull, strategy:least_loaded, teams:["red"], calendar:"office"}){queue{id mode}}
	  createRoute(input:{key:"vip", order:1, conditions:{tiers:["vip"], channels:[EMAIL]}, steps:[{queue:"night", skills:[{skill:"english", level:5}]}]}){route{id steps{queue agent skills{skill relaxSeconds}} conditions{channels types}}}
	  createSLAPolicy(input:{key:"vip", targets:[{clock:first_response, seconds:60}], escalations:[{at:breach, raise:true, clocks:[first_response]}]}){slaPolicy{id targets{clock seconds} escalations{at queue raise clocks}}}
	  createShift(input:{agent:"kim", from:"2026-11-23T00:00:00Z", to:"2026-11-23T09:00:00Z"}){shift{id queues}}}`, nil)
	if made.str("createQueue.queue.mode") != "pull" || made.str("createRoute.route.conditions.channels.0") != "EMAIL" || made.at("createRoute.route.steps.0.agent").v != nil ||
		made.str("createSLAPolicy.slaPolicy.escalations.0.clocks.0") != "first_response" {
		t.Errorf("made: %v", made)
	}
	for typ, id := range map[string]string{
		"Agent": kim.str("id"), "Queue": made.str("createQueue.queue.id"), "Route": made.str("createRoute.route.id"), "SLAPolicy": made.str("createSLAPolicy.slaPolicy.id"),
		"Shift": made.str("createShift.shift.id"),
	} {
		if got := r.ask(`query($id: ID!){node(id:$id){__typename id}}`, vars{"id": id}); got.str("node.__typename") != typ {
			t.Errorf("%s: %v", id, got)
		}
	}
	got := r.ask(`{agents(team:"red", active:false){edges{node{key}}} teams{edges{node{key}}} skills{edges{node{key}}} queues{edges{node{key}}} routes{edges{node{key}}} slaPolicies{edges{node{key}}}
	  shifts(agent:"kim", from:"2026-11-23T08:00:00Z"){edges{node{agent}}}
	  calendars{edges{node{key overrides{date hours{from}} hours(from:"2026-11-23T00:00:00Z", to:"2026-11-24T00:00:00Z"){from to}}}} me{id agent{key}}}`, nil)
	if got.str("agents.edges.0.node.key") != "kim" || got.len("queues.edges") != 2 || got.len("shifts.edges") != 1 || got.at("me.agent").v != nil ||
		got.str("calendars.edges.0.node.hours.0.to") != "2026-11-23T09:00:00.000Z" {
		t.Errorf("lists: %v", got)
	}
	if code := r.code(`mutation($id: ID!){deleteQueue(input:{id:$id}){id}}`, vars{"id": made.str("createQueue.queue.id")}); code != "conflict" {
		t.Errorf("a queue that is named: %s", code)
	}
	r.ask(`mutation($r: ID!, $q: ID!){a:deleteRoute(input:{id:$r}){id} b:deleteQueue(input:{id:$q}){id}}`, vars{"r": made.str("createRoute.route.id"), "q": made.str("createQueue.queue.id")})
	if _, faults := r.try("agent", `mutation{createTeam(input:{key:"x"}){team{id}}}`, nil); len(faults) != 1 || faults[0].Extensions.Code != string(domain.Forbidden) {
		t.Errorf("an agent makes a team: %+v", faults)
	}
}

func TestOrganisationDocument(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	const apply = `mutation($d: String!, $dry: Boolean){applyOrg(input:{document:$d, dryRun:$dry}){applied created unchanged steps{action kind key fields}}}`
	doc := vars{"d": "teams: [{key: red}]\nqueues: [{key: q, teams: [red]}]\n", "dry": true}
	if got := r.ask(apply, doc); got.at("applyOrg.applied").v != false || got.at("applyOrg.created").v != 2.0 || got.str("applyOrg.steps.1.kind") != "queue" {
		t.Errorf("tried: %v", got)
	}
	doc["dry"] = false
	r.ask(apply, doc)
	if got := r.ask(apply, doc); got.at("applyOrg.unchanged").v != 2.0 {
		t.Errorf("again: %v", got)
	}
	if got := r.ask(`{exportOrg}`, nil); !strings.Contains(got.str("exportOrg"), "key: red") {
		t.Errorf("exported: %v", got)
	}
	_, faults := r.try("admin", apply, vars{"d": "teams: [{key: a, colour: b}]"})
	if len(faults) != 1 || fmt.Sprint(faults[0].Extensions.Errors[0].Field) != "teams.0.colour" {
		t.Errorf("%+v", faults)
	}
}
