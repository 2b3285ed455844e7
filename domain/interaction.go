package domain

import (
	"cmp"
	"time"
)

// Interaction is one touch inside an inquiry on one channel. Exactly one of the typed parts is set: the channel's own.
type Interaction struct {
	Doc         `json:",inline"`
	InquiryID   string          `json:"inquiryId"`
	HomeInquiry string          `json:"homeInquiry,omitempty"` // the merged inquiry it would go back to
	CustomerID  string          `json:"customerId"`
	HomeID      string          `json:"homeId,omitempty"` // the merged customer it would go back to
	Via         string          `json:"via,omitempty"`    // key of the identity by which it came
	Account     string          `json:"account"`
	Channel     Channel         `json:"channel"`
	Direction   Direction       `json:"direction"`
	Kind        InteractionKind `json:"kind"`
	ExternalID  string          `json:"externalId,omitempty"`
	OnceKey     string          `json:"onceKey,omitempty"` // what makes it the same thing when it comes twice
	From        Party           `json:"from"`
	To          []Party         `json:"to,omitempty"`
	Cc          []Party         `json:"cc,omitempty"`
	Subject     string          `json:"subject"`
	Text        string          `json:"text"`
	ReplyText   string          `json:"replyText,omitempty"` // text without quote and signature, where that is less; see Written
	HTML        string          `json:"html,omitempty"`      // sanitised
	Attachments []Attachment    `json:"attachments,omitempty"`
	RawID       string          `json:"rawId,omitempty"` // blob of the raw source
	Sealed      []Sealed        `json:"sealed,omitempty"`
	Author      Ref             `json:"author,omitzero"`     // who of us wrote it, for what is not inbound
	HoldUntil   *time.Time      `json:"holdUntil,omitempty"` // a reply of ours is not sent before, and can be taken back until then
	Held        *HeldInquiry    `json:"held,omitempty"`      // what such a reply changed
	OccurredAt  time.Time       `json:"occurredAt"`
	ReceivedAt  time.Time       `json:"receivedAt"`

	Email *EmailPart `json:"email,omitempty"`
	Board *BoardPart `json:"board,omitempty"`
	Phone *PhonePart `json:"phone,omitempty"`
	Fax   *FaxPart   `json:"fax,omitempty"`
	Memo  *MemoPart  `json:"memo,omitempty"`
	Chat  *ChatPart  `json:"chat,omitempty"`
}

// HeldInquiry is what an inquiry was before a reply that can be taken back.
type HeldInquiry struct {
	Status          Status     `json:"status"`
	Unread          bool       `json:"unread,omitempty"`
	CustomerSince   *time.Time `json:"customerSince,omitempty"`
	FirstAnsweredAt *time.Time `json:"firstAnsweredAt,omitempty"`
}

// Direction tells who speaks to whom.
type Direction string

// The directions.
const (
	Inbound      Direction = "inbound"  // the customer to us
	Outbound     Direction = "outbound" // we to the customer
	InternalNote Direction = "internal" // among us
)

// InteractionKind tells what kind of message it is.
type InteractionKind string

// The kinds. Only a message from a customer is answered or reopens anything.
const (
	KindMessage   InteractionKind = "message"
	KindBounce    InteractionKind = "bounce"
	KindAutoreply InteractionKind = "autoreply"
	KindFeedback  InteractionKind = "feedback"
	KindReply     InteractionKind = "reply"
	KindNote      InteractionKind = "note"
	KindSurvey    InteractionKind = "survey" // a mail that asks how it was; it moves nothing
)

// Interactions holds the interactions.
var Interactions = declare[Interaction](Spec{
	Name: "interactions", Prefix: prefixInteraction, Noun: "interaction",
	Indexes: []Index{
		{Name: "once", Fields: []string{"onceKey"}, Unique: true},
		{Name: "inquiry", Fields: []string{"inquiryId", "occurredAt"}},
		{Name: "customer", Fields: []string{"customerId", "occurredAt"}},
		{Name: "home", Fields: []string{"homeId", "customerId"}, Sparse: true},
		{Name: "homeInquiry", Fields: []string{"homeInquiry"}, Sparse: true},
		{Name: "messageId", Fields: []string{"email.messageId"}, Sparse: true},
		{Name: "sealed", Fields: []string{"sealed.index"}, Sparse: true},
	},
})

