package wire

import (
	"sori/domain"
	"sori/domain/insight"
)

// Edge is one item of a connection (GraphQL Cursor Connections Specification, section 3).
type Edge[T any] struct {
	Cursor string
	Node   *T
}

// Connection is one page of a list.
type Connection[T any] struct {
	Edges    []Edge[T]
	PageInfo PageInfo
}

// PageInfo tells how a list goes on after a page.
type PageInfo struct {
	HasNextPage bool
	EndCursor   string
}

// InquiryConnection and the others are the connections and edges of the schema under its names.
type (
	InquiryConnection     = Connection[domain.Inquiry]
	InquiryEdge           = Edge[domain.Inquiry]
	InteractionConnection = Connection[domain.Interaction]
	InteractionEdge       = Edge[domain.Interaction]
	CustomerConnection    = Connection[domain.Customer]
	CustomerEdge          = Edge[domain.Customer]
	EventConnection       = Connection[domain.Event]
	EventEdge             = Edge[domain.Event]
	SearchConnection      = Connection[insight.Hit]
	SearchEdge            = Edge[insight.Hit]
	AccountConnection     = Connection[domain.Account]
	AccountEdge           = Edge[domain.Account]
	APIKeyConnection      = Connection[domain.APIKey]
	APIKeyEdge            = Edge[domain.APIKey]
)

// Connect gives a page as a connection. The end cursor of a page that a filter left empty is where the list goes on.
func Connect[T any](p domain.Page[T]) *Connection[T] {
	c := &Connection[T]{Edges: make([]Edge[T], len(p.Items)), PageInfo: PageInfo{HasNextPage: p.NextCursor != "", EndCursor: p.NextCursor}}
	for i, item := range p.Items {
		c.Edges[i] = Edge[T]{Cursor: p.Cursors[i], Node: item}
	}
	if n := len(c.Edges); n > 0 && !c.PageInfo.HasNextPage {
		c.PageInfo.EndCursor = c.Edges[n-1].Cursor
	}
	return c
}

// PageOf reads the arguments of a connection. Invalid (Field = first) if it asks for too much.
func PageOf(first *int, after *string) (domain.PageRequest, error) {
	var req domain.PageRequest
	if after != nil {
		req.Cursor = *after
	}
	if first == nil {
		return req, nil
	}
	if *first < 1 || *first > domain.MaxLimit {
		return req, domain.InvalidField("first", "range", "must be from 1 to %d", domain.MaxLimit)
	}
	req.Limit = *first
	return req, nil
}
