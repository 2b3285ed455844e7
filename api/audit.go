package api

import (
	"context"
	"time"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/insight"
)

// ListAudit gives a page of what was done.
func (s *server) ListAudit(ctx context.Context, r gen.ListAuditRequestObject) (gen.ListAuditResponseObject, error) {
	p := r.Params
	page, err := s.Insight.Audit(ctx, auditFilter(p.Actor, p.Type, p.Subject, p.Inquiry, p.From, p.To), request(p.Limit, p.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListAudit200JSONResponse{Items: each(page.Items, event), NextCursor: null(page.NextCursor)}, nil
}

// ExportAudit streams all that was done.
func (s *server) ExportAudit(ctx context.Context, r gen.ExportAuditRequestObject) (gen.ExportAuditResponseObject, error) {
	p := r.Params
	filter := auditFilter(p.Actor, p.Type, p.Subject, p.Inquiry, p.From, p.To)
	next := func(cursor string) (domain.Page[domain.Event], error) {
		return s.Insight.Audit(ctx, filter, domain.PageRequest{Limit: domain.MaxLimit, Cursor: cursor})
	}
	first, err := next("") // what is wrong with the question is told before the stream begins
	if err != nil {
		return nil, err
	}
	return export[domain.Event]{
		page: first, next: next, csv: value(p.Format) == "csv", broken: s.broken, header: auditHeader, row: auditRow, line: func(e *domain.Event) any { return event(e) },
	}, nil
}

func auditFilter(actor, typ, subject, inquiry *string, from, to *time.Time) insight.AuditFilter {
	return insight.AuditFilter{Actor: value(actor), Type: value(typ), Subject: value(subject), Inquiry: value(inquiry), From: from, To: to}
}

var auditHeader = []string{"cursor", "id", "type", "at", "actorKind", "actorId", "subjectKind", "subjectId", "inquiryId", "customerId", "data"}

// auditRow gives an event as a row; what it tells beside its names is JSON.
func auditRow(e *domain.Event) []string {
	return []string{
		e.Cursor(), e.ID, e.Type, stamp(&e.At), e.Actor.Kind, e.Actor.ID, e.Subject.Kind, e.Subject.ID, e.InquiryID, e.CustomerID, string(encode(fields(e.Data))),
	}
}
