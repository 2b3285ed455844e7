package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/desk"
)

// StartBulk does the same to many inquiries.
func (s *server) StartBulk(ctx context.Context, r gen.StartBulkRequestObject) (gen.StartBulkResponseObject, error) {
	d := desk.BulkDraft{InquiryIDs: value(r.Body.InquiryIds), Actions: actionsDraft(r.Body.Actions)}
	if r.Body.Filter != nil {
		f := filterDraft(*r.Body.Filter)
		d.Filter = &f
	}
	run, err := s.Desk.StartBulk(ctx, d)
	if err != nil {
		return nil, err
	}
	return gen.StartBulk202JSONResponse(bulkRun(run)), nil
}

// ListBulkRuns gives a page of the bulk runs.
func (s *server) ListBulkRuns(ctx context.Context, r gen.ListBulkRunsRequestObject) (gen.ListBulkRunsResponseObject, error) {
	page, err := s.Desk.ListBulk(ctx, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListBulkRuns200JSONResponse{Items: each(page.Items, bulkRun), NextCursor: null(page.NextCursor)}, nil
}

// GetBulkRun tells how far a bulk run is.
func (s *server) GetBulkRun(ctx context.Context, r gen.GetBulkRunRequestObject) (gen.GetBulkRunResponseObject, error) {
	run, err := s.Desk.GetBulk(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetBulkRun200JSONResponse(bulkRun(run)), nil
}

// ListBulkResults gives a page of what a bulk run came to.
func (s *server) ListBulkResults(ctx context.Context, r gen.ListBulkResultsRequestObject) (gen.ListBulkResultsResponseObject, error) {
	page, err := s.Desk.BulkResults(ctx, r.Id, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListBulkResults200JSONResponse{Items: each(page.Items, bulkResult), NextCursor: null(page.NextCursor)}, nil
}

// CancelBulk ends a bulk run.
func (s *server) CancelBulk(ctx context.Context, r gen.CancelBulkRequestObject) (gen.CancelBulkResponseObject, error) {
	run, err := s.Desk.CancelBulk(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.CancelBulk200JSONResponse(bulkRun(run)), nil
}

func bulkRun(r *domain.BulkRun) gen.BulkRun {
	out := gen.BulkRun{
		Id: r.ID, InquiryIds: list(r.InquiryIDs), Actions: actions(r.Actions), State: gen.BulkRunState(r.State), Done: r.Done, Failed: r.Failed, Message: null(r.Message),
		CreatedBy: *ref(r.CreatedBy.Ref()), CreatedAt: r.CreatedAt, FinishedAt: instant(r.FinishedAt),
	}
	if r.Filter != nil {
		f := filter(*r.Filter)
		out.Filter = &f
	}
	return out
}

func bulkResult(r *domain.BulkResult) gen.BulkResult {
	return gen.BulkResult{InquiryId: r.InquiryID, Ok: r.OK, Code: null(r.Code), Message: null(r.Message), At: r.At}
}
