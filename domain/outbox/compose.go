package outbox

import (
	"context"
	"html"
	"strings"

	"sori/domain"
)

// maxQuote bounds how much of the mail that is answered is quoted, in bytes.
const maxQuote = 20_000

// compose makes the bytes of an interaction's mail. It reads nothing that changes, so that a mail sent twice is the same mail.
func (s *Service) compose(ctx context.Context, x *domain.Interaction) ([]byte, error) {
	account, err := domain.Accounts.First(ctx, s.Store, domain.Query{Index: "key", Equal: []any{x.Account, domain.ChannelEmail}})
	if err != nil {
		return nil, err
	}
	m := &domain.OutgoingMail{
		MessageID: x.Email.MessageID, Date: x.OccurredAt, From: address(x.From), To: addresses(x.To), Cc: addresses(x.Cc), Subject: x.Subject,
		Text: x.Text, HTML: x.HTML, InReplyTo: x.Email.InReplyTo, References: x.Email.References, AutoSubmitted: x.Email.AutoSubmitted,
		Loop: x.From.Email, ReplyTo: domain.MailAddress{Name: x.From.Name, Address: x.Email.ReplyTo},
	}
	sign(m, account.Signature)
	if s.Quote && x.Kind == domain.KindReply {
		if err := s.quote(ctx, m, x); err != nil {
			return nil, err
		}
	}
	if m.Attachments, err = s.files(ctx, x); err != nil {
		return nil, err
	}
	return s.Composer.Compose(m)
}

func address(p domain.Party) domain.MailAddress {
	return domain.MailAddress{Name: p.Name, Address: p.Email}
}

func addresses(list []domain.Party) []domain.MailAddress {
	var out []domain.MailAddress
	for _, p := range list {
		if p.Email != "" {
			out = append(out, address(p))
		}
	}
	return out
}

// sign puts the account's signature below, behind the line that mail programs know it by (RFC 3676 §4.3). A mail of HTML alone gets it there only: its
// text is made of that.
func sign(m *domain.OutgoingMail, signature string) {
	if signature = strings.TrimSpace(signature); signature == "" {
		return
	}
	if m.HTML != "" {
		m.HTML += "<div>-- <br>" + htmlLines(signature) + "</div>"
	}
	addText(m, "-- \n"+signature)
}

// addText puts a paragraph below the text, if the mail has one or is to have one.
func addText(m *domain.OutgoingMail, paragraph string) {
	if strings.TrimSpace(m.Text) == "" && m.HTML != "" {
		return
	}
	m.Text = strings.TrimRight(m.Text, "\n") + "\n\n" + paragraph + "\n"
}

func htmlLines(text string) string {
	return strings.ReplaceAll(html.EscapeString(strings.ReplaceAll(text, "\r\n", "\n")), "\n", "<br>\n")
}

// quote puts the mail that is answered below the answer.
func (s *Service) quote(ctx context.Context, m *domain.OutgoingMail, x *domain.Interaction) error {
	if x.Email.InReplyTo == "" {
		return nil
	}
	q := domain.Query{Index: "messageId", Equal: []any{x.Email.InReplyTo}, Limit: 10}
	found, err := domain.Interactions.Find(ctx, s.Store, q)
	if err != nil {
		return err
	}
	for _, o := range found {
		if o.InquiryID != x.InquiryID {
			continue
		}
		text := strings.TrimSpace(domain.Clip(o.Written(), maxQuote))
		head := quoteHeading(o)
		addText(m, head+"\n> "+strings.ReplaceAll(text, "\n", "\n> "))
		if m.HTML != "" {
			m.HTML += "<p>" + html.EscapeString(head) + "</p><blockquote>" + htmlLines(text) + "</blockquote>"
		}
		return nil
	}
	return nil
}

// quoteHeading is the line above a quote, as mail programs write it and cut it off.
func quoteHeading(o *domain.Interaction) string {
	who := o.From.Name
	if who == "" {
		who = o.From.Email
	}
	return "On " + o.OccurredAt.Format("Mon, 2 Jan 2006 15:04 -0700") + ", " + strings.Join(strings.Fields(who), " ") + " wrote:"
}

func (s *Service) files(ctx context.Context, x *domain.Interaction) ([]domain.MailAttachment, error) {
	var out []domain.MailAttachment
	for _, a := range x.Attachments {
		data, err := s.content(ctx, a.BlobID)
		if err != nil {
			return nil, err
		}
		out = append(out, domain.MailAttachment{Name: a.Name, ContentType: a.ContentType, ContentID: a.ContentID, Inline: a.Inline, Data: data})
	}
	return out, nil
}

func (s *Service) content(ctx context.Context, blobID string) ([]byte, error) {
	b, err := domain.Blobs.Get(ctx, s.Store, blobID)
	if err != nil {
		return nil, err
	}
	return domain.ReadBlob(ctx, s.Store.Blobs(), s.Vault, b)
}
