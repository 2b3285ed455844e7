package domain

import "time"

// Draft is what somebody is about to write on an inquiry: one for each of those who work on it, and theirs alone.
type Draft struct {
	Doc        `json:",inline"`
	InquiryID  string    `json:"inquiryId"`
	Author     Ref       `json:"author"`
	Kind       DraftKind `json:"kind"`
	Subject    string    `json:"subject,omitempty"`
	Text       string    `json:"text"`
	HTML       string    `json:"html,omitempty"`
	To         []string  `json:"to,omitempty"`
	Cc         []string  `json:"cc,omitempty"`
	TemplateID string    `json:"templateId,omitempty"`
	Sealed     []Sealed  `json:"sealed,omitempty"`
	UpdatedAt  time.Time `json:"updatedAt"`
}

// DraftKind says what a draft is going to be.
type DraftKind string

// The kinds of draft.
const (
	DraftReply DraftKind = "reply"
	DraftNote  DraftKind = "note"
)

// Drafts holds the drafts.
var Drafts = declare[Draft](Spec{
	Name: "drafts", Prefix: "drf", Noun: "draft",
	Indexes: []Index{{Name: "inquiry", Fields: []string{"inquiryId"}}},
})

// DraftID gives the id of somebody's draft on an inquiry.
func DraftID(inquiryID string, author Ref) string {
	return HashID(Drafts.Prefix, inquiryID+"\x00"+author.Kind+"\x00"+author.ID)
}
