package domain

import "time"

// InquiryMerge remembers what an inquiry was before it was merged into another, so that the merge can be undone.
type InquiryMerge struct {
	Doc            `json:",inline"`
	From           string         `json:"from"` // id of the inquiry that was merged
	Into           string         `json:"into"`
	Status         Status         `json:"status"` // of From, before
	StatusCategory StatusCategory `json:"statusCategory"`
	ResolvedAt     *time.Time     `json:"resolvedAt,omitempty"`
	SnoozedUntil   *time.Time     `json:"snoozedUntil,omitempty"`
	Unread         bool           `json:"unread,omitempty"`
	SLA            *InquirySLA    `json:"sla,omitempty"` // how its clocks stood
	Other          MergeOther     `json:"other"`
	At             time.Time      `json:"at"`
}

// MergeOther is how the inquiry stood that took the other in.
type MergeOther struct {
	Status            Status     `json:"status,omitempty"` // "" in a record of before it was kept
	ResolvedAt        *time.Time `json:"resolvedAt,omitempty"`
	SnoozedUntil      *time.Time `json:"snoozedUntil,omitempty"`
	Unread            bool       `json:"unread,omitempty"`
	CustomerSince     *time.Time `json:"customerSince,omitempty"`
	LastInteractionAt time.Time  `json:"lastInteractionAt"`
}

// OtherOf notes how an inquiry stands.
func OtherOf(q *Inquiry) MergeOther {
	return MergeOther{
		Status: q.Status, ResolvedAt: q.ResolvedAt, SnoozedUntil: q.SnoozedUntil, Unread: q.Unread, CustomerSince: q.CustomerSince, LastInteractionAt: q.LastInteractionAt,
	}
}

// InquiryMerges holds the merges that are in force.
var InquiryMerges = declare[InquiryMerge](Spec{
	Name: "inquiryMerges", Prefix: "imr", Noun: "merge of inquiries",
	Indexes: []Index{
		{Name: "from", Fields: []string{"from"}, Unique: true},
		{Name: "into", Fields: []string{"into"}},
	},
})

// The events of taking inquiries together and apart.
const (
	EventInquiryMerged   = "inquiry.merged"
	EventInquiryUnmerged = "inquiry.unmerged"
	EventInquirySplit    = "inquiry.split"
)
