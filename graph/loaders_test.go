package graph_test

import (
	"fmt"
	"testing"

	"sori/graph"
)

// TestANestedListIsReadAtOnce counts the store's calls: what stands beside each row of a list is read for all rows together.
func TestANestedListIsReadAtOnce(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	const rows = 60
	for i := range rows {
		r.memo(fmt.Sprintf("c%d@n.test", i), "말씀")
	}
	const nested = `query($n: Int){inquiries(first:$n){edges{node{
	  customer{name identities{value}}
	  interactions(first:3){edges{node{text inquiry{number customer{tier}} customer{name}}}}}}}}`
	count := func(n int) (loads, selects int64) {
		r.store.loads.Store(0)
		r.store.selects.Store(0)
		got := r.ask(nested, vars{"n": n})
		if got.len("inquiries.edges") != n || got.str(fmt.Sprintf("inquiries.edges.%d.node.interactions.edges.0.node.inquiry.customer.tier", n-1)) != "regular" {
			t.Fatalf("%d rows: %v", n, got)
		}
		return r.store.loads.Load(), r.store.selects.Load()
	}
	few, fewSelects := count(5)
	many, manySelects := count(rows)
	// Two loads do: the customers of the inquiries and the inquiries of the interactions. On a machine that stands still for a moment a list may come in
	// two groups.
	const groups = 4
	if few > groups || many > groups {
		t.Errorf("%d loads for 5 rows, %d for %d", few, many, rows)
	}
	// A page of the inbox is one read of all status categories; beyond that each inquiry's newest interactions are one range of an index.
	const reads = 1
	if fewSelects-5 > reads || manySelects-rows > reads {
		t.Errorf("%d selects for 5 rows, %d for %d", fewSelects, manySelects, rows)
	}
	t.Logf("5 rows: %d loads, %d selects; %d rows: %d loads, %d selects", few, fewSelects, rows, many, manySelects)
}

func TestAMutationShowsWhatItDid(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	id := r.memo("m@m.test", "x")
	c := r.ask(`query($id: ID!){inquiry(id:$id){customerId}}`, vars{"id": id}).str("inquiry.customerId")
	got := r.ask(`mutation($q: ID!, $c: ID!){
	  first: updateInquiry(input:{id:$q, priority:high}){inquiry{customer{name}}}
	  updateCustomer(input:{id:$c, name:"새 이름"}){customer{id}}
	  second: updateInquiry(input:{id:$q, priority:low}){inquiry{customer{name}}}}`, vars{"q": id, "c": c})
	if got.str("first.inquiry.customer.name") != "김" || got.str("second.inquiry.customer.name") != "새 이름" {
		t.Errorf("%v", got)
	}
}

func TestPagesOfAConnection(t *testing.T) {
	t.Parallel()
	r := newRoom(t, graph.Limits{})
	want := map[string]bool{}
	for i := range 12 {
		want[r.memo(fmt.Sprintf("p%d@p.test", i), "쪽")] = true
	}
	after, seen := "", map[string]bool{}
	for range 10 {
		got := r.ask(`query($a: String){inquiries(first:5, after:$a, sort: createdAt){edges{cursor node{id}} pageInfo{hasNextPage endCursor}}}`, vars{"a": after}).at("inquiries")
		for i := range got.len("edges") {
			seen[got.str(fmt.Sprintf("edges.%d.node.id", i))] = true
		}
		if after = got.str("pageInfo.endCursor"); after != got.str(fmt.Sprintf("edges.%d.cursor", got.len("edges")-1)) {
			t.Errorf("the end cursor is not that of the last edge")
		}
		if got.at("pageInfo.hasNextPage").v == false {
			break
		}
	}
	if len(seen) != len(want) {
		t.Errorf("saw %d of %d", len(seen), len(want))
	}
	id := ""
	for id = range want {
		break
	}
	for range 6 {
		r.ask(`mutation($id: ID!){addNote(input:{inquiryId:$id, text:"n"}){interaction{id}}}`, vars{"id": id})
	}
	const inner = `query($id: ID!, $a: String){inquiry(id:$id){interactions(first:4, after:$a){edges{node{kind}} pageInfo{hasNextPage endCursor}}}}`
	page := r.ask(inner, vars{"id": id}).at("inquiry.interactions")
	rest := r.ask(inner, vars{"id": id, "a": page.str("pageInfo.endCursor")}).at("inquiry.interactions")
	if page.len("edges") != 4 || rest.len("edges") != 3 || rest.at("pageInfo.hasNextPage").v != false || rest.str("edges.2.node.kind") != "message" {
		t.Errorf("pages of interactions: %v, then %v", page, rest)
	}
}
