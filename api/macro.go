package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/desk"
)

// ListMacros gives a page of the macros.
func (s *server) ListMacros(ctx context.Context, r gen.ListMacrosRequestObject) (gen.ListMacrosResponseObject, error) {
	page, err := s.Desk.ListMacros(ctx, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListMacros200JSONResponse{Items: each(page.Items, macro), NextCursor: null(page.NextCursor)}, nil
}

// CreateMacro makes a macro.
func (s *server) CreateMacro(ctx context.Context, r gen.CreateMacroRequestObject) (gen.CreateMacroResponseObject, error) {
	b := r.Body
	m, err := s.Desk.CreateMacro(ctx, desk.MacroDraft{Key: b.Key, Name: value(b.Name), Description: value(b.Description), Actions: actionsDraft(b.Actions)})
	if err != nil {
		return nil, err
	}
	return gen.CreateMacro201JSONResponse{OneMacroJSONResponse: oneMacro(m)}, nil
}

// GetMacro gives one macro.
func (s *server) GetMacro(ctx context.Context, r gen.GetMacroRequestObject) (gen.GetMacroResponseObject, error) {
	m, err := s.Desk.GetMacro(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetMacro200JSONResponse{OneMacroJSONResponse: oneMacro(m)}, nil
}

// UpdateMacro changes a macro.
func (s *server) UpdateMacro(ctx context.Context, r gen.UpdateMacroRequestObject) (gen.UpdateMacroResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	p := desk.MacroPatch{Name: r.Body.Name, Description: r.Body.Description.Pointer(), Active: r.Body.Active}
	if r.Body.Actions != nil {
		a := actionsDraft(*r.Body.Actions)
		p.Actions = &a
	}
	m, err := s.Desk.EditMacro(ctx, r.Id, version, p)
	if err != nil {
		return nil, err
	}
	return gen.UpdateMacro200JSONResponse{OneMacroJSONResponse: oneMacro(m)}, nil
}

// DeleteMacro removes a macro.
func (s *server) DeleteMacro(ctx context.Context, r gen.DeleteMacroRequestObject) (gen.DeleteMacroResponseObject, error) {
	if err := s.Desk.DeleteMacro(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.DeleteMacro200JSONResponse{RemovedJSONResponse: gen.RemovedJSONResponse{Id: r.Id}}, nil
}

// RunMacro does what a macro says.
func (s *server) RunMacro(ctx context.Context, r gen.RunMacroRequestObject) (gen.RunMacroResponseObject, error) {
	out, err := guarded(r.Params.IfMatch, func(version int64) (*domain.Inquiry, error) { return s.Desk.RunMacro(ctx, r.Id, r.Macro, version) })
	if err != nil {
		return nil, err
	}
	return gen.RunMacro200JSONResponse{OneInquiryJSONResponse: out}, nil
}

func oneMacro(m *domain.Macro) gen.OneMacroJSONResponse {
	return gen.OneMacroJSONResponse{Body: macro(m), Headers: gen.OneMacroResponseHeaders{ETag: etag(m.Version)}}
}

func macro(m *domain.Macro) gen.Macro {
	return gen.Macro{
		Id: m.ID, Key: m.Key, Name: m.Name, Description: null(m.Description), Active: m.Active, Actions: actions(m.Actions), CreatedAt: m.CreatedAt,
		UpdatedAt: m.UpdatedAt, Version: m.Version,
	}
}
