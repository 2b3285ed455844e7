package graph

import (
	"context"

	"sori/domain"
	"sori/domain/desk"
	"sori/graph/wire"
)

func (q query) Views(ctx context.Context, first *int, after *string) (*wire.ViewConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	return connected(q.Desk.ListViews(ctx, req))
}

func (q query) View(ctx context.Context, id string) (*domain.View, error) {
	return q.Desk.GetView(ctx, id)
}

func (q query) ViewCounts(ctx context.Context, ids []string) ([]*desk.ViewCount, error) {
	counts, err := q.Desk.ViewCounts(ctx, ids)
	return pointers(counts), err
}

func (s subscription) ViewCountsChanged(ctx context.Context, ids []string) (<-chan []*desk.ViewCount, error) {
	shown, err := s.Desk.WatchViewCounts(ctx, ids)
	return show(ctx, shown, err, pointers[desk.ViewCount])
}

func (f viewFields) Count(ctx context.Context, v *domain.View) (*desk.ViewCount, error) {
	counts, err := f.Desk.ViewCounts(ctx, []string{v.ID})
	if err != nil {
		return nil, err
	}
	return &counts[0], nil
}

func (f viewFields) Inquiries(ctx context.Context, v *domain.View, first *int, after *string) (*wire.InquiryConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	page, err := f.Desk.ViewInquiries(ctx, v.ID, req)
	besideInquiries(ctx, page.Items)
	return connected(page, err)
}

func (m mutation) CreateView(ctx context.Context, in wire.CreateViewInput) (*wire.Changed, error) {
	return m.once(ctx, "createView", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		v, err := m.Desk.CreateView(ctx, in.ViewDraft)
		return tell(wire.ChangedView, v, err)
	})
}

func (m mutation) UpdateView(ctx context.Context, in wire.UpdateViewInput) (*wire.Changed, error) {
	return m.once(ctx, "updateView", in.IdempotencyKey, in, func(ctx context.Context) (*wire.Changed, error) {
		v, err := m.Desk.EditView(ctx, in.ID, in.Version, in.ViewPatch)
		return tell(wire.ChangedView, v, err)
	})
}

func (m mutation) DeleteView(ctx context.Context, in wire.IDInput) (*wire.Changed, error) {
	return m.remove(ctx, "deleteView", in, m.Desk.DeleteView)
}

// View gives the view that a mutation changed.
func (f changedFields) View(ctx context.Context, c *wire.Changed) (*domain.View, error) {
	return changedNoun(ctx, c, f.Desk.GetView)
}
