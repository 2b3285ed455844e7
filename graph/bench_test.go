package graph_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"sori/graph"
)

func (r *room) measure(b *testing.B, query string, v vars) {
	b.Helper()
	body, err := json.Marshal(vars{"query": query, "variables": v})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if status, answer := r.post("admin", body); status != 200 || strings.Contains(string(answer), `"errors"`) {
				b.Errorf("%d %s", status, answer)
			}
		}
	})
}

// BenchmarkQueries measures whole requests over HTTP, client and server on the same cores.
func BenchmarkQueries(b *testing.B) {
	r := newRoom(b, graph.Limits{})
	id := ""
	for i := range 200 {
		id = r.memo(fmt.Sprintf("b%d@b.test", i), "벤치마크")
	}
	b.Run("me", func(b *testing.B) { r.measure(b, `{me{id}}`, nil) })
	b.Run("inquiry", func(b *testing.B) {
		r.measure(b, `query($id: ID!){inquiry(id:$id){id number subject status customer{id name} interactions(first:5){edges{node{id text}}}}}`, vars{"id": id})
	})
	b.Run("inbox", func(b *testing.B) {
		r.measure(b, `{inquiries{edges{node{id number subject status queue assignee lastInteractionAt}} pageInfo{hasNextPage endCursor}}}`, nil)
	})
	b.Run("inbox with customers and interactions", func(b *testing.B) {
		r.measure(b, `{inquiries{edges{node{id number subject customer{name tier} interactions(first:1){edges{node{text}}}}}}}`, nil)
	})
}

// BenchmarkCostlyQueries measures what the largest queries cost that the limits let through to validation.
func BenchmarkCostlyQueries(b *testing.B) {
	r := newRoom(b, graph.Limits{})
	numbered := func(format string, n int) string {
		var s strings.Builder
		for i := range n {
			fmt.Fprintf(&s, format, i, i+1)
		}
		return s.String()
	}
	for name, query := range map[string]string{
		"one field often":  "{me{" + strings.Repeat("id ", 1990) + "}}",
		"unknown fields":   "{me{" + numbered("x%d_%d ", 1990) + "}}",
		"chained":          "{me{...f0}}" + numbered(" fragment f%d on Me{...f%d id}", 90) + " fragment f90 on Me{id}",
		"unused variables": "query(" + numbered("$v%d_%d: ID ", 2400) + "){me{id}}",
	} {
		body, err := json.Marshal(vars{"query": query})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r.post("admin", body)
			}
		})
	}
}
