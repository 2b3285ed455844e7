package graph

import (
	"context"

	"sori/domain"
	"sori/domain/triage"
	"sori/graph/wire"
)

func (q query) InquiryTypes(ctx context.Context, parent *string, first *int, after *string) (*wire.InquiryTypeConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Triage.ListTypes(ctx, value(parent), req))
}

func (q query) InquiryType(ctx context.Context, id string) (*domain.InquiryType, error) {
	return q.Triage.GetType(ctx, id)
}

func (q query) Thresholds(ctx context.Context) ([]*triage.TypeThresholdReport, error) {
	found, err := q.Triage.Thresholds(ctx)
	return pointers(found), err
}

func (m mutation) CreateInquiryType(ctx context.Context, in wire.CreateInquiryTypeInput) (*wire.Changed, error) {
	return m.once(ctx, "createInquiryType", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		t, err := m.Triage.CreateType(ctx, in.TypeDraft)
		return tell(wire.ChangedType, t, err)
	})
}

func (m mutation) UpdateInquiryType(ctx context.Context, in wire.UpdateInquiryTypeInput) (*wire.Changed, error) {
	return m.once(ctx, "updateInquiryType", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		t, err := m.Triage.EditType(ctx, in.ID, in.Version, in.Patch())
		return tell(wire.ChangedType, t, err)
	})
}

// Value gives nil where no confidence was set by hand.
func (thresholdFields) Value(_ context.Context, t *domain.TypeThreshold) (*float64, error) {
	return orNull(t.Value), nil
}

// Promise gives nil where nothing is promised.
func (thresholdFields) Promise(_ context.Context, t *domain.TypeThreshold) (*float64, error) {
	return orNull(t.Promise), nil
}

func orNull(v float64) *float64 {
	if v == 0 {
		return nil
	}
	return &v
}

// InquiryType gives the type that a mutation changed.
func (f changedFields) InquiryType(ctx context.Context, c *wire.Changed) (*domain.InquiryType, error) {
	return changedNoun(ctx, c, f.Triage.GetType)
}
