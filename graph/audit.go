package graph

import (
	"context"
	"time"

	"sori/domain/insight"
	"sori/graph/wire"
)

func (q query) Audit(ctx context.Context, actor, typ, subject, inquiry *string, from, to *time.Time, first *int, after *string) (*wire.EventConnection, error) {
	req, err := wire.PageOf(first, after)
	if err != nil {
		return nil, err
	}
	page, err := q.Insight.Audit(ctx, insight.AuditFilter{
		Actor: value(actor), Type: value(typ), Subject: value(subject), Inquiry: value(inquiry), From: from, To: to,
	}, req)
	var inquiries, customers []string
	for _, e := range page.Items {
		inquiries, customers = append(inquiries, e.InquiryID), append(customers, e.CustomerID)
	}
	loadersFrom(ctx).beside(inquiries)
	loadersFrom(ctx).beside(customers)
	return connected(page, err)
}
