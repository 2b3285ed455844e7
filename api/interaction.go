package api

import (
	"bytes"
	"context"
	"mime"
	"net/http"
	"strconv"

	"sori/api/gen"
	"sori/domain"
)

// GetInteraction gives one interaction.
func (s *server) GetInteraction(ctx context.Context, r gen.GetInteractionRequestObject) (gen.GetInteractionResponseObject, error) {
	x, err := s.Desk.Interaction(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return gen.GetInteraction200JSONResponse(interaction(x)), nil
}

// GetRaw gives the source of an interaction.
func (s *server) GetRaw(ctx context.Context, r gen.GetRawRequestObject) (gen.GetRawResponseObject, error) {
	data, contentType, err := s.Desk.Raw(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	return content{data, contentType, "source"}, nil
}

// GetAttachment gives a file of an interaction.
func (s *server) GetAttachment(ctx context.Context, r gen.GetAttachmentRequestObject) (gen.GetAttachmentResponseObject, error) {
	a, data, err := s.Desk.Attachment(ctx, r.Id, r.N)
	if err != nil {
		return nil, err
	}
	return content{data, a.ContentType, a.Name}, nil
}

// content answers with what somebody else wrote: it is always a download, and under a media type that cannot break out of its header.
type content struct {
	data        []byte
	contentType string
	name        string
}

func (f content) write(w http.ResponseWriter) error {
	h := w.Header()
	h.Set("Content-Type", safeType(f.contentType))
	h.Set("Content-Length", strconv.Itoa(len(f.data)))
	if disposition := mime.FormatMediaType("attachment", map[string]string{"filename": f.name}); disposition != "" {
		h.Set("Content-Disposition", disposition)
	} else {
		h.Set("Content-Disposition", "attachment")
	}
	w.WriteHeader(http.StatusOK)
	_, err := bytes.NewReader(f.data).WriteTo(w)
	return err
}

func safeType(s string) string {
	media, params, err := mime.ParseMediaType(s)
	if err != nil {
		return "application/octet-stream"
	}
	if out := mime.FormatMediaType(media, params); out != "" {
		return out
	}
	return "application/octet-stream"
}

// VisitGetRawResponse writes the answer.
func (f content) VisitGetRawResponse(w http.ResponseWriter) error { return f.write(w) }

// VisitGetAttachmentResponse writes the answer.
func (f content) VisitGetAttachmentResponse(w http.ResponseWriter) error { return f.write(w) }

func interaction(x *domain.Interaction) gen.Interaction {
	return gen.Interaction{
		Id: x.ID, InquiryId: x.InquiryID, CustomerId: x.CustomerID, Account: x.Account, Channel: gen.Channel(x.Channel), Direction: gen.Direction(x.Direction),
		Kind: gen.InteractionKind(x.Kind), ExternalId: null(x.ExternalID), From: party(x.From), To: each(x.To, party), Cc: each(x.Cc, party),
		Subject: null(x.Subject), Text: null(x.Text), ReplyText: null(x.Reply()), Html: null(x.HTML), Attachments: each(x.Attachments, attachment),
		Author: ref(x.Author), HoldUntil: instant(x.HoldUntil), OccurredAt: x.OccurredAt, ReceivedAt: x.ReceivedAt, Email: emailPart(x.Email), Board: boardPart(x.Board),
		Phone: phonePart(x.Phone), Fax: faxPart(x.Fax), Memo: memoPart(x.Memo), Chat: chatPart(x.Chat), Version: x.Version,
	}
}

func party(p domain.Party) gen.Party {
	return gen.Party{Name: null(p.Name), Email: null(p.Email), Phone: null(p.Phone), Fax: null(p.Fax), MemberId: null(p.MemberID)}
}

func attachment(a domain.Attachment) gen.Attachment {
	return gen.Attachment{N: a.N, Name: null(a.Name), ContentType: null(a.ContentType), Size: a.Size, ContentId: null(a.ContentID), Inline: a.Inline}
}

// ref is null for nobody.
func ref(r domain.Ref) *gen.Ref {
	if r.Kind == "" {
		return nil
	}
	return &gen.Ref{Kind: r.Kind, Id: r.ID}
}

func emailPart(p *domain.EmailPart) *gen.EmailPart {
	if p == nil {
		return nil
	}
	return &gen.EmailPart{
		MessageId: null(p.MessageID), InReplyTo: null(p.InReplyTo), References: list(p.References), ReplyTo: null(p.ReplyTo),
		AutoSubmitted: null(p.AutoSubmitted), AuthenticationResults: null(p.AuthResults), Problems: list(p.Problems), Bounce: bounce(p.Bounce), Complaint: complaint(p.Complaint),
	}
}

func complaint(c *domain.Complaint) *gen.Complaint {
	if c == nil {
		return nil
	}
	return &gen.Complaint{Type: c.Type, OriginalMessageId: null(c.OriginalMessageID)}
}

func bounce(b *domain.Bounce) *gen.Bounce {
	if b == nil {
		return nil
	}
	return &gen.Bounce{
		OriginalMessageId: null(b.OriginalMessageID),
		Recipients: each(b.Recipients, func(r domain.BounceRecipient) gen.BouncedRecipient {
			return gen.BouncedRecipient{Address: null(r.Address), Status: null(r.Status), Permanent: r.Permanent, Diagnostic: null(r.Diagnostic)}
		}),
	}
}

func boardPart(p *domain.BoardPart) *gen.BoardPart {
	if p == nil {
		return nil
	}
	return &gen.BoardPart{
		Board: null(p.Board), PostId: p.PostID, ParentPostId: null(p.ParentPostID), Visibility: nullAs[gen.Visibility](p.Visibility), Url: null(p.URL),
	}
}

func phonePart(p *domain.PhonePart) *gen.PhonePart {
	if p == nil {
		return nil
	}
	return &gen.PhonePart{
		CallId: p.CallID, Direction: nullAs[gen.CallDirection](p.Direction), Dialled: null(p.Dialled), StartedAt: instant(p.StartedAt),
		AnsweredAt: instant(p.AnsweredAt), EndedAt: instant(p.EndedAt), Agent: null(p.Agent), Disposition: null(p.Disposition),
		RecordingUrl: null(p.RecordingURL), Queue: null(p.Queue),
	}
}

func faxPart(p *domain.FaxPart) *gen.FaxPart {
	if p == nil {
		return nil
	}
	return &gen.FaxPart{Csid: null(p.CSID), Pages: null(p.Pages), Line: null(p.Line)}
}

func memoPart(p *domain.MemoPart) *gen.MemoPart {
	if p == nil {
		return nil
	}
	return &gen.MemoPart{Location: null(p.Location), Author: null(p.Author), Urgent: p.Urgent}
}

func chatPart(p *domain.ChatPart) *gen.ChatPart {
	if p == nil {
		return nil
	}
	return &gen.ChatPart{SessionId: p.SessionID}
}
