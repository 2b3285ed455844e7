package graph_test

import (
	"testing"

	"sori/graph"
)

func TestAudit(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	id := r.memo("a@a.test", "x")
	r.ask(`mutation($id: ID!){updateInquiry(input:{id:$id,priority:high}){inquiry{id}}}`, vars{"id": id})
	got := r.ask(`query($id: ID!){audit(subject:$id,first:1){edges{node{type actor{id} data inquiry{number}}} pageInfo{hasNextPage endCursor}}}`, vars{"id": id})
	if got.str("audit.edges.0.node.type") != "inquiry.updated" || got.str("audit.edges.0.node.actor.id") != "admin" || got.str("audit.edges.0.node.data.priority.after") != "high" {
		t.Errorf("%v", got.v)
	}
	next := r.ask(`query($id: ID!, $after: String){audit(subject:$id,after:$after){edges{node{type}}}}`, vars{"id": id, "after": got.str("audit.pageInfo.endCursor")})
	if next.len("audit.edges") != 1 || next.str("audit.edges.0.node.type") != "inquiry.created" {
		t.Errorf("%v", next.v)
	}
	if _, faults := r.try("agent", `{audit{edges{node{id}}}}`, nil); len(faults) != 1 || faults[0].Extensions.Code != "forbidden" {
		t.Errorf("%+v", faults)
	}
}
