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
	ID            string `json:"id,omitempty"` // of any other noun
	After         string `json:"after,omitempty"`
	Until         string `json:"until,omitempty"`

	TheInquiry     *domain.Inquiry     `json:"-"`
	TheInteraction *domain.Interaction `json:"-"`
	TheCustomer    *domain.Customer    `json:"-"`
	TheAccount     *domain.Account     `json:"-"`
	Noun           any                 `json:"-"` // the one with the ID, as a pointer
	Secret         string              `json:"-"` // shown once
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

// ChangedType tells of an inquiry type.
func ChangedType(t *domain.InquiryType) *Changed { return &Changed{ID: t.ID, Noun: t} }

// ChangedTemplate tells of a standard answer.
func ChangedTemplate(t *domain.Template) *Changed { return &Changed{ID: t.ID, Noun: t} }

// ChangedRule tells of a rule.
func ChangedRule(r *domain.Rule) *Changed { return &Changed{ID: r.ID, Noun: r} }

// ChangedArticle tells of a self-help article.
func ChangedArticle(a *domain.Article) *Changed { return &Changed{ID: a.ID, Noun: a} }

// ChangedMailbox tells of a mailbox.
func ChangedMailbox(m *domain.Mailbox) *Changed { return &Changed{ID: m.ID, Noun: m} }

// ChangedModel tells of a training of the classifier.
func ChangedModel(m *domain.ClassifierModel) *Changed { return &Changed{ID: m.ID, Noun: m} }

// ChangedSettings tells of the settings of triage.
func ChangedSettings(s *domain.TriageSettings) *Changed { return &Changed{ID: s.ID, Noun: s} }

// ChangedActivity tells of who is at an inquiry.
func ChangedActivity(a *domain.InquiryActivity) *Changed { return &Changed{ID: a.InquiryID, Noun: a} }

// ChangedDispatch tells of the sending of a mail, which is known by its interaction.
func ChangedDispatch(d *domain.Dispatch) *Changed { return &Changed{ID: d.InteractionID, Noun: d} }
