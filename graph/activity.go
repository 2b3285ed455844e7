package graph

import (
	"context"

	"sori/domain"
	"sori/graph/wire"
)

// Activity gives who is at an inquiry, read together with those of the other inquiries of a list.
func (f inquiryFields) Activity(ctx context.Context, q *domain.Inquiry) (*domain.InquiryActivity, error) {
	return load(ctx, loadersFrom(ctx).activities, q.ID)
}

func (m mutation) SetInquiryActivity(ctx context.Context, in wire.SetInquiryActivityInput) (*wire.Changed, error) {
	return m.once(ctx, "setInquiryActivity", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		a, err := m.Live.SetActivity(ctx, in.ID, in.State)
		return tell(wire.ChangedActivity, a, err)
	})
}

// Activity gives who is at an inquiry after a mutation.
func (f changedFields) Activity(ctx context.Context, c *wire.Changed) (*domain.InquiryActivity, error) {
	return changedNoun(ctx, c, f.Live.Activity)
}

func (s subscription) InquiryActivity(ctx context.Context, id string) (<-chan *domain.InquiryActivity, error) {
	if st, ok := ctx.Value(streamKey{}).(*stream); ok {
		st.scope = domain.ScopeInquiryRead
	}
	return s.Live.WatchActivity(ctx, id)
}
