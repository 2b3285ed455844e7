package email

import (
	"encoding/json"
	"io"
	"time"

	"sori/domain"
)

// printedMail is the shape of "sori mail parse --json". Fields that are empty
// are null.
type printedMail struct {
	Kind        domain.InteractionKind `json:"kind"`
	MessageID   string                 `json:"messageId"`
	InReplyTo   *string                `json:"inReplyTo"`
	From        *printedAddress        `json:"from"`
	To          []printedAddress       `json:"to"`
	Cc          []printedAddress       `json:"cc"`
	ReplyTo     []printedAddress       `json:"replyTo"`
	Subject     *string                `json:"subject"`
	Date        *time.Time             `json:"date"`
	Text        *string                `json:"text"`
	ReplyText   *string                `json:"replyText"`
	HTML        *string                `json:"html"`
	Attachments []printedFile          `json:"attachments"`
	Bounce      *printedBounce         `json:"bounce"`
	Feedback    *domain.Feedback       `json:"feedback"`
	References  []string               `json:"references"`
	Problems    []string               `json:"problems"`
}

type printedAddress struct {
	Name    *string `json:"name"`
	Address string  `json:"address"`
}

type printedFile struct {
	Name        string  `json:"name"`
	ContentType string  `json:"contentType"`
	Size        int     `json:"size"`
	Inline      bool    `json:"inline"`
	ContentID   *string `json:"contentId"`
}

type printedBounce struct {
	Recipients        []printedRecipient `json:"recipients"`
	OriginalMessageID *string            `json:"originalMessageId"`
}

type printedRecipient struct {
	Address    string  `json:"address"`
	Status     string  `json:"status"`
	Permanent  bool    `json:"permanent"`
	Action     string  `json:"action"`
	Diagnostic *string `json:"diagnostic"`
}

// WriteJSON writes a mail as one JSON document, indented, in the shape that
// "sori mail parse --json" promises.
func WriteJSON(w io.Writer, m *domain.Mail) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(printed(m))
}

func printed(m *domain.Mail) printedMail {
	p := printedMail{
		Kind: m.Kind, MessageID: m.MessageID, InReplyTo: orNull(m.InReplyTo), Subject: orNull(m.Subject),
		Text: orNull(m.Text), ReplyText: orNull(m.ReplyText), HTML: orNull(m.HTML), Feedback: m.Feedback,
		To: printedAddresses(m.To), Cc: printedAddresses(m.Cc), ReplyTo: printedAddresses(m.ReplyTo),
		Attachments: []printedFile{}, References: append([]string{}, m.References...), Problems: append([]string{}, m.Problems...),
	}
	if m.From.Address != "" {
		p.From = &printedAddress{orNull(m.From.Name), m.From.Address}
	}
	if !m.Date.IsZero() {
		p.Date = &m.Date
	}
	for _, a := range m.Attachments {
		p.Attachments = append(p.Attachments, printedFile{a.Name, a.ContentType, len(a.Data), a.Inline, orNull(a.ContentID)})
	}
	if m.Bounce != nil {
		p.Bounce = printedBounceOf(m.Bounce)
	}
	return p
}

func printedBounceOf(b *domain.Bounce) *printedBounce {
	out := &printedBounce{Recipients: []printedRecipient{}, OriginalMessageID: orNull(b.OriginalMessageID)}
	for _, r := range b.Recipients {
		out.Recipients = append(out.Recipients, printedRecipient{r.Address, r.Status, r.Permanent, r.Action, orNull(r.Diagnostic)})
	}
	return out
}

func printedAddresses(list []domain.MailAddress) []printedAddress {
	out := []printedAddress{}
	for _, a := range list {
		out = append(out, printedAddress{orNull(a.Name), a.Address})
	}
	return out
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
