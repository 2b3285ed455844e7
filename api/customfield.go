package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/desk"
)

// ListCustomFields gives a page of the declared custom fields.
func (s *server) ListCustomFields(ctx context.Context, r gen.ListCustomFieldsRequestObject) (gen.ListCustomFieldsResponseObject, error) {
	page, err := s.Desk.ListFields(ctx, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListCustomFields200JSONResponse{Items: each(page.Items, customField), NextCursor: null(page.NextCursor)}, nil
}

// CreateCustomField declares a custom field.
func (s *server) CreateCustomField(ctx context.Context, r gen.CreateCustomFieldRequestObject) (gen.CreateCustomFieldResponseObject, error) {
	b := r.Body
	c, err := s.Desk.DeclareField(ctx, desk.CustomFieldDraft{Key: b.Key, Name: value(b.Name), Kind: domain.CustomFieldKind(b.Kind), Options: value(b.Options)})
	if err != nil {
		return nil, err
	}
	return gen.CreateCustomField201JSONResponse{OneCustomFieldJSONResponse: oneCustomField(c)}, nil
}

// GetCustomField gives one declaration.
func (s *server) GetCustomField(ctx context.Context, r gen.GetCustomFieldRequestObject) (gen.GetCustomFieldResponseObject, error) {
	c, err := s.Desk.GetField(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetCustomField200JSONResponse{OneCustomFieldJSONResponse: oneCustomField(c)}, nil
}

// UpdateCustomField changes a declaration.
func (s *server) UpdateCustomField(ctx context.Context, r gen.UpdateCustomFieldRequestObject) (gen.UpdateCustomFieldResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	c, err := s.Desk.EditField(ctx, r.Id, version, desk.CustomFieldPatch{Name: r.Body.Name, Options: r.Body.Options, Active: r.Body.Active})
	if err != nil {
		return nil, err
	}
	return gen.UpdateCustomField200JSONResponse{OneCustomFieldJSONResponse: oneCustomField(c)}, nil
}

// DeleteCustomField removes a declaration.
func (s *server) DeleteCustomField(ctx context.Context, r gen.DeleteCustomFieldRequestObject) (gen.DeleteCustomFieldResponseObject, error) {
	if err := s.Desk.DeleteField(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.DeleteCustomField200JSONResponse{RemovedJSONResponse: gen.RemovedJSONResponse{Id: r.Id}}, nil
}

func oneCustomField(c *domain.CustomField) gen.OneCustomFieldJSONResponse {
	return gen.OneCustomFieldJSONResponse{Body: customField(c), Headers: gen.OneCustomFieldResponseHeaders{ETag: etag(c.Version)}}
}

func customField(c *domain.CustomField) gen.CustomField {
	return gen.CustomField{
		Id: c.ID, Key: c.Key, Name: c.Name, Kind: gen.CustomFieldKind(c.Kind), Options: list(c.Options), Active: c.Active, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
		Version: c.Version,
	}
}
