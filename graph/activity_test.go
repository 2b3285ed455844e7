package graph_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"sori/graph"
)

const setActivity = `mutation($i: SetInquiryActivityInput!){setInquiryActivity(input:$i){activity{inquiryId watchers{agent state since until}}}}`

func TestWhoIsAtAnInquiryIsSeenLive(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	id := r.memo("a@a.test", "x")
	c := r.dial(t, nil).init("supervisor")
	c.subscribe("1", `subscription($id: ID!){inquiryActivity(id:$id){id watchers{agent state}}}`, vars{"id": id})
	if first := c.event("1").at("inquiryActivity"); first.len("watchers") != 0 || first.str("id") == "" {
		t.Errorf("at first %v", first)
	}
	got, faults := r.try("agent", setActivity, vars{"i": vars{"id": id, "state": "typing", "idempotencyKey": "k1"}})
	if len(faults) > 0 || got.str("setInquiryActivity.activity.watchers.0.state") != "typing" || got.str("setInquiryActivity.activity.inquiryId") != id {
		t.Errorf("%v %v", got, faults)
	}
	if then := c.event("1").at("inquiryActivity"); then.str("watchers.0.agent") != "agent" || then.str("watchers.0.state") != "typing" {
		t.Errorf("then %v", then)
	}
	if again, faults := r.try("agent", setActivity, vars{"i": vars{"id": id, "state": "typing", "idempotencyKey": "k1"}}); len(faults) > 0 || again.str("setInquiryActivity.activity.watchers.0.agent") != "agent" {
		t.Errorf("the same key again: %v %v", again, faults)
	}
	list := r.ask(`{inquiries(first:5){edges{node{id activity{watchers{agent}}}}}}`, nil)
	if list.str("inquiries.edges.0.node.activity.watchers.0.agent") != "agent" {
		t.Errorf("in the list %v", list)
	}
	for name, x := range map[string]struct {
		token, code string
		in          vars
	}{
		"nobody's":   {"agent", "not_found", vars{"id": "inq_nobody", "state": "viewing"}},
		"only reads": {"integration", "forbidden", vars{"id": id, "state": "typing"}},
		"no state":   {"agent", "invalid", vars{"id": id, "state": "asleep"}},
	} {
		if _, faults := r.try(x.token, setActivity, vars{"i": x.in}); len(faults) != 1 || faults[0].Extensions.Code != x.code {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

func TestActivityOfAListIsReadAtOnce(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	for _, from := range []string{"a@a.test", "b@a.test", "c@a.test"} {
		r.memo(from, "x")
	}
	before := r.store.loads.Load()
	r.ask(`{inquiries(first:5){edges{node{activity{watchers{agent}}}}}}`, nil)
	if n := r.store.loads.Load() - before; n != 1 {
		t.Errorf("%d reads for three activities", n)
	}
}

func TestAnAgentsOwnWork(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	id, other := r.memo("a@a.test", "x"), r.memo("b@a.test", "y")
	last := r.ask(`{events(first:200){pageInfo{endCursor}}}`, nil).str("events.pageInfo.endCursor")
	if last == "" {
		edges := r.ask(`{events(first:200){edges{cursor}}}`, nil)
		last = edges.at("events").str("edges.0.cursor")
	}
	assign := `mutation($id: ID!, $a: String){assignInquiry(input:{id:$id, agent:$a}){inquiry{id}}}`
	r.ask(assign, vars{"id": other, "a": "somebody"})
	r.ask(assign, vars{"id": id, "a": "agent"})
	r.ask(assign, vars{"id": id, "a": "somebody"})
	c := r.dial(t, nil).init("agent")
	c.subscribe("w", `subscription($a: String){workChanged(after:$a){cursor event{type data} inquiry{id assignee}}}`, vars{"a": last})
	came := c.event("w").at("workChanged")
	if came.str("inquiry.id") != id || came.str("event.data.assignee.before") != "agent" {
		t.Errorf("it left the agent: %v", came)
	}
	r.ask(assign, vars{"id": other, "a": "agent"})
	if e := c.event("w").at("workChanged"); e.str("inquiry.id") != other || e.str("inquiry.assignee") != "agent" || e.str("cursor") == "" {
		t.Errorf("%v", e)
	}
	c.subscribe("p", `subscription{presenceChanged{cursor event{type}}}`, nil)
	c.subscribe("bad", `subscription{events(types:["*"]){cursor}}`, nil)
	if m := c.next(); m.ID != "bad" || !bytes.Contains(m.Payload, []byte(`"invalid"`)) {
		t.Errorf("%s %s %s", m.ID, m.Type, m.Payload)
	}
}

// TestTheEndOfAStreamNamesThePlaceToGoOnFrom: whoever goes on from there misses nothing.
func TestTheEndOfAStreamNamesThePlaceToGoOnFrom(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	c := r.dial(t, nil).init("admin")
	c.subscribe("1", follow, vars{"a": ""})
	r.memo("a@a.test", "x")
	cursor := c.event("1").at("events").str("cursor")
	r.stopFeed()
	var end struct {
		Errors []struct {
			Extensions struct{ Code, Cursor string }
		}
	}
	if err := json.Unmarshal(c.next().Payload, &end); err != nil || len(end.Errors) != 1 || end.Errors[0].Extensions.Code != "unavailable" || end.Errors[0].Extensions.Cursor != cursor {
		t.Errorf("%v %+v, want %s", err, end, cursor)
	}
}

func TestCountsArePushed(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	view := r.ask(`mutation{createView(input:{name:"all", shared:true, filter:{}}){view{id}}}`, nil).str("createView.view.id")
	queue := r.ask(`mutation{createQueue(input:{key:"refunds", name:"refunds"}){queue{id}}}`, nil).str("createQueue.queue.id")
	agent := r.ask(`mutation{createAgent(input:{key:"agent", name:"agent"}){agent{id}}}`, nil).str("createAgent.agent.id")
	c := r.dial(t, nil).init("agent")
	c.subscribe("q", `subscription($id: ID!){queueStatsChanged(queueId:$id){queue online at}}`, vars{"id": queue})
	if first := c.event("q").at("queueStatsChanged"); first.str("queue") != "refunds" || first.at("online").v != 0.0 {
		t.Errorf("at first %v", first)
	}
	r.ask(`mutation($id: ID!){setPresence(input:{agentId:$id, state:online}){presence{state}}}`, vars{"id": agent})
	if then := c.event("q").at("queueStatsChanged"); then.at("online").v != 1.0 {
		t.Errorf("then %v", then)
	}
	own := r.dial(t, nil).init("agent")
	own.subscribe("v", `subscription($ids: [ID!]!){viewCountsChanged(ids:$ids){viewId count unread ready}}`, vars{"ids": []string{view}})
	if first := own.event("v"); first.str("viewCountsChanged.0.viewId") != view {
		t.Errorf("at first %v", first)
	}
	r.ask(`mutation($id: ID!){deleteView(input:{id:$id}){id}}`, vars{"id": view})
	if m := own.next(); !bytes.Contains(m.Payload, []byte(`"not_found"`)) {
		t.Errorf("of a view that is gone: %s %s", m.Type, m.Payload)
	}
}
