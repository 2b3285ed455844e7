package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/desk"
)

// GetDraft gives what one is about to write.
func (s *server) GetDraft(ctx context.Context, r gen.GetDraftRequestObject) (gen.GetDraftResponseObject, error) {
	d, err := s.Desk.Draft(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetDraft200JSONResponse{OneDraftJSONResponse: oneDraft(d)}, nil
}

// SaveDraft keeps what one is about to write.
func (s *server) SaveDraft(ctx context.Context, r gen.SaveDraftRequestObject) (gen.SaveDraftResponseObject, error) {
	version, err := ifMatch(r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	b := r.Body
	d, err := s.Desk.SaveDraft(ctx, r.Id, version, desk.DraftText{
		Kind: domain.DraftKind(value(b.Kind)), Subject: value(b.Subject), Text: value(b.Text), HTML: value(b.Html), To: value(b.To), Cc: value(b.Cc), TemplateID: value(b.TemplateId),
	})
	if err != nil {
		return nil, err
	}
	return gen.SaveDraft200JSONResponse{OneDraftJSONResponse: oneDraft(d)}, nil
}

// DeleteDraft drops what one was about to write.
func (s *server) DeleteDraft(ctx context.Context, r gen.DeleteDraftRequestObject) (gen.DeleteDraftResponseObject, error) {
	if err := s.Desk.DropDraft(ctx, r.Id); err != nil {
		return nil, err
	}
	return gen.DeleteDraft200JSONResponse{RemovedJSONResponse: gen.RemovedJSONResponse{Id: r.Id}}, nil
}

// Unsend takes a mail back.
func (s *server) Unsend(ctx context.Context, r gen.UnsendRequestObject) (gen.UnsendResponseObject, error) {
	d, err := s.Desk.Unsend(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.Unsend200JSONResponse{OneDraftJSONResponse: oneDraft(d)}, nil
}

func oneDraft(d *domain.Draft) gen.OneDraftJSONResponse {
	return gen.OneDraftJSONResponse{Body: draft(d), Headers: gen.OneDraftResponseHeaders{ETag: etag(d.Version)}}
}

func draft(d *domain.Draft) gen.Draft {
	return gen.Draft{
		Id: d.ID, InquiryId: d.InquiryID, Author: *ref(d.Author), Kind: gen.DraftKind(d.Kind), Subject: null(d.Subject), Text: null(d.Text), Html: null(d.HTML),
		To: list(d.To), Cc: list(d.Cc), TemplateId: null(d.TemplateID), UpdatedAt: d.UpdatedAt, Version: d.Version,
	}
}
