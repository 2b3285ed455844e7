package domain

import "time"

// LoopHeader marks every mail that this program sends. Its value names the sending installation, so that a mail which
// comes back is recognised whatever became of the rest of its header.
const LoopHeader = "X-Sori-Loop"

// GeneratedMessageIDDomain is the right-hand side of a Message-ID that was made from the content of a mail that had
// none. RFC 2606 keeps .invalid free.
const GeneratedMessageIDDomain = "generated.sori.invalid"

// Mail is what a raw message (RFC 5322) becomes. Its texts are valid UTF-8 without NUL.
type Mail struct {
	Kind                  InteractionKind  `json:"kind"`      // message, bounce, autoreply or feedback
	MessageID             string           `json:"messageId"` // without angle brackets; made from the content if the mail has none, so that the same mail fetched twice has the same
	MessageIDGenerated    bool             `json:"messageIdGenerated,omitempty"`
	InReplyTo             string           `json:"inReplyTo,omitempty"`
	References            []string         `json:"references,omitempty"` // without angle brackets, oldest first, each once
	From                  MailAddress      `json:"from"`
	Sender                MailAddress      `json:"sender"`
	ReplyTo               []MailAddress    `json:"replyTo,omitempty"`
	To                    []MailAddress    `json:"to,omitempty"`
	Cc                    []MailAddress    `json:"cc,omitempty"`
	Recipients            []string         `json:"recipients,omitempty"` // every address it was sent to, also by Delivered-To, X-Original-To and Envelope-To
	Subject               string           `json:"subject"`
	Date                  time.Time        `json:"date"` // zero if it has none that can be read
	Text                  string           `json:"text"`
	ReplyText             string           `json:"replyText,omitempty"` // Text without quote and signature
	HTML                  string           `json:"html,omitempty"`      // sanitised
	Attachments           []MailAttachment `json:"attachments,omitempty"`
	Bounce                *Bounce          `json:"bounce,omitempty"`
	Feedback              *Feedback        `json:"feedback,omitempty"`
	AutoSubmitted         string           `json:"autoSubmitted,omitempty"` // RFC 3834
	Loop                  string           `json:"loop,omitempty"`          // value of our own X-Sori-Loop, if it is there
	ListID                string           `json:"listId,omitempty"`
	Bulk                  bool             `json:"bulk,omitempty"`                  // sent to many (List-Id, Precedence: bulk), or wants no automatic answer (X-Auto-Response-Suppress): not to be answered automatically
	NullSender            bool             `json:"nullSender,omitempty"`            // Return-Path is <>: RFC 5321 §4.5.5 forbids answering it
	AuthenticationResults string           `json:"authenticationResults,omitempty"` // RFC 8601, of a trusted host only
	Size                  int              `json:"size"`                            // of the source, bytes
	Problems              []string         `json:"problems,omitempty"`              // what was wrong with the source and what was left out
}

// MailAddress is one address of a header: local@domain with the domain in lower case and the local part as written.
// Address is empty if it cannot be read.
type MailAddress struct {
	Name    string `json:"name,omitempty"`
	Address string `json:"address"`
}

// MailAttachment is one file of a mail. Name is without path and control characters and never empty; ContentID is
// without angle brackets; Data is decoded.
type MailAttachment struct {
	Name        string `json:"name"`
	ContentType string `json:"contentType"`
	ContentID   string `json:"contentId,omitempty"`
	Inline      bool   `json:"inline,omitempty"`
	Data        []byte `json:"-"`
}

// Bounce is a delivery status notification (RFC 3464), or what another mail system sends instead.
type Bounce struct {
	Recipients        []BounceRecipient `json:"recipients"`
	OriginalMessageID string            `json:"originalMessageId,omitempty"` // of the mail that bounced, without angle brackets
	OriginalSubject   string            `json:"originalSubject,omitempty"`
	ReportingMTA      string            `json:"reportingMta,omitempty"`
}

// BounceRecipient is what became of one address. Status of a report that gives none is derived from the SMTP reply
// code or the wording. Only an Action of failed speaks against the address.
type BounceRecipient struct {
	Address    string `json:"address"`
	Status     string `json:"status"`           // RFC 3463, 5.1.1
	Permanent  bool   `json:"permanent"`        // trying again is no use: status class 5
	Action     string `json:"action,omitempty"` // RFC 3464: failed, delayed, delivered, relayed, expanded
	Diagnostic string `json:"diagnostic,omitempty"`
}

// Feedback is a complaint about a mail of ours (ARF, RFC 5965).
type Feedback struct {
	Type              string    `json:"type"`                // abuse, fraud, not-spam …
	Recipient         string    `json:"recipient,omitempty"` // who complained, where told
	OriginalMessageID string    `json:"originalMessageId,omitempty"`
	OriginalMailFrom  string    `json:"originalMailFrom,omitempty"`
	UserAgent         string    `json:"userAgent,omitempty"`
	SourceIP          string    `json:"sourceIp,omitempty"`
	ArrivedAt         time.Time `json:"arrivedAt,omitzero"`
}

// MailParser turns raw mail into Mail.
type MailParser interface {
	// Parse never fails and never panics: a mail that cannot be read gives what can be had of it, and Problems. It keeps no
	// reference to raw and may be called from many goroutines.
	Parse(raw []byte) *Mail
}

// HTMLCleaner makes HTML that people wrote safe to show.
type HTMLCleaner interface {
	// Clean gives the sanitised HTML and the text that it reads as.
	Clean(html string) (safe, text string)
}

// OutgoingMail is a mail to be written. MessageID, Date, From and at least one of To and Cc must be set: the writer
// invents none of them, so that a job run twice sends the same mail.
type OutgoingMail struct {
	MessageID       string // without angle brackets
	Date            time.Time
	From            MailAddress
	To, Cc          []MailAddress
	ReplyTo         MailAddress // carries the reply token (desk+token@example.com); none if its address is empty
	Subject         string
	Text            string // made from HTML if empty; one of them must be there
	HTML            string
	InReplyTo       string   // the Message-ID answered
	References      []string // of the thread, oldest first; InReplyTo is added if it is not the last
	Attachments     []MailAttachment
	AutoSubmitted   string // RFC 3834 (auto-replied, auto-generated) for a mail no person sent
	Loop            string // value of LoopHeader; left out if empty
	ListUnsubscribe string // an https or mailto address, for mass mail (RFC 2369, RFC 8058)
}

// MailComposer writes mail.
type MailComposer interface {
	// Compose gives RFC 5322 bytes with CRLF line ends, signed where a key is configured. What cannot be written (no
	// recipient, a line break in a header, a malformed address) is Invalid and names the field.
	Compose(m *OutgoingMail) ([]byte, error)
}
