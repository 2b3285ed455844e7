package desk

import (
	"context"
	"encoding/json"
	"slices"

	"sori/domain"
)

// Filter chooses inquiries.
type Filter = domain.InquiryFilter

// Sort is the order of a list.
type Sort string

// The orders.
const (
	SortLast    Sort = "-lastInteractionAt" // the default
	SortCreated Sort = "-createdAt"
	SortDue     Sort = "dueAt"
)

// List gives a page of the inquiries that a filter chooses. A page by a rare pair of fields may hold fewer items than asked for while the list goes on.
// Invalid for an unknown status, category or order.
func (s *Service) List(ctx context.Context, f Filter, sort Sort, req domain.PageRequest) (page domain.Page[domain.Inquiry], err error) {
	ctx, end := domain.Step(ctx, "desk", "list")
	defer func() { end(err) }()
	if _, err := domain.Require(ctx, domain.ScopeInquiryRead); err != nil {
		return domain.Page[domain.Inquiry]{}, err
	}
	if sort == "" {
		sort = SortLast
	}
	if f.Assignee == domain.ActingAgent {
		f.Assignee = domain.ActorFrom(ctx).ID
	}
	categories, err := categoriesOf(f)
	if err != nil {
		return domain.Page[domain.Inquiry]{}, err
	}
	p, err := planOf(f, sort)
	if err != nil {
		return domain.Page[domain.Inquiry]{}, err
	}
	queries := make([]domain.Query, len(categories))
	for i, c := range categories {
		queries[i] = domain.Query{Index: p.index, Equal: append(slices.Clone(p.lead), c), Reverse: sort != SortDue}
	}
	label, err := labelOf(f, sort)
	if err != nil {
		return domain.Page[domain.Inquiry]{}, err
	}
	return domain.Inquiries.Page(ctx, s.Store, req, label, p.keep(), queries...)
}

// labelOf tells one question from another, so that a cursor stays with its own.
func labelOf(f Filter, sort Sort) (string, error) {
	b, err := json.Marshal(f)
	return string(sort) + "|" + string(b), err
}

func categoriesOf(f Filter) ([]domain.StatusCategory, error) {
	if f.StatusCategory != "" && !slices.Contains(domain.StatusCategories, f.StatusCategory) {
		return nil, domain.InvalidField("statusCategory", "enum", "there is no category %q", domain.Clip(string(f.StatusCategory), 40))
	}
	if f.Status == "" {
		if f.StatusCategory == "" {
			return domain.StatusCategories, nil
		}
		return []domain.StatusCategory{f.StatusCategory}, nil
	}
	c := f.Status.Category()
	if c == "" {
		return nil, domain.InvalidField("status", "enum", "there is no status %q", domain.Clip(string(f.Status), 40))
	}
	if f.StatusCategory != "" && f.StatusCategory != c {
		return nil, nil // nothing is both
	}
	return []domain.StatusCategory{c}, nil
}

// condition is one field of a filter: the index that leads by it, and how a document is told by it.
type condition struct {
	facet string
	value any
	holds func(*domain.Inquiry) bool
}

// conditions lists what a filter asks for, the field that chooses fewest first.
func conditionsOf(f Filter) []condition {
	var out []condition
	text := func(facet, value string, get func(*domain.Inquiry) string) {
		if value == "" {
			return
		}
		c := condition{facet, value, func(q *domain.Inquiry) bool { return get(q) == value }}
		if value == domain.None && facet != "tags" && facet != "customerId" {
			c.value, c.holds = nil, func(q *domain.Inquiry) bool { return get(q) == "" }
		}
		out = append(out, c)
	}
	text("customerId", f.Customer, func(q *domain.Inquiry) string { return q.CustomerID })
	if f.Tag != "" {
		out = append(out, condition{"tags", f.Tag, func(q *domain.Inquiry) bool { return slices.Contains(q.Tags, f.Tag) }})
	}
	text("assignee", f.Assignee, func(q *domain.Inquiry) string { return q.Assignee })
	text("queue", f.Queue, func(q *domain.Inquiry) string { return q.Queue })
	text("team", f.Team, func(q *domain.Inquiry) string { return q.Team })
	text("type", f.Type, func(q *domain.Inquiry) string { return q.Type })
	text("tier", f.Tier, func(q *domain.Inquiry) string { return q.Tier })
	text("channel", string(f.Channel), func(q *domain.Inquiry) string { return string(q.Channel) })
	text("priority", string(f.Priority), func(q *domain.Inquiry) string { return string(q.Priority) })
	if f.Unread != nil {
		unread := *f.Unread
		out = append(out, condition{"unread", unread, func(q *domain.Inquiry) bool { return q.Unread == unread }})
	}
	return out
}

// plan is how a filter is answered: through one index, and by passing over what the other conditions do not hold for.
type plan struct {
	index string
	lead  []any
	rest  []func(*domain.Inquiry) bool
}

var sortIndex = map[Sort]string{SortLast: "last", SortCreated: "created", SortDue: "due"}

func planOf(f Filter, sort Sort) (plan, error) {
	order, ok := sortIndex[sort]
	if !ok {
		return plan{}, domain.InvalidField("sort", "enum", "must be %s, %s or %s", SortLast, SortCreated, SortDue)
	}
	p := plan{index: order}
	if f.Status != "" {
		p.rest = append(p.rest, func(q *domain.Inquiry) bool { return q.Status == f.Status })
	}
	for _, c := range conditionsOf(f) {
		if _, ok := domain.Inquiries.Index(c.facet + "." + order); ok && p.lead == nil {
			p.index, p.lead = c.facet+"."+order, []any{c.value}
			continue
		}
		p.rest = append(p.rest, c.holds)
	}
	return p, nil
}

// keep is nil when the index alone answers, which lets a page read no more than it shows.
func (p plan) keep() func(*domain.Inquiry) bool {
	if len(p.rest) == 0 {
		return nil
	}
	return func(q *domain.Inquiry) bool {
		return !slices.ContainsFunc(p.rest, func(holds func(*domain.Inquiry) bool) bool { return !holds(q) })
	}
}

// holds tells whether a filter chooses an inquiry.
func holds(f Filter, q *domain.Inquiry) bool {
	if f.Status != "" && q.Status != f.Status || f.StatusCategory != "" && q.StatusCategory != f.StatusCategory {
		return false
	}
	return !slices.ContainsFunc(conditionsOf(f), func(c condition) bool { return !c.holds(q) })
}
