package api

import (
	"context"
	"io"

	"sori/api/gen"
	"sori/domain"
	"sori/domain/intake"
)

// ReceiveEmail takes in a raw mail.
func (s *server) ReceiveEmail(ctx context.Context, r gen.ReceiveEmailRequestObject) (gen.ReceiveEmailResponseObject, error) {
	raw, err := wholeBody(r.Body)
	if err != nil {
		return nil, err
	}
	res, err := s.Intake.ReceiveMail(ctx, value(r.Params.Account), raw)
	if err != nil {
		return nil, err
	}
	if res.Duplicate {
		return gen.ReceiveEmail200JSONResponse{ReceivedBeforeJSONResponse: gen.ReceivedBeforeJSONResponse(receipt(res))}, nil
	}
	return gen.ReceiveEmail201JSONResponse{ReceivedJSONResponse: gen.ReceivedJSONResponse(receipt(res))}, nil
}

// wholeBody spares the copy of a body that was read already.
func wholeBody(r io.Reader) ([]byte, error) {
	if b, ok := r.(*plainBody); ok {
		return b.raw, nil
	}
	return io.ReadAll(r)
}

// ReceiveBoard takes in a board post.
func (s *server) ReceiveBoard(ctx context.Context, r gen.ReceiveBoardRequestObject) (gen.ReceiveBoardResponseObject, error) {
	res, err := s.receive(ctx, domain.ChannelBoard, r.Body, nil)
	if err != nil {
		return nil, err
	}
	if res.Duplicate {
		return gen.ReceiveBoard200JSONResponse{ReceivedBeforeJSONResponse: gen.ReceivedBeforeJSONResponse(receipt(res))}, nil
	}
	return gen.ReceiveBoard201JSONResponse{ReceivedJSONResponse: gen.ReceivedJSONResponse(receipt(res))}, nil
}

// ReceivePhone takes in a note of a call.
func (s *server) ReceivePhone(ctx context.Context, r gen.ReceivePhoneRequestObject) (gen.ReceivePhoneResponseObject, error) {
	res, err := s.receive(ctx, domain.ChannelPhone, r.Body, nil)
	if err != nil {
		return nil, err
	}
	if res.Duplicate {
		return gen.ReceivePhone200JSONResponse{ReceivedBeforeJSONResponse: gen.ReceivedBeforeJSONResponse(receipt(res))}, nil
	}
	return gen.ReceivePhone201JSONResponse{ReceivedJSONResponse: gen.ReceivedJSONResponse(receipt(res))}, nil
}

// ReceiveMemo takes in a memo.
func (s *server) ReceiveMemo(ctx context.Context, r gen.ReceiveMemoRequestObject) (gen.ReceiveMemoResponseObject, error) {
	res, err := s.receive(ctx, domain.ChannelMemo, r.Body, nil)
	if err != nil {
		return nil, err
	}
	if res.Duplicate {
		return gen.ReceiveMemo200JSONResponse{ReceivedBeforeJSONResponse: gen.ReceivedBeforeJSONResponse(receipt(res))}, nil
	}
	return gen.ReceiveMemo201JSONResponse{ReceivedJSONResponse: gen.ReceivedJSONResponse(receipt(res))}, nil
}

// ReceiveChat takes in a chat message.
func (s *server) ReceiveChat(ctx context.Context, r gen.ReceiveChatRequestObject) (gen.ReceiveChatResponseObject, error) {
	res, err := s.receive(ctx, domain.ChannelChat, r.Body, nil)
	if err != nil {
		return nil, err
	}
	if res.Duplicate {
		return gen.ReceiveChat200JSONResponse{ReceivedBeforeJSONResponse: gen.ReceivedBeforeJSONResponse(receipt(res))}, nil
	}
	return gen.ReceiveChat201JSONResponse{ReceivedJSONResponse: gen.ReceivedJSONResponse(receipt(res))}, nil
}

// receive hands a submission to its use case. A channel that it names must be the one it came by.
func (s *server) receive(ctx context.Context, channel domain.Channel, in *gen.Submission, files []intake.File) (intake.Result, error) {
	if named := value(in.Channel); named != "" && named != string(channel) {
		return intake.Result{}, domain.InvalidField("channel", "const", "must be %s here, or be left out", channel)
	}
	sub := submission(channel, in)
	sub.Files = files
	return s.Intake.Receive(ctx, sub)
}

func receipt(r intake.Result) gen.Receipt {
	return gen.Receipt{
		Duplicate: r.Duplicate, Inquiry: gen.InquiryReference{Id: r.InquiryID, Number: r.Number},
		Interaction: gen.Reference{Id: r.Interaction}, Customer: gen.Reference{Id: r.CustomerID},
	}
}

func submission(channel domain.Channel, in *gen.Submission) intake.Submission {
	return intake.Submission{
		Channel: channel, Account: value(in.Account), ExternalID: value(in.ExternalId), OccurredAt: in.OccurredAt,
		From: partyDraft(in.From), To: each(value(in.To), partyDraft), Subject: value(in.Subject), Text: value(in.Text),
		InquiryID: value(in.InquiryId), Type: value(in.Type), Tags: value(in.Tags), Campaign: value(in.Campaign), Custom: value(in.Custom),
		Board: boardDraft(in.Board), Phone: callDraft(in.Phone), Fax: faxDraft(in.Fax), Memo: memoDraft(in.Memo), Chat: chatDraft(in.Chat),
	}
}

func partyDraft(p gen.PartyDraft) domain.Party {
	return domain.Party{Name: value(p.Name), Email: value(p.Email), Phone: value(p.Phone), Fax: value(p.Fax), MemberID: value(p.MemberId)}
}

func boardDraft(p *gen.BoardDraft) *domain.BoardPart {
	if p == nil {
		return nil
	}
	return &domain.BoardPart{
		Board: value(p.Board), PostID: p.PostId, ParentPostID: value(p.ParentPostId), Visibility: string(value(p.Visibility)), URL: value(p.Url),
	}
}

func callDraft(p *gen.CallDraft) *domain.PhonePart {
	if p == nil {
		return nil
	}
	return &domain.PhonePart{
		CallID: p.CallId, Direction: domain.Direction(value(p.Direction)), Dialled: value(p.Dialled), StartedAt: p.StartedAt,
		AnsweredAt: p.AnsweredAt, EndedAt: p.EndedAt, Agent: value(p.Agent), Disposition: value(p.Disposition),
		RecordingURL: value(p.RecordingUrl), Queue: value(p.Queue),
	}
}

func faxDraft(p *gen.FaxDraft) *domain.FaxPart {
	if p == nil {
		return nil
	}
	return &domain.FaxPart{CSID: value(p.Csid), Pages: value(p.Pages), Line: value(p.Line)}
}

func memoDraft(p *gen.MemoDraft) *domain.MemoPart {
	if p == nil {
		return nil
	}
	return &domain.MemoPart{Location: value(p.Location), Author: value(p.Author), Urgent: value(p.Urgent)}
}

func chatDraft(p *gen.ChatDraft) *domain.ChatPart {
	if p == nil {
		return nil
	}
	return &domain.ChatPart{SessionID: p.SessionId}
}
