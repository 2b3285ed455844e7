package domain

import (
	"slices"
	"time"
)

// Classification is what triage made of the latest customer's message of an inquiry, and what it did. There is one an inquiry, under an id made from the inquiry's.
type Classification struct {
	Doc           `json:",inline"`
	InquiryID     string      `json:"inquiryId"`
	InteractionID string      `json:"interactionId"` // the message
	Type          string      `json:"type,omitempty"`
	Confidence    float64     `json:"confidence"` // that Type is right, 0 to 1
	Decision      Decision    `json:"decision"`
	Reason        string      `json:"reason,omitempty"`    // why it was not answered
	Types         []TypeGuess `json:"types,omitempty"`     // the likeliest first
	Templates     []string    `json:"templates,omitempty"` // ids, the fittest first
	Rules         []string    `json:"rules,omitempty"`     // ids of those that fired, in order
	Model         int64       `json:"model,omitempty"`     // number of the ClassifierModel
	GivenType     string      `json:"givenType,omitempty"` // the type that triage gave the inquiry: it may change it again, but not what a person set
	At            time.Time   `json:"at"`

	Answer  *AutomaticAnswer   `json:"answer,omitempty"`  // the last one
	Earlier []*AutomaticAnswer `json:"earlier,omitempty"` // those before it, in order: something may speak against one after another was given
}

// AddAnswer notes the newest automatic answer.
func (c *Classification) AddAnswer(a *AutomaticAnswer) {
	if c.Answer != nil {
		c.Earlier = append(c.Earlier, c.Answer)
	}
	c.Answer = a
}

// AnswerBefore gives the automatic answer that was the last one at a time, nil if there was none before.
func (c *Classification) AnswerBefore(t time.Time) *AutomaticAnswer {
	if c.Answer != nil && t.After(c.Answer.At) {
		return c.Answer
	}
	for _, a := range slices.Backward(c.Earlier) {
		if t.After(a.At) {
			return a
		}
	}
	return nil
}

// AnsweredBy tells whether a template was used for one of the automatic answers, but for that to a message.
func (c *Classification) AnsweredBy(templateID, butTo string) bool {
	is := func(a *AutomaticAnswer) bool { return a.TemplateID == templateID && a.To != butTo }
	return c.Answer != nil && is(c.Answer) || slices.ContainsFunc(c.Earlier, is)
}

// TypeGuess is a type with the probability that it is right.
type TypeGuess struct {
	Type       string  `json:"type"`
	Confidence float64 `json:"confidence"`
}

// AutomaticAnswer is an answer that no person wrote.
type AutomaticAnswer struct {
	To            string    `json:"to"`            // the message answered
	InteractionID string    `json:"interactionId"` // the answer
	TemplateID    string    `json:"templateId"`
	Type          string    `json:"type,omitempty"`
	At            time.Time `json:"at"`
	Judged        string    `json:"judged,omitempty"`    // reopened or corrected: it was not right
	JudgedSeq     int64     `json:"judgedSeq,omitempty"` // of the event that says so
}

// What speaks against an automatic answer.
const (
	JudgedReopened  = "reopened"  // the customer came back
	JudgedCorrected = "corrected" // a person gave the inquiry another type
)

// Decision is what is done with a message.
type Decision string

// The decisions.
const (
	DecideAnswer  Decision = "answer"  // sure enough, and there is a template
	DecideSuggest Decision = "suggest" // a person decides, with suggestions
	DecideRoute   Decision = "route"   // a person decides; nothing fits
)

// Events of triage.
const (
	EventInquiryClassified = "inquiry.classified"
	EventInquiryAnswered   = "inquiry.answered"
	EventExamplesAdded     = "example.added"
	EventExampleDeleted    = "example.deleted"
	EventTriageSettings    = "triage.configured"
	EventModelTraining     = "model.training"
	EventModelActivated    = "model.activated"
	EventModelRejected     = "model.rejected"
	EventModelFailed       = "model.failed"
	EventHelpAsked         = "help.asked"
	EventHelpJudged        = "help.judged"
)

// Classifications holds the classifications.
var Classifications = declare[Classification](Spec{Name: "classifications", Prefix: "cls", Noun: "classification"})

// ClassificationID gives the id of an inquiry's classification.
func ClassificationID(inquiryID string) string {
	return "cls_" + (&Inquiry{Doc: Doc{ID: inquiryID}}).ReplyToken()
}
