package graph

import (
	"context"

	"sori/domain"
	"sori/graph/generated"
	"sori/graph/wire"
)

// resolver gives the generated code the resolvers of each type.
type resolver struct{ Deps }

type (
	query             struct{ *resolver }
	mutation          struct{ *resolver }
	subscription      struct{ *resolver }
	inquiryFields     struct{ *resolver }
	interactionFields struct{}
	customerFields    struct{ *resolver }
	eventFields       struct{}
	changeFields      struct{ *resolver } // of an event that tells of an inquiry
	hitFields         struct{}
	templateFields    struct{ *resolver }
	mailboxFields     struct{}
	calendarFields    struct{}
	dispatchFields    struct{}
	suggestionFields  struct{}
	viewFields        struct{ *resolver }
	bulkFields        struct{ *resolver }
	webhookFields     struct{ *resolver }
	deliveryFields    struct{}
	attemptFields     struct{}

	surveyInvitationFields struct{}
	thresholdFields        struct{}

	exampleResultFields struct{}
	changedFields       struct{ *resolver }
	takenFields         struct{ *resolver }
	workloadFields      struct{}
)

func (r *resolver) Query() generated.QueryResolver                 { return query{r} }
func (r *resolver) Mutation() generated.MutationResolver           { return mutation{r} }
func (r *resolver) Subscription() generated.SubscriptionResolver   { return subscription{r} }
func (r *resolver) Inquiry() generated.InquiryResolver             { return inquiryFields{r} }
func (r *resolver) Interaction() generated.InteractionResolver     { return interactionFields{} }
func (r *resolver) Customer() generated.CustomerResolver           { return customerFields{r} }
func (r *resolver) Event() generated.EventResolver                 { return eventFields{} }
func (r *resolver) InquiryChange() generated.InquiryChangeResolver { return changeFields{r} }
func (r *resolver) QueueChange() generated.QueueChangeResolver     { return changeFields{r} }
func (r *resolver) WorkChange() generated.WorkChangeResolver       { return changeFields{r} }
func (r *resolver) SearchHit() generated.SearchHitResolver         { return hitFields{} }

func (r *resolver) Workload() generated.WorkloadResolver               { return workloadFields{} }
func (r *resolver) PresencePayload() generated.PresencePayloadResolver { return changedFields{r} }
func (r *resolver) RoutingSettingsPayload() generated.RoutingSettingsPayloadResolver {
	return changedFields{r}
}
func (r *resolver) TakeNextPayload() generated.TakeNextPayloadResolver     { return takenFields{r} }
func (r *resolver) SimulationPayload() generated.SimulationPayloadResolver { return changedFields{r} }

func (r *resolver) Template() generated.TemplateResolver           { return templateFields{r} }
func (r *resolver) Calendar() generated.CalendarResolver           { return calendarFields{} }
func (r *resolver) Mailbox() generated.MailboxResolver             { return mailboxFields{} }
func (r *resolver) Dispatch() generated.DispatchResolver           { return dispatchFields{} }
func (r *resolver) Suggestion() generated.SuggestionResolver       { return suggestionFields{} }
func (r *resolver) TypeThreshold() generated.TypeThresholdResolver { return thresholdFields{} }
func (r *resolver) ExampleResult() generated.ExampleResultResolver { return exampleResultFields{} }

func (r *resolver) View() generated.ViewResolver       { return viewFields{r} }
func (r *resolver) BulkRun() generated.BulkRunResolver { return bulkFields{r} }

func (r *resolver) DraftPayload() generated.DraftPayloadResolver             { return changedFields{r} }
func (r *resolver) MacroPayload() generated.MacroPayloadResolver             { return changedFields{r} }
func (r *resolver) CustomFieldPayload() generated.CustomFieldPayloadResolver { return changedFields{r} }
func (r *resolver) ViewPayload() generated.ViewPayloadResolver               { return changedFields{r} }
func (r *resolver) BulkRunPayload() generated.BulkRunPayloadResolver         { return changedFields{r} }
func (r *resolver) Webhook() generated.WebhookResolver                       { return webhookFields{r} }
func (r *resolver) WebhookDelivery() generated.WebhookDeliveryResolver       { return deliveryFields{} }
func (r *resolver) WebhookAttempt() generated.WebhookAttemptResolver         { return attemptFields{} }

func (r *resolver) SurveyInvitation() generated.SurveyInvitationResolver {
	return surveyInvitationFields{}
}
func (r *resolver) SurveySettingsPayload() generated.SurveySettingsPayloadResolver {
	return changedFields{r}
}

