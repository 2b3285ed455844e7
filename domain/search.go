package domain

import (
	"context"
	"time"
)

// SearchDocument is what the full-text index keeps of an inquiry, an interaction or a customer. Tokens come from domain/lexis;
// engines only store and intersect them.
type SearchDocument struct {
	ID         string // of the noun; its prefix tells which
	InquiryID  string
	CustomerID string
	Tokens     []string // each once is enough
	At         time.Time
}

// SearchTerm is one word of a query: all its Tokens must be there; the last may be a prefix of a token that is there.
type SearchTerm struct {
	Tokens []string
	Prefix bool
}

// SearchIndex finds documents by words. It is filled from the event feed and can be rebuilt from it.
type SearchIndex interface {
	// Put indexes documents, replacing what was there under their ids. Durable when it answers.
	Put(ctx context.Context, docs []SearchDocument) error
	// Remove takes documents out.
	Remove(ctx context.Context, ids []string) error
	// Find gives the newest documents (latest Put of a new id first, at most limit) that hold all terms. A document of another kind than kinds
	// (id prefixes; none means all) is passed over. Without terms it finds nothing.
	Find(ctx context.Context, terms []SearchTerm, kinds []string, limit int) ([]SearchDocument, error)
	// Empty tells whether there is nothing in the index.
	Empty(ctx context.Context) (bool, error)
	// Clear empties the index.
	Clear(ctx context.Context) error
}
