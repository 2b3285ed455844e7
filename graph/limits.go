package graph

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/99designs/gqlgen/complexity"
	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"sori/domain"
	"sori/domain/desk"
	"sori/graph/generated"
)

// Limits bound what one request may cost. A zero field is the default.
type Limits struct {
	Body           int64         // bytes of a request; 25 MB
	Message        int64         // bytes of a WebSocket message; 1 MB
	Query          int           // bytes of a query text; 100 KB
	Tokens         int           // of a query; 10,000
	Depth          int           // of nested fields; 20
	Definitions    int           // operations and fragments of a query; 100
	Fields         int           // of an operation, fragments written out; 2,000
	RootFields     int           // of an operation, aliases counted; 50
	Complexity     int           // fields of the answer when every page is full; 50,000
	Operations     int           // at a time on one WebSocket; 100
	Reauthenticate time.Duration // how long a subscription's token is trusted; a minute
	HideSchema     bool          // no introspection
	// Origins are the pages, by host pattern (path.Match), that may open a WebSocket; none means any. A page of another site can do nothing without a
	// token, for the door knows no cookies.
	Origins []string
}

// persistedQueries is how many query texts are remembered by their hash.
const persistedQueries = 500

func (l Limits) withDefaults() Limits {
	for _, x := range []struct {
		field *int
		value int
	}{{&l.Query, 100 << 10}, {&l.Tokens, 10_000}, {&l.Depth, 20}, {&l.Definitions, 100}, {&l.Fields, 2000}, {&l.RootFields, 50}, {&l.Complexity, 50_000}, {&l.Operations, 100}} {
		if *x.field == 0 {
			*x.field = x.value
		}
	}
	if l.Body == 0 {
		l.Body = 25 << 20
	}
	if l.Message == 0 {
		l.Message = 1 << 20
	}
	if l.Reauthenticate == 0 {
		l.Reauthenticate = time.Minute
	}
	return l
}

// querySize refuses a query text that is too long, before it is parsed or remembered.
type querySize struct{ max int }

func (querySize) ExtensionName() string                   { return "QuerySize" }
func (querySize) Validate(graphql.ExecutableSchema) error { return nil }
func (q querySize) MutateOperationParameters(_ context.Context, p *graphql.RawParams) *gqlerror.Error {
	if len(p.Query) > q.max {
		return tooMuch("query", "the query is longer than %d bytes", q.max)
	}
	return nil
}

// queryShape refuses a query that amounts to too much, before it is validated: some rules of validation take time that grows with the square of what
// they are given.
type queryShape struct {
	limits Limits
	cache  queryCache
}

func (queryShape) ExtensionName() string                   { return "QueryShape" }
func (queryShape) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters measures each operation of the text.
func (q queryShape) MutateOperationParameters(ctx context.Context, p *graphql.RawParams) *gqlerror.Error {
	if _, known := q.cache.Get(ctx, p.Query); known {
		return nil
	}
	doc := parsed(p.Query, q.limits.Tokens)
	if len(doc.Operations)+len(doc.Fragments) > q.limits.Definitions {
		return tooMuch("definitions", "the query has more than %d operations and fragments", q.limits.Definitions)
	}
	m := measurer{fragments: doc.Fragments, known: map[string]size{}}
	for _, op := range doc.Operations {
		s := m.selections(op.SelectionSet)
		switch {
		case s.fields > q.limits.Fields:
			return tooMuch("fields", "the operation has more than %d fields", q.limits.Fields)
		case s.depth > q.limits.Depth:
			return tooMuch("depth", "the operation is nested deeper than %d", q.limits.Depth)
		case s.top > q.limits.RootFields:
			return tooMuch("rootFields", "the operation has more than %d fields at its root", q.limits.RootFields)
		}
	}
	return nil
}

// parsed gives nothing for a text that cannot be parsed: the library parses it again and says what is wrong.
func parsed(text string, tokens int) *ast.QueryDocument {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, tokens)
	if err != nil {
		return &ast.QueryDocument{}
	}
	return doc
}

