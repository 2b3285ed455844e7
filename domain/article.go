package domain

import "time"

// Article is a self-help text.
type Article struct {
	Doc       `json:",inline"`
	Title     string        `json:"title"`
	Text      string        `json:"text"`
	Language  string        `json:"language,omitempty"` // BCP 47; none is for every language
	Status    ArticleStatus `json:"status"`
	Type      string        `json:"type,omitempty"`      // key of an InquiryType
	Questions []string      `json:"questions,omitempty"` // other wordings of the question it answers
	CreatedAt time.Time     `json:"createdAt"`
	UpdatedAt time.Time     `json:"updatedAt"`
}

// ArticleStatus is where an article stands.
type ArticleStatus string

// The statuses.
const (
	ArticleDraft     ArticleStatus = "draft"
	ArticlePublished ArticleStatus = "published" // found by customers
)

// Articles holds the articles.
var Articles = declare[Article](Spec{
	Name: "articles", Prefix: "art", Noun: "article",
	Indexes: []Index{
		{Name: "created", Fields: []string{"createdAt"}},
		{Name: "status", Fields: []string{"status", "createdAt"}},
		{Name: "updated", Fields: []string{"updatedAt"}},
	},
})

// HelpAsk is one question that a customer asked the self-help, and what came of it.
type HelpAsk struct {
	Doc       `json:",inline"`
	Question  string      `json:"question"` // resident numbers masked
	Language  string      `json:"language,omitempty"`
	Articles  []string    `json:"articles,omitempty"` // ids shown, best first
	Outcome   HelpOutcome `json:"outcome,omitempty"`
	Article   string      `json:"article,omitempty"`   // the one that helped
	InquiryID string      `json:"inquiryId,omitempty"` // opened because nothing did
	CreatedAt time.Time   `json:"createdAt"`
}

// HelpOutcome is what a customer said of the articles shown.
type HelpOutcome string

// The outcomes.
const (
	HelpHelped   HelpOutcome = "helped"
	HelpUnhelped HelpOutcome = "unhelped"
	HelpOpened   HelpOutcome = "opened" // the question became an inquiry
)

// HelpOutcomes lists every outcome.
var HelpOutcomes = []HelpOutcome{HelpHelped, HelpUnhelped, HelpOpened}

// HelpAsks holds the questions.
var HelpAsks = declare[HelpAsk](Spec{
	Name: "helpAsks", Prefix: "ask", Noun: "question",
	Indexes: []Index{
		{Name: "created", Fields: []string{"createdAt"}},
		{Name: "outcome", Fields: []string{"outcome", "createdAt"}},
	},
})
