package domain

import "time"

// Example is a message and the type that people gave it: what the classifier learns from.
type Example struct {
	Doc        `json:",inline"`
	Type       string        `json:"type"` // key of an InquiryType, or NoType
	Text       string        `json:"text"` // resident numbers masked
	Language   string        `json:"language,omitempty"`
	Source     ExampleSource `json:"source"`
	Key        string        `json:"key"`                  // fingerprint of the text without case, spacing and punctuation: each wording is kept once
	InquiryID  string        `json:"inquiryId,omitempty"`  // where it was said
	CustomerID string        `json:"customerId,omitempty"` // by whom, so that it goes when the person goes
	CreatedAt  time.Time     `json:"createdAt"`
	UpdatedAt  time.Time     `json:"updatedAt"`
}

// ExampleSource tells where an example comes from.
type ExampleSource string

// The sources.
const (
	ExampleUploaded ExampleSource = "uploaded"
	ExampleAgent    ExampleSource = "agent"    // an agent gave an inquiry this type
	ExampleTemplate ExampleSource = "template" // an agent answered with a template of this type
)

// Examples holds the examples.
var Examples = declare[Example](Spec{
	Name: "examples", Prefix: "exm", Noun: "example",
	Indexes: []Index{
		{Name: "key", Fields: []string{"key"}, Unique: true},
		{Name: "created", Fields: []string{"createdAt"}},
		{Name: "type", Fields: []string{"type", "createdAt"}},
		{Name: "customer", Fields: []string{"customerId", "createdAt"}, Sparse: true},
		{Name: "inquiry", Fields: []string{"inquiryId", "createdAt"}, Sparse: true},
	},
})
