package api

import (
	"context"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/desk"
)

// Reply answers the customer.
func (s *server) Reply(ctx context.Context, r gen.ReplyRequestObject) (gen.ReplyResponseObject, error) {
	b := r.Body
	x, err := s.Desk.Reply(ctx, r.Id, desk.Reply{
		Text: value(b.Text), HTML: value(b.Html), To: value(b.To), Cc: value(b.Cc), TemplateID: value(b.TemplateId), Resolve: value(b.Resolve),
		UndoSeconds: value(b.UndoSeconds), Version: value(b.IfVersion),
		Files: each(value(b.Attachments), func(f gen.FileDraft) desk.File {
			return desk.File{Name: f.Name, ContentType: value(f.ContentType), Data: f.Content}
		}),
	})
	if err != nil {
		return nil, err
	}
	return gen.Reply201JSONResponse{NewInteractionJSONResponse: gen.NewInteractionJSONResponse(interaction(x))}, nil
}

// AddNote puts a private note on an inquiry.
func (s *server) AddNote(ctx context.Context, r gen.AddNoteRequestObject) (gen.AddNoteResponseObject, error) {
	x, err := s.Desk.AddNote(ctx, r.Id, desk.Note{Text: r.Body.Text, Mentions: value(r.Body.Mentions)})
	if err != nil {
		return nil, err
	}
	return gen.AddNote201JSONResponse{NewInteractionJSONResponse: gen.NewInteractionJSONResponse(interaction(x))}, nil
}

// AssignInquiry gives an inquiry to an agent, a team or a queue.
func (s *server) AssignInquiry(ctx context.Context, r gen.AssignInquiryRequestObject) (gen.AssignInquiryResponseObject, error) {
	out, err := guarded(r.Params.IfMatch, func(version int64) (*domain.Inquiry, error) {
		return s.Desk.Assign(ctx, r.Id, version, value(r.Body.Agent), value(r.Body.Team), value(r.Body.Queue))
	})
	if err != nil {
		return nil, err
	}
	return gen.AssignInquiry200JSONResponse{OneInquiryJSONResponse: out}, nil
}

// SnoozeInquiry puts an inquiry away until a time.
func (s *server) SnoozeInquiry(ctx context.Context, r gen.SnoozeInquiryRequestObject) (gen.SnoozeInquiryResponseObject, error) {
	out, err := guarded(r.Params.IfMatch, func(version int64) (*domain.Inquiry, error) {
		return s.Desk.Snooze(ctx, r.Id, version, r.Body.Until)
	})
	if err != nil {
		return nil, err
	}
	return gen.SnoozeInquiry200JSONResponse{OneInquiryJSONResponse: out}, nil
}

// ResolveInquiry says that an inquiry is done.
func (s *server) ResolveInquiry(ctx context.Context, r gen.ResolveInquiryRequestObject) (gen.ResolveInquiryResponseObject, error) {
	out, err := guarded(r.Params.IfMatch, func(version int64) (*domain.Inquiry, error) {
		return s.Desk.Resolve(ctx, r.Id, version, value(value(r.Body).Disposition))
	})
	if err != nil {
		return nil, err
	}
	return gen.ResolveInquiry200JSONResponse{OneInquiryJSONResponse: out}, nil
}

// ReopenInquiry opens a resolved inquiry again.
func (s *server) ReopenInquiry(ctx context.Context, r gen.ReopenInquiryRequestObject) (gen.ReopenInquiryResponseObject, error) {
	out, err := guarded(r.Params.IfMatch, func(version int64) (*domain.Inquiry, error) { return s.Desk.Reopen(ctx, r.Id, version) })
	if err != nil {
		return nil, err
	}
	return gen.ReopenInquiry200JSONResponse{OneInquiryJSONResponse: out}, nil
}

// TransferInquiry hands an inquiry on.
func (s *server) TransferInquiry(ctx context.Context, r gen.TransferInquiryRequestObject) (gen.TransferInquiryResponseObject, error) {
	out, err := guarded(r.Params.IfMatch, func(version int64) (*domain.Inquiry, error) {
		b := r.Body
		return s.Desk.Transfer(ctx, r.Id, version, desk.Transfer{Agent: value(b.Agent), Team: value(b.Team), Queue: value(b.Queue), Reason: value(b.Reason)})
	})
	if err != nil {
		return nil, err
	}
	return gen.TransferInquiry200JSONResponse{OneInquiryJSONResponse: out}, nil
}

// MarkRead says that somebody has looked at an inquiry, or should.
func (s *server) MarkRead(ctx context.Context, r gen.MarkReadRequestObject) (gen.MarkReadResponseObject, error) {
	q, err := s.Desk.MarkRead(ctx, r.Id, value(value(r.Body).Unread))
	if err != nil {
		return nil, err
	}
	return gen.MarkRead200JSONResponse{OneInquiryJSONResponse: oneInquiry(q)}, nil
}

// MergeInquiries puts an inquiry into another.
func (s *server) MergeInquiries(ctx context.Context, r gen.MergeInquiriesRequestObject) (gen.MergeInquiriesResponseObject, error) {
	out, err := guarded(r.Params.IfMatch, func(version int64) (*domain.Inquiry, error) {
		return s.Desk.MergeInquiries(ctx, r.Id, r.Body.Into, version)
	})
	if err != nil {
		return nil, err
	}
	return gen.MergeInquiries200JSONResponse{OneInquiryJSONResponse: out}, nil
}

// UnmergeInquiry undoes a merge.
func (s *server) UnmergeInquiry(ctx context.Context, r gen.UnmergeInquiryRequestObject) (gen.UnmergeInquiryResponseObject, error) {
	q, err := s.Desk.UnmergeInquiry(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.UnmergeInquiry200JSONResponse{OneInquiryJSONResponse: oneInquiry(q)}, nil
}

// SplitInquiry makes a new inquiry from some interactions of one.
func (s *server) SplitInquiry(ctx context.Context, r gen.SplitInquiryRequestObject) (gen.SplitInquiryResponseObject, error) {
	out, err := guarded(r.Params.IfMatch, func(version int64) (*domain.Inquiry, error) {
		return s.Desk.Split(ctx, r.Id, version, desk.Split{Interactions: r.Body.Interactions, Subject: value(r.Body.Subject)})
	})
	if err != nil {
		return nil, err
	}
	return gen.SplitInquiry201JSONResponse{OneInquiryJSONResponse: out}, nil
}

// guarded does an edit under its If-Match.
func guarded(header *string, edit func(version int64) (*domain.Inquiry, error)) (gen.OneInquiryJSONResponse, error) {
	version, err := ifMatch(header)
	if err != nil {
		return gen.OneInquiryJSONResponse{}, err
	}
	q, err := edit(version)
	if err != nil {
		return gen.OneInquiryJSONResponse{}, err
	}
	return oneInquiry(q), nil
}