// operationSize refuses an operation whose answer could be too large, and one whose fields contradict each other.
type operationSize struct {
	max    int
	schema graphql.ExecutableSchema
}

func (*operationSize) ExtensionName() string { return "OperationSize" }

func (o *operationSize) Validate(schema graphql.ExecutableSchema) error {
	if schema == nil {
		return errors.New("there is no schema")
	}
	o.schema = schema
	return nil
}

// MutateOperationContext looks at the operation before anything runs.
func (o *operationSize) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if c := complexity.Calculate(ctx, o.schema, op.Operation, op.Variables); c > o.max {
		return tooMuch("complexity", "the answer could have %d fields, more than %d: ask for smaller pages", c, o.max)
	}
	return mergeable(op.Operation.SelectionSet)
}

// tooMuch makes the error of a broken limit. The library's code makes it a fault of the request as a whole (422 over HTTP, "error" over WebSocket).
func tooMuch(rule, format string, args ...any) *gqlerror.Error {
	cause := domain.InvalidField("query", rule, format, args...)
	err := gqlerror.Wrap(cause)
	errcode.Set(err, errcode.ValidationFailed)
	return err
}

// size is what a selection set amounts to with its fragments written out.
type size struct{ fields, depth, top int }

// measurer looks at each fragment once, for fragments that use fragments twice each are exponential.
type measurer struct {
	fragments ast.FragmentDefinitionList
	known     map[string]size
}

func (m measurer) selections(set ast.SelectionSet) size {
	var sum size
	for _, sel := range set {
		s := m.selection(sel)
		sum.fields = saturated(sum.fields, s.fields)
		sum.top = saturated(sum.top, s.top)
		sum.depth = max(sum.depth, s.depth)
	}
	return sum
}

// selection counts a fragment's use and an inline fragment as a field too: they cost as much.
func (m measurer) selection(sel ast.Selection) size {
	switch x := sel.(type) {
	case *ast.Field:
		s := m.selections(x.SelectionSet)
		return size{fields: saturated(s.fields, 1), depth: s.depth + 1, top: 1}
	case *ast.InlineFragment:
		s := m.selections(x.SelectionSet)
		s.fields = saturated(s.fields, 1)
		return s
	case *ast.FragmentSpread:
		s := m.fragment(x.Name)
		s.fields = saturated(s.fields, 1)
		return s
	}
	return size{}
}

func (m measurer) fragment(name string) size {
	if s, ok := m.known[name]; ok {
		return s
	}
	m.known[name] = size{} // while it is being measured: a fragment that holds itself is refused by validation
	if def := m.fragments.ForName(name); def != nil {
		m.known[name] = m.selections(def.SelectionSet)
	}
	return m.known[name]
}

func saturated(a, b int) int {
	if a > math.MaxInt32 || b > math.MaxInt32 {
		return math.MaxInt32
	}
	return a + b
}

// weigh tells how much the fields cost that are pages: what one item costs, as often as the page has items.
func weigh(c *generated.ComplexityRoot) {
	page := func(child int, first *int, _ *string) int {
		n := domain.DefaultLimit
		if first != nil {
			n = max(1, min(*first, domain.MaxLimit))
		}
		return 1 + n*child
	}
	q := &c.Query
	q.APIKeys, q.Events = page, page
	q.Accounts = func(child int, _ *domain.Channel, first *int, after *string) int { return page(child, first, after) }
	q.Customers = func(child int, _ *string, first *int, after *string) int { return page(child, first, after) }
	q.Inquiries = func(child int, _ *domain.Status, _ *domain.StatusCategory, _, _, _ *string, _ *domain.Channel, _, _, _, _ *string, _ *domain.Priority, _ *bool, _ *desk.Sort, first *int, after *string) int {
		return page(child, first, after)
	}
	q.Search = func(child int, _ string, _ []string, first *int) int { return page(child, first, nil) }
	q.Nodes = func(child int, ids []string) int { return 1 + len(ids)*child }
	c.Inquiry.Interactions, c.Customer.Timeline = page, page
	weighTriage(c, page)
	q.Macros, q.CustomFields, q.Views, q.BulkRuns, c.View.Inquiries, c.BulkRun.Results = page, page, page, page, page, page
	q.ViewCounts = func(child int, ids []string) int { return 1 + len(ids)*child }
	c.Subscription.ViewCountsChanged = q.ViewCounts
	weighOrg(c, page)
	weighRouting(c, page)
	c.Customer.Inquiries = func(child int, _ *domain.StatusCategory, first *int, after *string) int {
		return page(child, first, after)
	}
}

