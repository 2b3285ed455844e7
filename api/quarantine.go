package api

import (
	"context"
	"net/http"

	"sori/api/gen"
	"sori/domain"
)

// ListQuarantine gives a page of the mails in quarantine.
func (s *server) ListQuarantine(ctx context.Context, r gen.ListQuarantineRequestObject) (gen.ListQuarantineResponseObject, error) {
	page, err := s.Intake.ListQuarantined(ctx, value(r.Params.Account), request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListQuarantine200JSONResponse{Items: each(page.Items, quarantined), NextCursor: null(page.NextCursor)}, nil
}

// GetQuarantined gives one mail in quarantine.
func (s *server) GetQuarantined(ctx context.Context, r gen.GetQuarantinedRequestObject) (gen.GetQuarantinedResponseObject, error) {
	q, err := s.Intake.GetQuarantined(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetQuarantined200JSONResponse(quarantined(q)), nil
}

// GetQuarantinedSource gives the source of a mail in quarantine.
func (s *server) GetQuarantinedSource(ctx context.Context, r gen.GetQuarantinedSourceRequestObject) (gen.GetQuarantinedSourceResponseObject, error) {
	raw, err := s.Intake.QuarantinedSource(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return content{raw, "message/rfc822", "source.eml"}, nil
}

// VisitGetQuarantinedSourceResponse writes the answer.
func (f content) VisitGetQuarantinedSourceResponse(w http.ResponseWriter) error { return f.write(w) }

// ReprocessQuarantined tries once more to take in a mail in quarantine.
func (s *server) ReprocessQuarantined(ctx context.Context, r gen.ReprocessQuarantinedRequestObject) (gen.ReprocessQuarantinedResponseObject, error) {
	res, err := s.Intake.ReprocessQuarantined(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	if res.Duplicate {
		return gen.ReprocessQuarantined200JSONResponse{ReceivedBeforeJSONResponse: gen.ReceivedBeforeJSONResponse(receipt(res))}, nil
	}
	return gen.ReprocessQuarantined201JSONResponse{ReceivedJSONResponse: gen.ReceivedJSONResponse(receipt(res))}, nil
}

// DeleteQuarantined throws a mail in quarantine away.
func (s *server) DeleteQuarantined(ctx context.Context, r gen.DeleteQuarantinedRequestObject) (gen.DeleteQuarantinedResponseObject, error) {
	if err := s.Intake.DeleteQuarantined(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.DeleteQuarantined200JSONResponse{RemovedJSONResponse: gen.RemovedJSONResponse{Id: r.Id}}, nil
}

func quarantined(q *domain.Quarantined) gen.Quarantined {
	return gen.Quarantined{
		Id: q.ID, Account: q.Account, Source: string(q.Source), Size: q.Size, Truncated: q.Truncated, Error: q.Error, Attempts: q.Attempts,
		CreatedAt: q.CreatedAt, LastTriedAt: q.LastTriedAt, Version: q.Version,
	}
}
