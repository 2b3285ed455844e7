package wire

import "sori/domain"

// Changed is what a mutation gives back: the ids of what it changed, and the nouns it had in hand. Only the ids are remembered under an
// idempotency key, so that no text outlives its erasure there.
type Changed struct {
	Duplicate     bool   `json:"duplicate,omitempty"`
	InquiryID     string `json:"inquiryId,omitempty"`
	Number        string `json:"number,omitempty"`
	InteractionID string `json:"interactionId,omitempty"`
	CustomerID    string `json:"customerId,omitempty"`
	AccountID     string `json:"accountId,omitempty"`

	TheInquiry     *domain.Inquiry     `json:"-"`
	TheInteraction *domain.Interaction `json:"-"`
	TheCustomer    *domain.Customer    `json:"-"`
	TheAccount     *domain.Account     `json:"-"`
}

// ChangedInquiry tells of an inquiry.
func ChangedInquiry(q *domain.Inquiry) *Changed { return &Changed{InquiryID: q.ID, TheInquiry: q} }

// ChangedInteraction tells of an interaction that was added to its inquiry.
func ChangedInteraction(x *domain.Interaction) *Changed {
	return &Changed{InteractionID: x.ID, InquiryID: x.InquiryID, TheInteraction: x}
}

// ChangedCustomer tells of a customer.
func ChangedCustomer(c *domain.Customer) *Changed { return &Changed{CustomerID: c.ID, TheCustomer: c} }

// ChangedAccount tells of a channel account.
func ChangedAccount(a *domain.Account) *Changed { return &Changed{AccountID: a.ID, TheAccount: a} }
