package desk

import (
	"context"
	"fmt"
	"slices"

	"sori/domain"
)

// Filter chooses inquiries. Empty fields choose nothing out. Queue and Assignee may be None, for those that have none.
type Filter struct {
	Status         domain.Status
	StatusCategory domain.StatusCategory
	Queue          string
	Assignee       string
	Type           string
	Channel        domain.Channel
	Tier           string
	Tag            string
	Customer       string
}

// None as a filter by queue, assignee or type, finds the inquiries that have none.
const None = "none"

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
	categories, err := f.categories()
	if err != nil {
		return domain.Page[domain.Inquiry]{}, err
	}
	p, err := f.plan(sort)
	if err != nil {
		return domain.Page[domain.Inquiry]{}, err
	}
	queries := make([]domain.Query, len(categories))
	for i, c := range categories {
		queries[i] = domain.Query{Index: p.index, Equal: append(slices.Clone(p.lead), c), Reverse: sort != SortDue}
	}
	label := fmt.Sprintf("%s|%+v", sort, f)
	return domain.Inquiries.Page(ctx, s.Store, req, label, p.keep(), queries...)
}

func (f Filter) categories() ([]domain.StatusCategory, error) {
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
func (f Filter) conditions() []condition {
	var out []condition
	text := func(facet, value string, get func(*domain.Inquiry) string) {
		if value == "" {
			return
		}
		c := condition{facet, value, func(q *domain.Inquiry) bool { return get(q) == value }}
		if value == None && facet != "tags" && facet != "customerId" {
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
	text("type", f.Type, func(q *domain.Inquiry) string { return q.Type })
	text("tier", f.Tier, func(q *domain.Inquiry) string { return q.Tier })
	text("channel", string(f.Channel), func(q *domain.Inquiry) string { return string(q.Channel) })
	return out
}

// plan is how a filter is answered: through one index, and by passing over what the other conditions do not hold for.
type plan struct {
	index string
	lead  []any
	rest  []func(*domain.Inquiry) bool
}

var sortIndex = map[Sort]string{SortLast: "last", SortCreated: "created", SortDue: "due"}

func (f Filter) plan(sort Sort) (plan, error) {
	order, ok := sortIndex[sort]
	if !ok {
		return plan{}, domain.InvalidField("sort", "enum", "must be %s, %s or %s", SortLast, SortCreated, SortDue)
	}
	p := plan{index: order}
	if f.Status != "" {
		p.rest = append(p.rest, func(q *domain.Inquiry) bool { return q.Status == f.Status })
	}
	for _, c := range f.conditions() {
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
