package graph

import (
	"context"

	"sori/domain"
	"sori/domain/insight"
	"sori/graph/wire"
)

// Search gives the one page that a search has; the cursor of a hit is its id.
func (q query) Search(ctx context.Context, text string, kinds []string, first *int) (*wire.SearchConnection, error) {
	req, err := wire.PageOf(first, nil)
	if err != nil {
		return nil, err
	}
	hits, err := q.Insight.Search(ctx, text, kinds, req.Limit)
	if err != nil {
		return nil, asArguments(err)
	}
	page := domain.Page[insight.Hit]{Cursor: func(i int) string { return hits[i].ID }}
	var found, inquiries, customers []string
	for i := range hits {
		page.Items = append(page.Items, &hits[i])
		inquiries, customers = append(inquiries, hits[i].InquiryID), append(customers, hits[i].CustomerID)
		if hits[i].Kind == "interaction" {
			found = append(found, hits[i].ID)
		}
	}
	for _, ids := range [][]string{found, inquiries, customers} {
		loadersFrom(ctx).beside(ids)
	}
	return wire.Connect(page), nil
}

func (hitFields) Inquiry(ctx context.Context, h *insight.Hit) (*domain.Inquiry, error) {
	return loadInquiry(ctx, h.InquiryID)
}

func (hitFields) Customer(ctx context.Context, h *insight.Hit) (*domain.Customer, error) {
	return loadCustomer(ctx, h.CustomerID)
}

func (hitFields) Interaction(ctx context.Context, h *insight.Hit) (*domain.Interaction, error) {
	if domain.IDPrefix(h.ID) != domain.Interactions.Prefix {
		return nil, nil
	}
	return loadInteraction(ctx, h.ID)
}
