package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/triage"
)

// ListTemplates gives a page of the standard answers.
func (s *server) ListTemplates(ctx context.Context, r gen.ListTemplatesRequestObject) (gen.ListTemplatesResponseObject, error) {
	page, err := s.Triage.ListTemplates(ctx, value(r.Params.Type), request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListTemplates200JSONResponse{Items: each(page.Items, template), NextCursor: null(page.NextCursor)}, nil
}

// CreateTemplate makes a standard answer.
func (s *server) CreateTemplate(ctx context.Context, r gen.CreateTemplateRequestObject) (gen.CreateTemplateResponseObject, error) {
	b := r.Body
	t, err := s.Triage.CreateTemplate(ctx, triage.TemplateDraft{
		Type: b.Type, Language: value(b.Language), Name: value(b.Name), PeopleOnly: b.Automatic != nil && !*b.Automatic,
		TemplateTexts: domain.TemplateTexts{Subject: value(b.Subject), Text: value(b.Text), HTML: value(b.Html)},
	})
	if err != nil {
		return nil, err
	}
	return gen.CreateTemplate201JSONResponse{OneTemplateJSONResponse: oneTemplate(t)}, nil
}

// PreviewTemplate fills texts in as they would be sent.
func (s *server) PreviewTemplate(ctx context.Context, r gen.PreviewTemplateRequestObject) (gen.PreviewTemplateResponseObject, error) {
	b := r.Body
	t, err := s.Triage.PreviewTemplate(ctx, domain.TemplateTexts{Subject: value(b.Subject), Text: value(b.Text), HTML: value(b.Html)}, value(b.InquiryId))
	if err != nil {
		return nil, err
	}
	return gen.PreviewTemplate200JSONResponse{Subject: null(t.Subject), Text: null(t.Text), Html: null(t.HTML)}, nil
}

// GetTemplate gives one standard answer.
func (s *server) GetTemplate(ctx context.Context, r gen.GetTemplateRequestObject) (gen.GetTemplateResponseObject, error) {
	t, err := s.Triage.GetTemplate(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetTemplate200JSONResponse{OneTemplateJSONResponse: oneTemplate(t)}, nil
}

// UpdateTemplate changes a standard answer.
func (s *server) UpdateTemplate(ctx context.Context, r gen.UpdateTemplateRequestObject) (gen.UpdateTemplateResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	t, err := s.Triage.EditTemplate(ctx, r.Id, version, triage.TemplatePatch{
		Type: b.Type, Language: b.Language.Pointer(), Name: b.Name.Pointer(), Subject: b.Subject.Pointer(), Text: b.Text.Pointer(), HTML: b.Html.Pointer(),
		Automatic: b.Automatic, Active: b.Active,
	})
	if err != nil {
		return nil, err
	}
	return gen.UpdateTemplate200JSONResponse{OneTemplateJSONResponse: oneTemplate(t)}, nil
}

// ListTemplateRevisions gives a page of what a standard answer said.
func (s *server) ListTemplateRevisions(ctx context.Context, r gen.ListTemplateRevisionsRequestObject) (gen.ListTemplateRevisionsResponseObject, error) {
	page, err := s.Triage.TemplateRevisions(ctx, r.Id, request(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return gen.ListTemplateRevisions200JSONResponse{Items: each(page.Items, templateRevision), NextCursor: null(page.NextCursor)}, nil
}

func oneTemplate(t *domain.Template) gen.OneTemplateJSONResponse {
	return gen.OneTemplateJSONResponse{Body: template(t), Headers: gen.OneTemplateResponseHeaders{ETag: etag(t.Version)}}
}

func template(t *domain.Template) gen.Template {
	return gen.Template{
		Id: t.ID, Type: t.Type, Language: null(t.Language), Name: null(t.Name), Subject: null(t.Subject), Text: null(t.Text), Html: null(t.HTML),
		Automatic: t.Automatic, Active: t.Active, Revision: t.Revision, CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt, Version: t.Version,
	}
}

func templateRevision(r *domain.TemplateRevision) gen.TemplateRevision {
	return gen.TemplateRevision{
		TemplateId: r.TemplateID, Revision: r.Revision, Subject: null(r.Subject), Text: null(r.Text), Html: null(r.HTML), By: ref(r.By), At: r.At,
	}
}
