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

// The connections and edges of the schema, under its names.

// InquiryConnection is a page of inquiries.
type InquiryConnection = Connection[domain.Inquiry]

// InquiryEdge is one of its rows.
type InquiryEdge = Edge[domain.Inquiry]

// InteractionConnection is a page of interactions.
type InteractionConnection = Connection[domain.Interaction]

// InteractionEdge is one of its rows.
type InteractionEdge = Edge[domain.Interaction]

// CustomerConnection is a page of customers.
type CustomerConnection = Connection[domain.Customer]

// CustomerEdge is one of its rows.
type CustomerEdge = Edge[domain.Customer]

// EventConnection is a page of the event feed.
type EventConnection = Connection[domain.Event]

// EventEdge is one of its rows.
type EventEdge = Edge[domain.Event]

// SearchConnection is what a search found.
type SearchConnection = Connection[insight.Hit]

// SearchEdge is one of its rows.
type SearchEdge = Edge[insight.Hit]

// AccountConnection is a page of channel accounts.
type AccountConnection = Connection[domain.Account]

// AccountEdge is one of its rows.
type AccountEdge = Edge[domain.Account]

// APIKeyConnection is a page of API keys.
type APIKeyConnection = Connection[domain.APIKey]

// APIKeyEdge is one of its rows.
type APIKeyEdge = Edge[domain.APIKey]

// InquiryTypeConnection is a page of inquiry types.
type InquiryTypeConnection = Connection[domain.InquiryType]

// InquiryTypeEdge is one of its rows.
type InquiryTypeEdge = Edge[domain.InquiryType]

// TemplateConnection is a page of standard answers.
type TemplateConnection = Connection[domain.Template]

// TemplateEdge is one of its rows.
type TemplateEdge = Edge[domain.Template]

// TemplateRevisionConnection is a page of what a template said.
type TemplateRevisionConnection = Connection[domain.TemplateRevision]

// TemplateRevisionEdge is one of its rows.
type TemplateRevisionEdge = Edge[domain.TemplateRevision]

// RuleConnection is a page of rules.
type RuleConnection = Connection[domain.Rule]

// RuleEdge is one of its rows.
type RuleEdge = Edge[domain.Rule]

// ExampleConnection is a page of labelled texts.
type ExampleConnection = Connection[domain.Example]

// ExampleEdge is one of its rows.
type ExampleEdge = Edge[domain.Example]

// ClassifierModelConnection is a page of trainings.
type ClassifierModelConnection = Connection[domain.ClassifierModel]

// ClassifierModelEdge is one of its rows.
type ClassifierModelEdge = Edge[domain.ClassifierModel]

// ArticleConnection is a page of self-help articles.
type ArticleConnection = Connection[domain.Article]

// ArticleEdge is one of its rows.
type ArticleEdge = Edge[domain.Article]

// HelpAskConnection is a page of questions to the self-help.
type HelpAskConnection = Connection[domain.HelpAsk]

// HelpAskEdge is one of its rows.
type HelpAskEdge = Edge[domain.HelpAsk]

// MailboxConnection is a page of mailboxes.
type MailboxConnection = Connection[domain.Mailbox]

// MailboxEdge is one of its rows.
type MailboxEdge = Edge[domain.Mailbox]

// QuarantinedConnection is a page of mails in quarantine.
type QuarantinedConnection = Connection[domain.Quarantined]

// QuarantinedEdge is one of its rows.
type QuarantinedEdge = Edge[domain.Quarantined]

// DispatchConnection is a page of sendings.
type DispatchConnection = Connection[domain.Dispatch]

// DispatchEdge is one of its rows.
type DispatchEdge = Edge[domain.Dispatch]

// Connect gives a page as a connection. The end cursor of a page that a filter left empty is where the list goes on.
func Connect[T any](p domain.Page[T]) *Connection[T] {
	c := &Connection[T]{Edges: make([]Edge[T], len(p.Items)), PageInfo: PageInfo{HasNextPage: p.NextCursor != "", EndCursor: p.NextCursor}}
	for i, item := range p.Items {
		c.Edges[i] = Edge[T]{Cursor: p.Cursor(i), Node: item}
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
