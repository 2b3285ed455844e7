package graph

import (
	"context"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"sori/domain"
	"sori/domain/org"
)

// Node reads one noun, whichever it is. NotFound if nobody has the id.
func (q query) Node(ctx context.Context, id string) (domain.Document, error) {
	n, err := q.node(ctx, id)
	if err == nil && n == nil {
		err = domain.Missing("noun", id)
	}
	return n, err
}

// Nodes reads nouns in the order asked for; nil where nobody has the id.
func (q query) Nodes(ctx context.Context, ids []string) ([]domain.Document, error) {
	if len(ids) > domain.MaxLimit {
		return nil, domain.InvalidField("ids", "maxItems", "are more than %d", domain.MaxLimit)
	}
	preload(ctx, ids)
	out := make([]domain.Document, len(ids))
	var inquiries []*domain.Inquiry
	for i, id := range ids {
		n, err := q.node(ctx, id)
		if err != nil {
			return nil, err
		}
		out[i] = n
		if x, ok := n.(*domain.Inquiry); ok {
			inquiries = append(inquiries, x)
		}
	}
	besideInquiries(ctx, inquiries)
	return out, nil
}

// preload asks the loaders for all ids before the first answer is waited for.
func preload(ctx context.Context, ids []string) {
	l := loadersFrom(ctx)
	for _, id := range ids {
		switch domain.IDPrefix(id) {
		case domain.Inquiries.Prefix:
			l.inquiries.LoadThunk(ctx, id)
		case domain.Interactions.Prefix:
			l.interactions.LoadThunk(ctx, id)
		case domain.Customers.Prefix:
			l.customers.LoadThunk(ctx, id)
		}
	}
}

// node gives nil, without a type, if nobody has the id.
func (q query) node(ctx context.Context, id string) (domain.Document, error) {
	switch domain.IDPrefix(id) {
	case domain.Inquiries.Prefix:
		return document(loadInquiry(ctx, id))
	case domain.Interactions.Prefix:
		return document(loadInteraction(ctx, id))
	case domain.Customers.Prefix:
		return document(loadCustomer(ctx, id))
	case domain.Accounts.Prefix:
		return found(q.Org.GetAccount(ctx, id))
	case domain.InquiryTypes.Prefix:
		return found(q.Triage.GetType(ctx, id))
	case domain.Templates.Prefix:
		return found(q.Triage.GetTemplate(ctx, id))
	case domain.Rules.Prefix:
		return found(q.Triage.GetRule(ctx, id))
	case domain.Simulations.Prefix:
		return found(q.Routing.Simulation(ctx, id))
	case domain.Articles.Prefix:
		return found(q.Triage.GetArticle(ctx, id))
	case domain.ClassifierModels.Prefix:
		return found(q.Triage.GetModel(ctx, id))
	case domain.Macros.Prefix:
		return found(q.Desk.GetMacro(ctx, id))
	case domain.CustomFields.Prefix:
		return found(q.Desk.GetField(ctx, id))
	case domain.Views.Prefix:
		return found(q.Desk.GetView(ctx, id))
	case domain.BulkRuns.Prefix:
		return found(q.Desk.GetBulk(ctx, id))
	case domain.SurveyInvitations.Prefix:
		return found(q.Survey.Invitation(ctx, id))
	case domain.Webhooks.Prefix:
		return found(q.Hooks.Get(ctx, id))
	case domain.WebhookDeliveries.Prefix:
		return found(q.Hooks.DeliveryByID(ctx, id))
	case domain.Mailboxes.Prefix:
		return found(q.mailbox(ctx, id))
	}
	return q.orgNode(ctx, id)
}

// orgNode is node for what the organisation is made of.
func (q query) orgNode(ctx context.Context, id string) (domain.Document, error) {
	switch domain.IDPrefix(id) {
	case domain.Agents.Prefix:
		return found(q.Org.GetAgent(ctx, id))
	case domain.Teams.Prefix:
		return found(q.Org.GetTeam(ctx, id))
	case domain.Skills.Prefix:
		return found(q.Org.GetSkill(ctx, id))
	case domain.Shifts.Prefix:
		return found(q.Org.GetShift(ctx, id))
	case domain.Queues.Prefix:
		return found(q.Org.GetQueue(ctx, id))
	case domain.Routes.Prefix:
		return found(q.Org.GetRoute(ctx, id))
	case domain.Calendars.Prefix:
		return found(q.Org.GetCalendar(ctx, id))
	case domain.SLAPolicies.Prefix:
		return found(q.Org.GetSLAPolicy(ctx, id))
	}
	return nil, nil
}

// found gives nil for a noun that nobody has.
func found[T any, D interface {
	*T
	domain.Document
}](d D, err error) (domain.Document, error) {
	if domain.IsCode(err, domain.NotFound) {
		return nil, nil
	}
	return document(d, err)
}

// document keeps a nil pointer from becoming an interface that is not nil.
func document[T any, D interface {
	*T
	domain.Document
}](d D, err error) (domain.Document, error) {
	if d == nil || err != nil {
		return nil, err
	}
	return d, nil
}

// Me gives the actor of the request, with the agent that it is.
func (q query) Me(ctx context.Context) (*org.Identity, error) { return q.Org.Me(ctx) }

// asksOnly reports whether the object that is being resolved is asked for nothing but these fields.
func asksOnly(ctx context.Context, names ...string) bool {
	for _, f := range graphql.CollectFieldsCtx(ctx, nil) {
		if !strings.HasPrefix(f.Name, "__") && !slices.Contains(names, f.Name) {
			return false
		}
	}
	return true
}