// suggestionsCost is what the suggestions for one inquiry cost: they are found anew for each.
const suggestionsCost = 100

// weighTriage tells the same of triage and mail.
func weighTriage(c *generated.ComplexityRoot, page func(child int, first *int, after *string) int) {
	byText := func(child int, _ *string, first *int, after *string) int { return page(child, first, after) }
	q := &c.Query
	q.Rules, q.ClassifierModels, c.Template.Revisions = page, page, page
	q.InquiryTypes, q.Templates, q.Examples, q.Mailboxes, q.Quarantine = byText, byText, byText, byText, byText
	q.Articles = func(child int, _ *domain.ArticleStatus, first *int, after *string) int {
		return page(child, first, after)
	}
	q.HelpAsks = func(child int, _ *domain.HelpOutcome, first *int, after *string) int {
		return page(child, first, after)
	}
	q.Dispatches = func(child int, _ domain.DispatchState, first *int, after *string) int {
		return page(child, first, after)
	}
	q.Webhooks = page
	q.SurveyInvitations = func(child int, _, _ *string, first *int, after *string) int { return page(child, first, after) }
	q.Audit = func(child int, _, _, _, _ *string, _, _ *time.Time, first *int, after *string) int {
		return page(child, first, after)
	}
	c.Webhook.Deliveries = func(child int, _ *domain.DeliveryState, first *int, after *string) int {
		return page(child, first, after)
	}
	c.Inquiry.Suggestions = func(child int) int { return suggestionsCost + 10*child }
}

// hoursCost is what the hours of a calendar cost: a year of them may be some thousand.
const hoursCost = 500

// weighOrg tells the same of the organisation.
func weighOrg(c *generated.ComplexityRoot, page func(child int, first *int, after *string) int) {
	q := &c.Query
	q.Teams, q.Skills, q.Queues, q.Routes, q.Calendars, q.SLAPolicies = page, page, page, page, page, page
	c.Calendar.Hours = func(child int, _, _ time.Time) int { return hoursCost + child }
	q.Agents = func(child int, _ *string, _ *bool, first *int, after *string) int { return page(child, first, after) }
	q.Shifts = func(child int, _ *string, _, _ *time.Time, first *int, after *string) int {
		return page(child, first, after)
	}
}

// weighRouting tells the same of routing.
func weighRouting(c *generated.ComplexityRoot, page func(child int, first *int, after *string) int) {
	c.Query.Simulations = page
	c.Query.Presences = func(child int, _ *domain.PresenceState, first *int, after *string) int {
		return page(child, first, after)
	}
	c.Query.QueueStats = func(child int, _ string) int { return queueStatsCost + child }
	c.Subscription.QueueStatsChanged = c.Query.QueueStats
}

// queueStatsCost is what the state of a queue costs: it is counted.
const queueStatsCost = 100

// queryCache keeps parsed queries. Long texts are left out: a parsed query is some hundred times its text.
type queryCache struct{ *lru.LRU[*ast.QueryDocument] }

const (
	cachedQueries = 256
	longestCached = 4 << 10 // bytes
)

func newQueryCache() queryCache { return queryCache{lru.New[*ast.QueryDocument](cachedQueries)} }

// Add keeps a parsed query, if its text is short.
func (c queryCache) Add(ctx context.Context, text string, doc *ast.QueryDocument) {
	if len(text) <= longestCached {
		c.LRU.Add(ctx, text, doc)
	}
}
