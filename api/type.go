package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/triage"
)

// ListTypes gives a page of the inquiry types.
func (s *server) ListTypes(ctx context.Context, r gen.ListTypesRequestObject) (gen.ListTypesResponseObject, error) {
	page, err := s.Triage.ListTypes(ctx, value(r.Params.Parent), request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListTypes200JSONResponse{Items: each(page.Items, inquiryType), NextCursor: null(page.NextCursor)}, nil
}

// CreateType makes an inquiry type.
func (s *server) CreateType(ctx context.Context, r gen.CreateTypeRequestObject) (gen.CreateTypeResponseObject, error) {
	b := r.Body
	t, err := s.Triage.CreateType(ctx, triage.TypeDraft{Key: b.Key, Name: b.Name, Parent: value(b.Parent), Threshold: value(thresholdDraft(b.Threshold))})
	if err != nil {
		return nil, err
	}
	return gen.CreateType201JSONResponse{OneTypeJSONResponse: oneType(t)}, nil
}

// GetType gives one inquiry type.
func (s *server) GetType(ctx context.Context, r gen.GetTypeRequestObject) (gen.GetTypeResponseObject, error) {
	t, err := s.Triage.GetType(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetType200JSONResponse{OneTypeJSONResponse: oneType(t)}, nil
}

// UpdateType changes an inquiry type.
func (s *server) UpdateType(ctx context.Context, r gen.UpdateTypeRequestObject) (gen.UpdateTypeResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	t, err := s.Triage.EditType(ctx, r.Id, version, triage.TypePatch{
		Name: b.Name, Parent: b.Parent.Pointer(), Active: b.Active, Threshold: thresholdDraft(b.Threshold),
	})
	if err != nil {
		return nil, err
	}
	return gen.UpdateType200JSONResponse{OneTypeJSONResponse: oneType(t)}, nil
}

func oneType(t *domain.InquiryType) gen.OneTypeJSONResponse {
	return gen.OneTypeJSONResponse{Body: inquiryType(t), Headers: gen.OneTypeResponseHeaders{ETag: etag(t.Version)}}
}

func inquiryType(t *domain.InquiryType) gen.InquiryType {
	return gen.InquiryType{
		Id: t.ID, Key: t.Key, Name: t.Name, Parent: null(t.Parent), Active: t.Active, Threshold: threshold(t.Threshold), CreatedAt: t.CreatedAt,
		UpdatedAt: t.UpdatedAt, Version: t.Version,
	}
}

func threshold(t domain.TypeThreshold) gen.TypeThreshold {
	return gen.TypeThreshold{Mode: gen.ThresholdMode(t.Mode), Value: null(t.Value), Promise: null(t.Promise)}
}

func thresholdDraft(d *gen.TypeThresholdDraft) *domain.TypeThreshold {
	if d == nil {
		return nil
	}
	return &domain.TypeThreshold{Mode: domain.ThresholdMode(d.Mode), Value: value(d.Value), Promise: value(d.Promise)}
}
