package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/org"
)

// ListShifts gives a page of the shifts.
func (s *server) ListShifts(ctx context.Context, r gen.ListShiftsRequestObject) (gen.ListShiftsResponseObject, error) {
	page, err := s.Org.ListShifts(ctx, org.ShiftFilter{Agent: value(r.Params.Agent), From: value(r.Params.From), To: value(r.Params.To)}, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListShifts200JSONResponse{Items: each(page.Items, shift), NextCursor: null(page.NextCursor)}, nil
}

// CreateShift makes a shift.
func (s *server) CreateShift(ctx context.Context, r gen.CreateShiftRequestObject) (gen.CreateShiftResponseObject, error) {
	b := r.Body
	x, err := s.Org.CreateShift(ctx, org.ShiftDraft{
		Agent: b.Agent, From: b.From, To: b.To, Queues: value(b.Queues),
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateShift201JSONResponse{OneShiftJSONResponse: oneShift(x)}, nil
}

// GetShift gives one shift.
func (s *server) GetShift(ctx context.Context, r gen.GetShiftRequestObject) (gen.GetShiftResponseObject, error) {
	x, err := s.Org.GetShift(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetShift200JSONResponse{OneShiftJSONResponse: oneShift(x)}, nil
}

// UpdateShift changes a shift.
func (s *server) UpdateShift(ctx context.Context, r gen.UpdateShiftRequestObject) (gen.UpdateShiftResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	x, err := s.Org.EditShift(ctx, r.Id, version, org.ShiftPatch{
		From: b.From, To: b.To, Queues: b.Queues,
	})
	if err != nil {
		return nil, err
	}
	return gen.UpdateShift200JSONResponse{OneShiftJSONResponse: oneShift(x)}, nil
}

// DeleteShift removes a shift.
func (s *server) DeleteShift(ctx context.Context, r gen.DeleteShiftRequestObject) (gen.DeleteShiftResponseObject, error) {
	if err := s.Org.DeleteShift(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.DeleteShift200JSONResponse{RemovedJSONResponse: gen.RemovedJSONResponse{Id: r.Id}}, nil
}

func oneShift(x *domain.Shift) gen.OneShiftJSONResponse {
	return gen.OneShiftJSONResponse{Body: shift(x), Headers: gen.OneShiftResponseHeaders{ETag: etag(x.Version)}}
}

func shift(x *domain.Shift) gen.Shift {
	return gen.Shift{
		Id: x.ID, Agent: x.Agent, From: x.From, To: x.To,
		Queues: list(x.Queues), CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt, Version: x.Version,
	}
}