// Written gives what its writer wrote himself: Text without quote and signature, where any was cut off.
func (x *Interaction) Written() string { return cmp.Or(x.ReplyText, x.Text) }

// Reply is Written of a customer's mail, and "" of everything else, where there is nothing to cut off.
func (x *Interaction) Reply() string {
	if x.Email == nil || x.Direction != Inbound {
		return x.ReplyText
	}
	return x.Written()
}

// Party is one who speaks or is spoken to, as the channel names them.
type Party struct {
	Name     string `json:"name,omitempty"`
	Email    string `json:"email,omitempty"`
	Phone    string `json:"phone,omitempty"`
	Fax      string `json:"fax,omitempty"`
	MemberID string `json:"memberId,omitempty"`
}

// Attachment is a file that came with an interaction. N counts from 1.
type Attachment struct {
	N           int    `json:"n"`
	Name        string `json:"name"`
	ContentType string `json:"contentType"`
	Size        int64  `json:"size"` // bytes
	BlobID      string `json:"blobId"`
	ContentID   string `json:"contentId,omitempty"`
	Inline      bool   `json:"inline,omitempty"`
}

// EmailPart is what only a mail has.
type EmailPart struct {
	MessageID     string     `json:"messageId"`
	InReplyTo     string     `json:"inReplyTo,omitempty"`
	References    []string   `json:"references,omitempty"`
	ReplyTo       string     `json:"replyTo,omitempty"`
	AutoSubmitted string     `json:"autoSubmitted,omitempty"`
	Silent        bool       `json:"silent,omitempty"`                // no machine may answer it: sent to many, with a null return path, or asking for that
	AuthResults   string     `json:"authenticationResults,omitempty"` // of a trusted host
	Problems      []string   `json:"problems,omitempty"`              // what was wrong with the source
	Bounce        *Bounce    `json:"bounce,omitempty"`
	Complaint     *Complaint `json:"complaint,omitempty"`
}

// Complaint is what a feedback report (ARF, RFC 5965) says.
type Complaint struct {
	Type              string `json:"type"` // abuse, fraud, not-spam …
	OriginalMessageID string `json:"originalMessageId,omitempty"`
}

// BoardPart is what only a board post has.
type BoardPart struct {
	Board        string `json:"board"`
	PostID       string `json:"postId"`
	ParentPostID string `json:"parentPostId,omitempty"`
	Visibility   string `json:"visibility,omitempty"` // public or private
	URL          string `json:"url,omitempty"`
}

// PhonePart is what only a call has.
type PhonePart struct {
	CallID       string     `json:"callId"`
	Direction    Direction  `json:"direction,omitempty"`
	Dialled      string     `json:"dialled,omitempty"`
	StartedAt    *time.Time `json:"startedAt,omitempty"`
	AnsweredAt   *time.Time `json:"answeredAt,omitempty"`
	EndedAt      *time.Time `json:"endedAt,omitempty"`
	Agent        string     `json:"agent,omitempty"`
	Disposition  string     `json:"disposition,omitempty"`
	RecordingURL string     `json:"recordingUrl,omitempty"`
	Queue        string     `json:"queue,omitempty"`
}

// FaxPart is what only a fax has. CSID is the sender's called station identifier.
type FaxPart struct {
	CSID  string `json:"csid,omitempty"`
	Pages int    `json:"pages,omitempty"`
	Line  string `json:"line,omitempty"`
}

// MemoPart is what only a memo has: a note that a desk took down.
type MemoPart struct {
	Location string `json:"location,omitempty"`
	Author   string `json:"author,omitempty"`
	Urgent   bool   `json:"urgent"`
}

// ChatPart is what only a chat message has.
type ChatPart struct {
	SessionID string `json:"sessionId"`
}
