package domain

import "time"

// Template is a standard answer to inquiries of one type in one language. Its texts hold variables such as {{customer.name|고객}}, with the fallback behind the bar.
type Template struct {
	Doc           `json:",inline"`
	Type          string `json:"type"`               // key of an InquiryType
	Language      string `json:"language,omitempty"` // BCP 47; none is for every language
	Name          string `json:"name"`
	TemplateTexts `json:",inline"`
	Automatic     bool      `json:"automatic"` // may be sent without a person
	Active        bool      `json:"active"`
	Revision      int64     `json:"revision"` // of the texts, from 1
	CreatedAt     time.Time `json:"createdAt"`
	UpdatedAt     time.Time `json:"updatedAt"`
}

// TemplateTexts is what a template says.
type TemplateTexts struct {
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text"`
	HTML    string `json:"html,omitempty"`
}

// Templates holds the templates.
var Templates = declare[Template](Spec{
	Name: "templates", Prefix: "tpl", Noun: "template",
	Indexes: []Index{
		{Name: "created", Fields: []string{"createdAt"}},
		{Name: "type", Fields: []string{"type", "createdAt"}},
	},
})

// TemplateRevision is what a template said, since when, and by whom.
type TemplateRevision struct {
	Doc           `json:",inline"`
	TemplateID    string `json:"templateId"`
	Revision      int64  `json:"revision"`
	TemplateTexts `json:",inline"`
	By            Ref       `json:"by"`
	At            time.Time `json:"at"`
}

// TemplateRevisions holds every revision of every template.
var TemplateRevisions = declare[TemplateRevision](Spec{
	Name: "templateRevisions", Prefix: "tpr", Noun: "template revision",
	Indexes: []Index{{Name: "template", Fields: []string{"templateId", "revision"}, Unique: true}},
})