func (r *resolver) ReceiveInquiryPayload() generated.ReceiveInquiryPayloadResolver {
	return changedFields{r}
}
func (r *resolver) InquiryPayload() generated.InquiryPayloadResolver         { return changedFields{r} }
func (r *resolver) InteractionPayload() generated.InteractionPayloadResolver { return changedFields{r} }
func (r *resolver) CustomerPayload() generated.CustomerPayloadResolver       { return changedFields{r} }
func (r *resolver) AccountPayload() generated.AccountPayloadResolver         { return changedFields{r} }
func (r *resolver) InquiryTypePayload() generated.InquiryTypePayloadResolver { return changedFields{r} }
func (r *resolver) TemplatePayload() generated.TemplatePayloadResolver       { return changedFields{r} }
func (r *resolver) RulePayload() generated.RulePayloadResolver               { return changedFields{r} }
func (r *resolver) ArticlePayload() generated.ArticlePayloadResolver         { return changedFields{r} }
func (r *resolver) MailboxPayload() generated.MailboxPayloadResolver         { return changedFields{r} }
func (r *resolver) DispatchPayload() generated.DispatchPayloadResolver       { return changedFields{r} }
func (r *resolver) WebhookPayload() generated.WebhookPayloadResolver         { return changedFields{r} }
func (r *resolver) NewWebhookPayload() generated.NewWebhookPayloadResolver   { return changedFields{r} }
func (r *resolver) WebhookDeliveryPayload() generated.WebhookDeliveryPayloadResolver {
	return changedFields{r}
}
func (r *resolver) InquiryActivityPayload() generated.InquiryActivityPayloadResolver {
	return changedFields{r}
}
func (r *resolver) ClassifierModelPayload() generated.ClassifierModelPayloadResolver {
	return changedFields{r}
}
func (r *resolver) TriageSettingsPayload() generated.TriageSettingsPayloadResolver {
	return changedFields{r}
}

func (r *resolver) AgentPayload() generated.AgentPayloadResolver         { return changedFields{r} }
func (r *resolver) TeamPayload() generated.TeamPayloadResolver           { return changedFields{r} }
func (r *resolver) SkillPayload() generated.SkillPayloadResolver         { return changedFields{r} }
func (r *resolver) ShiftPayload() generated.ShiftPayloadResolver         { return changedFields{r} }
func (r *resolver) QueuePayload() generated.QueuePayloadResolver         { return changedFields{r} }
func (r *resolver) RoutePayload() generated.RoutePayloadResolver         { return changedFields{r} }
func (r *resolver) CalendarPayload() generated.CalendarPayloadResolver   { return changedFields{r} }
func (r *resolver) SLAPolicyPayload() generated.SLAPolicyPayloadResolver { return changedFields{r} }

// connected gives a page as a connection, or its error in the words of this door.
func connected[T any](p domain.Page[T], err error) (*wire.Connection[T], error) {
	if err != nil {
		return nil, asArguments(err)
	}
	return wire.Connect(p), nil
}

// tell makes the payload of a mutation from what it changed.
func tell[T any](payload func(*T) *wire.Changed, changed *T, err error) (*wire.Changed, error) {
	if err != nil {
		return nil, err
	}
	return payload(changed), nil
}

// changedNoun gives what a mutation changed: as it had it in hand, or read again for a request that is repeated.
func changedNoun[T any](ctx context.Context, c *wire.Changed, read func(context.Context, string) (*T, error)) (*T, error) {
	if n, ok := c.Noun.(*T); ok {
		return n, nil
	}
	return read(ctx, c.ID)
}

// remove is the way of every mutation that removes one noun.
func (m mutation) remove(ctx context.Context, name string, in wire.IDInput, run func(context.Context, string) error) (*wire.Changed, error) {
	return m.once(ctx, name, in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		return &wire.Changed{ID: in.ID}, run(ctx, in.ID)
	})
}

// pointers gives the items of a list as the generated code takes them.
func pointers[T any](items []T) []*T {
	out := make([]*T, len(items))
	for i := range items {
		out[i] = &items[i]
	}
	return out
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// orNil gives a value, or nil if it is the zero one.
func orNil[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// Inquiry gives the inquiry that a mutation changed. Of one that was taken in, id and number are at hand: who may bring inquiries in but not
// read them gets these.
func (f changedFields) Inquiry(ctx context.Context, c *wire.Changed) (*domain.Inquiry, error) {
	switch {
	case c.TheInquiry != nil:
		return c.TheInquiry, nil
	case c.Number != "" && asksOnly(ctx, "id", "number"):
		return &domain.Inquiry{Doc: domain.Doc{ID: c.InquiryID}, Number: c.Number}, nil
	}
	return f.Desk.Get(ctx, c.InquiryID)
}

// Interaction gives the interaction that a mutation added.
func (f changedFields) Interaction(ctx context.Context, c *wire.Changed) (*domain.Interaction, error) {
	switch {
	case c.TheInteraction != nil:
		return c.TheInteraction, nil
	case asksOnly(ctx, "id"):
		return &domain.Interaction{Doc: domain.Doc{ID: c.InteractionID}}, nil
	}
	return f.Desk.Interaction(ctx, c.InteractionID)
}

// Customer gives the customer that a mutation changed, or by whom something came.
func (f changedFields) Customer(ctx context.Context, c *wire.Changed) (*domain.Customer, error) {
	switch {
	case c.TheCustomer != nil:
		return c.TheCustomer, nil
	case asksOnly(ctx, "id"):
		return &domain.Customer{Doc: domain.Doc{ID: c.CustomerID}}, nil
	}
	return f.Contact.Get(ctx, c.CustomerID)
}

// Account gives the channel account that a mutation changed.
func (f changedFields) Account(ctx context.Context, c *wire.Changed) (*domain.Account, error) {
	if c.TheAccount != nil {
		return c.TheAccount, nil
	}
	return f.Org.GetAccount(ctx, c.AccountID)
}
