package graph

import (
	"context"

	"sori/domain"
	"sori/graph/wire"
)

func (q query) Interaction(ctx context.Context, id string) (*domain.Interaction, error) {
	return q.Desk.Interaction(ctx, id)
}

func (interactionFields) Inquiry(ctx context.Context, x *domain.Interaction) (*domain.Inquiry, error) {
	return loadInquiry(ctx, x.InquiryID)
}

func (interactionFields) Customer(ctx context.Context, x *domain.Interaction) (*domain.Customer, error) {
	return loadCustomer(ctx, x.CustomerID)
}

func (interactionFields) Author(_ context.Context, x *domain.Interaction) (*domain.Ref, error) {
	return orNil(x.Author), nil
}

func (m mutation) AddNote(ctx context.Context, in wire.AddNoteInput) (*wire.Changed, error) {
	return m.once(ctx, "addNote", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Desk.AddNote(ctx, in.InquiryID, in.Note)
		return tell(wire.ChangedInteraction, x, err)
	})
}

func (m mutation) Reply(ctx context.Context, in wire.ReplyInput) (*wire.Changed, error) {
	return m.once(ctx, "reply", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		x, err := m.Desk.Reply(ctx, in.InquiryID, in.Reply())
		return tell(wire.ChangedInteraction, x, err)
	})
}
